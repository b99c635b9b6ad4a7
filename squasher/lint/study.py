"""A study: a chain as rules read it, statement by statement, with what each one did."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, Self, TypeVar

from squasher.episodes import Reader
from squasher.history import History
from squasher.introspect import introspect
from squasher.lint.head import Head, head
from squasher.lint.rule import Span
from squasher.sql import fold, significant, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.chain import Chain, Migration
    from squasher.changes import Change
    from squasher.engine import Database
    from squasher.lint.beside import Beside
    from squasher.lint.ignores import Ignore
    from squasher.model import Snapshot
    from squasher.profiles import Profile
    from squasher.replay import Step
    from squasher.sql import Token
    from squasher.statements import Ran
    from squasher.target import Target
    from squasher.watch import Note

T = TypeVar("T")
_HEAD: Final = 24
"""Tokens among which most statements have their heads."""


class Refusal(NamedTuple):
    """Why a statement does not run."""

    topic: str
    """``SqlError.topic``; '' where it is wrong for any SQLite."""
    message: str
    help: str | None
    said: str | None
    """The target's own message, where it is another one."""
    place: int | None
    """The character of the file at which it stopped, where that is known."""


class Effect(NamedTuple):
    """What a statement that writes rows met, where the replay looked."""

    held: bool = True
    """Whether its table held any row, for an UPDATE or DELETE that changed none."""
    telling: frozenset[str] = frozenset()
    """The columns of that table, folded, in which no two of its rows are equal, where it held several."""
    gone: tuple[tuple[object, ...], ...] = ()
    """Rows that a REPLACE deleted or wrote anew with other values, as they were before it."""
    came: tuple[tuple[object, ...], ...] = ()
    """Rows that it wrote, and that were not there before."""
    columns: tuple[str, ...] = ()
    """The names of their columns."""
    swallowed: str = ""
    """What SQLite would have said of a row that an INSERT passed over, for one that inserted none."""


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement of a migration: what was written, and what it did."""

    migration: Migration
    index: int
    """Which one of its file, from 0."""
    start: int
    """The character of the file at which its first token begins."""
    text: str
    """From its first token on, without the semicolon at its end."""
    ran: Ran | None = None
    """What the engine saw it do; None for one that was refused, or that nobody could run."""
    notes: tuple[Note, ...] = ()
    """What it did to stored objects."""
    refusal: Refusal | None = None
    effect: Effect | None = None

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Its tokens, without white space and comments; they count characters from its own start."""
        return tuple(significant(self.text))

    @cached_property
    def head(self) -> Head:
        """Its verb, and what it names."""
        found = head(tuple(islice(words(self.text), _HEAD)))
        is_whole = found.rest < _HEAD - 2 and found.verb != "with"  # a name may be two tokens more
        return found if is_whole else head(self.tokens)

    @property
    def span(self) -> Span:
        """All of it."""
        return Span(self.migration, self.start, self.start + len(self.text))

    def at(self, token: Token) -> Span:
        """One of its tokens."""
        return Span(self.migration, self.start + token.start, self.start + token.end)


class File(NamedTuple):
    """One migration, as a study sees it."""

    migration: Migration
    statements: tuple[Statement, ...]
    ran: bool
    """Whether all of it ran, but for statements that D1 refuses and that were left out."""
    text: str = ""
    """What was run: with those statements blanked; '' where the file did not run."""


class Study:
    """A chain that was replayed as far as it runs. A context manager: its database is open until the end.

    ``steps`` are those of the files that ran, from the first on.
    """

    def __init__(
        self,
        target: Target,
        chain: Chain,
        files: tuple[File, ...],
        steps: tuple[Step, ...],
        database: Database,
        largest: int,
    ) -> None:
        self.target = target
        self.chain = chain
        self.files = files
        self.steps = steps
        self.database = database
        self.largest = largest
        """No value and no row of the chain's had more bytes, but for zeros."""
        self.beside: Beside | None = None
        """The rehearsal that was begun with the reading, if one was."""
        self.ignores: tuple[Ignore, ...] = ()
        self.asked: frozenset[str] = frozenset()
        """The codes of the rules that are not off."""
        self.known: frozenset[str] = frozenset()
        """The codes of all rules."""
        self._done: dict[object, object] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.beside is not None:
            self.beside.stop()
        self.database.close()

    @property
    def profile(self) -> Profile:
        """The rules of the target engine."""
        return self.target.profile

    @property
    def complete(self) -> bool:
        """Whether the whole chain ran, so that the database is what a new installation would hold."""
        return len(self.steps) == len(self.chain.migrations)

    @cached_property
    def as_run(self) -> Chain:
        """The files that ran, with the texts that were run: what is refused in them is blanked."""
        ran = self.files[: len(self.steps)]
        migrations = (file.migration._replace(text=file.text) for file in ran)
        return self.chain._replace(migrations=tuple(migrations))

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of the chain, in order, those that did not run too."""
        return tuple(statement for file in self.files for statement in file.statements)

    @cached_property
    def schema(self) -> Snapshot:
        """What the replay left, without rows."""
        return introspect(self.database, rows=False)

    @cached_property
    def history(self) -> History:
        """Which statement made, changed and dropped what."""
        reader = Reader()
        episodes = [reader.read(step) for step in self.steps]
        return History(self.chain, self.steps, reader.lives, episodes)

    def once(self, compute: Callable[[Study], T]) -> T:
        """What ``compute`` makes of this study; computed once, however many rules ask for it."""
        if compute not in self._done:
            self._done[compute] = compute(self)
        return self._done[compute]  # type: ignore[return-value]  # what the same function made before

    def spot(self, change: Change) -> Span | None:
        """The line that did what a change says, the last that did; None where the chain did not.

        ``Added(owner, element)`` asks for the line that made an element, whatever it is part of.
        """
        place = self.history.last(change)
        if place is None:
            return None
        file = next(file for file in self.files if file.migration.name == place.name)
        return line_span(file.migration, place.line)

    @cached_property
    def makers(self) -> dict[tuple[str, str], Statement]:
        """By kind and folded name of each stored object, the statement that last made or changed it."""
        found: dict[tuple[str, str], Statement] = {}
        for statement in self.statements:
            for note in statement.notes:
                if note.old is not None:
                    found.pop(note.old.key, None)
                if note.new is not None:
                    found[note.new.key] = statement
        return found

    @cached_property
    def by_name(self) -> dict[str, list[Statement]]:
        """By folded name, the statements whose head names it."""
        found: dict[str, list[Statement]] = defaultdict(list)
        for statement in self.statements:
            found[fold(statement.head.called)].append(statement)
        return found


def line_span(migration: Migration, line: int) -> Span:
    """The text of a line, from 1, without the white space around it."""
    lines = migration.text.split("\n")
    start = sum(len(one) + 1 for one in lines[: line - 1])
    text = lines[line - 1] if line <= len(lines) else ""
    return Span(migration, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))
