"""What a foreign key of the final schema refers to: whether SQLite can look it up, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher.lint.final import by_name, indexes, rebuilt, tables
from squasher.model import Table, kind_of
from squasher.sql import fold, printable, quote

if TYPE_CHECKING:
    from squasher.engine import Database
    from squasher.lint.study import Study
    from squasher.model import ForeignKey

_PROBE = "squasher probe"


class Broken(NamedTuple):
    """A foreign key that fails every statement that has to look at it."""

    table: Table
    key: ForeignKey
    missing: str
    """What is not there, in words; '' where the parent has the columns, and they are no key."""


def broken(study: Study) -> tuple[Broken, ...]:
    """The foreign keys for which SQLite cannot compile an INSERT of a child."""
    return study.once(_broken)


def _broken(study: Study) -> tuple[Broken, ...]:
    children = [table for table in tables(study) if table.foreign_keys]
    if not children:
        return ()
    with rebuilt(study) as scratch:
        scratch.execute("PRAGMA foreign_keys = 1")
        suspects = [
            table
            for table in children  # an INSERT looks up all its keys at once
            if scratch.compile_error(f"INSERT INTO {quote(table.name)} DEFAULT VALUES") is not None
        ]
        return tuple(
            Broken(table, key, _missing(study, key))
            for table in suspects
            for key in table.foreign_keys
            if fold(key.parent) != study.profile.ledger and not _compiles(scratch, key)
        )


def _compiles(scratch: Database, key: ForeignKey) -> bool:
    """Whether a table that has this foreign key alone can be written (foreignkeys.html#fk_indexes)."""
    columns = ", ".join(f"c{place}" for place in range(len(key.columns)))
    named = [name for name in key.parent_columns if name is not None]
    parents = f" ({', '.join(map(quote, named))})" if named else ""
    probe = quote(_PROBE)
    scratch.execute(
        f"CREATE TABLE {probe} ({columns}, FOREIGN KEY ({columns}) REFERENCES {quote(key.parent)}{parents})"
    )
    problem = scratch.compile_error(f"INSERT INTO {probe} DEFAULT VALUES")
    scratch.execute(f"DROP TABLE {probe}")
    return problem is None


def _missing(study: Study, key: ForeignKey) -> str:
    parent = by_name(study).get(fold(key.parent))
    name = printable(key.parent)
    if parent is None:
        return f"there is no table {name}"
    if not isinstance(parent, Table):
        what = "view" if kind_of(parent) == "view" else "virtual table"
        return f"{name} is a {what}"
    there = {fold(column.name) for column in parent.columns}
    lost = [printable(one) for one in key.parent_columns if one is not None and fold(one) not in there]
    return f"{name} has no column {lost[0]}" if lost else ""


def reason(study: Study, key: ForeignKey) -> str:
    """Why the columns of the parent, which are there, are no key; '' where no index comes near it."""
    parent = by_name(study)[fold(key.parent)]
    if not isinstance(parent, Table):
        return ""
    if None in key.parent_columns:
        keys = sum(bool(column.primary_key) for column in parent.columns)
        return f"its PRIMARY KEY has {keys} columns" if keys else "it has no PRIMARY KEY"
    wanted = {fold(str(name)) for name in key.parent_columns}
    for index in indexes(study, parent):
        if index.unique and {fold(part.name or "") for part in index.columns} == wanted:
            what = "holds only some rows" if index.partial else "compares with another collation"
            return f"the UNIQUE index {printable(index.name)} {what}"
    return ""


def said(key: ForeignKey) -> str:
    """The parent as the foreign key says it: ``users(id)``."""
    named = [printable(name) for name in key.parent_columns if name is not None]
    return printable(key.parent) + (f"({', '.join(named)})" if named else "")
