"""Running a command: call it, print what it says, return the exit code.

The command line parser comes before this; the two commands as most people type them need none, and
the parser takes longer to import than the chain to replay. Exit codes: 0 fine · 1 differences or
findings · 2 could not do it · 130 interrupted.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from squasher.errors import InputError, SquasherError
from squasher.sql import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.comparison import Comparison

FINE: Final = 0
DIFFERENT: Final = 1
TROUBLE: Final = 2
INTERRUPTED: Final = 130


class TerminatedError(BaseException):
    """The system asked this process to end: clean up first."""


def squash(
    *,
    migrations: str = "migrations",
    fresh: str | None = None,
    profile: str = "d1",
    max_steps: int | None = None,
    to: str | None = None,
    stdout: bool = False,
) -> int:
    """``squasher squash``."""

    def run() -> int:
        from squasher.commands.squash import squash as command
        from squasher.render.text import squashed
        from squasher.target import target

        result = command(target(migrations, fresh, profile, max_steps), to=to, write=not stdout)
        _warn(result.warnings)
        _print(result.text if stdout else printable_lines(squashed(result)))
        return FINE

    return _reported(run)


def build(
    out: str,
    *,
    to: str | None = None,
    force: bool = False,
    migrations: str = "migrations",
    profile: str = "d1",
    max_steps: int | None = None,
) -> int:
    """``squasher build``."""

    def run() -> int:
        from pathlib import Path

        from squasher.commands.build import build as command
        from squasher.render.text import built
        from squasher.target import target

        result = command(target(migrations, None, profile, max_steps), Path(out), to=to, force=force)
        _warn(result.warnings)
        _print(printable_lines(built(result)))
        return FINE

    return _reported(run)


def check(
    *,
    migrations: str = "migrations",
    fresh: str | None = None,
    profile: str = "d1",
    max_steps: int | None = None,
    exact: bool = False,
    form: str = "text",
) -> int:
    """``squasher check``."""

    def run() -> int:
        from squasher.commands.check import check as command
        from squasher.target import target

        result = command(target(migrations, fresh, profile, max_steps))
        _warn(result.warnings)
        _compared(result, form)
        if result.proof.status == "unknown":
            return TROUBLE
        if exact and result.proof.status == "equal" and not result.exact:
            sys.stderr.write("error: --exact: the text is not what `squasher squash` would write\n")
        different = result.proof.status == "different" or (exact and not result.exact)
        return DIFFERENT if different else FINE

    return _reported(run)


def diff(  # noqa: PLR0913 - a command has as many parameters as options
    *,
    old: str | None = None,
    new: str | None = None,
    start: str | None = None,
    to: str | None = None,
    form: str = "text",
    exit_code: bool = False,
    rows: bool = True,
    migrations: str = "migrations",
    profile: str = "d1",
    max_steps: int | None = None,
) -> int:
    """``squasher diff``."""

    def run() -> int:
        from squasher.commands.diff import Sides
        from squasher.commands.diff import diff as command
        from squasher.render.text import nothing
        from squasher.target import target

        sides = Sides(old, new, start, to, rows)
        result = command(sides, target(migrations, None, profile, max_steps))
        _warn(result.warnings)
        _compared(result, form)
        if result.proof.status == "unknown":
            return TROUBLE
        if result.proof.status == "equal" and form == "text":
            sys.stderr.write(printable_lines(nothing(result)))
        return DIFFERENT if exit_code and result.findings else FINE

    return _reported(run)


def show(
    source: str,
    *,
    to: str | None = None,
    rows: bool = True,
    migrations: str = "migrations",
    profile: str = "d1",
    max_steps: int | None = None,
) -> int:
    """``squasher show``."""

    def run() -> int:
        from squasher.commands.show import show as command
        from squasher.target import target

        result = command(source, target(migrations, None, profile, max_steps), to=to, rows=rows)
        _warn(result.notes)
        _print(result.text)
        return FINE

    return _reported(run)


def _compared(result: Comparison, form: str) -> None:
    """Print a comparison in a format."""
    from squasher.render import RENDERERS

    _show(lambda color: RENDERERS[form](result, color=color), form)


def _show(render: Callable[[bool], str], form: str) -> None:
    """Print what a format makes, with colours on a terminal."""
    from squasher.render import COMMANDS

    color = _color()
    text = render(color)
    # the renderers see to it that nothing of a stranger's is a command; this makes it certain
    _print(text if color or form in COMMANDS else printable_lines(text))


def history(
    *,
    what: str | None = None,
    migrations: str = "migrations",
    profile: str = "d1",
    max_steps: int | None = None,
    to: str | None = None,
    form: str = "text",
) -> int:
    """``squasher history``."""

    def run() -> int:
        from squasher.commands.history import history as command
        from squasher.render import HISTORIES
        from squasher.target import target

        result = command(target(migrations, None, profile, max_steps), what, to)
        _warn(result.warnings)
        _show(lambda color: HISTORIES[form](result, color=color), form)
        return FINE

    return _reported(run)


def _reported(run: Callable[[], int]) -> int:
    """Errors as a person should read them, on standard error, and the exit code that they mean."""
    from squasher.budget import watch

    _prepare()
    try:
        watch()
        code = run()
        _print("")
    except SquasherError as error:
        sys.stderr.write(printable_lines(f"error: {error.diagnostics()}\n"))
        proof = getattr(error, "proof", None)
        if proof is not None:
            from squasher.render.text import unproved

            sys.stderr.write(printable_lines(unproved(proof)))
        return TROUBLE
    except KeyboardInterrupt:
        files = sys.modules.get("squasher.files")
        what = "the new file was written" if getattr(files, "replaced", False) else "nothing was written"
        sys.stderr.write(f"interrupted; {what}\n")
        return INTERRUPTED
    except TerminatedError:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
        return TROUBLE  # not reached: whoever asked sees that it was the signal
    except (MemoryError, RecursionError):
        sys.stderr.write(
            "error: out of memory\n"
            "help: Write fewer or shorter rows in migrations, or give the process more memory.\n"
        )
        return TROUBLE
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(printable_lines(f"error: {where}{error.strerror}\n"))
        return TROUBLE
    return code


def _print(text: str) -> None:
    """Write to standard output, now. Raises InputError when that is full or broken."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = None  # nobody may try again
        raise InputError(f"cannot write standard output: {error.strerror}") from error


def _prepare() -> None:
    """UTF-8 and LF on every machine, and a quiet end when a pipe closes."""
    if sys.stdout is None:
        sys.stdout = io.StringIO()  # closed by the caller: >&-
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    signal.signal(signal.SIGTERM, _terminate)
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _terminate(*_: object) -> NoReturn:
    raise TerminatedError


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        sys.stderr.write(f"warning: {printable(warning)}\n")


def _color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
