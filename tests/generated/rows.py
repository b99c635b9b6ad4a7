"""INSERT, UPDATE and DELETE in all their forms, over tables, views and full-text indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.generated import values
from tests.generated.names import lower, quoted, referred, strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.generated.context import Context
    from tests.generated.scratch import Column, Table

RESOLUTIONS: Final = ("OR IGNORE", "OR REPLACE", "OR ABORT", "OR FAIL", "OR ROLLBACK")


def value(g: Context, table: Table, column: Column) -> str:
    """A value that the column is likely to take."""
    if column.parent is not None:
        return _reference(g, column)
    if column is table.alias:
        return "NULL" if g.maybe(30) else str(g.serial() * g.pick((1, 1, 10)))
    if column.unique:
        return values.unique(g, column.type, strict=table.strict)
    if g.volatile and not table.strict and g.maybe(30):
        return values.volatile(g)
    if column.needed:
        text = values.of_type(g, column.type, strict=table.strict)
        return values.unique(g, column.type, strict=table.strict) if text == "NULL" else text
    return values.of_type(g, column.type, strict=table.strict)


def _reference(g: Context, column: Column) -> str:
    assert column.parent is not None
    name, key = column.parent
    parent = next((t for t in g.scratch.of_kind("table") if lower(t.name) == lower(name)), None)
    if parent is None or not g.maybe(75):
        return values.unique(g, column.type, strict=False) if column.needed else "NULL"
    if key is None:
        key = next((one.name for one in parent.columns if one.key), "rowid")
    g.note("value of a parent")
    order = g.pick(("", " DESC"))
    return f"(SELECT {quoted(g, key)} FROM {quoted(g, name)} ORDER BY 1{order} LIMIT 1)"


def insert(g: Context) -> list[str]:
    """INSERT of some rows."""
    tables = [table for table in g.scratch.of_kind("table") if table.written]
    if not tables:
        return []
    table = g.pick(tables)
    columns = [column for column in table.written if column.needed or column.key or g.maybe(75)]
    if table.alias is not None and g.maybe(40):
        columns = [column for column in columns if column is not table.alias]
    if not columns:
        g.note("default values")
        return [f"INSERT INTO {referred(g, table.name)} DEFAULT VALUES"]
    names = [referred(g, column.name) for column in columns]
    count = g.pick((1, 2, 3))
    rows = [[value(g, table, column) for column in columns] for _ in range(count)]
    taken = {lower(column.name) for column in table.columns}
    if table.alias is None and table.rowid and "rowid" not in taken and g.maybe(10):
        g.note("explicit rowid")
        names.append(g.pick(("rowid", "ROWID")))
        rows = [[*row, str(g.serial() * 3)] for row in rows]
    head, tail = "INSERT", ""
    if g.maybe(15):
        resolution = g.pick(RESOLUTIONS)
        head = f"INSERT {resolution}"
        g.note(f"insert {resolution.lower()}")
    elif g.maybe(12):
        tail = _upsert(g, table, columns)
    elif g.maybe(5):
        tail = " RETURNING 1"
    listed = ", ".join(f"({', '.join(row)})" for row in rows)
    g.note("insert")
    return [f"{head} INTO {referred(g, table.name)} ({', '.join(names)}) VALUES {listed}{tail}"]


def _upsert(g: Context, table: Table, columns: Sequence[Column]) -> str:
    g.note("upsert")
    keys = [column for column in table.columns if column.key]
    free = [column for column in columns if not column.unique and column.parent is None]
    if len(keys) != 1 or not free or keys[0] not in columns or g.maybe(40):
        return " ON CONFLICT DO NOTHING"
    name = quoted(g, g.pick(free).name)
    return f" ON CONFLICT ({quoted(g, keys[0].name)}) DO UPDATE SET {name} = excluded.{name}"


def insert_select(g: Context) -> list[str]:
    """INSERT … SELECT from a table or view."""
    targets = [t for t in g.scratch.of_kind("table") if t.written]
    sources = g.scratch.of_kind("table", "view")
    if not targets or not sources:
        return []
    table, source = g.pick(targets), g.pick(sources)
    columns = [c for c in table.written if c.needed or (c is not table.alias and g.maybe(60))]
    if not columns:
        return []
    cells = [
        referred(g, g.pick(source.columns).name)
        if g.maybe(50) and not column.unique and column.parent is None
        else value(g, table, column)
        for column in columns
    ]
    names = ", ".join(referred(g, column.name) for column in columns)
    resolution = g.pick((" OR IGNORE", " OR IGNORE", " OR REPLACE", ""))
    order = f" ORDER BY {g.number(1, len(cells))}" if g.maybe(60) else ""
    g.note("insert select")
    query = f"SELECT {', '.join(cells)} FROM {referred(g, source.name)} WHERE true{order} LIMIT 4"
    if g.maybe(15):
        query = f"SELECT * FROM (WITH q AS ({query}) SELECT * FROM q)"
    return [f"INSERT{resolution} INTO {referred(g, table.name)} ({names}) {query}"]


def update(g: Context) -> list[str]:
    """UPDATE of all or some rows."""
    table, name = _some_column(g)
    if table is None:
        return []
    free = [c for c in table.written if not c.unique] or list(table.written)
    column = g.pick(free)
    new = value(g, table, column)
    if g.maybe(30) and not table.strict and column.parent is None:
        new = values.expression(g, name, [name])
    resolution = g.pick(("", "", "", " OR IGNORE", " OR REPLACE"))
    where = f" WHERE {values.condition(g, name)}" if g.maybe(60) else ""
    g.note("update", *(["update view"] if table.kind == "view" else []))
    return [f"UPDATE{resolution} {referred(g, table.name)} SET {referred(g, column.name)} = {new}{where}"]


def delete(g: Context) -> list[str]:
    """DELETE of some rows."""
    table, name = _some_column(g)
    if table is None:
        return []
    g.note("delete")
    return [f"DELETE FROM {referred(g, table.name)} WHERE {values.condition(g, name)}"]


def _some_column(g: Context) -> tuple[Table | None, str]:
    kinds = ("table", "view") if g.maybe(10) else ("table",)
    tables = [table for table in g.scratch.of_kind(*kinds) if table.written]
    if not tables:
        return None, ""
    table = g.pick(tables)
    # which rows a statement meets may not depend on the clock or on chance: no file could carry that
    firm = [column for column in table.columns if column.unique] if g.volatile else []
    return table, referred(g, g.pick(firm or table.columns).name)


WORDS: Final = ("hello world", "the cat; sat", "naïve café", "it's", "", "日本 語", "a a a", "two\nlines")


def search(g: Context) -> list[str]:
    """A statement that changes a virtual table."""
    tables = g.scratch.of_kind("virtual")
    if not tables:
        return []
    table = g.pick(tables)
    name = referred(g, table.name)
    text = lower(table.sql)
    if "rtree" in text:
        bounds = ["1.5" if place % 2 else "2.5" for place in range(1, len(table.columns))]
        g.note("rtree rows")
        return [f"INSERT INTO {name} VALUES ({', '.join([str(g.serial()), *bounds])})"]
    own = quoted(g, table.name)
    if g.maybe(12):
        g.note("fts5 option")
        rank = g.pick(("'rank', 'bm25(10.0)'", "'pgsz', 64", "'automerge', 8", "'crisismerge', 12"))
        return [f"INSERT INTO {name} ({own}, rank) VALUES ({rank})"]
    if g.maybe(10):
        return [f"INSERT INTO {name} ({own}) VALUES ('optimize')"]
    if "content=''" in text:
        return _contentless(g, table, name)
    if "content=" in text:
        g.note("fts5 rebuild")
        return [f"INSERT INTO {name} ({own}) VALUES ('rebuild')"]
    columns = [quoted(g, column.name) for column in table.columns]
    if g.maybe(25):
        g.note("fts5 change")
        return [
            g.pick(
                (
                    f"UPDATE {name} SET {columns[0]} = {strings(g.pick(WORDS))} WHERE rowid = 1",
                    f"DELETE FROM {name} WHERE rowid = 2",
                )
            )
        ]
    cells = [strings(g.pick(WORDS)) if g.maybe(85) else values.of_class(g, "text") for _ in columns]
    if g.maybe(25):
        columns, cells = ["rowid", *columns], [str(g.serial() * 2), *cells]
    g.note("fts5 rows")
    return [f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join(cells)})"]


def _contentless(g: Context, table: Table, name: str) -> list[str]:
    if g.profile.ledger is not None:
        return []  # D1 has no way to carry the rows
    g.note("contentless rows")
    columns = ", ".join(["rowid", *(quoted(g, column.name) for column in table.columns)])
    cells = ", ".join([str(g.serial()), *(strings(g.pick(WORDS)) for _ in table.columns)])
    return [f"INSERT INTO {name} ({columns}) VALUES ({cells})"]


def settle_indexes(g: Context) -> list[str]:
    """What makes every external-content index hold what its table holds."""
    return [
        f"INSERT INTO {quoted(g, table.name)} ({quoted(g, table.name)}) VALUES ('rebuild')"
        for table in g.scratch.of_kind("virtual")
        if "content=" in lower(table.sql) and "content=''" not in lower(table.sql)
    ]
