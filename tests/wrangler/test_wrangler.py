"""The real wrangler in local mode against squasher: the chain, the fresh file, and every recorded file."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from squasher.chain import Migration, read_chain
from squasher.engine import Database
from squasher.profiles import D1
from squasher.replay import replay, run_file
from squasher.universe import Universe
from tests import d1_cases
from tests.wrangler import real

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.d1_cases import Outcome

    Query = Callable[[str], list[tuple[Any, ...]]]

Contents: TypeAlias = "dict[str, list[tuple[Any, ...]]]"

pytestmark = pytest.mark.wrangler

NAME = "app"
FRESH = "migrations-fresh/0001_complete_schema.sql"
SCHEMA = (
    "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY rowid"
)
CLEAN = "No migrations to apply"
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


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """There is a wrangler to compare with."""
    if not (real.PACKAGES / "node_modules" / "wrangler").is_dir():
        pytest.fail("wrangler is not installed: run `make test-wrangler`")


@pytest.fixture
def project(tmp_path: Path, repository: Path) -> Path:
    """A project of wrangler's with the repository's chain and fresh file; no database exists yet."""
    configure(tmp_path, NAME)
    for name in ("migrations", "migrations-fresh"):
        shutil.copytree(repository / name, tmp_path / name)
    return tmp_path


def configure(project: Path, *names: str) -> None:
    """Write a configuration with these databases."""
    databases = [{"binding": name.upper(), "database_name": name, "database_id": name} for name in names]
    config = {"name": "app", "compatibility_date": "2026-01-01", "d1_databases": databases}
    (project / "wrangler.json").write_text(json.dumps(config), encoding="utf-8")


def migrations(project: Path, command: str) -> str:
    """Call ``wrangler d1 migrations …``, which succeeds; what it says."""
    said = real.wrangler(project, "d1", "migrations", command, NAME, "--local")
    assert said.code == 0, said.out
    return said.out


def contents(query: Query) -> Contents:
    """The schema byte for byte and the rows of every table, in the order in which they are stored."""
    schema = query(SCHEMA)
    tables = [name for kind, name, _ in schema if kind == "table"]
    return {"": schema, **{name: query(f'SELECT * FROM "{name}"') for name in tables}}


def of_real(project: Path) -> Contents:
    """What the only database of a project holds."""
    files = list(project.glob(".wrangler/state/v3/d1/miniflare-D1DatabaseObject/*.sqlite"))
    (file,) = (file for file in files if file.name != "metadata.sqlite")
    with closing(sqlite3.connect(file)) as connection:
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


def test_the_chain(project: Path) -> None:
    """The real `migrations apply` leaves what the replay leaves, and lists nothing to apply after it."""
    chain = read_chain(project / "migrations")
    migrations(project, "apply")
    assert CLEAN in migrations(project, "list")
    ours = []
    for universe in UNIVERSES:
        with replay(chain, D1, universe) as done:
            ours.append(contents(done.database.execute))
    found = of_real(project)
    assert_same(found, ours)
    assert [row[:2] for row in found["d1_migrations"]] == [
        (number, migration.name) for number, migration in enumerate(chain.migrations, 1)
    ]


def test_the_fresh_file(project: Path) -> None:
    """The real `execute --file` leaves what squasher says and nothing to apply; what follows is applied."""
    said = real.wrangler(project, "d1", "execute", NAME, "--local", "--yes", "--file", FRESH)
    assert said.code == 0, said.out
    assert CLEAN in migrations(project, "list")
    data = (project / FRESH).read_bytes()
    ours = []
    for universe in UNIVERSES:
        with Database(D1, universe) as database:
            run_file(database, Migration(FRESH, FRESH, data, data.decode()))
            ours.append(contents(database.execute))
    assert_same(of_real(project), ours)
    (project / "migrations" / "9999_next.sql").write_text("CREATE TABLE next (a);\n", encoding="utf-8")
    assert "9999_next.sql" in migrations(project, "apply")
    assert CLEAN in migrations(project, "list")
    assert ("table", "next", "CREATE TABLE next (a)") in of_real(project)[""]


def test_a_sample_by_command(tmp_path: Path) -> None:
    """What wrangler's command line says of some recorded files is what was recorded without it."""
    configure(tmp_path, *SAMPLE)
    files = {case.name: case for case in d1_cases.every()}
    recorded = d1_cases.recorded()
    for name in SAMPLE:
        (tmp_path / "file.sql").write_text(files[name].sql, encoding="utf-8")
        said = real.wrangler(tmp_path, "d1", "execute", name, "--local", "--json", "--file", "file.sql")
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
