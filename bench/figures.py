"""What was measured, as a value, and as JSON."""

from __future__ import annotations

import json
import os
import platform
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import apsw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Spread(NamedTuple):
    """The middle of several figures, and the ends."""

    median: float
    least: float
    most: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """That of some figures, of which there is at least one."""
        return cls(median(values), min(values), max(values), len(values))


class Figures(NamedTuple):
    """Everything that a run of the bench found out."""

    machine: Mapping[str, str | int]
    peers: Mapping[str, str]
    """The versions of those that were found."""
    length: int
    """How many files the chain of a thousand has: fewer in a quick run."""
    seconds: Mapping[str, Mapping[str, Sequence[float]]]
    """By group and process, one for each round: those of one round belong together."""
    bytes: Mapping[str, int]
    """What processes held at most, and the size of a database."""
    failures: Sequence[str] = ()
    left_out: Sequence[str] = ()
    """What there was no time for."""

    def taken(self, group: str, process: str) -> Spread | None:
        """The seconds that a process took; None where it did not run."""
        values = self.seconds.get(group, {}).get(process)
        return Spread.of(values) if values else None

    def ratio(self, group: str, process: str, base: str) -> Spread | None:
        """What a process took beside another, round by round; None where one of them did not run."""
        measured = self.seconds.get(group, {})
        pairs = list(zip(measured.get(process, ()), measured.get(base, ()), strict=False))
        return Spread.of([own / other for own, other in pairs]) if pairs else None

    def excess(self, group: str, process: str, base: str) -> Spread | None:
        """The same as a difference, in seconds."""
        measured = self.seconds.get(group, {})
        pairs = list(zip(measured.get(process, ()), measured.get(base, ()), strict=False))
        return Spread.of([own - other for own, other in pairs]) if pairs else None


def machine() -> dict[str, str | int]:
    """What a reader has to know of where it was measured, and nothing that tells whose machine it is."""
    count = os.cpu_count() or 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else count
    return {
        "cores": cores,
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def described(figures: Figures) -> str:
    """The same in words."""
    what = figures.machine
    return (
        f"{what['cores']} cores ({what['system']}) with Python {what['python']} and SQLite {what['sqlite']}"
    )


def written(figures: Figures, table: Sequence[Mapping[str, object]]) -> str:
    """As JSON, with the rows of the table for those who want no more."""
    return json.dumps({"table": table, **figures._asdict()}, indent=2) + "\n"


def read(text: str) -> Figures:
    """What ``written`` wrote."""
    value = json.loads(text)
    return Figures(**{name: value[name] for name in Figures._fields})
