"""For programs: version 1 of what lint says, described in docs/formats.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.render.json import dumped

if TYPE_CHECKING:
    from squasher.lint.diagnostic import Report

VERSION: Final = 1


def render(report: Report, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """A JSON object, its keys sorted; the diagnostics are in the order of the report."""
    diagnostics = [
        one._asdict() | {"related": [related._asdict() for related in one.related]}
        for one in report.diagnostics
    ]
    return dumped(summary(report) | {"diagnostics": diagnostics})


def summary(report: Report) -> dict[str, object]:
    """What is said of the run as a whole."""
    return {
        "command": "lint",
        "version": VERSION,
        "files": report.files,
        "counts": {"error": report.count("error"), "warning": report.count("warning")},
        "failed": [
            {"database": name, "message": error.message, "help": error.hint} for name, error in report.failed
        ],
        "warnings": list(report.warnings),
    }
