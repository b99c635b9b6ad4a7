"""An UPDATE or DELETE that meets no row.

## Problem
The statement names rows by a value, and its table, which holds rows that migrations wrote, has none with
it. Or its table was made in the same file, and nothing was put into it.

## Why it bites
The value is misspelled, or the rows come later, or an earlier migration changed them: what was to be
corrected or deleted is as it was, on every database.

Of rows that only users write, a replay knows nothing. So conditions that describe what rows may be like
(`IS NULL`, a comparison of columns, a subquery, a role or a state that many rows may have) are no finding,
nor is a table that holds nothing. A text counts where it is a key, or where no two rows of the migrations
have the same.

## Example
```sql
CREATE TABLE plans (code TEXT PRIMARY KEY, price INTEGER);
INSERT INTO plans VALUES ('free', 0), ('pro', 10);
UPDATE plans SET price = 12 WHERE code = 'Pro';
```

## Way out
```sql
CREATE TABLE plans (code TEXT PRIMARY KEY, price INTEGER);
INSERT INTO plans VALUES ('free', 0), ('pro', 10);
UPDATE plans SET price = 12 WHERE code = 'pro';
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rule import Rule, Violation
from squasher.lint.walk import walk
from squasher.model import Index, Table
from squasher.sql import fold, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from squasher.lint.study import Statement, Study
    from squasher.lint.walk import Key, Present

_NAMED: Final = "Look at the value, and at the migration that wrote the rows."
_EMPTY: Final = "Move the statement behind the one that writes the rows, or remove it."


def check(study: Study) -> Iterator[Violation]:
    """UPDATEs and DELETEs of which the replay knows that they do nothing anywhere."""
    filled: set[Statement] = set()
    for statement, now in walk(study):
        table, verb = fold(statement.head.called), statement.head.verb
        there = now.get(("table", table))
        if there is not None and _met_none(statement):
            name, verb_said = printable(there.version.stored.name), verb.upper()
            if statement.effect is not None and statement.effect.held:
                if _names_rows(statement, table, now):
                    yield Violation(statement.span, f"{name} has no row that the {verb_said} names", _NAMED)
            elif _is_new(there, statement) and there.made not in filled:
                message = f"{name} was made in this file and holds no row for the {verb_said}"
                yield Violation(statement.span, message, _EMPTY, (there.related,))
        for name in statement.ran.writes if statement.ran is not None else ():
            other = now.get(("table", fold(name)))
            if other is not None and (verb == "insert" or fold(name) != table):
                filled.add(other.made)


def _met_none(statement: Statement) -> bool:
    ran = statement.ran
    rows = statement.head.verb in {"update", "delete"} and statement.effect is not None
    return rows and ran is not None and not ran.changes


def _is_new(there: Present, statement: Statement) -> bool:
    """Whether this file made the table, and would have failed where there is one."""
    return there.made.migration.name == statement.migration.name and not there.made.head.guarded


def _names_rows(statement: Statement, table: str, now: Mapping[Key, Present]) -> bool:
    """Whether it asks for a key, or a text that tells rows apart, and for nothing of another table.

    A text that several rows may have, as a role or a state, may be that of the users' rows.
    """
    if statement.ran is None or {fold(name) for name in statement.ran.touches} != {table}:
        return False
    keys = _keys(now["table", table], now)
    telling = statement.effect.telling if statement.effect is not None else frozenset()
    return any(
        fold(column) in keys or (is_text and fold(column) in telling)
        for column, is_text in _compared(statement.text)
    )


def _keys(there: Present, now: Mapping[Key, Present]) -> set[str]:
    """The columns, folded, of which each alone tells a row."""
    table = there.version.facts
    if not isinstance(table, Table):
        return set()
    own: list[str | None] = [column.name for column in table.columns if column.primary_key]
    others = [one.version.facts for one in now.values()]
    keys: list[list[str | None]] = [
        [column.name for column in index.columns]
        for index in (*table.constraint_indexes, *others)
        if isinstance(index, Index) and index.unique and fold(index.table) == fold(table.name)
    ]
    return {fold(str(key[0])) for key in (own, *keys) if len(key) == 1}


def _compared(sql: str) -> Iterator[tuple[str, bool]]:
    """The columns that the condition as a whole compares with literals; whether with a text."""
    import sqlglot
    from sqlglot import expressions
    from sqlglot.errors import SqlglotError

    try:
        where = sqlglot.parse_one(sql, read="sqlite").args.get("where")
    except SqlglotError:
        return
    if where is None:
        return
    parts = where.this.flatten() if isinstance(where.this, expressions.And) else [where.this]
    for part in parts:
        left, others = _sides(part.unnest())
        if isinstance(left, expressions.Column) and others:
            literals = [other for other in others if isinstance(other, expressions.Literal)]
            if len(literals) == len(others):
                yield left.name, all(literal.is_string for literal in literals)


def _sides(part: object) -> tuple[object, list[object]]:
    """A column, and what it must be equal to one of; () where the condition is no such one."""
    from sqlglot import expressions

    if isinstance(part, expressions.In):
        return part.this, list(part.expressions)
    if isinstance(part, expressions.EQ | expressions.Is):
        left, right = part.this, part.expression
        return (left, [right]) if isinstance(left, expressions.Column) else (right, [left])
    return None, []


RULE: Final = Rule("SQ403", "no-row-met", "warning", check)
