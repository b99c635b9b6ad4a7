"""The statements that between them compile everything that a schema makes SQLite do."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.model import Table, Trigger, View
from squasher.schemadiff import trigger_event, updates_some_columns
from squasher.sql import fold, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.model import Snapshot

_TOGETHER: Final = 200
"""Columns in the condition of one SELECT: SQLite compiles expressions of depth 1,000 and no deeper."""


class Probe(NamedTuple):
    """A statement to compile, and the table or view that it is about."""

    owner: tuple[str, str]
    sql: str
    values: int
    foreign_keys: bool = True


def probes_for(old: Snapshot, new: Snapshot) -> Iterator[Probe]:
    """The statements to compile for the tables and views that both sides have."""
    others = {fold(item.name): item for item in new.objects if isinstance(item, Table | View)}
    triggers = [item for item in (*old.objects, *new.objects) if isinstance(item, Trigger)]
    some_columns = {fold(item.table) for item in triggers if updates_some_columns(item.sql)}
    events: dict[str, set[str]] = defaultdict(set)
    for trigger in triggers:
        events[fold(trigger.table)].add(trigger_event(trigger.sql).split()[-1])
    tables = [item for item in (*old.objects, *new.objects) if isinstance(item, Table)]
    parents = {fold(key.parent) for item in tables for key in item.foreign_keys}
    for item in old.objects:
        name = fold(item.name)
        other = others.get(name)
        if isinstance(item, Table) and isinstance(other, Table):
            names = [fold(column.name) for column in item.columns]
            if names == [fold(column.name) for column in other.columns]:  # else the columns tell
                yield from _table_probes(
                    item,
                    events=events[name],
                    single=name in some_columns,
                    parent=name in parents,
                )
        elif isinstance(item, View) and isinstance(other, View):
            yield from _view_probes(item, events[name])


def _table_probes(table: Table, *, events: set[str], single: bool, parent: bool) -> Iterator[Probe]:
    """The statements that between them compile everything about a table.

    INSERT shows defaults, constraints, indexes and foreign keys; DELETE and UPDATE what triggers and
    children make of them; SELECT how columns compare and sort. An UPDATE of all columns adds nothing for
    a table without either; an UPDATE of each column is for triggers OF some columns (``single``).
    """
    owner = ("table", fold(table.name))
    name = quote(table.name)
    columns = [quote(column.name) for column in table.columns if not column.generated]
    every = [quote(column.name) for column in table.columns]
    delete = f"DELETE FROM {name} WHERE {every[0]} IS ?"
    alias = table.rowid_alias  # a key that is given can conflict, one that SQLite chooses cannot
    values = "DEFAULT VALUES" if alias is None else f"({quote(alias)}) VALUES (?)"
    yield Probe(owner, f"INSERT INTO {name} {values}", int(alias is not None))
    yield Probe(owner, delete, 1)
    if parent:
        yield Probe(owner, delete, 1, foreign_keys=False)
    if parent or "UPDATE" in events:
        update = f"UPDATE {name} SET {', '.join(f'{column} = ?' for column in columns)}"
        yield Probe(owner, update, len(columns))
    for column in columns if single else ():
        yield Probe(owner, f"UPDATE {name} SET {column} = ?", 1)
    for first in range(0, len(every), _TOGETHER):
        some = every[first : first + _TOGETHER]
        where, order = " OR ".join(f"{column} = ?" for column in some), ", ".join(some)
        yield Probe(owner, f"SELECT * FROM {name} NOT INDEXED WHERE {where} ORDER BY {order}", len(some))


def _view_probes(view: View, events: set[str]) -> Iterator[Probe]:
    """A view is read, and written where INSTEAD OF triggers make that possible."""
    owner = ("view", fold(view.name))
    name = quote(view.name)
    yield Probe(owner, f"SELECT * FROM {name}", 0)
    if not view.columns:
        return
    writing = ("trigger", owner[1])
    columns = [quote(column) for column in view.columns]
    marks = ", ".join("?" * len(columns))
    if "INSERT" in events:
        insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"
        yield Probe(writing, insert, len(columns))
    if "DELETE" in events:
        yield Probe(writing, f"DELETE FROM {name} WHERE {columns[0]} IS ?", 1)
    for column in columns if "UPDATE" in events else ():
        yield Probe(writing, f"UPDATE {name} SET {column} = ?", 1)
