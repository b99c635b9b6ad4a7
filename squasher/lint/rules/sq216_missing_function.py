"""A function that D1 does not allow.

## Problem
D1 has a list of functions. Those that tell of the engine or reach outside of it, such as `sqlite_version()`,
are not on it, nor are those that `ALTER TABLE … ALTER COLUMN … DROP NOT NULL` and `ADD CONSTRAINT` of SQLite
3.53 call inside.

## Why it bites
The statement runs on a laptop's SQLite. D1 answers `not authorized to use function`, and applies nothing of
the file.

## Example
```sql
CREATE TABLE about (sqlite TEXT);
INSERT INTO about SELECT sqlite_version();
```

## Way out
```sql
CREATE TABLE about (sqlite TEXT);
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
    """Statements that call one."""
    return refused(study, RULE)


RULE: Final = Rule("SQ216", "missing-function", "error", check, ONLY_D1, topic="functions")
