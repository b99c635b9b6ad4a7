"""Triggers as their texts stand in a migration: where a body begins, and what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.sql import is_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Statement, Study
    from squasher.sql import Token

_COMMANDS: Final = ("insert", "replace", "update", "delete", "select", "values", "with")


class Trigger(NamedTuple):
    """A CREATE TRIGGER, and the words between which its body stands."""

    statement: Statement
    begin: Token
    body: tuple[Token, ...]
    end: Token


def triggers(study: Study) -> Iterator[Trigger]:
    """Every trigger of the chain, those that were refused too."""
    for statement in study.statements:
        if statement.head.verb == "create" and statement.head.kind == "trigger":
            found = _trigger(statement)
            if found is not None:
                yield found


def _trigger(statement: Statement) -> Trigger | None:
    """A trigger's parts; None where its text is none. BEGIN may be the name of a column, too."""
    tokens = statement.tokens
    for place in range(statement.head.rest, len(tokens) - 1):
        before, token, behind = tokens[place - 1 : place + 2]
        if is_word(token, "begin") and before.text != "." and is_word(behind, *_COMMANDS):
            return Trigger(statement, token, tokens[place + 1 : -1], tokens[-1])
    return None
