"""Refusals: what a rule says of statements that the engine did not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.lint.rule import Span, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.rule import Rule
    from squasher.lint.study import Refusal, Statement, Study


def refused(study: Study, rule: Rule) -> Iterator[Violation]:
    """The statements that were refused by what a rule's topic names, in the engine's own words."""
    for statement in study.statements:
        if statement.refusal is not None and statement.refusal.topic == rule.topic:
            yield violation(statement, statement.refusal, "Remove it.")


def violation(statement: Statement, refusal: Refusal, otherwise: str) -> Violation:
    """What to say of a refused statement, from where it stopped; ``otherwise`` where there is no help."""
    span = statement.span
    if refusal.place is not None and refusal.place >= span.start:
        span = Span(span.migration, refusal.place, max(span.end, refusal.place))
    return Violation(span, refusal.message, refusal.help or otherwise)
