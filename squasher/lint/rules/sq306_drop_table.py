"""A table that is dropped with its rows.

## Problem
The table was made by an earlier migration, so it holds rows wherever that one was released. Tables that are
rebuilt, and those whose rows the file copies into another one first, are no finding.

## Why it bites
The rows cannot be had back but from a backup, and code that is still running when the migration is applied
fails.

## Example
```sql
-- 0001_waitlist.sql
CREATE TABLE waitlist (email TEXT PRIMARY KEY);
-- 0002_no_waitlist.sql
DROP TABLE waitlist;
```

## Way out
Copy what is to stay into another table first, and drop the old one in a later release. Where it is meant, say
so on the statement: `-- squasher: ignore SQ306 exported on launch day`.
```sql
-- 0001_waitlist.sql
CREATE TABLE waitlist (email TEXT PRIMARY KEY);
-- 0002_contacts.sql
CREATE TABLE contacts (email TEXT PRIMARY KEY, source TEXT NOT NULL);
INSERT INTO contacts (email, source) SELECT email, 'waitlist' FROM waitlist;
DROP TABLE waitlist;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rebuilds import rebuilds
from squasher.lint.rule import Rule, Violation
from squasher.model import Table
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import File, Statement, Study


def check(study: Study) -> Iterator[Violation]:
    """DROP TABLE of what an earlier file made."""
    rebuilt = {one.dropped for one in study.once(rebuilds)}
    for file in study.files:
        made: set[tuple[str, str]] = set()
        for statement in file.statements:
            for note in statement.notes:
                if note.new is not None and (note.old is None or note.old.key in made):
                    made.add(note.new.key)
                if note.old is None or note.new is not None or note.old.part:
                    continue
                ours = note.old.key in made or not isinstance(note.old.facts, Table)
                name = note.old.stored.name
                if ours or statement in rebuilt or _copied(file, statement, name):
                    continue
                yield Violation(
                    statement.span,
                    f"{name} is dropped with the rows that it holds",
                    "Copy them into another table first, or ignore this and say why nobody needs them.",
                )


def _copied(file: File, until: Statement, table: str) -> bool:
    """Whether a statement before it wrote what it read of the table into another one."""
    return any(
        one.ran is not None
        and fold(table) in map(fold, one.ran.touches)
        and any(fold(other) != fold(table) for other in one.ran.writes)
        and one.head.verb in {"insert", "update", "create"}
        for one in file.statements[: until.index]
    )


RULE: Final = Rule("SQ306", "drop-table", "warning", check)
