"""Two migrations with one number.

## Problem
The number of a migration is that of another one of the chain.

## Why it bites
Which of the two runs first, their names decide, letter by letter: nobody meant that order, and whoever
renames one of them turns it around. A database that had applied the later one before the earlier was merged
runs them the other way round than a new one does.

## Example
`0002_add_roles.sql` and `0002_add_billing.sql` are both in the chain.

```text
0001_add_users.sql
0002_add_billing.sql
0002_add_roles.sql
```

## Way out
Give the newer one, which no database has applied yet, the next number.

```text
0001_add_users.sql
0002_add_roles.sql
0003_add_billing.sql
```
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from squasher.changes import File
from squasher.lint.diagnostic import Related
from squasher.lint.rule import Rule, Span, Violation
from squasher.lint.standing import standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.chain import Migration
    from squasher.lint.study import Study

_HELP: Final = "Give the one that no database has applied yet the next number: `squasher new` knows it."


def check(study: Study) -> Iterator[Violation]:
    """Each migration but the first of a number, or the one that is known; and numbers of absorbed ones."""
    found = study.once(standing)
    groups: dict[tuple[int, ...], list[Migration]] = defaultdict(list)
    for migration in study.chain.migrations:
        groups[found.named(migration.name).key].append(migration)
    for key, group in groups.items():
        first, *others = sorted(group, key=lambda one: not found.is_known(one.name))
        for migration in others if key else ():
            message = f"{migration.name} has the number of {first.name}"
            yield Violation(Span(migration), message, _HELP, (Related(first.path, 1, "the other one"),))
    here = {migration.path: migration for migration in study.chain.migrations}
    for change in found.recorded:
        file = change.latest
        if isinstance(file, File) and file.role == "twin" and file.other not in here:
            message = f"{here[file.path].name} has the number of {file.other.rpartition('/')[2]}"
            related = (Related(file.other, 1, "absorbed by a baseline"),)
            yield Violation(Span(here[file.path]), message, "Give it the next number.", related)


RULE: Final = Rule("SQ102", "duplicate-number", "error", check)
