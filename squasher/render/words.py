"""A change in the reviewer's words: what every format says, laid out by each in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

from squasher import layout
from squasher.changes import (
    Added,
    Cell,
    Clause,
    LedgerEntry,
    Modified,
    Number,
    Option,
    Order,
    Program,
    Removed,
    RowSet,
)
from squasher.diff import column_facts
from squasher.model import Column, ForeignKey, Index, Table, Trigger, View, VirtualTable
from squasher.sql import printable

if TYPE_CHECKING:
    from squasher.changes import Change, Element

_SHOWN_ROWS: Final = 3
_SHOWN_WIDTH: Final = 100


class Words(NamedTuple):
    """One difference: ``-`` missing, ``+`` extra, ``~`` different; of what; and how."""

    mark: str
    kind: str
    name: str
    says: str
    expected: str | None
    actual: str | None
    details: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """``column email TEXT``: what it is about."""
        return f"{self.kind} {self.name}".strip()


def words(change: Change) -> Words:
    """The change in words."""
    match change:
        case Removed(old=old):
            kind, name = _named(old)
            return Words("-", kind, name, "missing", _shown(old), None, _rows_of(old))
        case Added(new=new):
            kind, name = _named(new)
            return Words("+", kind, name, "only in the fresh file", None, _shown(new), _rows_of(new))
        case Modified():
            return _modified(change)
        case _:
            assert_never(change)


def _modified(change: Modified) -> Words:
    old, new = change.old, change.new
    kind, name = _named(old)
    match old, new:
        case Column(), Column():
            says, expected, actual = _column_says(old, new, change.fields)
            return Words("~", kind, old.name, says, expected, actual)
        case (
            (Table() | VirtualTable() | View() | Trigger() | Index()),
            (Table() | VirtualTable() | View() | Trigger() | Index()),
        ) if change.fields != ("name",):
            what = "body" if isinstance(old, Trigger) else "definition"
            diff = _diff(new.sql or "", old.sql or "")
            return Words("~", kind, name, f"{what} differs", old.sql, new.sql, diff)
        case Program(), Program():
            details = (f"expected  {old.instruction}", f"found     {new.instruction}")
            return Words(
                "~",
                "statement",
                old.statement,
                "compiles differently",
                old.instruction,
                new.instruction,
                details,
            )
        case _:
            expected, actual = _shown(old), _shown(new)
            return Words("~", kind, name, f"{actual}, should be {expected}", expected, actual)


def _named(element: Element) -> tuple[str, str]:  # noqa: PLR0911 - a case per kind of element
    match element:
        case Table() | VirtualTable():
            return "table", ""
        case View():
            return "view", ""
        case Trigger(name=name):
            return "trigger", name
        case Index(sql=None):
            return ("primary key" if element.origin == "pk" else "unique constraint"), _columns(element)
        case Index(name=name):
            return "index", name
        case Column(name=name, type=kind):
            return "column", f"{name} {kind}".strip()
        case ForeignKey():
            return "foreign key", _foreign_key(element)
        case Clause(text=text):
            return "clause", text
        case Option(name=name):
            return "option", name
        case Order(of=of):
            return "order of", of
        case RowSet(rows=rows):
            return f"{len(rows)} row{'s' if len(rows) > 1 else ''}", ""
        case Cell(key=key, column=column):
            return "cell", f"{column} of the row with {key}"
        case Number(name=name):
            return ("sqlite_sequence" if name == "sequence" else "setting"), ""
        case LedgerEntry(name=name):
            return "migration", name
        case Program(statement=statement):
            return "statement", statement
        case _:
            assert_never(element)


def _shown(element: Element) -> str:
    match element:
        case Table() | VirtualTable() | View() | Trigger():
            return element.sql
        case Index():
            return element.sql or _columns(element)
        case Column():
            return _column(element)
        case ForeignKey():
            return f"ON UPDATE {element.on_update} ON DELETE {element.on_delete}"
        case Order(names=names):
            return ", ".join(names)
        case RowSet(rows=rows):
            return f"{len(rows)}"
        case Cell(value=value):
            return _short(value)
        case Number(value=value):
            return str(value)
        case Clause(text=text) | Option(name=text) | LedgerEntry(name=text) | Program(instruction=text):
            return text
        case _:
            assert_never(element)


def _column(column: Column) -> str:
    parts = [column.name, column.type]
    if column.primary_key:
        parts.append("PRIMARY KEY")
    if column.not_null:
        parts.append("NOT NULL")
    if column.default is not None:
        parts.append(f"DEFAULT {column.default}")
    if column.collation is not None and column.collation.upper() != "BINARY":
        parts.append(f"COLLATE {column.collation}")
    if column.generated:
        parts.append("GENERATED STORED" if column.hidden == 3 else "GENERATED VIRTUAL")  # noqa: PLR2004
    return " ".join(part for part in parts if part)


def _column_says(old: Column, new: Column, fields: tuple[str, ...]) -> tuple[str, str, str]:
    """``BOOLEAN, should be INTEGER``: only what differs."""
    expected = " ".join(_facet(old, field) for field in fields)
    actual = " ".join(_facet(new, field) for field in fields)
    return f"{actual}, should be {expected}", expected, actual


def _facet(column: Column, field: str) -> str:
    match field:
        case "type":
            return column.type or "no type"
        case "not null":
            return "NOT NULL" if column.not_null else "nullable"
        case "default":
            return f"DEFAULT {column.default}" if column.default is not None else "no default"
        case "primary key":
            return f"primary key part {column.primary_key}" if column.primary_key else "no primary key"
        case "generated":
            return {2: "GENERATED VIRTUAL", 3: "GENERATED STORED"}.get(column.hidden, "not generated")
        case "collation":
            return f"COLLATE {column.collation}"
        case _:
            return str(column_facts(column)[field])


def _foreign_key(key: ForeignKey) -> str:
    parents = ", ".join(name or "primary key" for name in key.parent_columns)
    return f"({', '.join(key.columns)}) to {key.parent} ({parents})"


def _columns(index: Index) -> str:
    return "(" + ", ".join(part.name or "…" for part in index.columns) + ")"


def _rows_of(element: Element) -> tuple[str, ...]:
    if not isinstance(element, RowSet):
        return ()
    shown = tuple(f"({_short(', '.join(row))})" for row in element.rows[:_SHOWN_ROWS])
    more = len(element.rows) - len(shown)
    return (*shown, f"… and {more} more") if more > 0 else shown


def _short(value: str) -> str:
    line = printable(value)
    return line if len(line) <= _SHOWN_WIDTH else line[: _SHOWN_WIDTH - 1] + "…"


def _diff(actual: str, expected: str) -> tuple[str, ...]:
    """What would have to change in the fresh file, as a small diff of both statements, laid out."""
    import difflib

    before, after = (layout.statement(sql).splitlines() if sql else [] for sql in (actual, expected))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]
    return tuple(printable(line) for line in lines if not line.startswith("@@"))
