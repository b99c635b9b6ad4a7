"""The stored schema as values: what SQLite says of a whole database, or of one object of it."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from squasher import fulltext, layout
from squasher.clauses import clauses
from squasher.engine import Database
from squasher.errors import SqlError, UnsupportedError
from squasher.model import Column, ForeignKey, Index, IndexColumn, Table, Trigger, View, VirtualTable
from squasher.sql import fold, name_of, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from squasher.engine import Found
    from squasher.model import SchemaObject

_VIRTUAL: Final = "CREATE VIRTUAL TABLE"
"""SQLite stores these three words in this form, whatever the migration wrote."""
# what is read of a table, whichever tables: SELECT its name, these FROM …
_COLUMNS: Final = 'x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden'
_KEYS: Final = 'f.id, f."table", f."from", f."to", f.on_update, f.on_delete'
_DEFAULT_COLLATION: Final = "BINARY"
_INDEXES: Final = 'i.name, i."unique", i.origin, i.partial, x.name, x."desc", x.coll'


class Stored(NamedTuple):
    """A row of ``sqlite_schema``: an object of the user's, as SQLite stores it."""

    kind: str
    name: str
    table: str
    sql: str


class _Facts(NamedTuple):
    """What the PRAGMAs say of tables, by their names, and of their indexes."""

    columns: dict[str, Found]
    foreign_keys: dict[str, tuple[ForeignKey, ...]]
    indexes: dict[str, dict[str, Index]]
    """Without their text."""


def read_schema(database: Database, *, carried: bool = True, ledger: bool = True) -> tuple[SchemaObject, ...]:
    """Every object of the user's in the order of creation, read with one query per kind.

    Raises UnsupportedError for what only looks like a part of a virtual table, SqlError where SQLite
    cannot read its own schema. Where nothing is to be ``carried`` to another database, such a table is
    one like any other, and a virtual table that this SQLite cannot open has no columns. Without
    ``ledger``, the table that has the ledger's name is one like any other.
    """
    return _Schema(database, database.profile.ledger if ledger else None, carried=carried).objects()


def read_object(database: Database, stored: Stored) -> SchemaObject:
    """One object as it stands now, at a cost that does not grow with the schema. Raises SqlError.

    Of a virtual table the parts are not told, nor its columns where its module fails, and of
    ``REFERENCES parent`` not the columns that it means: those change with other objects; ``resolved``
    fills them in.
    """
    if stored.kind == "view":
        return _view(database, stored)
    if stored.kind == "trigger":
        return _trigger(stored)
    if stored.kind == "index":
        found = database.execute(
            f"SELECT ?1, {_INDEXES} FROM pragma_index_list(?1, 'main') AS i,"
            " pragma_index_xinfo(i.name, 'main') AS x WHERE i.name = ?2 AND x.key ORDER BY x.seqno",
            (stored.table, stored.name),
        )
        return _indexes(found)[stored.table][stored.name]._replace(sql=stored.sql)
    return _read_table(database, stored)


def _read_table(database: Database, stored: Stored) -> Table | VirtualTable:
    table = (stored.name,)
    select = f"SELECT ?1, {_COLUMNS} FROM pragma_table_xinfo(?1, 'main') AS x ORDER BY x.cid"
    if is_virtual(stored):
        try:
            return _virtual_table(stored, _columns(database.execute(select, table))[stored.name], ())
        except SqlError:
            return _virtual_table(stored, [], ())
    columns = database.execute(select, table)
    keys = database.execute(
        f"SELECT ?1, {_KEYS} FROM pragma_foreign_key_list(?1, 'main') AS f ORDER BY f.id DESC, f.seq",
        table,
    )
    indexes = database.execute(
        f"SELECT ?1, {_INDEXES} FROM pragma_index_list(?1, 'main') AS i,"
        " pragma_index_xinfo(i.name, 'main') AS x WHERE i.origin <> 'c' AND x.key"
        " ORDER BY i.seq DESC, x.seqno",
        table,
    )
    facts = _Facts(_columns(columns), _foreign_keys(keys), _indexes(indexes))
    options = _options(stored.sql)
    return _table(database, stored, facts, without_rowid="rowid" in options, strict="strict" in options)


def _options(sql: str) -> list[str]:
    """The words behind the columns of a CREATE TABLE, folded."""
    folded = fold(sql)
    if "strict" not in folded and "rowid" not in folded:
        return []
    return [fold(word) for word in layout.parse_table(sql).options.replace(",", " ").split()]


def is_virtual(stored: Stored) -> bool:
    """Whether it is a virtual table."""
    return stored.kind == "table" and stored.sql.startswith(_VIRTUAL)


def resolved(key: ForeignKey, columns_of: Callable[[str], Iterable[Column]]) -> ForeignKey:
    """A foreign key with the columns that ``REFERENCES parent`` means: the parent's primary key.

    ``columns_of`` gives a table's columns by its folded name.
    """
    if key.parent_columns != (None,) * len(key.parent_columns):
        return key
    keys = sorted((one.primary_key, one.name) for one in columns_of(fold(key.parent)) if one.primary_key)
    if len(keys) != len(key.parent_columns):
        return key
    return key._replace(parent_columns=tuple(name for _, name in keys))


class _Schema:
    """A whole database: its stored schema, and the facts of all its tables."""

    def __init__(self, database: Database, ledger: str | None, *, carried: bool) -> None:
        self._db = database
        self._ledger = ledger
        self._carried = carried
        self._stored = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
        self._kinds = {
            name: (kind, bool(without_rowid), bool(strict))
            for name, kind, without_rowid, strict in database.execute(
                "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'"
            )
        }
        self._refuse_contradictions()
        self._keep_content_tables()
        self._refuse_what_only_looks_like_shadows()
        self._facts = self._read("ORDER BY l.name") if carried else self._read_what_can_be()
        self._names = {fold(name): name for name in self._facts.columns}

    def _refuse_contradictions(self) -> None:
        """Whoever writes the schema table by hand can give a text another name than its row."""
        for row in self._stored:
            kind, name, _, sql = row
            known = kind in {"index", "trigger"} or (kind in {"table", "view"} and name in self._kinds)
            if not (known and all(isinstance(value, str) for value in (*row[:3], sql or ""))):
                raise _contradiction(kind, name)

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
            if not self._carried:
                if kind == "table" and name not in made:
                    self._kinds[name] = ("table", *self._kinds[name][1:])
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
            part = table in shadows and (kind == "table" or self._carried)
            if own or part or table == self._ledger:
                continue
            out.append(self._object(Stored(kind, name, table, sql)))
        return tuple(out)

    def _object(self, stored: Stored) -> SchemaObject:
        match stored.kind:
            case "index":
                index = self._facts.indexes.get(stored.table, {}).get(stored.name)
                if index is None:
                    raise _contradiction("index", stored.name)
                return index._replace(sql=stored.sql)
            case "trigger":
                return _trigger(stored)
            case "view":
                return _view(self._db, stored)
        kind, without_rowid, strict = self._kinds[stored.name]
        if kind == "virtual":
            return _virtual_table(stored, self._facts.columns[stored.name], self._shadows(stored.name))
        table = _table(self._db, stored, self._facts, without_rowid=without_rowid, strict=strict)
        keys = tuple(resolved(key, self._columns_of) for key in table.foreign_keys)
        return table._replace(foreign_keys=keys)

    def _columns_of(self, table: str) -> list[Column]:
        found = self._facts.columns.get(self._names.get(table, ""), ())
        return [_column(facts, None) for facts in found]

    def _shadows(self, name: str) -> tuple[str, ...]:
        """The shadow tables called ``name_…``, but for those of a virtual table with a longer name."""
        virtual = [fold(other) + "_" for other, (kind, *_) in self._kinds.items() if kind == "virtual"]
        return tuple(
            other
            for other, (kind, *_) in sorted(self._kinds.items())
            if kind == "shadow"
            and max((one for one in virtual if fold(other).startswith(one)), key=len) == fold(name) + "_"
        )

    def _read(self, end: str, *tables: str) -> _Facts:
        # a view that does not compile would fail the whole query: views are read one by one
        columns = self._db.execute(
            f"SELECT l.name, {_COLUMNS} FROM pragma_table_list AS l, pragma_table_xinfo(l.name) AS x"
            f" WHERE l.schema = 'main' AND l.type <> 'view' {end}, x.cid",
            tables,
        )
        keys = self._db.execute(
            f"SELECT l.name, {_KEYS} FROM pragma_table_list AS l, pragma_foreign_key_list(l.name) AS f"
            f" WHERE l.schema = 'main' AND l.type = 'table' {end}, f.id DESC, f.seq",
            tables,
        )
        indexes = self._db.execute(
            f"SELECT l.name, {_INDEXES}"
            " FROM pragma_table_list AS l, pragma_index_list(l.name) AS i, pragma_index_xinfo(i.name) AS x"
            f" WHERE l.schema = 'main' AND l.type <> 'view' AND x.key {end}, i.seq DESC, x.seqno",
            tables,
        )
        return _Facts(_columns(columns), _foreign_keys(keys), _indexes(indexes))

    def _read_what_can_be(self) -> _Facts:
        """A module, or a part of one, that only another program has fails the query for all tables."""
        try:
            return self._read("ORDER BY l.name")
        except SqlError:
            facts = _Facts(defaultdict(list), {}, {})
        for name, (kind, *_) in sorted(self._kinds.items()):
            try:
                found = self._read("AND l.name = ? ORDER BY l.name", name)
            except SqlError:
                if kind != "virtual":
                    raise
                continue
            facts.columns.update(found.columns)
            facts.foreign_keys.update(found.foreign_keys)
            facts.indexes.update(found.indexes)
        return facts


def _contradiction(kind: object, name: object) -> SqlError:
    return SqlError(f"malformed database schema: {kind} {name} is not what its text makes")


def _trigger(stored: Stored) -> Trigger:
    return Trigger(name=stored.name, table=stored.table, sql=stored.sql)


def _view(database: Database, stored: Stored) -> View:
    try:
        found = database.execute("SELECT name FROM pragma_table_xinfo(?, 'main')", (stored.name,))
    except SqlError as error:
        return View(name=stored.name, sql=stored.sql, columns=(), problem=error.message)
    columns = tuple(column for (column,) in found)
    return View(name=stored.name, sql=stored.sql, columns=columns, problem=None)


def _virtual_table(stored: Stored, columns: Found, shadows: tuple[str, ...]) -> VirtualTable:
    words = significant(stored.sql)
    using = next(i for i, token in enumerate(words) if fold(token.text) == "using")
    return VirtualTable(
        name=stored.name,
        sql=stored.sql,
        module=name_of(words[using + 1]),
        columns=tuple(_column(facts, None) for facts in columns),
        shadows=shadows,
    )


def _table(database: Database, stored: Stored, facts: _Facts, *, without_rowid: bool, strict: bool) -> Table:
    text = stored.sql.lower()
    autoincrement = False
    if "collate" in text or "autoincrement" in text:  # nothing else changes what is told of each column
        columns: list[Column] = []
        for column in facts.columns[stored.name]:
            collation, counts = database.metadata(stored.name, column[0])
            autoincrement = autoincrement or counts
            columns.append(_column(column, collation))
    else:
        columns = [_column(column, _DEFAULT_COLLATION) for column in facts.columns[stored.name]]
    indexes = facts.indexes.get(stored.name, {}).values()
    keys = facts.foreign_keys.get(stored.name, ())
    if "defer" in text or any(column.generated for column in columns):
        columns, keys = _told_by_text(stored.sql, columns, keys)
    return Table(
        name=stored.name,
        sql=stored.sql,
        columns=tuple(columns),
        foreign_keys=keys,
        constraint_indexes=tuple(index for index in indexes if index.origin != "c"),
        without_rowid=without_rowid,
        strict=strict,
        autoincrement=autoincrement,
    )


def _told_by_text(
    sql: str, columns: list[Column], keys: tuple[ForeignKey, ...]
) -> tuple[list[Column], tuple[ForeignKey, ...]]:
    """The facts that no PRAGMA tells: what is generated how, and which foreign keys are deferred."""
    said = clauses(sql)
    computed = {fold(str(clause.column)): clause.expression for clause in said if clause.kind == "as"}
    deferred = [clause.deferred for clause in said if clause.kind in {"references", "foreign"}]
    return (
        [column._replace(expression=computed.get(fold(column.name))) for column in columns],
        tuple(key._replace(deferred=one) for key, one in zip(keys, deferred, strict=True)),
    )


def _columns(found: Found) -> dict[str, Found]:
    columns: dict[str, Found] = defaultdict(list)
    for table, *facts in found:
        columns[table].append(tuple(facts))
    return columns


def _column(facts: tuple[Any, ...], collation: str | None) -> Column:
    name, kind, not_null, default, key, hidden = facts
    return Column(name, kind, bool(not_null), default, key, hidden, collation)


def _foreign_keys(found: Found) -> dict[str, tuple[ForeignKey, ...]]:
    parts: dict[str, dict[int, Found]] = defaultdict(lambda: defaultdict(list))
    for table, number, *rest in found:
        parts[table][number].append(tuple(rest))
    return {table: tuple(map(_foreign_key, numbered.values())) for table, numbered in parts.items()}


def _foreign_key(parts: Found) -> ForeignKey:
    parent, _, _, on_update, on_delete = parts[0]
    return ForeignKey(
        parent=parent,
        columns=tuple(part[1] for part in parts),
        parent_columns=tuple(part[2] for part in parts),
        on_update=on_update,
        on_delete=on_delete,
    )


def _indexes(found: Found) -> dict[str, dict[str, Index]]:
    indexes: dict[str, dict[str, Index]] = defaultdict(dict)
    for (table, index, unique, origin, partial), parts in groupby(found, key=itemgetter(0, 1, 2, 3, 4)):
        columns = tuple(IndexColumn(name, bool(descending), coll) for *_, name, descending, coll in parts)
        indexes[table][index] = Index(index, table, bool(unique), origin, bool(partial), columns, None)
    return indexes
