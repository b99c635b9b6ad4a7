"""The bench: its chains are what their shapes say, and a figure comes of a process that did its work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import apsw
import pytest

from bench import chains, process, table
from bench.chains import MIDDLE, SHAPES, SMALL, Shape
from bench.figures import Figures, Spread, read, written
from bench.measure import Bench, Step
from bench.process import FailedError, Process

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


def test_a_process_is_measured_from_outside(tmp_path: Path) -> None:
    """The seconds hold what it slept, and the bytes what it and its child kept at once."""
    nap = Process((sys.executable, "-c", "import time; time.sleep(0.2)"), tmp_path)
    assert process.seconds(nap, os.environ) >= 0.2
    held = "x = bytearray(20_000_000); x[::4096] = b'1' * len(x[::4096]); import time; time.sleep(0.5)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {held!r}]); "
    both = Process((sys.executable, "-c", child.replace("run", "Popen") + held), tmp_path)
    assert process.peak(both, os.environ) > 40_000_000


def test_a_process_that_fails_is_no_figure(tmp_path: Path) -> None:
    """Its exit code and what it said are the error; other codes can be as good as 0."""
    command = (sys.executable, "-c", "import sys; sys.exit('no \\x1b[31mway')")
    with pytest.raises(FailedError) as failed:
        process.seconds(Process(command, tmp_path), os.environ)
    assert str(failed.value).endswith("ended with exit code 1\nno \ufffd[31mway")
    assert process.seconds(Process(command, tmp_path, codes=(0, 1)), os.environ) > 0
    with pytest.raises(FailedError):
        process.peak(Process(command, tmp_path), os.environ)


def test_ratios_are_taken_within_a_round() -> None:
    """A machine that was slow in one round was slow for both: each ratio is 2, whatever the medians are."""
    figures = Figures({}, {}, 200, {"S": {"raw": [1.0, 5.0, 2.0], "check": [2.0, 10.0, 4.0]}}, {})
    assert figures.ratio("S", "check", "raw") == Spread(2.0, 2.0, 2.0, 3)
    assert figures.excess("S", "check", "raw") == Spread(2.0, 1.0, 5.0, 3)
    assert figures.ratio("S", "check", "dbmate") is None


def test_rounds_are_whole_and_stop_at_a_failure(tmp_path: Path) -> None:
    """A round of which one process fails leaves no figure, and the next measure goes on."""
    fine = Step("fine", Process((sys.executable, "-c", ""), tmp_path))
    bad = Step("bad", Process((sys.executable, "-c", "raise SystemExit(3)"), tmp_path))
    bench = Bench(tmp_path, {}, quick=True, limit=60)
    bench.attempt("one", lambda bench: bench.rounds("one", [fine, bad], most=2, limit=60))
    bench.attempt("two", lambda bench: bench.rounds("two", [fine], most=3, limit=60))
    bench.attempt("three", lambda bench: bench.rounds("three", [fine], most=3, limit=0))
    found = bench.figures(200)
    assert [len(taken["fine"]) for taken in found.seconds.values()] == [3, 1]
    assert len(found.failures) == 1
    assert "exit code 3" in found.failures[0]


def test_figures_go_through_json() -> None:
    """What was written is read again, so that a table or a plot can be made later."""
    figures = Figures({"cores": 2}, {"dbmate": "2"}, 1000, {"S": {"raw": [1.5]}}, {"D check": 7}, ["x"], [])
    assert read(written(figures, [])) == figures


def test_the_table_tells_what_a_goal_is_about() -> None:
    """A goal that is reached has a mark, one that is missed another; what was not measured has a dash."""
    seconds = {
        "start": {"python": [0.020, 0.030], "version": [0.060, 0.080]},
        "S": {"raw": [0.1], "check": [0.3]},
    }
    text = table.text(Figures({}, {}, 1000, seconds, {"D check": 90, "python": 10, "D database": 20}))
    lines = [re.split(r"  +", line) for line in text.splitlines()]
    cells = {(line[0], line[2]): line[1:] for line in lines}
    assert cells["squasher --version", "python -c pass"] == [
        *("70 ms", "python -c pass", "25 ms", "+45 ms", "+40–+50", "≤ 60 ms ✓", "2")
    ]
    assert cells["S: check, cold", "raw"] == ["300 ms", "raw", "100 ms", "3.00 ×", "–", "≤ 2.5 × ✗", "1"]
    assert cells["D: check, memory", "the database"][3:] == ["4.00 ×", "–", "≤ 2.5 × ✗", "1"]
    assert cells["L: check, cold", "raw"] == ["–", "raw", "–", "–", "–", "≤ 2 ×", "–"]
