"""For GitLab's merge requests: a Code Quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.render.json import dumped
from squasher.render.lint.fingerprints import fingerprints

if TYPE_CHECKING:
    from squasher.lint.diagnostic import Report

_SEVERITIES: Final = {"error": "critical", "warning": "minor"}
"""Of info, minor, major, critical and blocker."""


def render(report: Report, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """A JSON array with an object per diagnostic, in the order of the report."""
    return dumped(
        [
            {
                "check_name": f"{one.code} {one.name}",
                "description": f"{one.message}. {one.help}",
                "fingerprint": fingerprint,
                "severity": _SEVERITIES[one.severity],
                "location": {
                    "path": one.path.removeprefix("./"),
                    "lines": {"begin": one.line, "end": one.end_line},
                },
            }
            for one, fingerprint in zip(report.diagnostics, fingerprints(report), strict=True)
        ]
    )
