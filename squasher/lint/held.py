"""What a table holds at a moment of a replay, as far as it is worth comparing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.errors import SqlError
from squasher.sql import quote

if TYPE_CHECKING:
    from squasher.engine import Database, Found

MOST: Final = 10_000
"""A table with more rows is not compared row by row."""


def rows_of(database: Database, table: str) -> Found | None:
    """The rows of a table, at the most one more than ``MOST``; None without one, and for text not UTF-8."""
    try:
        return database.execute(f"SELECT * FROM {quote(table)} LIMIT {MOST + 1}")
    except (SqlError, UnicodeDecodeError):
        return None


def columns_of(database: Database, table: str) -> tuple[str, ...]:
    """The names of what such a row consists of, generated columns among them."""
    found = database.execute("SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1", (table,))
    return tuple(name for (name,) in found)
