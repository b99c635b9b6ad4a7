"""A migration whose name is not `NNNN_what_it_does.sql`.

## Problem
The file's name has no number, no words, capital letters, hyphens, spaces or letters with accents in it, or
its number has other digits than those of the chain. Where every migration is a directory, as in
`*/migration.sql`, the directory's name is meant.

## Why it bites
The number is the order: wrangler reads what stands before the first underscore, and puts files without a
number last, whatever is added later. Other tools, and `ls`, sort letter by letter, so `10_x.sql` comes before
`9_x.sql`. And two names that differ in capital letters are one file on some machines and two on others.

## Example
`Add-Users.sql` holds

```text
CREATE TABLE users (id INTEGER PRIMARY KEY);
```

## Way out
`0001_add_users.sql` holds the same. A migration that a database has applied keeps its name, for the ledger
records it: an ignore comment at its top says so.

```text
-- squasher: ignore SQ101 applied under this name
CREATE TABLE users (id INTEGER PRIMARY KEY);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rule import Rule, Span, Violation
from squasher.names import named, odd_widths, problems, proper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study
    from squasher.names import Named

_KEEP: Final = "Give it a name such as 0003_add_users"


def check(study: Study) -> Iterator[Violation]:
    """Each name on its own, and its number among those of the chain."""
    pattern = study.target.pattern
    found = [named(migration.name, pattern) for migration in study.chain.migrations]
    odd = odd_widths(found)
    for migration, name in zip(study.chain.migrations, found, strict=True):
        wrong = problems(name.stem)
        if wrong:
            message = f"the name {name.stem} has {_listed(wrong)}"
        elif name.path in odd:
            own, others = _digits(len(name.digits)), _digits(odd[name.path])
            message = f"the number of {name.stem} has {own}, and the others have {others}"
        else:
            continue
        yield Violation(Span(migration), message, _help(name, odd.get(name.path)))


def _digits(count: int) -> str:
    return f"{count} digit{'' if count == 1 else 's'}"


def _listed(words: tuple[str, ...]) -> str:
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last


def _help(name: Named, width: int | None) -> str:
    words = proper(name.words)
    digits = name.digits if width is None else name.digits.lstrip("0").rjust(width, "0")
    stem = f"{digits}_{words}" if digits and words and not problems(f"{digits}_{words}") else ""
    better = f"Rename it to {stem}{name.behind}" if stem else _KEEP
    return f"{better}, unless a database has applied it: ledgers record the name."


RULE: Final = Rule("SQ101", "file-name", "error", check)
