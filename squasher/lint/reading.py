"""Reading a chain for lint: a replay that goes on behind statements that the target refuses."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from squasher import progress
from squasher.d1 import first_statement
from squasher.engine import Database, largest_allocation
from squasher.errors import ReplayError, SqlError
from squasher.hints import explain, topic_of
from squasher.lint.beside import Beside
from squasher.lint.head import head
from squasher.lint.held import MOST, columns_of, rows_of
from squasher.lint.study import Effect, File, Refusal, Statement, Study
from squasher.lint.swallowed import swallowed
from squasher.replay import Step, apply, begin
from squasher.sql import COMMENT, TRIVIA, fold, latest, quote, significant, tokens
from squasher.statements import Stopped, leading_trivia
from squasher.universe import utc
from squasher.volatile import UNIVERSES
from squasher.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from squasher.chain import Chain, Migration
    from squasher.engine import Found
    from squasher.sql import Token
    from squasher.statements import Ran
    from squasher.target import Target
    from squasher.watch import Note

_MOST_READ: Final = 1_000_000
"""So many rows are read of a chain to compare them: else each of many statements would read a table again."""
_HEAD: Final = 500
_FEW: Final = 8
_MOST_REFUSED: Final = 1_000
"""With more refused statements in one file, the file is given up: whoever reads of so many knows."""
_TOO_LONG_TO_RECORD: Final = (
    "with the comment behind the last statement, what wrangler appends to record the migration is too long"
)
_MAKE_NOTHING: Final = frozenset({"transactions", "pragmas", "vacuum"})
"""Topics of statements without which what follows runs as it would with them."""
_SPELLED: Final = ("BEGIN TRANSACTION", "begin transaction")
"""wrangler deletes the first, wherever it stands, and so moves all that follows."""


class Witness(Watcher):
    """Sees the statements of a chain, and what those that write rows met."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, facts=True)
        self.effects: dict[int, Effect] = {}
        """By the statement's place in its file."""
        self._before: tuple[str, Found] | None = None
        self._read_rows = 0
        self.about = self._about

    def _about(self, sql: str) -> None:
        """Keep the rows that a REPLACE may delete."""
        self._before = None
        start = sql[:_HEAD].lower()
        if not (start.startswith(("insert", "replace", "with")) and "replace" in start):
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
            held, left = Counter(before), Counter(after)
            gone = tuple(row for row in before if row not in left)
            if gone:
                came = tuple(row for row in after if row not in held)
                names = columns_of(self._db, table)
                self.effects[self._statements] = Effect(gone=gone, came=came, columns=names)
        elif not ran.changes and ran.sql[:6].lower() in {"update", "delete"} and len(ran.writes) == 1:
            (table,) = ran.writes
            telling = self._telling(table)
            self.effects[self._statements] = Effect(held=self._holds(table), telling=telling)
        elif not ran.changes and ran.writes and (why := swallowed(self._db, ran.sql)):
            self.effects[self._statements] = Effect(swallowed=why)
        super().see(ran)

    def _rows_of(self, table: str) -> Found | None:
        """The rows of a table; None where it is no table, where they are (or were) many or not UTF-8."""
        if self._read_rows > _MOST_READ:
            return None
        rows = rows_of(self._db, table)
        if rows is None:
            return None
        self._read_rows += len(rows)
        return rows if len(rows) <= MOST else None

    def _telling(self, table: str) -> frozenset[str]:
        """The columns, folded, whose values tell the rows of a table from each other."""
        rows = self._rows_of(table)
        if rows is None or len(rows) <= 1:
            return frozenset()
        columns = zip(columns_of(self._db, table), zip(*rows, strict=True), strict=True)
        return frozenset(fold(name) for name, values in columns if len(set(values)) == len(rows))

    def _holds(self, table: str) -> bool:
        try:
            return bool(self._db.execute(f"SELECT 1 FROM {quote(table)} LIMIT 1"))
        except SqlError:
            return True  # a view: what its trigger meets is the trigger's matter


def read(target: Target, chain: Chain, *, rehearsing: bool = False) -> Study:
    """Replay ``chain`` as far as it runs, and give a study of it, to be closed by the caller.

    A statement that the target refuses by a rule of its own is left out and the replay goes on; where
    anything else fails it ends, and the files behind it are only split. If it will be asked what a
    ``rehearsing`` saw, that begins at once, on another processor.
    """
    beside = Beside(chain, target.profile) if rehearsing else None
    database = Database(target.profile, UNIVERSES[0])
    largest_allocation(anew=True)
    try:
        with utc():
            begin(database)
            files, steps = _files(database, chain, beside)
    except BaseException:
        database.close()
        if beside is not None:
            beside.stop()
        raise
    study = Study(target, chain, files, steps, database, largest_allocation())
    study.beside = beside
    return study


def _files(
    database: Database, chain: Chain, beside: Beside | None
) -> tuple[tuple[File, ...], tuple[Step, ...]]:
    witness = Witness(database)
    files: list[File] = []
    steps: list[Step] = []
    reader = _Reader(database, chain, witness)
    for index, migration in enumerate(progress.over(chain.migrations, progress.REPLAYED)):
        if len(steps) < index:
            files.append(File(migration, tuple(split(migration)), ran=False))
            continue
        file, step = reader.file(index)
        files.append(file)
        if step is not None:
            steps.append(step)
            if beside is not None:
                beside.put(file)
    return tuple(files), tuple(steps)


class _Reader:
    def __init__(self, database: Database, chain: Chain, witness: Witness) -> None:
        self._db = database
        self._chain = chain
        self._witness = witness
        self._on_d1 = not database.profile.transactions
        self._made_less = False
        """Whether a statement that may have made something was left out: what fails later may fail of it."""

    def file(self, index: int) -> tuple[File, Step | None]:
        """Run one migration, without what is refused in it."""
        migration = self._chain.migrations[index]
        refused: dict[int, Refusal] = {}

        def past(stopped: Stopped) -> bool:
            start = _character(migration, min(stopped.start, len(migration.data)))
            refusal = self._refusal(migration, start, stopped.error)
            recording = stopped.start >= len(migration.data)  # what wrangler appends
            if recording and refusal.topic:
                refusal = refusal._replace(message=_TOO_LONG_TO_RECORD, help="Shorten the comment.")
            if refusal.topic or not self._made_less:
                refused[start] = refusal
            self._made_less |= refusal.topic not in _MAKE_NOTHING
            return bool(refusal.topic) and not recording and len(refused) < _MOST_REFUSED

        self._witness.effects = {}
        chain = self._as_meant(index)
        try:
            ran = apply(self._db, chain, index, self._witness, past)
        except ReplayError as error:
            self._witness.back()
            if not isinstance(error.__cause__, Stopped) and not self._made_less:
                start, refusal = _at_end(migration, error, refused)
                refused[start] = refusal
            return File(migration, _failed(migration, refused), ran=False), None
        step = Step(migration, ran, self._witness.take())
        text = _without(chain.migrations[index].text, refused)
        return File(migration, self._statements(step, refused), ran=True, text=text), step

    def _as_meant(self, index: int) -> Chain:
        """The chain, without what keeps D1 from running a file at all."""
        if not self._on_d1:
            return self._chain
        migration = self._chain.migrations[index]
        text = _ended(migration.text.replace(*_SPELLED))
        if text == migration.text:
            return self._chain
        migrations = list(self._chain.migrations)
        migrations[index] = migration._replace(text=text)
        return self._chain._replace(migrations=tuple(migrations))

    def _refusal(self, migration: Migration, start: int, problem: SqlError) -> Refusal:
        """Why the statement that begins at a character does not run."""
        topic = problem.topic or (topic_of(problem.message) if self._on_d1 else "")
        inside = problem.offset is not None and problem.offset < len(migration.data)
        place = _character(migration, problem.offset) if inside and problem.offset is not None else None
        message, hint = problem.message, problem.hint
        if problem.offset is not None and not inside:  # at the semicolon that the file does not have
            message = "incomplete input"
        if hint is None:
            statement = _statement_at(migration.text, start)
            message, hint = explain(message, statement, on_d1=self._on_d1)
        return Refusal(topic, message, hint, problem.said, place)

    def _statements(self, step: Step, refused: dict[int, Refusal]) -> tuple[Statement, ...]:
        migration = step.migration
        effects = self._witness.effects
        notes: dict[int, list[Note]] = defaultdict(list)
        for note in step.notes:
            notes[note.statement].append(note)
        starts = _characters(migration, [ran.start for ran in step.statements])
        found: list[tuple[int, str, Ran | None, int]] = [
            (start, migration.text[start : start + len(ran.sql)], ran, place)
            for place, (start, ran) in enumerate(zip(starts, step.statements, strict=True))
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
                tuple(notes[place]) if ran is not None else (),
                refused.get(start) if ran is None else None,
                effects.get(place),
            )
            for index, (start, sql, ran, place) in enumerate(found)
        )


def _ended(text: str) -> str:
    """The text as its author meant it to end: its last comment closed, its last statement with a semicolon.

    Otherwise what wrangler appends to record the migration would be part of them.
    """
    last, comment = ending(text)
    closed = text if comment is None else text + "*/"
    return closed if last is None or last.text == ";" else closed + "\n;"


@lru_cache(maxsize=1 << 14)
def ending(text: str) -> tuple[Token | None, Token | None]:
    """The last token of a file that is no comment, and the comment at its end that nobody closed."""
    found = latest(text, _FEW)
    if len(found) == _FEW and all(token.kind in TRIVIA for token in found):
        found = tokens(text)
    last = next((token for token in reversed(found) if token.kind not in TRIVIA), None)
    return last, found[-1] if found and _is_open(found[-1]) else None


def _without(text: str, starts: Iterable[int]) -> str:
    """A text without the statements that begin at some characters; what is left stands at the same bytes."""
    parts: list[str] = []
    at = 0
    for start in sorted(starts):
        statement = _statement_at(text, start)
        blank = "".join(char if char == "\n" else " " * len(char.encode()) for char in statement)
        parts += [text[at:start], blank]
        at = start + len(statement)
    return "".join([*parts, text[at:]])


def _is_open(token: Token) -> bool:
    """Whether it is a comment that nobody closed: it goes on to the end of the file."""
    said = token.text
    begins = token.kind == COMMENT and said.startswith("/*")
    return begins and (len(said) < len("/**/") or not said.endswith("*/"))


def _at_end(migration: Migration, error: ReplayError, refused: Container[int]) -> tuple[int, Refusal]:
    """What stopped a file whose statements ran, but for refused ones, and where the last that ran begins."""
    cause = error.__cause__
    message = cause.message if isinstance(cause, SqlError) else error.message.partition(": ")[2]
    starts = [one.start for one in split(migration) if one.start not in refused]
    return starts[-1] if starts else 0, Refusal("", message, error.hint, error.said, None)


def _failed(migration: Migration, refused: dict[int, Refusal]) -> tuple[Statement, ...]:
    """The statements of a file that did not run, split as wrangler does, with what is known of them."""
    statements = list(split(migration))
    starts = [one.start for one in statements]
    for start, refusal in refused.items():
        place = bisect_right(starts, start) - 1
        if place < 0:
            statements.insert(0, Statement(migration, 0, start, "", refusal=refusal))
            continue
        one = statements[place]
        statements[place] = Statement(migration, one.index, one.start, one.text, refusal=refusal)
    return tuple(statements)


def split(migration: Migration) -> Iterator[Statement]:
    """The statements of a file as wrangler splits it, of which nothing is known but what they say."""
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
    return _characters(migration, [offset])[0]


def _characters(migration: Migration, offsets: list[int]) -> list[int]:
    """The characters at bytes of a file, which are in order."""
    if len(migration.text) == len(migration.data):
        return offsets
    found: list[int] = []
    at = characters = 0
    for offset in offsets:
        characters += len(migration.data[at:offset].decode(errors="ignore"))
        at = offset
        found.append(characters)
    return found
