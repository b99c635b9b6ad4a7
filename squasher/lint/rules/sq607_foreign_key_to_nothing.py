"""A foreign key to a table or column that is not there.

## Problem
What the chain leaves has a foreign key whose parent table, or whose column in it, does not exist.

## Why it bites
SQLite stores a foreign key without looking at what it refers to. With foreign keys on, as they are on D1,
every INSERT into the child then fails, with `no such table` or `foreign key mismatch`. A rebuild that renames
a parent or one of its columns is how it comes about.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES user(id));
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users(id));
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.final import place
from squasher.lint.parents import broken, said
from squasher.lint.rule import Rule, Violation
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study

_HELP: Final = "Rebuild the child with the right name, or create what it refers to."


def check(study: Study) -> Iterator[Violation]:
    """Foreign keys that SQLite cannot look up because something is missing."""
    for table, key, missing in broken(study):
        if missing:
            child = f"{printable(table.name)}({', '.join(map(printable, key.columns))})"
            message = f"{child} refers to {said(key)}: {missing}"
            yield Violation(place(study, table, key), message, _HELP)


RULE: Final = Rule("SQ607", "foreign-key-to-nothing", "error", check)
