"""Statement by statement: what each one of a script did, and where a script stopped.

SQLite itself says where a statement ends: the engine calls a Runner before each one's first step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import sql as text
from squasher.d1 import first_statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.authority import Touched
    from squasher.engine import Database
    from squasher.errors import SqlError


_LONG: Final = 4096
"""Characters of a statement of which no second copy is kept."""


class Piece(NamedTuple):
    """A long statement, by its place in a text that somebody keeps anyway."""

    text: str
    start: int
    stop: int


class Ran(NamedTuple):
    """One statement that ran: where it stood, and what the engine saw it do."""

    start: int
    """Byte offset of its first token in the text."""
    said: str | Piece
    """The statement's text, or where it is."""
    writes: tuple[str, ...]
    """The tables that it may have written, its triggers included, in the order first seen."""
    touches: tuple[str, ...]
    """Those, and what it read, made, altered or dropped: tables, views and triggers."""
    defines: bool
    """Whether it made, altered or dropped an object."""
    changes: int
    """How many rows it inserted, updated or deleted."""
    asked_clock: bool
    draws: tuple[int, int]
    """The numbers of the random values that it drew: from the first up to, and without, the last."""
    asked_counters: bool
    """Whether it may have asked what the statement before it did: ``changes()`` and the like."""

    @property
    def sql(self) -> str:
        """The statement's text."""
        said = self.said
        return said if isinstance(said, str) else said.text[said.start : said.stop]

    @property
    def asked_random(self) -> bool:
        """Whether it drew a random value."""
        return self.draws[0] < self.draws[1]


class Stopped(Exception):  # noqa: N818 - it carries a result: how far a script came
    """A script that failed: the statements that ran, and the one that did not.

    ``start`` is the byte offset of the failing statement's first token, ``error.offset`` that of what
    SQLite complains about, both in the whole text.
    """

    def __init__(self, ran: tuple[Ran, ...], start: int, error: SqlError) -> None:
        super().__init__(error.message)
        self.ran = ran
        self.start = start
        self.error = error


class Runner:
    """Turns what the engine's hooks tell while a script runs into Ran values."""

    def __init__(
        self,
        database: Database,
        seen: Callable[[Ran], None] | None = None,
        about: Callable[[str], None] | None = None,
        held: str = "",
    ) -> None:
        self._held = held
        self._characters = 0
        self._of = database
        self._seen = seen
        self._about = about
        self.instead: str | None = None
        """The piece of the script for which another text is about to run."""
        self._bytes = 0
        self._ran: list[Ran] = []
        self._open: tuple[int, str | Piece, Touched, int, int, int] | None = None
        database.touched()  # forget what the last script touched

    def begin(self, _cursor: object, piece: str, _values: object) -> bool:
        """Called by the engine before each statement's first step (sqlite3_trace_v2)."""
        self._close()
        if self.instead is not None:
            piece, self.instead = self.instead, None
        trivia = leading_trivia(piece)
        start = self._bytes + len(piece[:trivia].encode())
        self._bytes += len(piece.encode())
        first = self._characters + trivia
        self._characters += len(piece)
        statement = self._said(piece[trivia:], first)
        of = self._of
        touched = of.touched()
        if self._about is not None:
            self._about(piece[trivia:])
        of.budget.begin()
        of.budget.start = start
        self._open = (start, statement, touched, *of.meters())
        return True

    def _said(self, statement: str, start: int) -> str | Piece:
        if len(statement) < _LONG or not self._held.startswith(statement, start):
            return statement
        return Piece(self._held, start, start + len(statement))

    def _close(self) -> None:
        if self._open is None:
            return
        start, statement, touched, changes, reads, draws = self._open
        self._open = None
        if not statement:
            return
        changes_now, reads_now, draws_now = self._of.meters()
        self._ran.append(
            Ran(
                start=start,
                said=statement,
                writes=tuple(touched.writes),
                touches=tuple(touched.names),
                defines=touched.defines,
                changes=changes_now - changes,
                asked_clock=reads_now > reads,
                draws=(draws, draws_now),
                asked_counters=touched.counters,
            )
        )
        if self._seen is not None:
            self._seen(self._ran[-1])

    def finish(self) -> tuple[Ran, ...]:
        """Every statement of a script that ran to its end."""
        self._close()
        return tuple(self._ran)

    def rest(self, script: str) -> str:
        """What has not been compiled yet."""
        return script.encode()[self._bytes :].decode()

    def stopped(self, script: str, error: SqlError) -> Stopped:
        """Which statement failed: the one that ran last, or the next one, which does not compile."""
        if self._open is not None and self._of.compile_error(self.rest(script)) != error.message:
            return self.failed(error)
        return self.refused(script, error)

    def refused(self, script: str, error: SqlError) -> Stopped:
        """The next statement does not compile; ``error.offset`` is in what has not been compiled."""
        self._close()
        rest = self.rest(script)
        start = self._bytes + len(rest[: leading_trivia(rest)].encode())
        if error.offset is not None:
            error.offset += self._bytes
        return Stopped(tuple(self._ran), start, error)

    def failed(self, error: SqlError) -> Stopped:
        """The statement that ran last failed."""
        error.offset = None
        start = self._bytes if self._open is None else self._open[0]
        return Stopped(tuple(self._ran), start, error)

    def past(self, script: str) -> str:
        """Leave out the statement that has failed; the script behind it."""
        self.instead = None
        rest = self.rest(script)
        if self._open is not None:  # it had been compiled, so it is counted
            self._open = None
            return rest
        _, _, after = first_statement(rest)
        self._bytes += len(rest[:after].encode())
        self._characters += after
        self._of.touched()  # what it would have touched is not the next one's
        return rest[after:]

    def skip(self) -> None:
        """Go on behind the piece that another text stood for."""
        if self.instead is not None:  # it held no statement
            self._bytes += len(self.instead.encode())
            self._characters += len(self.instead)
            self.instead = None


def leading_trivia(sql: str) -> int:
    """How many characters of white space, comments and stray semicolons stand before a statement."""
    if sql[:1].isalpha():
        return 0
    for token in text.iterate(sql):
        if token.kind not in text.TRIVIA and token.text != ";":
            return token.start
    return len(sql)
