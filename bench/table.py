"""The table: the rows with their figures, for a terminal and for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.goals import Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.figures import Figures, Spread

HEAD: Final = ("what", "takes", "beside", "takes", "ratio", "min–max", "goal", "rounds")
BASES: Final = {
    "python": "`python -c pass`",
    "raw": "raw",
    "dbmate": "dbmate `up`",
    "sqldiff": "sqldiff",
    "D database": "the database",
    "": "–",
}
_NONE: Final = "–"
_SECOND: Final = 1000


def lines(figures: Figures) -> Iterator[tuple[str, ...]]:
    """The cells of each row, under ``HEAD``."""
    for row in rows(figures.length):
        yield from _cells(row, figures)


def _cells(row: Row, figures: Figures) -> Iterator[tuple[str, ...]]:
    found = row.figure(figures)
    if found is None and row.goal is None and row.process in {"sqlite3", "dbmate"}:
        return  # a peer that is not here
    beside = BASES[row.base]
    if row.unit == "memory":
        own, other = (figures.bytes.get(name) for name in (f"{row.group} {row.process}", row.base))
        takes, takes_too = (_size(one) for one in (own, other))
    else:
        takes, takes_too = (_time(figures.taken(row.group, name)) for name in (row.process, row.base))
    unit = {"times": " ×", "memory": " ×", "more": " ms", "seconds": " s"}[row.unit]
    yield (
        row.what,
        takes,
        beside,
        takes_too,
        _NONE if found is None or row.unit == "seconds" else _figure(found.median, row) + unit,
        _NONE
        if found is None or found.rounds == 1
        else f"{_figure(found.least, row)}–{_figure(found.most, row)}",
        _goal(row, found, unit),
        _NONE if found is None else str(found.rounds),
    )


def _figure(value: float, row: Row) -> str:
    return f"{value * _SECOND:+.0f}" if row.unit == "more" else f"{value:.2f}"


def _goal(row: Row, found: Spread | None, unit: str) -> str:
    if row.goal is None:
        return _NONE
    text = f"≤ {row.goal * _SECOND:.0f}" if row.unit == "more" else f"≤ {row.goal:g}"
    reached = "" if found is None else " ✓" if found.median <= row.goal else " ✗"
    return f"{text}{unit}{reached}"


def _time(taken: Spread | None) -> str:
    if taken is None:
        return _NONE
    return f"{taken.median:.2f} s" if taken.median >= 1 else f"{taken.median * _SECOND:.0f} ms"


def _size(count: int | None) -> str:
    return _NONE if count is None else f"{count / 2**20:.0f} MiB"


def text(figures: Figures) -> str:
    """For a terminal."""
    plain = [tuple(cell.replace("`", "") for cell in line) for line in (HEAD, *lines(figures))]
    widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
    return "".join(_aligned(line, widths) for line in plain)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left, figures to the right."""
    cells = (
        cell.ljust(width) if number in {0, 2, 6} else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(line, widths, strict=True))
    )
    return "  ".join(cells).rstrip() + "\n"


def markdown(figures: Figures) -> str:
    """For a page."""
    rule = "|---|---:|---|---:|---:|---:|---|---:|"
    body = "\n".join("| " + " | ".join(line) + " |" for line in (HEAD, *lines(figures)))
    head, _, rest = body.partition("\n")
    return f"{head}\n{rule}\n{rest}\n"


def values(figures: Figures) -> list[Mapping[str, object]]:
    """For a program."""
    found = ((row, row.figure(figures)) for row in rows(figures.length))
    return [
        {
            "what": row.what.replace("`", ""),
            "beside": row.base,
            "unit": row.unit,
            "goal": row.goal,
            "figure": None if figure is None else figure._asdict(),
        }
        for row, figure in found
    ]
