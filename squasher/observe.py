"""Looking at a chain or a file in as many universes as it takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from squasher import volatile
from squasher.bytecode import programs
from squasher.engine import Database
from squasher.errors import ReplayError, UnsupportedError
from squasher.introspect import introspect
from squasher.model import Table
from squasher.parallel import together
from squasher.provenance import Provenance, trace
from squasher.replay import Replay, replay, run_file
from squasher.rowdiff import Side
from squasher.rows import LARGEST_ROWID, largest_key
from squasher.slices import Slice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.cache import Cache
    from squasher.chain import Chain, Migration
    from squasher.model import Snapshot
    from squasher.prefixes import Prefixes
    from squasher.profiles import Profile
    from squasher.statements import Ran
    from squasher.universe import Universe


class Observed(NamedTuple):
    """A chain after its replays: what it left, where that came from, and what to say about it."""

    replay: Replay
    side: Side
    universes: tuple[Universe, ...]
    provenance: Provenance
    notes: tuple[str, ...]


def observe(
    chain: Chain,
    profile: Profile,
    *,
    rows: bool = True,
    cache: Cache | None = None,
    proving: bool = False,
) -> Observed:
    """Replay ``chain`` once, and in more universes when it asked for the time or for chance.

    Without ``rows`` only its schema is read, which no clock and no chance has a part in. With a
    ``cache``, what an earlier run computed of the same files is not computed again. What a proof needs of
    the schema alone is computed beside the universes where one is ``proving``. Raises ReplayError, and
    UnsupportedError for what cannot be carried into a fresh file.
    """
    with replay(chain, profile, volatile.UNIVERSES[0], cache=cache) as first:
        whole = introspect(first.database, rows=rows)
    _refuse_chosen_keys(chain, profile, whole)
    notes = [f"not carried: {what}" for what in whole.left_out]
    if not (first.asked and rows):
        return Observed(first, Side.of([whole]), volatile.UNIVERSES[:1], trace(first), tuple(notes))
    (side, universes), compiled = together(
        lambda: _universes(first, profile, whole, cache),
        (lambda: programs(profile, whole)) if proving else None,
    )
    notes += [
        f"{table}: a migration asked for randomness to fill it, and {len(universes)} replays gave"
        " equal rows; they are written as they are"
        for table in volatile.unexplained(first, whole, side.volatile)
    ]
    return Observed(first, side._replace(programs=compiled), universes, trace(first), tuple(notes))


def _universes(
    first: Replay, profile: Profile, whole: Snapshot, cache: Cache | None
) -> tuple[Side, tuple[Universe, ...]]:
    """The chain in as many universes as it takes, ``first`` among them, and which those are."""
    own, *others = volatile.UNIVERSES
    universes, snapshots = [own], [whole]
    part = Slice(profile, [step.statements for step in first.steps], whole, own, cache=cache)
    side = Side.of(snapshots)
    for more in (others, volatile.FURTHER):
        universes += more
        snapshots += _elsewhere(first.chain, profile, part, more)
        side = Side.of(snapshots)
        if not volatile.unexplained(first, whole, side.volatile):
            break
    return side, tuple(universes)


def _refuse_chosen_keys(chain: Chain, profile: Profile, whole: Snapshot) -> None:
    """Beside the largest key SQLite chooses others by chance, which nothing pins (autoinc.html).

    Where such a table is left, the same replay shows whether its keys were chosen or written.
    """
    held = {part.table: part for part in whole.rows}
    full = [
        item.name
        for item in whole.objects
        if isinstance(item, Table) and largest_key(item, held.get(item.name)) == LARGEST_ROWID
    ]
    if not full:
        return
    with replay(chain, profile, volatile.UNIVERSES[0], observe=False) as other:
        second = {part.table: part for part in introspect(other.database).rows}
    for name in full:
        if second.get(name) != held[name]:
            raise UnsupportedError(
                f"{name} holds the largest possible key: SQLite chose other keys by chance",
                hint="Write the keys in the migration.",
            )


def _elsewhere(
    chain: Chain, profile: Profile, part: Slice, universes: Sequence[Universe]
) -> Iterator[Snapshot]:
    for universe, snapshot in zip(universes, part.snapshots(universes), strict=True):
        yield snapshot or _again(chain, profile, universe)


def _again(chain: Chain, profile: Profile, universe: Universe) -> Snapshot:
    try:
        with replay(chain, profile, universe, observe=False) as other:
            return introspect(other.database)
    except ReplayError as error:
        error.hint = (
            f"The chain ran at another time and with other random values, and fails on {universe.day}."
            " Make the migration run at any time."
        )
        raise


def load(
    file: Migration,
    profile: Profile,
    universes: tuple[Universe, ...],
    *,
    rows: bool = True,
    cache: Cache | None = None,
    proving: bool = False,
) -> Side:
    """Run one SQL file in each universe, as a new installation would. Raises ReplayError.

    A file that asks for the time or for chance is looked at in several universes in any case, unless
    no ``rows`` are read. What a proof needs of the schema alone is computed beside them where one is
    ``proving``.
    """
    ran, whole = _install(file, profile, volatile.elsewhere(universes[0]), rows=rows, cache=cache)
    if not rows:
        return Side.of([whole])
    asked = any((step.asked_clock or step.asked_random) and profile.ledger not in step.writes for step in ran)
    if not asked:
        return Side.of([whole] * len(universes))
    first, *others = map(volatile.elsewhere, universes)
    own = tuple(step for step in ran if profile.ledger not in step.touches)

    def elsewhere() -> Side:
        part = Slice(profile, [own], whole, first, cache=cache)
        pairs = zip(others, part.snapshots(others), strict=True)
        return Side.of([whole, *(one or _install(file, profile, universe)[1] for universe, one in pairs)])

    side, compiled = together(elsewhere, (lambda: programs(profile, whole)) if proving else None)
    return side._replace(programs=compiled)


def _install(
    file: Migration,
    profile: Profile,
    universe: Universe,
    *,
    rows: bool = True,
    cache: Cache | None = None,
) -> tuple[tuple[Ran, ...], Snapshot]:
    with Database(profile, universe) as database:
        ran = run_file(database, file) if cache is None else _kept(database, file, cache)
        return ran, introspect(database, rows=rows)


def _kept(database: Database, file: Migration, cache: Cache) -> tuple[Ran, ...]:
    """Run a file, unless an earlier run left what it makes."""
    kept = None if cache.empty else _prefixes(database, file, cache).longest()
    if kept is not None:
        kept.restore(database)
        return kept.told[0][0]
    start = time.perf_counter()
    ran = run_file(database, file)
    seconds = time.perf_counter() - start
    if seconds > cache.worth:
        prefixes = _prefixes(database, file, cache)
        if prefixes.wants(1, seconds, database):
            prefixes.keep(1, database, [(ran, ())])
    return ran


def _prefixes(database: Database, file: Migration, cache: Cache) -> Prefixes:
    from squasher.prefixes import Prefixes  # most files are loaded sooner than a cache is read

    return Prefixes(cache, (file,), database.profile, database.universe, "file")


def ignoring(patterns: tuple[str, ...], *snapshots: Snapshot) -> tuple[str, ...]:
    """What to say of the tables that were to be ignored."""
    if not patterns:
        return ()
    from squasher.ignored import told  # few have such tables

    return told(patterns, snapshots)
