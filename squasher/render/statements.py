"""The statements of both versions of each changed object, and the lines in which they differ.

Only what changed is in it: a table whose index is another has its index here, and not itself. The
lines before and after are whole statements, except that characters which act on a reader's terminal
are replaced, and that of rows only those are written that differ.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import layout
from squasher.changes import (
    Added,
    Cell,
    Content,
    File,
    LedgerEntry,
    Modified,
    Number,
    Order,
    Program,
    Removed,
    RowSet,
)
from squasher.model import Table, View, VirtualTable, is_object, kind_of
from squasher.sql import fold, printable, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.changes import Change, Element
    from squasher.comparison import Comparison, Finding
    from squasher.model import Row, SchemaObject, Snapshot
    from squasher.render.report import Section

    _Pair = tuple[str | None, str | None]

_CONTEXT: Final = 3
_MOST: Final = 4_000_000
"""Pairs of lines to look at for what two statements share; beyond it they count as wholly different."""
_NOTE: Final = "    -- "
"""Before what is no statement; ``---`` at the start of a line would be the head of a diff to some readers."""
_WITHOUT_STATEMENT: Final = (Content, Number, LedgerEntry, Program, File)


class Line(NamedTuple):
    """A line of a diff: ``-`` only before, ``+`` only after, a space in both."""

    mark: str
    text: str

    def __str__(self) -> str:
        return self.mark + self.text


class Statements:
    """The statements of a comparison's two sides, by object."""

    def __init__(self, compared: Comparison) -> None:
        self._sides = _Side(compared.old.snapshot), _Side(compared.new.snapshot)

    def lines(self, section: Section) -> tuple[Line, ...]:
        """The whole of a section's statements, before and after."""
        found = list(self._lines(section))
        if any(line.mark != " " for line in found):
            return tuple(found)
        # the text is the same and means something else: say it
        said = (f"{_NOTE}{entry.said.subject}: {entry.said.says}" for entry in section.entries)
        return (*found, *(Line("+", printable(text)) for text in said))

    def _lines(self, section: Section) -> Iterator[Line]:
        owner = section.kind, section.name
        changes = [finding.change for finding in section.findings]
        tables = self._tables(owner, changes)
        pairs: dict[tuple[str, str], _Pair] = {}
        for change in changes:
            pair = _pair(change)
            if pair is not None:
                pairs.setdefault(pair[0], pair[1])
            elif _is_in_table(change.element):
                pairs.setdefault(owner, tables)
        for before, after in pairs.values():
            yield from _compared(before, after)
        yield from self._rows(owner, section.findings)
        for change in changes:
            yield from _notes(change)

    def _tables(self, owner: tuple[str, str], changes: list[Change]) -> _Pair:
        """The statement of the object itself, also when it is called otherwise on the other side."""
        for change in changes:
            pair = _pair(change)
            if pair is not None and isinstance(change, Modified) and isinstance(change.old, Table):
                return pair[1]
        before, after = (side.statement(owner) for side in self._sides)
        return before, after

    def _rows(self, owner: tuple[str, str], findings: Sequence[Finding]) -> Iterator[Line]:
        inserts = _Inserts(self._sides, owner)
        for key, group in groupby(findings, lambda finding: _row_key(finding.change)):
            if key is not None:
                cells = [finding.change for finding in group if isinstance(finding.change, Modified)]
                yield Line("-", inserts.cells(key, [change.old for change in cells]))
                yield Line("+", inserts.cells(key, [change.new for change in cells]))
                continue
            for finding in group:
                match finding.change:
                    case Removed(old=RowSet(columns=columns, rows=rows)):
                        yield from (Line("-", inserts.row(columns, row)) for row in rows)
                    case Added(new=RowSet(columns=columns, rows=rows)):
                        yield from (Line("+", inserts.row(columns, row)) for row in rows)
                    case _:
                        pass


class _Side:
    def __init__(self, snapshot: Snapshot) -> None:
        self.objects = {(kind_of(item), fold(item.name)): item for item in snapshot.objects}
        self.columns = {fold(rows.table): rows.columns for rows in snapshot.rows}
        self._ledger = snapshot.ledger_sql

    def statement(self, owner: tuple[str, str]) -> str | None:
        if owner[0] == "ledger":
            return None if self._ledger is None else layout.statement(self._ledger)
        item = self.objects.get(owner)
        return None if item is None else _statement(item)


class _Inserts:
    """Rows of one table as INSERT statements on a line, under the names that the new side has for them."""

    def __init__(self, sides: Sequence[_Side], owner: tuple[str, str]) -> None:
        items = [side.objects[owner] for side in sides if owner in side.objects]
        self._name = items[-1].name if items else owner[1]
        self._known = {name for item in items for name in _names(item)}
        self._first = [side.columns[owner[1]][:1] for side in sides if owner[1] in side.columns]

    def row(self, columns: tuple[str, ...], row: Row) -> str:
        values = ", ".join(map(_one_line, row))
        if self._known and not self._known.issuperset(map(fold, columns)):
            return printable(f"{_NOTE}{self._name} ({', '.join(columns)}): ({values})")  # terms of an index
        named = ", ".join(map(quote, columns))
        return printable(f"INSERT INTO {quote(self._name)} ({named}) VALUES ({values});")

    def cells(self, key: str, cells: Sequence[Element]) -> str:
        """What says which row it is, and the cells that differ."""
        row: dict[str, str] = {}
        for name in (name for names in self._first for name in names if key.startswith(f"{name} ")):
            row = {name: key.removeprefix(f"{name} ")}
        row.update((cell.column, cell.value) for cell in cells if isinstance(cell, Cell))
        return self.row(tuple(row), tuple(row.values()))


def _names(item: SchemaObject) -> set[str]:
    columns = item.columns if isinstance(item, Table | VirtualTable) else ()
    return {fold(column.name) for column in columns}


def _one_line(value: str) -> str:
    """A literal without the two characters that the lines of ``sql.literal`` may hold."""
    return value.replace("\n", "' || char(10) || '").replace("\t", "' || char(9) || '")


def _statement(item: SchemaObject) -> str:
    sql = str(item.sql)
    return layout.view(sql, item.columns) if isinstance(item, View) else layout.statement(sql)


def _row_key(change: Change) -> str | None:
    return change.old.key if isinstance(change, Modified) and isinstance(change.old, Cell) else None


def _pair(change: Change) -> tuple[tuple[str, str], _Pair] | None:
    """The object that a change is of, by kind and name, and its statements, where it has one of its own."""
    one = change.old
    other = change.new
    named = one if other is None else other
    texts = [_statement(item) if is_object(item) else None for item in (one, other)]
    if not is_object(named) or texts == [None, None]:
        return None
    return (kind_of(named), fold(named.name)), (texts[0], texts[1])


def _is_in_table(element: Element) -> bool:
    """Whether only the statement of the whole table shows an element."""
    if isinstance(element, Order):
        return element.of in {"columns", "unique constraints"}
    return not isinstance(element, (RowSet, Cell, *_WITHOUT_STATEMENT)) and not is_object(element)


def _compared(before: str | None, after: str | None) -> Iterator[Line]:
    """The lines of two statements; what they share at both ends is not looked for."""
    old, new = (text.split("\n") if text is not None else [] for text in (before, after))
    for lines in (old, new):
        if lines:
            lines[-1] += ";"
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    yield from (Line(" ", printable(text)) for text in old[:start])
    yield from _inner(old[start : len(old) - end], new[start : len(new) - end])
    yield from (Line(" ", printable(text)) for text in old[len(old) - end :])


def _inner(old: list[str], new: list[str]) -> Iterator[Line]:
    if len(old) * len(new) > _MOST:
        steps = [("replace", 0, len(old), 0, len(new))]
    else:
        steps = list(SequenceMatcher(None, old, new).get_opcodes())
    for step, old_start, old_end, new_start, new_end in steps:
        if step == "equal":
            yield from (Line(" ", printable(text)) for text in old[old_start:old_end])
        else:
            yield from (Line("-", printable(text)) for text in old[old_start:old_end])
            yield from (Line("+", printable(text)) for text in new[new_start:new_end])


def _notes(change: Change) -> Iterator[Line]:
    """What no statement of the schema says, as comments."""
    if not isinstance(change, Added) and (note := _note(change.owner[1], change.old)):
        yield Line("-", note)
    if not isinstance(change, Removed) and (note := _note(change.owner[1], change.new)):
        yield Line("+", note)


def _note(name: str, element: Element) -> str:
    match element:
        case Number(name="sequence", value=value):
            note = f"the largest AUTOINCREMENT key of {name}: {value}"
        case Number(value=value):
            note = f"{name}: {value}"
        case Content(entries=entries):
            note = f"the content of {name}: {entries} entries"
        case LedgerEntry(name=migration):
            note = f"recorded as applied: {migration}"
        case Program(statement=statement, instruction=instruction):
            note = f"{statement} compiles to {instruction}"
        case Order(of=of, names=names) if not _is_in_table(element):
            note = f"order of {of}: {', '.join(names)}"
        case _:
            return ""
    return printable(_NOTE + note)


def hunks(lines: Sequence[Line]) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """The changed lines with three lines around them, each part with its ``@@`` line."""
    old = new = 0
    numbered: list[tuple[int, int]] = []
    for line in lines:
        numbered.append((old, new))
        old += line.mark != "+"
        new += line.mark != "-"
    changed = [number for number, line in enumerate(lines) if line.mark != " "]
    parts: list[tuple[int, int]] = []
    for number in changed:
        if parts and number - parts[-1][1] <= 2 * _CONTEXT + 1:
            parts[-1] = parts[-1][0], number
        else:
            parts.append((number, number))
    for first, last in parts:
        start, end = max(0, first - _CONTEXT), min(len(lines), last + _CONTEXT + 1)
        part = tuple(lines[start:end])
        before = sum(line.mark != "+" for line in part)
        after = sum(line.mark != "-" for line in part)
        head = f"@@ -{_range(numbered[start][0], before)} +{_range(numbered[start][1], after)} @@"
        yield head, part


def _range(start: int, count: int) -> str:
    """Where a part begins and how long it is; one that is empty stands behind the line before it."""
    return f"{start + 1}" if count == 1 else f"{start + 1 if count else start},{count}"
