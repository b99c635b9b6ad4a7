"""What to do about an error of SQLite's, where that is known: one line per case."""

from __future__ import annotations

from typing import Final

from squasher.sql import is_word, significant

REBUILD: Final = (
    "DROP TABLE deletes the table's rows first, and rows of other tables refer to them."
    " On D1 foreign keys cannot be switched off inside a migration."
    " Move the child rows aside, or rebuild the children too, before the table is dropped."
)
_VIEW: Final = "Drop the view or trigger before the change and create it again after it."
_IN_PLACE: Final = "Rebuild the table: D1 cannot change its constraints in place."
_CASES: Final = (
    ("after add column: incomplete input", "Move the comment behind the semicolon: SQLite stores it before."),
    ("after drop column", "Drop what uses the column first, or rebuild the table without it."),
    ("cannot drop", "Rebuild the table without the column."),
    ("sqlite_drop_constraint", _IN_PLACE),
    ("sqlite_add_constraint", _IN_PLACE),
    ("sqlite_fail", _IN_PLACE),
    ("incomplete input", "Look for a missing final semicolon, quote or END."),
    ("error in view", _VIEW),
    ("error in trigger", _VIEW),
    ("out of memory", "D1 compiles a statement to 25,000 steps at most: insert fewer rows at once."),
    ("cannot VACUUM", "Remove it: D1 runs each file in one transaction."),
    ("unrecognized token", "Look for a missing closing quote."),
    ("already exists", "An earlier migration made it: choose another name, or drop it first."),
    ("duplicate column name", "An earlier migration added it: remove this statement."),
    (
        "non-constant default",
        (
            "SQLite fills a new column with a constant only: add it without a default and UPDATE it,"
            " or rebuild the table."
        ),
    ),
    ("Cannot add a NOT NULL column", "Give the column a constant DEFAULT."),
    ("Cannot add a UNIQUE column", "Add the column, then CREATE UNIQUE INDEX on it."),
    ("Cannot add a PRIMARY KEY column", "Rebuild the table to change its primary key."),
    ("compound SELECT", "D1 allows five terms: use VALUES, or several statements."),
    ("too many columns", "D1 allows 100 columns in a table."),
    (
        "Expression tree is too large",
        ("D1 allows expressions of depth 100: use IN (…) or several statements."),
    ),
    ("LIKE or GLOB pattern too complex", "D1 allows patterns of 50 bytes: use instr() instead."),
    ("statement too long", "D1 allows 100,000 bytes in a statement: split it."),
    ("too big", "A value may have some megabytes (D1: and a statement 100,000 bytes): split it."),
    ("too many arguments on function", "D1 allows 127 arguments (32 in production)."),
    ("in a CHECK constraint", "Use CURRENT_DATE or CURRENT_TIMESTAMP: those a CHECK may ask for."),
    ("foreign key mismatch", "Make the columns that it refers to a PRIMARY KEY or UNIQUE."),
    (
        "constraint failed",
        "Look at the rows that the statement writes, and at those that are there already.",
    ),
)


def hint_for(message: str, statement: str) -> str | None:
    """A way out of the error ``message`` that ``statement`` gave, or None when none is known."""
    words = significant(statement[:4000])[:2]
    if 'near "INSERT"' in message and "_migrations" in statement:
        return "End the file's last statement with a semicolon."
    if "FOREIGN KEY" in message and words and is_word(words[0], "drop"):
        return REBUILD
    for part, hint in _CASES:
        if part in message:
            return hint
    return None
