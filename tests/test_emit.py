"""Emission: a fresh file that reads well, loads everywhere and gives the same database again."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING

import apsw
import pytest

import squasher
from squasher import emit
from squasher.chain import Migration
from squasher.engine import Database
from squasher.errors import UnsupportedError
from squasher.introspect import introspect
from squasher.profiles import PROFILES
from squasher.replay import run_file
from squasher.sql import COMMENT, significant, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from squasher.commands.squash import Squashed
    from squasher.model import Snapshot
    from squasher.universe import Universe

    Squash = Callable[..., Squashed]
    Load = Callable[[str, str], Snapshot]

BOTH = pytest.mark.parametrize("profile", ["d1", "sqlite"])


@pytest.fixture
def squash(write_chain: Callable[[Mapping[str, str | bytes]], Path]) -> Squash:
    """Squash migrations, given as one text or by file name, and write nothing."""

    def run(files: str | Mapping[str, str | bytes], profile: str = "d1") -> Squashed:
        named = {"0001_all.sql": files} if isinstance(files, str) else files
        return squasher.squash(write_chain(named), profile=profile, write=False)

    return run


@pytest.fixture
def load(universe: Universe) -> Load:
    """The snapshot of a database after a file was run in it."""

    def run(text: str, profile: str) -> Snapshot:
        with Database(PROFILES[profile], universe) as database:
            run_file(database, Migration("fresh.sql", "fresh.sql", text))
            return introspect(database)

    return run


RICH = """
-- People; and what they do
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
  email TEXT NOT NULL UNIQUE COLLATE NOCASE, /* lower case; always */
  "full name" TEXT DEFAULT 'it''s; fine',
  balance DECIMAL(10, 2) NOT NULL DEFAULT 0 CHECK (balance >= 0),
  initial GENERATED ALWAYS AS (substr(email, 1, 1)) VIRTUAL,
  CONSTRAINT has_at CHECK (instr(email, '@') > 1)
);
create unique index users_name on users ("full name" desc)
  where "full name" is not null; -- partial
CREATE TABLE "order" (
  user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  item TEXT, PRIMARY KEY (user, item)) WITHOUT ROWID, STRICT;
CREATE TABLE values_of_all_kinds (v, t TEXT, r REAL, b BLOB, n NUMERIC);
CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree (id));
CREATE VIEW rich AS SELECT email,   balance FROM users -- those; with money
  WHERE balance > 1000;
CREATE TRIGGER watch AFTER UPDATE OF balance ON users WHEN new.balance > old.balance
BEGIN
  INSERT INTO values_of_all_kinds (t) VALUES ('more; ' || new.email);
END;
CREATE TRIGGER into_rich INSTEAD OF INSERT ON rich BEGIN
  INSERT INTO users (email) VALUES (new.email); END;
CREATE VIRTUAL TABLE search USING fts5(title, body, tokenize = 'porter unicode61');
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
INSERT INTO users (id, email, "full name", balance) VALUES
  (7, 'ann@example.com', 'Ann; O''Hara', 12.5),
  (3, 'bob@example.com', NULL, 3000),
  (9, 'cy@example.com', 'C', 0);
DELETE FROM users WHERE id = 9;
INSERT INTO "order" VALUES (7, 'b'), (3, 'a'), (7, 'a');
INSERT INTO values_of_all_kinds VALUES (NULL, '', 0.1, x'', 9223372036854775807),
  (-9223372036854775808, 'two' || char(10) || 'lines', 1e300, x'00ff', 1.0),
  (9e999, char(13, 10), -9e999, 'text', '007'),
  (CAST(x'ff00' AS TEXT), char(27) || '[0m', 5e-324, 5, -1.5),
  ('BEGIN' || ' TRANSACTION;', '{"a": [1, 2]}', 1, 1, 1);
INSERT INTO tree VALUES (1, NULL), (2, 3), (3, 1);
INSERT INTO search (rowid, title, body) VALUES (2, 'Running', 'He runs; fast'), (5, 'x', NULL);
INSERT INTO boxes VALUES (1, 0.5, 1.5), (4, -2, 2);
"""


@BOTH
def test_a_rich_schema_comes_back(squash: Squash, load: Load, profile: str) -> None:
    """Loading the text gives the snapshot that it was made of, and the proof says so."""
    result = squash(RICH, profile)
    assert result.proof.status == "equal"
    assert result.warnings == ()
    again = load(result.text, profile)
    assert again.rows == result.snapshot.rows
    assert again.terms == result.snapshot.terms
    assert again.sequences == result.snapshot.sequences == (("users", 9),)
    assert again.ledger == result.snapshot.ledger
    assert {item.name for item in again.objects} == {item.name for item in result.snapshot.objects}


@BOTH
def test_the_text_is_its_own_fixpoint(squash: Squash, load: Load, profile: str) -> None:
    """Squashing the text itself gives a text that makes the very same objects and rows."""
    first = squash({"0000_all.sql": RICH}, profile).text
    second = squash(
        {"0000_all.sql": "", "0001_complete_schema.sql": first.replace("0000_all", "0000")}, profile
    )
    one, other = load(first, profile), load(second.text, profile)
    assert other.objects == one.objects
    assert (other.rows, other.terms, other.sequences) == (one.rows, one.terms, one.sequences)


@BOTH
def test_what_no_splitter_trips_over(squash: Squash, profile: str) -> None:
    """LF only, a final one, a semicolon behind each statement, none in comments, no transaction words."""
    text = squash(RICH, profile).text
    assert "\r" not in text
    assert text.endswith(";\n")
    assert "BEGIN TRANSACTION" not in text
    assert "COMMIT" not in text
    assert all(";" not in token.text for token in tokens(text) if token.kind == COMMENT)
    for line in text.splitlines():
        assert line == line.rstrip() or line.lstrip().startswith(("'", "(")), line


@BOTH
def test_every_statement_ends_with_its_semicolon(
    squash: Squash, connect: Callable[..., Database], profile: str
) -> None:
    """SQLite finds as many statements as there are lines that end with a semicolon at their beginning."""
    text = squash(RICH, profile).text
    ran = connect(PROFILES[profile]).run(text)
    assert all(significant(one.sql)[-1].text == ";" for one in ran)
    assert all(text.encode()[one.start - 1 : one.start] == b"\n" for one in ran)


def test_the_order_of_sections(squash: Squash) -> None:
    """Tables by name with their indexes, virtual tables, views, rows, sequences, triggers, ledger."""
    result = squash(
        """
        CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT, x); CREATE INDEX b2 ON b (x);
        CREATE TABLE A (x);
        CREATE VIEW z AS SELECT 1; CREATE VIEW y AS SELECT 2; CREATE INDEX b1 ON b (x, id);
        CREATE TRIGGER t2 AFTER INSERT ON b BEGIN SELECT 1; END;
        CREATE VIRTUAL TABLE v USING fts5(q); CREATE TABLE c (x);
        CREATE TRIGGER t1 AFTER INSERT ON A BEGIN SELECT 1; END;
        INSERT INTO c VALUES (1); INSERT INTO A VALUES (2); INSERT INTO b VALUES (3, 4); DELETE FROM b;
        """
    )
    heads = [
        " ".join(token.text for token in significant(block)[:3])
        for block in result.text.split(";\n")
        if significant(block)
    ]
    assert heads == [
        "CREATE TABLE A",
        "CREATE TABLE b",
        "CREATE INDEX b2",
        "CREATE INDEX b1",
        "CREATE TABLE c",
        "CREATE VIRTUAL TABLE",
        "CREATE VIEW z",
        "CREATE VIEW y",
        "INSERT INTO A",
        "INSERT INTO c",
        "INSERT INTO sqlite_sequence",
        "CREATE TRIGGER t2",
        "END",
        "CREATE TRIGGER t1",
        "END",
        "CREATE TABLE IF",
        "INSERT OR IGNORE",
    ]


def test_the_header(squash: Squash) -> None:
    """The header names the range and the digest of the chain, and how to write the file anew."""
    result = squash({"0001_first.sql": "CREATE TABLE t (a);", "0004_last.sql": "SELECT 1;"})
    first, second, third, empty = result.text.splitlines()[:4]
    assert first == "-- The complete schema of 2 migrations, 0001_first to 0004_last."
    assert "squasher squash" in second
    assert third == f"-- source: {result.chain.digest}"
    assert not empty


def test_provenance(squash: Squash) -> None:
    """Beside each object stands which migrations made and changed it, and where its rows came from."""
    text = squash(
        {
            "0001_a.sql": "CREATE TABLE t (a);",
            "0002_b.sql": "CREATE TABLE u (a); INSERT INTO t VALUES (1), (2);",
            "0003_c.sql": "ALTER TABLE t ADD COLUMN b;",
            "0005_d.sql": (
                "CREATE TABLE n (a, b); INSERT INTO n SELECT * FROM t;"
                "DROP TABLE t; ALTER TABLE n RENAME TO t;"
            ),
        }
    ).text
    assert "-- u · made by 0002\n" in text
    assert "-- t · made by 0001, changed by 0003, 0005\n" in text
    assert re.search(r"^-- t · 2 rows from 0002.*\nINSERT INTO t", text, re.MULTILINE)


def test_rows_read_well(squash: Squash) -> None:
    """Rows are written with named columns, one on each line."""
    text = squash(
        'CREATE TABLE t (a INT, "b c" TEXT);'
        " INSERT INTO t VALUES (1, 'x'), (2, '{\"k\": 1}'), (NULL, 'it''s');"
    ).text
    assert (
        "INSERT INTO t (a, \"b c\") VALUES\n    (1, 'x'),\n    (2, '{\"k\": 1}'),\n    (NULL, 'it''s');\n"
    ) in text


@BOTH
def test_long_tables_are_split(squash: Squash, load: Load, profile: str) -> None:
    """No statement is longer than D1 allows, and no row is lost at a seam."""
    fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)"
    result = squash(
        f"CREATE TABLE t (a, b); INSERT INTO t {fill} SELECT i, printf('%.*cé', i % 90, 'x') FROM n;", profile
    )
    statements = [part for part in result.text.split(";\n") if "INSERT INTO t " in part]
    assert len(statements) > 2
    assert all(len(part.encode()) + 1 <= 100_000 for part in statements)
    assert min(len(part.encode()) for part in statements[:-1]) > 99_000
    assert load(result.text, profile).rows == result.snapshot.rows


def test_a_row_at_the_limit(squash: Squash) -> None:
    """A row that fits into a statement is written; one beyond D1's limit is an error that names the table."""
    table, row = "CREATE TABLE t (a);", "INSERT INTO t VALUES (printf('%.*c', {}, 'x'));"
    assert squash(table + row.format(99_800)).text
    with pytest.raises(UnsupportedError, match="row 1 of t needs a statement of"):
        squash(table + row.format(120_000))
    assert squash(table + row.format(120_000), "sqlite").text


@pytest.mark.parametrize("length", [99_900, 99_930, 99_950, 99_960, 99_966, 99_967, 99_970, 100_000])
def test_a_row_just_at_the_limit(squash: Squash, length: int) -> None:
    """Near the limit a row either loads or is refused by name; the comment above it counts for SQLite."""
    try:
        result = squash(f"CREATE TABLE t (a); INSERT INTO t VALUES (printf('%.*c', {length}, 'x'));")
        told: str = result.proof.status
    except UnsupportedError as error:
        told = error.message
    assert told == "equal" or told.startswith("row 1 of t needs a statement of")


@pytest.mark.parametrize("name", ["t", "a" * 300, "é" * 200])
def test_long_names_count(squash: Squash, name: str) -> None:
    """The length of a statement includes its head in bytes."""
    fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
    text = squash(
        f'CREATE TABLE "{name}" (a); INSERT INTO "{name}" {fill} SELECT hex(zeroblob(30)) FROM n;'
    ).text
    assert max(len(part.encode()) for part in text.split(";\n")) < 100_000


REFERENCES = {
    "chain": """
        CREATE TABLE a (id INTEGER PRIMARY KEY, z REFERENCES z);
        CREATE TABLE z (id INTEGER PRIMARY KEY, m REFERENCES m); CREATE TABLE m (id INTEGER PRIMARY KEY);
        INSERT INTO m VALUES (1); INSERT INTO z VALUES (1, 1); INSERT INTO a VALUES (1, 1);
    """,
    "self": """
        CREATE TABLE t (id INTEGER PRIMARY KEY, up REFERENCES t); INSERT INTO t VALUES (1, NULL), (2, 1);
        INSERT INTO t VALUES (3, 3); UPDATE t SET up = 3 WHERE id = 1;
    """,
    "cycle": """
        PRAGMA defer_foreign_keys = ON; CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES b);
        CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a);
        INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1);
    """,
    "case": """
        CREATE TABLE A (id INTEGER PRIMARY KEY, p REFERENCES P); CREATE TABLE p (id INTEGER PRIMARY KEY);
        INSERT INTO p VALUES (1); INSERT INTO a VALUES (1, 1);
    """,
    "dangling": "CREATE TABLE c (p REFERENCES nowhere); CREATE TABLE d (a); INSERT INTO d VALUES (1);",
}


@BOTH
@pytest.mark.parametrize("script", REFERENCES.values(), ids=REFERENCES.keys())
def test_references(squash: Squash, profile: str, script: str) -> None:
    """Rows load with foreign keys on, whatever refers to what: parents come before their children."""
    result = squash(script, profile)
    assert result.proof.status == "equal"
    order = re.findall(r"^INSERT INTO (\w+) \(", result.text, re.MULTILINE)
    if {"a", "z", "m"} <= set(order):
        assert [name for name in order if name in {"a", "z", "m"}] == ["m", "z", "a"]


def test_a_parent_that_is_gone(squash: Squash) -> None:
    """D1 takes no row of a table whose parent is missing: it is carried all the same, or named."""
    script = """
        CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE child (p REFERENCES p);
        INSERT INTO child VALUES (NULL); DROP TABLE p;
    """
    try:
        told: str = squash(script).proof.status
    except UnsupportedError as error:
        told = error.message
    assert told == "equal" or "child" in told


@BOTH
def test_as_many_columns_as_d1_allows(squash: Squash, profile: str) -> None:
    """A table of 100 columns is within D1's limits, with its implicit rowids too."""
    columns = ", ".join(f"c{number}" for number in range(100))
    result = squash(f"CREATE TABLE t ({columns}); INSERT INTO t (oid, c0) VALUES (5, 1);", profile)
    assert result.proof.status == "equal"


def test_long_tables_that_refer_to_themselves(squash: Squash) -> None:
    """Rows that refer to rows in a later statement load too."""
    result = squash(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, up INT REFERENCES t, pad TEXT); INSERT INTO t "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " SELECT i, 3001 - i, hex(zeroblob(30)) FROM n;"
    )
    assert result.text.count("INSERT INTO t ") > 1
    assert result.proof.status == "equal"


@BOTH
@pytest.mark.parametrize(
    ("script", "written"),
    [
        ("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3); DELETE FROM t WHERE a = 2;", "(rowid, a)"),
        ("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2);", "(a)"),
        ("CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (-5, 1);", "(rowid, a)"),
        ("CREATE TABLE t (rowid); INSERT INTO t (oid, rowid) VALUES (4, 'x');", "(_rowid_, rowid)"),
        ("CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t (rowid, a) VALUES (3, 1);", "(rowid, a)"),
        ("CREATE TABLE t (a, rowid AS (a + 1)); INSERT INTO t (_rowid_, a) VALUES (3, 1);", "(_rowid_, a)"),
        (
            "CREATE TABLE t (a, ROWID AS (a), _rowid_); INSERT INTO t (oid, a) VALUES (3, 1);",
            "(oid, a, _rowid_)",
        ),
        ("CREATE TABLE t (rowid, _rowid_, oid); INSERT INTO t VALUES (1, 2, 3);", "(rowid, _rowid_, oid)"),
    ],
)
def test_gaps_between_rowids(squash: Squash, profile: str, script: str, written: str) -> None:
    """Implicit rowids are written where plain inserts would not give them, by a name that is free."""
    result = squash(script, profile)
    assert f"INSERT INTO t {written} VALUES" in result.text
    assert result.proof.status == "equal"


@BOTH
def test_rows_that_break_a_check(squash: Squash, profile: str) -> None:
    """Rows that a CHECK forbids load, and the CHECK is on again for what follows."""
    result = squash(
        "CREATE TABLE t (a CHECK (a > 0)); PRAGMA ignore_check_constraints = ON;"
        " INSERT INTO t VALUES (-1), (2);",
        profile,
    )
    assert result.proof.status == "equal"
    on = result.text.index("PRAGMA ignore_check_constraints = ON;")
    off = result.text.index("PRAGMA ignore_check_constraints = OFF;")
    assert on < result.text.index("INSERT INTO t") < off


def test_rows_that_break_a_foreign_key(squash: Squash) -> None:
    """On SQLite rows that refer to nothing load, also where foreign keys are on."""
    result = squash(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); INSERT INTO c VALUES (1);",
        "sqlite",
    )
    connection = apsw.Connection(":memory:")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(result.text)
    assert connection.execute("SELECT p FROM c").fetchall() == [(1,)]


def test_settings(squash: Squash) -> None:
    """The settings of the header are carried on SQLite."""
    text = squash("PRAGMA user_version = 12; PRAGMA application_id = -3; CREATE TABLE t (a);", "sqlite").text
    connection = apsw.Connection(":memory:")
    connection.execute(text)
    assert connection.pragma("user_version") == 12
    assert connection.pragma("application_id") == -3


COUNTED = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a);"


@BOTH
@pytest.mark.parametrize(
    "script",
    [
        "INSERT INTO t (a) VALUES (1), (2); DELETE FROM t;",
        "INSERT INTO t VALUES (5, 1), (9, 2); DELETE FROM t WHERE id = 9;",
        "INSERT INTO t VALUES (5, 1); UPDATE sqlite_sequence SET seq = 3;",
        "INSERT INTO t VALUES (-7, 1);",
        "INSERT INTO t VALUES (5, 1); DELETE FROM sqlite_sequence;",
        "DROP TABLE t; CREATE TABLE u (a);",
        'INSERT INTO t VALUES (4, 1); ALTER TABLE t RENAME TO "q\'s"; DELETE FROM "q\'s";',
        "INSERT INTO sqlite_sequence VALUES ('no table', 7);",
    ],
    ids=["emptied", "gap", "lower", "negative", "forgotten", "dropped", "renamed", "stray"],
)
def test_sequences_go_on(squash: Squash, profile: str, script: str) -> None:
    """The next AUTOINCREMENT key after loading is the one after the chain."""
    result = squash(COUNTED + script, profile)
    assert result.proof.status == "equal"


@BOTH
@pytest.mark.parametrize(
    "name",
    [
        "a;b",
        "a\nb",
        "a\r\nDROP TABLE t;\n--",
        "*/ x /*",
        "a\u2028b",
        "it's",
        'q"uote',
        "-- x",
        "é🙂",
    ],
)
def test_hostile_names(squash: Squash, profile: str, name: str) -> None:
    """A table's name cannot end the comment that names it; its text is data everywhere."""
    quoted = '"' + name.replace('"', '""') + '"'
    result = squash(f"CREATE TABLE {quoted} (a); INSERT INTO {quoted} VALUES (1);", profile)
    assert result.proof.status == "equal"
    comments = [token.text for token in tokens(result.text) if token.kind == COMMENT]
    assert all(
        comment.startswith("--") and comment.isprintable() and ";" not in comment for comment in comments
    )
    names = [token.text for token in significant(result.text) if token.text == "DROP"]
    assert names == []


@BOTH
@pytest.mark.parametrize("name", ["0001_a;b.sql", "0001_a\nDROP TABLE t;.sql", "0001_it's.sql", "0001_é.sql"])
def test_hostile_names_of_migrations(squash: Squash, load: Load, profile: str, name: str) -> None:
    """A file's name cannot end the comment that names it, and the ledger has it as it is."""
    result = squash({name: "CREATE TABLE t (a);", "0002_b.sql": "SELECT 1;"}, profile)
    comments = [token.text for token in tokens(result.text) if token.kind == COMMENT]
    assert all(comment.isprintable() and ";" not in comment for comment in comments)
    ledger = (name, "0002_b.sql") if profile == "d1" else ()
    assert load(result.text, profile).ledger == ledger


@pytest.mark.parametrize(
    "script",
    [
        "CREATE VIEW v AS SELECT a,\r\n a AS b\r\nFROM u;",
        "CREATE TRIGGER r AFTER INSERT ON u\r\nWHEN new.a\r\n> 1 BEGIN\r\n SELECT 1;\r\n SELECT 2;\r\nEND;",
        "CREATE INDEX i ON u (\r\n  a\r\n) WHERE a\r\n > 1;",
        "CREATE TABLE t (a -- one\r\n, b /* two\r\nlines */, CHECK (\r\n a > 1\r\n));",
    ],
    ids=["view", "trigger", "index", "table"],
)
def test_windows_line_ends(squash: Squash, script: str) -> None:
    """A chain written with CR LF gives a file with LF only."""
    assert "\r" not in squash("CREATE TABLE u (a);\r\n" + script).text


@BOTH
def test_values_of_virtual_tables(squash: Squash, profile: str) -> None:
    """Full-text tables of every kind that a profile can carry come back with their configuration."""
    script = """
        CREATE TABLE posts (id INTEGER PRIMARY KEY, body);
        CREATE VIRTUAL TABLE f USING fts5(body, content='posts', content_rowid='id');
        INSERT INTO posts VALUES (4, 'one two'), (8, 'two three');
        INSERT INTO f (f) VALUES ('rebuild');
        INSERT INTO f (f, rank) VALUES ('automerge', 8);
        CREATE VIRTUAL TABLE f_x USING fts5(a UNINDEXED, b, prefix='2 3', detail=column);
        INSERT INTO f_x (rowid, a, b) VALUES (9, 'one', 'two'), (11, NULL, 'it''s');
        CREATE TRIGGER keep AFTER INSERT ON posts BEGIN
            INSERT INTO f (rowid, body) VALUES (new.id, new.body); END;
    """
    assert squash(script, profile).proof.status == "equal"


def compact(rows: list[tuple[apsw.SQLiteValue, ...]]) -> list[tuple[apsw.SQLiteValue, ...]]:
    """Rows of sqlite_schema, without those that engines add by themselves."""
    return [row for row in rows if not str(row[1]).startswith("sqlite_stat")]


SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"


@pytest.fixture(params=["d1", "sqlite", "project"])
def portable(request: pytest.FixtureRequest, squash: Squash, repository: Path) -> str:
    """Fresh files of the rich schema and of the project's own chain."""
    if request.param == "project":
        return squasher.squash(repository / "migrations", write=False).text
    return squash(RICH, request.param).text


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="there is no sqlite3 command")
def test_the_sqlite3_command_loads_it(portable: str, tmp_path: Path) -> None:
    """The system's older sqlite3 command takes the file as one script and stores the same."""
    file = tmp_path / "fresh.db"
    subprocess.run(["sqlite3", "-bail", file], input=portable.encode(), check=True)  # noqa: S607
    ours = apsw.Connection(":memory:")
    ours.execute(portable)
    theirs = apsw.Connection(str(file))
    assert compact(theirs.execute(SCHEMA).fetchall()) == compact(ours.execute(SCHEMA).fetchall())
    for table in ("users", "values_of_all_kinds", "tree") if "values_of_all_kinds" in portable else ():
        names = [row[0] for row in ours.execute("SELECT name FROM pragma_table_info(?)", (table,))]
        cells = ", ".join(f'typeof("{name}"), CAST("{name}" AS BLOB), "{name}" IS 9e999' for name in names)
        query = f"SELECT rowid, {cells} FROM {table}"
        assert theirs.execute(query).fetchall() == ours.execute(query).fetchall()
    theirs.close()


def test_the_standard_module_loads_it(portable: str) -> None:
    """Python's own sqlite3 module takes the file as one script and stores the same schema."""
    ours = apsw.Connection(":memory:")
    ours.execute(portable)
    theirs = sqlite3.connect(":memory:")
    theirs.executescript(portable)
    rows = theirs.execute(SCHEMA).fetchall()
    theirs.close()
    assert compact(rows) == compact(ours.execute(SCHEMA).fetchall())


def test_the_file_of_this_project(repository: Path) -> None:
    """The file in the repository is what squash writes of its migrations."""
    fresh = repository / "migrations-fresh" / "0001_complete_schema.sql"
    assert squasher.squash(repository / "migrations", write=False).text == fresh.read_text(encoding="utf-8")


@BOTH
def test_a_chain_that_leaves_nothing(squash: Squash, profile: str) -> None:
    """A chain whose objects are all gone gives a file without any."""
    result = squash("CREATE TABLE t (a); DROP TABLE t;", profile)
    assert result.proof.status == "equal"
    assert result.snapshot.objects == ()


def test_two_processes_write_what_one_does(squash: Squash, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of many tables are the same text whoever writes which of them."""
    script = "".join(
        f"CREATE TABLE t{number} (a, b); INSERT INTO t{number} VALUES (1, x'00'){', (2, 3)' * more};"
        for number, more in enumerate([2, 0, 40, 1])
    )
    alone = squash(script).text
    monkeypatch.setattr(emit, "_WORTH_A_PROCESS", 10)
    assert squash(script).text == alone


def test_two_processes_complain_of_the_first_table(squash: Squash, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two tables that nobody can write, the first one is named whoever finds out first."""
    script = "".join(
        f"CREATE TABLE {name} (a); INSERT INTO {name} VALUES (zeroblob(60000)), (1), (2), (3);"
        for name in "ab"
    )
    monkeypatch.setattr(emit, "_WORTH_A_PROCESS", 2)
    with pytest.raises(UnsupportedError, match="row 1 of a needs"):
        squash(script)
