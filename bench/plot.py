"""The plot: time over the length of a chain, as an SVG that is readable on a light and on a dark page.

Both axes are logarithmic: a straight line is a power of the length, and the distance between two lines
is their ratio. Each line bears its name at its end.
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.figures import Figures


class Line(NamedTuple):
    """What is measured at each length, what it is called, and the name of its style."""

    process: str
    name: str
    style: str


LINES: Final = (
    Line("squash", "squash, cold", "squash"),
    Line("check", "check, cold", "check"),
    Line("check with 1 new", "check, 1 new", "warm"),
    Line("raw", "raw", "raw"),
    Line("sqlite3", "sqlite3 .dump", "sqlite3"),
    Line("dbmate", "dbmate up", "dbmate"),
)
_WIDTH: Final = 760
_HEIGHT: Final = 440
_LEFT: Final = 64
_RIGHT: Final = 576
_TOP: Final = 76
_BOTTOM: Final = 388
_LABEL: Final = 17
"""The least distance of two names."""
_STEPS: Final = (1, 3)
"""Lines of the grid in each power of ten: nearly as far from one another as to the next power."""
_STYLE: Final = """\
    .page { fill: #ffffff; stroke: #e5e7eb }
    text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #6b7280 }
    .title { font-size: 15px; font-weight: 600; fill: #111827 }
    .grid { stroke: #eef0f3 }
    .axis { stroke: #9ca3af }
    .leader { stroke: #d1d5db; fill: none }
    .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round }
    .thin { stroke-width: 1.75; stroke-dasharray: .1 4 }
    .name { font-weight: 600 }
    .squash { --ink: #7c3aed } .check { --ink: #2563eb } .warm { --ink: #059669 }
    .raw { --ink: #374151 } .sqlite3 { --ink: #a3804a } .dbmate { --ink: #b06a78 }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; stroke: #21262d }
      text { fill: #9198a1 }
      .title { fill: #f0f6fc }
      .grid { stroke: #1b2129 }
      .axis { stroke: #59616b }
      .leader { stroke: #3d444d }
      .squash { --ink: #b794f6 } .check { --ink: #6ea8fe } .warm { --ink: #4ade80 }
      .raw { --ink: #d1d5db } .sqlite3 { --ink: #c9a66b } .dbmate { --ink: #d08a97 }
    }
    .line { stroke: var(--ink) } .dot, .name { fill: var(--ink) }
"""

Points = list[tuple[int, float]]


class _Scale(NamedTuple):
    """From the logarithm of a figure to a place."""

    least: float
    most: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        part = (log10(value) - self.least) / (self.most - self.least)
        return self.first + part * (self.last - self.first)


def points(figures: Figures, process: str) -> Points:
    """The lengths at which a process was measured, and the seconds that it took."""
    found = ((files, figures.taken(group, process)) for files, group in _lengths(figures))
    return [(files, taken.median) for files, taken in found if taken is not None]


def _lengths(figures: Figures) -> list[tuple[int, str]]:
    groups = ((group, group.partition(" files")) for group in figures.seconds)
    return sorted((int(parts[0]), group) for group, parts in groups if parts[1])


def svg(figures: Figures) -> str:
    """The plot, or "" where fewer than two lengths were measured."""
    lengths = [files for files, _ in _lengths(figures)]
    drawn = [(line, found) for line in LINES if (found := points(figures, line.process))]
    if len(lengths) <= 1 or not drawn:
        return ""
    times = [seconds for _, found in drawn for _, seconds in found]
    across = _Scale(log10(lengths[0]), log10(lengths[-1]), _LEFT + 12, _RIGHT - 12)
    grid = list(_grid(min(times), max(times)))
    upwards = _Scale(log10(grid[0]), log10(grid[-1]), _BOTTOM, _TOP)
    return "".join(
        f"{part}\n"
        for part in (
            *_head(drawn),
            *(_level(seconds, upwards(seconds)) for seconds in grid),
            *(_tick(files, across(files)) for files in lengths),
            *(_drawn(line, [(across(x), upwards(y)) for x, y in found]) for line, found in reversed(drawn)),
            *_names(drawn, across, upwards),
            "</svg>",
        )
    )


def _grid(least: float, most: float) -> Iterator[float]:
    """Round figures, from one below the least to one above the most."""
    powers = range(floor(log10(least)) - 1, ceil(log10(most)) + 2)
    levels = [step * 10.0**power for power in powers for step in _STEPS]
    first = max(level for level in levels if level <= least)
    last = min(level for level in levels if level >= most)
    yield from (level for level in levels if first <= level <= last)


def _head(drawn: Sequence[tuple[Line, Points]]) -> Iterator[str]:
    told = "; ".join(f"{line.name}: {_time(found[-1][1])} at {found[-1][0]:,}" for line, found in drawn)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
    yield "  <title>Time over the number of migrations</title>"
    yield f"  <desc>{told}</desc>"
    yield f"  <style>\n{_STYLE}  </style>"
    yield f'  <rect class="page" x=".5" y=".5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="8"/>'
    yield '  <text class="title" x="24" y="34">Time over the number of migrations</text>'
    yield '  <text x="24" y="54">whole process, both axes logarithmic</text>'


def _level(seconds: float, y: float) -> str:
    label = f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"
    return (
        f'  <path class="grid" d="M{_LEFT} {y:.1f}H{_RIGHT}"/>'
        f'<text x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    )


def _tick(files: int, x: float) -> str:
    return (
        f'  <path class="axis" d="M{x:.1f} {_BOTTOM + 4}v5"/>'
        f'<text x="{x:.1f}" y="{_BOTTOM + 24}" text-anchor="middle">{files:,}</text>'
    )


def _drawn(line: Line, places: Sequence[tuple[float, float]]) -> str:
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = "".join(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2.75"/>' for x, y in places)
    thin = " thin" if line.style in {"sqlite3", "dbmate"} else ""
    return f'  <g class="{line.style}"><path class="line{thin}" d="{path}"/>{dots}</g>'


def _names(drawn: Sequence[tuple[Line, Points]], across: _Scale, upwards: _Scale) -> Iterator[str]:
    """Each name at the end of its line, and at a distance from the others."""
    ends = sorted((upwards(found[-1][1]), across(found[-1][0]), line, found) for line, found in drawn)
    for (y, x, line, found), place in zip(ends, _apart([end[0] for end in ends]), strict=True):
        base = f'y="{place + 4:.1f}"'
        yield (
            f'  <path class="leader" d="M{x + 6:.1f} {y:.1f}L{_RIGHT + 6} {place:.1f}"/>'
            f'<g class="{line.style}"><text class="name" x="{_RIGHT + 12}" {base}>{line.name}</text></g>'
            f'<text x="{_WIDTH - 24}" {base} text-anchor="end">{_time(found[-1][1])}</text>'
        )


def _apart(places: Sequence[float]) -> list[float]:
    """The places, of which each is lower than the one before, as near to where they were as may be."""
    groups: list[list[float]] = []
    for place in places:
        groups.append([place])
        while len(groups) > 1 and _top(groups[-1]) < _top(groups[-2]) + len(groups[-2]) * _LABEL:
            last = groups.pop()
            groups[-1] += last
    return [_top(group) + number * _LABEL for group in groups for number in range(len(group))]


def _top(group: Sequence[float]) -> float:
    """Where the first of several neighbours stands when their middle stays where it was."""
    return sum(group) / len(group) - (len(group) - 1) * _LABEL / 2


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
