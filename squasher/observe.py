"""Looking at a chain or a file in as many universes as it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from squasher import volatile
from squasher.engine import Database, Universe
from squasher.introspect import introspect
from squasher.provenance import Provenance, trace
from squasher.replay import Replay, replay, run_file
from squasher.rowdiff import Side

if TYPE_CHECKING:
    from squasher.chain import Chain, Migration
    from squasher.profiles import Profile


@dataclass(frozen=True, slots=True)
class Observed:
    """A chain after its replays: what it left, where that came from, and what to say about it."""

    replay: Replay
    side: Side
    universes: tuple[Universe, ...]
    provenance: Provenance
    notes: tuple[str, ...]


def observe(chain: Chain, profile: Profile) -> Observed:
    """Replay ``chain`` once, and in more universes when it asked for the time or for chance.

    Raises ReplayError, and UnsupportedError for what cannot be carried into a fresh file.
    """
    universes = list(volatile.UNIVERSES[:1])
    with replay(chain, profile, universes[0]) as first:
        snapshots = [introspect(first.database)]
    provenance = trace(first)
    notes = [f"not carried: {what}" for what in snapshots[0].left_out]
    side = Side.of(snapshots)
    if first.asked:
        pending = [volatile.UNIVERSES[1:], volatile.FURTHER]
        while pending:
            for universe in pending.pop(0):
                universes.append(universe)
                with replay(chain, profile, universe, observe=False) as other:
                    snapshots.append(introspect(other.database))
            side = Side.of(snapshots)
            if not volatile.unexplained(first, snapshots[0], side.volatile):
                break
        notes += [
            f"{table}: a migration asked for randomness to fill it, and {len(universes)} replays gave"
            " equal rows; they are written as they are"
            for table in volatile.unexplained(first, snapshots[0], side.volatile)
        ]
    return Observed(first, side, tuple(universes), provenance, tuple(notes))


def load(file: Migration, profile: Profile, universes: tuple[Universe, ...]) -> Side:
    """Run one SQL file in each universe, as a new installation would. Raises ReplayError."""
    snapshots = []
    for universe in universes:
        with Database(profile, universe) as database:
            ran = run_file(database, file)
            snapshots.append(introspect(database))
        asked = any(
            (step.asked_clock or step.asked_random) and step.changes and profile.ledger not in step.writes
            for step in ran
        )
        if not asked:
            snapshots = [snapshots[0]] * len(universes)
            break
    return Side.of(snapshots)
