"""A random key that other tables refer to.

## Problem
A migration fills a key by chance, with `randomblob()` or `random()`, and a foreign key or other rows of the
migrations refer to it. No two installations have the same value.

## Why it bites
The rows are reference data: code, exports, support tickets and the next migration want to name them, and
cannot. Data that is copied from one installation to another refers to rows that are not there. Random keys
of rows that nothing refers to are not reported.

## Example
```sql
CREATE TABLE roles (id TEXT PRIMARY KEY, name TEXT);
INSERT INTO roles VALUES (lower(hex(randomblob(16))), 'admin');
CREATE TABLE members (email TEXT, role_id TEXT REFERENCES roles(id));
```

## Way out
```sql
CREATE TABLE roles (id TEXT PRIMARY KEY, name TEXT);
INSERT INTO roles VALUES ('role_admin', 'admin');
CREATE TABLE members (email TEXT, role_id TEXT REFERENCES roles(id));
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.changes import Added
from squasher.lint.diagnostic import Related
from squasher.lint.elsewhere import elsewhere
from squasher.lint.rule import Rule, Violation
from squasher.model import Index, Table
from squasher.sql import fold, printable
from squasher.volatile import by_chance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.cells import Cell
    from squasher.lint.study import Statement, Study
    from squasher.model import ForeignKey, Snapshot
    from squasher.volatile import Variants

_HELP: Final = "Write a key that every installation shares, such as a name or a number."


def check(study: Study) -> Iterator[Violation]:
    """Columns that are a key of their own, hold what chance made, and are referred to."""
    found = study.once(elsewhere)
    if found.snapshot is None or not found.cells:
        return
    tables = _tables(found.snapshot)
    names = {table.name for table in tables}
    holders: dict[Variants, list[Cell]] = {}
    for cell, values in found.cells.items():
        if by_chance(values) and cell[0] in names:
            holders.setdefault(values, []).append(cell)
    random = {cell[0] for cells in holders.values() for cell in cells}
    for table in tables:
        if table.name not in random:
            continue
        for column in sorted(_keys(table, found.snapshot)):
            same = [cells for cells in holders.values() if any(_is_of(cell, table, column) for cell in cells)]
            if not same:
                continue
            foreign = _foreign(tables, table, column)
            other = next((cell for cells in same for cell in cells if not _is_of(cell, table, column)), None)
            if foreign is not None or other is not None:
                yield _violation(study, (table, column), foreign, other)


def _tables(snapshot: Snapshot) -> tuple[Table, ...]:
    return tuple(item for item in snapshot.objects if isinstance(item, Table))


def _is_of(cell: Cell, table: Table, column: str) -> bool:
    return cell[0] == table.name and fold(cell[2]) == column


def _keys(table: Table, snapshot: Snapshot) -> set[str]:
    """The columns of a table, folded, each of which names a row alone."""
    primary = [fold(column.name) for column in table.columns if column.primary_key]
    unique = [
        index.columns[0].name
        for index in (*table.constraint_indexes, *snapshot.objects)
        if isinstance(index, Index) and fold(index.table) == fold(table.name)
        if index.unique and not index.partial and len(index.columns) == 1
    ]
    return {fold(name) for name in unique if name is not None} | set(primary if len(primary) == 1 else ())


def _foreign(tables: tuple[Table, ...], table: Table, column: str) -> tuple[Table, ForeignKey] | None:
    """The first foreign key that refers to the column alone."""
    primary = [one.name for one in table.columns if one.primary_key]
    for child in tables:
        for foreign in child.foreign_keys:
            if fold(foreign.parent) == fold(table.name) and len(foreign.columns) == 1:
                aims = primary if foreign.parent_columns[0] is None else foreign.parent_columns
                if [fold(aim or "") for aim in aims] == [column]:
                    return child, foreign
    return None


def _violation(
    study: Study, key: tuple[Table, str], foreign: tuple[Table, ForeignKey] | None, other: Cell | None
) -> Violation:
    table, column = key
    words = ""
    related: tuple[Related, ...] = ()
    if foreign is not None:
        child, constraint = foreign
        words = f"{child.name}.{constraint.columns[0]} refers to it"
        related = _made(study, Added(("table", child.name), constraint))
    elif other is not None:
        words = f"rows of {other[0]}.{other[2]} hold it"
    message = printable(f"{table.name}.{column} is another value in every installation, and {words}")
    return Violation(_writer(study, table).span, message, _HELP, related)


def _made(study: Study, change: Added) -> tuple[Related, ...]:
    spot = study.spot(change)
    if spot is None:
        return ()
    line = spot.migration.text.count("\n", 0, spot.start) + 1
    return (Related(spot.migration.path, line, "the foreign key"),)


def _writer(study: Study, table: Table) -> Statement:
    """The first statement that asked for chance and wrote rows of the table, under any name that it bore.

    Where they were copied from another table, the statement that made this one.
    """
    names = {fold(table.name)}
    for statement in reversed(study.statements):
        for old, new in ((note.old, note.new) for note in statement.notes):
            if old is not None and new is not None and new.key[0] == "table" and new.key[1] in names:
                names.add(old.key[1])
    for statement in study.statements:
        ran = statement.ran
        if ran is not None and ran.asked_random and ran.changes and names & set(map(fold, ran.writes)):
            return statement
    return study.makers["table", fold(table.name)]


RULE: Final = Rule("SQ501", "unshared-key", "warning", check)
