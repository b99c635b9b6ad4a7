"""A name that belongs to Cloudflare.

## Problem
D1 keeps names that begin with `_cf_` for tables of its own, and lets nobody make, read or write one.

## Why it bites
The file runs in every test on plain SQLite, and fails on D1.

## Example
```sql
CREATE TABLE _cf_settings (key TEXT PRIMARY KEY, value TEXT);
```

## Way out
```sql
CREATE TABLE cf_settings (key TEXT PRIMARY KEY, value TEXT);
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
    """Statements that name what is reserved."""
    return refused(study, RULE)


RULE: Final = Rule("SQ215", "reserved-name", "error", check, ONLY_D1, topic="names")
