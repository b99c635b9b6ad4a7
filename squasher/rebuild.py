"""The rebuild of a table, as the text of a migration: everything about it as it is, ready to be edited.

``DROP TABLE`` deletes the rows of a table first, which sets off ON DELETE in tables that refer to it
(https://sqlite.org/foreignkeys.html#fk_schemacommands), and foreign keys cannot be switched off inside of a
transaction. So the children's rows stay where they are: a trigger on each child turns what ON DELETE would
do to it into nothing (``RAISE(IGNORE)``), ``defer_foreign_keys`` puts off the check, of RESTRICT too, and
the rows go into a new table under the old name. That is when SQLite finds the children's parents again; it
would not if a full table were renamed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import layout
from squasher.errors import InputError
from squasher.model import Index, Table, Trigger, View, VirtualTable
from squasher.settings import suggestion
from squasher.sql import fold, free_rowid, is_word, literal, quote, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from squasher.model import ForeignKey, Snapshot

_EVENTS: Final = {"CASCADE": "DELETE", "SET NULL": "UPDATE", "SET DEFAULT": "UPDATE"}
"""What ON DELETE does to a child's row."""
_WHAT: Final = """\
-- As it was written, this makes a table anew and changes nothing: squasher has proved it. Edit the
-- CREATE TABLE, and the columns of the INSERT with it."""
_WHY: Final = """\
--
-- DROP TABLE deletes the rows of a table first, other tables refer to them, and foreign keys cannot be
-- switched off inside of a migration. So they are checked when it ends, and the rows go into the new table
-- once it has the name that the keys refer to."""
_HOW: Final = """\
-- Triggers keep what ON DELETE would delete or change where it is."""
_WIDTH: Final = 100
_NAME_AT: Final = 2


class _Guard(NamedTuple):
    """A trigger that keeps the rows of a child."""

    name: str
    table: str
    event: str


def rebuild(snapshot: Snapshot, name: str) -> str:
    """The statements that make a table anew, with what belongs to it, and a comment that says how.

    ``snapshot`` needs no rows. Raises InputError for what is no ordinary table.
    """
    return _Rebuild(snapshot, _table_of(snapshot, name)).text()


def concerned(snapshot: Snapshot, name: str) -> tuple[str, ...]:
    """The table, and those that refer to it."""
    table = _table_of(snapshot, name)
    return tuple(dict.fromkeys((table.name, *(child.name for child, _ in _children(snapshot, table)))))


def _children(snapshot: Snapshot, table: Table) -> tuple[tuple[Table, ForeignKey], ...]:
    """Each foreign key to a table, and the table that has it."""
    return tuple(
        (child, key)
        for child in snapshot.of(Table)
        if isinstance(child, Table)
        for key in child.foreign_keys
        if fold(key.parent) == fold(table.name)
    )


def _table_of(snapshot: Snapshot, name: str) -> Table:
    for item in snapshot.of(Table, View, VirtualTable):
        if isinstance(item, Table) and fold(item.name) == fold(name):
            return item
        if isinstance(item, View) and fold(item.name) == fold(name):
            raise InputError(f"{item.name} is a view", hint="Drop it, and create it again as it should be.")
        if isinstance(item, VirtualTable) and fold(name) in map(fold, (item.name, *item.shadows)):
            raise InputError(
                f"{name} belongs to the virtual table {item.name}, which {item.module} keeps in its own form",
                hint="Drop the virtual table, create it again, and fill it from what it is about.",
            )
    known = [item.name for item in snapshot.of(Table)]
    hint = suggestion(name, known) if known else "Create it in a migration first."
    raise InputError(f"the chain leaves no table {name}", hint=hint)


class _Rebuild:
    def __init__(self, snapshot: Snapshot, table: Table) -> None:
        self._snapshot = snapshot
        self._table = table
        self._taken = {fold(item.name) for item in snapshot.objects}
        self._rows = self._free(f"{table.name}_rows")
        self._sequence = self._free(f"{table.name}_sequence") if table.autoincrement else None
        self._children = _children(snapshot, table)
        self._guards = self._guarded()
        self._loud = self._would_fire_first()

    def text(self) -> str:
        """All of it."""
        parts = [
            "\n".join([_WHAT, *([_WHY] if self._children else []), *([_HOW] if self._guards else [])]),
            "\n".join(self._before()),
            "\n".join(self._aside()),
            "\n".join(self._made()),
            "\n".join(self._filled()),
            "\n".join(self._after()),
            *(self._statement(trigger.sql) for trigger in self._triggers()),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _free(self, name: str) -> str:
        while fold(name) in self._taken:
            name += "_"
        self._taken.add(fold(name))
        return name

    def _guarded(self) -> tuple[_Guard, ...]:
        """A trigger for each child, and each thing that ON DELETE would do to its rows."""
        wanted = {
            (child.name, _EVENTS[key.on_delete]): None
            for child, key in self._children
            if key.on_delete in _EVENTS
        }
        return tuple(_Guard(self._free(f"keep_{table}"), table, event) for table, event in wanted)

    def _would_fire_first(self) -> frozenset[str]:
        """The guarded tables with a trigger that may run before the guard: SQLite promises no order."""
        events = [(fold(guard.table), fold(guard.event)) for guard in self._guards]
        return frozenset(
            fold(trigger.table)
            for trigger in self._snapshot.of(Trigger)
            if isinstance(trigger, Trigger)
            for table, event in events
            if fold(trigger.table) == table and _runs_before(trigger, event)
        )

    def _before(self) -> Iterator[str]:
        if self._children:
            yield "PRAGMA defer_foreign_keys = ON;"
        for trigger in self._triggers():
            if fold(trigger.table) in self._loud:
                yield f"DROP TRIGGER {quote(trigger.name)};"
        for guard in self._guards:
            yield f"CREATE TRIGGER {quote(guard.name)} BEFORE {guard.event} ON {quote(guard.table)}"
            yield "BEGIN"
            yield "    SELECT RAISE(IGNORE);"
            yield "END;"

    def _aside(self) -> Iterator[str]:
        table = quote(self._table.name)
        rowid = "" if self._rowid is None else f"{self._rowid} AS {quote(self._kept)}, "
        yield f"CREATE TABLE {quote(self._rows)} AS SELECT {rowid}* FROM {table};"
        if self._sequence is not None:
            called = f"name = {literal(self._table.name)}"
            yield f"CREATE TABLE {quote(self._sequence)} AS SELECT seq FROM sqlite_sequence WHERE {called};"
        yield f"DROP TABLE {table};"

    def _made(self) -> Iterator[str]:
        yield self._statement(self._table.sql)
        for index in self._snapshot.of(Index):
            if (
                isinstance(index, Index)
                and index.sql is not None
                and fold(index.table) == fold(self._table.name)
            ):
                yield self._statement(index.sql)

    def _filled(self) -> Iterator[str]:
        names = [quote(column.name) for column in self._table.columns if not column.generated]
        into = names if self._rowid is None else [self._rowid, *names]
        given = names if self._rowid is None else [quote(self._kept), *names]
        if self._sequence is not None:
            kept = f"{literal(self._table.name)}, seq FROM {quote(self._sequence)}"
            yield f"INSERT INTO sqlite_sequence (name, seq) SELECT {kept};"
        yield _wrapped(f"INSERT INTO {quote(self._table.name)} (", into, ")")
        yield _wrapped("SELECT ", given, "")
        yield f"FROM {quote(self._rows)};"

    def _after(self) -> Iterator[str]:
        yield f"DROP TABLE {quote(self._rows)};"
        if self._sequence is not None:
            yield f"DROP TABLE {quote(self._sequence)};"
        for guard in self._guards:
            if fold(guard.table) != fold(self._table.name):
                yield f"DROP TRIGGER {quote(guard.name)};"

    def _triggers(self) -> Iterator[Trigger]:
        """The triggers that have to be made again, in the order in which they were."""
        for trigger in self._snapshot.of(Trigger):
            own = {fold(self._table.name), *self._loud}
            if isinstance(trigger, Trigger) and fold(trigger.table) in own:
                yield trigger

    @property
    def _rowid(self) -> str | None:
        """The name of the implicit rowid, where the table has one and a name reaches it."""
        if self._table.without_rowid or self._table.rowid_alias is not None:
            return None
        return free_rowid(column.name for column in self._table.columns)

    @property
    def _kept(self) -> str:
        """The column that keeps it."""
        taken = {fold(column.name) for column in self._table.columns}
        name = "old_rowid"
        while name in taken:
            name += "_"
        return name

    def _statement(self, sql: str) -> str:
        return layout.statement(sql) + ";"


def _runs_before(trigger: Trigger, event: str) -> bool:
    """Whether a trigger runs before what it is about; one that does not say when does."""
    words: list[str] = []
    for token in significant(trigger.sql)[_NAME_AT + 1 :]:
        if is_word(token, "on"):
            break
        words.append(fold(token.text))
    return event in words and "after" not in words


def _wrapped(head: str, names: Sequence[str], end: str) -> str:
    """A list of names in lines that can be read."""
    lines = [*_lines(names)]
    if len(lines) == 1 and len(head) + len(lines[0]) < _WIDTH:
        return f"{head}{lines[0]}{end}"
    inside = "\n".join(f"{layout.INDENT}{line}" for line in lines)
    return f"{head.rstrip()}\n{inside}" + (f"\n{end}" if end else "")


def _lines(names: Iterable[str]) -> Iterator[str]:
    line = ""
    for name in names:
        if line and len(line) + len(name) > _WIDTH:
            yield line + ","
            line = ""
        line = f"{line}, {name}" if line else name
    yield line
