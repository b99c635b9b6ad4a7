"""A NOT NULL column for which rows that are there get no value.

## Problem
The column is NOT NULL and has no DEFAULT, and the migration gives it no value: `ALTER TABLE … ADD COLUMN`
cannot know one, and neither can the copy of a rebuild that leaves the column out. On an empty table there is
no row to fail on.

## Why it bites
The migration works on a new database, in CI and on a laptop, and fails on every one with rows. With it fails
the rest of the deployment.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
-- 0002_role.sql
ALTER TABLE users ADD COLUMN role TEXT NOT NULL;
```

## Way out
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
-- 0002_role.sql
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
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
    """What failed for want of a value."""
    for failure in study.once(rehearse).failures:
        if failure.kind != "no value":
            continue
        statement = failure.statement
        yield Violation(
            statement.span,
            f"{failure.what} fails where there are rows: {failure.column or 'the column'} is NOT NULL"
            " and has no value for them",
            "Give the column a constant DEFAULT, or write a value for it in the copy.",
        )


RULE: Final = Rule("SQ308", "not-null-without-value", "error", check, rehearses=True)
