"""The linter: every rule on a study, less what comments ignore, in the order of the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.lint.diagnostic import Diagnostic
from squasher.lint.ignores import ignores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from squasher.lint.diagnostic import Severity
    from squasher.lint.rule import Rule, Violation
    from squasher.lint.study import Study


_MARK: Final = "\ufeff"
"""With which a file may begin; no editor counts it as a column."""


class _Line(NamedTuple):
    number: int
    column: int
    text: str


def diagnose(study: Study, rules: Iterable[Rule], severities: Mapping[str, Severity]) -> list[Diagnostic]:
    """What ``rules`` find in a study, each with its severity; those that are ``off`` are not asked.

    The rules about ignores are asked last: they see which of them were met. What waits for the rehearsal
    is asked before those, and after the others.
    """
    study.ignores = tuple(ignore for file in study.files for ignore in ignores(file))
    study.known = frozenset(severities)
    study.asked = frozenset(code for code, severity in severities.items() if severity != "off")
    order = {file.migration.name: place for place, file in enumerate(study.files)}
    asked = [
        (number, rule)
        for number, rule in enumerate(rules)
        if severities[rule.code] != "off" and study.profile.name in rule.profiles
    ]
    found: list[tuple[tuple[int, int, int, int], Diagnostic]] = []
    for number, rule in sorted(asked, key=lambda one: (one[1].of_ignores, one[1].rehearses)):
        for count, violation in enumerate(rule.check(study)):
            if not _is_ignored(study, rule, violation):
                file, start = order.get(violation.span.migration.name, -1), violation.span.start
                found.append(
                    ((file, start, number, count), _diagnostic(rule, severities[rule.code], violation))
                )
    return [one for _, one in sorted(found, key=lambda one: one[0])]


def _is_ignored(study: Study, rule: Rule, violation: Violation) -> bool:
    for ignore in study.ignores:
        if ignore.covers(rule.code, violation.span):
            ignore.met.add(rule.code)
            return True
    return False


def _diagnostic(rule: Rule, severity: Severity, violation: Violation) -> Diagnostic:
    span = violation.span
    start = _line(span.migration.text, span.start)
    end = _line(span.migration.text, max(span.end, span.start))
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        severity="error" if severity == "error" else "warning",
        path=span.migration.path,
        line=start.number,
        column=start.column,
        end_line=end.number,
        end_column=end.column,
        message=violation.message,
        help=violation.help,
        source=start.text,
        related=violation.related,
    )


def _line(text: str, place: int) -> _Line:
    before = text.rfind("\n", 0, place) + 1
    if before == 0 and text.startswith(_MARK):
        before, place = 1, max(place, 1)
    end = text.find("\n", before)
    whole = text[before : len(text) if end < 0 else end].removesuffix("\r")
    return _Line(text.count("\n", 0, place) + 1, place - before + 1, whole)
