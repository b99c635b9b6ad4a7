"""Ignored tables: what is left out of whatever is read, and what cannot be without it.

A table goes with all that hangs on it: its indexes, its triggers, its rows, the parts of a virtual
table. Whatever stays must not need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher import fulltext
from squasher.errors import SqlError, UnsupportedError
from squasher.model import Index, Table, Trigger, View, VirtualTable, kind_of
from squasher.patterns import is_named
from squasher.sql import fold, name_of, quote, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from squasher.engine import Database
    from squasher.model import SchemaObject, Snapshot


def leave_out(
    database: Database, objects: tuple[SchemaObject, ...]
) -> tuple[tuple[SchemaObject, ...], tuple[str, ...]]:
    """A database's objects without the tables that its profile ignores, and the names of these.

    Raises UnsupportedError when these are the ledger, or something that stays needs one of them.
    """
    profile = database.profile
    for pattern in profile.ignored:
        if profile.ledger is not None and is_named(fold(profile.ledger), pattern):
            raise UnsupportedError(
                f"{pattern} of the ignored tables means {profile.ledger}, the ledger of the migrations",
                hint="Ignore tables by names or globs that leave it out.",
            )
    left, ignored = without(objects, profile.ignored)
    gone = {fold(name): name for name in ignored}
    for item in left:
        for name, how in _needs(database, item, gone):
            kind = kind_of(item)
            raise UnsupportedError(
                f"{kind} {item.name} {how} {gone[name]}, which is ignored as configured",
                hint=f"Ignore {item.name} too, or not {gone[name]}."
                if kind == "table"
                else f"Ignore no table that a {kind} uses, or drop the {kind} in a migration.",
            )
    return left, ignored


def without(
    objects: tuple[SchemaObject, ...], patterns: tuple[str, ...]
) -> tuple[tuple[SchemaObject, ...], tuple[str, ...]]:
    """The objects without the tables of these names or globs (folded) and what is on them; their names."""
    gone = [
        item
        for item in objects
        if isinstance(item, Table | VirtualTable)
        and any(is_named(fold(item.name), pattern) for pattern in patterns)
    ]
    names = {fold(item.name) for item in gone}
    names |= {fold(part) for item in gone if isinstance(item, VirtualTable) for part in item.shadows}
    left = tuple(item for item in objects if fold(_table(item)) not in names)
    return left, tuple(sorted(item.name for item in gone))


def _table(item: SchemaObject) -> str:
    return item.table if isinstance(item, Index | Trigger) else item.name


def _needs(database: Database, item: SchemaObject, gone: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The ignored tables that an object cannot do without, folded, and what it does with each."""
    if isinstance(item, Table):
        yield from ((fold(key.parent), "refers to") for key in item.foreign_keys if fold(key.parent) in gone)
    elif isinstance(item, VirtualTable | View | Trigger):
        named = {name_of(token) for token in significant(item.sql)} & gone.keys()
        if not named:
            return  # SQLite reaches no table that the text does not name
        if isinstance(item, VirtualTable):
            content = fulltext.external_content(item) if item.module == "fts5" else None
            read = named if item.module != "fts5" else named & {fold(content or "")}
        elif isinstance(item, View):
            read = _touched(database, [f"SELECT * FROM {quote(item.name)}"], named)
        else:
            read = _touched(database, _firing(database, item.table), named)
        yield from ((name, "uses") for name in sorted(read))


def _firing(database: Database, table: str) -> list[str]:
    """Statements that fire every trigger of a table or view."""
    name = quote(table)
    try:
        facts = database.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (table,))
    except SqlError:
        return [f"DELETE FROM {name}"]  # a view that does not compile
    columns = [quote(column) for (column,) in facts]
    values = ", ".join("NULL" for _ in columns)
    changed = ", ".join(f"{column} = NULL" for column in columns)
    return [
        f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({values})",
        f"UPDATE {name} SET {changed}",
        f"DELETE FROM {name}",
    ]


def _touched(database: Database, statements: Iterable[str], named: set[str]) -> set[str]:
    """Which of the ``named`` tables are touched when such statements run, as SQLite says.

    All of them, when SQLite does not compile one.
    """
    touched: set[str] = set()
    for sql in statements:
        found = database.touching(sql)
        if not isinstance(found, str):
            touched.update(map(fold, found))
        elif not found.startswith("cannot modify "):  # a view that has no such trigger
            return named
    return touched & named


def told(patterns: tuple[str, ...], snapshots: Iterable[Snapshot]) -> tuple[str, ...]:
    """What to say of ignored tables: which there were, and what matches none of them."""
    names = sorted({name for snapshot in snapshots for name in snapshot.ignored})
    notes = [f"ignored, as configured: {', '.join(names)}"] if names else []
    notes += [
        f"ignored tables: none is called {pattern}"
        for pattern in patterns
        if not any(is_named(fold(name), fold(pattern)) for name in names)
    ]
    return tuple(notes)
