"""An index whose columns another index begins with.

## Problem
All the columns of the index are the first columns of another one, in the same order, over the same rows.

## Why it bites
SQLite finds rows by the first columns of an index as well as by all of them. The shorter index is written by
every INSERT, UPDATE and DELETE, which D1 bills, and is hardly ever worth it: it is a little smaller to read.

A UNIQUE index is no finding, for it says something of its own, nor is one next to a partial index, which
does not hold all rows.

## Example
```sql
CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER, created_at TEXT);
CREATE INDEX idx_posts_author ON posts(author_id);
CREATE INDEX idx_posts_author_created ON posts(author_id, created_at);
```

## Way out
```sql
CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER, created_at TEXT);
CREATE INDEX idx_posts_author_created ON posts(author_id, created_at);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.final import indexes, pair, tables
from squasher.lint.indexes import contains, described, repeated
from squasher.lint.rule import Rule, Violation
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """Indexes that are not UNIQUE, and that another one continues."""
    for table in tables(study):
        every = indexes(study, table)
        for index in every:
            if index.sql is None or index.unique or any(repeated(every, index)):
                continue
            other = next((one for one in every if contains(one, index)), None)
            if other is not None:
                where, first = pair(study, table, index, other)
                yield Violation(
                    where,
                    f"index {printable(index.name)} is how {described(other)} of"
                    f" {printable(table.name)} begins",
                    "Remove it, or drop it in a new migration, unless a query was measured that needs it.",
                    (first.related("made here"),),
                )


RULE: Final = Rule("SQ603", "redundant-index", "warning", check)
