"""Names in double quotes that name nothing, so that SQLite takes them for strings.

SQLite says which: a statement is compiled once more while it may not do so (quirks.html#dblquote).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.sql import NAME, significant, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from squasher.errors import SqlError
    from squasher.sql import Token

_BEFORE: Final = 'no such column: "'
_BEHIND: Final = '" - should this be a string literal in single-quotes?'


def quoted(words: Iterable[Token]) -> list[Token]:
    """The names in double quotes: only those can be strings."""
    return [token for token in words if token.kind == NAME and token.text.startswith('"')]


def strings(text: str, attempt: Callable[[str], SqlError | None]) -> list[Token]:
    """The names in double quotes that are strings, by why ``attempt`` cannot compile a text.

    As SQLite names one at a time, each is written as the string that it is before the next is asked for.
    Where it does not say the place, all of that name are, and the first is given.
    """
    trial = text
    found: list[int] = []
    while (said := _complaint(trial, attempt)) is not None:
        words = significant(trial)
        name, offset = said
        same = [place for place, token in enumerate(words) if quoted([token]) and unquote(token.text) == name]
        places = [place for place in same if words[place].start == offset] or same
        if not places:
            break  # it is in what the statement sets off, and not in itself
        found.append(places[0])
        for token in reversed([words[place] for place in places]):
            value = unquote(token.text).replace("'", "''")
            trial = f"{trial[: token.start]}'{value}'{trial[token.end :]}"
    words = significant(text)
    return [words[place] for place in sorted(found)]


def _complaint(trial: str, attempt: Callable[[str], SqlError | None]) -> tuple[str, int] | None:
    """The name that is none, and the character at which it stands, -1 where SQLite does not say."""
    error = attempt(trial)
    if error is None or not (error.message.startswith(_BEFORE) and error.message.endswith(_BEHIND)):
        return None
    at = -1 if error.offset is None else len(trial.encode()[: error.offset].decode(errors="ignore"))
    return error.message.removeprefix(_BEFORE).removesuffix(_BEHIND), at
