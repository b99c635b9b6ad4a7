"""A new migration with a number that the default branch has given away.

## Problem
This branch adds a migration, and since it left the default branch, another one with that number was merged
there.

## Why it bites
Both files merge without a conflict, for their names differ. Then two migrations have one number, and which of
them runs first depends on their names: some databases have applied the other one already, new ones may run
this first.

## Example
The default branch got `0007_add_roles.sql` meanwhile, and this branch has

```text
0006_add_users.sql
0007_add_billing.sql
```

## Way out
Give it the number behind those of the default branch. `squasher new` looks at them, too.

```text
0006_add_users.sql
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
    """New migrations, against those that the default branch got since this one left it."""
    found = study.once(standing)
    if found.branch is None:
        return
    arrived = {
        one.key: one.path
        for one in found.there
        if one.path not in found.branch.parted and one.path not in found.here
    }
    for one in found.new:
        other = arrived.get(one.key)
        if other is not None and one.key:
            yield Violation(
                Span(found.here[one.path]),
                f"{one.path} has the number of {other}, which {found.branch.name} has",
                renumbered(found.new, found.there),
            )


RULE: Final = Rule("SQ103", "number-taken", "error", check)
