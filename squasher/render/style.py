"""What lines for people share: colours, and the endings of words that are counted."""

from __future__ import annotations

from typing import Final

_COLORS: Final = {"-": "\x1b[31m", "+": "\x1b[32m", "~": "\x1b[33m", "!": "\x1b[31m"}
_PLAIN: Final = "\x1b[0m"


def painted(text: str, mark: str, *, color: bool) -> str:
    """The text in the colour of its mark, when there are to be colours."""
    return f"{_COLORS[mark]}{text}{_PLAIN}" if color else text


def plural(count: int) -> str:
    """The ending of a word that is counted."""
    return "" if count == 1 else "s"
