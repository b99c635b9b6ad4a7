"""For programs: everything that is known of each diagnostic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from squasher.lint.diagnostic import Report


def render(report: Report, *, color: bool = False) -> str:  # noqa: ARG001 - the same for all formats
    """A JSON document: version 1, the diagnostics in the order of the report, and counts."""
    document = {
        "version": 1,
        "files": report.files,
        "errors": report.count("error"),
        "warnings": report.count("warning"),
        "diagnostics": [
            one._asdict() | {"related": [related._asdict() for related in one.related]}
            for one in report.diagnostics
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
