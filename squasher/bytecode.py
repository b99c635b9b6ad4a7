"""The bytecode layer: what SQLite compiles statements to, over both schemas, must be the same.

EXPLAIN's output changes between releases (https://sqlite.org/lang_explain.html), so it is only ever
compared within one process, and an EXPLAIN that fails proves nothing: it makes the proof unknown.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from squasher.engine import Database
from squasher.errors import SqlError
from squasher.model import Index, Table, Trigger, View, VirtualTable
from squasher.schemadiff import trigger_event, updates_some_columns
from squasher.sql import fold, is_word, quote, significant, unquote
from squasher.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.engine import Found
    from squasher.model import Snapshot
    from squasher.profiles import Profile

_ANY: Final = Universe(name="any", clock=211_813_488_000_000, seed=0)
_CHECK_FAILED: Final = 275  # SQLITE_CONSTRAINT_CHECK
_PAGE_IN_P2: Final = frozenset({"OpenRead", "OpenWrite", "ReopenIdx"})
_TOGETHER: Final = 200
"""Columns in the condition of one SELECT: SQLite compiles expressions of depth 1,000 and no deeper."""
_PAGE_IN_P1: Final = frozenset({"Clear", "Destroy"})


class Probe(NamedTuple):
    """A statement to compile, and the table or view that it is about."""

    owner: tuple[str, str]
    sql: str
    values: int
    foreign_keys: bool = True


class Difference(NamedTuple):
    """A probe whose programs differ: the first instruction of each that does."""

    probe: Probe
    old: str
    new: str


class Compared(NamedTuple):
    """What the layer found. ``blind`` are probes that compile on neither side, with the reason."""

    differences: tuple[Difference, ...]
    blind: tuple[tuple[Probe, str], ...]


def compare(profile: Profile, old: Snapshot, new: Snapshot) -> Compared:
    """Compile every probe over both schemas. Raises SqlError when a stored text does not load."""
    differences: list[Difference] = []
    blind: list[tuple[Probe, str]] = []
    with Database(profile, _ANY) as one, Database(profile, _ANY) as other:
        for database, snapshot in ((one, old), (other, new)):
            build(database, snapshot)
        probes = tuple(probes_for(old, new))
        pages = _Pages(one, other, _constraint_names(old) | _constraint_names(new))
        for enforced in (True, False):
            for database in (one, other):
                database.execute(f"PRAGMA foreign_keys = {int(enforced)}")
            for probe in probes:
                if probe.foreign_keys != enforced:
                    continue
                before, after = _explain(one, probe), _explain(other, probe)
                if isinstance(before, str) and before == after:
                    blind.append((probe, before))
                elif isinstance(before, str) or isinstance(after, str):
                    differences.append(Difference(probe, _shown(before), _shown(after)))
                elif (found := pages.first_difference(before, after)) is not None:
                    differences.append(Difference(probe, *found))
    return Compared(tuple(differences), tuple(blind))


def build(database: Database, snapshot: Snapshot) -> None:
    """Create the objects of ``snapshot``, without rows, in an order that both sides share.

    Tables and ordinary indexes by name, unique indexes and triggers in their own order, which is
    behaviour: the order of tables, which is not, would show in the programs of their foreign keys.
    """
    database.execute("BEGIN")
    order = snapshot.objects
    tables = sorted(
        (item for item in order if isinstance(item, Table | VirtualTable)),
        key=lambda item: (isinstance(item, VirtualTable), fold(item.name)),
    )
    indexes = sorted(
        (item for item in order if isinstance(item, Index)),
        key=lambda item: (fold(item.table), not item.unique, "" if item.unique else fold(item.name)),
    )
    rest = [item for kind in (View, Trigger) for item in order if isinstance(item, kind)]
    if snapshot.ledger_sql is not None:
        database.execute(snapshot.ledger_sql)  # a view may read it, or sqlite_sequence, which it brings
    for item in (*tables, *indexes, *rest):
        database.execute(str(item.sql))
    database.execute("COMMIT")


def probes_for(old: Snapshot, new: Snapshot) -> Iterator[Probe]:
    """The statements to compile for the tables and views that both sides have."""
    others = {fold(item.name): item for item in new.objects if isinstance(item, Table | View)}
    triggers = [item for item in (*old.objects, *new.objects) if isinstance(item, Trigger)]
    some_columns = {fold(item.table) for item in triggers if updates_some_columns(item.sql)}
    events: dict[str, set[str]] = defaultdict(set)
    for trigger in triggers:
        events[fold(trigger.table)].add(trigger_event(trigger.sql).split()[-1])
    tables = [item for item in (*old.objects, *new.objects) if isinstance(item, Table)]
    parents = {fold(key.parent) for item in tables for key in item.foreign_keys}
    for item in old.objects:
        name = fold(item.name)
        other = others.get(name)
        if isinstance(item, Table) and isinstance(other, Table):
            names = [fold(column.name) for column in item.columns]
            if names == [fold(column.name) for column in other.columns]:  # else the columns tell
                yield from _table_probes(
                    item,
                    events=events[name],
                    single=name in some_columns,
                    parent=name in parents,
                )
        elif isinstance(item, View) and isinstance(other, View):
            yield from _view_probes(item, events[name])


def _table_probes(table: Table, *, events: set[str], single: bool, parent: bool) -> Iterator[Probe]:
    """The statements that between them compile everything about a table.

    INSERT shows defaults, constraints, indexes and foreign keys; DELETE and UPDATE what triggers and
    children make of them; SELECT how columns compare and sort. An UPDATE of all columns adds nothing for
    a table without either; an UPDATE of each column is for triggers OF some columns (``single``).
    """
    owner = ("table", fold(table.name))
    name = quote(table.name)
    columns = [quote(column.name) for column in table.columns if not column.generated]
    every = [quote(column.name) for column in table.columns]
    delete = f"DELETE FROM {name} WHERE {every[0]} IS ?"
    alias = table.rowid_alias  # a key that is given can conflict, one that SQLite chooses cannot
    values = "DEFAULT VALUES" if alias is None else f"({quote(alias)}) VALUES (?)"
    yield Probe(owner, f"INSERT INTO {name} {values}", int(alias is not None))
    yield Probe(owner, delete, 1)
    if parent:
        yield Probe(owner, delete, 1, foreign_keys=False)
    if parent or "UPDATE" in events:
        update = f"UPDATE {name} SET {', '.join(f'{column} = ?' for column in columns)}"
        yield Probe(owner, update, len(columns))
    for column in columns if single else ():
        yield Probe(owner, f"UPDATE {name} SET {column} = ?", 1)
    for first in range(0, len(every), _TOGETHER):
        some = every[first : first + _TOGETHER]
        where, order = " OR ".join(f"{column} = ?" for column in some), ", ".join(some)
        yield Probe(owner, f"SELECT * FROM {name} NOT INDEXED WHERE {where} ORDER BY {order}", len(some))


def _view_probes(view: View, events: set[str]) -> Iterator[Probe]:
    """A view is read, and written where INSTEAD OF triggers make that possible."""
    owner = ("view", fold(view.name))
    name = quote(view.name)
    yield Probe(owner, f"SELECT * FROM {name}", 0)
    if not view.columns:
        return
    writing = ("trigger", owner[1])
    columns = [quote(column) for column in view.columns]
    marks = ", ".join("?" * len(columns))
    if "INSERT" in events:
        insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"
        yield Probe(writing, insert, len(columns))
    if "DELETE" in events:
        yield Probe(writing, f"DELETE FROM {name} WHERE {columns[0]} IS ?", 1)
    for column in columns if "UPDATE" in events else ():
        yield Probe(writing, f"UPDATE {name} SET {column} = ?", 1)


def _explain(database: Database, probe: Probe) -> Found | str:
    try:
        return database.execute(f"EXPLAIN {probe.sql}", (None,) * probe.values)
    except SqlError as error:
        return error.message
    except UnicodeDecodeError:
        return _NOT_TEXT


_NOT_TEXT: Final = "its program holds bytes that are not UTF-8"
_FAULTS: Final = (
    *("near ", "incomplete input", "unrecognized token", "Incorrect number of bindings", "too many "),
    *("Expression tree is too large", "string or blob too big", "not authorized", "out of memory"),
    *("interrupted", "stopped"),
)
"""What is said of a probe that is wrong itself, or that could not be finished."""
_LACKING: Final = (
    *(_NOT_TEXT, "no such collation sequence", "no such function", "unknown function"),
    *("unable to use function", "no query solution", "unsafe use", "non-deterministic"),
    "expected ",  # "… columns for 'v' but got …": the facts of a view with a list of names are the list
)
"""What is said of a text that can be stored and not compiled, wherever it stands."""


def is_explained(snapshot: Snapshot, probe: Probe, message: str) -> bool:
    """Whether the schema itself accounts for a probe that does not compile.

    A table can always be read, and it can be written unless a trigger or a foreign key, its own or
    one that refers to it, names what is not there; a view can be read unless SQLite cannot tell its
    columns either. Any other failure may be a fault of the probes, which would then see nothing.
    """
    # how a message begins: further on it has the names that strangers chose
    if message.startswith(_FAULTS):
        return False
    if message.startswith(_LACKING):
        return True
    name = probe.owner[1]
    if probe.sql.startswith("SELECT"):
        views = (item for item in snapshot.objects if isinstance(item, View) and fold(item.name) == name)
        return any(view.problem is not None for view in views)
    return any(
        (isinstance(item, Trigger) and fold(item.table) == name)
        or (
            isinstance(item, Table)
            and any(name in {fold(item.name), fold(key.parent)} for key in item.foreign_keys)
        )
        for item in snapshot.objects
    )


class _Pages:
    """The root pages of two databases by name: they differ between equal schemas, and so do programs."""

    def __init__(self, old: Database, new: Database, constraints: frozenset[str]) -> None:
        self._databases = (old, new)
        self._constraints = constraints
        self._names: tuple[dict[int, str], dict[int, str]] | None = None

    def first_difference(self, old: Found, new: Found) -> tuple[str, str] | None:
        """The first instruction that differs, as text of both; None when the programs are the same."""
        for one, other in zip(old, new, strict=False):
            if one != other and self._normal(one, 0) != self._normal(other, 1):
                return _shown([one]), _shown([other])
        if len(old) != len(new):
            return _shown(old[len(new) :][:1]), _shown(new[len(old) :][:1])
        return None

    def _normal(self, instruction: tuple[Any, ...], side: int) -> tuple[Any, ...]:
        """An instruction without what means nothing: page numbers, cookies, addresses, spelling."""
        _, opcode, p1, p2, p3, p4, p5, _ = instruction
        if opcode in _PAGE_IN_P2:
            p2 = self._name(p2, side)
        elif opcode in _PAGE_IN_P1:
            p1 = self._name(p1, side)
        elif opcode == "Transaction":
            p3, p4 = 0, 0  # the schema's cookie and generation
        elif opcode == "Trace":
            p4 = None  # the text of a trigger's statement
        elif opcode == "Halt" and p1 == _CHECK_FAILED and fold(str(p4)) not in self._constraints:
            p4 = None  # an unnamed CHECK's own text, for people
        if isinstance(p4, str) and p4.startswith("vtab:"):
            p4 = "vtab"
        return opcode, p1, p2, p3, p4, p5

    def _name(self, page: int, side: int) -> str | int:
        if self._names is None:
            self._names = _root_pages(self._databases[0]), _root_pages(self._databases[1])
        return self._names[side].get(page, page)


def _constraint_names(snapshot: Snapshot) -> frozenset[str]:
    """The folded names of the named constraints: an error shows them as they are written."""
    return frozenset(
        fold(unquote(following.text))
        for table in snapshot.of(Table)
        if "constraint" in str(table.sql).lower()
        for token, following in pairwise(significant(str(table.sql)))
        if is_word(token, "constraint")
    )


def _root_pages(database: Database) -> dict[int, str]:
    return dict(database.execute("SELECT rootpage, type || ' ' || lower(name) FROM sqlite_schema"))


def _shown(program: Found | str) -> str:
    if isinstance(program, str):
        return program
    return " ".join("" if part is None else str(part) for row in program for part in row) or "(ends)"
