"""A rebuild after which a table lacks an index or a trigger that it had.

## Problem
`DROP TABLE` drops the indexes and triggers of the table, too. The file makes the table anew and does not
create them again under any name.

## Why it bites
Nothing fails. Queries read whole tables, a unique index stops keeping its column unique, and what a trigger
did, `updated_at` for one, no longer happens.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE UNIQUE INDEX idx_users_email ON users(email);
-- 0002_name.sql
CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT, name TEXT);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
```

## Way out
Create them again behind the rename. Where one is not wanted any more, drop it before the table, with a
`DROP INDEX` or `DROP TRIGGER` of its own.
```sql
-- 0001_users.sql
CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE UNIQUE INDEX idx_users_email ON users(email);
-- 0002_name.sql
CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT, name TEXT);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE UNIQUE INDEX idx_users_email ON users(email);
```
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from squasher.lint.rebuilds import rebuilds
from squasher.lint.rule import Rule, Violation
from squasher.model import Index, Trigger
from squasher.sql import fold, is_word, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.rebuilds import Rebuild
    from squasher.lint.study import Statement, Study

_NAME_AT: Final = 2  # CREATE TRIGGER name


def check(study: Study) -> Iterator[Violation]:
    """What went with the old table and did not come back."""
    for rebuild in study.once(rebuilds):
        for one in rebuild.lost:
            kept = _index_kept(rebuild, one) if isinstance(one, Index) else _trigger_kept(rebuild, one)
            if kept:
                continue
            maker = _maker(study, rebuild, one.name)
            if maker is not None and maker.migration.name == rebuild.file.migration.name:
                continue  # what a migration makes for its own length has done its work
            kind = "index" if isinstance(one, Index) else "trigger"
            what = f"{kind} {one.name}{_columns(one) if isinstance(one, Index) else ''}"
            yield Violation(
                rebuild.dropped.span,
                f"the rebuild of {rebuild.new.name} loses {what}",
                f"Create it again behind the rename, or say DROP {kind.upper()} {one.name} before the table.",
                () if maker is None else (maker.span.related("made here"),),
            )


def _columns(index: Index) -> str:
    return f" on ({', '.join(part.name or 'an expression' for part in index.columns)})"


def _maker(study: Study, rebuild: Rebuild, name: str) -> Statement | None:
    """The statement that made it last before the rebuild."""
    makers = list(takewhile(lambda one: one is not rebuild.dropped, study.statements))
    for statement in reversed(makers):
        if any(note.new is not None and fold(note.new.stored.name) == fold(name) for note in statement.notes):
            return statement
    return None


def _index_kept(rebuild: Rebuild, index: Index) -> bool:
    """Whether another index does the same, or it could not be made again: a column of it is gone."""
    there = {fold(column.name) for column in rebuild.new.columns}
    names = _names(index)
    if any(name is not None and name not in there for name in names):
        return True
    left = [one for one in rebuild.left if isinstance(one, Index)]
    if any(fold(one.name) == fold(index.name) for one in left):
        return True
    if names == [fold(rebuild.new.rowid_alias or "")]:
        return True
    for other in (*left, *rebuild.new.constraint_indexes):
        others = _names(other)
        if other.partial and not index.partial:
            continue
        if index.unique and other.unique and set(others) == set(names):
            return True
        if not index.unique and others[: len(names)] == names:
            return True
    return False


def _names(index: Index) -> list[str | None]:
    return [None if part.name is None else fold(part.name) for part in index.columns]


def _trigger_kept(rebuild: Rebuild, trigger: Trigger) -> bool:
    """Whether the new table has one of the same name, or for the same event."""
    left = [one for one in rebuild.left if isinstance(one, Trigger)]
    return any(fold(one.name) == fold(trigger.name) or _event(one) == _event(trigger) for one in left)


def _event(trigger: Trigger) -> list[str]:
    """The words between the name of a trigger and ON."""
    words = significant(trigger.sql)[_NAME_AT + 1 :]
    return [fold(token.text) for token in takewhile(lambda token: not is_word(token, "on"), words)]


RULE: Final = Rule("SQ303", "rebuild-forgets", "error", check)
