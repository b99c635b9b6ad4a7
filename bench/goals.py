"""The rows of the table: what is compared with what, and how little it is to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bench.chains import MIDDLE, SHAPES
from bench.figures import Spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Figures


class Row(NamedTuple):
    """One comparison of two processes of a group, or of memory with the size of a database."""

    what: str
    group: str
    process: str
    base: str
    goal: float | None
    """At most; None where a figure only stands for itself."""
    unit: Literal["times", "more", "seconds", "memory"] = "times"
    """Of the goal: a ratio, a difference in seconds, seconds, or a ratio of bytes."""

    def figure(self, figures: Figures) -> Spread | None:
        """What the goal is about; None where it was not measured."""
        if self.unit == "memory":
            return _memory(self, figures)
        if self.unit == "seconds":
            return figures.taken(self.group, self.process)
        if self.unit == "more":
            return figures.excess(self.group, self.process, self.base)
        return figures.ratio(self.group, self.process, self.base)


def _memory(row: Row, figures: Figures) -> Spread | None:
    """What a process held above what Python alone holds, beside the database that it is about."""
    held = [figures.bytes.get(name, 0) for name in (f"{row.group} {row.process}", "python", row.base)]
    return Spread.of([(held[0] - held[1]) / held[2]]) if all(held) else None


def rows(files: int) -> Iterator[Row]:
    """The table, for a chain of a thousand that has so many files."""
    goal = MIDDLE.files == files
    middle = "M" if goal else f"{files} files"
    yield Row("`squasher --version`", "start", "version", "python", 0.060, "more")
    for name in ("check", "squash"):
        yield Row(f"S: `{name}`, cold", "S", name, "raw", 2.5)
        yield Row(f"S: `{name}`, cold", "S", name, "dbmate", 1.0)
    yield Row("S: a replay and `.dump`", "S", "sqlite3", "raw", None)
    # a short chain spends its time on starting Python: what holds for a thousand files is no goal for it
    found = _middle(middle, files)
    yield from found if goal else (row._replace(goal=None) for row in found)
    if not goal:
        return
    large = f"{SHAPES['L'].files:,} files unchanged, 1 new"
    for name in ("check", "squash"):
        yield Row(f"L: `{name}`, cold", "L", name, "raw", 2.0)
        yield Row(f"L: `{name}`, warm: {large}", "L", f"{name} with 1 new", "raw", 1.2)
    for name in ("squash", "check"):
        yield Row(f"D: `{name}`, cold", "D", name, "raw", 3.0)
        yield Row(f"D: `{name}`, memory", "D", name, "D database", 2.5, "memory")


def _middle(middle: str, files: int) -> Iterator[Row]:
    for name in ("check", "squash"):
        yield Row(f"{middle}: `{name}`, cold", "M", name, "raw", 1.25)
    for new, most in ((files // 10, 0.35), (1, 0.2)):
        what = f"{middle}: `check`, warm: {files - new:,} files unchanged, {new} new"
        yield Row(what, "M", f"check with {new} new", "raw", most)
    for name in ("history", "lint"):
        yield Row(f"{middle}: `{name}`, cold", "readers", name, "raw", 2.0)
    what = f"{middle}: `diff` of two database files"
    yield Row(what, "diff", "diff", "", 1.0, "seconds")
    yield Row(what, "diff", "diff", "sqldiff", 2.0)
    for name in ("check", "squash"):
        yield Row(f"{middle} with 50 volatile rows: `{name}`, cold", "volatile", name, "raw", 1.5)
