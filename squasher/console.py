"""The console: standard streams, signals, errors as a person should read them, and exit codes.

0 fine · 1 differences or findings · 2 could not do it · 130 interrupted.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from squasher import progress
from squasher.errors import InputError, SquasherError
from squasher.sql import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable

FINE: Final = 0
DIFFERENT: Final = 1
TROUBLE: Final = 2
INTERRUPTED: Final = 130


class TerminatedError(BaseException):
    """The system asked this process to end: clean up first."""


def reported(run: Callable[[], int]) -> int:
    """Errors as a person should read them, on standard error, and the exit code that they mean."""
    from squasher.budget import watch

    _prepare()
    try:
        watch()
        code = _told(run)
        _aside("settle")
    except KeyboardInterrupt:
        _aside("abandon")
        files = sys.modules.get("squasher.files")
        what = "the new file was written" if getattr(files, "replaced", False) else "nothing was written"
        what = getattr(files, "unfinished", "") or what
        sys.stderr.write(f"interrupted; {what}\n")
        return INTERRUPTED
    except TerminatedError:
        _aside("abandon")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
        return TROUBLE  # not reached: whoever asked sees that it was the signal
    return code


def _told(run: Callable[[], int]) -> int:
    try:
        with progress.on(sys.stderr):
            code = run()
        write("")
    except SquasherError as error:
        complain(error)
        return TROUBLE
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


def _aside(what: str) -> None:
    """``settle`` or ``abandon`` what is done aside, if anything may be."""
    parallel = sys.modules.get("squasher.parallel")
    if parallel is not None:
        getattr(parallel, what)()


def complain(error: SquasherError, whose: str = "") -> None:
    """Say what went wrong, on standard error."""
    progress.erase()
    sys.stderr.write(printable_lines(f"error: {whose}{error.diagnostics()}\n"))
    proof = getattr(error, "proof", None)
    if proof is not None:
        from squasher.render.text import unproved

        sys.stderr.write(printable_lines(unproved(proof)))


def write(text: str) -> None:
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
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)  # a terminal that closes; nohup ignores it
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _terminate(*_: object) -> NoReturn:
    raise TerminatedError


def warn(warnings: tuple[str, ...], whose: str = "") -> None:
    """Say what a person should know, on standard error."""
    for warning in warnings:
        sys.stderr.write(f"warning: {printable(whose + warning)}\n")


def _color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def rendered(render: Callable[[bool], str], form: str) -> str:
    """What a format makes, with colours on a terminal."""
    from squasher.render import COMMANDS

    color = _color()
    text = render(color)
    # the renderers see to it that nothing of a stranger's is a command; this makes it certain
    return text if color or form in COMMANDS else printable_lines(text)
