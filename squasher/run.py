"""Running a command: call it, print what it says, return the exit code.

The command line parser comes before this; the two commands as most people type them need none, and
the parser takes longer to import than the chain to replay. Exit codes: 0 fine · 1 differences or
findings · 2 could not do it · 130 interrupted.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from squasher.choice import Options
from squasher.errors import InputError, SquasherError
from squasher.sql import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from squasher.comparison import Comparison
    from squasher.d1state import Reach
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


def check(  # noqa: PLR0913 - a command has as many parameters as options
    options: Options = ALL,
    *,
    source: str | None = None,
    to: str | None = None,
    rows: bool = False,
    exact: bool = False,
    form: str = "text",
    reach: Reach | None = None,
) -> int:
    """``squasher check``."""
    if source is not None:
        return _check_database(options, source, (to, rows, exact, form), reach)
    if to is not None or rows or reach is not None:
        return _reported(_refused)

    def one(target: Target) -> Ended:
        from squasher.commands.check import check as command

        result = command(target)
        text = _compared(result, form)
        if result.proof.status == "unknown" and not result.findings:
            return Ended(TROUBLE, text, "", result.warnings, result)
        said = ""
        if exact and result.proof.status == "equal" and not result.exact:
            said = "error: --exact: the text is not what `squasher squash` would write\n"
        code = DIFFERENT if result.findings or (exact and not result.exact) else FINE
        return Ended(code, text, said, result.warnings, result)

    return _reported(lambda: _each(options, one, form))


def _refused() -> int:
    raise InputError(
        "--to, --rows, --remote and --persist-to are for the check of a database",
        hint="Name it: squasher check d1:NAME, or a database file.",
    )


def _check_database(
    options: Options, source: str, said: tuple[str | None, bool, bool, str], reach: Reach | None
) -> int:
    """``squasher check SOURCE``."""
    to, rows, exact, form = said

    def one(target: Target) -> Ended:
        from squasher.commands.check import check_database as command
        from squasher.d1state import Reach

        if exact:
            raise InputError(
                "--exact is for the fresh file: a database has no text of its own", hint="Leave it out."
            )
        result = command(source, target, reach or Reach(), to=to, rows=rows)
        codes = {"equal": FINE, "different": DIFFERENT}
        code = codes.get(result.proof.status, TROUBLE)
        return Ended(code, _compared(result, form), "", result.warnings, result)

    return _reported(
        lambda: _each(options, one, form, alone="--to" if to else None, sources=(source,), reach=reach)
    )


def drift(
    sources: Sequence[str],
    options: Options = ALL,
    *,
    listed: str | None = None,
    jobs: int | None = None,
    form: str = "text",
    reach: Reach | None = None,
) -> int:
    """``squasher drift``."""

    def run() -> int:
        from squasher.choice import choose, meant
        from squasher.commands.drift import JOBS
        from squasher.commands.drift import drift as command
        from squasher.d1state import Reach
        from squasher.render import FLEETS

        named = [*sources, *(_listed(listed) if listed is not None else ())]
        if not named:
            raise InputError("no database is named", hint="Name files or d1:NAME, or a list with --list.")
        _refuse_to_reach(reach, named)
        chosen = meant(choose(options), [source for source in named if source.startswith("d1:")] or named[:1])
        _warn(chosen.notes)
        if len(chosen.targets) > 1:
            names = ", ".join(target.name for target in chosen.targets)
            raise InputError(f"a fleet has one chain, and there are {names}", hint="Name it with --database.")
        with _progress(len(named)) as progress:
            fleet = command(named, chosen.targets[0], reach or Reach(), jobs=jobs or JOBS, progress=progress)
        _warn(fleet.warnings)
        _print(_rendered(lambda color: FLEETS[form](fleet, color=color), form))
        for name, error in fleet.unread:
            _complain(error, "" if name in error.message else f"{name}: ")
        if fleet.left:
            sys.stderr.write(
                f"interrupted; {fleet.left:,} of {fleet.left + fleet.databases:,} were not looked at\n"
            )
            return INTERRUPTED
        if fleet.unread or fleet.count("unknown"):
            return TROUBLE
        return DIFFERENT if fleet.count("different") else FINE

    return _reported(run)


def _listed(path: str) -> list[str]:
    """The names in a file, one a line. Raises InputError."""
    from pathlib import Path

    from squasher.files import read_regular

    data = sys.stdin.buffer.read() if path == "-" else read_regular(Path(path))
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    return [os.fsdecode(line.rstrip(b"\r")) for line in lines if line.strip()]


@contextlib.contextmanager
def _progress(count: int) -> Iterator[Callable[[], object]]:
    """A bar on a terminal, and nothing anywhere else; what is yielded moves it on by one."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("databases", total=count)
        yield lambda: bar.advance(task)


def diff(  # noqa: PLR0913 - a command has as many parameters as options
    options: Options = ALL,
    *,
    old: str | None = None,
    new: str | None = None,
    start: str | None = None,
    to: str | None = None,
    form: str = "text",
    exit_code: bool = False,
    rows: bool | None = None,
    reach: Reach | None = None,
) -> int:
    """``squasher diff``."""

    def one(target: Target) -> Ended:
        from squasher.commands.diff import Sides
        from squasher.commands.diff import diff as command
        from squasher.render.text import nothing

        sides = Sides(old, new, start, to, rows)
        result = command(sides if reach is None else sides._replace(reach=reach), target)
        text = _compared(result, form)
        if result.proof.status == "unknown":
            return Ended(TROUBLE, text, "", result.warnings, result)
        said = nothing(result) if result.proof.status == "equal" and form == "text" else ""
        code = DIFFERENT if exit_code and result.findings else FINE
        return Ended(code, text, said, result.warnings, result)

    alone = "--from and --to" if start or to else None
    return _reported(lambda: _each(options, one, form, alone=alone, sources=(old, new), reach=reach))


def show(
    source: str,
    options: Options = ALL,
    *,
    to: str | None = None,
    rows: bool | None = None,
    reach: Reach | None = None,
) -> int:
    """``squasher show``."""

    def one(target: Target) -> Ended:
        from squasher.commands.show import show as command
        from squasher.d1state import Reach

        result = command(source, target, to=to, rows=rows, reach=reach or Reach())
        return Ended(FINE, result.text, warnings=result.notes)

    return _reported(
        lambda: _each(options, one, "sql", alone="--to" if to else None, sources=(source,), reach=reach)
    )


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


def archive(
    options: Options = ALL, *, to: str | None = None, allow: tuple[str, ...] = (), undo: bool = False
) -> int:
    """``squasher archive``."""

    def one(target: Target) -> Ended:
        from squasher.commands import archive as command
        from squasher.render.text import archived

        if undo and (to is not None or allow):
            raise InputError(
                "--undo takes the whole of the last archive back", hint="Leave --to and --allow out."
            )
        result = command.undo(target) if undo else command.archive(target, to=to, allow=allow)
        return Ended(FINE, printable_lines(archived(result)), warnings=result.warnings)

    return _reported(lambda: _each(options, one, alone="squasher archive"))


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
    reach: Reach | None = None,
) -> int:
    """Run a command for every chain that is meant, and print what it says of each.

    ``alone`` is what makes sense for one chain only. What fails for one does not stop the others.
    """
    from squasher.choice import choose, meant

    _refuse_to_reach(reach, sources)
    chosen = meant(choose(options), [source for source in sources if source is not None])
    _warn(chosen.notes)
    if len(chosen.targets) == 1 and (alone is not None or not chosen.several):
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


def _refuse_to_reach(reach: Reach | None, sources: Sequence[str | None]) -> None:
    """Raise InputError where --remote or --persist-to was given and would change nothing."""
    if reach is not None and not any(source is not None and source.startswith("d1:") for source in sources):
        raise InputError(
            "--remote and --persist-to are for d1:NAME, and no source is one",
            hint="Write d1:NAME, with the binding or the database_name of a D1 database.",
        )


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
        what = getattr(files, "unfinished", "") or what
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
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)  # a terminal that closes; nohup ignores it
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _terminate(*_: object) -> NoReturn:
    raise TerminatedError


def _warn(warnings: tuple[str, ...], whose: str = "") -> None:
    for warning in warnings:
        sys.stderr.write(f"warning: {printable(whose + warning)}\n")


def _color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
