"""A rebuild that changes a table, and drops a constraint of a column on the way.

## Problem
The new table has the column, and no longer its CHECK, DEFAULT, UNIQUE, collation, foreign key or primary key,
or the table is no longer AUTOINCREMENT, STRICT or WITHOUT ROWID; and something else changed, too. A rebuild
that changes nothing but one such thing does what it is for, and is no finding; nor is a NOT NULL that goes.

## Why it bites
A CREATE TABLE is written by hand once more, years after the first one, and what ALTER TABLE added since is
easily left out. `CREATE TABLE … AS SELECT` leaves everything out. Nothing fails: the data gets worse from
then on.

## Example
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('admin', 'member')));
-- 0002_name.sql
CREATE TABLE users_new (id INTEGER PRIMARY KEY, role TEXT NOT NULL, name TEXT);
INSERT INTO users_new (id, role) SELECT id, role FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
```

## Way out
```sql
-- 0001_users.sql
CREATE TABLE users (id INTEGER PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('admin', 'member')));
-- 0002_name.sql
CREATE TABLE users_new (
  id INTEGER PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
  name TEXT
);
INSERT INTO users_new (id, role) SELECT id, role FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.changes import Check, Modified, Option, PrimaryKey, Removed
from squasher.clauses import clauses
from squasher.lint.rebuilds import rebuilds
from squasher.lint.rule import Rule, Violation
from squasher.model import Column, ForeignKey, Index, Snapshot
from squasher.schemadiff import diff
from squasher.sql import fold, name_of, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.changes import Change
    from squasher.lint.rebuilds import Rebuild
    from squasher.lint.study import Study


class _Lost(NamedTuple):
    kind: str
    text: str


def check(study: Study) -> Iterator[Violation]:
    """What the new table says less than the old one, beside what it says otherwise."""
    for rebuild in study.once(rebuilds):
        old = rebuild.old._replace(name=rebuild.new.name)
        changes = diff(Snapshot((old,), ()), Snapshot((rebuild.new,), ()), ("objects", "text")).changes
        lost = [(change, list(_lost(rebuild, change))) for change in changes]
        kinds = {one.kind for _, found in lost for one in found}
        whole = all(found for _, found in lost) and len(kinds) == 1 and kinds != {"PRIMARY KEY"}
        for text in dict.fromkeys(one.text for _, found in lost for one in found if one.kind != "NOT NULL"):
            if not whole:
                yield Violation(
                    rebuild.made.span,
                    f"the rebuild of {rebuild.new.name} drops {text}",
                    "Write it into the new table, or ignore this and say why it goes.",
                    (rebuild.dropped.span.related("the old table is dropped"),),
                )


def _lost(rebuild: Rebuild, change: Change) -> Iterator[_Lost]:
    """What a change takes away and puts nothing in place of."""
    there = {fold(column.name) for column in rebuild.new.columns}
    match change:
        case Removed(old=Check(text=text)):
            columns = {fold(column.name) for column in rebuild.old.columns}
            names = columns & {name_of(token) for token in significant(text)}
            if names <= there and not names & _checked(rebuild):
                yield _Lost("CHECK", f"CHECK {text}")
        case Removed(old=ForeignKey(columns=columns, parent=parent)):
            names = {fold(name) for name in columns}
            keys = [{fold(name) for name in key.columns} for key in rebuild.new.foreign_keys]
            if names <= there and not any(names & key for key in keys):
                yield _Lost("REFERENCES", f"the foreign key of {', '.join(columns)} to {parent}")
        case Removed(old=Index(columns=parts)):
            names = {fold(part.name or "") for part in parts}
            indexes = [one for one in rebuild.left if isinstance(one, Index)]
            keys = [
                {fold(part.name or "") for part in one.columns}
                for one in (*rebuild.new.constraint_indexes, *indexes)
                if one.unique
            ]
            if names <= there and not any(names & key for key in keys):
                yield _Lost("UNIQUE", f"UNIQUE ({', '.join(part.name or '' for part in parts)})")
        case Removed(old=Option(name="AUTOINCREMENT")) if rebuild.new.rowid_alias is None:
            return  # another kind of key cannot count
        case Removed(old=Option(name=name)):
            yield _Lost(name, name)
        case Modified(old=PrimaryKey(columns=columns), new=PrimaryKey(columns=())):
            yield _Lost("PRIMARY KEY", f"PRIMARY KEY ({', '.join(columns)})")
        case Modified(old=Column() as old, new=Column() as new, fields=fields):
            yield from _of_column(old, new, fields)


def _of_column(old: Column, new: Column, fields: tuple[str, ...]) -> Iterator[_Lost]:
    if "default" in fields and new.default is None and not new.generated:
        yield _Lost("DEFAULT", f"DEFAULT {old.default} of {old.name}")
    if "collation" in fields and (new.collation or "BINARY").upper() == "BINARY":
        yield _Lost("COLLATE", f"COLLATE {old.collation} of {old.name}")
    if "not null" in fields and not new.not_null:
        yield _Lost("NOT NULL", f"NOT NULL of {old.name}")


def _checked(rebuild: Rebuild) -> set[str]:
    """The words in the CHECKs of the new table, folded."""
    said = (clause for clause in clauses(rebuild.new.sql) if clause.kind == "check")
    return {name_of(token) for clause in said for token in clause.words}


RULE: Final = Rule("SQ314", "rebuild-loosens", "warning", check)
