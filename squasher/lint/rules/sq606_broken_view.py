"""A view or trigger that does not compile.

## Problem
What the chain leaves has a view that cannot be read, or a trigger that fails whenever it is fired: it names
a table or column that is not there.

## Why it bites
SQLite stores both without looking at what they name. The first query of the view fails; a trigger fails
every statement that sets it off, so nobody can write the table any more; and ALTER TABLE … RENAME refuses to
work in the whole database until it is mended.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE logins (user_id INTEGER);
CREATE VIEW last_logins AS SELECT user_id, count(*) AS n FROM logins GROUP BY user_id;
CREATE TRIGGER users_deleted AFTER DELETE ON users BEGIN
  DELETE FROM logins WHERE user_id = old.id;
END;
-- 0002_drop_logins.sql
DROP TABLE logins;
```

## Way out
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE logins (user_id INTEGER);
CREATE VIEW last_logins AS SELECT user_id, count(*) AS n FROM logins GROUP BY user_id;
CREATE TRIGGER users_deleted AFTER DELETE ON users BEGIN
  DELETE FROM logins WHERE user_id = old.id;
END;
-- 0002_drop_logins.sql
DROP VIEW last_logins;
DROP TRIGGER users_deleted;
DROP TABLE logins;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.final import by_name, final, place, rebuilt
from squasher.lint.firing import firing
from squasher.lint.rule import Rule, Violation
from squasher.model import Trigger, View
from squasher.sql import fold, printable, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.engine import Database
    from squasher.lint.study import Study

_HELP: Final = "Drop it, or create it again for what is there now."


def check(study: Study) -> Iterator[Violation]:
    """Views that SQLite cannot tell the columns of, and triggers that a statement cannot fire."""
    triggers = [item for item in final(study).objects if isinstance(item, Trigger)]
    for view in final(study).objects:
        if isinstance(view, View) and view.problem is not None:
            message = f"view {printable(view.name)} does not compile: {printable(view.problem)}"
            yield Violation(place(study, view), message, _HELP)
    if not triggers:
        return
    with rebuilt(study) as scratch:
        scratch.execute("PRAGMA foreign_keys = 0")  # a broken foreign key is another problem
        for trigger in triggers:
            problem = _problem(scratch, trigger, firing(trigger, by_name(study).get(fold(trigger.table))))
            if problem is not None:
                message = f"trigger {printable(trigger.name)} cannot be fired: {printable(problem)}"
                yield Violation(place(study, trigger), message, _HELP)


def _problem(scratch: Database, trigger: Trigger, fires: str) -> str | None:
    """Why a statement does not compile with the trigger, and does without it; None where it does."""
    if not fires:
        return None
    scratch.execute(trigger.sql)
    problem = scratch.compile_error(fires)
    scratch.execute(f"DROP TRIGGER {quote(trigger.name)}")
    return None if problem is None or problem == scratch.compile_error(fires) else problem


RULE: Final = Rule("SQ606", "broken-view", "error", check)
