"""Differences between two snapshots, as values.

``Removed`` and ``Added`` hold an element of the old and of the new side, ``Modified`` both and which
fields differ. Each has a ``reverse()``, so that ``diff(b, a)`` is the reverse of ``diff(a, b)``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from squasher.model import Column, ForeignKey, Index, Row, Table, Trigger, View, VirtualTable


class Clause(NamedTuple):
    """A part of an object that only its text tells: an ON CONFLICT, a constraint's name."""

    text: str


class Check(NamedTuple):
    """A CHECK constraint; ``name`` is '' when it has none."""

    name: str
    text: str
    """The expression, with its parentheses."""
    column: str
    """The column that it is written beside; '' for one of the whole table."""


class PrimaryKey(NamedTuple):
    """The primary key of a table: its columns, each with DESC or COLLATE where that is said."""

    columns: tuple[str, ...]
    rowid: bool
    """Whether it is the rowid itself, as INTEGER PRIMARY KEY is (lang_createtable.html#rowid)."""


class Option(NamedTuple):
    """A property of a whole table: STRICT, WITHOUT ROWID, AUTOINCREMENT."""

    name: str


class Order(NamedTuple):
    """An order that is behaviour: of columns, of unique indexes, of triggers of one event."""

    of: str
    names: tuple[str, ...]


class RowSet(NamedTuple):
    """Rows of one table, as literals."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class Content(NamedTuple):
    """What a virtual table keeps in its own form: how many entries its shadow tables or its index hold."""

    entries: int


class Cell(NamedTuple):
    """One value; ``key`` says in which row."""

    key: str
    column: str
    value: str


class Number(NamedTuple):
    """A counter or setting: an AUTOINCREMENT sequence, ``user_version``."""

    name: str
    value: int


class LedgerEntry(NamedTuple):
    """A migration recorded as applied."""

    name: str
    missed: Literal["", "baseline", "absorbed"] = ""
    """What it is to an archive, where a live database that ran some of what was absorbed misses it."""
    other: str = ""
    """The ledger transition to a baseline, or where an absorbed migration is."""


class Program(NamedTuple):
    """What SQLite compiles a statement to, where nothing else tells the difference."""

    statement: str
    instruction: str


class File(NamedTuple):
    """A migration that the manifest of an archive answers for, or one that is in the way of those."""

    path: str
    """As the user would write it."""
    role: Literal[
        "absorbed",
        "released",
        "baseline",
        "transition",
        "manifest",
        "returned",
        "reused",
        "retired",
        "twin",
        "early",
    ]
    """What it is to the manifest; or what a file is that should not be there: an absorbed one that came
    back, another of its name, or of a baseline's that was taken back, one of a number that is taken, one
    that would run before the baseline."""
    digest: str
    """The sha256 of its bytes, with LF as its line ends."""
    other: str = ""
    """The file that one which should not be there collides with."""


Element: TypeAlias = (
    Table
    | VirtualTable
    | View
    | Trigger
    | Index
    | Column
    | ForeignKey
    | Clause
    | Check
    | PrimaryKey
    | Option
    | Order
    | RowSet
    | Content
    | Cell
    | Number
    | LedgerEntry
    | Program
    | File
)


class Removed(NamedTuple):
    """Only in the old side. ``owner`` is the object under which people look for it: kind and name."""

    owner: tuple[str, str]
    old: Element

    @property
    def new(self) -> None:
        """Nothing is there on the new side."""
        return

    @property
    def element(self) -> Element:
        """What it is about, as it was."""
        return self.old

    @property
    def latest(self) -> Element:
        """What it is about, as it was last."""
        return self.old

    def reverse(self) -> Added:
        """The same difference seen from the other side."""
        return Added(owner=self.owner, new=self.old)


class Added(NamedTuple):
    """Only in the new side."""

    owner: tuple[str, str]
    new: Element

    @property
    def old(self) -> None:
        """Nothing is there on the old side."""
        return

    @property
    def element(self) -> Element:
        """What it is about, as it came."""
        return self.new

    @property
    def latest(self) -> Element:
        """What it is about, as it is."""
        return self.new

    def reverse(self) -> Removed:
        """The same difference seen from the other side."""
        return Removed(owner=self.owner, old=self.new)


class Modified(NamedTuple):
    """In both, and different in ``fields``."""

    owner: tuple[str, str]
    old: Element
    new: Element
    fields: tuple[str, ...]

    @property
    def element(self) -> Element:
        """What it is about, as it was."""
        return self.old

    @property
    def latest(self) -> Element:
        """What it is about, as it is."""
        return self.new

    def reverse(self) -> Modified:
        """The same difference seen from the other side."""
        return Modified(owner=self.owner, old=self.new, new=self.old, fields=self.fields)


Change: TypeAlias = Removed | Added | Modified


def renamed(change: Change) -> str | None:
    """The new name, when the change is that of a name and of nothing else; else None."""
    if isinstance(change, Modified) and change.fields == ("name",):
        return str(getattr(change.new, "name", ""))
    return None
