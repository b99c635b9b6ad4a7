"""Virtual tables on an engine that protects their shadow tables (D1 runs with DEFENSIVE).

There, content goes in and out through the virtual table, and what an index holds is told by
fts5vocab (https://sqlite.org/fts5.html#the_fts5vocab_virtual_table_module), not by its pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.errors import SqlError, UnsupportedError
from squasher.model import Rows
from squasher.rows import fetch, read_rows
from squasher.sql import fold, free_rowid, literal, quote, significant, unquote

if TYPE_CHECKING:
    from squasher.engine import Database
    from squasher.model import Row, VirtualTable

_VOCABULARY = "squasher_vocabulary"
_CONFIG = "option"
_SIZE = "size"
_TOTALS = "totals"
_MOST_TERMS: Final = 1_000_000
TERMS: Final = ("term", "doc", "col", "offset")
"""The columns of what ``terms`` gives."""


def option(sql: str, name: str) -> str | None:
    """The value of an fts5 option such as ``content='posts'``; '' when empty, None when not given."""
    words = significant(sql)
    for index, token in enumerate(words[:-2]):
        if fold(token.text) == name and words[index + 1].text == "=":
            return unquote(words[index + 2].text)
    return None


def external_content_of(sql: str) -> str | None:
    """The table that the fts5 index of a CREATE VIRTUAL TABLE reads, or None."""
    words = significant(sql)
    using = next((i for i, token in enumerate(words) if fold(token.text) == "using"), len(words))
    is_fts5 = [fold(unquote(token.text)) for token in words[using + 1 : using + 2]] == ["fts5"]
    return (option(sql, "content") if is_fts5 else None) or None


def external_content(table: VirtualTable) -> str | None:
    """The table that an external-content fts5 index reads, or None."""
    return external_content_of(table.sql)


def contentless(table: VirtualTable) -> bool:
    """Whether an fts5 table keeps no copy of its text, so that nothing can read it back."""
    return table.module == "fts5" and option(table.sql, "content") == ""


def logical_rows(database: Database, table: VirtualTable) -> Rows:
    """The rows as the virtual table itself answers; none for an index over another table.

    Raises UnsupportedError where no statement could write them again.
    """
    columns = tuple(column.name for column in table.columns if not column.hidden)
    empty = Rows(table=table.name, columns=columns, rows=(), rowids=None)
    if table.module == "rtree":
        return read_rows(database, table.name, columns, None, quote(columns[0]))
    if table.module != "fts5" or external_content(table) is not None:
        return empty
    if contentless(table):
        if holds_terms((terms(database, table),), table):
            raise UnsupportedError(
                f"{table.name} is a contentless full-text index that holds rows:"
                " D1 offers no way to write them into a new installation",
                hint="Fill it from the application, or use content='table'.",
            )
        return empty
    _refuse_locales(database, table)
    # an index has a hidden column of its own name, which hides a name of the rowid
    rowid = free_rowid((table.name, *columns))
    if rowid is None:
        raise UnsupportedError(
            f"no name reaches the rowids of {table.name}: it and its columns take all three",
            hint="Rename a column in a migration.",
        )
    return read_rows(database, table.name, columns, rowid, rowid)


def unreadable(database: Database, table: VirtualTable) -> bool:
    """Whether an index can no longer read the table that it was made over, under the names of then."""
    if external_content(table) is None:
        return False
    try:
        database.execute(f"SELECT rowid FROM {quote(table.name)} LIMIT 1")
    except SqlError:
        return True
    return False


def _refuse_locales(database: Database, table: VirtualTable) -> None:
    """With locale=1 a value may carry a locale, in a column of its own that no SELECT of the value shows."""
    content = table.name + "_content"
    columns = database.execute("SELECT name FROM pragma_table_info(?) WHERE name GLOB 'l[0-9]*'", (content,))
    for (column,) in columns:
        if database.execute(f"SELECT 1 FROM {quote(content)} WHERE {column} IS NOT NULL LIMIT 1"):
            raise UnsupportedError(
                f"{table.name} is a full-text index with values of a locale:"
                " they cannot be read back as they were written",
                hint="Index them without fts5_locale().",
            )


def holds_terms(terms: tuple[Rows, ...], table: VirtualTable) -> bool:
    """Whether an index holds anything but its configuration."""
    return any(
        row[0] not in {_CONFIG, _TOTALS} for rows in terms if rows.table == table.name for row in rows.rows
    )


def words(terms: tuple[Rows, ...], table: VirtualTable) -> list[Row]:
    """What an index finds, without its configuration and its sizes."""
    return [
        row
        for rows in terms
        if rows.table == table.name
        for row in rows.rows
        if row[0] not in {_CONFIG, _SIZE, _TOTALS}
    ]


def configuration(terms: tuple[Rows, ...], table: VirtualTable) -> list[tuple[str, str]]:
    """The options set on an index by ``INSERT INTO f (f, rank)``, as literals."""
    return [
        (row[1], row[2])
        for rows in terms
        if rows.table == table.name
        for row in rows.rows
        if row[0] == _CONFIG
    ]


def terms(database: Database, table: VirtualTable) -> Rows:
    """What a full-text index holds: term, document, column and offset.

    Before them a row per option set, and the sizes that it keeps of documents, on which its ranking
    rests (https://sqlite.org/fts5.html#the_columnsize_option): two indexes may find the same and rank
    it otherwise.
    """
    if table.module != "fts5":
        return Rows(table=table.name, columns=TERMS, rows=(), rowids=None)
    database.execute(
        f"CREATE VIRTUAL TABLE temp.{_VOCABULARY} USING fts5vocab(main, {quote(table.name)}, instance)"
    )
    most = _MOST_TERMS * database.profile.scale
    try:
        found = fetch(
            database,
            [*TERMS],
            f" FROM temp.{_VOCABULARY} ORDER BY {', '.join(TERMS)} LIMIT {most + 1}",
        )
    finally:
        database.execute(f"DROP TABLE temp.{_VOCABULARY}")
    if len(found) > most:
        raise UnsupportedError(
            f"{table.name} indexes more than {most:,} words, and no more can be compared",
            hint="Fill it with a program of its own: migrations carry a schema and reference rows.",
        )
    # 'version' is the format of the index's own pages, which are rebuilt
    options = database.execute(
        f"SELECT k, v FROM {quote(table.name + '_config')} WHERE k <> 'version' ORDER BY k"
    )
    config = tuple((_CONFIG, literal(key), literal(value), "NULL") for key, value in options)
    rows = (*config, *_sizes(database, table), *_cells(found))
    return Rows(table=table.name, columns=TERMS, rows=rows, rowids=None)


def _sizes(database: Database, table: VirtualTable) -> tuple[tuple[str, ...], ...]:
    """The size of each document in tokens, and of all of them together, as the index keeps them."""
    docsize = table.name + "_docsize"
    sizes = (
        database.execute(f"SELECT id, sz FROM {quote(docsize)} ORDER BY id")
        if docsize in table.shadows
        else []
    )
    totals = database.execute(f"SELECT block FROM {quote(table.name + '_data')} WHERE id = 1")
    return (
        *((_SIZE, literal(number), literal(size), "NULL") for number, size in sizes),
        *((_TOTALS, literal(block), "NULL", "NULL") for (block,) in totals),
    )


def _cells(
    found: list[tuple[int | float | str | bytes | None, ...]],
) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(literal, row)) for row in found)
