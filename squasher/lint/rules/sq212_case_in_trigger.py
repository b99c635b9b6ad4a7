"""A CASE in a trigger whose END stands before a semicolon.

## Problem
`CASE … END;` inside a trigger looks like the trigger's own `END;`, and some of what splits files for D1
takes it for that.

## Why it bites
Triggers that were cut there are reported to fail with `incomplete input: SQLITE_ERROR [code: 7500]`, on a
remote database or with an older wrangler (cloudflare/workers-sdk#4326). SQLite itself and the newest
wrangler split it well, so every test is green. Only this form is known to fail: a CASE that anything but a
semicolon follows is not reported.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TRIGGER users_email BEFORE INSERT ON users
BEGIN
  SELECT CASE WHEN new.email = '' THEN RAISE(ABORT, 'an empty address') END;
END;
```

## Way out
Brackets around the CASE change nothing but the character behind it; `WHERE` and the trigger's own `WHEN` say
the same without one.
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TRIGGER users_email BEFORE INSERT ON users
BEGIN
  SELECT (CASE WHEN new.email = '' THEN RAISE(ABORT, 'an empty address') END);
END;
```
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from squasher.lint.rule import ONLY_D1, Rule, Violation
from squasher.lint.triggers import triggers
from squasher.sql import is_word, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study

_HELP: Final = "Put brackets around it, (CASE … END), or use iif(), WHERE or the trigger's WHEN."


def check(study: Study) -> Iterator[Violation]:
    """Each END of a CASE before a semicolon, inside of a body."""
    for trigger in triggers(study):
        depth = 0
        for token, behind in pairwise((*trigger.body, trigger.end)):
            depth += is_word(token, "case")
            if not depth or not is_word(token, "end"):
                continue
            depth -= 1
            if behind.text == ";":
                name = printable(trigger.statement.head.called)
                message = f"trigger {name}: splitters take this END; for the end of the trigger"
                yield Violation(trigger.statement.at(token), message, _HELP)


RULE: Final = Rule("SQ212", "case-in-trigger", "warning", check, ONLY_D1)
