"""The judge of generated statements: a bare SQLite connection with a profile's rules, and what it holds."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.profiles import Profile

_STEPS: Final = 2_000_000
_SETTINGS: Final = ("legacy_alter_table", "recursive_triggers", "defer_foreign_keys", "foreign_keys")


class Column(NamedTuple):
    """A column, as SQLite reports it."""

    name: str
    type: str
    needed: bool
    """NOT NULL, and no DEFAULT that gives a value."""
    key: int
    """Its place in the primary key, from 1."""
    unique: bool
    """Whether some key or unique index has it."""
    generated: bool
    parent: tuple[str, str] | None
    """The table and column that it refers to."""


class Table(NamedTuple):
    """A table, a view or a virtual table, as SQLite reports it."""

    name: str
    kind: str
    """table, view or virtual."""
    columns: tuple[Column, ...]
    rowid: bool
    strict: bool
    sql: str

    @property
    def alias(self) -> Column | None:
        """The INTEGER PRIMARY KEY, if that is what the table has."""
        keys = [column for column in self.columns if column.key]
        one = len(keys) == 1 and self.rowid and keys[0].type.upper() == "INTEGER"
        return keys[0] if one else None

    @property
    def written(self) -> tuple[Column, ...]:
        """The columns that an INSERT may name."""
        return tuple(column for column in self.columns if not column.generated)


class Scratch:
    """A database in which every statement of a chain is tried before it joins the chain."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.files: list[str] = []
        """The scripts that were committed."""
        self.open: list[str] = []
        """The statements of the file that is being made."""
        self._tables: list[Table] | None = None
        self._connect()

    def _connect(self) -> None:
        self.db = connect(self.profile)
        self.db.set_progress_handler(self._progress, 100_000)
        self._checks = 0

    def _progress(self) -> bool:
        self._checks += 1
        return self._checks * 100_000 > _STEPS

    def close(self) -> None:
        """Close the connection."""
        self.db.close(True)  # noqa: FBT003 - apsw's "force"

    def _run(self, script: str) -> None:
        self._checks = 0
        for _ in self.db.execute(script, can_cache=False):
            pass

    def attempt(self, statements: Sequence[str]) -> bool:
        """Run statements that belong together; when SQLite refuses one, none of them has happened."""
        if not self.db.in_transaction:
            self.db.execute("BEGIN")
        self._tables = None
        self.db.execute("SAVEPOINT attempt")
        try:
            for statement in statements:
                self._run(statement)
            self.db.execute("RELEASE attempt")
        except (apsw.Error, UnicodeDecodeError):
            if self.db.in_transaction:
                self.db.execute("ROLLBACK TO attempt; RELEASE attempt; PRAGMA legacy_alter_table = 0")
            else:  # OR ROLLBACK, or RAISE(ROLLBACK)
                self._again()
            return False
        self.open += statements
        return True

    def _again(self) -> None:
        """Do everything again that had been done, on a new connection."""
        self.close()
        self._connect()
        for script in self.files:
            self._run(f"BEGIN; {script}\n; COMMIT")
            settle(self.db, self.profile)
        self._run("BEGIN")
        for statement in self.open:
            self._run(statement)

    def commit(self, script: str) -> bool:
        """End the file; when SQLite refuses that, nothing of the file has happened."""
        self.open = []
        if self.db.in_transaction:
            try:
                self.db.execute("COMMIT")
            except apsw.Error:
                with contextlib.suppress(apsw.Error):
                    self.db.execute("ROLLBACK")
                settle(self.db, self.profile)
                self._tables = None
                return False
        settle(self.db, self.profile)
        self.files.append(script)
        return True

    def stored(self, kind: str, table: str | None = None) -> list[tuple[str, str]]:
        """Name and text of the objects of a kind, or of those on one table."""
        found = ask(
            self.db,
            "SELECT name, sql FROM main.sqlite_schema WHERE type = ?1 AND sql IS NOT NULL"
            " AND (?2 IS NULL OR tbl_name = ?2 COLLATE NOCASE)"
            " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
            (kind, table),
        )
        return [(name, sql) for name, sql in found]

    @property
    def tables(self) -> list[Table]:
        """Every table, view and virtual table of the user's that SQLite can read."""
        if self._tables is None:
            self._tables = list(self._read())
        return self._tables

    def of_kind(self, *kinds: str) -> list[Table]:
        """The tables of some kinds."""
        return [table for table in self.tables if table.kind in kinds]

    def _read(self) -> Iterator[Table]:
        for name, kind, without_rowid, strict, sql in ask(
            self.db,
            "SELECT l.name, l.type, l.wr, l.strict, s.sql FROM pragma_table_list AS l"
            " JOIN main.sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view')"
            " WHERE l.schema = 'main' AND l.type <> 'shadow' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            " ORDER BY s.rowid",
        ):
            try:
                columns = tuple(self._columns(name))
            except apsw.Error:
                continue  # a view on something that is gone
            yield Table(name, kind, columns, not without_rowid, bool(strict), sql)

    def _columns(self, table: str) -> Iterator[Column]:
        unique = {
            column
            for (column,) in ask(
                self.db,
                "SELECT x.name FROM pragma_index_list(?) AS i, pragma_index_info(i.name) AS x"
                ' WHERE i."unique"',
                (table,),
            )
        }
        parents = {
            child: (parent, key)
            for child, parent, key in ask(
                self.db, 'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)', (table,)
            )
        }
        facts = ask(
            self.db,
            'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)',
            (table,),
        )
        for name, kind, not_null, default, key, hidden in facts:
            if hidden != 1:
                yield Column(
                    name=name,
                    type=kind,
                    needed=bool(not_null) and default is None,
                    key=key,
                    unique=bool(key) or name in unique,
                    generated=hidden > 0,
                    parent=parents.get(name),
                )


def connect(profile: Profile) -> apsw.Connection:
    """A connection with the limits and settings that a profile's target has."""
    db = apsw.Connection(":memory:")
    db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, int(profile.defensive))
    for name, value in zip(profile.limits._fields, profile.limits, strict=True):
        if value is not None:
            db.limit(getattr(apsw, f"SQLITE_LIMIT_{name.upper()}"), value)
    settle(db, profile)
    return db


def ask(db: apsw.Connection, query: str, values: tuple[str | None, ...] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query, each value of the class that the query gives."""
    return db.execute(query, values, can_cache=False).fetchall()


def settle(db: apsw.Connection, profile: Profile) -> None:
    """What every file finds: the settings of a new connection."""
    for name in _SETTINGS:
        db.execute(f"PRAGMA {name} = {int(name == 'foreign_keys' and profile.foreign_keys)}")
