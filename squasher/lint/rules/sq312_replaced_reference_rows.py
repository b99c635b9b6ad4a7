"""An INSERT OR REPLACE that resets columns of a row, or takes other rows with it.

## Problem
`REPLACE` deletes the row that has the same key and writes a new one. Columns that the statement does not name
get their defaults, a key that it does not name becomes another one, and rows of other tables that refer to
the old row with `ON DELETE CASCADE` are deleted.

## Why it bites
It reads like an update and is none: what people or later migrations wrote into the other columns is lost on
every database, and so are the children.

## Example
```sql
-- 0001_plans.sql
CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT UNIQUE, price INTEGER, stripe_id TEXT);
INSERT INTO plans (name, price, stripe_id) VALUES ('free', 0, 'price_1');
-- 0002_price.sql
INSERT OR REPLACE INTO plans (name, price) VALUES ('free', 5);
```

## Way out
```sql
-- 0001_plans.sql
CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT UNIQUE, price INTEGER, stripe_id TEXT);
INSERT INTO plans (name, price, stripe_id) VALUES ('free', 0, 'price_1');
-- 0002_price.sql
INSERT INTO plans (name, price) VALUES ('free', 5) ON CONFLICT (name) DO UPDATE SET price = excluded.price;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rehearsal import rehearse
from squasher.lint.rule import Rule, Violation
from squasher.lint.rules.sq301_cascade_on_drop import told
from squasher.sql import fold, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.diagnostic import Related
    from squasher.lint.study import Effect, Statement, Study

_HELP: Final = "Write INSERT … ON CONFLICT (…) DO UPDATE SET …: it keeps the row and what is not named."


_MOST_PAIRS: Final = 1_000_000
"""So many rows are compared with each other; what a statement resets, it resets in the first rows too."""


def check(study: Study) -> Iterator[Violation]:
    """What a REPLACE did beside what it says."""
    losses = study.once(rehearse).losses
    for statement in study.statements:
        if statement.effect is None or not statement.effect.gone:
            continue
        reset = _reset(statement, statement.effect)
        parts = [f"resets {', '.join(reset)}"] if reset else []
        parts += dict.fromkeys(told(loss) for loss in losses if loss.statement is statement)
        if parts:
            yield Violation(
                statement.span,
                f"REPLACE writes a row of {statement.head.called} anew: it {' and '.join(parts)}",
                _HELP,
                _first(study, statement),
            )


def _reset(statement: Statement, effect: Effect) -> list[str]:
    """The columns that it does not name and that have another value in a row that it replaced."""
    named = _named(statement)
    if named is None:
        return []
    found: dict[str, None] = {}
    for row in effect.gone[: max(_MOST_PAIRS // (len(effect.came) or 1), 1)]:
        pairs = [(sum(map(_same, row, other)), other) for other in effect.came]
        most, partner = max(pairs, key=lambda pair: pair[0], default=(0, ()))
        if not most:
            continue
        for name, old, new in zip(effect.columns, row, partner, strict=True):
            if old != new and fold(name) not in named:
                found[name] = None
    return list(found)


def _same(old: object, new: object) -> bool:
    return old is not None and old == new


def _named(statement: Statement) -> set[str] | None:
    """The columns that the statement lists; None where it writes all of them."""
    words = statement.tokens[statement.head.rest :]
    if not words or words[0].text != "(":
        return None
    end = next((place for place, token in enumerate(words) if token.text == ")"), len(words))
    return {name_of(token) for token in words[1:end] if token.text != ","}


def _first(study: Study, statement: Statement) -> tuple[Related, ...]:
    """The statement that wrote rows of the table first."""
    for one in study.by_name[fold(statement.head.called)]:
        if one is statement:
            return ()
        if one.head.verb == "insert":
            return (one.span.related("rows written first here"),)
    return ()


RULE: Final = Rule("SQ312", "replaced-reference-rows", "warning", check, rehearses=True)
