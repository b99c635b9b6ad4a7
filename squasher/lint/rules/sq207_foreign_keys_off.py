"""Foreign keys switched off, which D1 does not do.

## Problem
`PRAGMA foreign_keys = off` is accepted by D1 and does nothing: SQLite ignores it inside a transaction, and
D1 runs each file in one.

## Why it bites
The statement begins the usual rebuild of a table. With foreign keys on, `DROP TABLE` deletes the rows of the
old table first: rows of other tables with `ON DELETE CASCADE` go with them, without an error, and without
CASCADE the file fails. `PRAGMA defer_foreign_keys` holds back the errors, and not the cascades.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
PRAGMA foreign_keys = off;
CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT);
INSERT INTO users_new (id) SELECT id FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
PRAGMA foreign_keys = on;
```

## Way out
`squasher new --rebuild users` writes a rebuild that keeps the rows of other tables. Often none is needed:
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
ALTER TABLE users ADD COLUMN email TEXT;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.engine import Database
from squasher.lint.rule import ONLY_D1, Rule, Violation
from squasher.profiles import SQLITE
from squasher.sql import name_of
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Statement, Study

_HELP: Final = (
    "Remove it: nor does PRAGMA defer_foreign_keys stop ON DELETE CASCADE."
    " A rebuild that keeps the rows of other tables is written by `squasher new --rebuild TABLE`."
)


def check(study: Study) -> Iterator[Violation]:
    """PRAGMAs after which an SQLite that is in no transaction has foreign keys off."""
    off: dict[str, bool] = {}
    for statement in study.statements:
        if statement.refusal is not None or not _names_it(statement):
            continue
        if statement.text not in off:
            off[statement.text] = _turns_off(statement.text)
        if off[statement.text]:
            yield Violation(statement.span, "PRAGMA foreign_keys is ignored by D1: they stay on", _HELP)


def _turns_off(sql: str) -> bool:
    with Database(SQLITE, UNIVERSES[0]) as database:
        database.execute("PRAGMA foreign_keys = on")
        database.run(sql)
        return database.execute("PRAGMA foreign_keys") == [(0,)]


def _names_it(statement: Statement) -> bool:
    return statement.text[:6].lower() == "pragma" and "foreign_keys" in map(name_of, statement.tokens)


RULE: Final = Rule("SQ207", "foreign-keys-off", "warning", check, ONLY_D1)
