"""The rules of lint about D1's dialect: what their pages say of wrangler is what it does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

from squasher.lint.rules import RULES
from tests import lints
from tests.wrangler import real

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.wrangler

CONFIG = """\
name = "linted"
compatibility_date = "2026-01-01"
[[d1_databases]]
binding = "DB"
database_name = "db"
database_id = "linted"
"""
TRIGGERS = """\
CREATE TABLE t (a);
CREATE TRIGGER one AFTER INSERT ON t begin delete from t where a = 1; end;
CREATE TRIGGER two AFTER INSERT ON t BEGIN
  -- first; then
  DELETE FROM t WHERE a = 2;
END;
CREATE TRIGGER three BEFORE INSERT ON t BEGIN
  SELECT CASE WHEN new.a = 4 THEN RAISE(ABORT, 'four') END;
END;
INSERT INTO t VALUES (1), (2), (3);
"""
REBUILD = """\
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (parent REFERENCES parent ON DELETE CASCADE);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (1);
PRAGMA foreign_keys = off;
CREATE TABLE other (id INTEGER PRIMARY KEY);
INSERT INTO other SELECT * FROM parent;
DROP TABLE parent;
ALTER TABLE other RENAME TO parent;
PRAGMA foreign_keys = on;
"""


class Case(NamedTuple):
    """A migration of which some rules speak, and what wrangler makes of it on a local database."""

    codes: tuple[str, ...]
    sql: str
    says: str
    """What it complains of; '' where it applies the migration."""
    recorded: bool
    query: str = "SELECT 1"
    rows: tuple[tuple[object, ...], ...] = ((1,),)


CASES = {
    "no semicolon": Case(("SQ208",), "CREATE TABLE t (a)\n", "syntax error", recorded=False),
    "open comment": Case(
        ("SQ208",),
        "CREATE TABLE t (a);\n/* the end\n",
        "",
        recorded=False,
        query="SELECT count(*) FROM t",
        rows=((0,),),
    ),
    "words in a comment": Case(
        ("SQ209",),
        "-- no BEGIN TRANSACTION\nCREATE TABLE t (a);\n",
        "several transactions",
        recorded=False,
    ),
    "words in a string": Case(
        ("SQ209",),
        "CREATE TABLE t (a);\nINSERT INTO t VALUES ('BEGIN TRANSACTION; x COMMIT;');\n",
        "",
        recorded=True,
        query="SELECT a FROM t",
        rows=((" x ",),),
    ),
    "foreign keys off": Case(
        ("SQ207",), REBUILD, "", recorded=True, query="SELECT count(*) FROM child", rows=((0,),)
    ),
    "triggers": Case(
        ("SQ210", "SQ211", "SQ212"), TRIGGERS, "", recorded=True, query="SELECT a FROM t", rows=((3,),)
    ),
}


@pytest.mark.parametrize("packages", real.RELEASES, ids=real.version)
@pytest.mark.parametrize("name", CASES)
def test_a_rule_speaks_of_what_happens(tmp_path: Path, packages: Path, name: str) -> None:
    """What a rule warns of is refused, changed or not recorded, or runs where its page says so."""
    case = CASES[name]
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    migrations = tmp_path / "migrations"
    for rule in RULES:
        if rule.code in case.codes:
            assert lints.diagnosed(migrations, {"0001_t.sql": case.sql}, rule)
    said = real.wrangler(tmp_path, "d1", "migrations", "apply", "db", "--local", packages=packages)
    assert (said.code != 0) == bool(case.says), said.out
    assert case.says in said.out
    files = [file for file in tmp_path.glob(".wrangler/**/*.sqlite") if file.stem != "metadata"]
    assert len(files) == 1
    with closing(sqlite3.connect(files[0])) as database:
        assert tuple(database.execute(case.query)) == case.rows
        recorded = [row[0] for row in database.execute("SELECT name FROM d1_migrations")]
    assert recorded == ["0001_t.sql"] * case.recorded
