"""A statement that writes more or fewer rows depending on the clock or on chance.

## Problem
The chain was replayed at four moments with other random values. In one of them the statement wrote another
number of rows, or the chain failed.

## Why it bites
An installation of today and one of next month hold different reference rows, and no review sees it. Where
the chain fails, a fresh installation stops working on some day. There is no file that such a chain could be
squashed to: `squasher squash` refuses it.

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

_HELP: Final = "Write what it means: a date that everybody reads the same, and rows by their keys."


def check(study: Study) -> Iterator[Violation]:
    """The first statement whose number of rows differs; those behind it differ because of it."""
    found = study.once(elsewhere)
    if found.failure is not None:
        yield _fails(found.failure)
    for statement, counts in found.counts:
        place = next((place for place, count in enumerate(counts) if count != counts[0]), None)
        if place is not None:
            here, there = counts[0], counts[place]
            message = f"the statement writes {_rows(here)} here and {there:,} {_where(place)}"
            yield Violation(statement.span, message, _HELP)
            return


def _fails(failure: Failure) -> Violation:
    words = failure.error.message.removeprefix(f"{failure.error.path}:{failure.error.line}: ")
    message = f"the chain runs here and fails {_where(UNIVERSES.index(failure.universe))}: {words}"
    return Violation(failure.statement.span, message, _HELP)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _where(place: int) -> str:
    """What is otherwise in a universe: the day, or chance alone."""
    universe = UNIVERSES[place]
    if universe.clock == UNIVERSES[0].clock:
        return "with other random values"
    return f"on {universe.day}"


RULE: Final = Rule("SQ502", "clock-dependent-rows", "error", check)
