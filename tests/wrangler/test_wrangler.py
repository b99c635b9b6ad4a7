"""The real wrangler in local mode against squasher: the chain, the fresh file, and every recorded file."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from squasher.chain import Migration, read_chain
from squasher.d1 import ledger_row
from squasher.engine import Database
from squasher.profiles import D1
from squasher.replay import replay, run_file
from squasher.universe import Universe
from tests import d1_cases
from tests.wrangler import installs, real

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.d1_cases import Outcome
    from tests.wrangler.installs import Installs
    from tests.wrangler.real import Said

    Query = Callable[[str], list[tuple[Any, ...]]]

Contents: TypeAlias = "dict[str, list[tuple[Any, ...]]]"

pytestmark = pytest.mark.wrangler

SCHEMA = (
    "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY rowid"
)
SAMPLE = (
    "begin_plain",
    "temp_table",
    "cols_101",
    "only_comment",
    "failing_mid",
    "trigger_case",
    "limited_pair",
)
UNIVERSES = (
    Universe(name="one", clock=212_662_110_896_789, seed=1),
    Universe(name="other", clock=210_866_760_000_000, seed=2),
)


def configure(project: Path, *names: str) -> None:
    """Write a configuration with these databases."""
    databases = [{"binding": name.upper(), "database_name": name, "database_id": name} for name in names]
    config = {"name": "app", "compatibility_date": "2026-01-01", "d1_databases": databases}
    (project / "wrangler.json").write_text(json.dumps(config), encoding="utf-8")


def contents(query: Query) -> Contents:
    """The schema byte for byte and the rows of every table, in the order in which they are stored."""
    schema = query(SCHEMA)
    tables = [name for kind, name, _ in schema if kind == "table"]
    return {"": schema, **{name: query(f'SELECT * FROM "{name}"') for name in tables}}


def of_real(path: Path) -> Contents:
    """What wrangler's file holds."""
    with closing(sqlite3.connect(path)) as connection:
        return contents(lambda query: connection.execute(query).fetchall())


def assert_same(found: Contents, ours: list[Contents]) -> None:
    """Every cell is the same, but for those that differ between universes; these are of the same kind."""
    one, other = ours
    assert found[""] == one[""] == other[""]
    assert found.keys() == one.keys()
    pinned = 0
    for table, rows in found.items():
        assert len(rows) == len(one[table]) == len(other[table])
        for row, first, second in zip(rows, one[table], other[table], strict=True):
            for cell, value, elsewhere in zip(row, first, second, strict=True):
                assert cell == value if value == elsewhere else type(cell) is type(value)
                pinned += value == elsewhere
    assert pinned > 200  # the comparison compares


@pytest.fixture
def pinned(every_installs: dict[Path, Installs]) -> Installs:
    """What the release that the profile follows made."""
    return every_installs[real.PACKAGES]


def test_the_chain(pinned: Installs, project: Path) -> None:
    """The real `migrations apply` leaves what the replay leaves."""
    installs.add_next(project)
    chain = read_chain(project / "migrations")
    ours = []
    for universe in UNIVERSES:
        with replay(chain, D1, universe) as done:
            ours.append(contents(done.database.execute))
    found = of_real(pinned.chain)
    assert_same(found, ours)
    assert [row[:2] for row in found["d1_migrations"]] == [
        (number, migration.name) for number, migration in enumerate(chain.migrations, 1)
    ]


def test_the_fresh_file(pinned: Installs, project: Path) -> None:
    """The real `execute --file` leaves what squasher says, also after the next migration."""
    installs.add_next(project)
    files = (
        (installs.FRESH, ""),
        (f"migrations/{installs.NEXT}", ledger_row("d1_migrations", installs.NEXT)),
    )
    ours = []
    for universe in UNIVERSES:
        with Database(D1, universe) as database:
            for name, appended in files:
                sql = (project / name).read_text(encoding="utf-8") + appended
                run_file(database, Migration(name, name, sql))
            ours.append(contents(database.execute))
    assert_same(of_real(pinned.executed), ours)


def test_a_sample_by_command(tmp_path: Path) -> None:
    """What wrangler's command line says of some recorded files is what was recorded without it."""
    files = {case.name: case for case in d1_cases.every()}

    def execute(name: str) -> Said:
        home = tmp_path / name  # with a state of its own, so that two can run at once
        home.mkdir()
        configure(home, name)
        (home / "file.sql").write_text(files[name].sql, encoding="utf-8")
        return real.wrangler(home, "d1", "execute", name, "--local", "--json", "--file", "file.sql")

    recorded = d1_cases.recorded()
    with ThreadPoolExecutor(max_workers=2) as pool:
        for name, said in zip(SAMPLE, pool.map(execute, SAMPLE), strict=True):
            error = recorded[name].error
            assert (said.code == 0) is (error is None), said.out
            if error is not None:
                document = json.loads(said.out[said.out.index("{") :])
                assert d1_cases.message(document["error"]["text"]) == d1_cases.message(error)


def drift(before: Outcome, now: Outcome) -> str | None:
    """How an outcome differs from the recorded one, apart from codes, offsets and references."""
    if (before.error is None) != (now.error is None):
        return f"was {_told(before)}, is {_told(now)}"
    if before.error is not None and d1_cases.message(before.error) != d1_cases.message(now.error or ""):
        return f"was {_told(before)}, is {_told(now)}"
    if before.schema != now.schema:
        return f"stored {before.schema}, stores {now.schema}"
    if before.rows != now.rows:
        return f"left the rows {before.rows}, leaves {now.rows}"
    return None


def _told(outcome: Outcome) -> str:
    return "accepted" if outcome.error is None else f"refused ({outcome.error.splitlines()[0][:120]})"


def test_every_recorded_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Each file is accepted, refused and stored as recorded; the report names what has drifted."""
    cases, recorded = d1_cases.every(), d1_cases.recorded()
    found = dict(zip((case.name for case in cases), real.run(cases), strict=True))
    drifted = {name: how for name, now in found.items() if (how := drift(recorded[name], now))}
    with capsys.disabled():
        print(f"\n{real.versions()}: {len(found) - len(drifted)} of {len(found)} files as recorded")  # noqa: T201
    report = "\n".join(f"  {name}: {how}" for name, how in drifted.items())
    assert not drifted, f"{real.versions()} differs from the recorded outcomes:\n{report}"


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (d1_cases.Outcome(None, [], []), None),
        (d1_cases.Outcome("no: SQLITE_ERROR", [], []), "was accepted, is refused (no: SQLITE_ERROR)"),
        (d1_cases.Outcome(None, [["table", "t", "CREATE TABLE t(a)"]], []), "stores"),
        (d1_cases.Outcome(None, [], [[[1]]]), "leaves"),
    ],
)
def test_drift_is_seen(now: Outcome, says: str | None) -> None:
    """A changed error, schema or row is reported."""
    how = drift(d1_cases.Outcome(None, [], []), now)
    assert how is None if says is None else says in str(how)
