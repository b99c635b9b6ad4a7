"""squasher: squash a chain of SQL migrations into one fresh file, and prove that both mean the same.

>>> import squasher
>>> result = squasher.check("migrations")        # the fresh file beside it, profile d1
>>> result.proof.status
'equal'

Nothing here prints. Errors are ``squasher.SquasherError`` and its subclasses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.commands.build import Built
    from squasher.commands.squash import Squashed
    from squasher.comparison import Comparison
    from squasher.lint.diagnostic import Report

__all__ = ["SquasherError", "build", "check", "diagnose", "diff", "squash"]

from squasher.errors import SquasherError


def squash(
    migrations: str | Path = "migrations",
    fresh: str | Path | None = None,
    profile: str = "d1",
    *,
    to: str | None = None,
    write: bool = True,
    max_steps: int | None = None,
) -> Squashed:
    """Make the fresh file of a chain, prove it, and replace the file on disk unless ``write`` is false.

    ``fresh`` defaults to ``DIR-fresh/0001_complete_schema.sql``, ``to`` to the last migration.
    ``max_steps`` is how many steps of SQLite's virtual machine one statement may take, 200 million
    unless given. Raises SquasherError; the file on disk is untouched then.
    """
    from squasher.commands import squash as command
    from squasher.target import target

    return command.squash(target(migrations, fresh, profile, max_steps), to=to, write=write)


def build(
    out: str | Path,
    migrations: str | Path = "migrations",
    profile: str = "d1",
    *,
    to: str | None = None,
    force: bool = False,
    max_steps: int | None = None,
) -> Built:
    """Write the database that a chain makes to the file ``out``, for tests to copy.

    The same chain gives the same bytes. ``to`` defaults to the last migration; with ``force`` a file
    that holds something else is replaced. Raises SquasherError; the file on disk is untouched then.
    """
    from pathlib import Path

    from squasher.commands import build as command
    from squasher.target import target

    return command.build(target(migrations, None, profile, max_steps), Path(out), to=to, force=force)


def check(
    migrations: str | Path = "migrations",
    fresh: str | Path | None = None,
    profile: str = "d1",
    *,
    max_steps: int | None = None,
) -> Comparison:
    """Compare the fresh file on disk with its chain: ``result.proof.status`` and ``result.findings``.

    Raises SquasherError when either cannot be run or compared.
    """
    from squasher.commands import check as command
    from squasher.target import target

    return command.check(target(migrations, fresh, profile, max_steps))


def diff(
    old: str,
    new: str = "migrations",
    profile: str = "d1",
    *,
    rows: bool = True,
    max_steps: int | None = None,
) -> Comparison:
    """Compare two sides, each a directory of migrations, a file, or what else the command line takes.

    ``result.findings`` are the changes, each with the line that caused it and its risks. Without
    ``rows`` only the schemas are compared. Raises SquasherError when a side cannot be read or run.
    """
    from squasher.commands import diff as command
    from squasher.target import target

    return command.diff(
        command.Sides(old=old, new=new, rows=rows), target(profile=profile, max_steps=max_steps)
    )


def diagnose(
    migrations: str | Path = "migrations",
    profile: str = "d1",
    *,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    max_steps: int | None = None,
) -> Report:
    """Find mistakes in a chain, as ``squasher lint`` does: ``result.diagnostics``, in the chain's order.

    ``select`` and ``ignore`` are codes of rules, or the beginnings of codes. Raises SquasherError for
    a chain that cannot be read; one that does not run is a diagnostic.
    """
    from squasher.commands import lint as command
    from squasher.target import target

    report = command.lint(
        [target(migrations, None, profile, max_steps)], command.Wanted(select=select, ignore=ignore)
    )
    for _, error in report.failed:
        raise error
    return report
