"""How often each rule found something, in place of what it found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from squasher.render.json import dumped
from squasher.render.lint.json import summary
from squasher.render.lint.text import total
from squasher.render.style import painted

if TYPE_CHECKING:
    from squasher.lint.diagnostic import Report


def text(report: Report, *, color: bool = False) -> str:
    """A line per rule, that which found most first, and the total as the last line."""
    found = _counted(report)
    width = len(f"{max(found.values(), default=0):,}")
    lines = [
        f"{count:>{width},}  {code}  {painted(severity, '-' if severity == 'error' else '~', color=color)}"
        f"{' ' * (len('warning') - len(severity))}  {name}"
        for (code, name, severity), count in found.items()
    ]
    return "\n".join([*lines, *([""] if lines else []), total(report)]) + "\n"


def json(report: Report, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """The same for programs."""
    rules = [
        {"code": code, "name": name, "severity": severity, "count": count}
        for (code, name, severity), count in _counted(report).items()
    ]
    return dumped(summary(report) | {"statistics": rules})


def _counted(report: Report) -> dict[tuple[str, str, str], int]:
    """By code, name and severity, which two databases may have set differently."""
    counts = Counter((one.code, one.name, one.severity) for one in report.diagnostics)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
