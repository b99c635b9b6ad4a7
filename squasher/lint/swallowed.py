"""Why an INSERT that says to pass over conflicts inserted nothing, asked of the database that it ran on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.errors import SqlError
from squasher.introspect import columns_of
from squasher.lint.head import head
from squasher.sql import fold, is_word, outermost, quote, significant, unquote

if TYPE_CHECKING:
    from squasher.engine import Database
    from squasher.model import Value
    from squasher.sql import Token


_MOST: Final = 500


class _Insert(NamedTuple):
    """An INSERT of VALUES: its parts as they are written."""

    table: str
    into: str
    """The table, with its alias and the list of columns."""
    columns: tuple[str, ...]
    """() where there is no list."""
    values: str


def swallowed(database: Database, sql: str) -> str:
    """What SQLite says of the first row that ``sql`` did not insert, had it not said to pass over conflicts.

    ``sql`` is a statement that ran a moment ago and inserted nothing. '' where each of its rows is there with
    equal values, and for what is no INSERT OR IGNORE, or ON CONFLICT DO NOTHING, of VALUES without a
    subquery. Nothing is changed: a row that cannot be inserted is put in again, with OR ABORT.
    """
    insert = _read(significant(sql), sql)
    if insert is None:
        return ""
    draws = database.draws
    try:
        missing = _missing(database, insert)
        return "" if missing is None else _refusal(database, insert, missing)
    except (SqlError, UnicodeDecodeError):
        return ""  # a view, of which nobody can say, or text that is not UTF-8
    finally:
        database.draw_from(draws)


def _read(words: list[Token], sql: str) -> _Insert | None:
    """The parts of such a statement; None for any other."""
    what = head(words)
    if what.verb != "insert" or what.name is None:
        return None
    start = _outside(words, what.rest, "values")
    if start == len(words) or is_word(words[start - 1], "default"):
        return None
    end = _outside(words, start, "on", "returning", ";")
    nothing = [fold(token.text) for token in words[end:]].count("nothing") > 0
    if not (what.conflict == "ignore" or nothing) or any(is_word(one, "select") for one in words[start:end]):
        return None
    between = words[what.rest : start]
    opening = next((place for place, token in enumerate(between) if token.text == "("), len(between))
    listed = [unquote(token.text) for token in between[opening + 1 :] if token.text not in {",", ")"}]
    into = sql[what.name.start : words[start].start]
    values = sql[words[start].start : words[end - 1].end]
    return _Insert(what.called, into, tuple(listed), values)


def _outside(words: list[Token], start: int, *wanted: str) -> int:
    """The place of the first of these words outside of parentheses; behind the end where there is none."""
    found = (place for place, token in outermost(words[start:]) if fold(token.text) in wanted)
    return start + next(found, len(words) - start)


def _missing(database: Database, insert: _Insert) -> tuple[Value, ...] | None:
    """The first row that is not there; what differs each time, as a random key does, is not compared."""
    rows, again = (database.execute(f"SELECT * FROM ({insert.values}) LIMIT {_MOST}") for _ in range(2))
    names = insert.columns or columns_of(database, insert.table)
    for row, other in zip(rows, again, strict=True):
        same = [(name, value) for name, value, once in zip(names, row, other, strict=True) if value == once]
        where = " AND ".join(f"{quote(name)} IS ?" for name, _ in same) or "1"
        values = tuple(value for _, value in same)
        if not database.execute(f"SELECT 1 FROM {quote(insert.table)} WHERE {where} LIMIT 1", values):
            return tuple(row)
    return None


def _refusal(database: Database, insert: _Insert, row: tuple[Value, ...]) -> str:
    """What SQLite says of a row."""
    marks = ", ".join("?" * len(row))
    database.execute("SAVEPOINT squasher")
    try:
        database.execute(f"INSERT OR ABORT INTO {insert.into} VALUES ({marks})", row)
    except SqlError as error:
        return error.message
    finally:
        database.execute("ROLLBACK TO squasher")
        database.execute("RELEASE squasher")
    return ""  # a trigger passed over it
