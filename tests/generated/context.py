"""Choices that hypothesis makes and shrinks, and what a chain under construction remembers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from tests.generated.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

    from squasher.profiles import Profile

T = TypeVar("T")


class Context:
    """One chain under construction. Every choice shrinks to the first, the smallest, or no."""

    def __init__(self, draw: DrawFn, profile: Profile, *, volatile: bool) -> None:
        self.draw = draw
        self.profile = profile
        self.volatile = volatile
        """Whether the chain may ask for the time and for chance."""
        self.scratch = Scratch(profile)
        self.features: Counter[str] = Counter()
        self.tried = 0
        self.dropped = 0
        self.wanted: tuple[str, str] | None = None
        """A table and its key that a foreign key refers to, and that is still to come."""
        self._noted: list[str] = []
        self._serial = 0

    def number(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return self.draw(st.integers(low, high))

    def maybe(self, percent: int) -> bool:
        """Yes in so many cases of a hundred."""
        return self.number(0, 99) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.number(0, len(options) - 1)] if len(options) > 1 else options[0]

    def some(self, options: Sequence[T], most: int) -> list[T]:
        """One or more different options, in any order."""
        left = list(options)
        out = [left.pop(self.number(0, len(left) - 1))]
        while left and len(out) < most and self.maybe(50):
            out.append(left.pop(self.number(0, len(left) - 1)))
        return out

    def serial(self) -> int:
        """A number that the chain has not used yet."""
        self._serial += 1
        return self._serial

    def note(self, *features: str) -> None:
        """Features of the statements that are tried next."""
        self._noted += features

    def attempt(self, statements: Sequence[str]) -> bool:
        """Try statements that belong together, and count what came of it."""
        self.tried += 1
        accepted = self.scratch.attempt(statements)
        if accepted:
            self.features.update(set(self._noted))
        else:
            self.dropped += 1
        self._noted = []
        return accepted
