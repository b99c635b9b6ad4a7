"""A new constraint that rows which are there may break.

## Problem
A rebuild gives a table a CHECK, a foreign key, STRICT or a NOT NULL that the old one did not have, and copies
the rows as they are; or `ADD COLUMN` adds a column whose own CHECK its value for old rows breaks. It was seen
in a replay of the chain on tables that hold rows which the old constraints allow.

## Why it bites
The first row that breaks the constraint fails the migration. On an empty database there is none, and nobody
knows what production holds.

## Example
```sql
-- 0001_posts.sql
CREATE TABLE posts (id INTEGER PRIMARY KEY, state TEXT);
-- 0002_states.sql
CREATE TABLE posts_new (id INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('draft', 'public')));
INSERT INTO posts_new (id, state) SELECT id, state FROM posts;
DROP TABLE posts;
ALTER TABLE posts_new RENAME TO posts;
```

## Way out
Turn every value into one that the constraint allows, or say with WHERE which rows are left out.
```sql
-- 0001_posts.sql
CREATE TABLE posts (id INTEGER PRIMARY KEY, state TEXT);
-- 0002_states.sql
CREATE TABLE posts_new (id INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('draft', 'public')));
INSERT INTO posts_new (id, state) SELECT id, iif(state = 'public', 'public', 'draft') FROM posts;
DROP TABLE posts;
ALTER TABLE posts_new RENAME TO posts;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rehearsal import rehearse
from squasher.lint.rule import Rule, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.failures import Failure
    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """What failed on a row that the constraints before it allow."""
    for failure in study.once(rehearse).failures:
        why = _why(failure)
        if why is not None:
            yield Violation(
                failure.statement.span,
                f"{failure.what} fails where {why}",
                "Turn every value into one that is allowed, or say with WHERE which rows are left out.",
            )


def _why(failure: Failure) -> str | None:
    """Which rows fail; None for a failure that another rule tells."""
    match failure.kind:
        case _ if failure.statement.head.verb == "drop":
            return None
        case "check":
            return f"a row breaks CHECK {failure.message.partition(' failed: ')[2]}"
        case "not null":
            return f"a row has NULL in {failure.column}"
        case "type":
            return f"a row holds a value of another type than its column's: {failure.message}"
        case "foreign key":
            return "a row refers to one that is not there"
        case _:
            return None


RULE: Final = Rule("SQ310", "check-on-existing-rows", "warning", check, rehearses=True)
