"""For people: each diagnostic with its line and a marker, and how many there are as the last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.render.lint.excerpt import excerpt
from squasher.render.style import painted, plural
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.diagnostic import Diagnostic, Report


def render(report: Report, *, color: bool = False) -> str:
    """All diagnostics, in the order of the report."""
    parts = ["\n".join([*_shown(one, color=color), ""]) for one in report.diagnostics]
    return "\n".join([*parts, total(report)]) + "\n"


def _shown(one: Diagnostic, *, color: bool) -> Iterator[str]:
    mark = "-" if one.severity == "error" else "~"
    said = painted(f"{one.code} {one.severity}", mark, color=color)
    yield f"{printable(one.path)}:{one.line}:{one.column}: {said} {one.name}: {printable(one.message)}"
    number = str(one.line)
    margin = " " * len(number)
    if one.source.strip():
        end = one.end_column if one.end_line == one.line else len(one.source) + 1
        part = excerpt(one.source, one.column - 1, end - 1)
        yield f"{margin} |"
        yield f"{number} | {part.text}"
        yield f"{margin} | {' ' * part.indent}{painted('^' * part.width, mark, color=color)}"
    for related in one.related:
        yield f"{margin} = {printable(related.path)}:{related.line}: {printable(related.text)}"
    yield f"{margin} = help: {printable(one.help)}"


def total(report: Report) -> str:
    """How many problems of which severity, in how many files."""
    counts = {"error": report.count("error"), "warning": report.count("warning")}
    files = f"{report.files:,} file{plural(report.files)}"
    failed = len(report.failed)
    unread = f", and {failed:,} chain{plural(failed)} could not be read" if failed else ""
    if not any(counts.values()):
        return f"No problems in {files}{unread}."
    said = " and ".join(f"{count:,} {what}{plural(count)}" for what, count in counts.items() if count)
    where = len({one.path for one in report.diagnostics})
    return f"{said} in {where:,} of {files}{unread}."
