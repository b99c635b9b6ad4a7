"""Ignored tables: they and what hangs on them are neither carried nor compared, and nobody may need them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from squasher.commands.archive import archive, undo
from squasher.commands.check import check
from squasher.commands.diff import Sides, diff
from squasher.commands.show import show
from squasher.commands.squash import Squashed, squash
from squasher.errors import UnsupportedError
from squasher.profiles import PROFILES
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from squasher.target import Target

    WriteChain = Callable[[Mapping[str, str | bytes]], Path]

BOTH = pytest.mark.parametrize("profile", ["d1", "sqlite"])
KEPT = "CREATE TABLE kept (id INTEGER PRIMARY KEY, at TEXT);\nINSERT INTO kept VALUES (1, datetime('now'));\n"
INSTEAD = "CREATE VIEW w AS SELECT 1; CREATE TRIGGER t INSTEAD OF DELETE ON w"
# what an ignored table may be, with a row that differs on every replay
KINDS = {
    "plain": "CREATE TABLE cache_a (x, at DEFAULT CURRENT_TIMESTAMP); INSERT INTO cache_a (x) VALUES (1);",
    "chance": "CREATE TABLE cache_a (x); INSERT INTO cache_a VALUES (random()), (randomblob(4));",
    "toss": "CREATE TABLE cache_a (x); INSERT INTO cache_a VALUES (random() IS NULL);",
    "keys by chance": "CREATE TABLE cache_a (x INTEGER PRIMARY KEY); INSERT INTO cache_a VALUES"
    " (9223372036854775807), (NULL);",
    "rows by the clock": "CREATE TABLE cache_a (x); INSERT INTO cache_a SELECT 1 WHERE date('now') > '2030';",
    "without rowid": "CREATE TABLE cache_a (k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
    "INSERT INTO cache_a VALUES ('a', julianday('now'));",
    "counter": "CREATE TABLE cache_a (id INTEGER PRIMARY KEY AUTOINCREMENT);INSERT INTO cache_a VALUES (41);",
    "index": "CREATE TABLE cache_a (x UNIQUE, y); CREATE INDEX by_y ON cache_a (y) WHERE y > 0;",
    "trigger": "CREATE TABLE cache_a (x);"
    "CREATE TRIGGER t AFTER INSERT ON CACHE_A BEGIN UPDATE kept SET at = at; END;"
    "INSERT INTO cache_a VALUES (1);",
    "full-text": "CREATE VIRTUAL TABLE cache_a USING fts5(x);"
    "INSERT INTO cache_a VALUES (hex(randomblob(4)));",
    "full-text without content": "CREATE VIRTUAL TABLE cache_a USING fts5(x, content='');"
    "INSERT INTO cache_a (rowid, x) VALUES (1, 'a');",
    "child": "CREATE TABLE cache_a (x REFERENCES kept); INSERT INTO cache_a VALUES (1);",
    "broken check": "CREATE TABLE cache_a (x CHECK (x > 0)); PRAGMA ignore_check_constraints = ON;"
    "INSERT INTO cache_a VALUES (0); PRAGMA ignore_check_constraints = OFF;",
    "key to nothing": "CREATE TABLE cache_a (x REFERENCES nothing_of_the_kind);",
    "renamed": "CREATE TABLE other (x, y); INSERT INTO other VALUES (1, 2);"
    "CREATE INDEX by_x ON other (x); ALTER TABLE other RENAME TO cache_a;",
    "renamed away and back": "CREATE TABLE cache_a (x); INSERT INTO cache_a VALUES (1);"
    "ALTER TABLE cache_a RENAME TO other; ALTER TABLE other RENAME TO cache_a;",
    "other letters": "CREATE TABLE Cache_A (x); INSERT INTO cache_a VALUES (1);",
}


def target(chain: Path, *ignored: str, profile: str = "d1") -> Target:
    """A target that ignores these tables."""
    return of(PROFILES[profile], chain)._replace(ignored=ignored)


def without_comments(result: Squashed) -> str:
    """The statements of a fresh file, without its header, its comments and its ledger."""
    body = result.text.partition("\n-- the ledger")[0]
    return "\n".join(line for line in body.splitlines() if not line.startswith("-- "))


@BOTH
@pytest.mark.parametrize("sql", KINDS.values(), ids=KINDS.keys())
def test_whatever_it_is(write_chain: WriteChain, sql: str, profile: str) -> None:
    """The file is the one of a chain without it, proved in all layers; only the warning tells of it."""
    chain = write_chain({"0001_kept.sql": KEPT, "0002_cache.sql": sql})
    result = squash(target(chain, "cache_*", profile=profile))
    name = "Cache_A" if "Cache_A" in sql else "cache_a"
    assert result.proof.status == "equal"
    assert [line for line in result.warnings if "cache" in line.lower()] == [
        f"ignored, as configured: {name}"
    ]
    checked = check(target(chain, "cache_*", profile=profile))
    assert (checked.proof.status, checked.exact, checked.warnings) == (
        "equal",
        True,
        (f"ignored, as configured: {name}",),
    )
    (chain / "0002_cache.sql").write_text("SELECT 1;", encoding="utf-8")
    alone = squash(target(chain, profile=profile), write=False)
    assert without_comments(result) == without_comments(alone)


@BOTH
def test_what_a_fresh_file_has_of_it(write_chain: WriteChain, profile: str) -> None:
    """An ignored table of the fresh file is no difference either, and nor is what it holds."""
    chain = write_chain({"0001_kept.sql": KEPT})
    wanted = target(chain, "cache_*", "LOG", profile=profile)
    squash(wanted)
    with wanted.fresh.open("a", encoding="utf-8") as file:
        file.write("CREATE TABLE cache_b (x); CREATE INDEX i ON cache_b (x); CREATE TABLE log (y);\n")
        file.write("INSERT INTO log VALUES (random());\n")
    checked = check(wanted)
    assert (checked.proof.status, checked.exact) == ("equal", False)
    assert checked.warnings == ("ignored, as configured: cache_b, log",)
    assert check(target(chain, profile=profile)).proof.status == "different"


def test_what_is_not_there(write_chain: WriteChain) -> None:
    """A name or glob that no table has on either side is told."""
    chain = write_chain({"0001_kept.sql": KEPT + "CREATE VIEW seen AS SELECT 1 AS x;"})
    wanted = target(chain, "seen", "tmp_*")
    expected = tuple(f"ignored tables: none is called {name}" for name in ("seen", "tmp_*"))
    assert squash(wanted).warnings == expected
    assert check(wanted).warnings == expected
    assert "CREATE VIEW seen" in show(str(chain), wanted).text


@BOTH
@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "CREATE TABLE child (x REFERENCES CACHE_A (id));",
            "table child refers to cache_a, which is ignored as configured",
        ),
        ("CREATE VIEW v AS SELECT count(*) AS n FROM Cache_A;", "view v uses cache_a"),
        ('CREATE VIEW v AS WITH c AS (SELECT * FROM "cache_a") SELECT 1 AS one FROM c;', "view v uses"),
        ("CREATE VIEW v AS SELECT absent FROM cache_a;", "view v uses cache_a"),
        (
            "CREATE TRIGGER t AFTER UPDATE OF b ON kept BEGIN INSERT INTO cache_a VALUES (1, 1); END;",
            "trigger t uses cache_a",
        ),
        (
            "CREATE TRIGGER t BEFORE DELETE ON kept BEGIN SELECT id FROM cache_a; END;",
            "trigger t uses cache_a",
        ),
        (
            "CREATE TRIGGER t AFTER INSERT ON kept WHEN (SELECT 1 FROM cache_a) BEGIN SELECT 1; END;",
            "trigger t uses cache_a",
        ),
        (
            f"{INSTEAD} BEGIN SELECT x FROM cache_a; END",
            "trigger t uses cache_a",
        ),
        (
            "CREATE TRIGGER t AFTER INSERT ON kept BEGIN DELETE FROM cache_a; DELETE FROM absent; END;",
            "trigger t uses cache_a",
        ),
        ("CREATE VIRTUAL TABLE f USING fts5(x, content='cache_a');", "table f uses cache_a"),
    ],
)
def test_what_is_needed(write_chain: WriteChain, sql: str, message: str, profile: str) -> None:
    """What stays and needs an ignored table is an error that names both."""
    tables = "CREATE TABLE kept (a, b); CREATE TABLE cache_a (id INTEGER PRIMARY KEY, x);"
    chain = write_chain({"0001_all.sql": f"{tables}\n{sql};"})
    wanted = target(chain, "cache_a", profile=profile)
    with pytest.raises(UnsupportedError) as caught:
        squash(wanted)
    assert message in caught.value.message
    assert caught.value.hint is not None
    assert not wanted.fresh.exists()


@BOTH
@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW v AS SELECT a AS cache_a, 'cache_a' AS text FROM kept AS cache_a;",
        "CREATE TRIGGER t AFTER INSERT ON kept BEGIN SELECT RAISE(ABORT, 'cache_a'); END;",
        "CREATE TRIGGER t AFTER UPDATE ON kept BEGIN UPDATE kept SET cache_a = 1; END;",
        f"{INSTEAD} BEGIN SELECT 'cache_a'; END;",
        "CREATE VIRTUAL TABLE f USING fts5(cache_a);",
    ],
)
def test_what_only_has_the_name(write_chain: WriteChain, sql: str, profile: str) -> None:
    """A column, an alias or a text of that name is no table: SQLite says what is read and written."""
    tables = "CREATE TABLE kept (a, cache_a); CREATE TABLE cache_a (id INTEGER PRIMARY KEY, x);"
    chain = write_chain({"0001_all.sql": f"{tables}\n{sql};"})
    result = squash(target(chain, "cache_a", profile=profile))
    assert (result.proof.status, result.warnings) == ("equal", ("ignored, as configured: cache_a",))


@pytest.mark.parametrize("pattern", ["d1_migrations", "D1_*", "*"])
def test_the_ledger(write_chain: WriteChain, pattern: str) -> None:
    """The ledger is no table to ignore, by name or by glob."""
    chain = write_chain({"0001_kept.sql": KEPT})
    with pytest.raises(UnsupportedError, match="d1_migrations, the ledger of the migrations"):
        squash(target(chain, pattern))


def test_everything_ignored(write_chain: WriteChain) -> None:
    """A profile without a ledger may ignore all there is."""
    chain = write_chain({"0001_kept.sql": KEPT + "CREATE INDEX i ON kept (at);"})
    result = squash(target(chain, "*", profile="sqlite"))
    assert without_comments(result).strip() == ""
    assert result.warnings == ("ignored, as configured: kept",)


def test_a_migration_that_renames_it(write_chain: WriteChain, tmp_path: Path) -> None:
    """What it is called at the end counts: a table that lost the name is new, and one that got it is gone."""
    old = tmp_path / "old"
    old.mkdir()
    files = {"0001_all.sql": "CREATE TABLE cache_a (x); CREATE TABLE b (y); INSERT INTO b VALUES (1);"}
    (old / "0001_all.sql").write_text(files["0001_all.sql"], encoding="utf-8")
    files["0002_away.sql"] = "ALTER TABLE cache_a RENAME TO a; ALTER TABLE b RENAME TO cache_b;"
    chain = write_chain(files)
    compared = diff(Sides(old=str(old)), target(chain, "cache_*"))
    assert {(type(one.change).__name__, *one.change.owner) for one in compared.findings} == {
        ("Added", "table", "a"),
        ("Removed", "table", "b"),
    }
    assert compared.warnings[-1] == "ignored, as configured: cache_a, cache_b"


def test_a_database_file(write_chain: WriteChain, tmp_path: Path) -> None:
    """What another program keeps in the database is nobody's difference, whatever module it has."""
    chain = write_chain({"0001_kept.sql": "CREATE TABLE kept (id INTEGER PRIMARY KEY);"})
    path = tmp_path / "live.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE kept (id INTEGER PRIMARY KEY); CREATE TABLE _litestream_seq (id, seq);"
            "CREATE VIRTUAL TABLE search USING fts5(x); INSERT INTO search VALUES ('hello');"
            "INSERT INTO _litestream_seq VALUES (1, 2);"
        )
    before = path.read_bytes()
    for rows in (True, False):
        wanted = target(chain, "_litestream_*", "SEARCH", profile="sqlite")
        compared = diff(Sides(old=str(path), rows=rows), wanted)
        assert (compared.proof.status, compared.findings) == ("equal", ())
        assert compared.warnings == ("ignored, as configured: _litestream_seq, search",)
    assert path.read_bytes() == before
    shown = show(str(path), target(chain, "_litestream_*", "search", profile="sqlite"))
    assert shown.text == "CREATE TABLE kept (\n    id INTEGER PRIMARY KEY\n);\n"
    assert shown.notes == ("ignored, as configured: _litestream_seq, search",)


def test_rows_that_break_a_check_of_another_table(write_chain: WriteChain) -> None:
    """What the rows that stay break is still seen, and each PRAGMA asks only the tables that stay."""
    sql = (
        'CREATE TABLE "a b" (x CHECK (x > 0)); CREATE TABLE cache_a (x CHECK (x > 0));'
        "PRAGMA ignore_check_constraints = ON;"
        'INSERT INTO "a b" VALUES (0); INSERT INTO cache_a VALUES (0);'
    )
    result = squash(target(write_chain({"0001_all.sql": sql}), "cache_a"))
    assert "PRAGMA ignore_check_constraints = ON;" in result.text
    assert result.proof.status == "equal"


def test_an_archive_keeps_it(write_chain: WriteChain) -> None:
    """A baseline makes what the migrations that it stands for made; only the fresh file leaves it out."""
    chain = write_chain(
        {
            "0001_cache.sql": "CREATE TABLE cache_a (x); INSERT INTO cache_a VALUES (1);",
            "0002_kept.sql": "CREATE TABLE kept (y);",
            "0003_more.sql": "ALTER TABLE cache_a ADD COLUMN z; ALTER TABLE kept ADD COLUMN z;",
        }
    )
    wanted = target(chain, "cache_a")
    made = archive(wanted, to="0002")
    assert "CREATE TABLE cache_a (" in Path(made.baseline).read_text(encoding="utf-8")
    assert "cache_a" not in wanted.fresh.read_text(encoding="utf-8")
    assert check(wanted).proof.status == "equal"
    undo(wanted)
    assert "cache_a" not in wanted.fresh.read_text(encoding="utf-8")
    assert (check(wanted).proof.status, check(wanted).exact) == ("equal", True)
