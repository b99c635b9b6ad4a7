"""A statement that fails.

## Problem
The statement does not run on what the migrations before it leave, so nobody can apply the migration. Nothing
behind it was looked at: mend it first.

## Why it bites
D1 and most other runners roll the whole file back, and apply none of those behind it. `wrangler d1
migrations apply` stops there on every database, the next release's migrations included.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE INDEX idx_users_email ON users(email);
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE INDEX idx_users_email ON users(email);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.refused import violation
from squasher.lint.rule import ONLY_D1, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.rule import Violation
    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """Refusals that no rule of the target's own is behind; under plain SQLite all, for it has none."""
    for statement in study.statements:
        refusal = statement.refusal
        if refusal is not None and not (refusal.topic and study.profile.name in ONLY_D1):
            yield violation(statement, refusal, "Look at what the migrations before it leave.")


RULE: Final = Rule("SQ201", "statement-fails", "error", check)
