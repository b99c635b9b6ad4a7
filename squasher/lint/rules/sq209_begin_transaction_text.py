"""The words BEGIN TRANSACTION in a string, a comment or a name.

## Problem
wrangler looks for `BEGIN TRANSACTION`, in upper case and with one space, in the text of a file, wherever it
stands. It deletes the first `BEGIN TRANSACTION;` and the first `COMMIT;`, and refuses the file if the words
are still there.

## Why it bites
`'BEGIN TRANSACTION; x COMMIT;'` is stored as `' x '`, on a local database only, and nobody is told. Without
the semicolon the file fails with `it contains several transactions`, for a comment too.

## Example
```sql
-- No BEGIN TRANSACTION here, D1 has its own.
CREATE TABLE users (id INTEGER PRIMARY KEY);
```

## Way out
```sql
-- No begin transaction here, D1 has its own.
CREATE TABLE users (id INTEGER PRIMARY KEY);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.d1 import BEGIN, trim_transaction
from squasher.errors import SqlError
from squasher.lint.rule import ONLY_D1, Rule, Span, Violation
from squasher.sql import COMMENT, NAME, STRING, iterate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study

_WHERE: Final = {COMMENT: "a comment", STRING: "a string", NAME: "a name"}
_HELP: Final = "Write it otherwise: in lower case in a comment, as 'BEGIN' || ' TRANSACTION' in a string."


def check(study: Study) -> Iterator[Violation]:
    """Tokens that hold the words; as a statement of its own they are several."""
    for file in study.files:
        text = file.migration.text
        if BEGIN not in text:
            continue
        for token in iterate(text):
            if token.kind in _WHERE and BEGIN in token.text:
                span = Span(file.migration, token.start, token.end)
                yield Violation(span, f"{_WHERE[token.kind]} holds {BEGIN}, which {_fate(text)}", _HELP)


def _fate(text: str) -> str:
    """What wrangler does to a file with the words."""
    try:
        trim_transaction(text)
    except SqlError:
        return "wrangler takes for a second transaction: it refuses the file"
    return "wrangler deletes, with the first COMMIT; of the file"


RULE: Final = Rule("SQ209", "begin-transaction-text", "error", check, ONLY_D1)
