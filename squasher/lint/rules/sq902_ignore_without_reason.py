"""An ignore comment that does not say why.

## Problem
`-- squasher: ignore SQ202` names no rule, or gives no reason.

## Why it bites
A year later nobody knows whether the reason still holds, so nobody dares to remove it.

## Example
```sql
-- squasher: ignore SQ901
CREATE TABLE users (id INTEGER PRIMARY KEY);
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rule import Rule, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """Comments without codes, or without words behind them."""
    for ignore in study.ignores:
        if not ignore.codes:
            yield Violation(
                ignore.span,
                "the comment names no rule to ignore",
                "Name one: -- squasher: ignore SQ202 reason.",
            )
        elif not ignore.reason:
            yield Violation(ignore.span, "the comment gives no reason", "Say why behind the codes.")


RULE: Final = Rule("SQ902", "ignore-without-reason", "error", check, of_ignores=True)
