"""Renames: the old side of a comparison as it would stand had the chain's renames been made there.

A rename is only what a chain performed: ALTER TABLE … RENAME, which its history has seen. Nothing is
guessed from likeness. SQLite itself renames here too, in a database that has the old side's schema,
so that every text that names the table or the column follows as it would anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from squasher.changes import Modified
from squasher.engine import Database
from squasher.errors import SqlError
from squasher.model import Table, VirtualTable, kind_of
from squasher.reload import build
from squasher.rowdiff import Side
from squasher.schema import read_schema
from squasher.sql import fold, quote, same_tokens, significant, unquote
from squasher.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from squasher.changes import Change
    from squasher.identity import Rename
    from squasher.model import Column, Rows, SchemaObject, Snapshot
    from squasher.profiles import Profile

_ANY: Final = Universe(name="any", clock=0, seed=0)


Named: TypeAlias = tuple[str, str | None]
"""A table, or a column of it."""
Same: TypeAlias = "Callable[[Named, Named], bool]"
"""Whether what the old side calls so is what the new side calls so."""


class Followed(NamedTuple):
    """The old side under its new names, and the renames as changes."""

    side: Side
    changes: tuple[Change, ...]


class _Table(NamedTuple):
    """What a table of the old side is called on the new one, and its renamed columns there."""

    name: str
    columns: dict[str, str]
    """The new name by the old one, folded."""


def follow(old: Side, new: Side, renames: Iterable[Rename], profile: Profile, same: Same) -> Followed:
    """Make those renames on the old side that explain why a name is gone and another one is new.

    A rename counts when the old name is only in the old side and the last one only in the new side. One
    that SQLite refuses there is left out.
    """
    wanted = _wanted(old.snapshots[0], new.snapshots[0], list(renames), same)
    if not wanted:
        return Followed(old, ())
    with Database(profile, _ANY) as database:
        try:
            build(database, old.snapshots[0])
        except SqlError:
            return Followed(old, ())
        done = {table: found for table, found in wanted.items() if _made(database, table, found)}
        objects = _as_written(read_schema(database), old.snapshots[0], new.snapshots[0])
    snapshots = tuple(_renamed(one, done)._replace(objects=objects) for one in old.snapshots)
    changes = _changes(old.snapshots[0], new.snapshots[0], done)
    return Followed(Side.of(snapshots)._replace(made=old.made), changes)


def _tables(snapshot: Snapshot) -> dict[str, Table | VirtualTable]:
    return {fold(item.name): item for item in snapshot.objects if isinstance(item, Table | VirtualTable)}


def _names(columns: Iterable[Column]) -> set[str]:
    return {fold(column.name) for column in columns}


def _wanted(old: Snapshot, new: Snapshot, renames: list[Rename], same: Same) -> dict[str, _Table]:
    """By the old name of each table that has something to rename: its last name, and its columns'."""
    before, after = _tables(old), _tables(new)
    found: dict[str, _Table] = {}
    for name, table in before.items():
        names, columns = _names_of(name, table, renames)
        became = (one for one in reversed(names) if one in after and one not in before)
        last = next((one for one in became if same((name, None), (one, None))), name)
        other = after.get(name if name in after else last)
        if other is None:
            continue
        there = {fold(column.name): column.name for column in other.columns}
        moved: dict[str, str] = {}
        for was, bore in columns.items():
            free = [one for one in bore if one in there and one not in columns]
            if was not in there and free and same((name, was), (fold(other.name), free[-1])):
                moved[was] = there[free[-1]]
        kept = name in after
        if moved or not kept:
            found[name] = _Table(table.name if kept else other.name, moved)
    return found


def _names_of(
    name: str, table: Table | VirtualTable, renames: list[Rename]
) -> tuple[list[str], dict[str, list[str]]]:
    """All the names that a table and each of its columns came to bear, in order, their first ones first."""
    names = [name]
    columns = {column: [column] for column in _names(table.columns)}
    for rename in renames:
        was, becomes = fold(rename.old), fold(rename.new)
        if rename.kind == "table" and names[-1] == was:
            names.append(becomes)
        elif rename.kind == "column" and fold(rename.table) == names[-1]:
            for bore in columns.values():
                if bore[-1] == was:
                    bore.append(becomes)
    return names, columns


def _made(database: Database, table: str, wanted: _Table) -> bool:
    """Rename in the database; False, and nothing is changed, when SQLite refuses."""
    database.execute("SAVEPOINT renames")
    try:
        for column, to in wanted.columns.items():
            database.execute(f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(column)} TO {quote(to)}")
        if fold(wanted.name) != table:
            database.execute(f"ALTER TABLE {quote(table)} RENAME TO {quote(wanted.name)}")
    except SqlError:
        database.execute("ROLLBACK TO renames")
        return False
    finally:
        database.execute("RELEASE renames")
    return True


def _as_written(renamed: Iterable[SchemaObject], old: Snapshot, new: Snapshot) -> tuple[SchemaObject, ...]:
    """The objects after a rename; as they were where only that is how the new side writes them.

    A rename puts strings that stand in double quotes into single ones, in other tables too.
    """
    before, after = ({(kind_of(item), fold(item.name)): item for item in side.objects} for side in (old, new))

    def written(item: SchemaObject) -> SchemaObject:
        key = kind_of(item), fold(item.name)
        one, other = before.get(key), after.get(key)
        if one is None or other is None or not same_tokens(str(one.sql), str(other.sql)):
            return item
        return one if _words(one) == _words(item) else item

    return tuple(map(written, renamed))


def _words(item: SchemaObject) -> list[str]:
    return [unquote(token.text) for token in significant(str(item.sql))]


def _renamed(snapshot: Snapshot, done: dict[str, _Table]) -> Snapshot:
    """The rows and counters of a snapshot under their tables' new names."""
    parts = {
        fold(part): f"{done[name].name}{part[len(name) :]}"
        for name, item in _tables(snapshot).items()
        if isinstance(item, VirtualTable) and name in done
        for part in item.shadows
    }

    def table(name: str) -> str:
        return done[fold(name)].name if fold(name) in done else parts.get(fold(name), name)

    def rows(part: Rows) -> Rows:
        columns = done[fold(part.table)].columns if fold(part.table) in done else {}
        return part._replace(
            table=table(part.table), columns=tuple(columns.get(fold(one), one) for one in part.columns)
        )

    return snapshot._replace(
        rows=tuple(map(rows, snapshot.rows)),
        terms=tuple(map(rows, snapshot.terms)),
        sequences=tuple((table(name), value) for name, value in snapshot.sequences),
    )


def _changes(old: Snapshot, new: Snapshot, done: dict[str, _Table]) -> tuple[Change, ...]:
    before, after = _tables(old), _tables(new)
    found: list[Change] = []
    for name, (last, columns) in sorted(done.items()):
        owner = ("table", fold(last))
        one, other = before[name], after[fold(last)]
        if fold(last) != name:
            found.append(Modified(owner=owner, old=one, new=other, fields=("name",)))
        for column in one.columns:
            to = columns.get(fold(column.name))
            if to is not None:
                (there,) = (item for item in other.columns if item.name == to)
                found.append(Modified(owner=owner, old=column, new=there, fields=("name",)))
    return tuple(found)
