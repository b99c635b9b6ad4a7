"""ALTER TABLE, and the rebuild of a table by copying it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generated import values
from tests.generated.names import lower, new_name, new_object, quoted, referred
from tests.generated.tables import COLLATIONS, STRICT_TYPES, TYPES, like

if TYPE_CHECKING:
    from tests.generated.context import Context
    from tests.generated.scratch import Table


def add_column(g: Context) -> list[str]:
    """ALTER TABLE … ADD COLUMN."""
    tables = g.scratch.of_kind("table")
    if not tables:
        return []
    table = g.pick(tables)
    kind = g.pick(STRICT_TYPES if table.strict else TYPES)
    written = quoted(g, new_name(g, [column.name for column in table.columns]))
    text = f"{written} {kind}".rstrip()
    match g.pick(("plain", "default", "not null", "check", "collate", "references", "generated")):
        case "default":
            text += f" DEFAULT {values.constant(g, kind, strict=table.strict)}"
        case "not null":
            text += f" NOT NULL DEFAULT {values.unique(g, kind, strict=table.strict)}"
        case "check":
            text += f" CHECK ({values.invariant(g, written)})"
        case "collate":
            text += f" COLLATE {g.pick(COLLATIONS)}"
        case "references":
            parents = [other for other in g.scratch.of_kind("table") if other.alias is not None]
            if parents:
                text += f" REFERENCES {referred(g, g.pick(parents).name)} ON DELETE SET NULL"
        case "generated":
            other = referred(g, table.columns[0].name)
            text += f" GENERATED ALWAYS AS ({values.expression(g, other, [other])}) VIRTUAL"
        case _:
            pass
    g.note("add column")
    return [f"ALTER TABLE {referred(g, table.name)} ADD {g.pick(('COLUMN ', ''))}{text}"]


def rename_column(g: Context) -> list[str]:
    """ALTER TABLE … RENAME COLUMN."""
    tables = g.scratch.of_kind("table")
    if not tables:
        return []
    table = g.pick(tables)
    names = [column.name for column in table.columns]
    old, new = g.pick(names), new_name(g, names)
    g.note("rename column")
    head = f"ALTER TABLE {referred(g, table.name)} RENAME {g.pick(('COLUMN ', ''))}"
    return [f"{head}{referred(g, old)} TO {quoted(g, new)}"]


def rename_table(g: Context) -> list[str]:
    """ALTER TABLE … RENAME TO."""
    tables = g.scratch.of_kind("table", "virtual")
    if not tables:
        return []
    g.note("rename table")
    table = g.pick(tables)
    new = new_object(g)
    if lower(new) in {lower(column.name) for column in table.columns} and table.kind == "virtual":
        return []  # SQLite does it, and cannot load the index again: a column of fts5 may not be called so
    return [f"ALTER TABLE {referred(g, table.name)} RENAME TO {quoted(g, new)}"]


def drop_column(g: Context) -> list[str]:
    """ALTER TABLE … DROP COLUMN, of one that nothing seems to use."""
    free = [
        (table, column)
        for table in g.scratch.of_kind("table")
        for column in table.columns
        if not column.unique and column.parent is None and len(table.columns) > 2
    ]
    if not free:
        return []
    table, column = g.pick(free)
    g.note("drop column")
    head = f"ALTER TABLE {referred(g, table.name)} DROP {g.pick(('COLUMN ', ''))}"
    return [head + referred(g, column.name)]


def rebuild(g: Context) -> list[str]:
    """A table made anew: create, copy, drop, rename; what hung on it made again."""
    tables = [t for t in g.scratch.of_kind("table") if t.written]
    if not tables:
        return []
    table = g.pick(tables)
    temporary = new_object(g)
    views = g.scratch.stored("view")
    legacy = bool(views) and g.maybe(50)
    g.note("rebuild")
    out = [like(g, temporary, table), _copy(g, table, temporary)]
    indexes, triggers = g.scratch.stored("index", table.name), g.scratch.stored("trigger", table.name)
    if legacy:
        g.note("rebuild legacy")
        out.insert(0, "PRAGMA legacy_alter_table = ON")
    elif views:
        g.note("rebuild views")
        on_views = [found for name, _ in views for found in g.scratch.stored("trigger", name)]
        out += [f"DROP VIEW {quoted(g, name)}" for name, _ in views]
        triggers += on_views
    out += [
        f"DROP TABLE {quoted(g, table.name)}",
        f"ALTER TABLE {quoted(g, temporary)} RENAME TO {quoted(g, table.name)}",
    ]
    if legacy:
        out.append("PRAGMA legacy_alter_table = OFF")
    else:
        out += [text for _, text in views]
    kept = [text for _, text in (*indexes, *triggers) if not g.maybe(10)]
    return [*out, *kept]


def _copy(g: Context, table: Table, to: str) -> str:
    columns = ", ".join(quoted(g, column.name) for column in table.written)
    order = f" ORDER BY {quoted(g, table.alias.name)}" if table.alias and g.maybe(50) else ""
    ignoring = g.pick(("", " OR IGNORE", " OR REPLACE"))
    return (
        f"INSERT{ignoring} INTO {quoted(g, to)} ({columns}) SELECT {columns}"
        f" FROM {quoted(g, table.name)} WHERE true{order}"
    )
