"""A column that ALTER TABLE can add to an empty table only.

## Problem
`ADD COLUMN` writes no row: SQLite answers for the old ones with the DEFAULT. So it must be a constant, and
for a column that refers to another table it must be NULL. SQLite checks that only where the table holds rows.

## Why it bites
The migration works on a new database, in CI and on a laptop, and fails on every one with rows.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
-- 0002_created_at.sql
ALTER TABLE users ADD COLUMN created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP;
```

## Way out
Add the column with a constant, or without a DEFAULT, and fill it; or rebuild the table.
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
-- 0002_created_at.sql
ALTER TABLE users ADD COLUMN created_at TEXT;
UPDATE users SET created_at = CURRENT_TIMESTAMP;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rehearsal import rehearse
from squasher.lint.rule import Rule, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """What SQLite adds to no table with rows."""
    for failure in study.once(rehearse).failures:
        if failure.kind == "default":
            refers = "REFERENCES" in failure.message
            why = (
                "a column that refers to another table has a DEFAULT"
                if refers
                else "its DEFAULT is no constant"
            )
            yield Violation(
                failure.statement.span,
                f"{failure.what} fails where there are rows: {why}",
                "Add the column with DEFAULT NULL or with a constant, then UPDATE it; or rebuild the table.",
            )


RULE: Final = Rule("SQ313", "default-on-existing-rows", "error", check, rehearses=True)
