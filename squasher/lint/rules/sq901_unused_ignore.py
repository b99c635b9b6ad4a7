"""An ignore comment that ignores nothing.

## Problem
`-- squasher: ignore SQ404 …` stands on a statement of which the rule has nothing to say.

## Why it bites
It tells the next reader of a problem that is not there, and hides one that comes later.

## Example
```sql
-- squasher: ignore SQ202 the runner wants it
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
    """Codes that no rule met, where all of the chain could be looked at; of rules that are off, none."""
    if not study.complete:
        return
    for ignore in study.ignores:
        unused = [code for code in ignore.codes if code in study.asked and code not in ignore.met]
        unknown = [code for code in ignore.codes if code not in study.known]
        if unknown:
            yield Violation(ignore.span, f"there is no rule {', '.join(unknown)}", "Remove the code.")
        if unused:
            yield Violation(
                ignore.span, f"{', '.join(unused)} finds nothing in this statement", "Remove the comment."
            )


RULE: Final = Rule("SQ901", "unused-ignore", "warning", check, of_ignores=True)
