"""Reading rows: every value as the literal that stores it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.errors import UnsupportedError
from squasher.model import Rows
from squasher.sql import literal, quote

if TYPE_CHECKING:
    from squasher.engine import Database, Found
    from squasher.model import Table

LARGEST_ROWID: Final = 2**63 - 1


def largest_key(table: Table, rows: Rows | None) -> int:
    """The largest INTEGER PRIMARY KEY in the rows of a table; 0 when there are none."""
    if rows is None or table.rowid_alias is None:
        return 0
    place = rows.columns.index(table.rowid_alias)
    return max(int(row[place]) for row in rows.rows)


def fetch(database: Database, columns: list[str], tail: str) -> Found:
    """The values of ``columns``; TEXT that is not UTF-8 comes as surrogate escapes."""
    try:
        return database.execute(f"SELECT {', '.join(columns) or 'NULL'}{tail}")
    except UnicodeDecodeError:
        pass
    split = [
        f"typeof({c}) = 'text', CASE typeof({c}) WHEN 'text' THEN CAST({c} AS BLOB) ELSE {c} END"
        for c in columns
    ]
    return [
        tuple(
            value.decode("utf-8", "surrogateescape") if is_text and isinstance(value, bytes) else value
            for is_text, value in zip(row[::2], row[1::2], strict=True)
        )
        for row in database.execute(f"SELECT {', '.join(split)}{tail}")
    ]


def read_rows(
    database: Database, table: str, columns: tuple[str, ...], rowid: str | None, order: str | None
) -> Rows:
    """Read a table; ``rowid`` is the name under which the implicit rowid can be reached."""
    named = [quote(column) for column in columns]
    tail = f" FROM {quote(table)}" + (f" ORDER BY {order}" if order else "")
    found = fetch(database, [rowid, *named] if rowid else named, tail)
    rowids: tuple[int, ...] | None = None
    if rowid:
        rowids = tuple(row[0] for row in found)
        found = [row[1:] for row in found]
    rows = tuple(tuple(map(literal, row)) for row in found)
    return Rows(table=table, columns=columns, rows=rows, rowids=rowids, rowid=rowid or "rowid")


def refuse_chosen_rowids(rows: Rows) -> None:
    """Beside the largest rowid SQLite chooses others by chance (autoinc.html). Raises UnsupportedError."""
    if rows.rowids and rows.rowids[1:] and rows.rowids[-1] == LARGEST_ROWID:
        raise UnsupportedError(
            f"{rows.table} holds the largest possible rowid: SQLite chose other rowids by chance",
            hint="Give the table an INTEGER PRIMARY KEY and write the keys.",
        )
