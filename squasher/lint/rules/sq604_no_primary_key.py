"""A table without a primary key.

## Problem
The table has no PRIMARY KEY.

## Why it bites
Rows have only the hidden rowid, which VACUUM and an export may number anew, so nothing can refer to one of
them, and a row that was inserted twice cannot be told from its twin.

The rule is off unless it is asked for: a log that is only ever appended to, or a table that joins two others,
works well without.

## Example
```sql
CREATE TABLE tags (name TEXT NOT NULL);
```

## Way out
```sql
CREATE TABLE tags (name TEXT PRIMARY KEY NOT NULL);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.final import place, tables
from squasher.lint.rule import Rule, Violation
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study

_HELP: Final = "Rebuild the table with a PRIMARY KEY: ALTER TABLE cannot add one."


def check(study: Study) -> Iterator[Violation]:
    """Tables of which no column is part of a primary key."""
    for table in tables(study):
        if not any(column.primary_key for column in table.columns):
            yield Violation(place(study, table), f"table {printable(table.name)} has no primary key", _HELP)


RULE: Final = Rule("SQ604", "no-primary-key", "off", check)
