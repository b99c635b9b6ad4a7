"""Valid chains of migrations, written by hypothesis and judged by SQLite, statement by statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hypothesis import strategies as st

from squasher.profiles import PROFILES
from tests.generated import alterations, objects, rows, tables
from tests.generated.context import Context
from tests.generated.trivia import places, scattered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hypothesis.strategies import DrawFn

# which statement comes next, and how often
ACTIONS: Final[tuple[tuple[int, Callable[[Context], list[str]]], ...]] = (
    (9, tables.create_table),
    (22, rows.insert),
    (9, objects.create_index),
    (7, objects.create_view),
    (9, objects.create_trigger),
    (8, alterations.add_column),
    (6, alterations.rename_column),
    (4, alterations.rename_table),
    (6, alterations.drop_column),
    (8, alterations.rebuild),
    (6, rows.update),
    (4, rows.delete),
    (6, rows.insert_select),
    (8, objects.create_virtual),
    (12, rows.search),
    (4, objects.drop_object),
    (1, tables.drop_table),
    (1, tables.create_as),
)
_NEXT: Final = tuple(action for weight, action in ACTIONS for _ in range(weight))
# D1 deletes these words wherever they stand in a file
TRANSACTION: Final = "BEGIN TRANSACTION"


class Chain(NamedTuple):
    """Migrations that run, and what they hold. Its repr is the files, to be copied."""

    profile: str
    files: tuple[str, ...]
    statements: tuple[tuple[str, ...], ...]
    """The statements of each file."""
    volatile: bool
    features: frozenset[str]
    tried: int
    dropped: int

    def __repr__(self) -> str:
        shown = [
            f"-- {name(number)}\n{text}" if readable(text) else f"-- {name(number)}, as Python\n{text!r}"
            for number, text in enumerate(self.files, 1)
        ]
        return "\n".join([f"profile {self.profile}", *shown])

    def write(self, directory: Path) -> Path:
        """Write the files into a directory that is made for them."""
        directory.mkdir()
        for number, text in enumerate(self.files, 1):
            (directory / name(number)).write_bytes(text.encode())
        return directory


def name(number: int) -> str:
    """The name of a migration file."""
    return f"{number:04}_step.sql"


def readable(text: str) -> bool:
    """Whether a text that is printed can be copied without loss."""
    return all(char.isprintable() or char == "\n" for char in text)


@st.composite
def chains(draw: DrawFn, profile: str, *, volatile: bool | None = None) -> Chain:
    """A chain that SQLite accepts under the profile's rules."""
    asks = draw(st.booleans()) if volatile is None else volatile
    g = Context(draw, PROFILES[profile], volatile=asks)
    try:
        return Writer(g).chain()
    finally:
        g.scratch.close()


class Writer:
    """Cuts what is generated into files."""

    def __init__(self, g: Context) -> None:
        self.g = g
        self.ending = "\n"
        self.parts: list[str] = []
        self.statements: list[tuple[str, ...]] = []
        self.features_before = g.features.copy()

    def chain(self) -> Chain:
        """Statement after statement, file after file."""
        g = self.g
        self._begin()
        for _ in range(g.number(3, 32)):
            action = tables.create_table if not g.scratch.of_kind("table") else g.pick(_NEXT)
            statements = action(g)
            if statements:
                self._add(statements)
            if self.parts and g.maybe(20):
                self._end()
                self._begin()
        self._add(rows.settle_indexes(g))
        self._end()
        if not g.scratch.files:
            g.scratch.commit("")
        files = g.scratch.files
        if len(files) > 1:
            g.features["several files"] += 1
        return Chain(
            profile=g.profile.name,
            files=tuple(files),
            statements=tuple(self.statements),
            volatile="volatile" in g.features,
            features=frozenset(g.features),
            tried=g.tried,
            dropped=g.dropped,
        )

    def _begin(self) -> None:
        """A new file: perhaps an empty one first, perhaps one with Windows' line ends."""
        g = self.g
        self.features_before = g.features.copy()
        if g.maybe(6):
            g.scratch.commit(g.pick(("", "-- nothing; yet\n", "\n\n", "/* it's\nempty */", ";\n")))
            g.features["empty file"] += 1
        self.ending = "\r\n" if g.maybe(12) else "\n"
        self.parts = ["\ufeff"] if g.maybe(4) else []
        if self.ending != "\n":
            g.note("crlf")
        if g.profile.foreign_keys and g.maybe(15):
            g.note("deferred file")
            self._add(["PRAGMA defer_foreign_keys = ON"])
        elif g.profile.settings and g.maybe(10):
            g.note("setting")
            self._add([f"PRAGMA {g.pick(g.profile.settings)} = {g.number(1, 99)}"])

    def _add(self, statements: Sequence[str]) -> None:
        g = self.g
        written = [self._written(statement) for statement in statements]
        if written and g.attempt(written):
            for statement in written:
                self.parts += [statement, ";", self._between()]

    def _written(self, statement: str) -> str:
        """The statement with comments between its tokens, at times, and with the file's line ends."""
        g = self.g
        if g.maybe(25):
            found = g.draw(places)
            if found:
                g.note("comments")
                statement = scattered(statement, found)
        if self.ending != "\n":
            statement = statement.replace("\r\n", "\n").replace("\n", self.ending)
        return statement

    def _between(self) -> str:
        g = self.g
        text = g.pick(("\n",) * 8 + (" ", "", "\n-- why; it's so\n", "\n\n/* a;\nb */\n", ";\n"))
        return text.replace("\n", self.ending)

    def _end(self) -> None:
        g = self.g
        statements = tuple(g.scratch.open)
        if g.scratch.commit("".join(self.parts)):
            self.statements.append(statements)
        else:
            g.dropped += 1  # a deferred foreign key: nothing of the file happened
            g.features = self.features_before
        self.parts = []
