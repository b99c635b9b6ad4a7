"""A string in double quotes.

## Problem
A name in double quotes names no column. SQLite then takes it for a string, as MySQL writes them, and goes on.

## Why it bites
Nobody hears of a misspelled column, or of one that was dropped or is not there yet: a condition compares with
a constant, and a copy fills the new column with its own name, in every row. SQLite calls it a misfeature, and
other builds of it refuse such statements.

Which names are strings is what SQLite says when it compiles the statement and may not do so: INSERT, UPDATE
and DELETE on the tables that stood there when they ran, and tables, indexes, views and triggers as the chain
leaves them. `DEFAULT "text"` is no finding: nothing but a string can stand there.

## Example
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT, role TEXT);
INSERT INTO users_new (id, email, role) SELECT "id", "email", "role" FROM users;
```

## Way out
```sql
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT, role TEXT);
INSERT INTO users_new (id, email, role) SELECT "id", "email", 'member' FROM users;
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.engine import Database
from squasher.lint.final import by_name, final, place, rebuilt
from squasher.lint.firing import firing
from squasher.lint.quoted import quoted, strings
from squasher.lint.rule import Rule, Violation
from squasher.lint.walk import walk
from squasher.model import EMPTY, Index, Table, Trigger, View, VirtualTable
from squasher.reload import build
from squasher.sql import fold, literal, printable, quote, significant, unquote
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from squasher.errors import SqlError
    from squasher.lint.rule import Span
    from squasher.lint.study import Statement, Study
    from squasher.lint.walk import Key, Present
    from squasher.model import SchemaObject
    from squasher.sql import Token

_ROWS: Final = frozenset({"insert", "update", "delete"})


def check(study: Study) -> Iterator[Violation]:
    """Statements that write rows, then the objects that are left."""
    yield from _of_rows(study)
    yield from _of_objects(study)


def _of_rows(study: Study) -> Iterator[Violation]:
    for statement, now in walk(study):
        if _is_suspect(statement, now):
            with Database(study.profile, UNIVERSES[0]) as scratch:
                build(scratch, EMPTY._replace(objects=_touched(statement, now)))
                scratch.execute("PRAGMA foreign_keys = 0")  # the parents are not there
                found = _strings(scratch, statement.text)
            for token in found:
                yield _violation(statement.at(token), token)


def _is_suspect(statement: Statement, now: Mapping[Key, Present]) -> bool:
    """Whether it has a name in double quotes that is no table, and no column of each that it touches."""
    if statement.ran is None or statement.head.verb not in _ROWS or '"' not in statement.text:
        return False
    touched = set(map(fold, statement.ran.touches))
    names = {fold(unquote(token.text)) for token in quoted(statement.tokens)} - touched
    there = [now.get(("table", name)) or now.get(("view", name)) for name in touched]
    return any(one is None or not names <= _columns(one.version.facts) for one in there)


def _columns(facts: SchemaObject | None) -> set[str]:
    if isinstance(facts, Table | VirtualTable):
        return {fold(column.name) for column in facts.columns}
    return set(map(fold, facts.columns)) if isinstance(facts, View) else set()


def _touched(statement: Statement, now: Mapping[Key, Present]) -> tuple[SchemaObject, ...]:
    """The tables that a statement touches, with their indexes; all, and views, where it touches a view."""
    names = set(map(fold, statement.ran.touches)) if statement.ran is not None else set()
    every = any(("view", name) in now for name in names)
    facts = [one.version.facts for one in now.values() if every or fold(one.version.stored.table) in names]
    return tuple(one for one in facts if one is not None and not isinstance(one, Trigger))


def _strings(scratch: Database, text: str) -> list[Token]:
    """The strings of a statement that SQLite reads whole when it compiles it."""
    with scratch.strict_about_names():
        return strings(text, scratch.refusal)


def _of_objects(study: Study) -> Iterator[Violation]:
    objects = [item for item in final(study).objects if '"' in str(item.sql)]
    suspects = [item for item in objects if quoted(significant(str(item.sql)))]
    if not suspects:
        return
    with rebuilt(study) as scratch, Database(study.profile, UNIVERSES[0]) as empty:
        for item in suspects:
            for token in _in_object(study, scratch, empty, item):
                yield _violation(_span(study, item, token), token)


def _in_object(study: Study, scratch: Database, empty: Database, item: SchemaObject) -> list[Token]:
    text = str(item.sql)
    match item:
        case Table():
            return _strings(empty, text)
        case Index():
            scratch.execute(f"DROP INDEX {quote(item.name)}")
            return _strings(scratch, text)
        case View():
            return strings(text, lambda trial: _read(scratch, item, trial))
        case Trigger():
            fires = firing(item, by_name(study).get(fold(item.table)))
            return strings(text, lambda trial: _fire(scratch, item, trial, fires)) if fires else []
        case VirtualTable():
            return []  # its arguments are its module's


def _read(scratch: Database, view: View, text: str) -> SqlError | None:
    """Why a view with another text cannot be read."""
    scratch.execute(f"DROP VIEW {quote(view.name)}")
    scratch.execute(text)
    with scratch.strict_about_names():
        return scratch.refusal(f"SELECT * FROM {quote(view.name)}")


def _fire(scratch: Database, trigger: Trigger, text: str, fires: str) -> SqlError | None:
    """Why a trigger with another text cannot be fired."""
    scratch.execute(text)
    with scratch.strict_about_names():
        problem = scratch.refusal(fires)
    scratch.execute(f"DROP TRIGGER {quote(trigger.name)}")
    return problem


def _span(study: Study, item: SchemaObject, token: Token) -> Span:
    """The token in the last statement that says what is stored, or that wrote it into the object."""
    words = [one.text for one in significant(str(item.sql))]
    behind = sum(one.start >= token.end for one in significant(str(item.sql)))
    writers = [statement for statement in reversed(study.statements) if statement.notes]
    for statement in writers:
        own = [one.text for one in statement.tokens[statement.head.rest :]]
        if statement.head.verb == "create" and own and own == words[-len(own) :]:
            return statement.at(statement.tokens[-1 - behind])
    for statement in writers:
        same = [one for one in statement.tokens if (one.kind, one.text) == (token.kind, token.text)]
        if same and any(
            note.new is not None and token.text in note.new.stored.sql for note in statement.notes
        ):
            return statement.at(same[0])
    return place(study, item)


def _violation(span: Span, token: Token) -> Violation:
    name = unquote(token.text)
    return Violation(
        span,
        f'"{printable(name)}" names no column, so SQLite takes it for the text',
        f"Write {printable(literal(name))} if the text is meant, or correct the name.",
    )


RULE: Final = Rule("SQ605", "double-quoted-string", "warning", check)
