"""A column that is dropped with its values.

## Problem
The column was made by an earlier migration, so it holds values wherever that one was released. `ALTER TABLE
… DROP COLUMN` and a rebuild that leaves a column out delete them. A column whose values the file writes
somewhere else first, and one that a rebuild gives another name, are no finding.

## Why it bites
The values cannot be had back but from a backup, and code that is still running when the migration is applied
fails: it names a column that is not there.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, phone TEXT);
-- 0002_no_phone.sql
ALTER TABLE users DROP COLUMN phone;
```

## Way out
Write the values somewhere else first, and drop the column in a later release. Where it is meant, say so on
the statement: `-- squasher: ignore SQ307 never filled`.
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, phone TEXT);
-- 0002_phones.sql
CREATE TABLE phones (user_id INTEGER PRIMARY KEY REFERENCES users(id), phone TEXT NOT NULL);
INSERT INTO phones (user_id, phone) SELECT id, phone FROM users WHERE phone IS NOT NULL;
ALTER TABLE users DROP COLUMN phone;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rebuilds import copied, rebuilds
from squasher.lint.rule import Rule, Violation
from squasher.model import Table
from squasher.sql import fold, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.rebuilds import Rebuild
    from squasher.lint.study import File, Study

_HELP: Final = "Write its values somewhere else first, or ignore this and say why nobody needs them."
_WRITES: Final = frozenset({"insert", "update", "create"})


def check(study: Study) -> Iterator[Violation]:
    """Columns of earlier files that one drops, by ALTER TABLE or by leaving them out of a rebuild."""
    for file in study.files:
        yield from _altered(file)
    for rebuild in study.once(rebuilds):
        for name in _left_out(rebuild):
            yield Violation(
                rebuild.dropped.span,
                f"the rebuild of {rebuild.new.name} drops column {name} with its values",
                _HELP,
                (rebuild.made.span.related("the new table"),),
            )


def _altered(file: File) -> Iterator[Violation]:
    first: dict[str, set[str]] = {}
    for statement in file.statements:
        for note in statement.notes:
            old = None if note.old is None else note.old.facts
            new = None if note.new is None else note.new.facts
            if note.old is None and isinstance(new, Table):
                first[fold(new.name)] = set()
            if not (isinstance(old, Table) and isinstance(new, Table)):
                continue
            before = first.pop(fold(old.name), {fold(column.name) for column in old.columns})
            first[fold(new.name)] = before
            if statement.head.verb != "alter" or len(new.columns) >= len(old.columns):
                continue
            left = {fold(column.name) for column in new.columns}
            for column in old.columns:
                name = fold(column.name)
                kept = column.generated or name in left or name not in before
                if not kept and not _named(file, name, statement.index):
                    yield Violation(
                        statement.span, f"{new.name}.{column.name} is dropped with its values", _HELP
                    )


def _named(file: File, column: str, until: int) -> bool:
    """Whether a statement before that one writes rows and names the column."""
    return any(
        one.head.verb in _WRITES
        and one.ran is not None
        and bool(one.ran.writes)
        and any(name_of(token) == column for token in one.tokens)
        for one in file.statements[:until]
    )


def _left_out(rebuild: Rebuild) -> list[str]:
    """The columns that the new table has not, and that no copy reads."""
    left = {fold(column.name) for column in rebuild.new.columns}
    if not rebuild.copies or any(copied(copy) is None for copy in rebuild.copies):
        return []
    read = {name_of(token) for copy in rebuild.copies for token in copy.tokens}
    return [
        column.name
        for column in rebuild.old.columns
        if not column.generated
        and fold(column.name) not in left | read
        and not _named(rebuild.file, fold(column.name), rebuild.dropped.index)
    ]


RULE: Final = Rule("SQ307", "drop-column", "warning", check)
