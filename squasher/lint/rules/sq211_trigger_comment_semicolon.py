"""A semicolon in a comment inside a trigger.

## Problem
What splits a file into statements has to know which semicolons of a trigger do not end it. Those in its
comments are the ones that splitters forget.

## Why it bites
wrangler splits files by other rules than SQLite, its releases by different ones, and D1 splits once more
behind `--remote`, by rules that nobody outside can read. A semicolon in a comment has cut a statement there
before (cloudflare/workers-sdk#3892), on no local database. A trigger that is cut fails with `incomplete
input`. Comments between statements are not reported: that report is closed.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, changed TEXT);
CREATE TRIGGER users_changed AFTER UPDATE ON users
BEGIN
  -- set by the database; the application forgets it
  UPDATE users SET changed = CURRENT_TIMESTAMP WHERE id = new.id;
END;
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, changed TEXT);
CREATE TRIGGER users_changed AFTER UPDATE ON users
BEGIN
  -- set by the database: the application forgets it
  UPDATE users SET changed = CURRENT_TIMESTAMP WHERE id = new.id;
END;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rule import ONLY_D1, Rule, Violation
from squasher.lint.triggers import triggers
from squasher.sql import COMMENT, iterate, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """Comments between a trigger's first word and its last."""
    for trigger in triggers(study):
        statement = trigger.statement
        for token in iterate(statement.text[: trigger.end.end]):
            if token.kind == COMMENT and ";" in token.text:
                name = printable(statement.head.called)
                message = f"trigger {name}: a comment inside of it holds a semicolon"
                yield Violation(statement.at(token), message, "Write the comment without it.")


RULE: Final = Rule("SQ211", "trigger-comment-semicolon", "warning", check, ONLY_D1)
