"""``d1:NAME``: the database that wrangler's configuration means, read from its local state."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from squasher import d1state
from squasher.commands.diff import Sides, diff
from squasher.commands.show import show
from squasher.d1state import Reach
from squasher.errors import InputError
from squasher.profiles import D1
from squasher.sources import open_source, parse
from squasher.target import Target, target
from squasher.wrangler import D1Database

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# what wrangler 4.164.0 called the file of a database whose id is "app-id"
FILE = "158689b4ad4aed89023b06e1eb6583a2febf083dd4e6be9e09fc2f0973a5d5a5.sqlite"
STATE = Path("v3/d1/miniflare-D1DatabaseObject")
LEDGER = (
    "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,"
    " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);"
    "INSERT INTO d1_migrations (name) VALUES ('0001_a.sql');"
)
CHAIN = (
    "CREATE TABLE users ( -- who may sign in\n    id INTEGER PRIMARY KEY,\n"
    "    email TEXT NOT NULL /* unique */\n);\n"
    "CREATE VIRTUAL TABLE notes USING fts5(body);\n"
)
# the same as wrangler 4.86 sends it: without comments
STRIPPED = CHAIN.replace(" -- who may sign in", "").replace(" /* unique */", "")


def database(
    folder: Path,
    binding: str = "DB",
    name: str | None = "app",
    *,
    key: str = "app-id",
    env: str | None = None,
) -> D1Database:
    """An entry of a configuration in ``folder``."""
    config = folder / "wrangler.jsonc"
    return D1Database(binding, name, key, folder / "migrations", "*.sql", "d1_migrations", config, env)


def of(folder: Path, *databases: D1Database) -> Target:
    """The migrations in ``folder``, and what the configuration there names."""
    return target(folder / "migrations")._replace(databases=databases or (database(folder),))


def state(folder: Path, script: str, *, persist: str = ".wrangler/state") -> Path:
    """The local database with this content, as wrangler leaves it: in WAL mode."""
    path = folder / persist / STATE / FILE
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(script)
    return path


def test_the_file_of_a_database(tmp_path: Path) -> None:
    """It lies beside the configuration, or in the directory that --persist-to names."""
    one = database(tmp_path)
    assert d1state.local_file(one) == tmp_path / ".wrangler" / "state" / STATE / FILE
    assert d1state.local_file(one, Path("kept")) == Path("kept") / STATE / FILE


def test_a_name_or_a_binding(tmp_path: Path) -> None:
    """Both mean the database, and the first of several, as wrangler takes it."""
    first = database(tmp_path)
    other = database(tmp_path, "DB", "app-staging", key="other", env="staging")
    assert d1state.find((first, other), "DB") == first
    assert d1state.find((first, other), "app") == first
    assert d1state.find((first, other), "app-staging") == other
    with pytest.raises(InputError, match="names no such database") as caught:
        d1state.find((first, other), "app-stagin")
    assert caught.value.hint == "Write d1:app-staging."
    with pytest.raises(InputError, match="names no such database") as caught:
        d1state.find((first, other), "x")
    assert caught.value.hint == "Choose one of DB, app, app-staging."
    with pytest.raises(InputError, match="there is no configuration"):
        d1state.find((), "DB")


def test_a_source_needs_a_name(tmp_path: Path) -> None:
    """A database has no migrations that could be cut."""
    with pytest.raises(InputError, match="no name behind d1:"):
        parse("d1:")
    state(tmp_path, STRIPPED)
    with pytest.raises(InputError, match="is no chain of migrations"):
        open_source(parse("d1:DB"), of(tmp_path), to="0001")


def test_a_database_that_was_not_made(tmp_path: Path) -> None:
    """The error says which file was looked for, and how wrangler makes it."""
    other = database(tmp_path, env="staging")
    with pytest.raises(InputError) as caught:
        open_source(parse("d1:DB"), of(tmp_path, other), reach=Reach(persist_to=tmp_path / "kept"))
    assert (tmp_path / "kept" / STATE / FILE).as_posix() in caught.value.message
    kept = (tmp_path / "kept").as_posix()
    assert f"`npx wrangler d1 migrations apply app --local --env staging --persist-to {kept}`" in str(
        caught.value.hint
    )


def test_the_log_is_read_and_nothing_is_written(
    tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]
) -> None:
    """What only the write-ahead log holds is seen while the database is in use, and no file changes."""
    write_chain({"0001_a.sql": CHAIN})
    path = tmp_path / ".wrangler/state" / STATE / FILE
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as user:
        user.execute("PRAGMA journal_mode = WAL")
        user.execute("PRAGMA wal_autocheckpoint = 0")
        user.executescript(LEDGER + STRIPPED)
        before = {one.name: one.read_bytes() for one in path.parent.iterdir() if one.suffix != ".sqlite-shm"}
        assert any(name.endswith("-wal") for name in before)
        found = diff(Sides(old="d1:app"), of(tmp_path))
        after = {one.name: one.read_bytes() for one in path.parent.iterdir() if one.suffix != ".sqlite-shm"}
    assert found.findings == ()
    assert found.old.kind == "database"
    assert before == after


def test_what_is_not_the_users(tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]) -> None:
    """The platform's tables, the ledger, shadow tables and comments are no differences."""
    write_chain({"0001_a.sql": CHAIN})
    state(tmp_path, f"CREATE TABLE _cf_METADATA (key PRIMARY KEY, value); {LEDGER}{STRIPPED}")
    found = diff(Sides(old="d1:DB"), of(tmp_path))
    assert (found.findings, found.proof.status) == ((), "equal")
    shown = show("d1:DB", of(tmp_path)).text
    assert "CREATE TABLE users" in shown
    assert "_cf_" not in shown
    assert "d1_migrations" not in shown
    assert "notes_data" not in shown


def test_a_difference(tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]) -> None:
    """What somebody changed by hand in the local database is one."""
    write_chain({"0001_a.sql": CHAIN})
    state(tmp_path, f"{LEDGER}{STRIPPED} CREATE INDEX by_email ON users (email);")
    found = diff(Sides(old="d1:DB"), of(tmp_path))
    assert [(one.change.owner, type(one.change).__name__) for one in found.findings] == [
        (("table", "users"), "Removed")
    ]


def test_the_directory_of_the_state(tmp_path: Path) -> None:
    """--persist-to names another, from the current directory as wrangler takes it."""
    state(tmp_path, STRIPPED, persist="kept")
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        found = open_source(parse("d1:DB"), of(Path()), reach=Reach(persist_to=Path("kept")))
    finally:
        os.chdir(here)
    assert [one.name for one in found.side.snapshots[0].objects] == ["users", "notes"]


def test_an_error_names_the_source_and_the_file(tmp_path: Path) -> None:
    """A damaged file is found by its path."""
    path = tmp_path / ".wrangler/state" / STATE / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\0" + b"no" * 600)
    with pytest.raises(InputError) as caught:
        open_source(parse("d1:DB"), of(tmp_path))
    assert caught.value.message.startswith(f"d1:DB ({path.as_posix()})")


@pytest.mark.parametrize("command", ["check", "drift", "diff", "show"])
@pytest.mark.parametrize("option", [["--remote"], ["--persist-to", "state"]], ids=lambda option: option[0])
def test_a_file_is_not_at_cloudflare(tmp_path: Path, command: str, option: list[str]) -> None:
    """Where no source is d1:NAME, nobody is told that what was asked for with --remote is fine."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text(CHAIN)
    (tmp_path / "app").touch()
    done = subprocess.run(
        [sys.executable, "-m", "squasher", command, "app", *option],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: --remote and --persist-to are for d1:NAME, and no source is one",
        "help: Write d1:NAME, with the binding or the database_name of a D1 database.",
    ]


def test_the_profile_is_the_targets(tmp_path: Path) -> None:
    """A ledger of another name is the ledger, and wrangler's usual name is a table like any other."""
    state(tmp_path, LEDGER.replace("d1_migrations", "applied"))
    own = of(tmp_path)._replace(profile=D1._replace(ledger="applied"))
    (found,) = open_source(parse("d1:DB"), own).side.snapshots
    assert (found.objects, found.ledger) == ((), ("0001_a.sql",))
