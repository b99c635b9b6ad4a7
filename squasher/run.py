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
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from squasher.config import Options
from squasher.errors import InputError, SquasherError
from squasher.sql import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.comparison import Comparison
    from squasher.target import Target

FINE: Final = 0
DIFFERENT: Final = 1
TROUBLE: Final = 2
INTERRUPTED: Final = 130
ALL: Final = Options()
"""Nothing was said: every chain that is configured."""


class TerminatedError(BaseException):
    """The system asked this process to end: clean up first."""


def squash(options: Options = ALL, *, to: str | None = None, stdout: bool = False) -> int:
    """``squasher squash``."""

    def one(target: Target) -> Ended:
        from squasher.commands.squash import squash as command
        from squasher.render.text import squashed

        result = command(target, to=to, write=not stdout)
        text = result.text if stdout else printable_lines(squashed(result))
        return Ended(FINE, text, warnings=result.warnings)

    return _reported(lambda: _each(options, one, alone="--stdout" if stdout else "--to" if to else None))


def build(out: str, options: Options = ALL, *, to: str | None = None, force: bool = False) -> int:
    """``squasher build``."""

    def one(target: Target) -> Ended:
        from pathlib import Path

        from squasher.commands.build import build as command
        from squasher.render.text import built

        result = command(target, Path(out), to=to, force=force)
        return Ended(FINE, printable_lines(built(result)), warnings=result.warnings)

    return _reported(lambda: _each(options, one, alone="one file"))


def check(options: Options = ALL, *, exact: bool = False, form: str = "text") -> int:
    """``squasher check``."""

    def one(target: Target) -> Ended:
        from squasher.commands.check import check as command

        result = command(target)
        text = _compared(result, form)
        if result.proof.status == "unknown":
            return Ended(TROUBLE, text, "", result.warnings, result)
        said = ""
        if exact and result.proof.status == "equal" and not result.exact:
            said = "error: --exact: the text is not what `squasher squash` would write\n"
        different = result.proof.status == "different" or (exact and not result.exact)
        return Ended(DIFFERENT if different else FINE, text, said, result.warnings, result)

    return _reported(lambda: _each(options, one, form))


def diff(  # noqa: PLR0913 - a command has as many parameters as options
    options: Options = ALL,
    *,
    old: str | None = None,
    new: str | None = None,
    start: str | None = None,
    to: str | None = None,
    form: str = "text",
    exit_code: bool = False,
    rows: bool = True,
) -> int:
    """``squasher diff``."""

    def one(target: Target) -> Ended:
        from squasher.commands.diff import Sides
        from squasher.commands.diff import diff as command
        from squasher.render.text import nothing

        result = command(Sides(old, new, start, to, rows), target)
        text = _compared(result, form)
        if result.proof.status == "unknown":
            return Ended(TROUBLE, text, "", result.warnings, result)
        said = nothing(result) if result.proof.status == "equal" and form == "text" else ""
        code = DIFFERENT if exit_code and result.findings else FINE
        return Ended(code, text, said, result.warnings, result)

    alone = "--from and --to" if start or to else None
    return _reported(lambda: _each(options, one, form, alone=alone, sources=(old, new)))


def show(source: str, options: Options = ALL, *, to: str | None = None, rows: bool = True) -> int:
    """``squasher show``."""

    def one(target: Target) -> Ended:
        from squasher.commands.show import show as command

        result = command(source, target, to=to, rows=rows)
        return Ended(FINE, result.text, warnings=result.notes)

    return _reported(lambda: _each(options, one, "sql", alone="--to" if to else None, sources=(source,)))


def history(
    options: Options = ALL, *, what: str | None = None, to: str | None = None, form: str = "text"
) -> int:
    """``squasher history``."""

    def one(target: Target) -> Ended:
        from squasher.commands.history import history as command
        from squasher.render import HISTORIES

        result = command(target, what, to)
        text = _rendered(lambda color: HISTORIES[form](result, color=color), form)
        return Ended(FINE, text, warnings=result.warnings)

    alone = "--to" if to else "a name" if what else None
    return _reported(lambda: _each(options, one, form, alone=alone))


def databases(options: Options = ALL, *, form: str = "text") -> int:
    """``squasher databases``."""

    def run() -> int:
        from squasher.commands.databases import databases as command
        from squasher.render import LISTS

        result = command(options)
        _print(_rendered(lambda color: LISTS[form](result, color=color), form))
        return FINE

    return _reported(run)


class Ended(NamedTuple):
    """What a command ended with for one chain."""

    code: int
    text: str
    """For standard output."""
    said: str = ""
    """For standard error, after it."""
    warnings: tuple[str, ...] = ()
    compared: Comparison | None = None


def _each(
    options: Options,
    one: Callable[[Target], Ended],
    form: str = "text",
    *,
    alone: str | None = None,
    sources: tuple[str | None, ...] = (),
) -> int:
    """Run a command for every chain that is meant, and print what it says of each.

    ``alone`` is what makes sense for one chain only. What fails for one does not stop the others.
    """
    from squasher.config import choose, meant

    chosen = meant(choose(options), [source for source in sources if source is not None])
    _warn(chosen.notes)
    if len(chosen.targets) == 1:
        ended = one(chosen.targets[0])
        _warn(ended.warnings)
        _print(ended.text)
        sys.stderr.write(printable_lines(ended.said))
        return ended.code
    if alone is not None:
        names = ", ".join(target.name for target in chosen.targets)
        raise InputError(
            f"{alone} is for one database, and there are {names}", hint="Name it with --database."
        )
    return _several(chosen.targets, one, form)


def _several(targets: tuple[Target, ...], one: Callable[[Target], Ended], form: str) -> int:
    from squasher.render import several

    parts: list[tuple[str, str]] = []
    compared: list[tuple[str, Comparison]] = []
    worst = FINE
    for target in targets:
        try:
            ended = one(target)
        except SquasherError as error:
            _complain(error, f"{target.name}: ")
            worst = TROUBLE
            continue
        _warn(ended.warnings, f"{target.name}: ")
        sys.stderr.write(printable_lines(f"{target.name}: {ended.said}" if ended.said else ""))
        parts.append((target.name, ended.text))
        compared += [(target.name, ended.compared)] if ended.compared is not None else []
        worst = max(worst, ended.code)
    if form == "html" and compared:
        from squasher.render import html

        _print(printable_lines(html.several(compared)))
    else:
        _print(several.joined(form, parts))
    return worst


def _compared(result: Comparison, form: str) -> str:
    """A comparison in a format."""
    from squasher.render import RENDERERS

    return _rendered(lambda color: RENDERERS[form](result, color=color), form)


def _rendered(render: Callable[[bool], str], form: str) -> str:
    """What a format makes, with colours on a terminal."""
    from squasher.render import COMMANDS

    color = _color()
    text = render(color)
    # the renderers see to it that nothing of a stranger's is a command; this makes it certain
    return text if color or form in COMMANDS else printable_lines(text)


def _reported(run: Callable[[], int]) -> int:
    """Errors as a person should read them, on standard error, and the exit code that they mean."""
    from squasher.budget import watch

    _prepare()
    try:
        watch()
        code = run()
        _print("")
    except SquasherError as error:
        _complain(error)
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


def _complain(error: SquasherError, whose: str = "") -> None:
    """Say what went wrong, on standard error."""
    sys.stderr.write(printable_lines(f"error: {whose}{error.diagnostics()}\n"))
    proof = getattr(error, "proof", None)
    if proof is not None:
        from squasher.render.text import unproved

        sys.stderr.write(printable_lines(unproved(proof)))


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


def _warn(warnings: tuple[str, ...], whose: str = "") -> None:
    for warning in warnings:
        sys.stderr.write(f"warning: {printable(whose + warning)}\n")


def _color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
