"""A DROP TABLE that deletes or overwrites rows of other tables.

## Problem
SQLite deletes all rows of a table before it drops it, and foreign keys act on that: `ON DELETE CASCADE`
deletes the rows of other tables that refer to it, `SET NULL` and `SET DEFAULT` overwrite them. Rebuilding a
table (create a new one, copy, drop, rename) is where it happens: the rows of the table itself come back,
those that went with them do not. It was seen in a replay of the chain on tables that hold rows.

## Why it bites
SQLite's own advice for a rebuild is to switch foreign keys off first. D1 runs each migration in a
transaction, inside which `PRAGMA foreign_keys = off` does nothing, and `PRAGMA defer_foreign_keys` puts off
only the check, not what `ON DELETE` does. The migration succeeds, the tables are there, and the rows are
gone.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE);
-- 0002_email.sql
PRAGMA foreign_keys = off;
CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
```

## Way out
Put the rows of the children aside and back, all the way down. `squasher new --rebuild users` writes a rebuild
that keeps them where they are. A new table with a foreign key to itself says its own name there, such as
`REFERENCES categories_new(id)`: one that says `categories` refers to the old table, and goes with it. The
rename changes that name, too.
```sql
-- 0001_users.sql
CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE);
-- 0002_email.sql
CREATE TABLE sessions_kept AS SELECT * FROM sessions;
CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
INSERT INTO sessions (id, user_id) SELECT id, user_id FROM sessions_kept;
DROP TABLE sessions_kept;
```
"""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING, Final

from squasher.changes import Added
from squasher.lint.rebuilds import rebuilds
from squasher.lint.rehearsal import rehearse
from squasher.lint.rule import Rule, Violation
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.diagnostic import Related
    from squasher.lint.observer import Loss
    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """What the rehearsal lost at a DROP TABLE."""
    rebuilt = {one.dropped: one.new.name for one in study.once(rebuilds)}
    for statement, found in groupby(study.once(rehearse).losses, key=lambda loss: loss.statement):
        losses = list(found)
        if statement.head.verb == "insert":
            continue
        name = statement.head.called
        done = " and ".join(dict.fromkeys(map(told, losses)))
        help_ = (
            f"Start from `squasher new --rebuild {shlex.quote(rebuilt[statement])}`: it keeps those rows."
            if statement in rebuilt
            else "Drop what refers to it first, or rebuild those tables without their foreign keys."
        )
        related = (one for loss in losses if (one := key_of(study, loss)) is not None)
        yield Violation(statement.span, f"DROP TABLE {name} {done}", help_, tuple(dict.fromkeys(related)))


def told(loss: Loss) -> str:
    """What happens to the rows of one table, and why."""
    columns = ", ".join(loss.key.columns)
    if loss.deleted:
        return f"deletes rows of {loss.table} ({columns}, ON DELETE {loss.key.on_delete})"
    return f"overwrites {columns} of {loss.table} (ON DELETE {loss.key.on_delete})"


def key_of(study: Study, loss: Loss) -> Related | None:
    """The line of the foreign key by which rows were lost, where it is still there."""
    span = study.spot(Added(("table", fold(loss.table)), loss.key))
    return None if span is None else span.related("the foreign key")


RULE: Final = Rule("SQ301", "cascade-on-drop", "error", check, rehearses=True)
