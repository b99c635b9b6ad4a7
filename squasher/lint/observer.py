"""The observer of a rehearsal: what became of the rows while a migration ran."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from squasher.errors import SqlError
from squasher.lint.held import MOST, columns_of, rows_of
from squasher.model import ForeignKey, Table
from squasher.sql import fold
from squasher.watch import Watcher

if TYPE_CHECKING:
    from squasher.engine import Database
    from squasher.lint.rebuilds import Rebuild
    from squasher.lint.study import File, Statement
    from squasher.statements import Ran

_TAKES_CHILDREN: Final = frozenset({"CASCADE"})
_OVERWRITES: Final = frozenset({"SET NULL", "SET DEFAULT"})

Held: TypeAlias = "Counter[tuple[object, ...]]"


class Content(NamedTuple):
    """The rows of a table at one moment."""

    columns: tuple[str, ...]
    rows: Held


class Loss(NamedTuple):
    """Rows of one table that a statement deleted or overwrote because they refer to rows of another."""

    statement: Statement
    table: str
    key: ForeignKey
    """The foreign key by which they refer."""
    deleted: int
    changed: int
    of: int
    """How many rows the table held before."""


class Moved(NamedTuple):
    """What became of the rows of a table that was rebuilt."""

    rebuild: Rebuild
    before: int
    after: int
    """How many rows there were when the old one was dropped, and when the file ended."""
    shuffled: tuple[tuple[str, str], ...]
    """Columns that hold what another one held: the column, and that other one."""


class _Watch(NamedTuple):
    """A table to compare before and after a statement."""

    table: str
    key: ForeignKey
    before: Content


class Observer(Watcher):
    """Sees one file. What it does to the schema is known from the study."""

    def __init__(
        self, database: Database, file: File, tables: dict[str, Table], rebuilt: dict[Statement, Rebuild]
    ) -> None:
        super().__init__(database, facts=False)
        self.database = database
        self.statements = [one for one in file.statements if one.ran is not None]
        self._tables = dict(tables)
        self._rebuilt = rebuilt
        self._number = 0
        self._watched: list[_Watch] = []
        self._losses: list[tuple[Loss, Content]] = []
        self.halves: list[tuple[Rebuild, Content]] = []
        self.referring: dict[Statement, tuple[tuple[str, ForeignKey], ...]] = {}
        """By DROP TABLE, what refers to the table and stands in the way: tables with rows, and their keys."""
        self.orphans: list[str] = []
        """The tables, folded, with rows that refer to nothing when the file ends."""
        self.moved: list[Moved] = []
        """What became of the rows of rebuilt tables, once all statements ran, whether they hold or not."""
        self.about = self._before

    def _before(self, _sql: str) -> None:
        """Keep the rows that the statement may delete or overwrite by way of foreign keys."""
        self._watched = []
        if self._number >= len(self.statements):
            return
        statement = self.statements[self._number]
        for note in statement.notes:
            if note.old is None or note.new is not None or not isinstance(note.old.facts, Table):
                continue
            name = note.old.key[1]
            self._watch(name, set())
            keys = [
                (child, key)
                for child, key in self._children(name)
                if key.on_delete not in _TAKES_CHILDREN | _OVERWRITES
                and (held := self.content(child)) is not None
                and held.rows
            ]
            if keys:
                self.referring[statement] = tuple(keys)
            rebuild = self._rebuilt.get(statement)
            held = self.content(note.old.stored.name)
            if rebuild is not None and held is not None and fold(rebuild.old.name) == name:
                self.halves.append((rebuild, held))
        if statement.effect is not None and statement.effect.gone:
            self._watch(fold(statement.head.called), set())

    def see(self, ran: Ran) -> None:
        """Called after each statement."""
        del ran
        self.go_on()

    def go_on(self) -> None:
        """The statement is over: look at what it did, and wait for the next one."""
        if self._number >= len(self.statements):
            return
        statement = self.statements[self._number]
        for watch in self._watched:
            after = self.content(watch.table)
            gone = watch.before.rows if after is None else watch.before.rows - after.rows
            if not gone:
                continue
            of = watch.before.rows.total()
            deleted = of - (0 if after is None else after.rows.total())
            loss = Loss(statement, watch.table, watch.key, deleted, gone.total() - deleted, of)
            self._losses.append((loss, watch.before))
        follow(statement, self._tables)
        self._number += 1
        if self._number == len(self.statements):
            self.moved = self._find_moved()
            if self._may_leave_orphans():
                self.orphans = self._find_orphans()

    def _find_orphans(self) -> list[str]:
        try:
            found = self.database.execute("PRAGMA foreign_key_check")
        except SqlError:  # a foreign key to columns that are no key
            return []
        return list(dict.fromkeys(fold(child) for child, *_ in found))

    def now_called(self, name: str) -> str:
        """The name, folded, that a table has when the file ends, of one that it made under another."""
        own = self._rebuilt.values()
        return fold(next((one.new.name for one in own if fold(one.made.head.called) == name), name))

    def _may_leave_orphans(self) -> bool:
        defers = any(one.text[:6].lower() == "pragma" for one in self.statements)
        return bool(self.referring) or defers or any(key.deferred for key in self._keys())

    def _keys(self) -> list[ForeignKey]:
        return [
            key
            for statement in self.statements
            for note in statement.notes
            if note.new is not None and isinstance(note.new.facts, Table)
            for key in note.new.facts.foreign_keys
        ]

    def _children(self, name: str) -> list[tuple[str, ForeignKey]]:
        """The tables that refer to one, and how."""
        return [
            (table.name, key)
            for child, table in self._tables.items()
            for key in table.foreign_keys
            if fold(key.parent) == name and child != name
        ]

    def _watch(self, name: str, seen: set[str]) -> None:
        """Watch what refers to a table by keys that delete or overwrite, and what refers to that."""
        for child, key in self._children(name):
            if child in seen or key.on_delete not in _TAKES_CHILDREN | _OVERWRITES:
                continue
            seen.add(child)
            held = self.content(child)
            if held is not None:
                self._watched.append(_Watch(child, key, held))
            if key.on_delete in _TAKES_CHILDREN:
                self._watch(fold(child), seen)

    def content(self, table: str) -> Content | None:
        """The rows of a table; None where there is none, or where they are many."""
        rows = rows_of(self.database, table)
        if rows is None or len(rows) > MOST:
            return None
        return Content(columns_of(self.database, table), Counter(rows))

    def losses(self) -> list[Loss]:
        """Those that stand when the file has ended: of tables that are still there, and were not mended."""
        found: list[Loss] = []
        for loss, before in self._losses:
            name = self.now_called(fold(loss.table))
            now = self.content(name) if name in self._tables else None
            if now is None:
                continue
            same = [fold(name) for name in now.columns] == [fold(name) for name in before.columns]
            if before.rows - now.rows if same else now.rows.total() < before.rows.total():
                found.append(loss)
        return found

    def _find_moved(self) -> list[Moved]:
        found: list[Moved] = []
        for rebuild, before in self.halves:
            after = self.content(rebuild.new.name)
            if after is not None:
                shuffled = _shuffled(before, after)
                found.append(Moved(rebuild, before.rows.total(), after.rows.total(), shuffled))
        return found

    @property
    def touched(self) -> list[str]:
        """The tables that the file made, changed or wrote."""
        made = [
            note.new.stored.name
            for statement in self.statements
            for note in statement.notes
            if note.new is not None and note.new.stored.kind == "table"
        ]
        wrote = [name for one in self.statements if one.ran is not None for name in one.ran.writes]
        return [*made, *wrote, *(loss.table for loss, _ in self._losses)]


def follow(statement: Statement, tables: dict[str, Table]) -> None:
    """Let ``tables``, by folded name, be those that stand behind a statement."""
    for note in statement.notes:
        if note.old is not None:
            tables.pop(note.old.key[1], None)
        if note.new is not None and isinstance(note.new.facts, Table):
            tables[note.new.key[1]] = note.new.facts


def _shuffled(before: Content, after: Content) -> tuple[tuple[str, str], ...]:
    """Columns that hold what another one held, where that one holds something else now, too."""
    old, new = _by_column(before), _by_column(after)
    other = {name for name in old if name in new and new[name] != old[name]}
    return tuple(
        (name, source)
        for name in old
        if name in other
        for source in [
            next((one for one in old if one in other and one != name and old[one] == new[name]), None)
        ]
        if source is not None
    )


def _by_column(content: Content) -> dict[str, Counter[object]]:
    """How often each column holds which value, by its folded name; a number is what its text is."""
    found: dict[str, Counter[object]] = {}
    for place, name in enumerate(content.columns):
        values: Counter[object] = Counter()
        for row, count in content.rows.items():
            values[_plain(row[place])] += count
        found[fold(name)] = values
    return found


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) else value
