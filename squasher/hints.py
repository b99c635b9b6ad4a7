"""What an error of SQLite's means and what to do about it: one line per case.

A case is known by a part of SQLite's message. Its words replace the message where that is hard to
understand; the target's own message is then shown beside them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from squasher.sql import is_word, significant


class Case(NamedTuple):
    """One error that is known."""

    part: str
    """What SQLite's message holds."""
    hint: str
    words: str = ""
    """The message in plain words, ``{}`` for the first word behind the part; '' where SQLite's is plain."""
    topic: str = "limits"
    """For what only D1 refuses: ``SqlError.topic``."""


REBUILD: Final = (
    "DROP TABLE deletes the table's rows first, and rows of other tables refer to them."
    " On D1 foreign keys cannot be switched off inside a migration."
    " Move the child rows aside, or rebuild the children too, before the table is dropped."
)
_VIEW: Final = "Drop the view or trigger before the change and create it again after it."
_SPLIT: Final = "Split it into several statements."
_TABLES: Final = "Split the table, or keep several values in one column, as JSON."
UNFINISHED: Final = (
    "the file's last statement does not end with a semicolon",
    "End it with a semicolon: D1 appends a statement of its own to the file.",
)
"""What it means that SQLite stumbles over what wrangler appends to a migration, and what to do."""

_D1: Final = (
    Case("too many columns on sqlite_altertab_", _TABLES, "table {} would have more than 100 columns"),
    Case("too many columns on ", _TABLES, "table {} has more than 100 columns"),
    Case("too many columns in result set", _SPLIT, "a query gives more than 100 columns"),
    Case("too many columns in index", "Index fewer columns.", "an index has more than 100 columns"),
    Case("too many columns in set list", _SPLIT, "UPDATE sets more than 100 columns"),
    Case("too many terms in ORDER BY", "Name fewer columns.", "ORDER BY has more than 100 terms"),
    Case("too many terms in GROUP BY", "Name fewer columns.", "GROUP BY has more than 100 terms"),
    Case(
        "too many terms in compound SELECT",
        "Use VALUES or several statements, or give each five of them a WITH or a view of their own.",
        "more than 5 SELECTs are joined by UNION, INTERSECT or EXCEPT",
    ),
    Case(
        "Expression tree is too large",
        "Use IN (…) or several statements.",
        "an expression is more than 100 levels deep",
    ),
    Case(
        "too many arguments on function ",
        "Nest calls, or use several statements; D1 in production documents a limit of 32.",
        "{}() has more than 127 arguments",
    ),
    Case(
        "LIKE or GLOB pattern too complex",
        "Use instr() or substr() instead.",
        "a LIKE or GLOB pattern is longer than 50 bytes",
    ),
    Case(
        "triggers nested too deep",
        "Let fewer triggers and cascading foreign keys set off each other.",
        "triggers or cascading foreign keys set off each other more than 10 levels deep",
    ),
    Case("statement too long", _SPLIT, "the statement is longer than 100,000 bytes"),
    Case(
        "string or blob too big",
        "Store smaller values: D1 takes some megabytes here, and 2,000,000 bytes in production.",
        "a value, a row or a statement is too long",
    ),
    Case(
        "cannot VACUUM",
        "Remove it: D1 runs each file in one transaction.",
        "VACUUM cannot run on D1",
        topic="vacuum",
    ),
)

_CASES: Final = (
    Case('near ".": syntax error', "Remove it: a command of the sqlite3 shell is no SQL."),
    Case(
        "after add column: incomplete input",
        "Move the comment behind the semicolon: SQLite stores it before.",
    ),
    Case("after drop column", "Drop what uses the column first, or rebuild the table without it."),
    Case("cannot drop", "Rebuild the table without the column."),
    Case("in a CHECK constraint", "Use CURRENT_DATE or CURRENT_TIMESTAMP: those a CHECK may ask for."),
    Case("foreign key mismatch", "Make the columns that it refers to a PRIMARY KEY or UNIQUE."),
    Case("too big", "Split it: a value may have some megabytes."),
    Case("syntax error", "Look before the place that SQLite names: it could not read on from there."),
    Case("incomplete input", "Look for a missing final semicolon, quote or END."),
    Case("error in view", _VIEW),
    Case("error in trigger", _VIEW),
    Case("unrecognized token", "Look for a missing closing quote, or a NUL character."),
    Case("already exists", "An earlier migration made it: choose another name, or drop it first."),
    Case("duplicate column name", "An earlier migration added it: remove this statement."),
    Case(
        "non-constant default",
        (
            "SQLite fills a new column with a constant only: add it without a default and UPDATE it,"
            " or rebuild the table."
        ),
    ),
    Case("Cannot add a NOT NULL column", "Give the column a constant DEFAULT."),
    Case("Cannot add a UNIQUE column", "Add the column, then CREATE UNIQUE INDEX on it."),
    Case("Cannot add a PRIMARY KEY column", "Rebuild the table to change its primary key."),
    Case("no such table: main.", "Create it first: a foreign key, view or trigger needs it here."),
    Case("no such table", "Create it first, or look for another spelling of its name."),
    Case("no such index", "Create it first, or look for another spelling of its name."),
    Case("no such column", "Look for another spelling, or for the migration that renamed or dropped it."),
    Case("no such function", "Use a function that SQLite has itself: no other can be loaded."),
    Case("no such collation sequence", "Use BINARY, NOCASE or RTRIM: no other can be loaded."),
    Case("parameters are not allowed", "Write the value itself."),
    Case("object name reserved", "Choose a name that does not begin with sqlite_."),
    Case("may not be modified", "Remove it: SQLite writes this table itself."),
    Case("missing datatype", "Give the column a type: a STRICT table needs one."),
    Case("cannot store", "Write a value of the column's type: the table is STRICT."),
    Case("datatype mismatch", "Write a whole number."),
    Case("ORDER BY without LIMIT", "Remove ORDER BY, or add LIMIT: only then does the order choose rows."),
    Case("tables in a join", "Split the query, with a table for what is between."),
    Case("values were supplied", "Give each row as many values as there are columns."),
    Case("values for", "Give each row as many values as there are columns."),
    Case("misuse of aggregate", "Use the aggregate in a SELECT of its own."),
    Case(
        "constraint failed",
        "Look at the rows that the statement writes, and at those that are there already.",
    ),
)


def explain(message: str, statement: str, *, on_d1: bool) -> tuple[str, str | None]:
    """``message``, which ``statement`` gave, in plain words, and a way out; None when none is known."""
    words = significant(statement[:4000])[:2]
    if on_d1 and "FOREIGN KEY" in message and words and is_word(words[0], "drop"):
        return message, REBUILD
    for case in (*_D1, *_CASES) if on_d1 else _CASES:
        _, found, rest = message.partition(case.part)
        if found:
            return case.words.format(rest.partition(" ")[0]) or message, case.hint
    return message, None


def topic_of(message: str) -> str:
    """Which of D1's own rules a message of SQLite's speaks of, as ``SqlError.topic``; '' for none."""
    return next((case.topic for case in _D1 if case.part in message), "")
