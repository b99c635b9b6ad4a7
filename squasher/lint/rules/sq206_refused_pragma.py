"""A PRAGMA that D1 does not allow.

## Problem
D1 allows some twenty PRAGMAs. `user_version`, `journal_mode`, `writable_schema`, `integrity_check` and the
rest are refused, read or set.

## Why it bites
Tools write them at the head of a file by habit. D1 answers `not authorized`, and applies nothing of it.

## Example
```sql
PRAGMA journal_mode = wal;
CREATE TABLE users (id INTEGER PRIMARY KEY);
```

## Way out
```sql
PRAGMA defer_foreign_keys = on;
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
    """PRAGMAs that are not on D1's list."""
    return refused(study, RULE)


RULE: Final = Rule("SQ206", "refused-pragma", "error", check, ONLY_D1, topic="pragmas")
