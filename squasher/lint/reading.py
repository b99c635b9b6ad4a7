"""Reading a chain for lint: a replay that goes on behind statements that the target refuses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.d1 import first_statement
from squasher.engine import Database
from squasher.errors import ReplayError, SqlError
from squasher.hints import explain, topic_of
from squasher.lint.head import head
from squasher.lint.study import Effect, File, Refusal, Statement, Study
from squasher.replay import Step, apply, begin
from squasher.sql import TRIVIA, fold, iterate, quote, significant
from squasher.statements import Stopped, leading_trivia
from squasher.universe import utc
from squasher.volatile import UNIVERSES
from squasher.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.chain import Chain, Migration
    from squasher.engine import Found
    from squasher.statements import Ran
    from squasher.target import Target

_MOST_ROWS: Final = 10_000
"""A table with more rows is not compared row by row."""
_HEAD: Final = 500
_SPELLED: Final = ("BEGIN TRANSACTION", "begin transaction")
"""wrangler deletes the first, wherever it stands, and so moves all that follows."""


class Witness(Watcher):
    """Sees the statements of a chain, and what those that write rows met."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, facts=True)
        self.effects: dict[int, Effect] = {}
        """By the statement's place in its file."""
        self._before: tuple[str, Found] | None = None
        self.about = self._about

    def _about(self, sql: str) -> None:
        """Keep the rows that a REPLACE may delete."""
        self._before = None
        if not sql[:_HEAD].lower().startswith(("insert", "replace", "with")):
            return
        what = head(significant(sql[:_HEAD]))
        if what.verb == "insert" and what.conflict == "replace":
            rows = self._rows_of(what.called)
            self._before = None if rows is None else (what.called, rows)

    def see(self, ran: Ran) -> None:
        """Called after each statement."""
        if self._before is not None:
            table, before = self._before
            after = self._rows_of(table) or before
            left = Counter(after)
            gone = tuple(row for row in before if row not in left)
            if gone:
                held = Counter(before)
                came = tuple(row for row in after if row not in held)
                columns = self._db.execute(f"SELECT name FROM pragma_table_info({quote(table)})")
                names = tuple(name for (name,) in columns)
                self.effects[self._statements] = Effect(gone=gone, came=came, columns=names)
        elif not ran.changes and ran.sql[:6].lower() in {"update", "delete"} and len(ran.writes) == 1:
            self.effects[self._statements] = Effect(held=self._holds(ran.writes[0]))
        super().see(ran)

    def _rows_of(self, table: str) -> Found | None:
        """The rows of a table; None where it is no table, or where they are many."""
        try:
            rows = self._db.execute(f"SELECT * FROM {quote(table)} LIMIT {_MOST_ROWS + 1}")
        except SqlError:
            return None
        return rows if len(rows) <= _MOST_ROWS else None

    def _holds(self, table: str) -> bool:
        try:
            return bool(self._db.execute(f"SELECT 1 FROM {quote(table)} LIMIT 1"))
        except SqlError:
            return True  # a view: what its trigger meets is the trigger's matter


class _Broken(NamedTuple):
    """A refusal at a place in a file, and the text with that statement blanked."""

    start: int
    refusal: Refusal
    mended: str


def read(target: Target, chain: Chain) -> Study:
    """Replay ``chain`` as far as it runs, and give a study of it, to be closed by the caller.

    A statement that the target refuses by a rule of its own is left out and the replay goes on; where
    anything else fails it ends, and the files behind it are only split.
    """
    database = Database(target.profile, UNIVERSES[0])
    try:
        with utc():
            begin(database)
            files, steps = _files(database, chain)
    except BaseException:
        database.close()
        raise
    return Study(target, chain, files, steps, database)


def _files(database: Database, chain: Chain) -> tuple[tuple[File, ...], tuple[Step, ...]]:
    witness = Witness(database)
    files: list[File] = []
    steps: list[Step] = []
    reader = _Reader(database, chain, witness)
    for index, migration in enumerate(chain.migrations):
        if len(steps) < index:
            files.append(File(migration, tuple(_split(migration)), ran=False))
            continue
        file, step = reader.file(index)
        files.append(file)
        steps += [step] if step is not None else []
    return tuple(files), tuple(steps)


class _Reader:
    def __init__(self, database: Database, chain: Chain, witness: Witness) -> None:
        self._db = database
        self._chain = chain
        self._witness = witness
        self._made_less = False
        """Whether a CREATE was refused, so that what fails later may fail because of it."""

    def file(self, index: int) -> tuple[File, Step | None]:
        """Run one migration, as often as it takes to find all that is refused in it."""
        migration = self._chain.migrations[index]
        on_d1 = not self._db.profile.transactions
        text = _ended(migration.text.replace(*_SPELLED)) if on_d1 else migration.text
        refused: dict[int, Refusal] = {}
        while True:
            attempt = migration._replace(text=text, data=text.encode())
            chain = self._chain
            if text != migration.text:
                others = list(chain.migrations)
                others[index] = attempt
                chain = chain._replace(migrations=tuple(others))
            self._witness.effects = {}
            try:
                ran = apply(self._db, chain, index, self._witness)
            except ReplayError as error:
                self._witness.back()
                broken = _broken(migration, attempt, error, on_d1=on_d1)
                if broken.refusal.topic or not self._made_less:
                    refused[broken.start] = broken.refusal
                if broken.refusal.topic and broken.mended != text:
                    first = migration.text[broken.start : broken.start + len("create")]
                    self._made_less |= fold(first) == "create"
                    text = broken.mended
                    continue
                return File(migration, _failed(migration, refused), ran=False), None
            step = Step(migration, ran, self._witness.take())
            return File(migration, self._statements(step, refused), ran=True, text=text), step

    def _statements(self, step: Step, refused: dict[int, Refusal]) -> tuple[Statement, ...]:
        migration = step.migration
        effects = self._witness.effects
        found: list[tuple[int, str, Ran | None, int]] = [
            (_character(migration, ran.start), ran.sql, ran, place)
            for place, ran in enumerate(step.statements)
        ]
        found += [(start, _statement_at(migration.text, start), None, -1) for start in refused]
        found.sort(key=lambda one: one[0])
        return tuple(
            Statement(
                migration,
                index,
                start,
                _bare(sql),
                ran,
                tuple(note for note in step.notes if note.statement == place),
                refused.get(start) if ran is None else None,
                effects.get(place),
            )
            for index, (start, sql, ran, place) in enumerate(found)
        )


def _ended(text: str) -> str:
    """The text with a semicolon at its end, if its last statement has none: it could not be recorded."""
    last = ""
    for token in iterate(text):
        if token.kind not in TRIVIA:
            last = token.text
    return text if last in {"", ";"} else text + "\n;"


def _broken(original: Migration, attempt: Migration, error: ReplayError, *, on_d1: bool) -> _Broken:
    """What stopped a file, where, and the text of the attempt without it.

    What was blanked before has the same bytes, but not the same characters.
    """
    cause = error.__cause__
    if not isinstance(cause, Stopped):
        message = cause.message if isinstance(cause, SqlError) else error.message.partition(": ")[2]
        starts = [statement.start for statement in _split(original)]
        refusal = Refusal("", message, error.hint, error.said, None)
        return _Broken(starts[-1] if starts else 0, refusal, attempt.text)
    problem, text = cause.error, attempt.text
    at = _character(attempt, min(cause.start, len(attempt.data)))
    topic = problem.topic or (topic_of(problem.message) if on_d1 else "")
    statement = _statement_at(text, at)
    message, hint = problem.message, problem.hint
    if hint is None:
        message, hint = explain(message, statement, on_d1=on_d1)
    inside = problem.offset is not None and problem.offset < len(original.data)
    place = _character(original, problem.offset) if inside and problem.offset is not None else None
    blank = "".join(char if char == "\n" else " " * len(char.encode()) for char in statement)
    refusal = Refusal(topic, message, hint, problem.said, place)
    start = _character(original, min(cause.start, len(original.data)))
    return _Broken(start, refusal, text[:at] + blank + text[at + len(statement) :])


def _failed(migration: Migration, refused: dict[int, Refusal]) -> tuple[Statement, ...]:
    """The statements of a file that did not run, split as wrangler does, with what is known of them."""
    statements = list(_split(migration))
    for start, refusal in refused.items():
        before = [place for place, one in enumerate(statements) if one.start <= start]
        if not before:
            statements.insert(0, Statement(migration, 0, start, "", refusal=refusal))
            continue
        one = statements[before[-1]]
        statements[before[-1]] = Statement(migration, one.index, one.start, one.text, refusal=refusal)
    return tuple(statements)


def _split(migration: Migration) -> Iterator[Statement]:
    """The statements of a file as wrangler splits it."""
    text = migration.text
    start = index = 0
    while start < len(text):
        begins, ends, after = first_statement(text[start:])
        piece = text[start + begins : start + ends]
        trivia = leading_trivia(piece)
        if piece[trivia:]:
            yield Statement(migration, index, start + begins + trivia, _bare(piece[trivia:]))
            index += 1
        start += max(after, 1)


def _statement_at(text: str, start: int) -> str:
    """The statement that begins at a character, with its semicolon."""
    _, _, after = first_statement(text[start:])
    return text[start : start + after]


def _bare(sql: str) -> str:
    """A statement without the semicolon at its end."""
    return sql.rstrip().removesuffix(";").rstrip()


def _character(migration: Migration, offset: int) -> int:
    """The character at a byte of a file."""
    if len(migration.text) == len(migration.data):
        return offset
    return len(migration.data[:offset].decode(errors="ignore"))
