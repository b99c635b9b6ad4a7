"""``squasher show``: the same text for the same content, of whatever can be opened."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from squasher import sql
from squasher.commands.show import show
from squasher.errors import SquasherError
from squasher.profiles import D1, SQLITE, Profile
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOTH = pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])


@pytest.fixture
def text(tmp_path: Path) -> Callable[..., str]:
    """What is shown of the database that a script makes."""

    def shown(script: str, profile: Profile = D1, *, rows: bool = True) -> str:
        path = tmp_path / "app.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.executescript(script)
            database.commit()
        return show(str(path), of(profile), rows=rows).text

    return shown


def test_the_layout_of_the_fresh_file(text: Callable[..., str]) -> None:
    """Tables by name with their indexes, views, rows, counters, triggers; no words of ours."""
    found = text(
        "CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT, a REFERENCES a);"
        "CREATE INDEX b_a ON b(a); CREATE TABLE a (id INTEGER PRIMARY KEY);"
        "CREATE VIEW v AS SELECT * FROM a; INSERT INTO a VALUES (1);"
        "CREATE TRIGGER g AFTER INSERT ON b BEGIN SELECT 1; END;"
        "INSERT INTO b VALUES (9, 1); DELETE FROM b; INSERT INTO b VALUES (2, 1);"
    )
    assert found == (
        "CREATE TABLE a (\n    id INTEGER PRIMARY KEY\n);\n\n"
        "CREATE TABLE b (\n    id INTEGER PRIMARY KEY AUTOINCREMENT,\n    a REFERENCES a\n);\n"
        "CREATE INDEX b_a ON b(a);\n\n"
        "CREATE VIEW v AS SELECT * FROM a;\n\n"
        "INSERT INTO a (id) VALUES\n    (1);\n\n"
        "INSERT INTO b (id, a) VALUES\n    (2, 1);\n\n"
        "UPDATE sqlite_sequence SET seq = 9 WHERE name = 'b';\n\n"
        "CREATE TRIGGER g AFTER INSERT ON b\nBEGIN\n    SELECT 1;\nEND;\n"
    )


def test_without_rows(text: Callable[..., str]) -> None:
    """The schema alone."""
    assert (
        text("CREATE TABLE a (id); INSERT INTO a VALUES (1);", rows=False) == "CREATE TABLE a (\n    id\n);\n"
    )


@BOTH
def test_an_empty_database(tmp_path: Path, profile: Profile) -> None:
    """Nothing is nothing."""
    (tmp_path / "new.db").touch()
    assert show(str(tmp_path / "new.db"), of(profile)).text == ""


def test_the_order_in_which_a_file_was_made_does_not_show(text: Callable[..., str]) -> None:
    """Another order of tables and inserts, the same content, the same text."""
    a, b = "CREATE TABLE a (id INTEGER PRIMARY KEY);", "CREATE TABLE b (id INTEGER PRIMARY KEY);"
    one = text(a + b + "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);")
    assert text(b + a + "INSERT INTO a VALUES (2); INSERT INTO a VALUES (1); VACUUM;") == one


def test_a_row_more_moves_no_other(text: Callable[..., str]) -> None:
    """However many rows there are, a new one is a line more: no statement is cut when it grows long."""
    script = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);"
        "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO t SELECT i, printf('%020d', i) FROM n;"
    )
    before, after = (text(script + more).splitlines() for more in ("", "INSERT INTO t VALUES (3, 'new');"))
    known = set(before)
    assert [line for line in after if line not in known] == ["    (3, 'new'),"]
    assert len(after) == len(before) + 1


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("CREATE TABLE p (id); CREATE TABLE c (p REFERENCES p(id)); INSERT INTO c VALUES (7);", "    (7);"),
        ("CREATE TABLE c (p REFERENCES missing); INSERT INTO c VALUES (7);", "    (7);"),
        (
            "CREATE TABLE t (a CHECK (a)); PRAGMA ignore_check_constraints = 1; INSERT INTO t VALUES (0);",
            "    (0);",
        ),
        ("CREATE VIEW v AS SELECT a\n/\n2 FROM t;", "/"),
        ("CREATE VIEW v AS SELECT * FROM missing;", "CREATE VIEW v AS SELECT * FROM missing;"),
        (
            "CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (1, 2), (9223372036854775807, 3);",
            "    (1, 2),",
        ),
        ("CREATE VIRTUAL TABLE f USING fts4(a); INSERT INTO f VALUES ('fox');", "    (1, 'fox');"),
        (
            "CREATE VIRTUAL TABLE f USING fts5(a, content=''); INSERT INTO f(rowid, a) VALUES (4, 'a fox');",
            "-- f: 'fox' in row 4, column 'a', place 1",
        ),
        (
            "CREATE VIRTUAL TABLE f USING fts5(a, content=d); INSERT INTO f VALUES (7);",
            "-- f: '7' in row 1, column 'a', place 0",
        ),
        (
            "CREATE VIRTUAL TABLE f USING fts5(a); CREATE INDEX own ON f_content(c0);",
            "CREATE INDEX own ON f_content(c0);",
        ),
        (
            "CREATE TABLE d1_migrations (id, name, why); INSERT INTO d1_migrations VALUES (1, 2, 3);",
            "    (1, 2, 3);",
        ),
    ],
)
def test_what_no_fresh_file_carries(text: Callable[..., str], script: str, line: str) -> None:
    """It is there, so it is shown; whoever compares two databases has no use for a refusal."""
    assert line in text(script).splitlines()


def test_a_long_row(text: Callable[..., str]) -> None:
    """The statement would be too long for D1, and is not meant for it."""
    assert "x" * 200_000 in text("CREATE TABLE t (a); INSERT INTO t VALUES (printf('%.*c', 200000, 'x'));")


def test_settings(text: Callable[..., str]) -> None:
    """Where the profile knows them, the settings that a file keeps in its header come first."""
    script = "PRAGMA user_version = 7; CREATE TABLE t (a);"
    assert text(script, SQLITE).startswith("PRAGMA user_version = 7;\n\nCREATE TABLE t")
    assert text(script, D1).startswith("CREATE TABLE t")


def test_strangers_text(text: Callable[..., str]) -> None:
    """What would steer a terminal or a CI job is spelled out, so that other text stays other text."""
    script = (
        "CREATE TABLE t (a DEFAULT '\x1b[31m', b DEFAULT '\n::error::x', c DEFAULT '\u202e##[group]\tx');"
    )
    found = text(script)
    assert "DEFAULT '\\u{1b}[31m'" in found
    assert "\n: :error::x'" in found
    assert "DEFAULT '\\u{202e}## [group]\tx'" in found
    assert found != text(script.replace("\x1b", "\x1c"))


def test_visible_text_is_left_alone() -> None:
    """What prints is itself, in every script; line ends of Windows are line ends."""
    assert sql.visible("a äöü 漢字 🦊\n\tb\r\nc") == "a äöü 漢字 🦊\n\tb\nc"


def test_a_volatile_chain(write_chain: Callable[..., Path]) -> None:
    """Values of the clock and of chance are those of one moment, the same one every time."""
    directory = write_chain(
        {"0001_a.sql": "CREATE TABLE t (a, b); INSERT INTO t VALUES (datetime('now'), random());"}
    )
    first = show(str(directory), of(D1)).text
    assert "('2026-12-19 07:28:39', " in first
    assert show(str(directory), of(D1)).text == first


@BOTH
def test_noise(tmp_path: Path, profile: Profile) -> None:
    """Whatever can be opened can be shown."""
    chance = random.Random(7)
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "PRAGMA page_size = 512; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b AS (a || 'x'));"
            "CREATE VIRTUAL TABLE docs USING fts5(body); INSERT INTO docs VALUES ('quick brown fox');"
            "CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END;"
            "INSERT INTO t (a) VALUES ('one'), ('two'); CREATE TABLE w (a PRIMARY KEY, b) WITHOUT ROWID;"
        )
    whole = path.read_bytes()
    shown = 0
    for _ in range(200):
        data = bytearray(whole)
        # the page of the schema, whose text decides what is laid out
        data[chance.randrange(100, 512)] = chance.choice(b"()'\", -/*AT\n")
        path.write_bytes(data)
        try:
            shown += bool(show(str(path), of(profile)).text)
        except SquasherError:
            continue
    assert shown
