"""A line of a file as people see it, cut to what lies around a marker."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDEST: Final = 100
"""How many cells of a terminal a line may take; a longer one is cut."""
_BEFORE: Final = 40
"""How many of them stay before the marker, where the line is cut at its beginning."""
_TAB: Final = "    "
_CUT: Final = "…"


class Excerpt(NamedTuple):
    """A line, and where the marker goes: both in cells of a terminal."""

    text: str
    indent: int
    width: int


def excerpt(line: str, start: int, end: int) -> Excerpt:
    """``line`` with a marker under the characters from ``start`` up to ``end``, counted from 0.

    A tab takes four cells, a wide character two, a combining one none. The marker has one cell at least,
    and does not go beyond the text of the line.
    """
    cells = list(_cells(line))
    end = max(min(end, len(line.rstrip())), start)
    first, last = _window(cells, start)
    head, tail = _CUT if first else "", _CUT if last < len(cells) else ""
    return Excerpt(
        "".join([head, *cells[first:last], tail]).rstrip(),
        len(head) + _width(cells[first:start]),
        max(1, _width(cells[start : min(end, last)])),
    )


def _cells(line: str) -> Iterator[str]:
    """What is shown for each character."""
    for place, char in enumerate(line):
        if char == "\t":
            yield _TAB
        elif char == "[" and line[max(0, place - 2) : place] == "##":
            yield " ["  # as `printable` has it: the log of a CI job would take it for a command
        else:
            yield printable(char)


def _width(cells: list[str]) -> int:
    return sum(map(_cell_width, "".join(cells)))


def _cell_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _window(cells: list[str], start: int) -> tuple[int, int]:
    """The first and the last of the cells to show, of a line that may be too long."""
    if _width(cells) <= WIDEST:
        return 0, len(cells)
    first = 0
    if _width(cells[: start + 1]) > WIDEST - _BEFORE:
        first = start
        room = _BEFORE
        while first and room >= _width([cells[first - 1]]):
            first -= 1
            room -= _width([cells[first]])
    last, room = first, WIDEST
    while last < len(cells) and room >= _width([cells[last]]):
        room -= _width([cells[last]])
        last += 1
    return first, last
