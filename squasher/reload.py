"""A snapshot's schema in a database again, without its rows: made object by object, or read at once.

SQLite looks through the whole of ``sqlite_schema`` for each CREATE, which takes the square of the number of
objects. It reads a schema that is stored already in one go, and that is the same one: a CREATE, too, stores
its text and reads it from there (https://sqlite.org/fileformat2.html#storage_of_the_sql_database_schema).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from squasher.engine import Database
from squasher.errors import SqlError
from squasher.model import Index, Table, Trigger, View, VirtualTable, kind_of
from squasher.sql import fold, quote
from squasher.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.model import SchemaObject, Snapshot
    from squasher.profiles import Profile

ANY: Final = Universe(name="any", clock=211_813_488_000_000, seed=0)
"""For a database in which nothing runs."""
_PAGE: Final = 512
"""Bytes: the smallest page that there is, for a page per object."""
_AT_ONCE: Final = 100
"""Rows of one INSERT."""
_ROOM: Final = '"room for pages"'
_ROOTED: Final = frozenset({"table", "index"})
_SEQUENCES: Final = "CREATE TABLE sqlite_sequence(name,seq)"
_COLLATIONS: Final = frozenset({"binary", "nocase", "rtrim"})
_NO_FUNCTION: Final = ("no such function", "unknown function")


def reloaded(profile: Profile, snapshot: Snapshot) -> Database:
    """A database with the objects of ``snapshot``, for the caller to close: to compile statements over.

    Nothing can be read, written or dropped there, because tables and indexes may have no pages of their own.
    Raises SqlError when a stored text does not load, or could not be made again by its CREATE.
    """
    if not _lacks_a_collation(snapshot):
        database = Database(profile, ANY)
        try:
            _read_at_once(database, snapshot)
            if not _lacks_a_function(database, snapshot):
                return database
        except SqlError:
            pass  # making the objects one by one says what is wrong
        database.close()
    database = Database(profile, ANY)
    try:
        build(database, snapshot)
    except SqlError:
        database.close()
        raise
    return database


def build(database: Database, snapshot: Snapshot) -> None:
    """Create the objects of ``snapshot``, without rows, in an order that both sides share.

    Tables and ordinary indexes by name, unique indexes and triggers in their own order, which is
    behaviour: the order of tables, which is not, would show in the programs of their foreign keys.
    """
    database.execute("BEGIN")
    if snapshot.ledger_sql is not None:
        database.execute(snapshot.ledger_sql)  # a view may read it, or sqlite_sequence, which it brings
    for item in _in_order(snapshot):
        database.execute(str(item.sql))
    database.execute("COMMIT")


def _in_order(snapshot: Snapshot) -> Iterator[SchemaObject]:
    order = snapshot.objects
    yield from sorted(
        (item for item in order if isinstance(item, Table | VirtualTable)),
        key=lambda item: (isinstance(item, VirtualTable), fold(item.name)),
    )
    yield from sorted(
        (item for item in order if isinstance(item, Index)),
        key=lambda item: (fold(item.table), not item.unique, "" if item.unique else fold(item.name)),
    )
    for kind in (View, Trigger):
        yield from (item for item in order if isinstance(item, kind))


def _read_at_once(database: Database, snapshot: Snapshot) -> None:
    """Write the objects into ``sqlite_schema``, let SQLite read it, and make virtual tables behind that.

    Their root pages are of no table: pages that nothing uses, so that each object has one of its own.
    """
    rows = [row for item in _in_order(snapshot) for row in _stored(item)]
    database.execute(f"PRAGMA page_size = {_PAGE}")
    with database.writable_schema():
        database.execute("BEGIN")
        first = _make_room(database, len(rows) + 1)
        if snapshot.ledger_sql is not None:
            database.execute(snapshot.ledger_sql)
        found = database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'")
        if not found and any(isinstance(item, Table) and item.autoincrement for item in snapshot.objects):
            rows.append(("table", "sqlite_sequence", "sqlite_sequence", _SEQUENCES))
        values = [
            (kind, name, table, page if kind in _ROOTED else 0, sql)
            for page, (kind, name, table, sql) in enumerate(rows, first)
        ]
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            places = ", ".join(["(?, ?, ?, ?, ?)"] * len(some))
            database.execute(f"INSERT INTO sqlite_schema VALUES {places}", tuple(chain.from_iterable(some)))
        database.execute("COMMIT")
    for item in snapshot.of(VirtualTable):
        database.execute(str(item.sql))


def _stored(item: SchemaObject) -> Iterator[tuple[str, str, str, str | None]]:
    """The rows of ``sqlite_schema`` that an object has, but for root pages: type, name, tbl_name, sql."""
    if isinstance(item, VirtualTable):
        return  # it reads its own tables when it is opened
    table = item.table if isinstance(item, Index | Trigger) else item.name
    yield kind_of(item), item.name, table, item.sql
    if isinstance(item, Table):
        for index in item.constraint_indexes:
            if not (item.without_rowid and index.origin == "pk"):  # that one is the table itself
                yield "index", index.name, item.name, None


def _make_room(database: Database, pages: int) -> int:
    """Pages that are taken and that no object has: the number of the first."""
    database.execute(f"CREATE TABLE {_ROOM} (page)")
    ((last,),) = database.execute("PRAGMA page_count")
    database.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        f" INSERT INTO {_ROOM} SELECT zeroblob({_PAGE}) FROM n",
        (pages,),
    )
    database.execute("DELETE FROM sqlite_schema")
    return int(last) + 1


def _lacks_a_collation(snapshot: Snapshot) -> bool:
    """Whether a CREATE would miss a collation, which SQLite misses in a stored text only when it is used."""
    tables = [item for item in snapshot.objects if isinstance(item, Table)]
    indexes = [item for item in snapshot.objects if isinstance(item, Index)]
    columns = {column.collation for table in tables for column in table.columns}
    keys = {column.collation for index in indexes for column in index.columns}
    return not {fold(name) for name in columns | keys if name is not None} <= _COLLATIONS


def _lacks_a_function(database: Database, snapshot: Snapshot) -> bool:
    """Whether a CREATE could miss a function, the same way: an INSERT compiles whatever a table computes."""
    return any(
        refusal.message.startswith(_NO_FUNCTION)
        for item in snapshot.objects
        if isinstance(item, Table)
        and (refusal := database.refusal(f"INSERT INTO {quote(item.name)} DEFAULT VALUES")) is not None
    )
