"""A foreign key without an index on the child side.

## Problem
Rows that refer to a parent cannot be found without a scan of the whole child table: no index begins with the
columns of the foreign key.

## Why it bites
SQLite makes no index for a foreign key by itself. Each DELETE of a parent row, and each UPDATE of its key,
looks for children; without an index it reads all of them, and D1 bills every row that is read. So does a join
from the parent to its children (https://sqlite.org/foreignkeys.html#fk_indexes).

The rule asks SQLite how it would look for the children. It is off unless it is asked for: a child table that
stays small, or a parent that is never deleted, needs no index.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users(id));
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users(id));
CREATE INDEX idx_posts_author_id ON posts(author_id);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.final import by_name, place, rebuilt, tables
from squasher.lint.rule import Rule, Violation
from squasher.model import Table
from squasher.sql import fold, printable, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.engine import Database
    from squasher.lint.study import Study
    from squasher.model import ForeignKey

_SCAN: Final = "SCAN "


def check(study: Study) -> Iterator[Violation]:
    """Foreign keys whose children SQLite would scan for."""
    children = [table for table in tables(study) if table.foreign_keys]
    if not children:
        return
    with rebuilt(study) as scratch:
        for table in children:
            for key in table.foreign_keys:
                parent = by_name(study).get(fold(key.parent))
                if isinstance(parent, Table) and _scans(scratch, table, key, parent):
                    columns = ", ".join(map(printable, key.columns))
                    name = printable(table.name)
                    yield Violation(
                        place(study, table, key),
                        f"{name}({columns}) refers to {printable(key.parent)}, and no index begins with it",
                        f"Add an index on {name}({columns}).",
                    )


def _scans(scratch: Database, table: Table, key: ForeignKey, parent: Table) -> bool:
    """Whether SQLite reads the whole table, where it compares as the parent's columns do."""
    collations = {fold(column.name): column.collation for column in parent.columns}
    said = [collations.get(fold(column or "")) for column in key.parent_columns]
    where = " AND ".join(
        f"{quote(column)} = ?" + (f" COLLATE {quote(collation)}" if collation else "")
        for column, collation in zip(key.columns, said, strict=True)
    )
    query = f"EXPLAIN QUERY PLAN SELECT 1 FROM {quote(table.name)} WHERE {where}"
    return any(str(row[-1]).startswith(_SCAN) for row in scratch.execute(query, (None,) * len(key.columns)))


RULE: Final = Rule("SQ601", "unindexed-foreign-key", "off", check)
