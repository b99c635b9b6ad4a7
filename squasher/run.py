"""Running a command: call it, print what it says, return the exit code.

The command line parser comes before this; the two commands as most people type them need none, and
the parser takes longer to import than the chain to replay. Exit codes: see ``console``.
"""

from __future__ import annotations

import codecs
import os
import sys
from typing import TYPE_CHECKING, Final

from squasher import progress
from squasher.choice import Options
from squasher.console import (
    DIFFERENT,
    FINE,
    INTERRUPTED,
    TROUBLE,
    complain,
    rendered,
    reported,
    warn,
    write,
)
from squasher.each import Ended, Named, each, refuse_to_reach
from squasher.errors import InputError
from squasher.sql import printable_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from squasher.commands.lint import Wanted
    from squasher.comparison import Comparison
    from squasher.d1state import Reach
    from squasher.target import Target

ALL: Final = Options()
"""Nothing was said: every chain that is configured."""


def squash(options: Options = ALL, *, to: str | None = None, stdout: bool = False) -> int:
    """``squasher squash``."""

    def one(target: Target) -> Ended:
        from squasher.commands.squash import squash as command
        from squasher.render.text import squashed, touched

        result = command(target, to=to, write=not stdout)
        text = result.text if stdout else printable_lines(squashed(result))
        return Ended(FINE, text, warnings=(*touched(result), *result.warnings))

    return reported(lambda: each(options, one, alone="--stdout" if stdout else "--to" if to else None))


def build(out: str, options: Options = ALL, *, to: str | None = None, force: bool = False) -> int:
    """``squasher build``."""

    def one(target: Target) -> Ended:
        from pathlib import Path

        from squasher.commands.build import build as command
        from squasher.render.text import built

        result = command(target, Path(out), to=to, force=force)
        return Ended(FINE, printable_lines(built(result)), warnings=result.warnings)

    return reported(lambda: each(options, one, alone="squasher build"))


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
        given = {
            "--to": to is not None,
            "--rows": rows,
            "--remote": reach is not None and reach.remote,
            "--persist-to": reach is not None and reach.persist_to is not None,
        }
        return reported(lambda: _refused([option for option, is_given in given.items() if is_given]))

    def one(target: Target) -> Ended:
        from squasher.commands.check import check as command

        result = command(target)
        if exact and result.proof.status == "equal" and not result.exact:
            from squasher.render.text import inexact

            # in text, the error says all that there is to say of a file that is equivalent
            text = "" if form == "text" and not result.findings else _compared(result, form)
            return Ended(DIFFERENT, text, inexact(result), result.warnings, result)
        text = _compared(result, form)
        if result.proof.status == "unknown" and not result.findings:
            return Ended(TROUBLE, text, "", result.warnings, result)
        code = DIFFERENT if result.findings or (exact and not result.exact) else FINE
        return Ended(code, text, "", result.warnings, result)

    return reported(lambda: each(options, one, form))


def _refused(given: list[str]) -> int:
    raise InputError(
        f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} for the check of a database",
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

    return reported(
        lambda: each(
            options,
            one,
            form,
            alone="--to" if to else f"{source}, compared with a chain,",
            named=Named((source,), reach, against_chain=True),
        )
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
        refuse_to_reach(reach, named)
        of_d1 = [source for source in named if source.startswith("d1:")]
        chosen = meant(choose(options), of_d1 or named[:1], against_chain=True)
        warn(chosen.notes)
        if len(chosen.targets) > 1:
            names = ", ".join(target.name for target in chosen.targets)
            raise InputError(f"a fleet has one chain, and there are {names}", hint="Name it with --database.")
        with progress.counting(progress.LOOKED_AT, len(named)) as advance:
            fleet = command(
                named,
                chosen.targets[0],
                reach or Reach(),
                jobs=jobs or JOBS,
                progress=lambda: advance(1),
            )
        warn(fleet.warnings)
        write(rendered(lambda color: FLEETS[form](fleet, color=color), form))
        for name, error in fleet.unread:
            complain(error, "" if name in error.message else f"{name}: ")
        if fleet.left:
            sys.stderr.write(
                f"interrupted; {fleet.left:,} of {fleet.left + fleet.databases:,} were not looked at\n"
            )
            return INTERRUPTED
        if fleet.unread or fleet.count("unknown"):
            return TROUBLE
        return DIFFERENT if fleet.count("different") else FINE

    return reported(run)


def _listed(path: str) -> list[str]:
    """The names in a file, one a line, without comments. Raises InputError."""
    from pathlib import Path

    from squasher.files import read_regular

    try:
        data = sys.stdin.buffer.read() if path == "-" else read_regular(Path(path))
    except InputError as error:
        hint = error.hint or "Name a list with --list FILE, or - for standard input."
        raise InputError(error.message, hint=hint) from error
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    return [
        os.fsdecode(line.rstrip(b"\r"))
        for line in lines
        if line.strip() and not line.lstrip().startswith(b"#")
    ]


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

    given = {"--from": start, "--to": to}
    alone = " and ".join(option for option, value in given.items() if value) or None
    return reported(lambda: each(options, one, form, alone=alone, named=Named((old, new), reach)))


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

    return reported(
        lambda: each(options, one, "sql", alone="--to" if to else None, named=Named((source,), reach))
    )


def history(
    options: Options = ALL, *, what: str | None = None, to: str | None = None, form: str = "text"
) -> int:
    """``squasher history``."""

    def one(target: Target) -> Ended:
        from squasher.commands.history import history as command
        from squasher.render import HISTORIES

        result = command(target, what, to)
        text = rendered(lambda color: HISTORIES[form](result, color=color), form)
        return Ended(FINE, text, warnings=result.warnings)

    return reported(lambda: each(options, one, form, alone="--to" if to else None))


def databases(options: Options = ALL, *, form: str = "text") -> int:
    """``squasher databases``."""

    def run() -> int:
        from squasher.commands.databases import databases as command
        from squasher.render import LISTS

        result = command(options)
        write(rendered(lambda color: LISTS[form](result, color=color), form))
        return FINE

    return reported(run)


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

    return reported(lambda: each(options, one, alone="squasher archive"))


def new(name: str | None, options: Options = ALL, *, rebuild: str | None = None) -> int:
    """``squasher new``."""

    def one(target: Target) -> Ended:
        from squasher.commands.new import new as command

        result = command(target, name, rebuild=rebuild)
        return Ended(FINE, printable_lines(f"{result.path.as_posix()}\n"), warnings=result.notes)

    return reported(lambda: each(options, one, alone="squasher new"))


def lint(
    options: Options = ALL,
    *,
    wanted: Wanted | None = None,
    form: str = "text",
    fail_on: str = "warning",
    statistics: bool = False,
    relative_to: str | None = None,
) -> int:
    """``squasher lint``."""

    def run() -> int:
        from squasher.choice import choose
        from squasher.commands import lint as command
        from squasher.render import LINTS, STATISTICS

        formats = STATISTICS if statistics else LINTS
        if form not in formats:
            raise InputError(
                f"--statistics has no format {form}", hint=f"Choose one of {', '.join(formats)}."
            )
        chosen = choose(options)
        warn(chosen.notes)
        report = command.lint(chosen.targets, wanted or command.ALL)
        warn(report.warnings)
        for name, error in report.failed:
            complain(error, f"{name}: " if name else "")
        shown = report if relative_to is None else report.seen_from(relative_to)
        write(rendered(lambda color: formats[form](shown, color=color), form))
        if report.failed:
            return TROUBLE
        found = report.count("error") + (report.count("warning") if fail_on == "warning" else 0)
        return DIFFERENT if found else FINE

    return reported(run)


def explain(said: str) -> int:
    """``squasher lint --explain``."""

    def run() -> int:
        from squasher.commands.lint import rule_of
        from squasher.render.lint.page import render

        rule = rule_of(said)
        write(rendered(lambda color: render(rule, color=color), "markdown"))
        return FINE

    return reported(run)


def _compared(result: Comparison, form: str) -> str:
    """A comparison in a format."""
    from squasher.render import RENDERERS

    return rendered(lambda color: RENDERERS[form](result, color=color), form)
