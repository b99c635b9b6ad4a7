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

from squasher.changes import File
from squasher.lint.rule import Rule, Span, Violation
from squasher.lint.standing import standing
from squasher.names import renumbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """New migrations before the last of the default branch, but for those with the number of another one.

    And those before a baseline, which the databases have that did not run what it absorbed.
    """
    found = study.once(standing)
    last = max(found.there, key=lambda one: one.key, default=None)
    told: set[str] = set()
    if found.branch is not None and last is not None:
        taken = {one.key for one in (*found.there, *map(found.named, found.archived))}
        for one in found.new:
            if one.key and one.key not in taken and one.key < last.key:
                migration = found.here[one.path]
                told.add(migration.path)
                message = f"{one.path} comes before {last.path}, which {found.branch.name} has"
                yield Violation(Span(migration), message, renumbered(found.new, found.there))
    for migration in study.chain.migrations:
        for change in found.recorded:
            file = change.latest
            early = isinstance(file, File) and file.role == "early" and file.path == migration.path
            if early and migration.path not in told:
                message = f"{migration.name} comes before the baseline of the chain"
                yield Violation(Span(migration), message, "Give it the next number: `squasher new` knows it.")


RULE: Final = Rule("SQ104", "number-out-of-order", "error", check)
