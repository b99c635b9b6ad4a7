"""Watching the stored schema while a chain runs: what each statement made, changed and dropped."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.errors import SqlError
from squasher.schema import Stored, is_virtual, read_object
from squasher.sql import fold, unquote, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from squasher.engine import Database
    from squasher.model import SchemaObject
    from squasher.statements import Ran

_ROWS: Final = (
    "SELECT rowid, type, name, tbl_name, sql FROM main.sqlite_schema"
    " WHERE rowid > ? AND rowid <= ? AND sql IS NOT NULL ORDER BY rowid"
)
_TABLE: Final = (
    "SELECT rowid, type, name, tbl_name, sql FROM main.sqlite_schema"
    " WHERE type = 'table' AND name = ? COLLATE NOCASE"
)
_LATEST: Final = "SELECT rowid FROM main.sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid DESC LIMIT 1"
_FIRST: Final = -1
_LAST: Final = (1 << 63) - 1
_PART: Final = 128
"""So many places for rows have the parts that SQLite compares for us: few enough to read one anew."""
_PARTS: Final = (
    "WITH RECURSIVE part(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM part"
    f" WHERE n < (SELECT max(rowid) / {_PART} FROM main.sqlite_schema))"
    " SELECT n, (SELECT group_concat(sql, x'00') FROM main.sqlite_schema"
    f" WHERE rowid >= n * {_PART} AND rowid < (n + 1) * {_PART}) FROM part"
)
"""The texts of each part, in one piece. A name is in its text, and nothing else of a row can change alone."""
_KINDS: Final = frozenset({"table", "index", "view", "trigger"})
"""What a statement may make of which the stored schema has one row."""
_WORDS: Final = 8
"""CREATE UNIQUE INDEX IF NOT EXISTS, a name, and what stands behind it."""
_KEEPS: Final = ("insert", "update", "delete", "pragma", "select")
"""Statements that leave the stored schema as it is, where a PRAGMA cannot write it."""
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
    defines something all their texts are compared; SQLite itself reads them all for that.
    """

    def __init__(self, database: Database, *, facts: bool) -> None:
        self._db = database
        self._with_facts = facts
        self._ledger = database.profile.ledger
        self._rows: dict[int, Stored] = {}
        """Every row of the schema that has a text, as it was read last."""
        self._texts: dict[int, str] = {}
        """The texts of each part of them, as SQLite puts them together."""
        self._known: dict[int, Version] = {}
        """Those that are the user's."""
        self._seen: dict[Stored, Version] = {}
        self._largest = _FIRST
        self._statements = 0
        self._notes: list[Note] = []
        self.rows = 0
        """How many rows of the schema were read one by one: what watching costs."""
        self._pending: dict[tuple[str, str], int] = {}
        """By kind and folded name, the statements whose rows have not been read yet."""
        self._making: tuple[str, str] | None = None
        """Kind and folded name of what the next statement makes, if it does no more."""
        # where transactions are a file's own, a ROLLBACK takes back what was not read
        waits = not facts and not database.profile.transactions
        self.about: Callable[[str], None] | None = self._ahead if waits else None
        """Called before each statement with its text; None where nothing has to be known before it."""

    def _ahead(self, sql: str) -> None:
        """Before what does more than to make one thing, read what was made: all at once takes less time."""
        self._making = _made(sql)
        if self._making is None and not sql[:6].lower().startswith(_KEEPS):
            self.catch_up()

    def catch_up(self) -> None:
        """Take notes of all that was made."""
        if self._pending:
            pending, self._pending = self._pending, {}
            last = max(pending.values())
            self._notes += [Note(pending.get(version.key, last), None, version) for version in self._added()]

    def see(self, ran: Ran) -> None:
        """Called after each statement."""
        head = ran.sql[:8].lower()
        if head.startswith(_MOVES):
            self.catch_up()
            self._note(self._replaced())
        elif ran.defines and head.startswith("create"):
            if self._making is None:
                self._note((None, version) for version in self._added())
            else:
                self._pending.setdefault(self._making, self._statements)
        elif ran.defines:
            self.catch_up()  # an ANALYZE within PRAGMA optimize is told of the statement behind it
            grown = _grown(ran.sql) if head.startswith("alter") else None
            if grown is None:
                self._note(self._altered(by_row=head.startswith("alter")))
            else:
                self._note(self._rewritten(grown))
        self._statements += 1

    def take(self) -> tuple[Note, ...]:
        """The notes of the file that has ended."""
        self.catch_up()
        notes, self._notes, self._statements = tuple(self._notes), [], 0
        return notes

    def resume(self, notes: Iterable[Note]) -> None:
        """Know what an earlier run of the same files noted, before the first one that runs now."""
        self._seen.update((note.new.stored, note.new) for note in notes if note.new is not None)
        self.back()

    def back(self) -> None:
        """The file is rolled back: know again what is stored, and forget the notes of it."""
        self._pending = {}
        self._replaced()
        self.take()

    def _read(self, after: int, until: int = _LAST) -> dict[int, Stored]:
        found = {rowid: Stored(*row) for rowid, *row in self._db.execute(_ROWS, (after, until))}
        self.rows += len(found)
        return found

    def _is_own(self, stored: Stored) -> bool:
        """Whether it is the user's."""
        return stored.name != self._ledger and not fold(stored.name).startswith("sqlite_")

    def _added(self) -> list[Version]:
        """A CREATE VIRTUAL TABLE adds what its module makes, too."""
        found = self._read(self._largest)
        for rowid, one in found.items():
            part = rowid // _PART
            self._texts[part] = f"{self._texts[part]}\0{one.sql}" if self._texts.get(part) else one.sql
            self._largest = rowid
        self._rows |= found
        new = {rowid: one for rowid, one in found.items() if self._is_own(one)}
        virtual = any(map(is_virtual, new.values()))
        versions = {
            rowid: self._version(one, part=virtual and one.kind == "table" and not is_virtual(one))
            for rowid, one in new.items()
        }
        self._known |= versions
        return list(versions.values())

    def _rewritten(self, table: str) -> list[tuple[Version | None, Version | None]]:
        """What ADD COLUMN did: it writes the text of one table, and nothing else."""
        if self._db.execute(_LATEST) != [(self._largest,)]:
            return self._altered(by_row=True)  # a module has made a table of its own
        after = {rowid: Stored(*row) for rowid, *row in self._db.execute(_TABLE, (table,))}
        self.rows += len(after)
        pairs = self._compared({rowid: self._rows[rowid] for rowid in after}, after, by_row=True)
        for part in {rowid // _PART for rowid in after}:  # none where it is a table of another schema
            places = range(part * _PART, (part + 1) * _PART)
            self._texts[part] = "\0".join(self._rows[place].sql for place in places if place in self._rows)
        return pairs

    def _altered(self, *, by_row: bool) -> list[tuple[Version | None, Version | None]]:
        """What is otherwise in the parts whose texts are."""
        try:
            texts = {part: text or "" for part, text in self._db.execute(_PARTS)}
        except SqlError:  # the texts of a part are longer together than one value may be
            return self._replaced(by_row=by_row)
        before: dict[int, Stored] = {}
        after: dict[int, Stored] = {}
        for part in sorted(self._texts.keys() | texts.keys()):
            if self._texts.get(part, "") != texts.get(part, ""):
                places = range(part * _PART, (part + 1) * _PART)
                before |= {rowid: self._rows[rowid] for rowid in places if rowid in self._rows}
                after |= self._read(places[0] - 1, places[-1])
        self._texts = texts
        return self._compared(before, after, by_row=by_row)

    def _replaced(self, *, by_row: bool = False) -> list[tuple[Version | None, Version | None]]:
        """What is otherwise in all rows, wherever they are now."""
        after = self._read(_FIRST)
        parts: dict[int, list[str]] = defaultdict(list)
        for rowid, one in after.items():
            parts[rowid // _PART].append(one.sql)
        self._texts = {part: "\0".join(texts) for part, texts in parts.items()}
        return self._compared(dict(sorted(self._rows.items())), after, by_row=by_row)

    def _compared(
        self, before: dict[int, Stored], after: dict[int, Stored], *, by_row: bool
    ) -> list[tuple[Version | None, Version | None]]:
        """What is otherwise than it was known. An ALTER renames rows where they are; a VACUUM moves them."""
        for rowid in before:
            del self._rows[rowid]
        self._rows |= after
        self._largest = max(self._rows, default=_FIRST)
        other = [rowid for rowid, one in before.items() if after.get(rowid) != one]
        versions = {rowid: self._known.pop(rowid) for rowid in other if rowid in self._known}
        left: dict[object, Version] = {
            rowid if by_row else version.key: version for rowid, version in versions.items()
        }
        pairs: list[tuple[Version | None, Version | None]] = []
        for rowid, one in after.items():
            if before.get(rowid) == one or not self._is_own(one):
                continue
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


def _made(sql: str) -> tuple[str, str] | None:
    """Kind and folded name of what a CREATE makes, if that is one row of the main schema at most."""
    if sql[:6].lower() != "create":
        return None
    texts = [token.text for token in islice(words(sql), 1, _WORDS)]
    if fold(texts[0]) == "unique":
        del texts[0]
    kind = fold(texts[0])
    name = 4 if [*map(fold, texts[1:4])] == ["if", "not", "exists"] else 1
    return (kind, fold(unquote(texts[name]))) if kind in _KINDS and texts[name + 1] != "." else None


def _grown(sql: str) -> str | None:
    """The table to which a statement adds a column; None for any other ALTER TABLE."""
    table = [token.text for token in islice(words(sql), 2, 6)]
    if table[1:2] == ["."]:
        table = table[2:]
    return unquote(table[0]) if len(table) > 1 and fold(table[1]) == "add" else None


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
