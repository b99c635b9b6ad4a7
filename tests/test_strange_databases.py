"""Database files that no migration could have made: compared as they are, never refused for their kind."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from squasher import introspect
from squasher.engine import Database
from squasher.errors import InputError, SquasherError, UnsupportedError
from squasher.model import Snapshot, Table, View, VirtualTable
from squasher.profiles import D1, SQLITE, Profile
from squasher.sources import open_source, parse
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOTH = pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
LEDGER = (
    "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,"
    " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL{});"
    "INSERT INTO d1_migrations (name) VALUES ('0001_a.sql');"
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Snapshot]:
    """What the database that a script makes holds; ``forged`` statements write the schema table itself."""

    def snapshot(script: str, profile: Profile = D1, *forged: str, rows: bool = True) -> Snapshot:
        path = tmp_path / "app.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.executescript(script)
            if forged:
                database.execute("PRAGMA writable_schema = ON")
                for statement in forged:
                    database.execute(statement)
            database.commit()
        before = path.read_bytes()
        (found,) = open_source(parse(str(path)), of(profile), rows=rows).side.snapshots
        assert path.read_bytes() == before
        return found

    return snapshot


def names(found: Snapshot) -> list[str]:
    """The names of its objects."""
    return [item.name for item in found.objects]


def cells(found: Snapshot, table: str) -> list[tuple[str, ...]]:
    """The rows of a table."""
    return [row for part in found.rows if part.table == table for row in part.rows]


def carried(script: str) -> str:
    """What ``squash`` says of a chain that leaves this."""
    from squasher.universe import Universe

    with Database(D1, Universe("test", 212_662_110_896_789, 7)) as database:
        for statement in script.split(";\n"):
            database.execute(statement)
        with pytest.raises(UnsupportedError) as caught:
            introspect.introspect(database)
    return caught.value.message


def test_the_ledger_as_wrangler_makes_it(read: Callable[..., Snapshot]) -> None:
    """It is the ledger, and no table; without D1's rules it is a table like any other."""
    found = read(LEDGER.format(""))
    assert (names(found), found.ledger) == ([], ("0001_a.sql",))
    assert names(read(LEDGER.format(""), SQLITE)) == ["d1_migrations"]


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ("ALTER TABLE d1_migrations ADD COLUMN by TEXT", []),
        ("CREATE INDEX by_time ON d1_migrations(applied_at)", ["by_time"]),
        ("CREATE TRIGGER note AFTER INSERT ON d1_migrations BEGIN SELECT 1; END", ["note"]),
    ],
    ids=["column", "index", "trigger"],
)
def test_a_ledger_of_another_shape(read: Callable[..., Snapshot], change: str, more: list[str]) -> None:
    """What a migration tool never made is shown as the table that it is, with what hangs on it."""
    assert "d1_migrations" in carried(LEDGER.format("").replace(";INSERT", ";\nINSERT") + "\n" + change)
    found = read(LEDGER.format("") + change)
    assert (names(found), found.ledger, found.ledger_sql) == (["d1_migrations", *more], (), None)
    assert cells(found, "d1_migrations")[0][:2] == ("1", "'0001_a.sql'")


def test_a_ledger_without_room(read: Callable[..., Snapshot]) -> None:
    """That no migration could be recorded is no matter where none will be."""
    full = "INSERT INTO d1_migrations (id, name) VALUES (9223372036854775807, '0002_b.sql');"
    assert read(LEDGER.format("") + full).ledger == ("0001_a.sql", "0002_b.sql")


def test_a_ledger_that_is_a_view(read: Callable[..., Snapshot]) -> None:
    """A name makes no ledger."""
    found = read("CREATE VIEW d1_migrations AS SELECT 1 AS id, 'x' AS name;")
    assert names(found) == ["d1_migrations"]
    assert isinstance(found.objects[0], View)


def test_tables_of_the_platform(read: Callable[..., Snapshot]) -> None:
    """What the local runtime of D1 keeps beside a team's tables is not the team's."""
    script = (
        "CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB); CREATE TABLE t (a);"
        "CREATE INDEX other ON _cf_METADATA(value); INSERT INTO _cf_METADATA VALUES (2, 28);"
    )
    found = read(script)
    assert (names(found), found.rows) == (["t"], ())
    assert names(read(script, SQLITE)) == ["_cf_METADATA", "t", "other"]


def test_a_table_that_only_looks_like_a_part_of_an_index(read: Callable[..., Snapshot]) -> None:
    """SQLite goes by the name alone; the module did not make it, so it is the user's, rows and all."""
    script = (
        "CREATE TABLE docs_content (id INTEGER PRIMARY KEY, note TEXT);\n"
        "INSERT INTO docs_content VALUES (1, 'x');\n"
        "CREATE VIRTUAL TABLE docs USING fts5(body, content='')"
    )
    assert "is a table of its own" in carried(script)
    found = read(script + ";")
    assert names(found) == ["docs_content", "docs"]
    assert cells(found, "docs_content") == [("1", "'x'")]


def test_an_index_on_a_part_of_an_index(read: Callable[..., Snapshot]) -> None:
    """It is shown, although its table is not."""
    script = "CREATE VIRTUAL TABLE docs USING fts5(body);\nCREATE INDEX own ON docs_content(c0)"
    assert "nothing carries it" in carried(script)
    assert names(read(script + ";")) == ["docs", "own"]


def test_a_contentless_index_with_rows(read: Callable[..., Snapshot]) -> None:
    """Its rows are gone for good; what it finds is compared."""
    script = (
        "CREATE VIRTUAL TABLE docs USING fts5(body, content='');\n"
        "INSERT INTO docs(rowid, body) VALUES (1, 'quick fox')"
    )
    assert "contentless" in carried(script)
    found = read(script + ";")
    assert found.rows == ()
    (terms,) = found.terms
    assert [row[:2] for row in terms.rows if row[0] in {"'fox'", "'quick'"}] == [
        ("'fox'", "1"),
        ("'quick'", "1"),
    ]


def test_an_index_that_takes_every_name_of_the_rowid(read: Callable[..., Snapshot]) -> None:
    """Where no name reaches its rowids, the table behind it tells the rows."""
    script = "CREATE VIRTUAL TABLE rowid USING fts5(oid, _rowid_);\nINSERT INTO rowid VALUES ('a', 'b')"
    assert "no name reaches the rowids" in carried(script)
    assert cells(read(script + ";"), "rowid_content") == [("1", "'a'", "'b'")]


def test_the_largest_rowid(read: Callable[..., Snapshot]) -> None:
    """How a row came by its rowid is no matter where none is written again."""
    script = "CREATE TABLE t (a);\nINSERT INTO t (rowid, a) VALUES (1, 'x'), (9223372036854775807, 'y')"
    assert "largest possible rowid" in carried(script)
    (found,) = read(script + ";").rows
    assert found.rowids == (1, 2**63 - 1)


def test_a_row_whose_parent_is_missing(read: Callable[..., Snapshot]) -> None:
    """Python's SQLite lets it in, D1 would not: it is a row."""
    found = read(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); INSERT INTO c VALUES (7);"
    )
    assert cells(found, "c") == [("7",)]


@BOTH
@pytest.mark.parametrize("rows", [True, False], ids=["rows", "no-rows"])
def test_a_module_that_only_another_program_has(
    read: Callable[..., Snapshot], profile: Profile, *, rows: bool
) -> None:
    """The virtual table is its text, and its tables are tables; nothing else of the database is lost."""
    text = "CREATE VIRTUAL TABLE v USING vec0(embedding float[4])"
    found = read(
        "CREATE TABLE t (a PRIMARY KEY, b REFERENCES t); INSERT INTO t VALUES (1, NULL);"
        "CREATE INDEX i ON t(b);"
        "CREATE TABLE v_chunks (id INTEGER PRIMARY KEY, data BLOB); INSERT INTO v_chunks VALUES (1, x'00');",
        profile,
        f"INSERT INTO sqlite_schema VALUES ('table', 'v', 'v', 0, '{text}')",
        rows=rows,
    )
    assert names(found) == ["t", "i", "v_chunks", "v"]
    (virtual,) = (item for item in found.objects if isinstance(item, VirtualTable))
    assert (virtual.sql, virtual.module, virtual.columns) == (text, "vec0", ())
    (table,) = (item for item in found.objects if isinstance(item, Table) and item.name == "t")
    assert ([column.name for column in table.columns], len(table.foreign_keys)) == (["a", "b"], 1)
    assert cells(found, "v_chunks") == ([("1", "x'00'")] if rows else [])


@BOTH
def test_a_tokenizer_that_only_another_program_has(read: Callable[..., Snapshot], profile: Profile) -> None:
    """Nothing has to be cut into words to read what the index holds."""
    script = "CREATE VIRTUAL TABLE docs USING fts5(body); INSERT INTO docs VALUES ('quick fox');"
    found = read(
        script,
        profile,
        "UPDATE sqlite_schema"
        " SET sql = 'CREATE VIRTUAL TABLE docs USING fts5(body, tokenize = signal_tokenizer)'"
        " WHERE name = 'docs'",
    )
    (virtual,) = found.objects
    assert isinstance(virtual, VirtualTable)
    assert "signal_tokenizer" in virtual.sql
    content = cells(found, "docs") if profile.defensive else cells(found, "docs_content")
    assert [row[-1] for row in content] == ["'quick fox'"]
    assert [row[0] for part in found.terms for row in part.rows if row[2] == "'body'"] == (
        ["'fox'", "'quick'"] if profile.defensive else []
    )


def test_fts4_under_d1(read: Callable[..., Snapshot]) -> None:
    """D1 has no fts4, a file may: its own tables tell what it holds."""
    found = read("CREATE VIRTUAL TABLE docs USING fts4(body); INSERT INTO docs VALUES ('quick fox');")
    assert names(found) == ["docs"]
    assert cells(found, "docs_content") == [("1", "'quick fox'")]


@BOTH
def test_a_collation_and_a_function_that_only_another_program_has(tmp_path: Path, profile: Profile) -> None:
    """Rows are read in some order all the same, and texts are compared as texts."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as database:
        database.create_collation("PHONEBOOK", lambda one, other: (one > other) - (one < other))
        database.create_function("slug", 1, str.lower, deterministic=True)
        database.executescript(
            "CREATE TABLE t (name TEXT COLLATE PHONEBOOK PRIMARY KEY, CHECK (slug(name) <> ''))"
            " WITHOUT ROWID;"
            "CREATE INDEX i ON t(slug(name)); CREATE VIEW v AS SELECT slug(name) AS s FROM t;"
            "INSERT INTO t VALUES ('b'), ('a');"
        )
    (found,) = open_source(parse(str(path)), of(profile)).side.snapshots
    assert names(found) == ["t", "i", "v"]
    assert sorted(cells(found, "t")) == [("'a'",), ("'b'",)]
    (table,) = found.of(Table)
    assert isinstance(table, Table)
    assert table.columns[0].collation == "PHONEBOOK"


def test_a_view_is_what_it_is_in_a_chain(read: Callable[..., Snapshot], tmp_path: Path) -> None:
    """The schema of a file is not trusted, and views that only an own schema may have still compile."""
    script = (
        "CREATE TABLE t (a DEFAULT (random()), b CHECK (b <> random()));"
        "CREATE VIEW r AS SELECT random() AS number;"
        "CREATE VIEW p AS SELECT name FROM pragma_table_info('t');"
    )
    (tmp_path / "file.sql").write_text(script)
    (same,) = set(open_source(parse(str(tmp_path / "file.sql")), of(SQLITE)).side.snapshots)
    found = read(script, SQLITE)
    assert found.objects == same.objects
    assert [item.problem for item in found.objects if isinstance(item, View)] == [None, None]


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE sqlite_schema SET name = 'other' WHERE name = 't'",
        "UPDATE sqlite_schema SET name = 'other' WHERE name = 'i'",
        "UPDATE sqlite_schema SET tbl_name = 'other' WHERE name = 'i'",
        "UPDATE sqlite_schema SET name = x'ff' WHERE name = 't'",
        "UPDATE sqlite_schema SET name = CAST(x'ff' AS TEXT) WHERE name = 't'",
        "UPDATE sqlite_schema SET type = 'thing' WHERE name = 't'",
        "UPDATE sqlite_schema SET type = 'view' WHERE name = 't'",
        "UPDATE sqlite_schema SET type = NULL WHERE name = 'v'",
        "UPDATE sqlite_schema SET sql = 'DROP TABLE t' WHERE name = 't'",
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE t AS SELECT 1' WHERE name = 't'",
        "UPDATE sqlite_schema SET sql = 7 WHERE name = 'v'",
        "UPDATE sqlite_schema SET rootpage = 3 WHERE name = 't'",
        "UPDATE sqlite_schema SET rootpage = 999 WHERE name = 't'",
        "INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name = 't'",
        "INSERT INTO sqlite_schema VALUES ('table', 'sqlite_stat1', '', 2, 'CREATE TABLE sqlite_stat1(a)')",
    ],
)
@pytest.mark.parametrize("rows", [True, False], ids=["rows", "no-rows"])
def test_a_forged_schema(read: Callable[..., Snapshot], forged: str, *, rows: bool) -> None:
    """Whatever stands in the schema table, the end is a snapshot or an error that names the file."""
    script = (
        "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2);"
        "CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT 1;"
    )
    message = "app.db"
    try:
        read(script, SQLITE, forged, rows=rows)
    except InputError as error:
        message = error.message
    assert "app.db" in message


def test_noise(tmp_path: Path) -> None:
    """Bytes changed anywhere give a snapshot or an error of ours, and never harm the file or the process."""
    chance = random.Random(20261122)
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "PRAGMA page_size = 512;"
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT UNIQUE, b AS (a || 'x'));"
            "CREATE VIRTUAL TABLE docs USING fts5(body); INSERT INTO docs VALUES ('quick brown fox');"
            "CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END;"
            "INSERT INTO t (a) VALUES ('one'), ('two'); CREATE TABLE w (a PRIMARY KEY, b) WITHOUT ROWID;"
        )
    whole = path.read_bytes()
    seen = set[str]()
    for number in range(400):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 10])):
            data[chance.randrange(16, len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            open_source(parse(str(path)), of((D1, SQLITE)[number % 2]), rows=number % 3 > 0)
            seen.add("read")
        except SquasherError as error:
            seen.add(
                f"refused {error.message.partition(': ')[0].partition(' ')[0].replace(str(path), 'the file')}"
            )
        assert path.read_bytes() == data
        assert [entry.name for entry in tmp_path.iterdir()] == ["app.db"]
    assert seen == {"read", "refused the file"}
