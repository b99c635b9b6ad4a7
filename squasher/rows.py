"""Reading rows: every value as the literal that stores it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher import packed
from squasher.errors import UnsupportedError
from squasher.model import Rows
from squasher.sql import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.engine import Database, Found
    from squasher.model import Table, Value

LARGEST_ROWID: Final = 2**63 - 1


def largest_key(table: Table, rows: Rows | None) -> int:
    """The largest INTEGER PRIMARY KEY in the rows of a table; 0 when there are none."""
    if rows is None or table.rowid_alias is None:
        return 0
    return max(map(int, packed.cells(rows.rows, rows.columns.index(table.rowid_alias))))


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
    rowids = list[int]() if rowid else None
    try:
        found = database.stream(_select([rowid, *named] if rowid else named, tail))
        rows = packed.pack(found if rowids is None else _without(rowids, found))
    except UnicodeDecodeError:
        rowids = list[int]() if rowid else None
        read = iter(fetch(database, [rowid, *named] if rowid else named, tail))
        rows = packed.pack(read if rowids is None else _without(rowids, read))
    numbers = None if rowids is None else _numbers(rowids)
    return Rows(table=table, columns=columns, rows=rows, rowids=numbers, rowid=rowid or "rowid")


def _without(rowids: list[int], found: Iterator[tuple[Value, ...]]) -> Iterator[tuple[Value, ...]]:
    """The rows without the rowids before them, which are put into a list of their own."""
    for rowid, *values in found:
        rowids.append(rowid)  # type: ignore[arg-type]
        yield tuple(values)


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
