"""A migration that attaches a database.

## Problem
`ATTACH` and `DETACH` are refused by D1: a migration sees one database, its own.

## Why it bites
It runs in the sqlite3 shell and in most tests. On D1 the whole file is rolled back, and none behind it is
applied.

## Example
```sql
ATTACH 'old.db' AS old;
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
INSERT INTO users (id, email) VALUES (1, 'root@example.com');
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
    """Statements that name another database file."""
    return refused(study, RULE)


RULE: Final = Rule("SQ203", "attach", "error", check, ONLY_D1, topic="attach")
