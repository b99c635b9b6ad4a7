"""Slices: the part of a chain that decides which values are volatile.

Statements that ask for the time or for chance, and everything that shares a table with them, run
alike in a small database; the rest of the chain cannot tell one universe from another. A slice is
trusted only after it gave, in the first universe, the very rows of the whole replay.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from squasher.engine import Database
from squasher.errors import SquasherError
from squasher.introspect import by_name, contents
from squasher.layout import renamed
from squasher.model import Rows, Snapshot, Table
from squasher.sql import fold
from squasher.statements import Ran, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.profiles import Profile
    from squasher.universe import Universe


class Slice:
    """The slice of some files' statements, and the snapshot that the whole of them left."""

    def __init__(
        self, profile: Profile, files: Sequence[tuple[Ran, ...]], whole: Snapshot, universe: Universe
    ) -> None:
        self._profile = profile
        self._whole = whole
        self._scripts: tuple[str, ...] = ()
        # files that commit on their own are run whole; and what the statement before did is asked
        # without a table that would tie the two together
        counting = any(ran.asked_counters for statements in files for ran in statements)
        self.sound = False
        """Whether the slice gave the whole's rows in ``universe``, in which the whole was run."""
        if not (profile.transactions or counting):
            self._scripts = tuple(_scripts(files, whole))
            self.sound = self._agrees(universe)

    def snapshot(self, universe: Universe) -> Snapshot | None:
        """The whole's snapshot with the slice's rows in ``universe``; None when the slice fails there."""
        found = self._run(universe)
        if found is None:
            return None
        names, rows, terms = found
        kept = [part for part in self._whole.rows if part.table not in names]
        kept_terms = [part for part in self._whole.terms if part.table not in names]
        return self._whole._replace(rows=by_name([*kept, *rows]), terms=by_name([*kept_terms, *terms]))

    def _agrees(self, universe: Universe) -> bool:
        found = self.snapshot(universe)
        return found is not None and (found.rows, found.terms) == (self._whole.rows, self._whole.terms)

    def _run(self, universe: Universe) -> tuple[set[str], tuple[Rows, ...], tuple[Rows, ...]] | None:
        """The tables of the slice, their rows and the terms of their full-text indexes."""
        with Database(self._profile, universe) as database:
            try:
                for script in self._scripts:
                    database.execute("BEGIN")
                    database.run(script)
                    database.execute("COMMIT")
                    database.reset()
                held = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
                objects = tuple(item for item in self._whole.objects if item.name in held)
                return {item.name for item in objects}, *contents(database, objects)
            except (Stopped, SquasherError):
                return None


def _scripts(files: Sequence[tuple[Ran, ...]], whole: Snapshot) -> Iterator[str]:
    """The statements of each file that belong to the slice, with the PRAGMAs beside them."""
    kept = _closure(files, whole)
    for number, statements in enumerate(files):
        if not any((number, index) in kept for index in range(len(statements))):
            continue
        yield "\n;\n".join(
            ran.sql
            for index, ran in enumerate(statements)
            if (number, index) in kept or ran.sql[:6].lower() == "pragma"
        )


def _closure(files: Sequence[tuple[Ran, ...]], whole: Snapshot) -> set[tuple[int, int]]:
    """The places of all statements that touch a table which a volatile statement touches, and so on."""
    users: dict[str, list[tuple[int, int]]] = defaultdict(list)
    kept: set[tuple[int, int]] = set()
    pending: list[tuple[int, int]] = []
    for number, statements in enumerate(files):
        for index, ran in enumerate(statements):
            for name in _names(ran):
                users[name].append((number, index))
            if ran.asked_clock or ran.asked_random:
                pending.append((number, index))
    related = _related(whole)
    seen: set[str] = set()
    while pending:
        place = pending.pop()
        if place in kept:
            continue
        kept.add(place)
        ran = files[place[0]][place[1]]
        names = set(_names(ran))
        for table in ran.writes:
            names |= related[fold(table)]
        for name in names - seen:
            seen.add(name)
            pending += users[name]
    return kept


def _names(ran: Ran) -> list[str]:
    """What ties a statement to others; nothing for one that only reads."""
    if not (ran.writes or ran.defines or ran.asked_clock or ran.asked_random):
        return []
    # ALTER TABLE checks rows through a table-valued PRAGMA, which ties nothing together
    names = [fold(name) for name in ran.touches if not name.startswith("pragma_")]
    moved = renamed(ran.sql)
    return [*names, *moved] if moved is not None else names


def _related(whole: Snapshot) -> dict[str, set[str]]:
    """For each table those that it refers to and those that refer to it."""
    related: dict[str, set[str]] = defaultdict(set)
    for item in whole.objects:
        if isinstance(item, Table):
            for key in item.foreign_keys:
                related[fold(item.name)].add(fold(key.parent))
                related[fold(key.parent)].add(fold(item.name))
    return related
