"""What a database holds, as values.

Named tuples and tuples only: hashable, printable, compared by their fields. Cells are kept as
the SQL literals that make them (``sql.literal``), because ``1 == 1.0 == True`` in Python and never in
a database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Sequence

Value: TypeAlias = int | float | str | bytes | None
"""What a query gives for one cell."""
Row: TypeAlias = tuple[str, ...]
"""One row: an SQL literal per column."""


class Column(NamedTuple):
    """One column, as ``PRAGMA table_xinfo`` and ``sqlite3_table_column_metadata()`` report it."""

    name: str
    type: str
    """The declared text, not the affinity: INT PRIMARY KEY is not INTEGER PRIMARY KEY."""
    not_null: bool
    default: str | None
    primary_key: int
    """The position in the primary key, from 1; 0 outside of it."""
    hidden: int
    """1 hidden in a virtual table, 2 generated VIRTUAL, 3 generated STORED."""
    collation: str | None
    expression: str | None = None
    """What a generated column computes, with its parentheses, as the table's text says it."""

    @property
    def generated(self) -> bool:
        """Whether the value is computed, so that no INSERT may name the column."""
        return self.hidden in {2, 3}


class ForeignKey(NamedTuple):
    """One foreign key, as ``PRAGMA foreign_key_list`` reports it, in the order of declaration."""

    parent: str
    columns: tuple[str, ...]
    parent_columns: tuple[str | None, ...]
    on_update: str
    on_delete: str
    deferred: bool = False
    """Whether it is checked when the transaction ends, as the table's text says it."""


class IndexColumn(NamedTuple):
    """One key column of an index; ``name`` is None for an expression or the rowid."""

    name: str | None
    descending: bool
    collation: str


class Index(NamedTuple):
    """An index; ``sql`` is None when a UNIQUE or PRIMARY KEY constraint made it."""

    name: str
    table: str
    unique: bool
    origin: str
    """``c`` CREATE INDEX, ``u`` UNIQUE, ``pk`` PRIMARY KEY."""
    partial: bool
    columns: tuple[IndexColumn, ...]
    sql: str | None


class Table(NamedTuple):
    """An ordinary table."""

    name: str
    sql: str
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...]
    constraint_indexes: tuple[Index, ...]
    without_rowid: bool
    strict: bool
    autoincrement: bool

    @property
    def rowid_alias(self) -> str | None:
        """The INTEGER PRIMARY KEY column, which is the rowid itself (lang_createtable.html#rowid)."""
        keys = [column for column in self.columns if column.primary_key]
        if self.without_rowid or len(keys) != 1 or keys[0].type.upper() != "INTEGER":
            return None
        has_index = any(index.origin == "pk" for index in self.constraint_indexes)
        return None if has_index else keys[0].name


class View(NamedTuple):
    """A view; ``problem`` is what SQLite says of one that does not compile."""

    name: str
    sql: str
    columns: tuple[str, ...]
    problem: str | None


class Trigger(NamedTuple):
    """A trigger; ``table`` is the name as its own text writes it."""

    name: str
    table: str
    sql: str


class VirtualTable(NamedTuple):
    """A virtual table and the names of the shadow tables in which its module keeps its content."""

    name: str
    sql: str
    module: str
    columns: tuple[Column, ...]
    shadows: tuple[str, ...]


SchemaObject: TypeAlias = Table | VirtualTable | Index | View | Trigger


class Rows(NamedTuple):
    """The rows of one table in rowid order (WITHOUT ROWID: primary key order)."""

    table: str
    columns: tuple[str, ...]
    """The columns that an INSERT may name."""
    rows: Sequence[Row]
    """A tuple; ``packed`` where there are many."""
    rowids: Sequence[int] | None
    """The implicit rowids: a tuple, or a range where there are many and no gaps.

    None where there are none or no name reaches them."""
    rowid: str = "rowid"
    """The name that reaches them."""


class Snapshot(NamedTuple):
    """Everything that a database holds; ``objects`` in the order of their creation."""

    objects: tuple[SchemaObject, ...]
    rows: tuple[Rows, ...]
    """Of every table that holds any, by table name; shadow and virtual tables as the profile reads them."""
    terms: tuple[Rows, ...] = ()
    """What full-text indexes hold, term by term, where their own pages are out of reach."""
    sequences: tuple[tuple[str, int], ...] = ()
    """``sqlite_sequence``: the largest AUTOINCREMENT key ever used, by table name."""
    settings: tuple[tuple[str, int], ...] = ()
    """Database settings kept in the file's header, where the profile carries them."""
    ledger: tuple[str, ...] = ()
    """The migrations recorded as applied, in order."""
    ledger_sql: str | None = None
    """The stored text of the table that records them; None where there is none."""
    violations: tuple[str, ...] = ()
    """Which constraints some stored row breaks: ``check``, ``foreign key`` and, where it is known,
    ``foreign key of CHILD to PARENT``; and ``content of NAME`` for a full-text index that cannot read
    its content table."""
    left_out: tuple[str, ...] = ()
    """What the database holds and no fresh file carries, in words."""
    ignored: tuple[str, ...] = ()
    """The tables that the database holds and that were left out because somebody said so."""

    def of(self, *kinds: type[SchemaObject]) -> tuple[SchemaObject, ...]:
        """The objects of the given kinds, in the order of their creation."""
        return tuple(item for item in self.objects if isinstance(item, kinds))


EMPTY: Final = Snapshot((), ())
"""What a database that nobody has written to holds."""


def is_object(item: object) -> TypeGuard[SchemaObject]:
    """Whether it is an object of its own, with a statement that makes it; a constraint's index is not."""
    own = isinstance(item, Table | VirtualTable | View | Trigger)
    return own or (isinstance(item, Index) and item.sql is not None)


def kind_of(item: object) -> str:
    """The word that people use for an object, or for a part of one: table, index, view, trigger."""
    return "table" if isinstance(item, VirtualTable) else type(item).__name__.lower()
