"""Indexes, views, triggers and virtual tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.generated import values
from tests.generated.names import new_object, quoted, referred, strings
from tests.generated.tables import COLLATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.generated.context import Context
    from tests.generated.scratch import Column, Table


def create_index(g: Context) -> list[str]:
    """CREATE INDEX: unique, partial, over expressions, descending, with collations."""
    tables = g.scratch.of_kind("table")
    if not tables:
        return []
    table = g.pick(tables)
    names = [referred(g, column.name) for column in g.some(table.columns, 3)]
    parts: list[str] = []
    for name in names:
        part = name
        if g.maybe(20):
            part = values.expression(g, name, names)
            g.note("expression index")
        if g.maybe(15):
            part += f" COLLATE {g.pick(COLLATIONS)}"
            g.note("index collation")
        if g.maybe(25):
            part += g.pick((" DESC", " ASC"))
            g.note("descending")
        parts.append(part)
    unique = "UNIQUE " if not g.volatile and g.maybe(20) else ""
    where = f" WHERE {values.condition(g, g.pick(names))}" if g.maybe(25) else ""
    g.note("index", *(["unique index"] if unique else []), *(["partial index"] if where else []))
    there = g.pick(("", "", "", "IF NOT EXISTS "))
    name = quoted(g, new_object(g))
    return [f"CREATE {unique}INDEX {there}{name} ON {referred(g, table.name)} ({', '.join(parts)}){where}"]


def create_view(g: Context) -> list[str]:
    """CREATE VIEW over a table or another view."""
    sources = g.scratch.tables
    if not sources:
        return []
    source = g.pick(sources)
    name = quoted(g, new_object(g))
    columns = g.some(source.columns, 3)
    g.note("view", *(["view on view"] if source.kind == "view" else []))
    listed = ""
    if g.maybe(20):
        listed = f" ({', '.join(f'c{number}' for number in range(len(columns)))})"
    return [f"CREATE VIEW {g.pick(('', 'IF NOT EXISTS '))}{name}{listed} AS {_query(g, source, columns)}"]


def _query(g: Context, source: Table, columns: Sequence[Column]) -> str:
    table = referred(g, source.name)
    names = [referred(g, column.name) for column in columns]
    first = names[0]
    match g.pick(("plain", "where", "aggregate", "with", "compound", "join", "window", "star", "expression")):
        case "where":
            tail = g.pick(("", f" ORDER BY {first} DESC LIMIT 3", f" ORDER BY {len(names)}"))
            return f"SELECT {', '.join(names)} FROM {table} WHERE {values.condition(g, first)}{tail}"
        case "aggregate":
            g.note("aggregate view")
            extra = "".join(f", max({name})" for name in names[1:])
            return f"SELECT {first}, count(*){extra} FROM {table} GROUP BY 1 HAVING count(*) > 0"
        case "with":
            g.note("view with cte")
            return f"WITH x AS (SELECT {', '.join(names)} FROM {table}) SELECT * FROM x"
        case "compound":
            rest = ", ".join(["NULL"] * len(names))
            return f"SELECT {', '.join(names)} FROM {table} UNION ALL SELECT {rest}"
        case "join":
            listed = ", ".join(f"l.{name}" for name in names)
            return f"SELECT {listed} FROM {table} AS l LEFT JOIN {table} r ON l.{first} = r.{first}"
        case "window":
            extra = "".join(f", {name}" for name in names[1:])
            return f"SELECT row_number() OVER (ORDER BY {first}) AS n{extra} FROM {table}"
        case "star":
            return f"SELECT * FROM {table}"
        case "expression":
            found = ", ".join(values.expression(g, name, names) for name in names)
            return f"SELECT {found} FROM {table}"
        case _:
            return f"SELECT {', '.join(names)} FROM {table}"


EVENTS: Final = ("INSERT", "UPDATE", "DELETE")


def create_trigger(g: Context) -> list[str]:
    """CREATE TRIGGER at every time and event, with one or more statements."""
    tables = g.scratch.of_kind("table", "view")
    if not tables:
        return []
    views = [table for table in tables if table.kind == "view"]
    table = g.pick(views if views and g.maybe(25) else tables)
    if table.kind == "view":
        time = "INSTEAD OF "
        g.note("instead of")
    else:
        time = g.pick(("AFTER ", "BEFORE ", ""))
    event = g.pick(EVENTS)
    g.note("trigger", f"{time.strip().lower() or 'before'} {event.lower()}")
    if event == "UPDATE" and g.maybe(40):
        event += f" OF {', '.join(referred(g, column.name) for column in g.some(table.columns, 2))}"
        g.note("update of")
    row = "OLD" if event == "DELETE" else g.pick(("NEW", "NEW", "new"))
    name = f"{row}.{quoted(g, g.pick(table.columns).name)}"
    each = g.pick(("", " FOR EACH ROW"))
    when = ""
    if g.maybe(35):
        when = f" WHEN {values.condition(g, name)}"
        g.note("trigger when")
    body = [_reaction(g, table, name)]
    while len(body) < 3 and g.maybe(35):
        body.append(_reaction(g, table, name))
        g.note("several statements")
    statements = "".join(f" {statement};" for statement in body)
    head = f"CREATE TRIGGER {g.pick(('', '', 'IF NOT EXISTS '))}{quoted(g, new_object(g))}"
    return [f"{head} {time}{event} ON {referred(g, table.name)}{each}{when} BEGIN{statements} END"]


def _reaction(g: Context, table: Table, name: str) -> str:
    """One statement of a trigger's body that rarely stops the statement that fires it."""
    targets = [
        other
        for other in g.scratch.of_kind("table")
        if other.name != table.name and any(not c.key and c.parent is None for c in other.written)
    ]
    kind = g.pick(("insert", "insert", "update", "delete", "raise", "case"))
    if kind == "raise" or not targets:
        g.note("raise")
        action = g.pick(("IGNORE", "ABORT, 'no; END'", "FAIL, 'it''s wrong'", "ROLLBACK, 'back'"))
        return f"SELECT RAISE({action}) WHERE {name} IS 'a value; that no row has'"
    if kind == "case":
        return f"SELECT CASE WHEN {name} IS NULL THEN 1 ELSE 'END; --' END"
    target = g.pick(targets)
    free = [column for column in target.written if not column.key and column.parent is None]
    column = referred(g, g.pick(free).name)
    written = referred(g, target.name)
    if kind == "insert":
        value = g.pick((name, f"'was ' || {name}", f"coalesce({name}, 0)"))
        return f"INSERT OR IGNORE INTO {written} ({column}) VALUES ({value})"
    if kind == "update":
        return f"UPDATE OR IGNORE {written} SET {column} = {name} WHERE {column} IS {name}"
    return f"DELETE FROM {written} WHERE {column} = {name} AND {column} IS 'gone'"


TOKENIZERS: Final = (
    *("", "", ", tokenize='porter'", ", tokenize='trigram'", ', tokenize="unicode61 remove_diacritics 2"'),
    *(", prefix='2 3'", ", columnsize=0", ", detail=column", ", detail=none", ", tokenize = 'ascii'"),
)


def create_virtual(g: Context) -> list[str]:
    """An FTS5 index with its own text, over a table, or without content; or an R*Tree."""
    name = new_object(g)
    kind = g.pick(("external", "own", "contentless", "rtree", "external"))
    head = f"CREATE VIRTUAL TABLE {g.pick(('', 'IF NOT EXISTS '))}{quoted(g, name)} USING"
    options = g.pick(TOKENIZERS)
    match kind:
        case "rtree":
            g.note("rtree")
            return [f"{head} {g.pick(('rtree', 'RTREE'))}(id, x0, x1{g.pick(('', ', +note', ', y0, y1'))})"]
        case "external":
            tables = [t for t in g.scratch.of_kind("table") if t.alias is not None and len(t.written) > 1]
            if tables:
                return _external(g, head, g.pick(tables), options)
        case "contentless":
            g.note("contentless")
            keeps = g.pick(("", ", contentless_delete=1"))
            return [f"{head} fts5(title, body, content=''{keeps}{options})"]
    g.note("fts5")
    columns = g.pick(("body", "title, body", '"two words", body', "title, [note] UNINDEXED", "`it's`, b"))
    made = f"{head} {g.pick(('fts5', 'FTS5'))}({columns}{options})"
    if not g.maybe(60):
        return [made]
    g.note("fts5 rows")
    cells = [values.of_class(g, g.pick(("text", "text", "built"))) for _ in columns.split(",")]
    return [made, f"INSERT INTO {quoted(g, name)} VALUES ({', '.join(cells)})"]


def _external(g: Context, head: str, table: Table, options: str) -> list[str]:
    assert table.alias is not None
    texts = [column for column in table.written if not column.key]
    columns = [_argument(column.name) for column in g.some(texts, 2)]
    content = f"content={strings(table.name)}, content_rowid={strings(table.alias.name)}"
    g.note("fts5", "fts5 external")
    return [f"{head} fts5({', '.join(columns)}, {content}{options})"]


def _argument(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def drop_object(g: Context) -> list[str]:
    """The end of an index, a trigger or a view."""
    kind = g.pick(("index", "trigger", "view"))
    found = g.scratch.stored(kind)
    if not found:
        return []
    g.note(f"drop {kind}")
    name, _ = g.pick(found)
    return [f"DROP {kind.upper()} {g.pick(('', 'IF EXISTS '))}{quoted(g, name)}"]
