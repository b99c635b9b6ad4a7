"""An archive on the real wrangler: existing databases, new ones, and those that must not be touched."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import pytest

from squasher.commands import archive as command
from squasher.sql import canonical
from squasher.target import target
from tests.archives import BASELINE, CHAIN, write
from tests.wrangler import real

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

pytestmark = pytest.mark.wrangler

OLD: Final = "old"
NEW: Final = "new"
NAMES: Final = (OLD, NEW, "behind", "strange", "tables")
CLEAN: Final = "No migrations to apply"
LEDGER: Final = "migrations-archive/0003_ledger.sql"
NEXT: Final = "0006_next.sql"
SAMPLE: Final = """\
INSERT INTO people (name, email) VALUES ('it''s', 'x');
INSERT INTO teams (owner) SELECT id FROM people;
CREATE VIEW owners AS SELECT name FROM people JOIN teams ON owner = people.id;
"""


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """There is a wrangler to try it with."""
    if not (real.PACKAGES / "node_modules" / "wrangler").is_dir():
        pytest.fail("wrangler is not installed: run `make test-wrangler`")


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose database OLD has applied the chain before it was archived; it serves to be copied."""
    folder = tmp_path_factory.mktemp("applied")
    databases = [{"binding": name.upper(), "database_name": name, "database_id": name} for name in NAMES]
    config = {"name": "app", "compatibility_date": "2026-01-01", "d1_databases": databases}
    (folder / "wrangler.json").write_text(json.dumps(config), encoding="utf-8")
    write(folder)
    migrations(folder, "apply", OLD)
    return folder


@pytest.fixture
def project(applied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That project, archived up to 0003."""
    folder = tmp_path / "project"
    shutil.copytree(applied, folder)
    monkeypatch.chdir(folder)
    command.archive(target(), to="0003")
    return folder


def migrations(project: Path, verb: str, name: str) -> str:
    """Call ``wrangler d1 migrations …``, which succeeds; what it says."""
    said = real.wrangler(project, "d1", "migrations", verb, name, "--local")
    assert said.code == 0, said.out
    return said.out


def transition(project: Path, name: str) -> str:
    """Run the ledger transition on a database; the last result, or the error."""
    said = real.wrangler(project, "d1", "execute", name, "--local", "--json", "--file", LEDGER)
    start = min(at for at in (said.out.find("["), said.out.find("{")) if at >= 0)
    document = json.loads(said.out[start:])
    if said.code:
        return str(document["error"]["text"])
    return str(document[-1]["results"][0]["result"])


def file_of(project: Path, name: str) -> Path:
    """Where wrangler keeps a local database: named after its id by miniflare (4.164.0)."""
    key = hashlib.sha256(b"miniflare-D1DatabaseObject").digest()
    own = hmac.digest(key, name.encode(), "sha256")[:16]
    file = (own + hmac.digest(key, own, "sha256")[:16]).hex() + ".sqlite"
    return project / ".wrangler" / "state" / "v3" / "d1" / "miniflare-D1DatabaseObject" / file


def like_old(project: Path, name: str, *statements: str) -> None:
    """Another database with what OLD holds, and what the statements make of it."""
    with (
        closing(sqlite3.connect(file_of(project, OLD))) as old,
        closing(sqlite3.connect(file_of(project, name))) as new,
    ):
        old.backup(new)
        for statement in statements:
            new.execute(statement)
        new.commit()


def query(project: Path, name: str, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query on a local database."""
    with closing(sqlite3.connect(file_of(project, name))) as connection:
        return connection.execute(sql).fetchall()


def names(project: Path, name: str) -> list[str]:
    """What a database's ledger holds."""
    return [row[0] for row in query(project, name, "SELECT name FROM d1_migrations ORDER BY id")]


def contents(project: Path, name: str) -> tuple[dict[str, tuple[str, ...]], dict[str, list[tuple[Any, ...]]]]:
    """The tokens of every object, and the rows of every table but the ledger."""
    stored = query(project, name, "SELECT name, type, sql FROM sqlite_schema WHERE name NOT GLOB '_cf_*'")
    tables = [table for table, kind, _ in stored if kind == "table" and table != "d1_migrations"]
    rows = {table: query(project, name, f'SELECT * FROM "{table}" ORDER BY rowid') for table in tables}
    rows["sqlite_sequence"] = [row for row in rows["sqlite_sequence"] if row[0] != "d1_migrations"]
    return {one: canonical(sql) for one, _, sql in stored if sql}, rows


def without(held: Iterable[str], name: str) -> list[str]:
    """The names but one."""
    return [one for one in held if one != name]


def test_every_state_of_a_database(project: Path) -> None:
    """The old set is stamped, new and squashed ones stay, and all others are refused as they are."""
    like_old(project, "behind", "DELETE FROM d1_migrations WHERE name = '0002_roles.sql'")
    like_old(project, "strange", "INSERT INTO d1_migrations (name) VALUES ('0099_it''s %s.sql')")
    like_old(project, "tables", "DROP TABLE d1_migrations")
    before = {name: contents(project, name) for name in (OLD, "behind", "strange", "tables")}
    assert transition(project, OLD) == f"stamped: d1_migrations now records {BASELINE}"
    assert transition(project, OLD) == f"nothing to do: d1_migrations records {BASELINE} already"
    assert names(project, OLD) == [*CHAIN, BASELINE]
    assert transition(project, NEW).startswith("nothing to do: this is a new database")
    assert names(project, NEW) == []
    refused = "bad JSON path: 'squasher refuses this database: "
    assert transition(project, "behind").startswith(
        f"{refused}absorbed, but not recorded (1): 0002_roles.sql'"
    )
    assert names(project, "behind") == without(CHAIN, "0002_roles.sql")
    strange = "recorded, but neither absorbed nor known (1): 0099_it''s %s.sql'"
    assert transition(project, "strange").startswith(refused + strange)
    assert names(project, "strange") == [*CHAIN, "0099_it's %s.sql"]
    tables = "d1_migrations records no migration, but there are tables (3): people, roles, teams'"
    assert transition(project, "tables").startswith(refused + tables)
    assert query(project, "tables", "SELECT name FROM sqlite_schema WHERE name = 'd1_migrations'") == []
    assert {name: contents(project, name) for name in before} == before


def test_the_next_migration_and_undo(project: Path) -> None:
    """An old database that was stamped and a new one both apply what comes next, and end as one.

    After the undo of the archive neither has anything to apply.
    """
    (project / "migrations" / NEXT).write_text(SAMPLE, encoding="utf-8")
    transition(project, OLD)
    applied = migrations(project, "apply", OLD)
    assert NEXT in applied
    assert BASELINE not in applied
    assert "0004_teams.sql" not in applied
    migrations(project, "apply", NEW)
    assert contents(project, OLD) == contents(project, NEW)
    assert set(names(project, OLD)) == set(names(project, NEW)) == {*CHAIN, BASELINE, NEXT}
    assert query(project, NEW, "SELECT name FROM owners") == [("it's",)]
    command.undo(target())
    assert sorted(path.name for path in (project / "migrations").iterdir()) == [*CHAIN, NEXT]
    for name in (OLD, NEW):
        assert CLEAN in migrations(project, "list", name)


def test_the_wrong_order(project: Path) -> None:
    """`migrations apply` on an old database without the transition fails, says why, and changes nothing.

    No table that the baseline makes is in its way there: users became people.
    """
    before = contents(project, OLD)
    said = real.wrangler(project, "d1", "migrations", "apply", OLD, "--local")
    assert said.code == 1
    assert "squasher refuses: this database has run 0001_users.sql" in " ".join(said.out.split())
    assert contents(project, OLD) == before
    assert names(project, OLD) == [*CHAIN]
