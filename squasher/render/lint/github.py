"""For GitHub's workflow log: an annotation on the line of each diagnostic.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.render.github import command

if TYPE_CHECKING:
    from squasher.lint.diagnostic import Diagnostic, Report


def render(report: Report, *, color: bool = False) -> str:  # noqa: ARG001 - GitHub colours them
    """A workflow command per diagnostic, in the order of the report; nothing where there is none."""
    return "".join(
        command(one.severity, f"{one.code} {one.name}", _message(one), _where(one)) + "\n"
        for one in report.diagnostics
    )


def _message(one: Diagnostic) -> str:
    related = "".join(f" ({related.text}: {related.path}:{related.line})" for related in one.related)
    return f"{one.message}{related}. {one.help}"


def _where(one: Diagnostic) -> dict[str, str]:
    """The place. The runner drops columns of more than one line, and says so in the log."""
    where = {"file": one.path.removeprefix("./"), "line": str(one.line), "endLine": str(one.end_line)}
    if one.line == one.end_line:
        where |= {"col": str(one.column), "endColumn": str(one.end_column)}
    return where
