"""A change of a column's type that changes the values in it.

## Problem
The new type has another affinity, and SQLite converts what is stored: in a TEXT column that becomes INTEGER,
`'007'` becomes 7; in an INTEGER column that becomes REAL, numbers beyond 2^53 lose digits.

## Why it bites
Nothing fails, and the old values cannot be told from the new ones: postal codes, phone numbers and keys from
elsewhere lose their zeros.

## Example
```sql
-- 0001_addresses.sql
CREATE TABLE addresses (id INTEGER PRIMARY KEY, zip TEXT);
-- 0002_numbers.sql
CREATE TABLE addresses_new (id INTEGER PRIMARY KEY, zip INTEGER);
INSERT INTO addresses_new (id, zip) SELECT id, zip FROM addresses;
DROP TABLE addresses;
ALTER TABLE addresses_new RENAME TO addresses;
```

## Way out
Say in the copy what becomes of the values.
```sql
-- 0001_addresses.sql
CREATE TABLE addresses (id INTEGER PRIMARY KEY, zip TEXT);
-- 0002_numbers.sql
CREATE TABLE addresses_new (id INTEGER PRIMARY KEY, zip INTEGER);
INSERT INTO addresses_new (id, zip) SELECT id, CAST(ltrim(zip, '0') AS INTEGER) FROM addresses;
DROP TABLE addresses;
ALTER TABLE addresses_new RENAME TO addresses;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.changes import Modified
from squasher.lint.rebuilds import copied, rebuilds
from squasher.lint.rule import Rule, Violation
from squasher.lint.study import line_span
from squasher.model import Column
from squasher.risks import risks
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.episodes import Event
    from squasher.lint.rebuilds import Rebuild
    from squasher.lint.study import Study

_BY_NAME: Final = ("DATE", "TIME", "BOOL", "JSON")
"""Types that are NUMERIC only because SQLite does not know them: no value there begins with a zero."""


def check(study: Study) -> Iterator[Violation]:
    """Columns whose new affinity converts what is stored."""
    rebuilt = {(one.file.migration.name, fold(one.new.name)): one for one in study.once(rebuilds)}
    for episode in study.history.episodes:
        for event in episode.events:
            change = event.change
            old, new = change.old, change.new
            if not (isinstance(change, Modified) and isinstance(old, Column) and isinstance(new, Column)):
                continue
            if "type" not in change.fields or any(word in new.type.upper() for word in _BY_NAME):
                continue
            found = [risk for risk in risks(change._replace(fields=("type",))) if risk.danger == "data"]
            rebuild = rebuilt.get((event.migration.name, change.owner[1]))
            if not found or (rebuild is not None and _is_converted(rebuild, new.name)):
                continue
            yield _violation(event, change.owner[1], old, new, found[0].reason)


def _violation(event: Event, table: str, old: Column, new: Column, reason: str) -> Violation:
    before, after = old.type or "no type", new.type or "no type"
    return Violation(
        line_span(event.migration, event.line),
        f"{table}.{new.name} goes from {before} to {after}: {reason}",
        "Keep the type, or write in the copy what becomes of the values.",
    )


def _is_converted(rebuild: Rebuild, column: str) -> bool:
    """Whether a copy writes an expression into the column, and not another column as it is."""
    cells = [(copied(copy) or {}).get(fold(column), ()) for copy in rebuild.copies]
    return any(any(token.text == "(" for token in cell) or len(cell) > _QUALIFIED for cell in cells)


_QUALIFIED: Final = 3  # table.column

RULE: Final = Rule("SQ311", "type-narrowed", "warning", check)
