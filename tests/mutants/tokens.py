"""Edits that nobody thought of: every token of a fresh file removed, and every value and operator replaced.

SQLite refuses most of them. Of those that load, the proof must reject each; the few exceptions are words
that SQLite's grammar allows to leave out without a change of meaning, and they are listed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import sql
from squasher.errors import SquasherError
from tests.mutants.suite import COMPARED, ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mutants.suite import Family

SPARE: Final = (
    (" VIRTUAL", "", ",\n    label"),  # how a generated column is kept when nothing is said
    (",", "", "\n    CONSTRAINT"),  # https://sqlite.org/syntax/create-table-stmt.html: the parser takes
    (",", "", "\n    UNIQUE"),  # table constraints without commas too
    (",", "", "\n    FOREIGN KEY"),
    (",", "", "\n    CHECK"),
    ("NOT", "", " NULL\n) WITHOUT ROWID"),  # a key WITHOUT ROWID is never NULL
    ("NOT", "", " NULL,\n    sku"),
    ("IGNORE", "replace", " INTO d1_migrations"),  # a new installation's ledger is empty
)
"""What may go unnoticed: the token, what it became, and the text behind it."""

OPERATORS: Final = dict(
    pair.split() for pair in ("> >=", "< <=", "= <>", "<> =", "+ -", "- +", "* +", "|| +")
)
WORDS: Final = dict(
    pair.split()
    for pair in (
        *("and or", "or and", "before after", "after before", "virtual stored", "stored virtual"),
        *("cascade restrict", "restrict cascade", "new old", "old new", "min max", "max min"),
        *("integer int", "int integer", "text blob", "any text", "nocase rtrim", "rtrim nocase"),
        *("ignore replace", "replace ignore", "delete update", "update delete", "all distinct"),
    )
)


class Attack(NamedTuple):
    """One token that became another text, or nothing."""

    before: str
    token: str
    becomes: str
    after: str

    @property
    def text(self) -> str:
        """The whole file after it."""
        return self.before + self.becomes + self.after

    @property
    def spare(self) -> bool:
        """Whether SQLite does without the token."""
        return any(
            token.strip() == self.token and becomes == self.becomes and self.after.startswith(behind)
            for token, becomes, behind in SPARE
        )

    def __str__(self) -> str:
        """The place, for people."""
        return f"{self.before[-30:]}[{self.token} -> {self.becomes}]{self.after[:30]}"


def attacks(text: str) -> Iterator[Attack]:
    """Every attack on a fresh file."""
    for token in sql.significant(text):
        if token.text == ";":
            continue
        for becomes in ("", *_instead(token)):
            yield Attack(text[: token.start], token.text, becomes, text[token.end :])


def _instead(token: sql.Token) -> Iterator[str]:
    """Another value or operator in the place of one; nothing for a name."""
    if token.kind == sql.NUMBER and token.text.isdecimal():
        yield str(int(token.text) + 1)
    elif token.kind == sql.STRING:
        yield token.text[:-1] + "x'"
    elif token.kind == sql.OPERATOR and token.text in OPERATORS:
        yield OPERATORS[token.text]
    elif token.kind == sql.WORD and sql.fold(token.text) in WORDS:
        yield WORDS[sql.fold(token.text)]


class Tally(NamedTuple):
    """How many attacks SQLite or squasher refused to load, were rejected, were spare, or got through."""

    refused: int
    rejected: int
    spare: int
    through: tuple[str, ...]


def run(family: Family, every: int = 1) -> Tally:
    """Try every attack on the family's fresh file, or one of ``every`` so many."""
    on = ground(family)
    refused = rejected = spare = 0
    through: list[str] = []
    for number, attack in enumerate(attacks(on.own.text)):
        if number % every:
            continue
        try:
            loaded = on.load(attack.text)
        except SquasherError:
            refused += 1
            continue
        if not on.accepts(loaded, COMPARED):
            rejected += 1
        elif attack.spare:
            spare += 1
        else:
            through.append(f"{family.name}: {attack}")
    return Tally(refused, rejected, spare, tuple(through))
