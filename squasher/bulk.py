"""Bulk: tables that literals alone fill, of which another universe has to see one row of each statement.

The clock has no part in a row of literals but for a DEFAULT of a column that the statement does not name:
one value per statement, because SQLite refuses the clock in a CHECK, an index and a generated column
(https://sqlite.org/deterministic.html). Where no constraint looks at such a column, and no other statement
at the table, all rows do in every universe what the first one of each statement does.
"""

from __future__ import annotations

from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import fulltext
from squasher.model import Index, Rows, Table, Trigger, VirtualTable
from squasher.packed import Packed
from squasher.sql import fold, is_word, significant, unquote, words
from squasher.volatile import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from squasher.engine import Database
    from squasher.model import Column, Snapshot
    from squasher.statements import Ran

_OTHERS: Final = b"0123456789+-*/.,;() \t\r\n" + b"eExX"
"""What stands in rows beside NULL and what is in quotes: numbers, products of them, the x of a blob."""
_COMMENTS: Final = ("--", "/*")


class _Rows(NamedTuple):
    """An INSERT of nothing but literals."""

    table: str
    """Folded."""
    first: str
    """The same statement with its first row alone."""
    columns: frozenset[str]
    """Those that it names, folded."""


class Bulk(NamedTuple):
    """What another universe has to see of the tables that literals fill."""

    first: Mapping[int, str]
    """Instead of a statement, by the number that ``id`` gives it: the same one with its first row."""
    columns: Mapping[str, frozenset[int]]
    """By table, the places of the columns in which the clock may have a part."""


NOTHING: Final = Bulk({}, {})


def bulk(
    files: Sequence[tuple[Ran, ...]],
    whole: Snapshot,
    names_of: Callable[[Ran], Iterable[str]],
    related: Mapping[str, set[str]],
) -> Bulk:
    """The large tables that literals alone fill; ``names_of`` tells what ties a statement to others."""
    large = {part.table: part for part in whole.rows if isinstance(part.rows, Packed)}
    if not large:
        return NOTHING
    users: dict[str, list[Ran]] = {}
    literal: dict[int, _Rows] = {}
    for statements in files:
        for ran in statements:
            rows = _literal(ran, related)
            if rows is not None:
                literal[id(ran)] = rows
            for name in names_of(ran):
                users.setdefault(name, []).append(ran)
    tables = {fold(item.name): item for item in whole.objects if isinstance(item, Table)}
    apart = {fold(item.table) for item in whole.objects if isinstance(item, Trigger)}
    apart |= {
        fold(fulltext.external_content(item) or "")
        for item in whole.objects
        if isinstance(item, VirtualTable)
    }
    indexes = [item for item in whole.objects if isinstance(item, Index)]
    found: dict[str, tuple[dict[int, str], frozenset[int]]] = {}
    for name, table in tables.items():
        inserts = None if name in apart else _inserts(name, users.get(name, []), literal, related)
        if inserts is None:
            continue
        omitted = _omitted(table, inserts.values())
        own = [item for item in indexes if fold(item.table) == name]
        keys = _keys(table, tables.values())
        if omitted is not None and not any(_matters(table, one, own, keys) for one in omitted):
            places = [column.name for column in table.columns if not column.generated]
            at = frozenset(places.index(column.name) for column in omitted)
            found[name] = {key: insert.first for key, insert in inserts.items()}, at
    # a row may need another in a table that is not the same in every universe, or go with it
    while lost := [name for name in found if not related.get(name, set()) <= found.keys()]:
        for name in lost:
            del found[name]
    firsts: dict[int, str] = {}
    columns: dict[str, frozenset[int]] = {}
    for table_name, part in large.items():
        if fold(table_name) in found:
            first, at = found[fold(table_name)]
            if all(_one(part, place) is not None for place in at):
                firsts |= first
                columns[table_name] = at
    return Bulk(firsts, columns)


def expanded(database: Database, found: Rows, whole: Rows, places: frozenset[int]) -> Rows | None:
    """All rows in another universe, of which ``found`` has the first ones; None where that cannot be said."""
    rows = whole.rows
    for place in places:
        here, there = _one(found, place), _one(whole, place)
        if here is None or there is None or not isinstance(rows, Packed):
            return None
        # where it is as long, a row is no longer than it may be, either
        if kind(here) not in {"text", "integer"} or (kind(here), len(here)) != (kind(there), len(there)):
            return None
        ((value,),) = database.execute(f"SELECT {here}")
        rows = rows.filled(place, value)
    return whole._replace(rows=rows)


def _one(part: Rows, place: int) -> str | None:
    """The literal that all rows have in a column, if there is one."""
    known: set[str] = set()
    if isinstance(part.rows, Packed):
        known = {part.rows.alike(number, place) or "" for number, _ in enumerate(part.rows.bounds())}
    else:
        known = {row[place] for row in part.rows}
    return known.pop() if len(known) == 1 and "" not in known else None


def _literal(ran: Ran, related: Mapping[str, set[str]]) -> _Rows | None:
    """A statement that stores literals and asks nothing but whether keys are there; None for any other."""
    if ran.defines or ran.asked_random or len(ran.writes) != 1:
        return None
    table = fold(ran.writes[0])
    if not {*map(fold, ran.touches)} <= {table, *related.get(table, ())}:
        return None
    return _read(ran.sql, table)


def _read(sql: str, table: str) -> _Rows | None:
    """What ``INSERT INTO name (columns) VALUES`` and rows of literals say; None for anything else."""
    rest = words(sql)
    if [fold(word.text) for word in islice(rest, 2)] != ["insert", "into"]:
        return None
    if [word.text for word in islice(rest, 1, 2)] != ["("]:
        return None
    columns = [fold(unquote(word.text)) for word in takewhile(lambda word: word.text != ")", rest)]
    if [fold(word.text) for word in islice(rest, 1)] != ["values"]:
        return None
    start = end = depth = 0
    for word in rest:
        start = start or word.start
        depth += (word.text == "(") - (word.text == ")")
        end = word.end
        if depth == 0:
            break
    return _Rows(table, sql[:end], frozenset(columns)) if end and _plain(sql[start:]) else None


def _plain(rows: str) -> bool:
    """Whether no universe has a part in a text between two words: neither a word nor a name is in it."""
    outside = " ".join(rows.split("'")[::2])  # what is doubled in a text parts it in two
    if any(mark in outside for mark in _COMMENTS):
        return False
    return not outside.replace("NULL", "").encode(errors="replace").translate(None, _OTHERS)


def _inserts(
    name: str, users: Iterable[Ran], literal: Mapping[int, _Rows], related: Mapping[str, set[str]]
) -> dict[int, _Rows] | None:
    """The statements that fill a table; None where another than those that make it has to do with it."""
    found: dict[int, _Rows] = {}
    for ran in users:
        rows = literal.get(id(ran))
        if rows is not None and rows.table == name:
            found[id(ran)] = rows
        elif rows is not None and name in related.get(rows.table, ()):
            continue  # it looks for a key
        elif ran.asked_clock or ran.asked_random or not (ran.defines and _makes(ran, name)):
            return None
    return found


def _makes(ran: Ran, name: str) -> bool:
    """Whether a statement is CREATE TABLE, ALTER TABLE … ADD, or CREATE INDEX that compares columns."""
    words = significant(ran.sql)
    beginning = [fold(word.text) for word in words[:4]]
    if beginning[:2] == ["create", "table"]:
        return not any(is_word(word, "select") for word in words)
    if beginning[:2] == ["alter", "table"]:
        return fold(unquote(words[2].text)) == name and beginning[3:] == ["add"]
    return beginning[:1] == ["create"] and "index" in beginning[1:3]


def _omitted(table: Table, inserts: Iterable[_Rows]) -> list[Column] | None:
    """The columns in which a DEFAULT may have asked the clock; None where only some statements name one."""
    listed = [insert.columns for insert in inserts]
    found: list[Column] = []
    for column in table.columns:
        if column.generated or column.default is None or _plain(column.default):
            continue
        named = {fold(column.name) in columns for columns in listed}
        if len(named) > 1:
            return None
        if named == {False}:
            found.append(column)
    return found


def _keys(table: Table, tables: Iterable[Table]) -> set[str]:
    """The columns of a table that tie rows to others."""
    keys = {column for key in table.foreign_keys for column in key.columns}
    for other in tables:
        for key in other.foreign_keys:
            if fold(key.parent) == fold(table.name):
                keys |= {column for column in key.parent_columns if column is not None}
    return set(map(fold, keys))


def _matters(table: Table, column: Column, indexes: Iterable[Index], keys: set[str]) -> bool:
    """Whether a column may decide whether a row is taken."""
    name = fold(column.name)
    if name in keys or column.primary_key or _mentions(table.sql, name) != 1:
        return True
    # equal values say nothing to an index of columns, be it unique; its condition and an expression may
    compared = (
        index for index in indexes if index.partial or any(part.name is None for part in index.columns)
    )
    return any(_mentions(index.sql or "", name) for index in compared)


def _mentions(sql: str, name: str) -> int:
    """How often a text names something, or may."""
    return sum(fold(unquote(word.text)) == name for word in significant(sql))
