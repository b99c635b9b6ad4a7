"""Slices: the part of a chain that decides which values are volatile.

Statements that ask for the time or for chance, and everything that shares a table with them, run
alike in a small database; the rest of the chain cannot tell one universe from another. A slice is
trusted only after it gave, in the first universe, the very rows of the whole replay.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.bulk import NOTHING, bulk
from squasher.inert import unnoticed
from squasher.introspect import by_name
from squasher.layout import renamed
from squasher.model import Rows, Snapshot, Table
from squasher.parallel import together
from squasher.shard import Found, Place, Shard, apart, sliced
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from squasher.cache import Cache
    from squasher.profiles import Profile
    from squasher.statements import Ran
    from squasher.universe import Universe

_TRANSACTIONS: Final = (
    *("begin", "commit", "end", "rollback", "savepoint", "release", "vacuum", "attach", "detach"),
)
_WORTH_A_PROCESS: Final = 0.01
"""Seconds that a slice takes in one universe before two processes share the others."""
_RUNS: Final = 4
"""How often it runs, at least: what is kept of it is kept of each."""


class Again(NamedTuple):
    """What a chain does in another universe."""

    snapshot: Snapshot
    changes: dict[Place, int]
    """How many rows each statement changed, where one may do otherwise than in the first universe."""


class Slice:
    """The slice of some files' statements, and the snapshot that the whole of them left.

    If ``counted``, it also tells how many rows each statement changes, and is trusted only after it changed
    as many as the whole did.
    """

    def __init__(
        self,
        profile: Profile,
        files: Sequence[tuple[Ran, ...]],
        whole: Snapshot,
        universe: Universe,
        *,
        cache: Cache | None = None,
        counted: bool = False,
    ) -> None:
        self._profile = profile
        self._cache = None if counted else cache
        self._counted = counted
        self._changes: tuple[int, ...] = ()
        """How many rows each of its statements changed in the whole."""
        self._whole = whole
        self._shards: tuple[Shard, ...] = ()
        self._seconds = 0.0
        # files that commit on their own are run whole; what the statement before did is asked without
        # a table that would tie the two together; and the ledger's times are not the chain's own
        counting = any(
            ran.asked_counters or profile.ledger in ran.touches for statements in files for ran in statements
        )
        # without a random value, nothing tells two universes of the same time apart
        drew = any(ran.asked_random for statements in files for ran in statements)
        self._same_at = None if drew or counted else universe.clock
        own = profile.transactions and any(_controls(ran) for statements in files for ran in statements)
        self.sound = False
        """Whether the slice gave the whole's rows in ``universe``, in which the whole was run."""
        self.bulk = NOTHING
        """Of large tables the first rows alone run again, where those tell what all of them do."""
        if own or counting:
            return
        related = relations(whole)
        if not counted:
            self.bulk = bulk(files, whole, ties, related)
        tied = _closure(files, related)
        lost = unnoticed({place: files[place[0]][place[1]] for place in sorted(tied)}, related)
        kept = sorted(tied.keys() - lost)
        # one shard would not draw the values that come after those of another
        groups = [kept] if drew or counted else apart(files, kept, tied)
        self._try(files, groups, universe)
        if self.bulk is not NOTHING and not self.sound:
            self.bulk = NOTHING
            self._try(files, groups, universe)

    def _try(self, files: Sequence[tuple[Ran, ...]], groups: list[list[Place]], universe: Universe) -> None:
        """Run the slice, in ``groups``, where the whole was run, and see whether it is sound."""
        self._shards = tuple(
            Shard(
                self._profile, sliced(files, kept, self.bulk), self._whole, self.bulk, counted=self._counted
            )
            for kept in groups
        )
        places = self._places() if self._counted else []
        self._changes = tuple(files[number][index].changes for number, index in places)
        start = time.perf_counter()
        self.sound = self._agrees(universe)
        self._seconds = time.perf_counter() - start

    def snapshots(self, universes: Sequence[Universe]) -> list[Snapshot | None]:
        """The whole's snapshot with the slice's rows in each universe; None for one in which it fails."""
        return [None if one is None else one.snapshot for one in self.again(universes)]

    def again(self, universes: Sequence[Universe]) -> list[Again | None]:
        """What the chain does in each universe; None where the slice fails there, or is unsound."""
        if not self.sound:
            return [None] * len(universes)
        others = iter(self._again([one for one in universes if one.clock != self._same_at]))
        return [Again(self._whole, {}) if one.clock == self._same_at else next(others) for one in universes]

    def _again(self, universes: Sequence[Universe]) -> list[Again | None]:
        half = len(universes) // 2
        if half and self._seconds > _WORTH_A_PROCESS:
            some, others = together(
                lambda: [self._run(one) for one in universes[half:]],
                lambda: [self._run(one) for one in universes[:half]],
            )
            found = [*others, *some]
        else:
            found = [self._run(one) for one in universes]
        return [None if one is None else Again(self._merged(one), self._counts(one)) for one in found]

    def _merged(self, found: Found) -> Snapshot:
        kept = [part for part in self._whole.rows if part.table not in found.names]
        terms = [part for part in self._whole.terms if part.table not in found.names]
        return self._whole._replace(rows=by_name([*kept, *found.rows]), terms=by_name([*terms, *found.terms]))

    def _counts(self, found: Found) -> dict[Place, int]:
        if not self._counted:
            return {}
        first = len(self._changes) - len(found.changes)  # those before the image did not run again
        return dict(zip(self._places()[first:], found.changes, strict=True))

    def _places(self) -> list[Place]:
        return [place for shard in self._shards for file in shard.files for place in file.places]

    def _agrees(self, universe: Universe) -> bool:
        ran = self._run(universe)
        if ran is None:
            return False
        found = self._merged(ran)
        same = (found.rows, found.terms) == (self._whole.rows, self._whole.terms)
        return same and ran.changes == self._changes

    def _run(self, universe: Universe) -> Found | None:
        """What all shards leave in a universe; None where one fails."""
        # many rows are not kept, and the first ones are few
        cache = None if self.bulk is not NOTHING else self._cache
        computed: list[tuple[Shard, Found]] = []
        names: set[str] = set()
        rows: list[Rows] = []
        terms: list[Rows] = []
        changes: tuple[int, ...] = ()
        start = time.perf_counter()
        for shard in self._shards:
            found = None if cache is None or cache.empty else self._kept(cache, shard, universe)
            if found is None:
                found = shard.found(universe)
                if found is None:
                    return None
                computed.append((shard, found))
            names |= found.names
            rows += found.rows
            terms += found.terms
            changes += found.changes
        if cache is not None and time.perf_counter() - start > cache.worth / _RUNS:
            cache.put_all((self._entry(shard, universe), _plain(found)) for shard, found in computed)
        return Found(names, tuple(rows), tuple(terms), changes)

    def _kept(self, cache: Cache, shard: Shard, universe: Universe) -> Found | None:
        kept = cache.get(self._entry(shard, universe))
        if kept is None:
            return None
        names, rows, terms = kept
        return Found(set(names), tuple(map(Rows._make, rows)), tuple(map(Rows._make, terms)), ())

    def _entry(self, shard: Shard, universe: Universe) -> str:
        """The cache's name for what a shard, which its text decides, leaves in a universe."""
        from squasher.prefixes import circumstances  # most slices run sooner than a cache is read

        files = repr([(file.before, file.after) for file in shard.files]).encode(errors="replace")
        return f"{hashlib.sha256(circumstances('slice', self._profile, universe) + files).hexdigest()}.rows"


def _plain(found: Found) -> tuple[object, ...]:
    """As tuples and nothing else, which is what a cache keeps."""
    return sorted(found.names), [*map(tuple, found.rows)], [*map(tuple, found.terms)]


def _controls(ran: Ran) -> bool:
    """Whether a statement has a part in transactions, or reaches beyond the one database."""
    return ran.sql[:9].lower().startswith(_TRANSACTIONS)


def _closure(files: Sequence[tuple[Ran, ...]], related: Mapping[str, set[str]]) -> dict[Place, set[str]]:
    """By place, all statements that touch a table which a volatile one touches, and so on: what ties them."""
    users: dict[str, list[Place]] = defaultdict(list)
    kept: dict[Place, set[str]] = {}
    pending: list[Place] = []
    for number, statements in enumerate(files):
        for index, ran in enumerate(statements):
            for name in ties(ran):
                users[name].append((number, index))
            if ran.asked_clock or ran.asked_random:
                pending.append((number, index))
    seen: set[str] = set()
    while pending:
        place = pending.pop()
        if place in kept:
            continue
        kept[place] = _tied(files, place, related)
        for name in kept[place] - seen:
            seen.add(name)
            pending += users[name]
    return kept


def _tied(files: Sequence[tuple[Ran, ...]], place: Place, related: Mapping[str, set[str]]) -> set[str]:
    """What ties a statement to others, keys included."""
    ran = files[place[0]][place[1]]
    names = set(ties(ran))
    for table in ran.writes:
        names |= related[fold(table)]
    return names


def ties(ran: Ran) -> list[str]:
    """What ties a statement to others; nothing for one that only reads."""
    if not (ran.writes or ran.defines or ran.asked_clock or ran.asked_random):
        return []
    # ALTER TABLE checks rows through a table-valued PRAGMA, which ties nothing together
    names = [fold(name) for name in ran.touches if not name.startswith("pragma_")]
    moved = renamed(ran.sql)
    return [*names, *moved] if moved is not None else names


def relations(whole: Snapshot) -> dict[str, set[str]]:
    """For each table those that it refers to and those that refer to it."""
    related: dict[str, set[str]] = defaultdict(set)
    for item in whole.objects:
        if isinstance(item, Table):
            for key in item.foreign_keys:
                related[fold(item.name)].add(fold(key.parent))
                related[fold(key.parent)].add(fold(item.name))
    return related
