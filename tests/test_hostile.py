"""Chains and files that once got past the tool: what was found to break it stays found."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import squasher
from squasher.errors import InputError, ReplayError, SquasherError, UnsupportedError

ID = "lower(hex(randomblob(8)))"


def chain(folder: Path, *scripts: str) -> Path:
    """A directory with these migrations."""
    directory = folder / "migrations"
    directory.mkdir()
    for number, script in enumerate(scripts, 1):
        (directory / f"{number:04}_step.sql").write_text(script, encoding="utf-8")
    return directory


def installed(text: str) -> sqlite3.Connection:
    """A real installation of a fresh file: another SQLite, the real clock, real randomness."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(text)
    return connection


@pytest.mark.parametrize(
    ("script", "holds"),
    [
        (
            (
                f"CREATE TABLE p (id TEXT DEFAULT ({ID}), code TEXT, name TEXT);"
                "INSERT INTO p (name) VALUES ('a'), ('b'); UPDATE p SET code = upper(substr(id, 1, 6));"
            ),
            "SELECT min(code = upper(substr(id, 1, 6))) FROM p",
        ),
        (
            (
                "CREATE TABLE u (id INTEGER, name TEXT); CREATE TABLE m (v TEXT);"
                "INSERT INTO u VALUES (abs(random()) % 90000 + 10000, 'x');"
                "INSERT INTO m SELECT 'user-' || id FROM u;"
            ),
            "SELECT v = 'user-' || id FROM u, m",
        ),
        (
            (
                "CREATE TABLE u (id INTEGER PRIMARY KEY); CREATE TABLE o (k INTEGER PRIMARY KEY, uid TEXT);"
                "INSERT INTO u VALUES (abs(random()) % 1000000); INSERT INTO o SELECT 1, id FROM u;"
            ),
            "SELECT count(*) = 1 FROM o JOIN u ON u.id = CAST(o.uid AS INTEGER)",
        ),
        (
            (
                "CREATE TABLE u (id INTEGER, n TEXT); INSERT INTO u (id) VALUES (abs(random()) / 2);"
                "UPDATE u SET n = id;"
            ),
            "SELECT CAST(n AS INTEGER) = id FROM u",
        ),
        (
            (
                f"CREATE TABLE t (id TEXT, lid TEXT DEFAULT ({ID}));"
                "INSERT INTO t VALUES (hex(randomblob(8)), NULL); UPDATE t SET lid = lower(id);"
            ),
            "SELECT lid = lower(id) FROM t",
        ),
        (
            (
                "CREATE TABLE u (id TEXT PRIMARY KEY, name TEXT);"
                "INSERT INTO u VALUES (hex(randomblob(8)), 'a'), (hex(randomblob(8)), 'b');"
                "CREATE TABLE k (n INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT);"
                "INSERT INTO k (uid) SELECT id FROM u;"
            ),
            "SELECT count(*) = 2 FROM k JOIN u ON u.id = k.uid",
        ),
        (
            (
                "CREATE TABLE roles (id TEXT PRIMARY KEY, name TEXT NOT NULL);"
                "INSERT INTO roles VALUES (hex(randomblob(16)), 'admin'), (hex(randomblob(16)), 'viewer');"
                "CREATE TABLE p (role_id TEXT NOT NULL, action TEXT NOT NULL);"
                "INSERT INTO p SELECT id, 'read' FROM roles;"
                "INSERT INTO p SELECT id, 'write' FROM roles WHERE name <> 'viewer';"
            ),
            "SELECT count(*) = 3 FROM p JOIN roles ON roles.id = p.role_id",
        ),
        (
            (
                "CREATE TABLE p (id INTEGER PRIMARY KEY, n); CREATE TABLE q (p INT, n);"
                "INSERT INTO p (id, n) VALUES (abs(random()), 'a');"
                "INSERT INTO q (p, n) VALUES (last_insert_rowid(), 'x');"
            ),
            "SELECT count(*) = 1 FROM p JOIN q ON q.p = p.id",
        ),
        (
            (
                "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE l (s);"
                "INSERT INTO a (id) VALUES (abs(random()) % 1000000 + 1);"
                "INSERT INTO l SELECT seq FROM sqlite_sequence WHERE name = 'a';"
            ),
            "SELECT s = id FROM a, l",
        ),
        (
            (
                "CREATE TABLE p (id INTEGER PRIMARY KEY, st TEXT, en TEXT);"
                "INSERT INTO p (st) VALUES (datetime('now')); UPDATE p SET en = datetime(st, '+30 days');"
            ),
            "SELECT en = datetime(st, '+30 days') FROM p",
        ),
    ],
)
def test_values_that_belong_together_stay_together(script: str, holds: str, tmp_path: Path) -> None:
    """A value that a migration made from another one fits it in a real installation too."""
    result = squasher.squash(chain(tmp_path, script), write=False)
    connection = installed(result.text)
    assert connection.execute(holds).fetchone() == (1,)
    connection.close()


def test_random_choices_keep_their_range(tmp_path: Path) -> None:
    """An expression of another column or row is not taken for one that chance made equal in form."""
    result = squasher.squash(
        chain(
            tmp_path,
            "CREATE TABLE w (x); INSERT INTO w VALUES (1), (2), (3), (4), (5);"
            "CREATE TABLE p (id INTEGER PRIMARY KEY, a); INSERT INTO p (a) SELECT x FROM w ORDER BY random();"
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x INT DEFAULT (abs(random()) % 10));"
            "INSERT INTO t (x) VALUES (abs(random()) % 1000000 + 1000000);",
        ),
        write=False,
    )
    connection = installed(result.text)
    assert sorted(a for (a,) in connection.execute("SELECT a FROM p")) == [1, 2, 3, 4, 5]
    assert connection.execute("SELECT min(x) >= 1000000 FROM t").fetchone() == (1,)
    connection.close()


TABLE = "CREATE TABLE t (a, b);\n"
TEXTS = "CREATE VIRTUAL TABLE f1 USING fts5(a);\nCREATE VIRTUAL TABLE f2 USING fts5(a);\n"
LEDGER = (
    "\nCREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,"
    " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);\n"
    "INSERT INTO d1_migrations (name) VALUES ('0001_step.sql');\n"
)


@pytest.mark.parametrize(
    ("common", "ours", "theirs"),
    [
        (
            TABLE + TEXTS,
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO f1 (a) VALUES (new.a); END;",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO f2 (a) VALUES (new.a); END;",
        ),
        (TEXTS, "CREATE VIEW v AS SELECT a FROM f1;", "CREATE VIEW v AS SELECT a FROM f2;"),
        (
            TABLE,
            "CREATE VIEW v AS SELECT j.value FROM t, json_each(t.a) AS j;",
            "CREATE VIEW v AS SELECT j.value FROM t, json_tree(t.a) AS j;",
        ),
        (
            "",
            "CREATE VIEW v AS SELECT x'0041' AS a, x'0042' AS b;",
            "CREATE VIEW v AS SELECT x'0042' AS a, x'0041' AS b;",
        ),
        ("", "CREATE VIEW v AS SELECT x'0001' AS a;", "CREATE VIEW v AS SELECT x'0002' AS a;"),
        (TABLE, "CREATE VIEW v AS SELECT * FROM t;", "CREATE VIEW v AS SELECT a, b FROM t;"),
        (
            TABLE + "CREATE TABLE l (a);",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO l (a) VALUES (new.a); END;",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO l (a) VALUES (new.a); END;",
        ),
        (
            TABLE,
            "CREATE TRIGGER g AFTER UPDATE OF a, oid ON t BEGIN SELECT 1; END;",
            "CREATE TRIGGER g AFTER UPDATE OF a ON t BEGIN SELECT 1; END;",
        ),
        (
            "CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, n, at DEFAULT CURRENT_TIMESTAMP);",
            "INSERT INTO c (n) VALUES (1), (2); DELETE FROM c WHERE id = 2;",
            "INSERT INTO c (n) VALUES (1);",
        ),
        (
            (
                "CREATE TABLE d (id INTEGER PRIMARY KEY, t, at DEFAULT CURRENT_TIMESTAMP);"
                "CREATE VIRTUAL TABLE f USING fts5(t, content='d', content_rowid='id');"
                "INSERT INTO d (id, t) VALUES (1, 'hello');"
            ),
            "INSERT INTO f (f) VALUES ('rebuild');",
            "INSERT INTO f (rowid, t) VALUES (1, 'other');",
        ),
        (
            TABLE + TEXTS,
            (
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO f1 (a) VALUES (new.a);"
                " INSERT INTO f2 (a) VALUES (new.b); END;"
            ),
            (
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO f2 (a) VALUES (new.a);"
                " INSERT INTO f1 (a) VALUES (new.b); END;"
            ),
        ),
        (
            TEXTS,
            "CREATE VIEW v AS SELECT a, 1 FROM f1 UNION ALL SELECT a, 2 FROM f2;",
            "CREATE VIEW v AS SELECT a, 1 FROM f2 UNION ALL SELECT a, 2 FROM f1;",
        ),
        (
            TABLE + "CREATE TABLE u (a, b);",
            "CREATE VIEW v AS SELECT t.*, u.a FROM t, u;",
            "CREATE VIEW v AS SELECT t.a, u.* FROM t, u;",
        ),
        (
            TABLE + "CREATE TABLE l (a);",
            (
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO l (a) VALUES (new.a);"
                " INSERT OR REPLACE INTO l (a) VALUES (new.b); END;"
            ),
            (
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT OR REPLACE INTO l (a) VALUES (new.a);"
                " INSERT OR IGNORE INTO l (a) VALUES (new.b); END;"
            ),
        ),
        (
            TABLE + "CREATE TABLE l (a, b);",
            "CREATE TRIGGER g AFTER UPDATE OF rowid ON t BEGIN INSERT INTO l VALUES (old.a, new.b); END;",
            "CREATE TRIGGER g AFTER UPDATE OF rowid ON t BEGIN INSERT INTO l VALUES (new.b, old.a); END;",
        ),
        (
            "CREATE TABLE p (a);",
            "INSERT INTO p VALUES ('x'), ('y'); CREATE UNIQUE INDEX i ON p (a) WHERE rowid > 1;",
            "INSERT INTO p VALUES ('y'), ('x'); CREATE UNIQUE INDEX i ON p (a) WHERE rowid > 1;",
        ),
        (
            "CREATE TABLE p (a, CHECK (rowid <= 2));",
            "INSERT INTO p (rowid, a) VALUES (1, 'x'), (2, 'y');",
            "INSERT INTO p (rowid, a) VALUES (-1, 'x'), (0, 'y');",
        ),
        (
            "CREATE VIRTUAL TABLE f USING fts5(body, k UNINDEXED);",
            "INSERT INTO f (rowid, body, k) VALUES (1, '', 'x');",
            "INSERT INTO f (rowid, body, k) VALUES (2, '', 'x');",
        ),
        (
            (
                "CREATE TABLE d (id INTEGER PRIMARY KEY, body);"
                "CREATE VIRTUAL TABLE f USING fts5(body, content='d', content_rowid='id');"
                "INSERT INTO d VALUES (1, 'hello');"
            ),
            "INSERT INTO f (rowid, body) VALUES (1, 'hello');",
            (
                "INSERT INTO f (rowid, body) VALUES (1, 'x');"
                "INSERT INTO f (rowid, body) VALUES (1, 'hello');"
                "INSERT INTO f (f, rowid, body) VALUES ('delete', 1, 'x');"
            ),
        ),
        (
            "CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO c (a) VALUES (1);",
            "UPDATE sqlite_sequence SET seq = 50 WHERE name = 'c';",
            "UPDATE sqlite_sequence SET seq = '9223372036854775807' WHERE name = 'c';",
        ),
        (
            "CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, a);",
            "INSERT INTO c VALUES (abs(random()) / 4, 1);",
            (
                "INSERT INTO c VALUES (abs(random()) / 4, 1);"
                "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'c';"
            ),
        ),
        (
            "CREATE TABLE u (a TEXT, n); CREATE TABLE w (a TEXT, n);",
            "INSERT INTO u VALUES (hex(randomblob(8)), 1); INSERT INTO w SELECT a, n FROM u;",
            "INSERT INTO u VALUES (hex(randomblob(8)), 1); INSERT INTO w VALUES (hex(randomblob(8)), 1);",
        ),
    ],
)
def test_what_only_looks_alike_is_different(common: str, ours: str, theirs: str, tmp_path: Path) -> None:
    """A file that means something else is found, however alike the facts and the programs are."""
    directory = chain(tmp_path, common + ours)
    fresh = tmp_path / "fresh.sql"
    fresh.write_text(common + ours + LEDGER, encoding="utf-8")
    assert squasher.check(directory, fresh).proof.status == "equal"
    fresh.write_text(common + theirs + LEDGER, encoding="utf-8")
    assert squasher.check(directory, fresh).proof.status == "different"


def test_rowids_matter_only_where_something_names_them(tmp_path: Path) -> None:
    """A trigger that writes the rowid of one table leaves the order of another table's rows free."""
    common = (
        "CREATE TABLE s (key TEXT PRIMARY KEY, v); CREATE TABLE d (id INTEGER PRIMARY KEY, t);"
        "CREATE VIRTUAL TABLE f USING fts5(t);"
        "CREATE TRIGGER g AFTER INSERT ON d BEGIN INSERT INTO f (rowid, t) VALUES (new.id, new.t); END;"
    )
    directory = chain(tmp_path, common + "INSERT INTO s VALUES ('a', 1), ('b', 2);")
    fresh = tmp_path / "fresh.sql"
    fresh.write_text(common + "INSERT INTO s VALUES ('b', 2), ('a', 1);" + LEDGER, encoding="utf-8")
    assert squasher.check(directory, fresh).proof.status == "equal"


@pytest.mark.parametrize("profile", ["d1", "sqlite"])
def test_a_comment_behind_a_view_does_not_swallow_the_semicolon(profile: str, tmp_path: Path) -> None:
    """A view whose column shows a comment is written byte for byte, and still ends."""
    view = "CREATE VIEW v AS SELECT a /* z */ ||  1 FROM t -- end\n;\n"
    script = f"CREATE TABLE t (a);\n{view}INSERT INTO t VALUES (1);"
    assert squasher.squash(chain(tmp_path, script), profile=profile, write=False).proof.status == "equal"


def test_a_stale_index_is_named(tmp_path: Path) -> None:
    """An external-content index that was never rebuilt cannot be carried, and the error says which."""
    script = (
        "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, c TEXT DEFAULT CURRENT_TIMESTAMP);"
        "CREATE VIRTUAL TABLE f USING fts5(t, content='a', content_rowid='id');"
        "INSERT INTO a (id, t) VALUES (1, 'alpha'); INSERT INTO f (f) VALUES ('rebuild');"
        "UPDATE a SET t = 'omega' WHERE id = 1;"
    )
    with pytest.raises(UnsupportedError, match="full-text index f does not hold"):
        squasher.squash(chain(tmp_path, script), write=False)


@pytest.mark.parametrize(
    "break_it",
    [
        "ALTER TABLE a RENAME COLUMN id TO key;",
        "ALTER TABLE a RENAME TO b;",
        "DROP TABLE a;",
    ],
)
def test_an_index_that_cannot_read_its_content_is_named(break_it: str, tmp_path: Path) -> None:
    """An external-content index keeps the names it was made with; without them D1 cannot rebuild it."""
    script = (
        "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT);"
        "CREATE VIRTUAL TABLE f USING fts5(t, content='a', content_rowid='id');"
        "INSERT INTO a VALUES (1, 'alpha'); INSERT INTO f (f) VALUES ('rebuild');" + break_it
    )
    directory = chain(tmp_path, script)
    with pytest.raises(UnsupportedError, match="full-text index f cannot read its content table a:"):
        squasher.squash(directory, write=False)
    assert squasher.squash(directory, profile="sqlite", write=False).proof.status == "equal"


@pytest.mark.parametrize("written", ["hex(randomblob(8))", "((hex(randomblob(8))))"])
def test_a_chosen_expression_has_no_brackets_around_it(written: str, tmp_path: Path) -> None:
    """The expression for the only column of a row is the value, not the row, however often it is squashed."""
    script = f"CREATE TABLE t (a);\nINSERT INTO t VALUES ({written});"
    result = squasher.squash(chain(tmp_path, script), write=False)
    assert "\n    (hex(randomblob(8)));\n" in result.text


def test_a_chosen_expression_loses_its_comments(tmp_path: Path) -> None:
    """A comment inside an expression goes, and with it the semicolons that splitters would count."""
    script = "CREATE TABLE t (a, b);\nINSERT INTO t VALUES (1, hex /* b; */ ( -- END;\nrandomblob(8)));"
    result = squasher.squash(chain(tmp_path, script), write=False)
    assert "\n    (1, hex ( randomblob(8)));\n" in result.text


@pytest.mark.parametrize("profile", ["d1", "sqlite"])
@pytest.mark.parametrize(
    "script",
    [
        "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ({0}), ('ok');",
        "CREATE VIRTUAL TABLE f USING fts5(a, tokenize='ascii'); INSERT INTO f VALUES ({0}), ('ok');",
        (
            "CREATE VIRTUAL TABLE r USING rtree(id, x, y, +note);"
            "INSERT INTO r VALUES (2, 1, 2, {0}), (1, 3, 4, 'ok');"
        ),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, {0}), (2, 'b a');"
            "CREATE VIRTUAL TABLE f USING fts5(a, content='t', content_rowid='id', tokenize='ascii');"
            "INSERT INTO f (f) VALUES ('rebuild');"
        ),
    ],
)
def test_virtual_tables_hold_text_that_is_not_utf8(script: str, profile: str, tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are carried in full-text and R*Tree tables as in any other."""
    directory = chain(tmp_path, script.format("CAST(x'61ff' AS TEXT)"))
    result = squasher.squash(directory, profile=profile)
    assert result.proof.status == "equal"
    assert "61ff" in result.text.lower()
    assert squasher.check(directory, profile=profile).exact


def test_a_file_without_an_indexs_content_is_different(tmp_path: Path) -> None:
    """A fresh file that drops the table below an index is compared, and the table is missed."""
    directory = chain(
        tmp_path,
        "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO a VALUES (1, 'alpha');"
        "CREATE VIRTUAL TABLE f USING fts5(t, content='a', content_rowid='id');"
        "INSERT INTO f (f) VALUES ('rebuild');",
    )
    fresh = tmp_path / "fresh.sql"
    fresh.write_text(squasher.squash(directory, fresh).text + "DROP TABLE a;\n", encoding="utf-8")
    assert squasher.check(directory, fresh).proof.status == "different"


def test_a_foreign_key_to_no_key_is_named(tmp_path: Path) -> None:
    """SQLite puts no two rows into a parent whose child refers to columns that no unique key holds."""
    script = (
        "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO p VALUES (1, 'a'), (2, 'b');"
        "CREATE TABLE c (name TEXT REFERENCES p (name));"
    )
    directory = chain(tmp_path, script)
    with pytest.raises(UnsupportedError, match='foreign key mismatch - "c" referencing "p"') as caught:
        squasher.squash(directory, write=False)
    assert "UNIQUE" in str(caught.value.hint)
    assert squasher.squash(directory, profile="sqlite", write=False).proof.status == "equal"


def test_like_stays_deterministic_after_a_pragma(tmp_path: Path) -> None:
    """A PRAGMA in one file leaves LIKE as it was for the next: an index may use it."""
    directory = chain(
        tmp_path,
        "PRAGMA defer_foreign_keys = ON; CREATE TABLE t (a);",
        "CREATE INDEX i ON t (a) WHERE a NOT LIKE 'x%';",
    )
    assert squasher.squash(directory, write=False).proof.status == "equal"


def test_many_rows_fit_into_what_d1_compiles(tmp_path: Path) -> None:
    """Thousands of rows of many columns are split so that no statement compiles to too many steps."""
    columns = ", ".join(f"c{number}" for number in range(12))
    insert = "".join(
        f"INSERT INTO t VALUES {', '.join(['(1,2,3,4,5,6,7,8,9,10,11,12)'] * 500)};\n" for _ in range(8)
    )
    result = squasher.squash(chain(tmp_path, f"CREATE TABLE t ({columns});\n{insert}"), write=False)
    assert result.proof.status == "equal"


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """A device given as the fresh file stays a device."""
    device = Path("/dev/null")
    with pytest.raises(InputError, match="not a regular file"):
        squasher.squash(chain(tmp_path, "CREATE TABLE t (a);"), device)
    assert device.is_char_device()


@pytest.mark.parametrize("closed", ["> /dev/full", ">&-"])
def test_output_that_cannot_be_written(closed: str, tmp_path: Path) -> None:
    """A full disk is trouble, not a difference; a closed output is nobody's trouble."""
    directory = chain(tmp_path, "CREATE TABLE t (a);")
    squasher.squash(directory)
    command = f"'{sys.executable}' -m squasher check {closed}"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if closed == ">&-" else 2)


@pytest.mark.parametrize("name", ["rank", "body"])
@pytest.mark.parametrize("profile", ["d1", "sqlite"])
def test_a_schema_that_sqlite_itself_cannot_read(name: str, profile: str, tmp_path: Path) -> None:
    """SQLite lets a full-text table be renamed to what its module refuses, and cannot read it any more."""
    script = f"CREATE VIRTUAL TABLE posts USING fts5(body);\nALTER TABLE posts RENAME TO {name};\n"
    with pytest.raises(UnsupportedError, match="SQLite cannot read the schema that is left: ") as caught:
        squasher.squash(chain(tmp_path, script), profile=profile, write=False)
    assert "virtual table" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("ledger", "named"),
    [
        (LEDGER.replace(", applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL", ""), "applied_at"),
        (LEDGER.replace(", name TEXT UNIQUE,", ", name TEXT,"), "name"),
    ],
)
def test_a_ledger_that_lacks_something(ledger: str, named: str, tmp_path: Path) -> None:
    """The ledger that a fresh file makes has every column and key that the migration tool's own has."""
    assert ledger != LEDGER
    directory, fresh = chain(tmp_path, TABLE), tmp_path / "fresh.sql"
    fresh.write_text(TABLE + ledger, encoding="utf-8")
    proof = squasher.check(directory, fresh).proof
    assert proof.status == "different"
    assert named in str(proof.changes)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'd1_migrations';",
        "UPDATE d1_migrations SET id = 9223372036854775807;",
    ],
)
def test_a_ledger_without_room(spoil: str, tmp_path: Path) -> None:
    """A ledger that no further migration fits into is no ledger."""
    directory, fresh = chain(tmp_path, TABLE), tmp_path / "fresh.sql"
    fresh.write_text(TABLE + LEDGER + spoil, encoding="utf-8")
    with pytest.raises(UnsupportedError, match="the ledger d1_migrations has no room"):
        squasher.check(directory, fresh)


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (
            (
                "CREATE TABLE posts_fts_content (x); INSERT INTO posts_fts_content VALUES ('keep');"
                "CREATE VIRTUAL TABLE posts_fts USING fts5(body, content='');"
            ),
            "posts_fts_content",
        ),
        (
            (
                "CREATE TABLE f_docsize (x); INSERT INTO f_docsize VALUES ('keep');"
                "CREATE VIRTUAL TABLE f USING fts5(body, columnsize=0);"
            ),
            "f_docsize",
        ),
    ],
)
@pytest.mark.parametrize("profile", ["d1", "sqlite"])
def test_a_table_with_the_name_of_a_shadow_table(
    script: str, named: str, profile: str, tmp_path: Path
) -> None:
    """A table of one's own beside a full-text table is not taken for a part of it, and not lost."""
    with pytest.raises(UnsupportedError, match=f"{named} has the name of a part of "):
        squasher.squash(chain(tmp_path, script), profile=profile, write=False)


@pytest.mark.parametrize(
    ("added", "profile"),
    [
        ("CREATE UNIQUE INDEX g ON f_content (c0);", "sqlite"),
        ("CREATE TRIGGER g AFTER INSERT ON f_content BEGIN DELETE FROM u; END;", "sqlite"),
        ("CREATE INDEX g ON f_content (c0);", "d1"),
    ],
)
def test_what_hangs_on_a_shadow_table(added: str, profile: str, tmp_path: Path) -> None:
    """An index or trigger on a part of a full-text table is named: nothing carries it."""
    script = "CREATE TABLE u (x); CREATE VIRTUAL TABLE f USING fts5(body);" + added
    with pytest.raises(SquasherError, match="f_content"):
        squasher.squash(chain(tmp_path, script), profile=profile, write=False)


@pytest.mark.parametrize(
    ("counter", "following"),
    [
        ("INSERT INTO sqlite_sequence VALUES ('T', 100);", 1),
        ("INSERT INTO t (a) VALUES (1); UPDATE sqlite_sequence SET seq = '500';", 501),
    ],
)
def test_the_next_key_is_the_chains(counter: str, following: int, tmp_path: Path) -> None:
    """SQLite looks a counter up by the exact name and takes a text for a number: so does the fresh file."""
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a);" + counter
    for text in (script, squasher.squash(chain(tmp_path, script), write=False).text):
        connection = installed(text)
        connection.execute("INSERT INTO t (a) VALUES ('next')")
        assert connection.execute("SELECT id FROM t WHERE a = 'next'").fetchone() == (following,)
        connection.close()


def test_a_trigger_on_the_ledger_is_refused(tmp_path: Path) -> None:
    """What a trigger does when a migration is recorded belongs to no statement, and cannot be followed."""
    script = "CREATE TABLE u (x); CREATE TRIGGER g AFTER INSERT ON d1_migrations BEGIN SELECT 1; END;"
    with pytest.raises(ReplayError, match="a trigger on the ledger"):
        squasher.squash(chain(tmp_path, script, "DROP TRIGGER g;"), write=False)


@pytest.mark.parametrize("table", ["interrupted_jobs", "bindings", '"too large"', '"not authorized"'])
def test_a_missing_table_of_any_name(table: str, tmp_path: Path) -> None:
    """A trigger on a table that is not there is carried, whatever words the missing name is made of."""
    script = f"{TABLE}CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO {table} VALUES (1); END;"
    assert squasher.squash(chain(tmp_path, script), write=False).proof.status == "equal"


def test_a_limit_where_no_name_reaches_the_rowid(tmp_path: Path) -> None:
    """A DELETE with LIMIT on a table that shadows all names of its rowid says why it cannot be run."""
    script = "CREATE TABLE t (rowid, _rowid_, oid); DELETE FROM t LIMIT 1;"
    with pytest.raises(ReplayError, match="squasher cannot run"):
        squasher.squash(chain(tmp_path, script), write=False)


def test_a_loop_of_links_as_the_fresh_file(tmp_path: Path) -> None:
    """A symbolic link that leads to itself is no file, and the error says so."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="loop"):
        squasher.check(chain(tmp_path, TABLE), tmp_path / "loop")


@pytest.mark.parametrize("table", ["rowid", "oid", "_rowid_"])
@pytest.mark.parametrize("profile", ["d1", "sqlite"])
def test_a_full_text_table_with_a_name_of_the_rowid(table: str, profile: str, tmp_path: Path) -> None:
    """The hidden column of such a table hides the rowid, which has other names."""
    script = f"CREATE VIRTUAL TABLE {table} USING fts5(body); INSERT INTO {table} VALUES ('a'), ('b');"
    result = squasher.squash(chain(tmp_path, script), profile=profile, write=False)
    connection = installed(result.text)
    found = connection.execute(f"SELECT body FROM {table} WHERE body MATCH 'b'").fetchall()
    assert (result.proof.status, found) == ("equal", [("b",)])
    connection.close()
