"""The project's own chain, migrations/, and the fresh file beside it."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.chain import read_chain, read_migration
from squasher.engine import Database
from squasher.introspect import introspect
from squasher.model import Index, Table, Trigger, View, VirtualTable
from squasher.profiles import D1
from squasher.replay import replay, run_file
from squasher.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.commands.squash import Squashed

ROOT = Path(__file__).parent.parent
MIGRATIONS = ROOT / "migrations"
FRESH = ROOT / "migrations-fresh" / "0001_complete_schema.sql"
NOW = Universe(name="test", clock=211_813_488_000_000, seed=0)
SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"


@pytest.fixture(scope="module")
def squashed() -> Squashed:
    """What squash makes of the chain now."""
    return squasher.squash(MIGRATIONS, write=False)


@pytest.fixture(scope="module")
def text() -> str:
    """The fresh file on disk."""
    return FRESH.read_text(encoding="utf-8")


@pytest.fixture
def installed(text: str) -> Iterator[sqlite3.Connection]:
    """A new installation by the standard library's SQLite, with the real clock and real chance."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(text)
    yield connection
    connection.close()


def row_statements(text: str) -> str:
    """The statements that write rows: from the first INSERT to the first trigger."""
    start, end = text.index("\nINSERT INTO"), text.index("\nCREATE TRIGGER")
    return text[start:end]


def split(text: str) -> list[str]:
    """The statements of a script, cut where SQLite says that one is complete."""
    found, start = [], 0
    for end in (match.end() for match in re.finditer(";", text)):
        if sqlite3.complete_statement(text[start:end]):
            found.append(text[start:end])
            start = end
    assert text[start:].strip() == ""
    return found


def is_now(value: object, shift: timedelta | None = None) -> bool:
    """Whether a stored time in UTC, shifted back, is the present, give or take some minutes."""
    moment = datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - (shift or timedelta())
    return abs(datetime.now(UTC) - moment) < timedelta(minutes=10)


def test_it_holds_what_the_chain_page_says(squashed: Squashed) -> None:
    """34 migrations leave 34 tables, 70 indexes, 5 triggers and 14 rows in 4 tables, and no view."""
    snapshot = squashed.snapshot
    assert len(squashed.chain.migrations) == 34
    assert [len(snapshot.of(kind)) for kind in (Table, Index, Trigger, View, VirtualTable)] == [
        34,
        70,
        5,
        0,
        0,
    ]
    assert {rows.table: len(rows.rows) for rows in snapshot.rows} == {
        "audit_retention_policy": 5,
        "connector_configs": 4,
        "global_events_watermark": 1,
        "onboarding_steps": 4,
    }


def test_there_is_nothing_to_warn_of(squashed: Squashed) -> None:
    """Every volatile value has a default or an expression, and nothing is left out."""
    assert squashed.warnings == ()
    assert squashed.snapshot.left_out == ()
    assert squashed.snapshot.violations == ()


def test_the_file_on_disk_is_what_squash_writes(squashed: Squashed, text: str) -> None:
    """The committed file is up to date, byte for byte."""
    assert text == squashed.text


def test_the_file_on_disk_is_equivalent() -> None:
    """The check that CI runs finds nothing."""
    checked = squasher.check(MIGRATIONS)
    assert (checked.proof.status, checked.exact, checked.findings) == ("equal", True, ())


def test_the_migrations_follow_the_rules_of_the_house() -> None:
    """Numbered names with underscores, 0001 to 0036, and 0017 and 0018 missing."""
    names = [migration.name for migration in read_chain(MIGRATIONS).migrations]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name) for name in names)
    assert [int(name[:4]) for name in names] == [n for n in range(1, 37) if n not in {17, 18}]


def test_the_files_apply_one_by_one() -> None:
    """Each migration runs under D1's rules, in a transaction of its own, after those before it."""
    with Database(D1, NOW) as database:
        for migration in read_chain(MIGRATIONS).migrations:
            assert run_file(database, migration)
        alone = introspect(database)
    with replay(read_chain(MIGRATIONS), D1, NOW) as whole:
        assert introspect(whole.database).objects == alone.objects
        assert introspect(whole.database).rows == alone.rows
        assert all(step.statements for step in whole.steps)


def test_no_row_holds_a_moment(text: str) -> None:
    """Dates in rows are those that the migrations write themselves, as versions of an API."""
    dates = set(re.findall(r"\d{4}-\d{2}-\d{2}", row_statements(text)))
    chain = "".join(migration.text for migration in read_chain(MIGRATIONS).migrations)
    assert dates == {"2024-11-20"}
    assert all(date in chain for date in dates)
    assert not re.search(r"\d{2}:\d{2}:\d{2}", row_statements(text))
    assert not re.search(r"\b\d{9,}\b", row_statements(text)), "seconds since 1970"


def test_no_row_holds_a_random_value(text: str) -> None:
    """No run of hex digits in a row is long enough for one of the chain's random ids."""
    assert not re.search(r"\b[0-9a-fA-F]{16,}\b", row_statements(text))


def test_volatile_columns_are_left_to_their_defaults(text: str) -> None:
    """Random ids and CURRENT_TIMESTAMP columns are not in the INSERT, and the migration's expression is."""
    policies = re.search(r"INSERT INTO audit_retention_policy \(([^)]*)\)", text)
    configs = re.search(r"INSERT INTO connector_configs \(([^)]*)\)", text)
    assert policies is not None
    assert configs is not None
    assert not {"id", "created_at", "updated_at"} & set(policies[1].split(", "))
    assert not {"created_at", "updated_at"} & set(configs[1].split(", "))
    assert "(1, datetime('now', '-1 hour'), 0, NULL);" in text


def test_a_real_installation_has_todays_values(installed: sqlite3.Connection) -> None:
    """Timestamps are the present, the watermark is an hour behind, ids are fresh."""
    query = "SELECT id, created_at, updated_at FROM audit_retention_policy"
    policies = installed.execute(query).fetchall()
    assert len(policies) == 5
    assert all(is_now(row[1]) and is_now(row[2]) for row in policies)
    assert len({row[0] for row in policies}) == 5
    assert all(re.fullmatch("[0-9a-f]{32}", row[0]) for row in policies)
    (watermark,) = installed.execute(
        "SELECT last_event_at, updated_at FROM global_events_watermark"
    ).fetchall()
    assert is_now(watermark[0], timedelta(hours=-1))
    assert is_now(watermark[1])
    assert all(
        is_now(value)
        for row in installed.execute("SELECT created_at, updated_at FROM connector_configs")
        for value in row
    )


def test_two_installations_have_different_ids(text: str, installed: sqlite3.Connection) -> None:
    """A random id is random in each installation."""
    other = sqlite3.connect(":memory:")
    other.executescript(text)
    ids = {row[0] for db in (installed, other) for row in db.execute("SELECT id FROM audit_retention_policy")}
    other.close()
    assert len(ids) == 10


def test_an_installation_is_sound(installed: sqlite3.Connection) -> None:
    """SQLite's own checks find nothing, and the seed rows' JSON is JSON."""
    assert installed.execute("PRAGMA foreign_key_check").fetchall() == []
    assert installed.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    query = "SELECT min(json_valid(fields_schema)) FROM connector_configs"
    assert installed.execute(query).fetchone() == (1,)


def test_every_migration_is_recorded(installed: sqlite3.Connection) -> None:
    """After the installation wrangler has nothing left to apply."""
    recorded = [row[0] for row in installed.execute("SELECT name FROM d1_migrations ORDER BY id")]
    assert recorded == [migration.name for migration in read_chain(MIGRATIONS).migrations]


def test_it_can_be_installed_where_the_ledger_is_already(text: str) -> None:
    """Wrangler creates its ledger before it runs a file: the file takes it as it finds it."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied_at TEXT)"
    )
    connection.execute("INSERT INTO d1_migrations (name) VALUES ('0001_add_users_table.sql')")
    connection.commit()
    connection.executescript(text)
    assert connection.execute("SELECT count(*), count(DISTINCT name) FROM d1_migrations").fetchone() == (
        34,
        34,
    )
    connection.close()


def schema_by_squasher() -> list[tuple[object, ...]]:
    """The schema that the engine of squasher gets from the file."""
    with Database(D1, NOW) as database:
        run_file(database, read_migration(FRESH))
        return [tuple(row) for row in database.execute(SCHEMA)]


def test_the_standard_librarys_sqlite_reads_the_same_schema(text: str, installed: sqlite3.Connection) -> None:
    """As one script and statement by statement, with or without one transaction."""
    expected = schema_by_squasher()
    assert len(expected) == 34 + 70 + 5 + 2, "with the ledger and sqlite_sequence"
    assert installed.execute(SCHEMA).fetchall() == expected
    singly = sqlite3.connect(":memory:", isolation_level=None)
    for statement in split(text):
        singly.execute(statement)
    assert singly.execute(SCHEMA).fetchall() == expected
    singly.close()


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 command here")
def test_the_sqlite3_command_reads_the_same_schema(text: str, tmp_path: Path) -> None:
    """Debian's command line takes the file whole and statement by statement."""
    command = str(shutil.which("sqlite3"))
    query = f"SELECT json_group_array(json_array(type, name, tbl_name, sql)) FROM ({SCHEMA})"
    answers = []
    for way in ("whole", "singly"):
        database = str(tmp_path / f"{way}.db")
        parts = [text] if way == "whole" else split(text)
        for part in parts:
            done = subprocess.run(
                [command, "-bail", "-cmd", "PRAGMA synchronous = OFF", database],
                input=part,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        done = subprocess.run([command, database, query], capture_output=True, text=True, check=True)
        answers.append(done.stdout)
    memory = sqlite3.connect(":memory:")
    memory.executescript(text)
    (expected,) = memory.execute(query).fetchone()
    memory.close()
    assert answers == [expected + "\n"] * 2


def test_the_header_says_what_was_squashed(text: str, squashed: Squashed) -> None:
    """Range, digest and how to write it again stand at the top."""
    lines = text.splitlines()
    assert lines[0] == (
        "-- The complete schema of 34 migrations, 0001_add_users_table to 0036_add_custom_instructions."
    )
    assert "Do not edit" in lines[1]
    assert lines[2] == f"-- source: {squashed.chain.digest}"


def test_the_file_can_be_reviewed(text: str) -> None:
    """No tabs and no space at the ends of lines in what a reviewer reads."""
    schema = text[: text.index("\nINSERT INTO")]
    assert "\t" not in schema
    assert all(line == line.rstrip() for line in schema.splitlines())
