"""A foreign key to columns that are no key.

## Problem
The parent columns of a foreign key are there, and are neither the PRIMARY KEY nor covered by a UNIQUE
constraint or index of exactly these columns.

## Why it bites
SQLite says nothing when the table is made. With foreign keys on, as they are on D1, every INSERT into the
child, and every DELETE from the parent, then fails with `foreign key mismatch`. A partial UNIQUE index does
not count, nor does one with another collation than the column's (https://sqlite.org/foreignkeys.html#fk_indexes).

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE logins (email TEXT REFERENCES users(email));
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE UNIQUE INDEX idx_users_email ON users(email);
CREATE TABLE logins (email TEXT REFERENCES users(email));
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.final import place
from squasher.lint.parents import broken, reason, said
from squasher.lint.rule import Rule, Violation
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study

_HELP: Final = "Add a UNIQUE index on the parent's columns, or refer to its PRIMARY KEY."


def check(study: Study) -> Iterator[Violation]:
    """Foreign keys that SQLite cannot look up though all that they name is there."""
    for table, key, missing in broken(study):
        if not missing:
            child = f"{printable(table.name)}({', '.join(map(printable, key.columns))})"
            why = reason(study, key)
            message = f"{child} refers to {said(key)}, which is no key{f': {why}' if why else ''}"
            yield Violation(place(study, table, key), message, _HELP)


RULE: Final = Rule("SQ608", "foreign-key-without-key", "error", check)
