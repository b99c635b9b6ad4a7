"""A virtual table whose module D1 does not have.

## Problem
D1 has the modules fts5, fts5vocab and rtree. fts3, fts4, geopoly, dbstat and all that other programs load
are missing.

## Why it bites
The table is made in every SQLite that has the module, and by the tests. On D1 the file fails.

## Example
```sql
CREATE VIRTUAL TABLE pages USING fts4(title, body);
```

## Way out
```sql
CREATE VIRTUAL TABLE pages USING fts5(title, body);
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
    """Virtual tables of other modules."""
    return refused(study, RULE)


RULE: Final = Rule("SQ218", "missing-module", "error", check, ONLY_D1, topic="modules")
