"""Watching the stored schema while a chain runs: what each statement made, changed and dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from squasher.schema import Stored, is_virtual, read_object
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from squasher.engine import Database, Found
    from squasher.model import SchemaObject
    from squasher.statements import Ran

_ROWS: Final = (
    "SELECT rowid, type, name, tbl_name, sql FROM main.sqlite_schema WHERE rowid > ? ORDER BY rowid"
)
_EVERY: Final = -(1 << 63)
_MOVES: Final = ("rollback", "vacuum")
"""Statements that change the stored schema and define nothing."""


class Version(NamedTuple):
    """A stored object between two statements that touch it."""

    stored: Stored
    part: bool
    """Whether it is a shadow table: a virtual table's module made it."""
    facts: SchemaObject | None
    """None where they are not asked for."""

    @property
    def key(self) -> tuple[str, str]:
        """Kind and folded name: no two objects have the same at a time."""
        return self.stored.kind, fold(self.stored.name)


class Note(NamedTuple):
    """One object before and after one statement: ``old`` is None where it made it, ``new`` dropped it."""

    statement: int
    """Which one of its file."""
    old: Version | None
    new: Version | None


class SchemaChange(NamedTuple):
    """One object that a migration made (``old`` None), changed or dropped (``new`` None)."""

    kind: str
    name: str
    old: str | None
    new: str | None


class Watcher:
    """Sees every statement of a chain, and takes notes of what it does to stored objects.

    A CREATE adds rows to ``sqlite_schema`` behind all others, and changes none. After whatever else
    defines something all are compared; SQLite itself reads them all for that.
    """

    def __init__(self, database: Database, *, facts: bool) -> None:
        self._db = database
        self._with_facts = facts
        self._ledger = database.profile.ledger
        self._rows: set[tuple[Any, ...]] = set()
        """Every row of the schema as it was read last."""
        self._known: dict[int, Version] = {}
        self._seen: dict[Stored, Version] = {}
        self._largest = _EVERY
        self._statements = 0
        self._notes: list[Note] = []
        self.rows = 0
        """How many rows of the schema were read: what watching costs."""

    about: Callable[[str], None] | None = None
    """Called before each statement with its text; None where nothing has to be known before it."""

    def see(self, ran: Ran) -> None:
        """Called after each statement."""
        head = ran.sql[:8].lower()
        if ran.defines or head.startswith(_MOVES):
            if head.startswith("create"):
                self._note(self._added(self._read(self._largest)))
            else:
                self._note(self._compared(self._read(_EVERY), by_row=head.startswith("alter")))
        self._statements += 1

    def take(self) -> tuple[Note, ...]:
        """The notes of the file that has ended."""
        notes, self._notes, self._statements = tuple(self._notes), [], 0
        return notes

    def resume(self, notes: Iterable[Note]) -> None:
        """Know what an earlier run of the same files noted, before the first one that runs now."""
        self._seen.update((note.new.stored, note.new) for note in notes if note.new is not None)
        self.back()

    def back(self) -> None:
        """The file is rolled back: know again what is stored, and forget the notes of it."""
        self._compared(self._read(_EVERY), by_row=False)
        self.take()

    def _read(self, after: int) -> Found:
        found = self._db.execute(_ROWS, (after,))
        self.rows += len(found)
        if found:
            self._largest = found[-1][0]
        elif after == _EVERY:
            self._largest = _EVERY
        return found

    def _stored(self, found: Iterable[tuple[Any, ...]]) -> dict[int, Stored]:
        """Those that are the user's, by rowid."""
        return {
            rowid: Stored(*row)
            for rowid, *row in found
            if row[3] is not None and row[1] != self._ledger and not fold(row[1]).startswith("sqlite_")
        }

    def _added(self, found: Found) -> list[tuple[Version | None, Version | None]]:
        """A CREATE VIRTUAL TABLE adds what its module makes, too."""
        self._rows.update(found)
        new = self._stored(found)
        virtual = any(map(is_virtual, new.values()))
        versions = {
            rowid: self._version(one, part=virtual and one.kind == "table" and not is_virtual(one))
            for rowid, one in new.items()
        }
        self._known |= versions
        return [(None, version) for version in versions.values()]

    def _compared(self, found: Found, *, by_row: bool) -> list[tuple[Version | None, Version | None]]:
        """What is otherwise than it was known. An ALTER renames rows where they are; a VACUUM moves them."""
        before, self._rows = self._rows, set(found)
        other = sorted(before - self._rows, key=_rowid)
        versions = {rowid: self._known.pop(rowid) for rowid, *_ in other if rowid in self._known}
        left: dict[object, Version] = {
            rowid if by_row else version.key: version for rowid, version in versions.items()
        }
        pairs: list[tuple[Version | None, Version | None]] = []
        for rowid, one in self._stored(sorted(self._rows - before, key=_rowid)).items():
            old = left.pop(rowid if by_row else (one.kind, fold(one.name)), None)
            if old is not None and old.stored == one:  # it was only moved
                self._known[rowid] = old
                continue
            if old is None and one in self._seen:  # a ROLLBACK made it again
                new = self._seen[one]
            else:  # what appears without a CREATE of its own, a module has made
                part = old.part if old is not None else one.kind == "table" and not is_virtual(one)
                new = self._version(one, part=part)
            self._known[rowid] = new
            pairs.append((old, new))
        return [*((old, None) for old in left.values()), *pairs]

    def _version(self, stored: Stored, *, part: bool) -> Version:
        facts = read_object(self._db, stored) if self._with_facts and not part else None
        self._seen[stored] = version = Version(stored, part, facts)
        return version

    def _note(self, pairs: Iterable[tuple[Version | None, Version | None]]) -> None:
        self._notes += [Note(self._statements, old, new) for old, new in pairs]


def _rowid(row: tuple[Any, ...]) -> int:
    """Texts of sqlite_schema may be NULL, which has no order."""
    return int(row[0])


def changes(notes: Iterable[Note]) -> tuple[SchemaChange, ...]:
    """What is otherwise after the statements of a file than before them, by kind and name."""
    before: dict[tuple[str, str], str | None] = {}
    after: dict[tuple[str, str], str | None] = {}
    for note in notes:
        if note.old is not None:
            stored = note.old.stored
            before.setdefault((stored.kind, stored.name), stored.sql)
            after[stored.kind, stored.name] = None
        if note.new is not None:
            stored = note.new.stored
            before.setdefault((stored.kind, stored.name), None)
            after[stored.kind, stored.name] = stored.sql
    return tuple(
        SchemaChange(kind=key[0], name=key[1], old=old, new=after[key])
        for key, old in sorted(before.items(), key=lambda item: item[0])
        if old != after[key]
    )
