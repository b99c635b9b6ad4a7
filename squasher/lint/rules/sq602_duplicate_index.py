"""An index that is there twice.

## Problem
Another index of the table, or the one that a PRIMARY KEY or UNIQUE constraint comes with, has the same
columns in the same order.

## Why it bites
SQLite makes an index for every PRIMARY KEY and UNIQUE constraint by itself, and INTEGER PRIMARY KEY needs
none. A second one finds nothing faster, and every INSERT, UPDATE and DELETE writes it: D1 bills each of those
writes as a row, and the copy counts into the size of the database.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
CREATE INDEX idx_users_email ON users(email);
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.final import indexes, pair, place, tables
from squasher.lint.indexes import described, repeated
from squasher.lint.rule import Rule, Violation
from squasher.sql import fold, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study

_HELP: Final = "Remove it, or drop it in a new migration."


def check(study: Study) -> Iterator[Violation]:
    """Indexes that another one of the same columns makes needless; of two equal ones, the later."""
    for table in tables(study):
        every = indexes(study, table)
        for index in every:
            if index.sql is None:
                continue
            name = printable(index.name)
            alias = table.rowid_alias
            only = index.columns[0].name if len(index.columns) == 1 and not index.partial else None
            if alias is not None and only is not None and fold(only) == fold(alias):
                message = f"index {name} repeats the primary key of {printable(table.name)}"
                yield Violation(place(study, index), message, _HELP)
                continue
            others = list(repeated(every, index))
            if others:
                where, first = pair(study, table, index, others[0])
                message = f"index {name} repeats {described(others[0])} of {printable(table.name)}"
                yield Violation(where, message, _HELP, (first.related("made here"),))


RULE: Final = Rule("SQ602", "duplicate-index", "warning", check)
