"""A rebuild that copies values into the wrong columns.

## Problem
The INSERT that fills the new table gives a column the values of another one, and that one others again. It
was seen in a replay of the chain on tables that hold rows, each column with values of its own.

## Why it bites
`INSERT INTO users_new SELECT * FROM users` goes by position. Where the new table lists its columns in another
order the copy succeeds, and every row is wrong. On an empty database there is nothing to see.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT, email TEXT);
-- 0002_strict_users.sql
CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT, name TEXT) STRICT;
INSERT INTO users_new SELECT * FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
```

## Way out
```sql
-- 0001_users.sql
CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT, email TEXT);
-- 0002_strict_users.sql
CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT, name TEXT) STRICT;
INSERT INTO users_new (id, name, email) SELECT id, name, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
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
    """Columns of a rebuilt table that hold what another one held."""
    for moved in study.once(rehearse).moved:
        if not moved.shuffled:
            continue
        copies = moved.rebuild.copies or (moved.rebuild.dropped,)
        where = " and ".join(f"{source} in {column}" for column, source in moved.shuffled)
        yield Violation(
            copies[0].span,
            f"the rebuild of {moved.rebuild.new.name} puts {where}",
            "Name the columns in the INSERT and in its SELECT, in the same order.",
            (moved.rebuild.made.span.related("the new table"),),
        )


RULE: Final = Rule("SQ304", "rebuild-shuffles-columns", "error", check, rehearses=True)
