"""Introspection: a connection in, a Snapshot out. Reads only, but for TEMP views of full-text indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher import fulltext
from squasher.errors import SqlError, UnsupportedError
from squasher.model import Index, Rows, Snapshot, Table, Trigger, VirtualTable
from squasher.rows import LARGEST_ROWID, largest_key, read_rows, refuse_chosen_rowids
from squasher.schema import read_schema
from squasher.sql import fold, free_rowid, literal, quote

if TYPE_CHECKING:
    from squasher.engine import Database
    from squasher.model import SchemaObject

_LEDGER_COLUMNS: Final = ("id", "name", "applied_at")
LARGEST_CONTENT: Final = 128 << 20
"""Bytes of a database that can be read, its indexes included."""
MOST_CELLS: Final = 16_000_000
"""Values that can be read, of all tables together."""
_REFERENCE: Final = (
    "Load large data with a program of its own: migrations carry a schema and reference rows."
    " Or raise the limit with --max-steps N, in the same measure."
)
_SCHEMA_ALONE: Final = (
    "Look at the schema alone, with --no-rows or without --rows, or raise the limit with --max-steps N."
)
_STATISTICS: Final = "the statistics of ANALYZE (sqlite_stat1): run ANALYZE after the installation"


def introspect(
    database: Database,
    *,
    rows: bool = True,
    carried: bool = True,
    tables: frozenset[str] | None = None,
) -> Snapshot:
    """Everything that ``database`` holds but what its profile ignores; without ``rows``, its schema alone.

    With ``tables`` (folded names), the rows of these alone, and of no index.

    Raises UnsupportedError for what a fresh file cannot carry, unless nothing is to be ``carried``, and for
    what needs an ignored table.
    """
    _refuse_the_temporary(database)
    ignored: tuple[str, ...] = ()
    try:
        names = {row[0] for row in database.execute("SELECT name FROM sqlite_schema")}
        ledger = _ledger_of(database, names, carried=carried)
        with database.compiling():
            objects = read_schema(database, carried=carried, ledger=ledger is not None)
            if database.profile.ignored:
                from squasher.ignored import leave_out  # few have such tables

                objects, ignored = leave_out(database, objects)
    except SqlError as error:
        raise UnsupportedError(
            f"SQLite cannot read the schema that is left: {error.message}",
            hint="Look for a virtual table that ALTER TABLE gave a name that its module does not take.",
        ) from error
    if not carried:
        _refuse_damage(database)
        objects = tuple(item for item in objects if not _of_the_platform(database, item))
    chosen = objects if tables is None else tuple(item for item in objects if fold(item.name) in tables)
    found, terms = contents(database, chosen, carried=carried, some=tables is not None) if rows else ((), ())
    applied, ledger_sql = recorded(database, ledger)
    return Snapshot(
        objects=objects,
        rows=found,
        terms=terms,
        sequences=_sequences(database, chosen, found, names) if rows else (),
        settings=_settings(database),
        ledger=applied,
        ledger_sql=ledger_sql,
        violations=_violations(database, objects, found, ignored) if rows and carried else (),
        left_out=(_STATISTICS,) if "sqlite_stat1" in names else (),
        ignored=ignored,
    )


def _refuse_damage(database: Database) -> None:
    """What a database file may be and one that SQLite made a moment ago is not. Raises UnsupportedError."""
    try:
        found = database.execute("PRAGMA quick_check")
    except SqlError:
        return  # a function or a collation that another program has; reading the rows says the rest
    for (line,) in found:
        if line.startswith("*** in database"):
            raise UnsupportedError(
                f"the database is damaged: {line.partition('***')[2].rpartition('***')[2].strip()}",
                hint="Save what can be read with `sqlite3 FILE .recover`.",
            )


def _of_the_platform(database: Database, item: SchemaObject) -> bool:
    """Whether an object belongs to the engine's platform, as ``_cf_METADATA`` does in a file of D1."""
    prefix = database.profile.reserved_prefix
    table = item.table if isinstance(item, Index | Trigger) else item.name
    return prefix is not None and fold(table).startswith(prefix)


def _refuse_the_temporary(database: Database) -> None:
    for kind, name in database.execute("SELECT type, name FROM sqlite_temp_schema ORDER BY rowid"):
        raise UnsupportedError(
            f"TEMP {kind} {name} is left when the chain ends, and no file can carry it",
            hint="Drop it at the end of the migration that makes it, or make it an ordinary object.",
        )
    for _, name, _ in database.execute("PRAGMA database_list"):
        if name not in {"main", "temp"}:
            raise UnsupportedError(f"database {name} is left attached when the chain ends")


def _sequences(
    database: Database, objects: tuple[SchemaObject, ...], rows: tuple[Rows, ...], names: set[str]
) -> tuple[tuple[str, int], ...]:
    """The largest key that each AUTOINCREMENT table will not use again (autoinc.html).

    That is what ``sqlite_sequence`` says, or the largest key in the table, whichever is larger; an
    entry for anything else than an AUTOINCREMENT table means nothing. SQLite takes the first entry of
    exactly this name, and its value for an integer whatever it is.
    """
    if "sqlite_sequence" not in names:
        return ()
    recorded: dict[str, int] = dict(
        database.execute(
            "SELECT name, ifnull(CAST(seq AS INTEGER), 0) FROM sqlite_sequence ORDER BY rowid DESC"
        )
    )
    held = {part.table: part for part in rows}
    found: list[tuple[str, int]] = []
    for item in objects:
        if isinstance(item, Table) and item.autoincrement:
            largest = max(recorded.get(item.name, 0), largest_key(item, held.get(item.name)))
            if largest > 0:
                found.append((item.name, largest))
    return tuple(sorted(found))


def _settings(database: Database) -> tuple[tuple[str, int], ...]:
    found = ((name, database.execute(f"PRAGMA {name}")[0][0]) for name in database.profile.settings)
    return tuple((name, value) for name, value in found if value)


def _violations(
    database: Database,
    objects: tuple[SchemaObject, ...],
    rows: tuple[Rows, ...],
    ignored: tuple[str, ...],
) -> tuple[str, ...]:
    tables = [f"({quote(item.name)})" for item in objects if isinstance(item, Table)] if ignored else [""]
    broken = _broken(database, tables) if rows else ()
    return (*broken, *_unreadable(database, objects))


def _broken(database: Database, tables: list[str]) -> tuple[str, ...]:
    """What rows break; each of the ``tables`` is the argument of a PRAGMA, '' for all of them."""
    found: list[str] = []
    checked = (line for table in tables for (line,) in database.execute(f"PRAGMA quick_check{table}"))
    if any("CHECK constraint" in line for line in checked):
        found.append("check")
    try:
        orphans = [row for table in tables for row in database.execute(f"PRAGMA foreign_key_check{table}")]
    except SqlError:
        return (*found, "foreign key")  # "foreign key mismatch": the parent has no such key
    if orphans:
        found += ["foreign key", f"foreign key of {orphans[0][0]} to {orphans[0][2]}"]
    return tuple(found)


def _unreadable(database: Database, objects: tuple[SchemaObject, ...]) -> tuple[str, ...]:
    if not database.profile.defensive:
        return ()  # the index's own tables are carried as they are
    indexes = [item for item in objects if isinstance(item, VirtualTable)]
    return tuple(f"content of {item.name}" for item in indexes if fulltext.unreadable(database, item))


def _ledger_of(database: Database, names: set[str], *, carried: bool) -> str | None:
    """The table that records migrations, if there is one.

    Raises UnsupportedError for one that no migration tool made; where nothing is to be ``carried``, that
    is a table like any other.
    """
    ledger = database.profile.ledger
    if ledger is None or ledger not in names:
        return None
    try:
        _refuse_another_ledger(database, ledger)
    except UnsupportedError:
        if carried:
            raise
        return None
    if carried:
        _refuse_a_full_ledger(database, ledger)
    return ledger


def _refuse_another_ledger(database: Database, ledger: str) -> None:
    for kind, name in database.execute(
        "SELECT type, name FROM sqlite_schema WHERE tbl_name = ? AND name <> ? AND sql IS NOT NULL"
        " OR name = ? AND type <> 'table'",
        (ledger, ledger, ledger),
    ):
        raise UnsupportedError(
            f"{kind} {name} is on the ledger {ledger}, which belongs to the migration tool",
            hint="Remove it: nothing carries it to a new installation.",
        )
    extra = [column for column in columns_of(database, ledger) if column not in _LEDGER_COLUMNS]
    if extra:
        raise UnsupportedError(
            f"the ledger {ledger} has a column {extra[0]} that its migration tool does not know",
            hint="Remove it: nothing carries it to a new installation.",
        )


def columns_of(database: Database, table: str) -> list[str]:
    """The names of a table's columns, but for generated ones; [] where there is no such table."""
    return [name for (name,) in database.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def recorded(database: Database, ledger: str | None) -> tuple[tuple[str, ...], str | None]:
    """The migrations that the ledger records, and its stored text."""
    if ledger is None:
        return (), None
    ((stored,),) = database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (ledger,))
    if not {"id", "name"} <= set(columns_of(database, ledger)):
        return (), stored
    names = database.execute(f"SELECT name FROM {quote(ledger)} ORDER BY id")
    return tuple(name for (name,) in names), stored


def _refuse_a_full_ledger(database: Database, ledger: str) -> None:
    """Beyond the largest key there is none, and then no migration can be recorded."""
    if not {"id", "name"} <= set(columns_of(database, ledger)):
        return
    keys = f"SELECT max(id) FROM {quote(ledger)}"
    if database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"):
        keys += f" UNION ALL SELECT CAST(seq AS INTEGER) FROM sqlite_sequence WHERE name = {literal(ledger)}"
    if any(isinstance(key, int) and key > LARGEST_ROWID // 2 for (key,) in database.execute(keys)):
        raise UnsupportedError(
            f"the ledger {ledger} has no room for another migration: its keys have come to an end",
            hint="Let the migration tool number its rows.",
        )


def contents(
    database: Database, objects: tuple[SchemaObject, ...], *, carried: bool = True, some: bool = False
) -> tuple[tuple[Rows, ...], tuple[Rows, ...]]:
    """The rows of the given tables that hold any, and what their full-text indexes hold, by name.

    ``some``: these are not all tables of the database, which may hold any number of rows in others.

    Raises UnsupportedError for more than can be read, and for rows that could not be ``carried``.
    """
    _refuse_too_much(database, objects, carried=carried, some=some)
    rows = [read_table(database, item) for item in objects if isinstance(item, Table)]
    terms: list[Rows] = []
    for item in objects:
        if isinstance(item, VirtualTable):
            logical = database.profile.defensive and (carried or _answers(item))
            rows += _logical(database, item, carried=carried) if logical else _shadows(database, item)
            terms += [fulltext.terms(database, item)] if logical else []
    if carried:
        for part in rows:
            refuse_chosen_rowids(part)
    return by_name(rows), by_name(terms)


def _answers(table: VirtualTable) -> bool:
    """Whether a virtual table can be asked for its rows; of others only the parts are known."""
    return bool(table.columns) and table.module in {"fts5", "rtree"}


def _logical(database: Database, table: VirtualTable, *, carried: bool) -> list[Rows]:
    try:
        return [fulltext.logical_rows(database, table)]
    except UnsupportedError:
        if carried:
            raise
    # nobody has to write them again: the terms tell a contentless index, its own table any other
    return [] if fulltext.contentless(table) else [_read_shadow(database, table.name + "_content")]


def _shadows(database: Database, table: VirtualTable) -> list[Rows]:
    return [_read_shadow(database, shadow) for shadow in table.shadows]


def _refuse_too_much(
    database: Database, objects: tuple[SchemaObject, ...], *, carried: bool, some: bool
) -> None:
    """Values take time to read and, where rows differ, many times their size: strangers fill tables too."""
    scale = database.profile.scale
    size = database.size
    if size > LARGEST_CONTENT * scale and not some:
        most = LARGEST_CONTENT * scale >> 20
        raise UnsupportedError(
            f"the database holds {size >> 20:,} MiB, and at most {most:,} MiB can be written down",
            hint=_REFERENCE if carried else _SCHEMA_ALONE,
        )
    tables = [item for item in objects if isinstance(item, Table)]
    if size * max((len(table.columns) for table in tables), default=0) < MOST_CELLS:
        return  # a row takes several bytes, even where its columns were added later and take none
    cells = sum(
        count * len(table.columns)
        for table in tables
        for (count,) in database.execute(f"SELECT count(*) FROM {quote(table.name)}")
    )
    if cells > MOST_CELLS * scale:
        raise UnsupportedError(
            f"the tables hold {cells:,} values, and at most {MOST_CELLS * scale:,} can be written down",
            hint=_REFERENCE if carried else _SCHEMA_ALONE,
        )


def by_name(parts: list[Rows]) -> tuple[Rows, ...]:
    """Those that hold rows, in the order of their tables' names."""
    return tuple(
        sorted((part for part in parts if part.rows), key=lambda part: (fold(part.table), part.table))
    )


def read_table(database: Database, table: Table) -> Rows:
    """The rows of an ordinary table, in rowid order or in primary key order."""
    columns = tuple(column.name for column in table.columns if not column.generated)
    alias = table.rowid_alias
    if table.without_rowid:
        keys = sorted((c.primary_key, c.name) for c in table.columns if c.primary_key)
        return read_rows(database, table.name, columns, None, ", ".join(quote(name) for _, name in keys))
    if alias is not None:
        return read_rows(database, table.name, columns, None, quote(alias))
    rowid = free_rowid(column.name for column in table.columns)
    return read_rows(database, table.name, columns, rowid, rowid)


def _read_shadow(database: Database, name: str) -> Rows:
    info = database.execute("SELECT name, pk FROM pragma_table_xinfo(?) ORDER BY cid", (name,))
    keys = sorted((key, column) for column, key in info if key)
    order = ", ".join(quote(column) for _, column in keys) or "rowid"
    return read_rows(database, name, tuple(column for column, _ in info), None, order)
