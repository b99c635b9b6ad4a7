"""A statement beyond a limit of D1.

## Problem
D1 has lower limits than SQLite: 100 columns, 5 SELECTs in one UNION, expressions 100 levels deep, statements
of 100,000 bytes, LIKE patterns of 50 bytes, and more.

## Why it bites
The migration runs in every other SQLite. On D1 the file fails. A pattern that is too long inside a CHECK, a
view or a trigger fails only when it is used: every INSERT into the table does, in production.

## Example
```sql
CREATE TABLE roles (name TEXT);
INSERT INTO roles
  SELECT 'owner' UNION ALL SELECT 'admin' UNION ALL SELECT 'editor'
  UNION ALL SELECT 'author' UNION ALL SELECT 'reader' UNION ALL SELECT 'guest';
```

## Way out
```sql
CREATE TABLE roles (name TEXT);
INSERT INTO roles VALUES ('owner'), ('admin'), ('editor'), ('author'), ('reader'), ('guest');
```
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from squasher.engine import Database
from squasher.hints import explain
from squasher.lint.refused import refused
from squasher.lint.rule import ONLY_D1, Rule, Violation
from squasher.sql import STRING, is_word, significant
from squasher.statements import Stopped
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.lint.study import Study
    from squasher.sql import Token

_STORED: Final = "SELECT sql FROM sqlite_schema WHERE instr(lower(sql), 'like') OR instr(lower(sql), 'glob')"
_TOO_LONG: Final = "LIKE or GLOB pattern too complex"


def check(study: Study) -> Iterator[Violation]:
    """What the engine refused for a limit, and stored patterns that it will refuse."""
    yield from refused(study, RULE)
    limit = study.profile.limits.like_pattern_length
    if limit is None:
        return
    stored = {
        token.text
        for (sql,) in study.database.execute(_STORED)
        for token in _patterns(significant(sql), limit)
    }
    if not stored:
        return
    with Database(study.profile, UNIVERSES[0]) as database:
        for statement in study.statements:
            if statement.ran is None or statement.head.verb not in {"create", "alter"}:
                continue
            for token in _patterns(statement.tokens, limit):
                refusal = _refusal(database, token) if token.text in stored else None
                if refusal is not None:
                    message, hint = explain(refusal, token.text, on_d1=True)
                    yield Violation(statement.at(token), f"{message}: it fails when it is used", hint or "")


def _patterns(tokens: Sequence[Token], limit: int) -> Iterator[Token]:
    """The literals behind LIKE and GLOB that may be too long."""
    for before, token in pairwise(tokens):
        if is_word(before, "like", "glob") and token.kind == STRING and len(token.text.encode()) > limit:
            yield token


def _refusal(database: Database, pattern: Token) -> str | None:
    """Why SQLite takes no such pattern; None where it does."""
    try:
        database.run(f"SELECT '' LIKE {pattern.text}")
    except Stopped as stopped:
        return stopped.error.message if _TOO_LONG in stopped.error.message else None
    return None


RULE: Final = Rule("SQ213", "limit", "error", check, ONLY_D1, topic="limits")
