"""Measuring: groups of processes run in rounds, each process once a round.

A ratio has both of its sides out of one round: a machine that slows down half-way slows both of them down.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from bench import process
from bench.figures import Figures, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bench.process import Process


class Step(NamedTuple):
    """One process of a round, and what is done right before it."""

    name: str
    process: Process
    before: tuple[Callable[[], None], ...] = ()


class Bench:
    """The figures as they come in."""

    def __init__(self, folder: Path, peers: dict[str, str], *, quick: bool, limit: float) -> None:
        self.folder = folder
        self.peers = peers
        self.quick = quick
        self._environ = process.environment(folder / "bytecode")
        self._began = time.monotonic()
        self._limit = limit
        self._seconds: dict[str, dict[str, list[float]]] = {}
        self._bytes: dict[str, int] = {}
        self._failures: list[str] = []
        self._left_out: list[str] = []

    @property
    def left(self) -> float:
        """How many seconds are left of those that everything may take."""
        return self._limit - (time.monotonic() - self._began)

    def attempt(self, name: str, measures: Callable[[Bench], None]) -> None:
        """Measure something; a process that fails is told, and the next thing is measured."""
        try:
            measures(self)
        except process.FailedError as error:
            self._failures.append(f"{name}: {error}")

    def rounds(self, group: str, steps: Sequence[Step], *, most: int, limit: float) -> None:
        """Run the processes once, and up to ``most`` times as long as another round fits into the seconds."""
        taken: dict[str, list[float]] = {step.name: [] for step in steps}
        longest, start = 0.0, time.monotonic()
        self._say(group)
        for _ in range(most):
            began = time.monotonic()
            found = [self.run(step) for step in steps]
            for step, spent in zip(steps, found, strict=True):  # a round counts as a whole
                taken[step.name].append(spent)
            self._seconds[group] = taken
            longest = max(longest, time.monotonic() - began)
            if time.monotonic() - start + longest > limit:
                break

    def run(self, step: Step) -> float:
        """Do what comes before it, run it, and give the seconds that it took. Raises FailedError."""
        for prepare in step.before:
            prepare()
        return process.seconds(step.process, self._environ)

    def hold(self, name: str, step: Step) -> None:
        """Run a process for the memory that it holds, which takes longer. Raises FailedError."""
        self._say(f"memory of {name}")
        for prepare in step.before:
            prepare()
        self._bytes[name] = process.peak(step.process, self._environ)

    def size(self, name: str, path: Path) -> None:
        """Note how large a file is."""
        self._bytes[name] = path.stat().st_size

    def leave_out(self, what: str) -> None:
        """Note that there is no time for something."""
        self._left_out.append(what)

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - self._began:6.1f} s  {text}\n")

    def figures(self, length: int) -> Figures:
        """What was found out so far."""
        return Figures(
            machine(), self.peers, length, self._seconds, self._bytes, self._failures, self._left_out
        )
