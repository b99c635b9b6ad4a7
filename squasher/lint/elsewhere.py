"""Elsewhere: the chain of a study at other times and with other random values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher.errors import ReplayError, UnsupportedError
from squasher.introspect import introspect
from squasher.replay import replay
from squasher.statements import Stopped
from squasher.volatile import UNIVERSES, variants

if TYPE_CHECKING:
    from squasher.cells import Cells
    from squasher.lint.study import Statement, Study
    from squasher.model import Snapshot
    from squasher.universe import Universe
    from squasher.volatile import Variants


class Failure(NamedTuple):
    """The chain fails in a universe, though not in the study's own."""

    universe: Universe
    error: ReplayError
    statement: Statement
    """Which one fails; the last of its file where the whole of it does."""


class Elsewhere(NamedTuple):
    """What a chain does in every universe, the study's own first."""

    counts: tuple[tuple[Statement, tuple[int, ...]], ...] = ()
    """How many rows each statement changed in each of them."""
    snapshot: Snapshot | None = None
    """What it leaves in the study's own; None where it fails in another."""
    cells: Cells[Variants] | None = None
    """The values that differ; None where rows cannot be told from each other, or it fails."""
    failure: Failure | None = None


def elsewhere(study: Study) -> Elsewhere:
    """Replay the chain in the other universes, where that can make a difference; for ``study.once``.

    Nothing but statements that ask for the time or for chance, or read the ledger's times, can tell one
    universe from another. What the target refuses is left out there, too.
    """
    ran = [statement for statement in study.statements if statement.ran is not None]
    ledger = study.profile.ledger
    if not study.complete or not any(
        one.ran.asked_clock or one.ran.asked_random or ledger in one.ran.touches for one in ran if one.ran
    ):
        return Elsewhere()
    changes = [[one.ran.changes for one in ran if one.ran]]
    snapshots = [introspect(study.database)]
    for universe in UNIVERSES[1:]:
        try:
            with replay(study.as_run, study.profile, universe, observe=False) as other:
                changes.append([done.changes for step in other.steps for done in step.statements])
                snapshots.append(introspect(other.database))
        except ReplayError as error:
            return Elsewhere(failure=Failure(universe, error, _failing(study, error)))
    counts = tuple(zip(ran, zip(*changes, strict=True), strict=True))
    try:
        return Elsewhere(counts, snapshots[0], variants(snapshots))
    except UnsupportedError:
        return Elsewhere(counts, snapshots[0])


def _failing(study: Study, error: ReplayError) -> Statement:
    cause = error.__cause__
    of_file = [one for one in study.statements if one.ran and one.migration.path == error.path]
    if isinstance(cause, Stopped):
        of_file = [one for one in of_file if one.ran and one.ran.start <= cause.start]
    return of_file[-1]
