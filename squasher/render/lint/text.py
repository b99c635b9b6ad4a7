"""For people: each diagnostic with its line and a marker, and how many there are as the last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.render.style import painted, plural
from squasher.sql import printable

if TYPE_CHECKING:
    from squasher.lint.diagnostic import Diagnostic, Report


def render(report: Report, *, color: bool = False) -> str:
    """All diagnostics, in the order of the report."""
    parts = [_shown(one, color=color) for one in report.diagnostics]
    return "\n".join([*parts, _total(report)]) + "\n"


def _shown(one: Diagnostic, *, color: bool) -> str:
    mark = "-" if one.severity == "error" else "~"
    said = painted(f"{one.code} {one.severity}", mark, color=color)
    number = str(one.line)
    margin = " " * len(number)
    end = one.end_column if one.end_line == one.line else len(one.source) + 1
    source = one.source.replace("\t", " ")
    lines = [
        f"{printable(one.path)}:{one.line}:{one.column}: {said} {one.name}: {printable(one.message)}",
        *([f"{margin} |", f"{number} | {printable(source)}"] if one.source.strip() else []),
    ]
    if one.source.strip():
        width = max(1, end - one.column)
        lines.append(f"{margin} | {' ' * (one.column - 1)}{painted('^' * width, mark, color=color)}")
    lines += [
        f"{margin} = {printable(related.path)}:{related.line}: {printable(related.text)}"
        for related in one.related
    ]
    lines += [f"{margin} = help: {printable(one.help)}", ""]
    return "\n".join(lines)


def _total(report: Report) -> str:
    counts = {"error": report.count("error"), "warning": report.count("warning")}
    files = f"{report.files} file{plural(report.files)}"
    if not any(counts.values()):
        return f"No problems in {files}."
    said = " and ".join(f"{count} {what}{plural(count)}" for what, count in counts.items() if count)
    where = len({one.path for one in report.diagnostics})
    return f"{said} in {where} of {files}."
