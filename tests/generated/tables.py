"""CREATE TABLE in all its forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.generated import values
from tests.generated.names import lower, new_name, new_object, quoted, referred, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.generated.context import Context
    from tests.generated.scratch import Column, Table

TYPES: Final = (
    *("TEXT", "INTEGER", "", "INT", "REAL", "BLOB", "NUMERIC", "VARCHAR(10)", "DECIMAL(10, 5)", "BOOLEAN"),
    *("UNSIGNED BIG INT", "DATETIME", "STRING", "DOUBLE PRECISION", '"my type"', "[INT]", "CHARINT", "JSON"),
    *("FLOATING POINT", "bigint", "'text'", "ANY"),
)
STRICT_TYPES: Final = ("TEXT", "INTEGER", "INT", "REAL", "BLOB", "ANY")
ACTIONS: Final = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")
RESOLUTIONS: Final = ("ABORT", "IGNORE", "REPLACE", "FAIL", "ROLLBACK")
COLLATIONS: Final = ("NOCASE", "RTRIM", "BINARY", "nocase")


def create_table(g: Context) -> list[str]:
    """A new table; at times the one that a foreign key is waiting for."""
    if g.wanted is not None and g.maybe(60):
        (name, key), g.wanted = g.wanted, None
        g.note("forward reference")
        return [Draft(g, name, [key], wanted=True).text()]
    name = new_object(g)
    columns: list[str] = []
    while len(columns) < 2 or (len(columns) < 6 and g.maybe(60)):
        columns.append(new_name(g, columns))
    return [Draft(g, name, columns).text()]


def like(g: Context, name: str, table: Table) -> str:
    """A new table with the columns of another one, and constraints of its own."""
    columns = [column.name for column in table.written]
    return Draft(g, name, columns, like=table.written, strict=table.strict).text()


class Draft:
    """A table that is being made."""

    def __init__(
        self,
        g: Context,
        name: str,
        columns: Sequence[str],
        *,
        like: Sequence[Column] = (),
        strict: bool | None = None,
        wanted: bool = False,
    ) -> None:
        self.g = g
        self.name = name
        self.strict = g.maybe(15) if strict is None else strict
        self.rowid = wanted or not g.maybe(12)
        self.columns = columns
        self.written = [quoted(g, column) for column in columns]
        self.types = [self._type(column.type) for column in like] or [self._type(None) for _ in columns]
        self.clauses: list[list[str]] = [[] for _ in columns]
        self.body: list[str] = []
        self.keys: list[int] = []
        self._primary_key(wanted=wanted, like=like)
        for place in range(len(columns)):
            self.clauses[place] += self._constraints(place)
        if not like and len(columns) > 1 and len(columns) - 1 not in self.keys and g.maybe(20):
            self._generate(len(columns) - 1)
        self.body += self._table_constraints()

    def text(self) -> str:
        """The statement."""
        g = self.g
        columns = [
            " ".join(part for part in (name, kind, *clauses) if part)
            for name, kind, clauses in zip(self.written, self.types, self.clauses, strict=True)
        ]
        options = [*(["STRICT"] if self.strict else []), *([] if self.rowid else ["WITHOUT ROWID"])]
        g.note("table", *(option.lower() for option in options))
        head = "CREATE TABLE IF NOT EXISTS" if g.maybe(8) else "CREATE TABLE"
        schema = "main . " if g.maybe(4) else ""
        body = ", ".join([*columns, *self.body])
        return f"{head} {schema}{quoted(g, self.name)} ({body}) {', '.join(options)}".rstrip()

    def _type(self, given: str | None) -> str:
        if self.strict:
            return given if given in STRICT_TYPES else self.g.pick(STRICT_TYPES)
        if given is None or self.g.maybe(15):
            return self.g.pick(TYPES)
        plain = not given or given.split("(")[0].replace(" ", "a").isalnum()
        return given if plain else '"' + given.replace('"', '""') + '"'

    def _primary_key(self, *, wanted: bool, like: Sequence[Column]) -> None:
        g = self.g
        old = [place for place, column in enumerate(like) if column.key]
        kind = g.pick(("integer", "autoincrement", "column", "table", "none", "integer"))
        if old and len(old) == 1 and like[old[0]].type.upper() == "INTEGER" and self.rowid:
            kind = g.pick(("integer", "autoincrement", "integer"))
        elif old:
            kind = "table"
        elif like:
            kind = "none"
        if wanted:
            kind = g.pick(("integer", "autoincrement", "column"))
        if not self.rowid:
            kind = "table" if kind in {"none", "autoincrement"} else kind
        self.keys = old or [0]
        match kind:
            case "none":
                self.keys = []
            case "table":
                self.keys = old or sorted(g.some(range(len(self.columns)), 2))
                parts = ", ".join(
                    self.written[key] + g.pick(("", "", " DESC", " COLLATE NOCASE")) for key in self.keys
                )
                self.body.append(f"{self._named()}PRIMARY KEY ({parts}){self._resolution()}")
            case "column":
                direction = g.pick(("", "", " ASC", " DESC"))
                self.clauses[self.keys[0]].append(
                    f"{self._named()}PRIMARY KEY{direction}{self._resolution()}"
                )
            case _:
                key = self.keys[0]
                self.types[key] = "INTEGER"
                counted = " AUTOINCREMENT" if kind == "autoincrement" else ""
                if counted:
                    g.note("autoincrement")
                if g.maybe(15):
                    self.body.append(f"PRIMARY KEY ({self.written[key]}{counted})")
                else:
                    self.clauses[key].append(f"PRIMARY KEY{counted}")

    def _named(self) -> str:
        g = self.g
        if not g.maybe(12):
            return ""
        g.note("named constraint")
        return f"CONSTRAINT {quoted(g, new_name(g, ()))} "

    def _resolution(self) -> str:
        if not self.g.maybe(10):
            return ""
        self.g.note("on conflict")
        return f" ON CONFLICT {self.g.pick(RESOLUTIONS)}"

    def _constraints(self, place: int) -> Iterator[str]:
        """Column constraints, in an order that is no order."""
        g = self.g
        if place in self.keys:
            if g.maybe(10):
                yield "NOT NULL"
            return
        name, kind = self.written[place], self.types[place]
        found: list[str] = []
        if g.maybe(20):
            found.append(f"{self._named()}NOT NULL{self._resolution()}")
        unique = g.maybe(12)
        if g.maybe(30):
            found.append(self._default(kind, firm=unique))
        if unique:
            found.append(f"{self._named()}UNIQUE{self._resolution()}")
            g.note("unique")
        if g.maybe(15):
            found.append(f"{self._named()}CHECK ({values.invariant(g, name)})")
            g.note("check")
        if g.maybe(12):
            found.append(f"COLLATE {g.pick(COLLATIONS)}")
            g.note("collate")
        if g.maybe(15):
            found.append(f"{self._named()}REFERENCES {self._parent()}")
        while found:
            yield found.pop(g.number(0, len(found) - 1))

    def _default(self, kind: str, *, firm: bool) -> str:
        g = self.g
        if g.volatile and not firm and g.maybe(40):
            text = values.volatile(g)
            g.note("default current" if text.startswith("CURRENT") else "default expression")
            return f"DEFAULT {text}" if text.startswith("CURRENT") else f"DEFAULT ({text})"
        if g.maybe(25):
            g.note("default expression")
            return f"DEFAULT ({values.of_type(g, kind, strict=self.strict)} {g.pick(('', '|| 1', '+ 1'))})"
        g.note("default literal")
        return f"DEFAULT {values.constant(g, kind, strict=self.strict)}"

    def _parent(self) -> str:
        """What stands behind REFERENCES: a table that is there, this one, or one that comes later."""
        g = self.g
        kind = g.pick(("there", "there", "self", "later"))
        tables = [table for table in g.scratch.of_kind("table") if any(c.unique for c in table.columns)]
        if kind == "self" and len(self.keys) == 1:
            g.note("self reference")
            target = f"{referred(g, self.name)} ({self.written[self.keys[0]]})"
        elif kind == "later" and g.wanted is None:
            g.wanted = new_object(g), new_name(g, ())
            target = f"{quoted(g, g.wanted[0])} ({quoted(g, g.wanted[1])})"
        elif tables:
            table = g.pick(tables)
            keys = [column for column in table.columns if column.key]
            best = keys if len(keys) == 1 else [column for column in table.columns if column.unique]
            target = referred(g, table.name)
            if len(keys) != 1 or g.maybe(70):
                target += f" ({referred(g, best[0].name)})"
        else:
            target = quoted(g, self.name) if len(self.keys) == 1 else "nowhere"
        g.note("foreign key")
        return target + self._actions()

    def _actions(self) -> str:
        g = self.g
        text = ""
        for event in ("DELETE", "UPDATE"):
            if g.maybe(40):
                action = g.pick(ACTIONS)
                g.note(f"on {event.lower()} {action.lower()}")
                text += f" ON {event} {action}"
        if g.maybe(5):
            text += " MATCH FULL"
        if g.maybe(35):
            g.note("deferrable")
            text += g.pick(
                (
                    " DEFERRABLE INITIALLY DEFERRED",
                    " DEFERRABLE",
                    " NOT DEFERRABLE",
                    " DEFERRABLE INITIALLY IMMEDIATE",
                    " NOT DEFERRABLE INITIALLY DEFERRED",
                )
            )
        return text

    def _generate(self, place: int) -> None:
        g = self.g
        others = [name for number, name in enumerate(self.written) if number != place]
        always = g.pick(("GENERATED ALWAYS ", ""))
        kept = g.pick(("", " VIRTUAL", " STORED"))
        text = values.expression(g, g.pick(others), others)
        self.types[place] = "ANY" if self.strict else self.types[place]
        self.clauses[place] = [f"{always}AS ({text}){kept}"]
        g.note("generated")

    def _table_constraints(self) -> Iterator[str]:
        g = self.g
        if g.maybe(12):
            parts = [name + g.pick(("", "", " COLLATE NOCASE", " DESC")) for name in g.some(self.written, 3)]
            yield f"{self._named()}UNIQUE ({', '.join(parts)}){self._resolution()}"
            g.note("unique")
        if g.maybe(15):
            yield f"{self._named()}CHECK ({values.invariant(g, g.pick(self.written))})"
            g.note("check")
        if g.maybe(10):
            free = [place for place in range(len(self.columns)) if place not in self.keys]
            if free:
                yield (
                    f"{self._named()}FOREIGN KEY ({self.written[g.pick(free)]}) REFERENCES {self._parent()}"
                )


def drop_table(g: Context) -> list[str]:
    """The end of a table that no foreign key refers to."""
    parents = {
        lower(column.parent[0])
        for table in g.scratch.tables
        for column in table.columns
        if column.parent is not None
    }
    free = [table for table in g.scratch.of_kind("table", "virtual") if lower(table.name) not in parents]
    if not free:
        return []
    g.note("drop table")
    return [f"DROP TABLE {g.pick(('', 'IF EXISTS '))}{referred(g, g.pick(free).name)}"]


def create_as(g: Context) -> list[str]:
    """CREATE TABLE … AS SELECT."""
    tables = g.scratch.of_kind("table", "view")
    if not tables:
        return []
    table = g.pick(tables)
    columns = ", ".join(referred(g, column.name) for column in g.some(table.columns, 3))
    g.note("create table as")
    tail = f"SELECT {columns}, {strings('a;b')} AS extra FROM {referred(g, table.name)}"
    return [f"CREATE TABLE {quoted(g, new_object(g))} AS {tail}"]
