"""The stored schema as values: read as a whole, and one object at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher.chain import read_chain
from squasher.model import Table, VirtualTable
from squasher.profiles import D1, SQLITE
from squasher.replay import replay
from squasher.schema import Stored, read_object, read_schema, resolved
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from squasher.engine import Database
    from squasher.model import SchemaObject
    from squasher.profiles import Profile
    from squasher.universe import Universe

EVERY_KIND = """
CREATE TABLE "a b" (x INTEGER PRIMARY KEY AUTOINCREMENT, y TEXT COLLATE NOCASE DEFAULT 'q', z INT AS (x + 1),
    UNIQUE (y), UNIQUE (x, y)) STRICT;
CREATE TABLE pairs (b INT, a ANY, PRIMARY KEY (a, b)) WITHOUT ROWID, STRICT;
CREATE TABLE keyed (k TEXT PRIMARY KEY, "a b" REFERENCES "a b", p, q,
    FOREIGN KEY (p, q) REFERENCES Pairs ON DELETE CASCADE, FOREIGN KEY (p) REFERENCES missing) WITHOUT ROWID;
CREATE TABLE strict (without, rowid);
CREATE INDEX "an index" ON "a b" (y COLLATE RTRIM DESC, x + 1) WHERE y IS NOT NULL;
CREATE UNIQUE INDEX p ON pairs (b);
CREATE VIEW v AS SELECT * FROM keyed;
CREATE VIEW broken (one, two) AS SELECT k FROM keyed;
CREATE TRIGGER tr AFTER INSERT ON strict BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE "USING fts" USING FTS5 (title, content='');
"""
"""Words that are options elsewhere are names here; ``Pairs`` is written otherwise than it was made."""


def each_alone(database: Database, objects: tuple[SchemaObject, ...]) -> list[SchemaObject]:
    """The same objects, read one by one, with what other objects tell of them filled in."""
    stored = {
        row[1]: Stored(*row)
        for row in database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")
    }
    tables = {fold(item.name): item.columns for item in objects if isinstance(item, Table)}
    alone: list[SchemaObject] = []
    for item in objects:
        found = read_object(database, stored[item.name])
        if isinstance(found, Table):
            keys = (resolved(key, lambda name: tables.get(name, ())) for key in found.foreign_keys)
            found = found._replace(foreign_keys=tuple(keys))
        if isinstance(found, VirtualTable) and isinstance(item, VirtualTable):
            found = found._replace(shadows=item.shadows)
        alone.append(found)
    return alone


@pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
def test_one_object_is_read_as_the_whole_is(connect: Callable[..., Database], profile: Profile) -> None:
    """Every kind of object has the same facts, whether it is read with all others or alone."""
    database = connect(profile, EVERY_KIND)
    objects = read_schema(database)
    assert len(objects) == 10
    assert each_alone(database, objects) == list(objects)


def test_one_object_of_a_real_chain(repository: Path, universe: Universe) -> None:
    """So have all objects of the chain in this repository."""
    with replay(read_chain(repository / "migrations"), D1, universe) as done:
        objects = read_schema(done.database)
        assert len(objects) > 100
        assert each_alone(done.database, objects) == list(objects)


def test_a_temporary_object_hides_none(connect: Callable[..., Database]) -> None:
    """A TEMP table of the same name is another one: what is read is the stored one."""
    database = connect(
        SQLITE,
        "CREATE TABLE t (a INT UNIQUE REFERENCES t); CREATE INDEX i ON t (a);"
        "CREATE TEMP TABLE t (b UNIQUE); CREATE INDEX temp.i ON t (b); CREATE VIEW v AS SELECT a FROM main.t;"
        "CREATE TEMP VIEW v AS SELECT 1 AS one",
    )
    rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    table, index, view = (read_object(database, Stored(*row)) for row in rows)
    assert isinstance(table, Table)
    assert [column.name for column in table.columns] == ["a"]
    assert [key.columns for key in table.foreign_keys] == [("a",)]
    assert [[part.name for part in one.columns] for one in table.constraint_indexes] == [["a"]]
    assert [part.name for part in index.columns] == ["a"]  # type: ignore[union-attr]
    assert view.columns == ("a",)  # type: ignore[union-attr]
