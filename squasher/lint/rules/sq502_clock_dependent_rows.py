"""A statement that writes more or fewer rows depending on the clock or on chance.

## Problem
The chain was replayed at four moments with other random values. In one of them the statement wrote another
number of rows, or the chain failed.

## Why it bites
An installation of today and one of next month hold different reference rows, and no review sees it. Where
the chain fails, a fresh installation stops working on some day. No file says what such a chain means:
`squasher squash` refuses one that fails, or that leaves more rows on one day than on another.

## Example
```sql
CREATE TABLE plans (name TEXT PRIMARY KEY, ends TEXT);
INSERT INTO plans VALUES ('trial', '2030-01-01'), ('basic', '2099-01-01');
DELETE FROM plans WHERE ends < date('now');
```

## Way out
```sql
CREATE TABLE plans (name TEXT PRIMARY KEY, ends TEXT);
INSERT INTO plans VALUES ('trial', '2030-01-01'), ('basic', '2099-01-01');
DELETE FROM plans WHERE ends < '2026-12-01';
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.elsewhere import elsewhere
from squasher.lint.rule import Rule, Violation
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.elsewhere import Failure
    from squasher.lint.study import Study
    from squasher.universe import Universe

_HELP: Final = "Write what it means: a date that everybody reads the same, and rows by their keys."


def check(study: Study) -> Iterator[Violation]:
    """The first statement whose number of rows differs; those behind it differ because of it."""
    found = study.once(elsewhere)
    if found.failure is not None:
        yield _fails(found.failure)
    for statement, counts in found.counts:
        place = next((place for place, count in enumerate(counts) if count != counts[0]), None)
        if place is not None:
            here, there = _where(UNIVERSES[place])
            rows = "1 row" if counts[0] == 1 else f"{counts[0]:,} rows"
            message = f"the statement writes {rows}{here} and {counts[place]:,}{there}"
            yield Violation(statement.span, message, _HELP)
            return


def _fails(failure: Failure) -> Violation:
    words = failure.error.message.removeprefix(f"{failure.error.path}:{failure.error.line}: ")
    here, there = _where(failure.universe)
    return Violation(failure.statement.span, f"the chain runs{here} and fails{there}: {words}", _HELP)


def _where(other: Universe) -> tuple[str, str]:
    """What tells the first universe from another, and that from it: the day, or chance alone."""
    first = UNIVERSES[0]
    if other.clock == first.clock:
        return "", " with other random values"
    return f" on {first.day}", f" on {other.day}"


RULE: Final = Rule("SQ502", "clock-dependent-rows", "error", check)
