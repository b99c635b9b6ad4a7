"""A trigger whose BEGIN or END is not in upper case.

## Problem
What splits a file behind `wrangler d1 migrations apply --remote` is reported to know the body of a trigger
by `BEGIN` in upper case only (cloudflare/workers-sdk#15314, #10998), and wrangler before 4.124.0 knows its
end by `END` (#15093).

## Why it bites
The migration runs on every local database. Remotely the trigger is cut at the first semicolon of its body,
and fails with `incomplete input: SQLITE_ERROR [code: 7500]`.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, changed TEXT);
CREATE TRIGGER users_changed AFTER UPDATE ON users
begin
  UPDATE users SET changed = CURRENT_TIMESTAMP WHERE id = new.id;
end;
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, changed TEXT);
CREATE TRIGGER users_changed AFTER UPDATE ON users
BEGIN
  UPDATE users SET changed = CURRENT_TIMESTAMP WHERE id = new.id;
END;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rule import ONLY_D1, Rule, Violation
from squasher.lint.triggers import triggers
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """The two words around the body of each trigger; one finding for both."""
    for trigger in triggers(study):
        for token, right in ((trigger.begin, "BEGIN"), (trigger.end, "END")):
            if token.text != right:
                name = printable(trigger.statement.head.called)
                message = f"trigger {name}: D1's remote splitter does not know {token.text}"
                yield Violation(trigger.statement.at(token), message, "Write BEGIN and END in upper case.")
                break


RULE: Final = Rule("SQ210", "lower-case-begin", "warning", check, ONLY_D1)
