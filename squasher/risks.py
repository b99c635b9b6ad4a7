"""What a change can do to those who have data, or code that reads and writes it.

Only what follows from SQLite's rules is said, each with its reason. It is said of what can happen to
any database: no rows are looked at. Who makes a table anew has no data in it, so what comes with a
new table harms nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, assert_never

from squasher.changes import Added, Check, Modified, Option, Order, PrimaryKey, Removed, RowSet
from squasher.model import Column, ForeignKey, Index, Table, Trigger, View, VirtualTable
from squasher.sql import fold, is_word, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from squasher.changes import Change, Element

Danger: TypeAlias = Literal["data", "rows", "readers", "writers"]
DANGERS: Final[dict[Danger, str]] = {
    "data": "can destroy data",
    "rows": "can fail on existing rows",
    "readers": "can break readers",
    "writers": "can break writers",
}
"""What is in danger, the worst first, in words for people."""


_REFUSE: Final = frozenset({"NO ACTION", "RESTRICT"})


class Risk(NamedTuple):
    """What is in danger, and why."""

    danger: Danger
    reason: str


def assess(changes: Sequence[Change]) -> tuple[tuple[Risk, ...], ...]:
    """The risks of each of these changes, which happen together.

    What comes or goes with its table, and a constraint that comes with its column, is no risk of its own.
    """
    tables = _owners(changes) | _owners([change.reverse() for change in changes])
    columns = {
        (*change.owner, fold(change.new.name))
        for change in changes
        if isinstance(change, Added) and isinstance(change.new, Column)
    }
    return tuple(() if _comes_with(change, tables, columns) else risks(change) for change in changes)


def _owners(changes: Iterable[Change]) -> set[tuple[str, str]]:
    """The tables that come with these changes."""
    return {change.owner for change in changes if isinstance(change, Added) and _is_table(change.new)}


def _is_table(element: Element) -> bool:
    return isinstance(element, Table | VirtualTable)


def _comes_with(change: Change, tables: set[tuple[str, str]], columns: set[tuple[str, str, str]]) -> bool:
    if change.owner in tables:
        return not _is_table(change.element)
    match change:
        case Added(new=Check(column=column)):
            return (*change.owner, fold(column)) in columns
        case Added(new=ForeignKey(columns=keys)):
            return all((*change.owner, fold(key)) in columns for key in keys)
        case _:
            return False


def risks(change: Change) -> tuple[Risk, ...]:
    """What can go wrong when a database goes from the old side of ``change`` to the new one."""
    match change:
        case Removed(old=old):
            return tuple(_removed(old))
        case Added(new=new):
            return tuple(_added(new))
        case Modified(old=old, new=new, fields=fields):
            return tuple(_modified(old, new, fields))
        case _:
            assert_never(change)


def _removed(old: Element) -> Iterator[Risk]:
    match old:
        case Table() | VirtualTable():
            yield Risk("data", "its rows are lost, and statements that name it fail")
        case Column():
            yield Risk("data", "its values are lost, and statements that name it fail")
        case RowSet(rows=rows):
            yield Risk("data", "the row is deleted" if len(rows) == 1 else "the rows are deleted")
        case View():
            yield Risk("readers", "statements that name it fail")
        case Index(unique=True):
            yield _unkeyed(_key(old))
        case Trigger() if any(is_word(token, "instead") for token in significant(old.sql)[3:4]):
            yield Risk("writers", f"{old.table} is a view, and what the trigger did for it fails")
        case Option(name="AUTOINCREMENT"):
            yield Risk("readers", "the key of a deleted row can be given to another one")


def _added(new: Element) -> Iterator[Risk]:
    match new:
        case Column(not_null=True) if new.generated:
            yield Risk("rows", "a row for which it is NULL cannot stay")
        case Column(not_null=True) if _is_null(new.default):
            yield Risk("rows", "a row that is there has no value for it")
            yield Risk("writers", "an INSERT that leaves it out fails")
        case Column(default=str(default)) if not _is_constant(default):
            yield Risk("rows", "ALTER TABLE adds it to no table with rows: its default is not constant")
        case Index(unique=True):
            yield Risk("rows", f"two rows with equal {_key(new)} cannot both stay")
        case ForeignKey():
            yield Risk("rows", f"a row whose parent is not in {new.parent} cannot stay")
            yield from _deletes(new)
        case Check(text=text):
            yield Risk("rows", f"a row that breaks {text} can neither stay nor be written")
        case Option(name="STRICT"):
            yield Risk("rows", "a value of another type than its column's cannot stay")
        case Option(name="WITHOUT ROWID"):
            yield Risk("readers", "statements that name the rowid fail")


def _is_constant(default: str) -> bool:
    """Whether a default is one literal: https://sqlite.org/lang_altertable.html#altertabaddcol."""
    words = [token for token in significant(default) if token.text not in {"(", ")", "+", "-"}]
    return len(words) == 1 and not is_word(words[0], "current_time", "current_date", "current_timestamp")


def _modified(old: Element, new: Element, fields: tuple[str, ...]) -> Iterator[Risk]:
    match old, new:
        case (
            (Table() | VirtualTable() | View()),
            (Table() | VirtualTable() | View()),
        ) if fold(old.name) != fold(new.name):
            yield Risk("readers", f"statements that name {old.name} fail")
        case Column(), Column():
            for field in fields:
                yield from _column(old, new, field)
        case View(), View():
            yield from _view(old, new)
        case Index(), Index() if old.unique and not new.unique:
            yield from _removed(old)
        case Index(), Index() if new.unique and {"unique", "columns", "partial", "definition"} & {*fields}:
            yield from _unique(old, new, fields)
        case ForeignKey(), ForeignKey():
            yield from _foreign_key(old, new, fields)
        case PrimaryKey(), PrimaryKey():
            yield from _primary_key(old, new)
        case Check(), Check(text=text) if old.text != text:
            yield Risk("rows", f"a row that breaks {text} can neither stay nor be written")
        case Order(of="columns"), Order():
            yield Risk("readers", "SELECT * and INSERT without column names see another order")
        case _:
            return


def _column(old: Column, new: Column, field: str) -> Iterator[Risk]:
    match field:
        case "name" if fold(old.name) != fold(new.name):
            yield Risk("readers", f"statements that name {old.name} fail")
        case "type":
            yield from _type(old.type, new.type)
        case "not null" if new.not_null:
            yield Risk("rows", "a row with NULL in it cannot stay")
            if _is_null(new.default) and not new.generated:
                yield Risk("writers", "an INSERT that leaves it out fails")
        case "not null":
            yield Risk("readers", "they can meet NULL")
        case "default" if _is_null(new.default) and not new.generated:
            writes = "fails" if new.not_null else "writes NULL"
            yield Risk("writers", f"an INSERT that leaves it out {writes}")
        case "collation":
            yield Risk("readers", "it compares and sorts in another way, and other values are equal")
            if new.primary_key:
                yield Risk("rows", "two rows with keys that it calls equal cannot both stay")
        case "generated" if new.generated and not old.generated:
            yield Risk("data", "computed values replace the written ones, and nothing can write it")
        case "expression" if old.generated and new.generated:
            yield Risk("readers", "it has other values")


def _is_null(default: str | None) -> bool:
    """Whether a column gets NULL where an INSERT leaves it out: DEFAULT NULL says so, and no DEFAULT too."""
    return default is None or fold(default) == "null"


def _unique(old: Index, new: Index, fields: tuple[str, ...]) -> Iterator[Risk]:
    """A unique index that has other columns, another WHERE or none."""
    looser = old.unique and new.partial and fields == ("partial",)
    if not looser:
        yield from _added(new)
    if old.unique and (new.partial or fields != ("partial",)):
        yield _unkeyed(_key(old))


def affinity(declared: str) -> str:
    """The affinity of a declared type: https://sqlite.org/datatype3.html#determination_of_column_affinity."""
    name = declared.upper()
    if "INT" in name:
        return "INTEGER"
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in name or not name:
        return "BLOB"
    return "REAL" if any(part in name for part in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def _type(old: str, new: str) -> Iterator[Risk]:
    before, after = affinity(old), affinity(new)
    if before == after:
        return
    if after == "TEXT":
        yield Risk("readers", "numbers become text: they compare and sort as text")
    elif before in {"TEXT", "BLOB"} and after != "BLOB":
        yield Risk("data", "text that looks like a number becomes one: '007' becomes 7")
    elif after == "REAL":
        yield Risk("data", "integers become floating point: beyond 2^53 they lose digits")
    elif after == "BLOB":
        yield Risk("readers", "values are kept as they come: '1' and 1 are no longer equal")
    elif before == "REAL":
        yield Risk("readers", "a value without fraction becomes an integer: 1.0 becomes 1, and 1/2 is 0")


def _view(old: View, new: View) -> Iterator[Risk]:
    if new.problem is not None and old.problem is None:
        yield Risk("readers", f"it does not compile any more: {new.problem}")
        return
    left = {fold(name) for name in new.columns}
    lost = [name for name in old.columns if fold(name) not in left]
    if lost and new.problem is None:
        yield Risk("readers", f"statements that name {', '.join(lost)} fail")


def _primary_key(old: PrimaryKey, new: PrimaryKey) -> Iterator[Risk]:
    before, after = [fold(name) for name in old.columns], [fold(name) for name in new.columns]
    if after and not (before and set(before) <= set(after)):
        yield Risk("rows", f"two rows with equal ({', '.join(new.columns)}) cannot both stay")
    if before and set(before) != set(after):
        yield _unkeyed(f"({', '.join(old.columns)})")
    if new.rowid and not old.rowid:
        yield Risk("rows", "a row whose key is no integer cannot stay")
    if old.rowid and not new.rowid:
        yield Risk("writers", "an INSERT that leaves it out is given no key")


def _foreign_key(old: ForeignKey, new: ForeignKey, fields: tuple[str, ...]) -> Iterator[Risk]:
    if "on delete" in fields:
        yield from _deletes(new)
        if new.on_delete in _REFUSE and old.on_delete not in _REFUSE:
            yield Risk("writers", f"a row of {new.parent} that is referred to cannot be deleted any more")
    if "on update" in fields and new.on_update in {"SET NULL", "SET DEFAULT"}:
        yield Risk("data", f"changing a key of {new.parent} overwrites {', '.join(new.columns)} here")
    if "on update" in fields and new.on_update in _REFUSE and old.on_update not in _REFUSE:
        yield Risk("writers", f"a key of {new.parent} that is referred to cannot be changed any more")
    if "deferred" in fields and old.deferred:
        yield Risk("writers", "the parent must be there when the child is written")


def _deletes(key: ForeignKey) -> Iterator[Risk]:
    if key.on_delete == "CASCADE":
        yield Risk("data", f"deleting a row of {key.parent} deletes its rows here")
    elif key.on_delete in {"SET NULL", "SET DEFAULT"}:
        overwritten = ", ".join(key.columns)
        yield Risk("data", f"deleting a row of {key.parent} overwrites {overwritten} here")


def _unkeyed(key: str) -> Risk:
    return Risk("writers", f"ON CONFLICT {key} and foreign keys to it have nothing to refer to")


def _key(index: Index) -> str:
    return "(" + ", ".join(part.name or "an expression" for part in index.columns) + ")"
