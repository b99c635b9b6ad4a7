"""A declared type that means something else to SQLite.

## Problem
SQLite takes any words for a type and looks only for parts of them: INT, then CHAR, CLOB or TEXT, then BLOB,
then REAL, FLOA or DOUB. All other types store numbers (https://sqlite.org/datatype3.html). So STRING is a
type for numbers, and FLOATING POINT one for whole numbers. `INT PRIMARY KEY` is not `INTEGER PRIMARY KEY`:
it is no alias of the rowid, and takes NULL.

## Why it bites
A text that looks like a number is stored as one: the postcode '007' becomes 7, and the version '1.10'
becomes 1.1. Nobody is told, and what was written cannot be found out later. A row without an INT PRIMARY KEY
gets NULL for it, as often as one likes.

DATE, DATETIME, TIMESTAMP, BOOLEAN, DECIMAL, JSON and UUID are no finding, though they are types for numbers:
what they hold is either a number or does not look like one. Their default is looked at.

## Example
```sql
CREATE TABLE places (id INTEGER PRIMARY KEY, postcode STRING);
```

## Way out
```sql
CREATE TABLE places (id INTEGER PRIMARY KEY, postcode TEXT);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.engine import Database
from squasher.lint.final import place, tables
from squasher.lint.rule import Rule, Violation
from squasher.sql import STRING, WORD, printable, significant, unquote
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.study import Study
    from squasher.model import Column, Table, Value

_TEXTS: Final = frozenset({"STRING", "STR", "NAME", "PHONE", "ZIP", "POSTCODE", "SLUG", "HASH", "PASSWORD"})
"""Types, of no standard, by which people mean text that may be all digits."""
_NUMBERS: Final = frozenset(
    {"NUMERIC", "DECIMAL", "DEC", "NUMBER", "FIXED", "MONEY", "CURRENCY", "BOOLEAN", "BOOL", "BIT"}
)
_TEXT_PARTS: Final = ("CHAR", "CLOB", "TEXT")
_REAL_PARTS: Final = ("REAL", "FLOA", "DOUB")
_NO_INTEGER: Final = ("POINT", "PRINT", "HINT", "TINT", "JOINT")
"""How words end that only look as if they were called after INT."""


def check(study: Study) -> Iterator[Violation]:
    """Columns whose type alters what people put into them, and primary keys that take NULL."""
    known: dict[tuple[object, ...], tuple[str, str] | None] = {}
    with Database(study.profile, UNIVERSES[0]) as scratch:
        for table in tables(study):
            for column in table.columns:
                facts = column.type, column.default, column.hidden
                if facts not in known:
                    known[facts] = _altered(scratch, column)
                found = _null_key(table, column) or (None if table.strict else known[facts])
                if found is not None:
                    said, advice = found
                    name = f"{printable(table.name)}.{printable(column.name)}"
                    yield Violation(place(study, table, column), f"{name} is {said}", advice)


def _null_key(table: Table, column: Column) -> tuple[str, str] | None:
    """Of a key of whole numbers that is no alias of the rowid (lang_createtable.html#rowid)."""
    keys = [one for one in table.columns if one.primary_key]
    whole = any(map(_is_integer, _parts(column)))
    if keys != [column] or not whole or table.without_rowid or table.rowid_alias is not None:
        return None
    if column.not_null or column.default is not None:
        return None
    said = f"{printable(column.type)} PRIMARY KEY and no alias of the rowid: an INSERT without it stores NULL"
    return said, "Declare it INTEGER PRIMARY KEY, in these words and without DESC, or NOT NULL."


def _altered(scratch: Database, column: Column) -> tuple[str, str] | None:
    """Of a type that stores other values than its words say; SQLite shows it."""
    parts = _parts(column)
    if not parts or column.generated or column.hidden:
        return None
    type_ = printable(column.type)
    if any(part in _TEXTS or any(one in part for one in _TEXT_PARTS) for part in parts):
        if _stored(scratch, column, "007") != "007":
            return f"{type_}, a type for numbers: '007' is stored as 7", "Declare it TEXT."
        return None
    if any(one in part for part in parts for one in _REAL_PARTS):
        if isinstance(_stored(scratch, column, 3.0), int):
            return f"{type_}, a type for whole numbers: 3.0 is stored as 3", "Declare it REAL."
        return None
    if any("INT" in part for part in parts):
        if any(map(_is_integer, parts)):
            return None
        said = f"{type_}, a type for whole numbers because of the letters INT: '007' is stored as 7"
        return said, "Declare it TEXT, REAL or BLOB, by what it holds."
    return _altered_default(scratch, column) if not _NUMBERS.intersection(parts) else None


def _altered_default(scratch: Database, column: Column) -> tuple[str, str] | None:
    words = significant(column.default or "")
    if len(words) != 1 or words[0].kind != STRING:
        return None
    text = unquote(words[0].text)
    stored = _stored(scratch, column, text)
    if not isinstance(stored, int | float) or str(stored) == text:
        return None
    said = (
        f"{printable(column.type)}, a type for numbers: its default '{printable(text)}' is stored as {stored}"
    )
    return said, "Declare it TEXT."


def _parts(column: Column) -> list[str]:
    """The words of a type, in capitals, without digits, and taken apart at underscores."""
    words = [token.text.upper() for token in significant(column.type) if token.kind == WORD]
    return [part.rstrip("0123456789") for word in words for part in word.split("_")]


def _is_integer(part: str) -> bool:
    """Whether a word is called after INT: TINYINT, UINT, INTEGER."""
    ends = part.endswith(("INT", "INTEGER")) and not part.endswith(_NO_INTEGER)
    return (ends or part.startswith("INTEGER")) and not any(one in part for one in _TEXT_PARTS)


def _stored(scratch: Database, column: Column, value: Value) -> Value:
    """What a column of this type makes of a value."""
    scratch.execute(f"CREATE TABLE one (value {column.type})")
    try:
        scratch.execute("INSERT INTO one VALUES (?)", (value,))
        return scratch.execute("SELECT value FROM one")[0][0]  # type: ignore[no-any-return]
    finally:
        scratch.execute("DROP TABLE one")


RULE: Final = Rule("SQ609", "surprising-type", "warning", check)
