"""Reading rows: every value as the literal that stores it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher import packed
from squasher.errors import UnsupportedError
from squasher.model import Rows
from squasher.sql import quote

if TYPE_CHECKING:
    from squasher.engine import Database, Found
    from squasher.model import Table

LARGEST_ROWID: Final = 2**63 - 1


def largest_key(table: Table, rows: Rows | None) -> int:
    """The largest INTEGER PRIMARY KEY in the rows of a table; 0 when there are none."""
    if rows is None or table.rowid_alias is None:
        return 0
    return packed.largest(rows.rows, rows.columns.index(table.rowid_alias))


def _select(columns: list[str], tail: str) -> str:
    return f"SELECT {', '.join(columns) or 'NULL'}{tail}"


def fetch(database: Database, columns: list[str], tail: str) -> Found:
    """The values of ``columns``; TEXT that is not UTF-8 comes as surrogate escapes."""
    try:
        return database.execute(_select(columns, tail))
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
    names = [rowid, *named] if rowid else named
    try:
        rowids = list[int]() if rowid else None
        rows = packed.pack(database.stream(_select(names, tail), packed.ROWS), rowids)
    except UnicodeDecodeError:
        rowids = list[int]() if rowid else None
        rows = packed.pack(packed.batches(fetch(database, names, tail)), rowids)
    numbers = None if rowids is None else _numbers(rowids)
    return Rows(table=table, columns=columns, rows=rows, rowids=numbers, rowid=rowid or "rowid")


def _numbers(rowids: list[int]) -> tuple[int, ...] | range:
    """Rowids in little memory, where there are many of them and no gaps."""
    if len(rowids) > packed.ROWS and rowids[-1] - rowids[0] == len(rowids) - 1:
        return range(rowids[0], rowids[-1] + 1)  # they are in order, and each is there once
    return tuple(rowids)


def refuse_chosen_rowids(rows: Rows) -> None:
    """Beside the largest rowid SQLite chooses others by chance (autoinc.html). Raises UnsupportedError."""
    if rows.rowids and rows.rowids[1:] and rows.rowids[-1] == LARGEST_ROWID:
        raise UnsupportedError(
            f"{rows.table} holds the largest possible rowid: SQLite chose other rowids by chance",
            hint="Give the table an INTEGER PRIMARY KEY and write the keys.",
        )
