"""An INSERT OR IGNORE that inserted nothing.

## Problem
`INSERT OR IGNORE … VALUES`, or `ON CONFLICT DO NOTHING`, inserted none of its rows, and not all of them were
there already with the values that it says.

## Why it bites
`OR IGNORE` passes over a row for any broken UNIQUE, NOT NULL or CHECK, not only for a key that is taken. A
misspelled value, or a column that got a NOT NULL, makes the statement do nothing at all, in silence. Where
the keys are taken, the rows keep their old values: the new ones are only in the file.

Rows that are there with equal values are a harmless repetition; a row inserted from a query depends on data
that no replay has.

## Example
```sql
CREATE TABLE plans (code TEXT PRIMARY KEY, price INTEGER NOT NULL);
INSERT OR IGNORE INTO plans (code, price) VALUES ('pro', 10);
INSERT OR IGNORE INTO plans (code, price) VALUES ('pro', 12);
INSERT OR IGNORE INTO plans (code) VALUES ('team');
```

## Way out
```sql
CREATE TABLE plans (code TEXT PRIMARY KEY, price INTEGER NOT NULL);
INSERT OR IGNORE INTO plans (code, price) VALUES ('pro', 10);
INSERT INTO plans (code, price) VALUES ('pro', 12), ('team', 20)
  ON CONFLICT (code) DO UPDATE SET price = excluded.price;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rule import Rule, Violation
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study

_TAKEN: Final = "Write ON CONFLICT … DO UPDATE or an UPDATE where the rows that are there shall change."
_WRONG: Final = "Mend the values, and leave out OR IGNORE to be told of such rows."


def check(study: Study) -> Iterator[Violation]:
    """INSERTs that passed over all their rows, at least one of which is not there."""
    for statement in study.statements:
        why = statement.effect.swallowed if statement.effect is not None else ""
        if why:
            table = printable(statement.head.called)
            yield Violation(
                statement.span,
                f"nothing was inserted into {table}: {printable(why)}",
                _TAKEN if why.startswith("UNIQUE") else _WRONG,
            )


RULE: Final = Rule("SQ402", "insert-ignored", "warning", check)
