"""A new migration whose number is below one that the default branch has.

## Problem
This branch adds a migration, and the default branch has one with a larger number. A gap is fine; what counts
is that nothing new comes before what may be applied already.

## Why it bites
A database that has applied the later one runs this after it, or never: some runners only look at the largest
number that they have applied. A new installation runs this before it. The two orders are two schemas, unless
somebody proves that they are not.

## Example
The default branch has `0007_add_roles.sql`, and this branch adds

```text
0005_add_billing.sql
```

## Way out
```text
0008_add_billing.sql
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rule import Rule, Span, Violation
from squasher.lint.standing import standing
from squasher.names import renumbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """New migrations before the last of the default branch, but for those with the number of another one."""
    found = study.once(standing)
    last = max(found.there, key=lambda one: one.key, default=None)
    if found.branch is None or last is None:
        return
    taken = {one.key for one in found.there}
    for one in found.new:
        if one.key and one.key not in taken and one.key < last.key:
            yield Violation(
                Span(found.here[one.path]),
                f"{one.path} comes before {last.path}, which {found.branch.name} has",
                renumbered(found.new, found.there),
            )


RULE: Final = Rule("SQ104", "number-out-of-order", "error", check)
