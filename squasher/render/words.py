"""A change in the reviewer's words: what every format says, laid out by each in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

from squasher import layout
from squasher.changes import (
    Added,
    Cell,
    Check,
    Clause,
    Content,
    File,
    LedgerEntry,
    Modified,
    Number,
    Option,
    Order,
    PrimaryKey,
    Program,
    Removed,
    RowSet,
)
from squasher.model import Column, ForeignKey, Index, Table, Trigger, View, VirtualTable
from squasher.schemadiff import trigger_event
from squasher.sql import fold, printable
from squasher.tablediff import column_facts

if TYPE_CHECKING:
    from squasher.changes import Change, Element

_SHOWN_ROWS: Final = 3
_FEW: Final = 4
_SHOWN_WIDTH: Final = 100


class Words(NamedTuple):
    """One difference: ``-`` only in the old side, ``+`` only in the new one, ``~`` in both; and how."""

    mark: str
    kind: str
    name: str
    says: str
    old: str | None
    new: str | None
    details: tuple[str, ...] = ()
    row: str = ""
    """For a cell, how people know its row: ``id 7``."""

    @property
    def sentence(self) -> str:
        """What it says, with the row that it says it of."""
        return f"{self.says} in the row with {self.row}" if self.row else self.says

    @property
    def subject(self) -> str:
        """``column email TEXT``: what it is about."""
        return f"{self.kind} {self.name}".strip()


class Voice(NamedTuple):
    """The point of view from which differences are told."""

    removed: str
    added: str
    modified: str
    """How a value that is ``{old}`` on one side is ``{new}`` on the other."""
    describes: bool
    """Whether to say what an added or removed element is, and not only that it is."""
    back: bool
    """Whether the small diff of a statement leads from the new side to the old one."""
    program: tuple[str, str]
    """What to call the old and the new instruction of a program."""
    ledger: tuple[str, str]
    """What to say of a migration that the ledger of the new side does not record, and of one that it does."""
    origins: tuple[tuple[str, str], ...]
    """How a migration is named as the cause: by kind, the last entry for all others."""

    def origin(self, said: Words) -> str:
        """What stands before the migration that caused a difference: ``added by ``."""
        if self.back and said.mark == "+":
            return "dropped by "
        kind = said.kind.split()[-1]
        return next(phrase for one, phrase in self.origins if one in {kind, ""})


_ORIGINS: Final = (("column", "added by "), ("row", "from "), ("rows", "from "), ("", "made by "))
VOICES: Final = {
    "check": Voice(
        removed="missing",
        added="only in the fresh file",
        modified="{new}, should be {old}",
        describes=False,
        back=True,
        program=("expected", "found"),
        ledger=("missing", "only in the fresh file"),
        origins=_ORIGINS,
    ),
    "live": Voice(
        removed="missing",
        added="no migration makes it",
        modified="{new}, should be {old}",
        describes=False,
        back=True,
        program=("expected", "found"),
        ledger=("not recorded as applied: wrangler would run it now", "recorded as applied, and not there"),
        origins=_ORIGINS,
    ),
    "diff": Voice(
        removed="dropped",
        added="added",
        modified="{old} → {new}",
        describes=True,
        back=False,
        program=("before", "after"),
        ledger=("dropped", "added"),
        origins=(("", ""),),
    ),
}
"""A check says what is wrong with the fresh file or a live database, a diff what becomes of the old side."""


def words(change: Change, voice: Voice) -> Words:
    """The change in words."""
    if isinstance(change.latest, File):
        return _filed(change, change.latest)
    match change:
        case Removed(old=old):
            kind, name = _named(old, voice)
            removed = _unrecorded(old, voice) if isinstance(old, LedgerEntry) else voice.removed
            says = (voice.describes and _described(old)) or removed
            return Words("-", kind, name, says, _shown(old), None, _rows_of(old))
        case Added(new=new):
            kind, name = _named(new, voice)
            added = voice.ledger[1] if isinstance(new, LedgerEntry) else voice.added
            says = (voice.describes and _described(new)) or added
            details = _rows_of(new) or (_items(new) if voice.describes else ())
            return Words("+", kind, name, says, None, _shown(new), details)
        case Modified():
            return _modified(change, voice)
        case _:
            assert_never(change)


def _unrecorded(entry: LedgerEntry, voice: Voice) -> str:
    return _MISSED[entry.missed].format(other=entry.other) if entry.missed else voice.ledger[0]


_MISSED: Final = {
    "baseline": "not recorded: run the ledger transition,"
    " npx wrangler d1 execute NAME --remote|--local --file {other}",
    "absorbed": "not recorded as applied: it is {other} now, where wrangler does not find it",
}
"""What a database has missed that stands before a baseline, by what that is to the archive."""


def _filed(change: Change, file: File) -> Words:
    """What is wrong with a file, and what to do."""
    mark = {Removed: "-", Added: "+", Modified: "~"}[type(change)]
    old, new = (one.digest if isinstance(one, File) else None for one in (change.old, change.new))
    return Words(mark, "file", file.path, _FILED[mark, file.role].format(other=file.other), old, new)


_GONE: Final = "is gone: get it back from version control"
_EDITED: Final = (
    "was edited: get it back from version control, and write what is new as a migration of its own"
)
_FILED: Final = {
    ("-", "absorbed"): _GONE,
    ("-", "released"): _GONE,
    ("-", "baseline"): f"{_GONE}, or run squasher archive to finish what made it",
    ("-", "transition"): _GONE,
    ("-", "manifest"): f"{_GONE}: {{other}} records migrations that are not here",
    ("~", "absorbed"): "was edited: get it back from version control",
    ("~", "transition"): "was edited: get it back from version control",
    ("~", "released"): _EDITED,
    ("~", "baseline"): _EDITED,
    (
        "+",
        "returned",
    ): "was absorbed by {other}: run squasher archive to move it, or squasher archive --undo",
    ("+", "reused"): "has the name of a migration that {other} absorbed: give it a new number and name",
    ("+", "retired"): "has the name of a baseline that was taken back, which databases may record:"
    " give it a new number and name",
    ("+", "twin"): "has the number of {other}: give it the next free number",
    ("+", "early"): "would run before {other} in a new database: give it the next free number",
}
"""By mark, and by what the file is to the manifest."""


def _modified(change: Modified, voice: Voice) -> Words:
    old, new = change.old, change.new
    kind, name = _named(old, voice)
    match old, new:
        case Column(), Column():
            return _column_modified(old, new, change.fields, voice)
        case (
            (Table() | VirtualTable() | View() | Trigger() | Index()),
            (Table() | VirtualTable() | View() | Trigger() | Index()),
        ) if change.fields != ("name",):
            what = "body" if isinstance(old, Trigger) else "definition"
            before, after = old.sql or "", new.sql or ""
            diff = _diff(after, before) if voice.back else _diff(before, after)
            return Words("~", kind, name, f"{what} differs", old.sql, new.sql, diff)
        case ((Table() | VirtualTable() | View()), (Table() | VirtualTable() | View())):
            before, after = old.name, new.name
            if voice.describes and fold(before) != fold(after):
                return Words("~", kind, name, f"renamed from {before}", before, after)
            return Words("~", kind, name, voice.modified.format(old=before, new=after), before, after)
        case Program(), Program():
            width = max(map(len, voice.program))
            instructions = (old.instruction, new.instruction)
            details = tuple(
                f"{called:<{width}}  {one}" for called, one in zip(voice.program, instructions, strict=True)
            )
            return Words("~", "statement", old.statement, "compiles differently", *instructions, details)
        case Check(), Check():
            before, after = (f"{one.name} {one.text}".strip() for one in (old, new))
            if old.name == new.name:
                before, after = old.text, new.text
            says = voice.modified.format(old=before, new=after)
            return Words("~", kind, name if voice.describes else old.name, says, before, after)
        case Order(), Order() if voice.describes and len(old.names) > _FEW:
            before, after = _shown(old), _shown(new)
            return Words("~", kind, name, _moved(old.names, new.names), before, after)
        case Cell(), Cell():
            before, after = _shown(old), _shown(new)
            says = voice.modified.format(old=before, new=after)
            return Words("~", kind, name, says, before, after, row=new.key)
        case Content(), Content() if old == new:
            return Words("~", kind, name, f"differs, {_shown(old)}", _shown(old), _shown(new))
        case _:
            before, after = _shown(old), _shown(new)
            return Words("~", kind, name, voice.modified.format(old=before, new=after), before, after)


def _named(element: Element, voice: Voice) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - a case per kind
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
            return "column", name if voice.describes else f"{name} {kind}".strip()
        case ForeignKey():
            return "foreign key", _foreign_key(element)
        case Check(name=name, text=text, column=column):
            if voice.describes:
                return "check", name or column
            return "check", f"{name} {text}".strip()
        case PrimaryKey():
            return "primary key", ""
        case Clause(text=text):
            return "clause", text
        case Option(name=name):
            return "option", name
        case Order(of=of):
            return "order of", of
        case RowSet(rows=rows):
            return f"{len(rows)} row{'s' if len(rows) > 1 else ''}", ""
        case Content():
            return "content", ""
        case Cell(column=column):
            return "cell", column
        case Number(name=name):
            return ("sqlite_sequence" if name == "sequence" else "setting"), ""
        case LedgerEntry(name=name):
            return "migration", name
        case Program(statement=statement):
            return "statement", statement
        case File(path=path):
            return "file", path
        case _:
            assert_never(element)


def _described(element: Element) -> str:
    """What a reviewer wants to know of something that came or went, on one line; '' for nothing more."""
    match element:
        case Table(columns=columns) | VirtualTable(columns=columns):
            return _count(sum(column.hidden != 1 for column in columns))
        case View(columns=columns):
            return _count(len(columns))
        case Column():
            return _column(element).removeprefix(element.name).strip()
        case Index(sql=str(sql)):
            unique = "unique, " if element.unique else ""
            return unique + " ".join(layout.index_target(sql).split())
        case ForeignKey():
            return _actions(element)
        case Trigger(sql=sql):
            return trigger_event(sql).lower()
        case PrimaryKey() | Check():
            return _shown(element)
        case _:
            return ""


def _count(columns: int) -> str:
    return f"{columns} column{'' if columns == 1 else 's'}"


def _items(element: Element) -> tuple[str, ...]:
    """The lines of a new object: what a reviewer reads of it."""
    match element:
        case Table(sql=sql):
            return tuple(" ".join(item.text.split()) for item in layout.parse_table(sql).items)
        case VirtualTable(sql=sql) | View(sql=sql) | Trigger(sql=sql):
            return tuple(layout.statement(sql).splitlines())
        case _:
            return ()


def _shown(element: Element) -> str:
    match element:
        case Table() | VirtualTable() | View() | Trigger():
            return element.sql
        case Index():
            return element.sql or _columns(element)
        case Column():
            return _column(element)
        case ForeignKey():
            return _actions(element) or "no action"
        case Check(text=text):
            return text
        case PrimaryKey(columns=columns, rowid=rowid):
            return f"({', '.join(columns)}){', the rowid' if rowid else ''}" if columns else "none"
        case Order(names=names):
            return ", ".join(names)
        case RowSet(rows=rows):
            return f"{len(rows)}"
        case Content(entries=entries):
            return f"{entries} entries"
        case Cell(value=value):
            return _short(value)
        case Number(value=value):
            return str(value)
        case (Clause(text=text) | Option(name=text) | LedgerEntry(name=text)) | (
            Program(instruction=text) | File(digest=text)
        ):
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
        stored = "STORED" if column.hidden == 3 else "VIRTUAL"  # noqa: PLR2004
        parts.append(f"AS {column.expression} {stored}")
    return " ".join(part for part in parts if part)


def _column_modified(old: Column, new: Column, fields: tuple[str, ...], voice: Voice) -> Words:
    """``BOOLEAN → INTEGER``: only what differs."""
    if voice.describes and fields == ("name",) and fold(old.name) != fold(new.name):
        return Words("~", "column", new.name, f"renamed from {old.name}", old.name, new.name)
    one, other = (_facets(column, fields) for column in (old, new))
    return Words("~", "column", new.name, voice.modified.format(old=one, new=other), one, other)


def _facets(column: Column, fields: tuple[str, ...]) -> str:
    """``nullable, no default``; what SQL says too, as it says it: ``NOT NULL DEFAULT 1``."""
    found = [facet for facet in (_facet(column, field) for field in fields) if facet]
    return (", " if any(facet[0].islower() for facet in found) else " ").join(found)


def _facet(column: Column, field: str) -> str:
    match field:
        case "type":
            return column.type or "no type"
        case "not null":
            return "NOT NULL" if column.not_null else "nullable"
        case "default":
            return f"DEFAULT {column.default}" if column.default is not None else "no default"
        case "generated":
            return {1: "hidden", 2: "VIRTUAL", 3: "STORED"}.get(column.hidden, "not generated")
        case "expression":
            return f"AS {column.expression}" if column.expression else ""
        case "collation":
            return f"COLLATE {column.collation}"
        case _:
            return str(column_facts(column)[field])


def _moved(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    """``email moved behind accepted_at``: as few moves as make one order of the other."""
    import difflib

    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    kept = {name for a, _, size in matcher.get_matching_blocks() for name in old[a : a + size]}
    moves = [
        f"{name} moved {f'behind {new[place - 1]}' if place else 'to the front'}"
        for place, name in enumerate(new)
        if name not in kept
    ]
    return ", ".join(moves)


def _actions(key: ForeignKey) -> str:
    """What a foreign key does beyond refusing; '' for the default."""
    parts = [
        f"ON {event} {action}"
        for event, action in (("UPDATE", key.on_update), ("DELETE", key.on_delete))
        if action != "NO ACTION"
    ]
    return " ".join([*parts, *(["DEFERRABLE INITIALLY DEFERRED"] if key.deferred else [])])


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


def _diff(before: str, after: str) -> tuple[str, ...]:
    """What would have to change in a statement, as a small diff of both, laid out."""
    import difflib

    one, other = (layout.statement(sql).splitlines() if sql else [] for sql in (before, after))
    lines = list(difflib.unified_diff(one, other, lineterm="", n=1))[2:]
    return tuple(printable(line) for line in lines if not line.startswith("@@"))
