"""``--remote`` against the real wrangler, which is told to answer from its local state instead."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

from squasher import d1state, remote, wrangler
from squasher.commands.build import build
from squasher.sources import open_source, parse
from squasher.target import target
from squasher.wrangler_cli import Wrangler
from tests.test_remote import CHAIN, TABLES
from tests.wrangler import real

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.wrangler

# passes everything on, and asks for the local database where squasher asks for the one at Cloudflare
NPX = """#!/bin/sh
for word do
    shift
    test "$word" = --remote && word=--local
    set -- "$@" "$word"
done
exec {npx} "$@"
"""


class Project(NamedTuple):
    """A directory in which wrangler and squasher are run."""

    root: Path
    databases: tuple[wrangler.D1Database, ...]

    def squasher(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call squasher, whose npx is the one above."""
        environment = real.environment(self.root)
        path = os.pathsep.join([str(self.root / "bin"), environment["PATH"]])
        return subprocess.run(
            [sys.executable, "-m", "squasher", *arguments],
            cwd=self.root,
            env={**environment, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )

    def change(self, name: str, script: str) -> None:
        """Run SQL on the local file of a database."""
        path = d1state.local_file(d1state.find(self.databases, name))
        with closing(sqlite3.connect(path)) as file:
            file.executescript(script)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two databases of one chain, with every kind of value in them."""
    names = ("one", "two")
    entries = [{"binding": name.upper(), "database_name": name, "database_id": name} for name in names]
    config = {"name": "app", "compatibility_date": "2026-01-01", "d1_databases": entries}
    (tmp_path / "wrangler.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_all.sql").write_text(CHAIN, encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(real.PACKAGES / "node_modules")
    (tmp_path / "bin").mkdir()
    npx = tmp_path / "bin" / "npx"
    npx.write_text(NPX.format(npx=shutil.which("npx")), encoding="utf-8")
    npx.chmod(0o755)
    databases = wrangler.databases(tmp_path / "wrangler.json")
    build(target(tmp_path / "migrations"), tmp_path / "built.sqlite")
    for database in databases:
        path = d1state.local_file(database)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tmp_path / "built.sqlite", path)
    for name, value in real.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    return Project(tmp_path, databases)


def test_the_copy_is_the_database(project: Project) -> None:
    """Every object, every value and the ledger come through the real wrangler as they are in its file."""
    ours = target(project.root / "migrations")._replace(databases=project.databases)
    ask = Wrangler(project.databases[0], ("--local",)).ask
    schema = remote.read_schema(ask, ours.profile)
    copy = remote.snapshot(schema, ours.profile, "d1:ONE", ask, TABLES)
    (there,) = open_source(parse("d1:ONE"), ours, tables=TABLES).side.snapshots
    assert copy.objects == there.objects
    assert copy.rows == there.rows
    assert copy.sequences == there.sequences
    assert copy.ledger == there.ledger == ("0001_all.sql",)
    assert sum(len(part.rows) for part in copy.rows) > 20


def test_check_and_drift(project: Project) -> None:
    """A database that was changed by hand is told from one that was not, by both commands."""
    project.change(
        "two", "DROP INDEX one_value; UPDATE parents SET id = 2; DELETE FROM notes WHERE rowid = 3;"
    )
    line = CHAIN[: CHAIN.index("CREATE UNIQUE INDEX one_value")].count("\n") + 1
    done = project.squasher("drift", "d1:ONE", "d1:TWO", "--remote")
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        "1 database    as 0001 makes it",
        "1 database    differs from 0001",
        "              d1:TWO",
        "                values",
        f"                  - index one_value   missing (made by 0001_all.sql:{line})",
        "",
        "2 databases in 2 groups: 1 differs.",
    ]
    done = project.squasher("check", "d1:TWO", "--remote", "--rows", "--format", "json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)["differences"]
    assert [(one["object"]["name"], one["element"]["kind"], one["change"]) for one in found] == [
        ("notes", "1 row", "missing"),
        ("parents", "1 row", "missing"),
        ("values", "index", "missing"),
    ]


def test_what_the_real_one_refuses(project: Project) -> None:
    """Its own errors are told as squasher's, with a way out."""
    (project.root / "bin" / "npx").unlink()
    done = project.squasher("check", "d1:ONE", "--remote")
    assert done.returncode == 2
    assert done.stderr.startswith("error: d1:one: wrangler is not logged in\nhelp: Run `npx wrangler login`")
