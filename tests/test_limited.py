"""UPDATE and DELETE with LIMIT: D1's SQLite takes them, and the engine's is built without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.chain import Migration
from squasher.errors import ReplayError
from squasher.profiles import D1, SQLITE
from squasher.replay import run_file
from squasher.statements import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from squasher.engine import Database

    Connect = Callable[..., Database]

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a);\nINSERT INTO t (a) VALUES ('é'), (2), (3), (4);\n"


def test_what_ran(connect: Connect) -> None:
    """A statement is reported as it is written, at its own place, with what it did; so are its neighbours."""
    script = (
        "SELECT 'ü'; -- one\n  /* two */ DELETE FROM t /* LIMIT */ WHERE a <> 'ß'\n  ORDER BY id LIMIT 2 ;"
        "UPDATE t SET a = datetime('now') LIMIT 1; SELECT random()"
    )
    ran = connect(D1, TABLE).run(script)
    raw = script.encode()
    texts = [one.sql.rstrip("; ") for one in ran]
    assert texts == [
        "SELECT 'ü'",
        "DELETE FROM t /* LIMIT */ WHERE a <> 'ß'\n  ORDER BY id LIMIT 2",
        "UPDATE t SET a = datetime('now') LIMIT 1",
        "SELECT random()",
    ]
    assert all(raw[one.start :].startswith(one.sql.encode()) for one in ran)
    assert [one.changes for one in ran] == [0, 2, 1, 0]
    assert [one.writes for one in ran] == [(), ("t",), ("t",), ()]
    assert [one.asked_clock for one in ran] == [False, False, True, False]
    assert [one.asked_random for one in ran] == [False, False, False, True]


def test_again_from_what_ran(connect: Connect) -> None:
    """The reported texts, run one by one, do the same again."""
    script = f"{TABLE}DELETE FROM t ORDER BY a DESC LIMIT 1; UPDATE t SET a = 0 LIMIT 2 OFFSET 1;"
    one, other = connect(D1), connect(D1)
    for ran in one.run(script):
        other.run(ran.sql)
    query = "SELECT * FROM t"
    assert one.execute(query) == other.execute(query) == [(2, 2), (3, 0), (4, 0)]


@pytest.mark.parametrize(
    ("statement", "marked"),
    [
        ("DELETE FROM t WHERE a = 'é' OR missing(1) LIMIT 1", "missing(1)"),
        ("UPDATE t SET a = 'é', a = missing ORDER BY id LIMIT 1", "missing ORDER"),
        ("DELETE FROM t WHERE a = 'é' RETURNING missing ORDER BY id LIMIT 1", "missing ORDER"),
        ("DELETE FROM t WHERE 'é' ORDER BY missing LIMIT 1", "missing LIMIT"),
        ("DELETE FROM t NOT INDEXED LIMIT 'é' || missing", "missing"),
        ("DELETE FROM t LIMIT 1 + + SELECT", "SELECT"),
    ],
)
def test_the_place_of_an_error(connect: Connect, statement: str, marked: str) -> None:
    """SQLite's error is marked where it is in the file."""
    text = f"SELECT 'ü';\n\n{statement};\n"
    with pytest.raises(ReplayError) as caught:
        run_file(connect(D1, TABLE), Migration("file.sql", "file.sql", text))
    assert caught.value.line == 3
    line, marker = caught.value.excerpt.splitlines()
    assert line[marker.index("^") :].startswith(marked)


def test_an_error_while_it_runs(connect: Connect) -> None:
    """A statement that fails while it runs is the one that is reported, and the ones before it stay."""
    script = f"{TABLE}SELECT 1; UPDATE t SET id = 'x' LIMIT 1; SELECT 2"
    with pytest.raises(Stopped) as caught:
        connect(D1).run(script)
    assert script.encode()[caught.value.start :].startswith(b"UPDATE t")
    assert len(caught.value.ran) == 3
    assert caught.value.error.offset is None


def test_only_on_d1(connect: Connect) -> None:
    """The profile sqlite is SQLite as it is usually built: without."""
    with pytest.raises(Stopped, match='near "LIMIT": syntax error'):
        connect(SQLITE, TABLE).run("DELETE FROM t LIMIT 1")


def test_a_long_statement(connect: Connect) -> None:
    """The other form may be longer than D1's limit; the statement may not."""
    list_of = "DELETE FROM t WHERE a IN ({}) LIMIT 1".format
    size = 100_000 - len(list_of(""))
    database = connect(D1, TABLE)
    (ran,) = database.run(list_of("2" + " " * (size - 1)))
    assert ran.changes == 1
    with pytest.raises(Stopped, match="statement too long"):
        database.run(list_of("2" + " " * size))


def test_values_behind_a_limit(tmp_path: Path) -> None:
    """A chain with LIMIT is squashed and proved, and what the clock gave a chosen row is volatile."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    (directory / "0001_table.sql").write_text(TABLE, encoding="utf-8")
    (directory / "0002_rows.sql").write_text(
        "CREATE TABLE quiet (a);\nDELETE FROM t ORDER BY id DESC LIMIT 1;\n"
        "UPDATE t SET a = datetime('now') WHERE a > 1 ORDER BY id LIMIT 1 OFFSET 1;\n",
        encoding="utf-8",
    )
    result = squasher.squash(directory)
    assert squasher.check(directory).proof.status == "equal"
    assert "(1, 'é')" in result.text
    assert "(2, datetime('now'))" in result.text  # text is greater than any number, so row 1 was passed over
    assert "(3, 3)" in result.text
    assert "(4, " not in result.text
