"""A trigger with Windows line ends.

## Problem
The lines of a `CREATE TRIGGER` end with CR LF.

## Why it bites
`wrangler d1 migrations apply --remote` before 4.124.0 sends them as they are, and D1 cuts such a trigger at
the first semicolon of its body: `incomplete input: SQLITE_ERROR [code: 7500]`
(cloudflare/workers-sdk#14991). The same file with LF, as git keeps it and a CI checks it out, runs. SQLite
stores the line ends, so databases differ by who ran the migration.

## Example
```text
CREATE TRIGGER users_changed AFTER UPDATE ON users[CR][LF]
BEGIN[CR][LF]
```

## Way out
Save the file with LF line ends, and let git keep them with a line in `.gitattributes`:
```text
*.sql text eol=lf
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

_HELP: Final = "Save the file with LF line ends, and put *.sql text eol=lf into .gitattributes."


def check(study: Study) -> Iterator[Violation]:
    """The first such trigger of each file: the others are as they are for the same reason."""
    told: set[str] = set()
    for trigger in triggers(study):
        statement = trigger.statement
        if "\r\n" in statement.text and statement.migration.name not in told:
            told.add(statement.migration.name)
            name = printable(statement.head.called)
            first = statement.tokens[0]
            yield Violation(statement.at(first), f"trigger {name} has CR LF line ends", _HELP)


RULE: Final = Rule("SQ217", "crlf-in-trigger", "warning", check, ONLY_D1)
