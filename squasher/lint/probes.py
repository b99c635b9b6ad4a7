"""Probe rows: rows for empty tables, so that what a migration does to data can be seen.

They are made from what the schema says, and SQLite is asked whether they hold: of a constraint that they
break it says which one, and other values are tried for its columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.errors import SqlError
from squasher.lint.candidates import Search, Unit, said_of, unit_of
from squasher.model import Table
from squasher.schema import Stored, is_virtual, read_object, resolved
from squasher.sql import fold, free_rowid, name_of, quote, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from squasher.engine import Database
    from squasher.lint.candidates import Said
    from squasher.model import Column, ForeignKey, Value

_ROWS: Final = 3
_SPARSE: Final = _ROWS - 1
"""Two rows are full and as equal as unique constraints let them be; the last has NULL wherever it may."""
_STORED: Final = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type = 'table'"
_LISTED: Final = "SELECT 1 FROM pragma_table_list(?) WHERE schema = 'main' AND type = 'table'"
_UNIQUE: Final = (
    "SELECT x.name, s.sql FROM pragma_index_list(?1, 'main') AS i, pragma_index_xinfo(i.name, 'main') AS x"
    " LEFT JOIN main.sqlite_schema AS s ON s.type = 'index' AND s.name = i.name"
    ' WHERE i."unique" AND x.key'
)
_STEPS: Final = 2_000_000
"""What a row may cost, with its triggers. Strangers wrote them, and many tables are filled many times."""
_MOST_GIVEN_UP: Final = 20
_STOPPED: Final = "stopped"
_SAVEPOINT: Final = "squasher_probes"


class _Later(NamedTuple):
    """A reference of a full row that could not be set, for its parent had no row yet."""

    table: Table
    key: ForeignKey
    rowid: int


class Known(NamedTuple):
    """A table as it was filled once."""

    table: Table
    rows: list[tuple[list[str], tuple[Value, ...]]]
    """Columns and values of each row."""


def fill(
    database: Database,
    tables: Iterable[str] | None = None,
    known: dict[Stored, Known] | None = None,
    given_up: set[str] | None = None,
) -> dict[str, int]:
    """Put probe rows into the user's tables that hold no row, so that every constraint of the schema holds.

    ``tables`` limits it to some of them; it is called outside of a transaction. What is ``known`` of tables
    with the same text is tried first, and what is found is put there. No table that is ``given_up``, by its
    folded name, is tried; one whose rows cost too much is put there. Gives, by the name of each table that
    was empty, how many rows it holds now: 0 where none could be made, which is never an error.
    """
    try:
        given_up = set() if given_up is None else given_up
        return _Filling(database, tables, {} if known is None else known, given_up).done()
    except (SqlError, ValueError):
        return {}


class _Filling:
    def __init__(
        self,
        database: Database,
        tables: Iterable[str] | None,
        known: dict[Stored, Known],
        given_up: set[str],
    ) -> None:
        self._db = database
        self._known = known
        self._given_up = given_up
        self._stored: dict[str, Stored | None] = {}
        self._read: dict[str, Table | None] = {}
        self._later: list[_Later] = []
        self._texts: dict[str, Said] = {}
        self._keys: dict[str, set[str]] = {}
        if tables is None:
            self._stored = {
                fold(row[1]): Stored(*row) for row in database.execute(f"{_STORED} ORDER BY rowid")
            }
            tables = [*self._stored]
        own = {fold(database.profile.ledger or ""), *given_up}
        keys = [
            key
            for key in dict.fromkeys(map(fold, tables))
            if key not in own and not key.startswith("sqlite_") and not self._holds(key)
        ]
        ordinary = (key for key in keys if database.execute(_LISTED, (key,)))
        self._empty = [table for key in ordinary if (table := self._table(key)) is not None]

    def done(self) -> dict[str, int]:
        """Fill the tables, parents first."""
        waiting = list(self._empty)
        while waiting:
            names = {fold(table.name) for table in waiting}
            ready = [table for table in waiting if not self._waits(table, names, needed=False)]
            if not ready:  # a circle: those that can do without their parents for now
                ready = [table for table in waiting if not self._waits(table, names, needed=True)]
                ready = ready[:1]
            group = not ready
            if group:
                ready = waiting
            self._put_all(ready, deferred=group)
            filled = {id(table) for table in ready}
            waiting = [table for table in waiting if id(table) not in filled]
        for later in self._later:
            self._refer(later)
        return {table.name: self._count(table.name) for table in self._empty}

    def _table(self, key: str) -> Table | None:
        if key in self._read:
            return self._read[key]
        if key not in self._stored:
            found = self._db.execute(f"{_STORED} AND name = ? COLLATE NOCASE", (key,))
            self._stored[key] = Stored(*found[0]) if found else None
        stored = self._stored[key]
        if stored is not None and stored in self._known:
            self._read[key] = self._known[stored].table
            return self._read[key]
        try:
            table = None if stored is None or is_virtual(stored) else read_object(self._db, stored)
        except SqlError:
            table = None
        self._read[key] = table if isinstance(table, Table) else None
        if isinstance(table, Table):
            keys = tuple(resolved(one, self._columns_of) for one in table.foreign_keys)
            self._read[key] = table._replace(foreign_keys=keys)
        return self._read[key]

    def _said(self, table: Table) -> Said:
        if table.name not in self._texts:
            self._texts[table.name] = said_of(table)
        return self._texts[table.name]

    def _columns_of(self, key: str) -> tuple[Column, ...]:
        table = self._table(key)
        return () if table is None else table.columns

    def _waits(self, table: Table, names: set[str], *, needed: bool) -> bool:
        """Whether a parent is still to be filled; if only the ``needed`` count, those that must be there."""
        parents = (key for key in table.foreign_keys if not (needed and _nullable(table, key)))
        own = fold(table.name)
        return any(parent in names and parent != own for parent in (fold(key.parent) for key in parents))

    def _put_all(self, tables: Sequence[Table], *, deferred: bool) -> None:
        """Fill tables; once more without one that cost too much: SQLite took the rows of the others back."""
        most = len(self._given_up) + _MOST_GIVEN_UP
        while tables:
            before = len(self._given_up)
            self._put(tables, deferred=deferred)
            if deferred or not before < len(self._given_up) < most:
                return
            tables = [table for table in tables if fold(table.name) not in self._given_up]

    def _put(self, tables: Sequence[Table], *, deferred: bool) -> None:
        """Fill tables; where any of those in a circle cannot be filled, none is."""
        db = self._db
        before = db.execute("PRAGMA defer_foreign_keys")
        db.execute(f"SAVEPOINT {_SAVEPOINT}")
        postponed = len(self._later)
        try:
            if deferred:
                db.execute("PRAGMA defer_foreign_keys = ON")
            for table in tables:
                self._rows(table, tables if deferred else ())
            for table in tables:
                self._refuse_orphans(table)
            db.execute(f"RELEASE {_SAVEPOINT}")
        except (SqlError, ValueError):
            del self._later[postponed:]
            if db.in_transaction:  # a trigger may have rolled everything back
                db.execute(f"ROLLBACK TO {_SAVEPOINT}")
                db.execute(f"RELEASE {_SAVEPOINT}")
        finally:
            if deferred and db.in_transaction:
                db.execute(f"PRAGMA defer_foreign_keys = {before[0][0]}")

    def _refuse_orphans(self, table: Table) -> None:
        if table.foreign_keys and self._db.execute(f"PRAGMA foreign_key_check({quote(table.name)})"):
            raise SqlError(f"a probe row of {table.name} refers to nothing")

    def _rows(self, table: Table, circle: Sequence[Table]) -> None:
        stored = self._stored[fold(table.name)]
        known = None if stored is None or circle else self._known.get(stored)
        found: list[tuple[list[str], tuple[Value, ...]]] = []
        for row in range(_ROWS):
            if known is not None and row < len(known.rows) and self._insert(table, *known.rows[row]) is None:
                self._postpone(table, row)
                found.append(known.rows[row])
                continue
            units = self._units(table, row, circle)
            search = Search(self._said(table), units)
            names = [name for unit in units for name in unit.columns]
            for values in search:
                problem = self._insert(table, names, values)
                if problem is None:
                    self._postpone(table, row)
                    found.append((names, values))
                    break
                if not search.learn(problem):
                    break
        if stored is not None:
            self._known[stored] = Known(table, found)

    def _insert(self, table: Table, names: list[str], values: tuple[Value, ...]) -> str | None:
        """Insert a row; what SQLite says of one that does not hold."""
        listed = ", ".join(map(quote, names))
        marks = ", ".join("?" * len(names))
        # OR ABORT takes the place of what a constraint says ON CONFLICT
        row = f"({listed}) VALUES ({marks})" if names else "DEFAULT VALUES"
        try:
            self._db.execute(f"INSERT OR ABORT INTO {quote(table.name)} {row}", values, _STEPS)
        except SqlError as error:
            if error.message.startswith(_STOPPED):
                self._given_up.add(fold(table.name))
                raise
            if not self._db.in_transaction:
                raise
            return error.message
        return None

    def _units(self, table: Table, row: int, circle: Sequence[Table]) -> list[Unit]:
        """What is chosen together: the columns of a foreign key, and each of the others."""
        if table.name not in self._keys:
            self._keys[table.name] = self._keyed(table)
        keyed = self._keys[table.name]
        free = {fold(column.name): column for column in table.columns if not column.generated}
        units: list[Unit] = []
        for number, key in enumerate(sorted(table.foreign_keys, key=lambda one: -len(one.columns))):
            names = [fold(name) for name in key.columns]
            of_itself = row == 0 and fold(key.parent) == fold(table.name)
            if of_itself or any(name not in free for name in names):
                continue
            nullable = _nullable(table, key)
            found = self._keys_of(key, circle)
            if found:
                at = (number + row * bool(keyed & set(names))) % len(found)
                found = [*found[at:], *found[:at]]
            none: list[tuple[Value, ...]] = [(None,) * len(names)] * nullable
            choices = [*none, *found] if row == _SPARSE else [*found, *none]
            units.append(Unit(tuple(free.pop(name).name for name in names), choices))
        said = self._said(table)
        for name, column in free.items():
            varied = name in keyed or row == _SPARSE
            units.append(unit_of(said, column, row if varied else 0, sparse=row == _SPARSE))
        return units if row else _of_itself(table, units)

    def _keyed(self, table: Table) -> set[str]:
        """The columns that a unique constraint covers, folded; an index on expressions, all in its text."""
        found = {fold(column.name) for column in table.columns if column.primary_key}
        for name, sql in self._db.execute(_UNIQUE, (table.name,)):
            found.update([fold(name)] if name is not None else map(name_of, significant(sql or "")))
        return found

    def _keys_of(self, key: ForeignKey, circle: Sequence[Table]) -> list[tuple[Value, ...]]:
        """What rows of a parent can be referred to by; of one in a circle, what they will be."""
        columns = [name for name in key.parent_columns if name is not None]
        parent = self._table(fold(key.parent))
        if parent is None or len(columns) != len(key.columns):
            return []
        listed = ", ".join(map(quote, columns))
        known = " AND ".join(f"{quote(name)} IS NOT NULL" for name in columns)
        try:
            found = self._db.execute(
                f"SELECT DISTINCT {listed} FROM {quote(parent.name)} WHERE {known} ORDER BY {listed} LIMIT 4"
            )
        except SqlError:
            return []
        if found or parent not in circle:
            return found
        said = self._said(parent)
        of = {fold(column.name): column for column in parent.columns}
        rows = [[unit_of(said, of[fold(name)], row) for name in columns] for row in range(2)]
        return [
            tuple(unit.choices[0][0] for unit in units) for units in rows if all(u.choices for u in units)
        ]

    def _postpone(self, table: Table, row: int) -> None:
        """Remember the references of the first row that are NULL only because a parent is still empty."""
        if row or not table.foreign_keys or table.without_rowid:
            return
        ((rowid,),) = self._db.execute("SELECT last_insert_rowid()")
        self._later += [
            _Later(table, key, rowid) for key in table.foreign_keys if not self._holds(key.parent)
        ]

    def _refer(self, later: _Later) -> None:
        """Let a row refer to its parent, now that there is one."""
        found = self._keys_of(later.key, ())
        if not found:
            return
        cells = ", ".join(f"{quote(name)} = ?" for name in later.key.columns)
        rowid = free_rowid(column.name for column in later.table.columns) or later.table.rowid_alias
        if rowid is None:
            return
        where = f"{quote(rowid)} = ? AND {quote(later.key.columns[0])} IS NULL"
        db = self._db
        db.execute(f"SAVEPOINT {_SAVEPOINT}")
        try:
            update = f"UPDATE OR ABORT {quote(later.table.name)} SET {cells} WHERE {where}"
            db.execute(update, (*found[0], later.rowid), _STEPS)
            db.execute(f"RELEASE {_SAVEPOINT}")
        except (SqlError, ValueError):
            if db.in_transaction:
                db.execute(f"ROLLBACK TO {_SAVEPOINT}")
                db.execute(f"RELEASE {_SAVEPOINT}")

    def _holds(self, table: str) -> bool:
        try:
            return bool(self._db.execute(f"SELECT 1 FROM {quote(table)} LIMIT 1"))
        except SqlError:
            return True  # nothing can be put into what cannot be read

    def _count(self, table: str) -> int:
        ((count,),) = self._db.execute(f"SELECT count(*) FROM {quote(table)}")
        return int(count)


def _nullable(table: Table, key: ForeignKey) -> bool:
    """Whether a row can do without a parent. The primary key always has a value, as it has in production."""
    names = {fold(name) for name in key.columns}
    own = [column for column in table.columns if fold(column.name) in names]
    return not any(column.not_null or column.primary_key for column in own)


def _of_itself(table: Table, units: list[Unit]) -> list[Unit]:
    """A reference of the first row to its own table means the row itself: it is there as soon as the row."""
    own = [key for key in table.foreign_keys if fold(key.parent) == fold(table.name)]
    at = {fold(unit.columns[0]): unit for unit in units if len(unit.columns) == 1}
    for key in own:
        pairs = zip(key.columns, key.parent_columns, strict=True)
        for child, parent in pairs:
            one, other = at.get(fold(child)), at.get(fold(parent or ""))
            if one is None or other is None or one is other:
                continue
            none: list[tuple[Value, ...]] = [(None,)] * _nullable(table, key)
            one.choices[:] = [*other.choices[:1], *none]
    return units
