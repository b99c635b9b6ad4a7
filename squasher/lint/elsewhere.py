"""Elsewhere: the chain of a study at other times and with other random values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher.errors import ReplayError, UnsupportedError
from squasher.introspect import introspect
from squasher.replay import replay
from squasher.slices import Again, Slice
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
    """Run what of the chain can do otherwise in the other universes; for ``study.once``.

    Nothing but statements that ask for the time or for chance, or read the ledger's times, can tell one
    universe from another. What the target refuses is left out there, too.
    """
    ran = [(statement, statement.ran) for statement in study.statements if statement.ran is not None]
    ledger = study.profile.ledger
    if not study.complete or not any(
        one.asked_clock or one.asked_random or ledger in one.touches for _, one in ran
    ):
        return Elsewhere()
    here = introspect(study.database)
    files = [step.statements for step in study.steps]
    part = Slice(study.profile, files, here, UNIVERSES[0], counted=True)
    others = UNIVERSES[1:]
    changes = [[one.changes for _, one in ran]]
    snapshots = [here]
    for universe, again in zip(others, part.again(others), strict=True):
        try:
            snapshot, counts = _whole(study, universe) if again is None else again
        except ReplayError as error:
            return Elsewhere(failure=Failure(universe, error, _failing(study, error)))
        snapshots.append(snapshot)
        places = [(number, index) for number, file in enumerate(files) for index in range(len(file))]
        pairs = zip(places, changes[0], strict=True)
        changes.append([counts.get(place, count) for place, count in pairs])
    counted = tuple(zip((one for one, _ in ran), zip(*changes, strict=True), strict=True))
    try:
        return Elsewhere(counted, here, variants(snapshots))
    except UnsupportedError:
        return Elsewhere(counted, here)


def _whole(study: Study, universe: Universe) -> Again:
    """What the chain does there, by a replay of all of it. Raises ReplayError."""
    with replay(study.as_run, study.profile, universe, observe=False) as other:
        counts = {
            (number, index): ran.changes
            for number, step in enumerate(other.steps)
            for index, ran in enumerate(step.statements)
        }
        return Again(introspect(other.database), counts)


def _failing(study: Study, error: ReplayError) -> Statement:
    cause = error.__cause__
    of_file = [one for one in study.statements if one.ran and one.migration.path == error.path]
    if isinstance(cause, Stopped):
        of_file = [one for one in of_file if one.ran and one.ran.start <= cause.start]
    return of_file[-1]
