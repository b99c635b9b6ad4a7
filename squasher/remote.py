"""A database at Cloudflare, asked through the user's own wrangler and made again in memory.

Nothing is ever written there: every statement that is sent is built here, is one SELECT, and is looked
at once more before it goes. Source: wrangler 4.86.0 and 4.164.0, ``d1 execute --json``.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.engine import Database
from squasher.errors import InputError, SqlError, UnsupportedError
from squasher.introspect import introspect
from squasher.model import Table, VirtualTable
from squasher.schema import Stored, is_virtual
from squasher.sql import fold, free_rowid, literal, quote, significant
from squasher.statements import Stopped
from squasher.universe import utc
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeAlias

    from squasher.model import Snapshot
    from squasher.profiles import Profile

    Ask: TypeAlias = Callable[[str], list[list[dict[str, Any]]]]
    """SQL to the rows of each of its statements; see ``wrangler_cli.Wrangler.ask``."""

MOST_ROWS: Final = 10_000
"""Rows of one table that are read: migrations leave reference rows, and each passes as JSON."""
_PAGE: Final = 500
_COLUMNS: Final = 90
"""Values of a row that are asked for at once: a result has at most 100 columns, as a table has."""
_LONGEST: Final = 24_000
"""Characters of one command line argument: Windows takes 32,767 of all of them together."""

_SCHEMA: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
_SHADOWS: Final = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
_TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table'"
_COUNTERS: Final = "SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence"
_OWN: Final = "sqlite_"
_UNSENDABLE: Final = (";", '"', "--", "/*", "BEGIN TRANSACTION", "\\")


class Schema(NamedTuple):
    """What a database stores of its schema, and which migrations its ledger records."""

    stored: tuple[tuple[str, str, str, str | None], ...]
    """Type, name, table and text of every object, in the order of creation."""
    shadows: frozenset[str]
    """The tables that its SQLite takes for parts of virtual tables."""
    ledger: tuple[str, ...]


def read_schema(ask: Ask, profile: Profile) -> Schema:
    """The schema of a database and its ledger. Raises InputError."""
    ledger = profile.ledger
    statements = [_SCHEMA, _SHADOWS]
    if ledger is not None:
        try:
            found = select(ask, [*statements, f"SELECT name FROM {_name(ledger)} ORDER BY id"])
        except InputError as error:
            if not any(what in error.message for what in ("no such table", "no such column")):
                raise
            found = select(ask, statements)
    else:
        found = select(ask, statements)
    try:
        stored = tuple((row["type"], row["name"], row["tbl_name"], row["sql"]) for row in found[0])
        shadows = frozenset(row["name"] for row in found[1])
        recorded = tuple(str(row["name"]) for row in found[2]) if len(found) > len(statements) else ()
    except (KeyError, TypeError) as error:
        raise _strange() from error
    if not all(_is_text(one) for row in stored for one in (*row[:3], row[3] or "")):
        raise _strange()
    if not all(map(_is_text, recorded)):
        raise _strange()
    return Schema(stored, shadows, recorded)


def _is_text(value: object) -> bool:
    """Whether it is text that SQLite can hold: without NUL, and of whole characters."""
    return isinstance(value, str) and "\0" not in value and value == value.encode("utf-8", "replace").decode()


def snapshot(
    schema: Schema, profile: Profile, shown: str, ask: Ask | None = None, tables: frozenset[str] = frozenset()
) -> Snapshot:
    """The database made again in memory, and read as a database file is.

    With ``ask``, the rows of these ``tables`` (folded names) are read too. Raises InputError.
    """
    with Database(profile, UNIVERSES[0]) as database:
        try:
            parts = _parts(schema, profile)
            _make(database, schema, parts, triggers=False)
            if ask is not None:
                _fill(database, schema, ask, tables, shown)
            _make(database, schema, parts, triggers=True)
            _record(database, schema)
            _refuse_another(database, schema, parts)
            return introspect(
                database, rows=ask is not None, carried=False, tables=tables if ask is not None else None
            )
        except (Stopped, SqlError, UnsupportedError) as error:
            message = error.error.message if isinstance(error, Stopped) else error.message
            raise InputError(
                f"{shown}: its schema cannot be made again in memory: {message}",
                hint="Look whether a newer squasher knows what the database holds.",
            ) from error


def _make(database: Database, schema: Schema, parts: set[str], *, triggers: bool) -> None:
    """Run the stored statements in the order of creation, but for those of ``parts``."""
    for kind, name, table, sql in schema.stored:
        platforms = _is_platforms(database.profile, name, table)
        if sql is not None and not platforms and name not in parts and (kind == "trigger") is triggers:
            with utc():
                database.run(sql)


def _parts(schema: Schema, profile: Profile) -> set[str]:
    """The tables that come with virtual tables; VACUUM moves them before these."""
    if not schema.shadows:
        return set()
    with Database(profile, UNIVERSES[0]) as scratch:
        for kind, name, _, sql in schema.stored:
            if kind == "table" and sql is not None and is_virtual(Stored(kind, name, name, sql)):
                with contextlib.suppress(Stopped), utc():
                    scratch.run(sql)
        return {name for (name,) in scratch.execute(_TABLES) if name in schema.shadows}


def _is_platforms(profile: Profile, *names: str) -> bool:
    """Whether an object belongs to SQLite or to Cloudflare, who make it themselves."""
    prefixes = [_OWN, *([profile.reserved_prefix] if profile.reserved_prefix else [])]
    return any(fold(name).startswith(prefix) for name in names for prefix in prefixes)


def _refuse_another(database: Database, schema: Schema, parts: set[str]) -> None:
    """The copy stores the same objects with the same text, or it is none. Raises SqlError."""
    made = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql NOT NULL")
    should = [row for row in schema.stored if row[3] is not None]
    for kind, name, table, _ in sorted(set(made) ^ set(should)):
        if table not in parts and not _is_platforms(database.profile, name, table):
            raise SqlError(f"{kind} {name} is not what its text makes")


def _record(database: Database, schema: Schema) -> None:
    """Fill the ledger."""
    ledger = database.profile.ledger
    if ledger is None or not any(row[:2] == ("table", ledger) for row in schema.stored):
        return
    database.execute(f"DELETE FROM {quote(ledger)}")
    for name in schema.ledger:
        database.execute(f"INSERT INTO {quote(ledger)} (name) VALUES (?)", (name,))


def _fill(database: Database, schema: Schema, ask: Ask, tables: frozenset[str], shown: str) -> None:
    """Read the rows of some tables and insert them."""
    objects = introspect(database, rows=False, carried=False).objects
    wanted = [one for one in objects if isinstance(one, Table | VirtualTable) and fold(one.name) in tables]
    readable = [one for one in wanted if isinstance(one, Table) or one.module == "fts5"]
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("PRAGMA ignore_check_constraints = ON")
    counted = any(name == "sqlite_sequence" for _, name, *_ in schema.stored)
    questions = [*([_COUNTERS] if counted else []), *(_count(one) for one in readable)]
    replies = [reply for found in _in_portions(ask, questions) for reply in found]
    counters = replies[: len(replies) - len(readable)]
    numbers = [row["n"] for rows in replies[len(counters) :] for row in rows]
    pages: list[_Page] = []
    for table, number in zip(readable, numbers, strict=True):
        if number > MOST_ROWS:
            raise InputError(
                f"{shown}: {table.name} holds {number:,} rows, and at most {MOST_ROWS:,} of a table can be"
                " read through wrangler",
                hint="Leave out --rows.",
            )
        pages += _pages(table, number)
    contents = [reply for found in _in_portions(ask, [page.sql for page in pages]) for reply in found]
    _insert(database, zip(pages, contents, strict=True))
    for rows in counters:
        _count_on(database, rows)


def _count(table: Table | VirtualTable) -> str:
    return f"SELECT count(*) AS n FROM {_name(table.name)}"


class _Page(NamedTuple):
    """A part of a table: some rows, and of these some columns."""

    table: str
    start: int
    columns: tuple[str, ...]
    all: tuple[str, ...]
    sql: str


def _pages(table: Table | VirtualTable, number: int) -> Iterator[_Page]:
    """The statements that read a table, each row's columns side by side if there are too many."""
    columns = tuple(one.name for one in table.columns if not one.generated and one.hidden != 1)
    order = ", ".join(_name(one.name) for one in _key(table))
    if isinstance(table, VirtualTable) or (not table.without_rowid and table.rowid_alias is None):
        rowid = free_rowid(column.name for column in table.columns)
        if rowid is not None:
            columns, order = (rowid, *columns), rowid
    for start in range(0, number, _PAGE):
        for first in range(0, len(columns), _COLUMNS):
            some = columns[first : first + _COLUMNS]
            values = ", ".join(f"{_cell(_name(name))} AS c{place}" for place, name in enumerate(some))
            tail = f" ORDER BY {order}" if order else ""
            sql = f"SELECT {values} FROM {_name(table.name)}{tail} LIMIT {_PAGE} OFFSET {start}"
            yield _Page(table.name, start, some, columns, sql)


def _key(table: Table | VirtualTable) -> list[Any]:
    return sorted((one for one in table.columns if one.primary_key), key=lambda one: one.primary_key)


def _cell(name: str) -> str:
    """A value in a form that JSON carries exactly: it knows no blobs, no NUL and no 64 bits."""
    return (
        f"CASE typeof({name}) WHEN 'integer' THEN 'i' || {name}"
        f" WHEN 'real' THEN CASE {name} WHEN 9e999 THEN 'r9e999' WHEN -9e999 THEN 'r-9e999' ELSE {name} END"
        f" WHEN 'text' THEN 't' || hex({name}) WHEN 'blob' THEN 'b' || hex({name}) END"
    )


def _value(sent: object) -> object:
    """The value that ``_cell`` made such a form of. Raises InputError."""
    match sent:
        case None:
            return None
        case int() | float():
            return float(sent)  # JSON writes 2.0 as 2, and every real as exactly as it is
        case str() if sent[:1] == "i":
            return int(sent[1:])
        case "r9e999" | "r-9e999":
            return float("inf") if sent == "r9e999" else float("-inf")
        case str() if sent[:1] == "b":
            return bytes.fromhex(sent[1:])
        case str() if sent[:1] == "t":
            return bytes.fromhex(sent[1:]).decode("utf-8", "surrogateescape")
    raise _strange()


def _insert(database: Database, found: Iterable[tuple[_Page, list[dict[str, Any]]]]) -> None:
    rows: dict[tuple[str, int], list[list[str]]] = {}
    columns: dict[str, tuple[str, ...]] = {}
    for page, reply in found:
        columns[page.table] = page.all
        try:
            cells = [
                [literal(_value(row[f"c{place}"])) for place in range(len(page.columns))] for row in reply
            ]
        except (KeyError, ValueError, TypeError) as error:
            raise _strange() from error
        held = rows.setdefault((page.table, page.start), [[] for _ in cells])
        if len(held) != len(cells):
            raise InputError("the database changed while it was read", hint="Try again.")
        for place, more in enumerate(cells):
            held[place] += more
    for (table, _), held in rows.items():
        names = ", ".join(map(quote, columns[table]))
        for row in held:
            database.execute(f"INSERT INTO {quote(table)} ({names}) VALUES ({', '.join(row)})")


def _count_on(database: Database, rows: list[dict[str, Any]]) -> None:
    """Give the AUTOINCREMENT counters the values that they have there."""
    tables = {name for (name,) in database.execute(_TABLES)}
    database.execute("DELETE FROM sqlite_sequence")
    for row in rows:
        if row["name"] in tables:
            values = (row["name"], int(row["seq"] or 0))
            database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", values)


def _in_portions(ask: Ask, statements: Iterable[str]) -> Iterator[list[list[dict[str, Any]]]]:
    """Ask in as few calls as command lines are long enough for: a call takes seconds."""
    portion: list[str] = []
    for sql in statements:
        if portion and sum(map(len, portion)) + len(sql) > _LONGEST:
            yield select(ask, portion)
            portion = []
        portion.append(sql)
    if portion:
        yield select(ask, portion)


def _name(name: str) -> str:
    """A name in quotes, of characters that no splitter between here and there can misread."""
    if not name.isprintable() or any(part in name for part in _UNSENDABLE):
        raise InputError(
            f"{name} is a name that wrangler may not carry as it is",
            hint="Leave out --rows.",
        )
    return f'"{name}"'


def select(ask: Ask, statements: list[str]) -> list[list[dict[str, Any]]]:
    """The rows of each statement: the one way out of here, for SELECT and nothing else. Raises InputError."""
    for sql in statements:
        words = significant(sql)
        if fold(words[0].text) != "select" or any(word.text == ";" for word in words):
            message = f"not one SELECT: {sql}"
            raise AssertionError(message)
    found = ask("; ".join(statements))
    if len(found) != len(statements):
        raise _strange()
    return found


def _strange() -> InputError:
    return InputError(
        "wrangler gave another answer than it was asked for",
        hint="Update it: `npm install --save-dev wrangler@latest`.",
    )
