"""A temporary table, view, index or trigger.

## Problem
D1 refuses everything in the schema `temp`, which `CREATE TEMP …` makes.

## Why it bites
A rebuild that keeps rows in a temporary table runs in every other SQLite. On D1 the file fails at this
statement.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TEMP TABLE kept AS SELECT * FROM users;
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE kept AS SELECT * FROM users;
DROP TABLE kept;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.refused import refused
from squasher.lint.rule import ONLY_D1, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.rule import Violation
    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """Statements that make or name something temporary."""
    return refused(study, RULE)


RULE: Final = Rule("SQ205", "temporary-object", "error", check, ONLY_D1, topic="temporary")
