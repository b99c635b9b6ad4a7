"""The head of a statement: its verb and what it names, before anything that depends on the verb."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.sql import WORD, fold, is_word, outermost, unquote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from squasher.sql import Token

_VERBS: Final = ("insert", "replace", "update", "delete", "select")
_KINDS: Final = frozenset({"table", "index", "view", "trigger"})
_TEMPORARY: Final = frozenset({"temp", "temporary"})


class Head(NamedTuple):
    """What the first words of a statement say."""

    verb: str
    """``create``, ``drop``, ``alter``, ``insert``, ``update``, ``delete``, or whatever word is first."""
    kind: str = ""
    """``table``, ``index``, ``view`` or ``trigger``; '' for a statement that is about rows."""
    name: Token | None = None
    """The token that names the object, or the table whose rows are written."""
    guarded: bool = False
    """Whether it says IF EXISTS or IF NOT EXISTS."""
    conflict: str = ""
    """What it says behind OR: ``ignore``, ``replace`` …; of REPLACE INTO, ``replace``."""
    temporary: bool = False
    unique: bool = False
    virtual: bool = False
    rest: int = 0
    """The place of the first token behind the name."""

    @property
    def called(self) -> str:
        """The name, without quotes; '' where there is none."""
        return unquote(self.name.text) if self.name is not None else ""


def head(tokens: Sequence[Token]) -> Head:
    """The head of a statement, of which ``tokens`` are the significant ones.

    A ``WITH`` before INSERT, UPDATE or DELETE is passed over, and so is the name of a schema. What is no
    SQL gives a head with whatever could be read.
    """
    at = _verb(tokens)
    if at is None:
        return Head("")
    verb = fold(tokens[at].text)
    match verb:
        case "create" | "drop" | "alter":
            return _of_object(tokens, at, verb)
        case "insert" | "replace" | "update" | "delete":
            return _of_rows(tokens, at, verb)
        case _:
            return Head(verb, rest=at + 1)


def _verb(tokens: Sequence[Token]) -> int | None:
    if not tokens:
        return None
    if not is_word(tokens[0], "with"):
        return 0
    return next((place for place, token in outermost(tokens) if is_word(token, *_VERBS)), 0)


def _of_object(tokens: Sequence[Token], at: int, verb: str) -> Head:
    place, seen = at + 1, set[str]()
    while place < len(tokens) and fold(tokens[place].text) not in _KINDS and tokens[place].kind == WORD:
        seen.add(fold(tokens[place].text))
        place += 1
    kind = fold(tokens[place].text) if place < len(tokens) else ""
    place += 1
    words = [fold(token.text) for token in tokens[place : place + 3]]
    guarded = words[:2] == ["if", "exists"] or words == ["if", "not", "exists"]
    place += (2 if words[1:2] == ["exists"] else 3) if guarded else 0
    name, rest = _name(tokens, place)
    return Head(
        verb,
        kind,
        name,
        guarded=guarded,
        temporary=bool(seen & _TEMPORARY),
        unique="unique" in seen,
        virtual="virtual" in seen,
        rest=rest,
    )


def _of_rows(tokens: Sequence[Token], at: int, verb: str) -> Head:
    conflict = "replace" if verb == "replace" else ""
    place = at + 1
    if place + 1 < len(tokens) and is_word(tokens[place], "or"):
        conflict = fold(tokens[place + 1].text)
        place += 2
    if place < len(tokens) and is_word(tokens[place], "into", "from"):
        place += 1
    name, rest = _name(tokens, place)
    return Head("insert" if verb == "replace" else verb, "", name, conflict=conflict, rest=rest)


def _name(tokens: Sequence[Token], place: int) -> tuple[Token | None, int]:
    """The name at a place, and the place behind it."""
    if place >= len(tokens):
        return None, place
    if place + 2 < len(tokens) and tokens[place + 1].text == ".":
        return tokens[place + 2], place + 3
    return tokens[place], place + 1
