"""Globs: which files below a directory are migrations, read as wrangler reads them, and names of tables.

Source: wrangler 4.164.0, which gives what follows ``migrations_dir`` in ``migrations_pattern`` to minimatch
5.1.9. What that has beyond ``*``, ``?``, ``[…]``, ``{a,b}`` and ``**`` is refused, not read another way.
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from squasher.errors import InputError

ANY: Final = "*.sql"
"""The migrations of a directory, if nobody says otherwise."""
NESTED: Final = "*/migration.sql"
"""The layout of drizzle, a directory for each migration."""
_DEEP: Final = "**"
_WILD: Final = ("*", "?", "[")
_LINE_ENDS: Final = ("\n", "\r", "\u2028", "\u2029")
_MOST: Final = 1000
_HELP: Final = "Write it with *, ?, [abc], {a,b} and **, such as */migration.sql."


class Glob(NamedTuple):
    """A pattern of paths below a directory."""

    text: str
    alternatives: tuple[tuple[str, ...], ...]
    """What the braces stand for, cut at the slashes."""

    @property
    def nested(self) -> bool:
        """Whether what it matches is in directories of the directory."""
        return any(len(segments) > 1 for segments in self.alternatives)

    def matches(self, path: str) -> bool:
        """Whether a file of this path, with ``/``, is meant."""
        return any(len(segments) in _reached(segments, path) for segments in self.alternatives)

    def may_hold(self, path: str) -> bool:
        """Whether a file in the directory of this path can be meant."""
        return any(
            place < len(segments) for segments in self.alternatives for place in _reached(segments, path)
        )


@cache
def glob(text: str) -> Glob:
    """The pattern that ``text`` is. Raises InputError for one that is not supported."""
    path = posixpath.normpath(text.replace("\\", "/")) if text else ""
    if path in {"", ".", ".."} or path.startswith(("/", "../")):
        raise _refused(text, "it names nothing below the directory of the migrations")
    if path.startswith(("!", "#")):
        raise _refused(text, f"a {path[0]} at its beginning would turn it around")
    alternatives = (_segments(text, one) for one in _expanded(text, path))
    return Glob(text, tuple(segments for segments in alternatives if "" not in segments))


def is_named(name: str, pattern: str) -> bool:
    """Whether a table of this name is meant by a name or a glob; both folded as SQLite folds names."""
    return name == pattern or fnmatchcase(name, pattern)


def _refused(text: str, why: str) -> InputError:
    return InputError(f"the pattern {text} of migrations is not supported: {why}", hint=_HELP)


def _expanded(text: str, path: str) -> tuple[str, ...]:
    """Each pattern that braces stand for. Raises InputError."""
    start = path.find("{")
    if start < 0:
        if "}" in path:
            raise _refused(text, "a brace is closed that none opens")
        return (path,)
    before, depth, parts = path[:start], 0, [""]
    for at in range(start, len(path)):
        char = path[at]
        depth += (char == "{") - (char == "}")
        if depth == 0:
            break
        if depth == 1 and char == ",":
            parts.append("")
        elif at > start:
            parts[-1] += char
    else:
        raise _refused(text, "a brace is not closed")
    if len(parts) == 1 or "}" in before or before.endswith("$"):
        raise _refused(text, "its braces are no list such as {a,b}")
    behind = _expanded(text, path[at + 1 :])
    found = tuple(before + one + rest for part in parts for one in _expanded(text, part) for rest in behind)
    if len(found) > _MOST:
        raise _refused(text, f"its braces stand for more than {_MOST} patterns")
    return found


def _segments(text: str, path: str) -> tuple[str, ...]:
    """A pattern without braces, cut at its slashes, in the units in which JavaScript counts letters."""
    first, *others = path.split("/")
    segments = [first, *(segment for segment in others[:-1] if segment), *others[-1:]]
    if _DEEP in segments and any(segment.startswith(".") for segment in segments):
        raise _refused(text, "it has both ** and a name that begins with a dot")
    if segments.count(_DEEP) > 1:
        raise _refused(text, "it has ** more than once, at which wrangler may fail")
    return tuple(_units(_one_form(text, segment)) for segment in segments)


def _one_form(text: str, segment: str) -> str:
    """The segment with ``[!`` for each ``[^``. Raises InputError for what others read otherwise."""
    before, bracket, rest = segment.partition("[")
    for mark, char in pairwise(before):
        if mark in "?*+@!" and char in "()|]":
            raise _refused(text, f"it has {mark}{char}")
    if not bracket:
        return segment
    held, closed, behind = rest.partition("]")
    negated = held.startswith(("!", "^"))
    letters = held[negated:]
    if not closed or not letters or "[" in letters or letters[0] in "!^-" or not _in_order(letters):
        raise _refused(text, "its brackets are no class of letters such as [abc] or [!a-z]")
    return f"{before}[{'!' * negated}{letters}]{_one_form(text, behind)}"


def _in_order(letters: str) -> bool:
    """Whether each hyphen is the last letter, or between two of which the first does not come later."""
    at = letters.find("-")
    while 0 <= at < len(letters) - 1:
        if letters[at - 1] > letters[at + 1] or letters[at + 1] == "-":
            return False
        letters = letters[at + 2 :]
        at = letters.find("-")
        if at == 0 and len(letters) > 1:
            return False
    return True


def _units(text: str) -> str:
    if text.isascii():
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(raw[at] | raw[at + 1] << 8) for at in range(0, len(raw), 2))


def _reached(segments: tuple[str, ...], path: str) -> set[int]:
    """How many segments a path can have used up when it ends."""
    places = _onwards(segments, {0})
    for part in _units(path).split("/"):
        after: set[int] = set()
        for place in places:
            if place == len(segments):
                continue
            if segments[place] == _DEEP and not part.startswith("."):
                after |= {place, place + 1} if place == len(segments) - 1 else {place}
            elif segments[place] != _DEEP and _is_like(part, segments[place]):
                after.add(place + 1)
        places = _onwards(segments, after)
    return places


def _onwards(segments: tuple[str, ...], places: set[int]) -> set[int]:
    """These places, and the one behind a ``**``, which need not stand for anything but at the end."""
    last = len(segments) - 1
    return places | {place + 1 for place in places if place < last and segments[place] == _DEEP}


def _is_like(part: str, segment: str) -> bool:
    """Whether a name is meant. Wildcards see neither dot nor line end at its beginning."""
    if not part or (segment.startswith(_WILD) and part.startswith(".")):
        return False
    magic = any(mark in segment for mark in _WILD)
    return fnmatchcase(part, segment) and not (magic and part.startswith(_LINE_ENDS))
