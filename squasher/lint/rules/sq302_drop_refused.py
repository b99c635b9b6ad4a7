"""A DROP TABLE that fails as soon as rows of other tables refer to it.

## Problem
SQLite deletes all rows of a table before it drops it, and rows of another table that refer to them stand in
the way. On an empty database there are none, so the migration works there.

## Why it bites
It works on a laptop and in CI, and fails in production. D1 ignores `PRAGMA foreign_keys = off` inside a
migration, and with `PRAGMA defer_foreign_keys` the failure only moves to the end of the file, where D1 calls
it an internal error: rows that come back under the same name do not count.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE posts (id TEXT PRIMARY KEY, author_id TEXT NOT NULL REFERENCES users(id));
-- 0002_email.sql
PRAGMA defer_foreign_keys = on;
CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
```

## Way out
Put the rows of the children aside and back, all the way down. `squasher new --rebuild users` writes a rebuild
that keeps them where they are.
```sql
-- 0001_users.sql
CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE posts (id TEXT PRIMARY KEY, author_id TEXT NOT NULL REFERENCES users(id));
-- 0002_email.sql
CREATE TABLE posts_kept AS SELECT * FROM posts;
DELETE FROM posts;
CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
INSERT INTO posts (id, author_id) SELECT id, author_id FROM posts_kept;
DROP TABLE posts_kept;
```
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from squasher.changes import Added
from squasher.lint.rebuilds import rebuilds
from squasher.lint.rehearsal import rehearse
from squasher.lint.rule import Rule, Violation
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """DROP TABLE that the rehearsal could not run."""
    rebuilt = {one.dropped: one.new.name for one in study.once(rebuilds)}
    for failure in study.once(rehearse).failures:
        statement = failure.statement
        if statement.head.verb != "drop":
            continue
        keys = " and ".join(f"rows of {child} ({', '.join(key.columns)})" for child, key in failure.referring)
        name, who = statement.head.called, keys or "rows of other tables"
        also = "" if failure.kind == "foreign key" else f": {failure.message}"
        spans = [study.spot(Added(("table", fold(child)), key)) for child, key in failure.referring]
        yield Violation(
            statement.span,
            f"DROP TABLE {name} fails where {who} refer to it{also}",
            f"Start from `squasher new --rebuild {shlex.quote(rebuilt[statement])}`: it keeps those rows."
            if statement in rebuilt
            else "Drop what refers to it first, or rebuild those tables without their foreign keys.",
            tuple(span.related("the foreign key") for span in spans if span is not None),
        )


RULE: Final = Rule("SQ302", "drop-refused", "error", check, rehearses=True)
