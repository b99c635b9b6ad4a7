"""``squasher diff``: what becomes of one schema when it turns into another, told change by change."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

import squasher
from squasher.render import RENDERERS

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.comparison import Comparison

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);\n"
P = "CREATE TABLE p (id INTEGER PRIMARY KEY, k TEXT UNIQUE);\n"


def of_t(*parts: str) -> str:
    """A table t with an integer key and these columns and constraints."""
    return f"CREATE TABLE t (id INTEGER PRIMARY KEY, {', '.join(parts)});\n"


class Pair(NamedTuple):
    """Two schemas, what a reviewer has to read of the way from one to the other, and what is in danger."""

    title: str
    old: str
    new: str
    says: tuple[str, ...]
    dangers: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    """What is in danger on the way back."""


PAIRS = (
    Pair("column added", T, of_t("a TEXT", "b INT"), ("+ column b INT",), (), ("data",)),
    Pair(
        "column that an INSERT must name",
        T,
        of_t("a TEXT", "b TEXT NOT NULL"),
        ("+ column b TEXT NOT NULL",),
        ("rows", "writers"),
        ("data",),
    ),
    Pair("text made a number", T, of_t("a INTEGER"), ("~ column a TEXT → INTEGER",), ("data",), ("readers",)),
    Pair("other word, same affinity", of_t("a VARCHAR(9)"), T, ("~ column a VARCHAR(9) → TEXT",)),
    Pair(
        "no NULL any more",
        T,
        of_t("a TEXT NOT NULL"),
        ("~ column a nullable → NOT NULL",),
        ("rows", "writers"),
        ("readers",),
    ),
    Pair(
        "no NULL any more, with a default",
        T,
        of_t("a TEXT NOT NULL DEFAULT ''"),
        ("~ column a nullable, no default → NOT NULL DEFAULT ''",),
        ("rows",),
        ("readers", "writers"),
    ),
    Pair("other default", of_t("a DEFAULT 1"), of_t("a DEFAULT 2"), ("~ column a DEFAULT 1 → DEFAULT 2",)),
    Pair(
        "collation",
        T,
        of_t("a TEXT COLLATE NOCASE"),
        ("~ column a COLLATE BINARY → COLLATE NOCASE",),
        ("readers",),
        ("readers",),
    ),
    Pair(
        "computed by another rule",
        of_t("a INT", "b INT AS (a + 1)"),
        of_t("a INT", "b INT AS (a + 2)"),
        ("~ column b AS (a + 1) → AS (a + 2)",),
        ("readers",),
        ("readers",),
    ),
    Pair(
        "computed and stored",
        of_t("a INT", "b INT AS (a + 1)"),
        of_t("a INT", "b INT AS (a + 1) STORED"),
        ("~ column b VIRTUAL → STORED",),
    ),
    Pair(
        "order of columns",
        of_t("a", "b"),
        of_t("b", "a"),
        ("~ order of columns id, a, b → id, b, a",),
        ("readers",),
        ("readers",),
    ),
    Pair(
        "primary key",
        "CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a));\n",
        "CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a, b DESC));\n",
        ("~ primary key (a) → (a, b DESC)",),
        ("writers",),
        ("rows", "writers"),
    ),
    Pair(
        "integer key that is the rowid no longer",
        "CREATE TABLE t (id INTEGER PRIMARY KEY);\n",
        "CREATE TABLE t (id INT PRIMARY KEY);\n",
        ("~ column id INTEGER → INT", "~ primary key (id), the rowid → (id)"),
        ("writers",),
        ("rows",),  # INT takes any value as a key, and the rowid is an integer
    ),
    Pair(
        "unique constraint",
        T,
        of_t("a TEXT UNIQUE"),
        ("+ unique constraint (a) added",),
        ("rows",),
        ("writers",),
    ),
    Pair(
        "check",
        T,
        of_t("a TEXT CHECK (a <> '')"),
        ("+ check a (a <> '')",),
        ("rows",),
    ),
    Pair(
        "check another bound",
        of_t("a INT CHECK (a > 0)"),
        of_t("a INT CHECK (a > 9)"),
        ("~ check a (a > 0) → (a > 9)",),
        ("rows",),
        ("rows",),
    ),
    Pair(
        "check changed beside a new column",
        of_t("a INT CONSTRAINT small CHECK (a < 9)"),
        of_t("a INT CONSTRAINT small CHECK (a < 8)", "b"),
        ("+ column b added", "~ check small (a < 9) → (a < 8)"),
        ("rows",),
        ("data", "rows"),
    ),
    Pair(
        "check that comes with its column",
        T,
        of_t("a TEXT", "b INT CHECK (b > 0)"),
        ("+ column b INT", "+ check b (b > 0)"),
        (),
        ("data",),
    ),
    Pair(
        "foreign key",
        P + of_t("p INT"),
        P + of_t("p INT REFERENCES p (id) ON DELETE CASCADE"),
        ("+ foreign key (p) to p (id) ON DELETE CASCADE",),
        ("data", "rows"),
    ),
    Pair(
        "foreign key that deletes",
        P + of_t("p INT REFERENCES p (id)"),
        P + of_t("p INT REFERENCES p (id) ON DELETE CASCADE"),
        ("~ foreign key (p) to p (id) no action → ON DELETE CASCADE",),
        ("data",),
        ("writers",),
    ),
    Pair(
        "foreign key checked late",
        P + of_t("p INT REFERENCES p (id)"),
        P + of_t("p INT REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED"),
        ("~ foreign key (p) to p (id) no action → DEFERRABLE INITIALLY DEFERRED",),
        (),
        ("writers",),
    ),
    Pair(
        "conflict clause beside a new column",
        of_t("a TEXT UNIQUE"),
        of_t("a TEXT UNIQUE ON CONFLICT REPLACE", "b"),
        ("+ column b added", "+ clause a UNIQUE ON CONFLICT REPLACE added"),
        (),
        ("data",),
    ),
    Pair("index", T, T + "CREATE INDEX i ON t (a);\n", ("+ index i ON t (a)",)),
    Pair(
        "unique index",
        T,
        T + "CREATE UNIQUE INDEX i ON t (a) WHERE a > '';\n",
        ("+ index i unique, ON t (a) WHERE a > ''",),
        ("rows",),
        ("writers",),
    ),
    Pair(
        "index made unique",
        T + "CREATE INDEX i ON t (a);\n",
        T + "CREATE UNIQUE INDEX i ON t (a);\n",
        ("~ index i definition differs",),
        ("rows",),
        ("writers",),
    ),
    Pair(
        "view",
        T,
        T + "CREATE VIEW v AS SELECT id, a FROM t;\n",
        ("+ view 2 columns",),
        (),
        ("readers",),
    ),
    Pair(
        "view that loses a column",
        T + "CREATE VIEW v AS SELECT id, a FROM t;\n",
        T + "CREATE VIEW v AS SELECT id FROM t;\n",
        ("~ view definition differs",),
        ("readers",),
    ),
    Pair(
        "trigger",
        T,
        T + "CREATE TRIGGER g AFTER UPDATE OF a ON t BEGIN DELETE FROM t; END;\n",
        ("+ trigger g after update",),
    ),
    Pair(
        "strict",
        T,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT) STRICT;\n",
        ("+ option STRICT added",),
        ("rows",),
    ),
    Pair(
        "autoincrement",
        T,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);\n",
        ("+ option AUTOINCREMENT added",),
        (),
        ("readers",),
    ),
    Pair("table", T, T + P, ("+ table 2 columns",), (), ("data",)),
    Pair(
        "virtual table",
        T,
        T + "CREATE VIRTUAL TABLE s USING fts5(x);\n",
        ("+ table 1 column",),
        (),
        ("data",),
    ),
    Pair(
        "virtual table with other arguments",
        "CREATE VIRTUAL TABLE s USING fts5(x);\n",
        "CREATE VIRTUAL TABLE s USING fts5(x, tokenize = 'porter');\n",
        ("~ table definition differs",),
    ),
    Pair("row", T, T + "INSERT INTO t VALUES (1, 'x');\n", ("+ 1 row added",), (), ("data",)),
    Pair(
        "cell",
        T + "INSERT INTO t VALUES (1, 'x');\n",
        T + "INSERT INTO t VALUES (1, 'y');\n",
        ("~ cell a 'x' → 'y' in the row with id 1",),
    ),
)


def compared(tmp_path: Path, old: str, new: str, profile: str = "d1") -> Comparison:
    """Compare two files of SQL."""
    for name, text in (("old.sql", old), ("new.sql", new)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return squasher.diff(str(tmp_path / "old.sql"), str(tmp_path / "new.sql"), profile)


def marked(result: Comparison) -> tuple[str, ...]:
    """The lines of the text that tell a change, with single spaces."""
    lines = (" ".join(line.split()) for line in RENDERERS["text"](result).splitlines())
    return tuple(line for line in lines if line[:2] in {"+ ", "- ", "~ "})


def dangers(result: Comparison) -> tuple[str, ...]:
    """What is in danger, in the order of the report."""
    return tuple(sorted(risk.danger for finding in result.findings for risk in finding.risks))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.title)
def test_a_change_is_told_in_the_language_of_tables_and_columns(pair: Pair, tmp_path: Path) -> None:
    """Each change is one line that says what was and what is, and nothing else is told."""
    result = compared(tmp_path, pair.old, pair.new)
    assert marked(result) == pair.says
    assert dangers(result) == pair.dangers


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.title)
def test_the_way_back_is_the_reverse(pair: Pair, tmp_path: Path) -> None:
    """Exchanged sides give the same changes, each the other way round; only what is in danger is another."""
    forth = compared(tmp_path, pair.old, pair.new)
    back = compared(tmp_path, pair.new, pair.old)
    assert {finding.change.reverse() for finding in back.findings} == {
        finding.change for finding in forth.findings
    }
    assert dangers(back) == pair.back
    assert forth.proof.status == back.proof.status == "different"


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.title)
def test_a_side_equals_itself(pair: Pair, tmp_path: Path) -> None:
    """The same schema twice has no changes, and says nothing on standard output."""
    result = compared(tmp_path, pair.new, pair.new)
    assert result.findings == ()
    assert result.proof.status == "equal"
    assert RENDERERS["text"](result) == ""


RISKY = (
    ("a TEXT NOT NULL DEFAULT 1", "a TEXT NOT NULL DEFAULT NULL", "NOT NULL constraint failed"),
    ("b", "b, a TEXT NOT NULL DEFAULT NULL", "NOT NULL constraint failed"),
    ("a TEXT PRIMARY KEY", "a TEXT PRIMARY KEY COLLATE NOCASE", "UNIQUE constraint failed"),
    ("a TEXT PRIMARY KEY", "a INTEGER PRIMARY KEY", "datatype mismatch"),
    ("a TEXT", "a TEXT, g AS (NULL) NOT NULL", "NOT NULL constraint failed"),
)
"""Columns of a table before and after, and what SQLite says to rows that stood or to an INSERT of before."""


@pytest.mark.parametrize(("before", "after", "error"), RISKY)
def test_what_sqlite_refuses_is_a_risk(tmp_path: Path, before: str, after: str, error: str) -> None:
    """Rows or an INSERT that the old table took and the new one does not are a danger that is told."""
    old, new = f"CREATE TABLE t ({before}, z);", f"CREATE TABLE t ({after}, z);"
    rows = "INSERT INTO t (z) VALUES (1);"
    if not after.endswith("NULL"):
        rows = "INSERT INTO t (a, z) VALUES ('x', 1); INSERT INTO t (a, z) VALUES ('X', 1);"
    with closing(sqlite3.connect(":memory:")) as one, closing(sqlite3.connect(":memory:")) as other:
        one.executescript(old + rows)
        with pytest.raises(sqlite3.IntegrityError, match=error):
            other.executescript(new + rows)
    assert {"rows", "writers"} & {*dangers(compared(tmp_path, old, new))}


UNIQUE = "CREATE UNIQUE INDEX i ON t (a)"
INDEXES = (
    (f"{UNIQUE} WHERE b = 1", UNIQUE, ("rows",)),  # who has no WHERE takes any INSERT that had one
    (UNIQUE, f"{UNIQUE} WHERE b = 1", ("writers",)),
    (f"{UNIQUE} WHERE b = 1", f"{UNIQUE} WHERE b = 2", ("rows", "writers")),
    (UNIQUE, "CREATE UNIQUE INDEX i ON t (b)", ("rows", "writers")),
)


@pytest.mark.parametrize(("old", "new", "says"), INDEXES)
def test_another_unique_index(tmp_path: Path, old: str, new: str, says: tuple[str, ...]) -> None:
    """What more rows it holds apart can fail on existing ones; without it an ON CONFLICT fails."""
    table = "CREATE TABLE t (a, b);"
    assert dangers(compared(tmp_path, f"{table}{old};", f"{table}{new};")) == says


def test_the_trigger_that_makes_a_view_writable(tmp_path: Path) -> None:
    """Without its INSTEAD OF trigger, SQLite says that it cannot modify a view."""
    view = "CREATE VIEW v AS SELECT 1 AS a;"
    trigger = "CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 1; END;"
    assert dangers(compared(tmp_path, view + trigger, view)) == ("writers",)
    assert dangers(compared(tmp_path, view, view + trigger)) == ()


def test_keys_that_follow_their_parent(tmp_path: Path) -> None:
    """ON UPDATE says what becomes of children: they are overwritten, or they hold the parent's key."""
    old, nulls, refuse = (
        f"CREATE TABLE p (a INTEGER PRIMARY KEY); CREATE TABLE t (a REFERENCES p ON UPDATE {action});"
        for action in ("CASCADE", "SET NULL", "NO ACTION")
    )
    assert dangers(compared(tmp_path, old, nulls)) == ("data",)
    assert dangers(compared(tmp_path, old, refuse)) == ("writers",)
