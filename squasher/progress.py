"""Progress: a line on a terminal that tells how far long work has come, and that goes away with it.

The work itself draws it, between one thing and the next: a thread that did would stand in the way of
``parallel``, which forks where there is none, and what draws bars for others takes longer to import than
most chains to replay. Nothing is drawn unless ``on`` was called, nothing for work that is short, and
nothing in a child process.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Thing = TypeVar("Thing")

ERASE: Final = "\r\x1b[K"
"""Back to the start of the line, and nothing to the right of it (ECMA-48, EL)."""
REPLAYED: Final = "migrations replayed"
REHEARSED: Final = "migrations rehearsed"
LOOKED_AT: Final = "databases looked at"
INSTALLED: Final = "characters installed"
_PATIENCE: Final = 0.5
"""Seconds that work may take without a word."""
_BETWEEN: Final = 0.1
_WIDTH: Final = 30
_COLUMNS: Final = 80
"""Of a terminal that does not tell."""


class _Screen:
    """The terminal, with at most one line on it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._process = os.getpid()
        self.busy = False
        """Whether work is under way that has the line: what is part of it has none of its own."""
        self.drawn = False

    @property
    def ours(self) -> bool:
        """Whether this is the process that may draw, and not a child of it."""
        return os.getpid() == self._process

    def draw(self, done: int, total: int, what: str) -> None:
        part = min(1.0, done / total)
        filled = round(part * _WIDTH)
        text = f"{'━' * filled}{'─' * (_WIDTH - filled)}  {done:,} of {total:,} {what}"
        self.drawn = True
        self._write(f"\r{text[: self._columns() - 1]}\x1b[K")

    def erase(self) -> None:
        if self.drawn and self.ours:
            self._write(ERASE)
            self.drawn = False

    def _columns(self) -> int:
        with suppress(OSError):
            return os.get_terminal_size(self._stream.fileno()).columns or _COLUMNS
        return _COLUMNS

    def _write(self, text: str) -> None:
        with suppress(OSError):  # the terminal is gone: whoever has something to say will meet it
            self._stream.write(text)
            self._stream.flush()


_screen: _Screen | None = None


@contextmanager
def on(stream: TextIO | None) -> Iterator[None]:
    """Draw on a stream meanwhile, if it is a terminal on which a line can be taken back."""
    global _screen  # noqa: PLW0603 - a process has one terminal
    if stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    _screen = _Screen(stream)
    try:
        yield
    finally:
        erase()
        _screen = None


def erase() -> None:
    """Take the line away, if there is one: something else is about to be written."""
    if _screen is not None:
        _screen.erase()


def is_drawn() -> bool:
    """Whether a line stands on the terminal that does not end."""
    return _screen is not None and _screen.drawn and _screen.ours


@contextmanager
def counting(what: str, total: int, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Work of so many things; what is yielded is called with how many more of them are done.

    ``what`` tells them, and what is done to them: ``migrations replayed``. Work inside of work tells nothing.
    """
    screen = _screen
    if screen is None or screen.busy or not screen.ours:
        yield lambda _count: None
        return
    due = time.monotonic() + _PATIENCE

    def advance(count: int) -> None:
        nonlocal done, due
        done += count
        now = time.monotonic()
        if now >= due and screen.ours:
            due = now + _BETWEEN
            screen.draw(done, total, what)

    screen.busy = True
    try:
        yield advance
    finally:
        screen.busy = False
        screen.erase()


def over(things: Sequence[Thing], what: str, done: int = 0) -> Iterator[Thing]:
    """The things, one after the other, behind those that are done; each is when the next one is asked for."""
    with counting(what, done + len(things), done) as advance:
        for thing in things:
            yield thing
            advance(1)
