"""Statements that fire a trigger: SQLite compiles what a trigger does with what sets it off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.model import Table, View
from squasher.schemadiff import trigger_event
from squasher.sql import quote

if TYPE_CHECKING:
    from squasher.model import SchemaObject, Trigger


def firing(trigger: Trigger, of: SchemaObject | None) -> str:
    """A statement that fires ``trigger``, to be compiled and not run; '' where it is on no table or view."""
    if isinstance(of, Table):
        columns = [column.name for column in of.columns if not column.generated]
    elif isinstance(of, View):
        columns = list(of.columns)
    else:
        return ""
    name = quote(of.name)
    match trigger_event(trigger.sql).split()[-1]:
        case "INSERT":
            return f"INSERT INTO {name} DEFAULT VALUES"
        case "DELETE":
            return f"DELETE FROM {name}"
        case _:
            return f"UPDATE {name} SET {', '.join(f'{quote(column)} = NULL' for column in columns)}"
