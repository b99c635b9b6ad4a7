"""A migration that begins or ends a transaction.

## Problem
`BEGIN`, `COMMIT`, `ROLLBACK` and `SAVEPOINT` are refused by D1: each file already runs in one transaction.

## Why it bites
Other tools accept the file, so it looks tested. wrangler deletes one pair of `BEGIN TRANSACTION;` and
`COMMIT;` from the text before it runs a file on a local database, and does not for a remote one: such a
migration works on every laptop and fails in production.

## Example
```sql
BEGIN TRANSACTION;
CREATE TABLE users (id INTEGER PRIMARY KEY);
COMMIT;
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
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
    """Statements that the engine refused for that."""
    return refused(study, RULE)


RULE: Final = Rule("SQ202", "transaction-control", "error", check, ONLY_D1, topic="transactions")
