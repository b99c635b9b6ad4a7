"""Introspection: a connection in, a Snapshot out. Reads only, but for TEMP views of full-text indexes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from squasher import fulltext
from squasher.engine import Database
from squasher.errors import SqlError, UnsupportedError
from squasher.model import (
    Column,
    ForeignKey,
    Index,
    IndexColumn,
    Rows,
    Snapshot,
    Table,
    Trigger,
    View,
    VirtualTable,
)
from squasher.rows import LARGEST_ROWID, largest_key, read_rows
from squasher.sql import fold, free_rowid, literal, name_of, quote, significant

if TYPE_CHECKING:
    from squasher.engine import Found
    from squasher.model import SchemaObject

_LEDGER_COLUMNS: Final = ("id", "name", "applied_at")
LARGEST_CONTENT: Final = 64 << 20
"""Bytes of a database that can be read, its indexes included."""
MOST_CELLS: Final = 4_000_000
"""Values that can be read, of all tables together."""
_REFERENCE: Final = (
    "Load large data with a program of its own: migrations carry a schema and reference rows."
    " Or raise the limit with --max-steps N, in the same measure."
)
_STATISTICS: Final = "the statistics of ANALYZE (sqlite_stat1): run ANALYZE after the installation"


def introspect(database: Database) -> Snapshot:
    """Everything that ``database`` holds. Raises UnsupportedError for what a fresh file cannot carry."""
    _refuse_the_temporary(database)
    try:
        schema = _Schema(database)
        objects = schema.objects()
    except SqlError as error:
        raise UnsupportedError(
            f"SQLite cannot read the schema that is left: {error.message}",
            hint="Look for a virtual table that ALTER TABLE gave a name that its module does not take.",
        ) from error
    names = {row[0] for row in database.execute("SELECT name FROM sqlite_schema")}
    rows, terms = contents(database, objects)
    ledger, ledger_sql = _ledger(database, names)
    return Snapshot(
        objects=objects,
        rows=rows,
        terms=terms,
        sequences=_sequences(database, objects, rows, names),
        settings=_settings(database),
        ledger=ledger,
        ledger_sql=ledger_sql,
        violations=(*(_violations(database) if rows else ()), *_unreadable(database, objects)),
        left_out=(_STATISTICS,) if "sqlite_stat1" in names else (),
    )


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


def _violations(database: Database) -> tuple[str, ...]:
    found: list[str] = []
    if any("CHECK constraint" in line for (line,) in database.execute("PRAGMA quick_check")):
        found.append("check")
    try:
        orphans = database.execute("PRAGMA foreign_key_check")
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


def _ledger(database: Database, names: set[str]) -> tuple[tuple[str, ...], str | None]:
    """The migrations that the ledger records, and its stored text."""
    ledger = database.profile.ledger
    if ledger is None or ledger not in names:
        return (), None
    for kind, name in database.execute(
        "SELECT type, name FROM sqlite_schema WHERE tbl_name = ? AND name <> ? AND sql IS NOT NULL"
        " OR name = ? AND type <> 'table'",
        (ledger, ledger, ledger),
    ):
        raise UnsupportedError(
            f"{kind} {name} is on the ledger {ledger}, which belongs to the migration tool",
            hint="Remove it: nothing carries it to a new installation.",
        )
    columns = [name for (name,) in database.execute("SELECT name FROM pragma_table_info(?)", (ledger,))]
    extra = [column for column in columns if column not in _LEDGER_COLUMNS]
    if extra:
        raise UnsupportedError(
            f"the ledger {ledger} has a column {extra[0]} that its migration tool does not know",
            hint="Remove it: nothing carries it to a new installation.",
        )
    ((stored,),) = database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (ledger,))
    if not {"id", "name"} <= set(columns):
        return (), stored
    _refuse_a_full_ledger(database, ledger)
    recorded = database.execute(f"SELECT name FROM {quote(ledger)} ORDER BY id")
    return tuple(name for (name,) in recorded), stored


def _refuse_a_full_ledger(database: Database, ledger: str) -> None:
    """Beyond the largest key there is none, and then no migration can be recorded."""
    keys = f"SELECT max(id) FROM {quote(ledger)}"
    if database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"):
        keys += f" UNION ALL SELECT CAST(seq AS INTEGER) FROM sqlite_sequence WHERE name = {literal(ledger)}"
    if any(isinstance(key, int) and key > LARGEST_ROWID // 2 for (key,) in database.execute(keys)):
        raise UnsupportedError(
            f"the ledger {ledger} has no room for another migration: its keys have come to an end",
            hint="Let the migration tool number its rows.",
        )


class _Schema:
    """The PRAGMA facts of a whole database, read with one query per kind."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._stored = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
        self._kinds = {
            name: (kind, bool(without_rowid), bool(strict))
            for name, kind, without_rowid, strict in database.execute(
                "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'"
            )
        }
        self._keep_content_tables()
        self._refuse_what_only_looks_like_shadows()
        self._columns = self._read_columns()
        self._foreign_keys = self._read_foreign_keys()
        self._indexes = self._read_indexes()

    def _keep_content_tables(self) -> None:
        """A table like ``docs_content`` beside fts5 ``docs`` is the user's when the index reads it."""
        for kind, name, _, sql in self._stored:
            if kind == "table" and self._kinds.get(name, ("",))[0] == "virtual":
                content = fulltext.external_content_of(sql)
                for other in [one for one in self._kinds if content and fold(one) == fold(content)]:
                    if self._kinds[other][0] == "shadow":
                        self._kinds[other] = ("table", *self._kinds[other][1:])

    def _refuse_what_only_looks_like_shadows(self) -> None:
        """SQLite tells shadow tables by their names; which ones a module makes is seen when it makes them."""
        made = self._made_by_modules()
        for kind, name, table, sql in self._stored:
            if sql is None or self._kinds.get(table, ("",))[0] != "shadow":
                continue
            if kind != "table":
                raise UnsupportedError(
                    f"{kind} {name} is on {table}, a part of a virtual table: nothing carries it",
                    hint="Drop it in a migration.",
                )
            if name not in made:
                virtual = next(one for one in self._kinds if name in self._shadows(one))
                raise UnsupportedError(
                    f"{name} has the name of a part of {virtual}, and is a table of its own",
                    hint="Rename it in a migration.",
                )

    def _made_by_modules(self) -> set[str]:
        """The shadow tables that virtual tables come with; of one that cannot be made, all that look so."""
        if all(kind != "shadow" for kind, *_ in self._kinds.values()):
            return set()
        made: set[str] = set()
        with Database(self._db.profile, self._db.universe) as scratch:
            for _, name, _, sql in self._stored:
                if self._kinds.get(name, ("",))[0] != "virtual":
                    continue
                try:
                    scratch.execute(sql)
                except SqlError:
                    made.update(self._shadows(name))
            return made.union(*scratch.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"))

    def objects(self) -> tuple[SchemaObject, ...]:
        """Every object of the user's, in the order of creation."""
        out: list[SchemaObject] = []
        shadows = {name for name, (kind, *_) in self._kinds.items() if kind == "shadow"}
        for kind, name, table, sql in self._stored:
            own = sql is None or name.startswith("sqlite_")
            if own or table in {*shadows, self._db.profile.ledger}:
                continue
            out.append(self._object(kind, name, table, sql))
        return tuple(out)

    def _object(self, kind: str, name: str, table: str, sql: str) -> SchemaObject:
        match kind:
            case "index":
                return self._index(name, table, sql)
            case "trigger":
                return Trigger(name=name, table=table, sql=sql)
            case "view":
                return self._view(name, sql)
            case _ if self._kinds[name][0] == "virtual":
                return self._virtual_table(name, sql)
            case _:
                return self._table(name, sql)

    def _table(self, name: str, sql: str) -> Table:
        _, without_rowid, strict = self._kinds[name]
        columns: list[Column] = []
        autoincrement = False
        for facts in self._columns[name]:
            collation, counts = self._db.metadata(name, facts[0])
            autoincrement = autoincrement or counts
            columns.append(_column(facts, collation))
        made_by_constraint = (
            self._index(index, name, None)
            for index, (_, origin, _) in self._indexes[name].items()
            if origin != "c"
        )
        return Table(
            name=name,
            sql=sql,
            columns=tuple(columns),
            foreign_keys=self._foreign_keys[name],
            constraint_indexes=tuple(made_by_constraint),
            without_rowid=without_rowid,
            strict=strict,
            autoincrement=autoincrement,
        )

    def _virtual_table(self, name: str, sql: str) -> VirtualTable:
        words = significant(sql)
        using = next(i for i, token in enumerate(words) if fold(token.text) == "using")
        return VirtualTable(
            name=name,
            sql=sql,
            module=name_of(words[using + 1]),
            columns=tuple(_column(facts, None) for facts in self._columns[name]),
            shadows=self._shadows(name),
        )

    def _shadows(self, name: str) -> tuple[str, ...]:
        """The shadow tables called ``name_…``, but for those of a virtual table with a longer name."""
        virtual = [fold(other) + "_" for other, (kind, *_) in self._kinds.items() if kind == "virtual"]
        return tuple(
            other
            for other, (kind, *_) in sorted(self._kinds.items())
            if kind == "shadow"
            and max((one for one in virtual if fold(other).startswith(one)), key=len) == fold(name) + "_"
        )

    def _view(self, name: str, sql: str) -> View:
        try:
            found = self._db.execute("SELECT name FROM pragma_table_xinfo(?)", (name,))
        except SqlError as error:
            return View(name=name, sql=sql, columns=(), problem=error.message)
        return View(name=name, sql=sql, columns=tuple(column for (column,) in found), problem=None)

    def _index(self, name: str, table: str, sql: str | None) -> Index:
        unique, origin, partial = self._indexes[table][name]
        return Index(
            name=name,
            table=table,
            unique=unique,
            origin=origin,
            partial=partial,
            columns=self._index_columns[name],
            sql=sql,
        )

    def _read_columns(self) -> dict[str, Found]:
        columns: dict[str, Found] = defaultdict(list)
        # a view that does not compile would fail the whole query: views are read one by one
        for table, *facts in self._db.execute(
            "SELECT l.name, x.name, x.type, x.'notnull', x.dflt_value, x.pk, x.hidden"
            " FROM pragma_table_list AS l, pragma_table_xinfo(l.name) AS x"
            " WHERE l.schema = 'main' AND l.type <> 'view' ORDER BY l.name, x.cid"
        ):
            columns[table].append(tuple(facts))
        return columns

    def _read_foreign_keys(self) -> dict[str, tuple[ForeignKey, ...]]:
        found: dict[str, dict[int, Found]] = defaultdict(lambda: defaultdict(list))
        for table, number, *rest in self._db.execute(
            'SELECT l.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete'
            " FROM pragma_table_list AS l, pragma_foreign_key_list(l.name) AS f"
            " WHERE l.schema = 'main' AND l.type = 'table' ORDER BY l.name, f.id DESC, f.seq"
        ):
            found[table][number].append(tuple(rest))
        keys = defaultdict[str, tuple[ForeignKey, ...]](tuple)
        for table, numbered in found.items():
            keys[table] = tuple(self._foreign_key(parts) for parts in numbered.values())
        return keys

    def _foreign_key(self, parts: Found) -> ForeignKey:
        parent, _, _, on_update, on_delete = parts[0]
        named = [part[2] for part in parts]
        if named == [None] * len(named):  # REFERENCES parent: its primary key
            columns = next((self._columns[name] for name in self._columns if fold(name) == fold(parent)), [])
            keys = sorted((key, name) for name, _, _, _, key, _ in columns if key)
            named = [name for _, name in keys] if len(keys) == len(named) else named
        return ForeignKey(
            parent=parent,
            columns=tuple(part[1] for part in parts),
            parent_columns=tuple(named),
            on_update=on_update,
            on_delete=on_delete,
        )

    def _read_indexes(self) -> dict[str, dict[str, tuple[bool, str, bool]]]:
        columns: dict[str, list[IndexColumn]] = defaultdict(list)
        indexes: dict[str, dict[str, tuple[bool, str, bool]]] = defaultdict(dict)
        for table, index, unique, origin, partial, name, descending, collation in self._db.execute(
            'SELECT l.name, i.name, i."unique", i.origin, i.partial, x.name, x."desc", x.coll'
            " FROM pragma_table_list AS l, pragma_index_list(l.name) AS i, pragma_index_xinfo(i.name) AS x"
            " WHERE l.schema = 'main' AND l.type <> 'view' AND x.key"
            " ORDER BY l.name, i.seq DESC, x.seqno"
        ):
            indexes[table][index] = (bool(unique), origin, bool(partial))
            columns[index].append(
                IndexColumn(
                    name=name,
                    descending=bool(descending),
                    collation=collation,
                )
            )
        self._index_columns = {index: tuple(parts) for index, parts in columns.items()}
        return indexes


def _column(facts: tuple[Any, ...], collation: str | None) -> Column:
    name, kind, not_null, default, key, hidden = facts
    return Column(
        name=name,
        type=kind,
        not_null=bool(not_null),
        default=default,
        primary_key=key,
        hidden=hidden,
        collation=collation,
    )


def contents(
    database: Database, objects: tuple[SchemaObject, ...]
) -> tuple[tuple[Rows, ...], tuple[Rows, ...]]:
    """The rows of the given tables that hold any, and what their full-text indexes hold, by name."""
    _refuse_too_much(database, objects)
    rows: list[Rows] = []
    terms: list[Rows] = []
    for item in objects:
        if isinstance(item, Table):
            rows.append(read_table(database, item))
        elif isinstance(item, VirtualTable) and database.profile.defensive:
            rows.append(fulltext.logical_rows(database, item))
            terms.append(fulltext.terms(database, item))
        elif isinstance(item, VirtualTable):
            rows += [_read_shadow(database, shadow) for shadow in item.shadows]
    return by_name(rows), by_name(terms)


def _refuse_too_much(database: Database, objects: tuple[SchemaObject, ...]) -> None:
    """Values take many times their size in memory once they are read: strangers fill tables too."""
    scale = database.profile.scale
    ((size,),) = database.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    if size > LARGEST_CONTENT * scale:
        most = LARGEST_CONTENT * scale >> 20
        raise UnsupportedError(
            f"the database holds {size >> 20:,} MiB, and at most {most:,} MiB can be written down",
            hint=_REFERENCE,
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
            hint=_REFERENCE,
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
