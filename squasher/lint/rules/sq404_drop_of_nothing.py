"""A DROP … IF EXISTS of what is not there.

## Problem
No migration before it made what the statement drops, or an earlier one dropped it already.

## Why it bites
Most often the name is misspelled, or the object was renamed: what was to go is still there, and IF EXISTS
keeps SQLite from saying so.

`DROP … IF EXISTS` before a CREATE of the same name in the same file is how rebuilds and triggers are
written, and is no finding; nor is it behind a statement of the same file that took the object away, as
DROP TABLE takes the indexes of a table.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE INDEX idx_users_email ON users(email);
-- 0002_drop_index.sql
DROP INDEX IF EXISTS idx_user_email;
```

## Way out
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE INDEX idx_users_email ON users(email);
-- 0002_drop_index.sql
DROP INDEX idx_users_email;
```
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from squasher.lint.rule import Rule, Violation
from squasher.lint.walk import is_temporary, walk
from squasher.sql import fold, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from squasher.lint.study import Statement, Study
    from squasher.lint.walk import Key, Present


def check(study: Study) -> Iterator[Violation]:
    """Guarded DROPs that ran and did nothing."""
    takers: dict[Key, Statement] = {}
    makers = _last_makers(study)
    for statement, now in walk(study):
        key = statement.head.kind, fold(statement.head.called)
        if _did_nothing(statement, key, now) and not _is_elsewhere(study, statement):
            makes, took = makers.get((statement.migration.name, key[1]), -1), takers.get(key)
            if makes < statement.index and (took is None or took.migration.name != statement.migration.name):
                yield _violation(statement, took, now)
        for note in statement.notes:
            if note.old is not None and (note.new is None or note.new.key != note.old.key):
                takers[note.old.key] = statement


def _did_nothing(statement: Statement, key: Key, now: Mapping[Key, Present]) -> bool:
    head = statement.head
    guarded = head.verb == "drop" and head.guarded and statement.ran is not None
    return guarded and not statement.notes and key not in now and not is_temporary(statement)


def _is_elsewhere(study: Study, statement: Statement) -> bool:
    """Whether the name is that of the ledger, of a TEMP object, or of one that the target refused."""
    name = fold(statement.head.called)
    return name == study.profile.ledger or any(
        one.head.verb == "create" and (one.ran is None or is_temporary(one)) for one in study.by_name[name]
    )


def _last_makers(study: Study) -> dict[tuple[str, str], int]:
    """By file and folded name, the last statement that makes something there: a table in place of a view."""
    return {
        (statement.migration.name, note.new.key[1]): statement.index
        for statement in study.statements
        for note in statement.notes
        if note.new is not None
    }


def _violation(statement: Statement, took: Statement | None, now: Mapping[Key, Present]) -> Violation:
    head = statement.head
    what = f"{head.kind} {printable(head.called)}"
    if took is not None:
        related = took.span.related("gone here")
        return Violation(statement.span, f"{what} is gone already", "Remove the statement.", (related,))
    names = {name: one.version.stored.name for (kind, name), one in now.items() if kind == head.kind}
    close = get_close_matches(fold(head.called), names, n=1)
    advice = f"Look at the name: is it {printable(names[close[0]])}?" if close else "Remove the statement."
    return Violation(statement.span, f"{what} was never made: the statement drops nothing", advice)


RULE: Final = Rule("SQ404", "drop-of-nothing", "warning", check)
