"""The bench: its chains are what their shapes say, and a figure comes of a process that did its work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import apsw

from bench import chains
from bench.chains import MIDDLE, SHAPES, SMALL, Shape

ROOT = Path(__file__).resolve().parent.parent


def installed(files: list[str]) -> apsw.Connection:
    """The database that a chain leaves, each file in a transaction."""
    connection = apsw.Connection(":memory:")
    for text in files:
        connection.execute(f"BEGIN;\n{text}\nCOMMIT;")
    return connection


def counted(connection: apsw.Connection) -> Counter[str]:
    """How many objects there are of each kind; the tables that a full-text index keeps are no objects."""
    found = connection.execute(
        "SELECT s.type, coalesce(l.type, '') FROM sqlite_schema s LEFT JOIN pragma_table_list l"
        " ON s.name = l.name AND s.type IN ('table', 'view') WHERE s.sql IS NOT NULL"
    )
    return Counter("virtual" if more == "virtual" else kind for kind, more in found if more != "shadow")


def rows_of(connection: apsw.Connection) -> int:
    """How many rows the tables of the chain hold."""
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 't[0-9]*'")
    return sum(connection.execute(f"SELECT count(*) FROM {name}").get for (name,) in names.fetchall())


def test_the_small_chain_makes_what_its_shape_says() -> None:
    """S has the counts of its shape, with the table of the full-text index and its three triggers beside."""
    files = chains.chain(SMALL)
    with installed(files) as connection:
        assert len(files) == 34
        assert counted(connection) == {"table": 35, "index": 110, "trigger": 8, "view": 2, "virtual": 1}
        assert rows_of(connection) == 20
    text = "".join(files)
    assert text.count(" ADD COLUMN ") == 5
    assert text.count(" RENAME TO ") == 4


def test_a_chain_of_another_length_keeps_the_proportions() -> None:
    """A tenth of M's files make a tenth of everything that M makes."""
    files = chains.chain(MIDDLE.of_length(100))
    with installed(files) as connection:
        assert len(files) == 100
        assert counted(connection) == {"table": 80, "index": 240, "trigger": 20, "view": 10}
        assert rows_of(connection) == 500
    text = "".join(files)
    assert text.count(" ADD COLUMN ") == 11
    assert text.count(" RENAME TO ") == 4


def test_a_long_chain_fills_its_files() -> None:
    """In the proportions of L, each file that had nothing else has one row, into a table that is there."""
    files = chains.chain(
        SHAPES["L"].of_length(200)._replace(columns=0, rebuilds=0, triggers=0, views=0, rows=0)
    )
    filled = [text for text in files if text.startswith("INSERT")]
    with installed(files) as connection:
        assert counted(connection) == {"table": 60, "index": 200}
        assert rows_of(connection) == len(filled) > 60
    assert all(files)


def test_volatile_rows_are_in_the_last_ten_files() -> None:
    """Their values ask for the time and for chance, and come to 50."""
    files = chains.chain(MIDDLE.of_length(100)._replace(volatile=50))
    asking = [text.count("randomblob") for text in files]
    assert asking == [0] * 90 + [5] * 10
    with installed(files) as connection:
        assert rows_of(connection) == 550


def test_rows_come_in_batches() -> None:
    """Of 1,000 rows a table, which come in four pieces, an INSERT holds 100 or what is left."""
    files = chains.chain(Shape(files=10, tables=8, indexes=8, rows=8000, batch=100))
    inserts = [part for text in files for part in text.split(";\n") if part.startswith("INSERT")]
    assert {part.count("\n(") + 1 for part in inserts} == {100, 50}
    with installed(files) as connection:
        assert rows_of(connection) == 8000


def test_the_same_shape_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two processes write the same files; those for dbmate differ by its lines alone."""
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "bench.chains", str(tmp_path / seed), "S", "60"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
    one, two = (
        {path.relative_to(tmp_path / seed): path.read_bytes() for path in (tmp_path / seed).rglob("*.sql")}
        for seed in ("1", "2")
    )
    assert one == two
    assert len(one) == 2 * (34 + 60)
    plain = one[Path("S/migrations/0034_step_34.sql")]
    assert one[Path("S/dbmate/0034_step_34.sql")] == b"-- migrate:up\n" + plain + b"\n-- migrate:down\n"


def test_an_unknown_shape_is_refused(tmp_path: Path) -> None:
    """The message names the shapes that there are."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.chains", str(tmp_path), "X"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no shape X: choose S, M, L, D, volatile, or a number of files" in done.stderr
