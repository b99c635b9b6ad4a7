"""Rehearsal: the chain once more, on a database that holds rows, as one in production does.

After each migration the tables that are empty get probe rows, and the next one runs on them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from squasher.engine import Database
from squasher.errors import ReplayError, SqlError
from squasher.lint.probes import fill
from squasher.lint.rebuilds import outside, rebuilds
from squasher.model import ForeignKey, Table
from squasher.replay import apply, begin
from squasher.sql import fold, is_word, name_of, quote, unquote
from squasher.statements import Stopped
from squasher.universe import utc
from squasher.volatile import UNIVERSES
from squasher.watch import Watcher

if TYPE_CHECKING:
    from squasher.lint.probes import Known
    from squasher.lint.rebuilds import Rebuild
    from squasher.lint.study import File, Statement, Study
    from squasher.schema import Stored
    from squasher.statements import Ran

_MOST_ROWS: Final = 10_000
"""A table with more rows is not compared row by row."""
_PROBLEMS: Final = {
    "NOT NULL constraint failed": "not null",
    "UNIQUE constraint failed": "unique",
    "CHECK constraint failed": "check",
    "FOREIGN KEY constraint failed": "foreign key",
    "cannot store ": "type",
    "datatype mismatch": "type",
    "Cannot add a NOT NULL column": "no value",
    "Cannot add a column with non-constant default": "default",
    "Cannot add a REFERENCES column": "default",
}
_TAKES_CHILDREN: Final = frozenset({"CASCADE"})
_OVERWRITES: Final = frozenset({"SET NULL", "SET DEFAULT"})

Held: TypeAlias = "Counter[tuple[object, ...]]"


class Content(NamedTuple):
    """The rows of a table at one moment."""

    columns: tuple[str, ...]
    rows: Held


class Loss(NamedTuple):
    """Rows of one table that a statement deleted or overwrote because they refer to rows of another."""

    statement: Statement
    table: str
    key: ForeignKey
    """The foreign key by which they refer."""
    deleted: int
    changed: int
    of: int
    """How many rows the table held before."""


class Failure(NamedTuple):
    """A statement that fails where tables hold rows, and does not where they are empty."""

    statement: Statement
    kind: str
    """``not null``, ``unique``, ``check``, ``foreign key``, ``type``; ``no value`` or ``default`` for a
    column that ALTER TABLE adds to no table with rows."""
    message: str
    """SQLite's own."""
    referring: tuple[tuple[str, ForeignKey], ...] = ()
    """Of a DROP TABLE: the tables with rows that refer to it, and by which key."""

    @property
    def what(self) -> str:
        """The statement in a few words."""
        head = self.statement.head
        match head.verb:
            case "create":
                unique = "UNIQUE " if head.unique else ""
                return f"CREATE {unique}{head.kind.upper()} {head.called}"
            case "alter":
                added = self.column and f" ADD COLUMN {self.column}"
                return f"ALTER TABLE {head.called}{added}"
            case "insert":
                return f"the copy into {head.called}"
            case _:
                return f"{head.verb.upper()} {head.kind.upper()} {head.called}"

    @property
    def column(self) -> str:
        """The columns that SQLite names, or that ALTER TABLE adds; '' where there are none."""
        head = self.statement.head
        if head.verb == "alter":
            words = [
                token for token in self.statement.tokens[head.rest :] if not is_word(token, "add", "column")
            ]
            return unquote(words[0].text) if words else ""
        said = self.message.partition(" failed: ")[2]
        if self.kind not in {"not null", "unique", "no value"} or said.startswith("index "):
            return ""
        return ", ".join(one.rpartition(".")[2] for one in said.split(", "))


class Moved(NamedTuple):
    """What became of the rows of a table that was rebuilt."""

    rebuild: Rebuild
    before: int
    after: int
    """How many rows there were when the old one was dropped, and when the file ended."""
    shuffled: tuple[tuple[str, str], ...]
    """Columns that hold what another one held: the column, and that other one."""


class Rehearsal(NamedTuple):
    """What was seen."""

    losses: tuple[Loss, ...]
    failures: tuple[Failure, ...]
    moved: tuple[Moved, ...]
    unknown: tuple[str, ...]
    """The files that say nothing: they fail with probe rows, and it may be the probes' fault."""


class _Watch(NamedTuple):
    """A table to compare before and after a statement."""

    table: str
    key: ForeignKey
    before: Content


class _Observer(Watcher):
    """Sees one file. What it does to the schema is known from the study."""

    def __init__(
        self, database: Database, file: File, tables: dict[str, Table], rebuilt: dict[Statement, Rebuild]
    ) -> None:
        super().__init__(database, facts=False)
        self._database = database
        self._file = file
        self.statements = [one for one in file.statements if one.ran is not None]
        self._tables = dict(tables)
        self._rebuilt = rebuilt
        self._number = 0
        self._watched: list[_Watch] = []
        self._losses: list[tuple[Loss, Content]] = []
        self.halves: list[tuple[Rebuild, Content]] = []
        self.referring: dict[Statement, tuple[tuple[str, ForeignKey], ...]] = {}
        """By DROP TABLE, what refers to the table and stands in the way: tables with rows, and their keys."""
        self.orphans: list[str] = []
        """The tables, folded, with rows that refer to nothing when the file ends."""
        self.about = self._before

    def _before(self, _sql: str) -> None:
        """Keep the rows that the statement may delete or overwrite by way of foreign keys."""
        self._watched = []
        if self._number >= len(self.statements):
            return
        statement = self.statements[self._number]
        for note in statement.notes:
            if note.old is None or note.new is not None or not isinstance(note.old.facts, Table):
                continue
            name = note.old.key[1]
            self._watch(name, set())
            keys = [
                (child, key)
                for child, key in self._children(name)
                if key.on_delete not in _TAKES_CHILDREN | _OVERWRITES
                and (held := self.content(child)) is not None
                and held.rows
            ]
            if keys:
                self.referring[statement] = tuple(keys)
            rebuild = self._rebuilt.get(statement)
            held = self.content(note.old.stored.name)
            if rebuild is not None and held is not None and fold(rebuild.old.name) == name:
                self.halves.append((rebuild, held))
        if statement.effect is not None and statement.effect.gone:
            self._watch(fold(statement.head.called), set())

    def see(self, ran: Ran) -> None:
        """Called after each statement."""
        del ran
        if self._number >= len(self.statements):
            return
        statement = self.statements[self._number]
        for watch in self._watched:
            after = self.content(watch.table)
            gone = watch.before.rows if after is None else watch.before.rows - after.rows
            if not gone:
                continue
            of = watch.before.rows.total()
            deleted = of - (0 if after is None else after.rows.total())
            loss = Loss(statement, watch.table, watch.key, deleted, gone.total() - deleted, of)
            self._losses.append((loss, watch.before))
        for note in statement.notes:
            if note.old is not None:
                self._tables.pop(note.old.key[1], None)
            if note.new is not None and isinstance(note.new.facts, Table):
                self._tables[note.new.key[1]] = note.new.facts
        self._number += 1
        if self._number == len(self.statements) and self._may_leave_orphans():
            self.orphans = self._find_orphans()

    def _find_orphans(self) -> list[str]:
        try:
            found = self._database.execute("PRAGMA foreign_key_check")
        except SqlError:  # a foreign key to columns that are no key
            return []
        return list(dict.fromkeys(fold(child) for child, *_ in found))

    def now_called(self, name: str) -> str:
        """The name, folded, that a table has when the file ends, of one that it made under another."""
        own = (one for one in self._rebuilt.values() if one.file is self._file)
        return fold(next((one.new.name for one in own if fold(one.made.head.called) == name), name))

    def _may_leave_orphans(self) -> bool:
        defers = any(one.head.verb == "pragma" for one in self.statements)
        return bool(self.referring) or defers or any(key.deferred for key in self._keys())

    def _keys(self) -> list[ForeignKey]:
        return [
            key
            for statement in self.statements
            for note in statement.notes
            if note.new is not None and isinstance(note.new.facts, Table)
            for key in note.new.facts.foreign_keys
        ]

    def _children(self, name: str) -> list[tuple[str, ForeignKey]]:
        """The tables that refer to one, and how."""
        return [
            (table.name, key)
            for child, table in self._tables.items()
            for key in table.foreign_keys
            if fold(key.parent) == name and child != name
        ]

    def _watch(self, name: str, seen: set[str]) -> None:
        """Watch what refers to a table by keys that delete or overwrite, and what refers to that."""
        for child, key in self._children(name):
            if child in seen or key.on_delete not in _TAKES_CHILDREN | _OVERWRITES:
                continue
            seen.add(child)
            held = self.content(child)
            if held is not None:
                self._watched.append(_Watch(child, key, held))
            if key.on_delete in _TAKES_CHILDREN:
                self._watch(fold(child), seen)

    def content(self, table: str) -> Content | None:
        """The rows of a table; None where there is none, or where they are many."""
        try:
            columns = self._database.execute("SELECT name FROM pragma_table_info(?, 'main')", (table,))
            rows = self._database.execute(f"SELECT * FROM {quote(table)} LIMIT {_MOST_ROWS + 1}")
        except (SqlError, UnicodeDecodeError):
            return None
        held = Content(tuple(name for (name,) in columns), Counter(rows))
        return held if len(rows) <= _MOST_ROWS and held.columns else None

    def losses(self) -> list[Loss]:
        """Those that stand when the file has ended: of tables that are still there, and were not mended."""
        found: list[Loss] = []
        for loss, before in self._losses:
            now = self.content(loss.table) if fold(loss.table) in self._tables else None
            if now is None:
                continue
            same = [fold(name) for name in now.columns] == [fold(name) for name in before.columns]
            if before.rows - now.rows if same else now.rows.total() < before.rows.total():
                found.append(loss)
        return found

    def moved(self) -> list[Moved]:
        """What became of the rows of rebuilt tables."""
        found: list[Moved] = []
        for rebuild, before in self.halves:
            after = self.content(rebuild.new.name)
            if after is not None:
                shuffled = _shuffled(before, after)
                found.append(Moved(rebuild, before.rows.total(), after.rows.total(), shuffled))
        return found

    @property
    def touched(self) -> list[str]:
        """The tables that the file made, changed or wrote."""
        made = [
            note.new.stored.name
            for statement in self.statements
            for note in statement.notes
            if note.new is not None and note.new.stored.kind == "table"
        ]
        wrote = [name for one in self.statements if one.ran is not None for name in one.ran.writes]
        return [*made, *wrote, *(loss.table for loss, _ in self._losses)]


def rehearse(study: Study) -> Rehearsal:
    """Replay the files of a study that ran, on rows; computed through ``study.once(rehearse)``."""
    with utc():
        return _Stage(study).play()


class _Stage:
    def __init__(self, study: Study) -> None:
        self._files = study.files[: len(study.steps)]
        texts = {file.migration.name: file.text for file in self._files}
        self._chain = study.chain._replace(
            migrations=tuple(
                one._replace(text=texts[one.name], data=texts[one.name].encode())
                for one in study.chain.migrations[: len(self._files)]
            )
        )
        self._profile = study.profile
        self._rebuilt = {one.dropped: one for one in study.once(rebuilds)}
        self._tables: dict[str, Table] = {}
        self._empty: dict[str, None] = {}
        """The tables that no probe row could be put into so far."""
        self._known: dict[Stored, Known] = {}
        self._clean: Database | None = None
        self._cleaned = 0
        self._losses: list[Loss] = []
        self._failures: list[Failure] = []
        self._moved: list[Moved] = []
        self._unknown: list[str] = []

    def play(self) -> Rehearsal:
        """Run all files."""
        database = self._new()
        try:
            for index in range(len(self._files)):
                database = self._file(database, index)
        finally:
            database.close()
            if self._clean is not None:
                self._clean.close()
        return Rehearsal(tuple(self._losses), tuple(self._failures), tuple(self._moved), tuple(self._unknown))

    def _new(self) -> Database:
        database = Database(self._profile, UNIVERSES[0])
        begin(database)
        return database

    def _file(self, database: Database, index: int) -> Database:
        """Run a file and fill what it left empty; where it fails with rows, without them."""
        file = self._files[index]
        observer = _Observer(database, file, self._tables, self._rebuilt)
        touched: list[str] | None = None
        try:
            apply(database, self._chain, index, observer)
        except ReplayError as error:
            failure = _failure(observer, error)
            if failure is None:
                self._unknown.append(file.migration.name)
            else:
                self._failures.append(failure)
            database.close()
            database = self._without_rows(index)
        else:
            self._losses += observer.losses()
            self._moved += observer.moved()
            touched = [*observer.touched, *self._empty]
        for statement in file.statements:
            for note in statement.notes:
                if note.old is not None:
                    self._tables.pop(note.old.key[1], None)
                if note.new is not None and isinstance(note.new.facts, Table):
                    self._tables[note.new.key[1]] = note.new.facts
        filled = fill(database, touched, self._known)
        self._empty = dict.fromkeys(name for name, count in filled.items() if not count)
        return database

    def _without_rows(self, index: int) -> Database:
        """What the files up to and with that one make without any probe row."""
        if self._clean is None:
            self._clean = self._new()
        for number in range(self._cleaned, index + 1):
            apply(self._clean, self._chain, number)
        self._cleaned = index + 1
        return self._clean.clone()


def _failure(observer: _Observer, error: ReplayError) -> Failure | None:
    """What failed because there were rows; None where it may be the fault of the probe rows."""
    cause = error.__cause__
    if not isinstance(cause, Stopped):
        return _at_commit(observer)
    place = next(
        (
            n
            for n, one in enumerate(observer.statements)
            if one.ran is not None and one.ran.start == cause.start
        ),
        None,
    )
    problem = cause.error.message
    kind = next((kind for part, kind in _PROBLEMS.items() if problem.startswith(part)), "")
    if place is None or not kind:
        return None
    statement = observer.statements[place]
    if kind == "not null" and _leaves_out(statement, problem.rpartition(".")[2]):
        kind = "no value"
    if statement.notes or _fills_a_new_table(observer.statements[:place], statement):
        return Failure(statement, kind, problem, observer.referring.get(statement, ()))
    return None


def _leaves_out(statement: Statement, column: str) -> bool:
    """Whether an INSERT lists columns, and not this one."""
    words = statement.tokens[statement.head.rest :]
    if statement.head.verb != "insert" or not words or words[0].text != "(":
        return False
    end = next((place for place, token in enumerate(words) if token.text == ")"), len(words))
    return fold(column) not in {name_of(token) for token in words[:end]}


def _at_commit(observer: _Observer) -> Failure | None:
    """Which statement left rows that refer to nothing."""
    problem = "FOREIGN KEY constraint failed"
    for child in observer.orphans:
        for place, statement in enumerate(observer.statements):
            wrote = observer.now_called(fold(statement.head.called))
            if wrote == child and _fills_a_new_table(observer.statements[:place], statement):
                return Failure(statement, "foreign key", problem)
    # rows that come back under the same name do not count: SQLite still misses those of the dropped table
    for statement, keys in reversed(observer.referring.items()):
        return Failure(statement, "foreign key", problem, keys)
    return None


def _fills_a_new_table(before: list[Statement], statement: Statement) -> bool:
    """Whether it is an INSERT … SELECT into a table that its own file made."""
    if statement.head.verb != "insert" or "select" not in outside(statement):
        return False
    name = "table", fold(statement.head.called)
    return any(
        note.old is None and note.new is not None and note.new.key == name
        for one in before
        for note in one.notes
    )


def _shuffled(before: Content, after: Content) -> tuple[tuple[str, str], ...]:
    """Columns that hold what another one held, where that one holds something else now, too."""
    old, new = _by_column(before), _by_column(after)
    other = {name for name in old if name in new and new[name] != old[name]}
    return tuple(
        (name, source)
        for name in old
        if name in other
        for source in [
            next((one for one in old if one in other and one != name and old[one] == new[name]), None)
        ]
        if source is not None
    )


def _by_column(content: Content) -> dict[str, Counter[object]]:
    """How often each column holds which value, by its folded name; a number is what its text is."""
    found: dict[str, Counter[object]] = {}
    for place, name in enumerate(content.columns):
        values: Counter[object] = Counter()
        for row, count in content.rows.items():
            values[_plain(row[place])] += count
        found[fold(name)] = values
    return found


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) else value
