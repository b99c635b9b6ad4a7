"""A migration that runs VACUUM.

## Problem
`VACUUM` cannot run in a transaction, and D1 runs each file in one.

## Why it bites
The statement is the usual end of a clean-up elsewhere. On D1 it fails, and the clean-up before it is rolled
back.

## Example
```sql
CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT);
DELETE FROM logs;
VACUUM;
```

## Way out
```sql
CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT);
DELETE FROM logs;
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
    """Every VACUUM."""
    return refused(study, RULE)


RULE: Final = Rule("SQ204", "vacuum", "error", check, ONLY_D1, topic="vacuum")
