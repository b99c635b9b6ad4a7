"""A CREATE … IF NOT EXISTS that met another definition.

## Problem
The object that the statement names was there already, and is not what the statement says. SQLite compares
names and nothing else: the statement did nothing, and said nothing.

## Why it bites
The migration looks as if it had made the object. Code that was written for it fails in production, with
`no such column` or a constraint that nobody remembers; new installations have the older object, too.

The statement is compared with what stood there when it ran, after every ALTER until then. A table that has
all that the statement asks for, and more columns that an INSERT can leave out, is what the statement wanted:
such as the first CREATE TABLE of a table, repeated after ADD COLUMN.

## Example
```sql
-- 0001_audit.sql
CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, action TEXT NOT NULL);
-- 0002_more_audit.sql
CREATE TABLE IF NOT EXISTS audit_logs (id INTEGER PRIMARY KEY, event_type TEXT NOT NULL, user_id TEXT);
```

## Way out
```sql
-- 0001_audit.sql
CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, action TEXT NOT NULL);
-- 0002_more_audit.sql
ALTER TABLE audit_logs RENAME COLUMN action TO event_type;
ALTER TABLE audit_logs ADD COLUMN user_id TEXT;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.engine import Database
from squasher.errors import SqlError
from squasher.layout import index_target
from squasher.lint.differs import differences
from squasher.lint.rule import Rule, Violation
from squasher.lint.walk import is_temporary, named, walk
from squasher.model import EMPTY, Index, Table
from squasher.schema import Stored, read_object
from squasher.schemadiff import diff, only_quotes_differ
from squasher.sql import printable, same_tokens
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Statement, Study
    from squasher.lint.walk import Present
    from squasher.watch import Version

_HELP: Final = "Change what is there with ALTER TABLE or a rebuild, or give this one another name."
_MADE: Final = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY rowid"
_ANEW: Final = "Drop what is there first, or give this one another name."


def check(study: Study) -> Iterator[Violation]:
    """Guarded CREATEs that ran and did nothing."""
    for statement, now in walk(study):
        head = statement.head
        if head.verb != "create" or not head.guarded or statement.ran is None or statement.notes:
            continue
        there = named(now, head.kind, head.called)
        if there is None or is_temporary(statement):
            continue
        said = _said(study, statement, there)
        if said:
            both = head.kind == there.version.stored.kind == "table"
            message = f"{head.kind} {printable(head.called)} was there already: it {said}"
            yield Violation(statement.span, message, _HELP if both else _ANEW, (there.related,))


def _said(study: Study, statement: Statement, there: Present) -> str:
    """How what was there differs from what the statement says; '' where it does not."""
    stored = there.version.stored
    if stored.kind != statement.head.kind:
        return f"is a {stored.kind}"
    text = as_stored(statement)
    if same_tokens(text, stored.sql) or only_quotes_differ(text, stored.sql):
        return ""
    if isinstance(there.version.facts, Index):
        return _of_indexes(text, there.version.facts)
    if stored.kind != "table":
        return "has another definition"
    return _of_tables(study, statement, there.version)


def as_stored(statement: Statement) -> str:
    """A CREATE as SQLite stores it: without IF NOT EXISTS and the schema's name."""
    head = statement.head
    words = ("CREATE", "UNIQUE" * head.unique, "VIRTUAL" * head.virtual, head.kind.upper())
    start = head.name.start if head.name is not None else 0
    return f"{' '.join(filter(None, words))} {statement.text[start:]}"


def _of_indexes(text: str, there: Index) -> str:
    target = index_target(str(there.sql))
    if same_tokens(index_target(text), target):
        return "is UNIQUE" if there.unique else "is not UNIQUE"
    return f"is {'a UNIQUE' if there.unique else 'an'} index {printable(' '.join(target.split()))}"


def _of_tables(study: Study, statement: Statement, there: Version) -> str:
    """Make the table of the statement in a database of its own, and compare."""
    if statement.head.virtual or not isinstance(there.facts, Table):
        return "has another definition"
    with Database(study.profile, UNIVERSES[0]) as scratch:
        try:
            scratch.execute(statement.text)
            row = scratch.execute(_MADE)[0]
            made = read_object(scratch, Stored(*row))
        except SqlError:
            return ""  # AS SELECT from tables that are not here: nobody knows
    changes = diff(EMPTY._replace(objects=(made,)), EMPTY._replace(objects=(there.facts,))).changes
    return differences(changes)


RULE: Final = Rule("SQ401", "exists-otherwise", "error", check)
