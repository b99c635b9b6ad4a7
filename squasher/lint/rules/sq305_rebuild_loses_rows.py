"""A rebuild after which a table holds fewer rows.

## Problem
The file drops a table and makes it anew, and not all rows come back: nothing copies them, a join finds no
partner for some, or `OR IGNORE` passes over those that break a new constraint. It was seen in a replay of
the chain on tables that hold rows. A copy that says with WHERE, DISTINCT or GROUP BY which rows it takes, and
rows that the file deletes with a DELETE of its own, are taken as meant.

## Why it bites
Nothing fails, and on an empty database there is nothing to see.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
-- 0002_unique_email.sql
CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT UNIQUE);
INSERT OR IGNORE INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
```

## Way out
Say which rows go.
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
-- 0002_unique_email.sql
DELETE FROM users WHERE id NOT IN (SELECT min(id) FROM users GROUP BY email);
CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT UNIQUE);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rebuilds import outside
from squasher.lint.rehearsal import rehearse
from squasher.lint.rule import Rule, Violation
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.rebuilds import Rebuild
    from squasher.lint.study import Study

_CHOOSES: Final = frozenset({"where", "distinct", "group", "having", "limit", "except", "intersect"})


def check(study: Study) -> Iterator[Violation]:
    """Rebuilt tables that hold fewer rows than the old ones held."""
    rehearsal = study.once(rehearse)
    taken = {(loss.statement, fold(loss.table)) for loss in rehearsal.losses}
    for moved in rehearsal.moved:
        rebuild = moved.rebuild
        if moved.after >= moved.before or _is_meant(rebuild):
            continue
        if (rebuild.dropped, fold(rebuild.made.head.called)) in taken:
            continue  # copied, and deleted with the old table: the cascade is told
        name = rebuild.new.name
        if rebuild.copies:
            yield Violation(
                rebuild.copies[-1].span,
                f"the rebuild of {name} does not copy all rows",
                "Copy every row, or say with WHERE which ones are left out.",
                (rebuild.dropped.span.related("dropped here"),),
            )
        else:
            yield Violation(
                rebuild.dropped.span,
                f"{name} is made anew without the rows that it holds",
                "Copy them into the new table before this, or say DELETE FROM where they are not wanted.",
                (rebuild.made.span.related("made anew here"),),
            )


def _is_meant(rebuild: Rebuild) -> bool:
    """Whether the file says which rows it leaves out."""
    written = [rebuild.new.name, rebuild.made.head.called]
    deletes = (
        one.ran is not None and one.head.verb == "delete" and set(one.ran.writes) & set(written)
        for one in rebuild.file.statements
    )
    return any(deletes) or any(outside(copy) & _CHOOSES for copy in rebuild.copies)


RULE: Final = Rule("SQ305", "rebuild-loses-rows", "warning", check, rehearses=True)
