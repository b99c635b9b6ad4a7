"""Ignores: ``-- squasher: ignore SQ104 reason``, a comment on the statement that a rule speaks of."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from squasher.lint.rule import Span
from squasher.sql import COMMENT, fold, iterate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import File

_MARK: Final = "squasher:"
_VERB: Final = "ignore"
_CODE: Final = "sq"
_BETWEEN: Final = ", \t"


class Ignore:
    """One such comment, the statement that it is on, and which of its codes were met."""

    def __init__(self, span: Span, codes: tuple[str, ...], reason: str, over: tuple[int, int]) -> None:
        self.span = span
        """The comment itself."""
        self.codes = codes
        self.reason = reason
        self.met: set[str] = set()
        self._over = over

    def covers(self, code: str, span: Span) -> bool:
        """Whether it is on the statement that holds ``span``, and names the rule."""
        same = span.migration.name == self.span.migration.name
        return same and code in self.codes and self._over[0] <= span.start < self._over[1]


def ignores(file: File) -> Iterator[Ignore]:
    """The ignores of a file.

    A comment belongs to the statement that it stands before or in, or whose last line it ends. Those
    before the first statement speak of the file as a whole, too.
    """
    migration = file.migration
    if _MARK not in fold(migration.text):
        return
    text = migration.text
    ends = [one.start + len(one.text) for one in file.statements]
    for token in iterate(migration.text):
        if token.kind != COMMENT:
            continue
        said = token.text.removeprefix("--").removeprefix("/*").removesuffix("*/").strip()
        if not fold(said).startswith(_MARK):
            continue
        verb, *rest = said[len(_MARK) :].split(None, 1) or [""]
        if fold(verb) != _VERB:
            continue
        codes, reason = _codes("".join(rest))
        place = bisect_right(ends, token.start)
        if place and "\n" not in text[ends[place - 1] : token.start]:
            place -= 1  # it ends the line of the statement before it
        start = ends[place - 1] if place else 0
        end = ends[place] if place < len(ends) else len(text) + 1
        yield Ignore(Span(migration, token.start, token.end), codes, reason, (start, end))


def _codes(text: str) -> tuple[tuple[str, ...], str]:
    """The codes at the beginning, with commas or spaces between them, and the reason behind them."""
    codes: list[str] = []
    rest = text.lstrip(_BETWEEN)
    while fold(rest).startswith(_CODE):
        digits = len(rest) - len(_CODE) - len(rest[len(_CODE) :].lstrip("0123456789"))
        if not digits:
            break
        codes.append(rest[: len(_CODE) + digits].upper())
        rest = rest[len(_CODE) + digits :]
        if rest.startswith(":"):
            break
        rest = rest.lstrip(_BETWEEN)
    return tuple(codes), rest.strip(f"{_BETWEEN}:-–—")
