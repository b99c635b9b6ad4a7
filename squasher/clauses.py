"""What only the text of a CREATE TABLE tells: its constraints, clause by clause.

No PRAGMA reports a CHECK, the expression of a generated column, whether a foreign key is deferred, an
ON CONFLICT or the name of a constraint (https://sqlite.org/lang_createtable.html has the grammar).
The words that begin a clause are reserved, so no name can be one of them without quotes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import layout
from squasher.sql import TRIVIA, Token, canonical, fold, is_word, outermost, unquote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_STARTS: Final = frozenset(
    {"constraint", "primary", "not", "null", "unique", "check", "default", "collate"}
    | {"references", "as", "foreign", "deferrable"}
)
_NAMES_NEXT: Final = frozenset({"constraint", "default", "collate", "references", "set"})
"""What follows one of these is no beginning: a name, a value, an action."""


class Clause(NamedTuple):
    """One constraint."""

    column: str | None
    """The column that it is written beside; None for a constraint of the whole table."""
    kind: str
    """Its first word, folded: ``check``, ``as``, ``references``, ``foreign``, ``unique`` …"""
    name: str
    """What CONSTRAINT calls it, or ''."""
    words: tuple[Token, ...]
    """Its tokens without that name, white space and comments."""

    @property
    def text(self) -> str:
        """The clause on one line, with its name."""
        named = ["CONSTRAINT", self.name] if self.name else []
        return " ".join([*named, _spaced(self.words)])

    @property
    def described(self) -> str:
        """The clause with the column that it is of."""
        return self.text if self.column is None else f"{self.column} {self.text}"

    @property
    def expression(self) -> str:
        """What stands in the parentheses of a CHECK or of AS, with them, on one line."""
        first = next(place for place, token in enumerate(self.words) if token.text == "(")
        depth = 0
        for place, token in enumerate(self.words):
            depth += (token.text == "(") - (token.text == ")")
            if place >= first and depth == 0:
                return _spaced(self.words[first : place + 1])
        return _spaced(self.words[first:])

    @property
    def deferred(self) -> bool:
        """Whether a foreign key is checked when the transaction ends (foreignkeys.html#fk_deferred)."""
        said = [fold(token.text) for token in self.words]
        return ("initially", "deferred") in pairwise(said) and ("not", "deferrable") not in pairwise(said)

    @property
    def has_more(self) -> bool:
        """Whether it says something that the PRAGMAs keep to themselves and this module does not name."""
        said = {fold(token.text) for token in self.words if is_word(token, "conflict", "match")}
        return bool(said or (self.name and self.kind != "check"))


def clauses(sql: str) -> tuple[Clause, ...]:
    """Every constraint of a stored CREATE TABLE, in its order."""
    found: list[Clause] = []
    for item in layout.parse_table(sql).items:
        words = [token for token in item.body if token.kind not in TRIVIA]
        if words:
            found += _of_item(item.column, words if item.column is None else words[1:])
    return tuple(found)


def _of_item(column: str | None, words: list[Token]) -> Iterator[Clause]:
    starts = list(_starts(words))
    name = ""
    for start, end in pairwise([*starts, len(words)]):
        part = words[start:end]
        kind = fold(part[0].text)
        if kind == "constraint":
            name = unquote(part[1].text) if len(part) > 1 else ""
            continue
        yield Clause(column, kind, name, tuple(part))
        name = ""


def _starts(words: list[Token]) -> Iterator[int]:
    """Where constraints begin."""
    outside: list[str] = []  # of parentheses, and these
    for place, token in outermost(words):
        after = fold(words[place + 1].text) if place + 1 < len(words) else ""
        if is_word(token, *_STARTS) and _begins(fold(token.text), outside, after):
            yield place
        outside.append(fold(token.text))


def _begins(word: str, outside: list[str], after: str) -> bool:
    """Whether one of the words begins a constraint behind those ``outside`` of parentheses."""
    before = outside[-1] if outside else ""
    if before in _NAMES_NEXT or (word, before) == ("null", "not"):
        return False
    if word == "deferrable" or (word, after) == ("not", "deferrable"):
        return False  # of the foreign key before it
    return word != "references" or outside[-4:] != ["foreign", "key", "(", ")"]


def _spaced(words: tuple[Token, ...]) -> str:
    """Tokens with a space where the text had white space or a comment."""
    out = ""
    for before, token in pairwise((None, *words)):
        if token is not None:
            out += (" " if before is not None and before.end < token.start else "") + token.text
    return out


def plain(expression: str, columns: Collection[str]) -> tuple[str, ...]:
    """The tokens of an expression without layout, and without quotes around the names of ``columns``.

    A name in double quotes is the column where there is one, else a string (quirks.html#dblquote).
    """
    return tuple(
        fold(unquote(word)) if word.startswith('"') and fold(unquote(word)) in columns else word
        for word in canonical(expression)
    )
