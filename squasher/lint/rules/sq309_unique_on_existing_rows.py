"""A unique index or key on columns that rows may repeat.

## Problem
Nothing kept the columns unique so far, so two rows may be equal in them: a unique index cannot be made then,
and the copy into a table with such a key fails. It was seen in a replay of the chain on tables that hold
rows, two of them equal in all that no key keeps apart.

## Why it bites
On an empty database, and on one where chance was kind, the migration works. It fails on the one database that
matters, when it is deployed.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
-- 0002_unique_email.sql
CREATE UNIQUE INDEX idx_users_email ON users(email);
```

## Way out
Make the values unique first, or delete the rows that repeat them. Where the code has always kept them unique,
say so on the statement: `-- squasher: ignore SQ309 the API refuses a second account`.
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
-- 0002_unique_email.sql
DELETE FROM users WHERE id NOT IN (SELECT min(id) FROM users GROUP BY email);
CREATE UNIQUE INDEX idx_users_email ON users(email);
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
    """What failed on two equal rows."""
    for failure in study.once(rehearse).failures:
        if failure.kind == "unique" and failure.statement.head.verb != "drop":
            key = f"have equal {failure.column}" if failure.column else "are equal in it"
            yield Violation(
                failure.statement.span,
                f"{failure.what} fails where two rows {key}",
                "Make the values unique first, or delete the rows that repeat them.",
            )


RULE: Final = Rule("SQ309", "unique-on-existing-rows", "warning", check, rehearses=True)
