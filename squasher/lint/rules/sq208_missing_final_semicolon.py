"""A file whose end wrangler cannot write behind.

## Problem
The file's last statement has no semicolon, or its last comment `/* …` is not closed.

## Why it bites
wrangler appends `INSERT INTO "d1_migrations" …` to the text of a migration to record it. That becomes part
of the statement, and the file fails, or part of the comment, and the migration runs again with the next
`apply`. `wrangler d1 execute --file` appends nothing, so a file that was tried that way looks fine.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY)
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.hints import UNFINISHED
from squasher.lint.reading import ending
from squasher.lint.rule import ONLY_D1, Rule, Span, Violation
from squasher.sql import ILLEGAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study


def check(study: Study) -> Iterator[Violation]:
    """Files whose last token is no semicolon, or a comment that goes on."""
    for file in study.files:
        last, comment = ending(file.migration.text)
        if comment is not None:
            span = Span(file.migration, comment.start, comment.end)
            yield Violation(span, "the file's last comment is not closed", "End the comment with */.")
        if last is not None and last.text != ";" and last.kind != ILLEGAL:
            yield Violation(Span(file.migration, last.start, last.end), *UNFINISHED)


RULE: Final = Rule("SQ208", "missing-final-semicolon", "error", check, ONLY_D1)
