"""``squasher build``: the chain as a database file, that tests copy instead of replaying it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import squasher
from squasher import dbfile
from squasher.chain import read_chain
from squasher.commands.squash import UnprovedError
from squasher.errors import InputError, SquasherError
from squasher.profiles import D1
from squasher.replay import replay
from squasher.volatile import UNIVERSES
from tests.test_cases import ALL, Case, ask, install, migrations_of, name_of, rows_of, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Query = Callable[[str], list[tuple[Any, ...]]]

ROOT = Path(__file__).parent.parent
RICH = ROOT / "tests" / "cases" / "rich" / "migrations"
CLEARLIFT = ROOT / "migrations"
NO_FILE = {
    "keys_chosen_by_chance": "SQLite chose keys by chance",
    "rowids_chosen_by_chance": "SQLite chose keys by chance",
    "schema_written_by_hand": "does not allow PRAGMA writable_schema",
    "sequence_in_a_view": "view counters reads sqlite_sequence, which a compact database file does not carry",
    "temporary_table_left": "TEMP table",
}
"""What leaves a database that no file can hold, or another one every time."""
SCRIPT = """\
import sys
from pathlib import Path
import squasher
out, *folders = sys.argv[1:]
for folder in folders:
    squasher.build(out, folder, force=True)
    sys.stdout.buffer.write(Path(out).read_bytes())
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the file goes."""
    return tmp_path / "app.sqlite"


def names(folder: Path) -> list[str]:
    """What a directory holds."""
    return sorted(path.name for path in folder.iterdir())


def told(query: Query) -> dict[str, list[tuple[Any, ...]]]:
    """Every stored text and every row, the ledger's and the shadow tables' too, in stored order."""
    schema = query("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
    tables = [name for kind, name, _, sql in schema if kind == "table" and "VIRTUAL" not in str(sql)]
    return {"": schema, **{name: query(f'SELECT * FROM "{name}"') for name in tables}}


def held(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The same, read from a file by the SQLite of this Python."""
    with closing(sqlite3.connect(path)) as file:
        return told(lambda query: file.execute(query).fetchall())


@pytest.mark.parametrize("folder", [RICH, CLEARLIFT], ids=["rich", "clearlift"])
def test_the_file_holds_what_the_replay_leaves(folder: Path, out: Path) -> None:
    """Another SQLite reads from the file the texts, rows and times that the replay of the chain left."""
    built = squasher.build(out, folder)
    assert built.written
    assert out.read_bytes() == built.data
    with replay(read_chain(folder), D1, UNIVERSES[0]) as done:
        ours = told(done.database.execute)
    assert held(out) == ours
    assert [row[:2] for row in ours["d1_migrations"]] == list(
        enumerate((migration.name for migration in read_chain(folder).migrations), 1)
    )


def test_the_file_is_compact_and_opens_anywhere(out: Path) -> None:
    """No page is free, a page has 4,096 bytes, and in a directory that nobody may write it opens too."""
    squasher.build(out, CLEARLIFT)
    out.chmod(0o444)
    out.parent.chmod(0o555)
    try:
        for uri in (f"file:{out}", f"file:{out}?mode=ro", f"file:{out}?immutable=1"):
            with closing(sqlite3.connect(uri, uri=True)) as file:
                pragmas = ("freelist_count", "page_size", "auto_vacuum", "journal_mode", "integrity_check")
                found = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
            assert found == [0, 4096, 0, "delete", "ok"]
            assert names(out.parent) == [out.name]
    finally:
        out.parent.chmod(0o755)


def test_settings_of_the_chain_do_not_shape_the_file(tmp_path: Path, out: Path) -> None:
    """Page size and vacuuming are the file's own; what the application set is carried."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text(
        "PRAGMA page_size = 1024; PRAGMA auto_vacuum = FULL; PRAGMA user_version = 7;"
        "PRAGMA application_id = 9; CREATE TABLE t (a);",
        encoding="utf-8",
    )
    squasher.build(out, tmp_path / "migrations", "sqlite")
    with closing(sqlite3.connect(out)) as file:
        pragmas = ("page_size", "auto_vacuum", "user_version", "application_id")
        assert [file.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == [4096, 0, 7, 9]


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_hostile_chains(case: Case, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare SQLite that ran the chain and one that opens the file have the same texts, rows and answers."""
    refused = case.expected.refused
    if refused is not None and (refused.by != "squasher" or case.name in NO_FILE):
        reason = NO_FILE.get(case.name, refused.reason)
        with pytest.raises(SquasherError, match=re.escape(reason)):
            squasher.build(out, case.migrations, case.profile)
        assert names(tmp_path) == []
        return
    squasher.build(out, case.migrations, case.profile)
    monkeypatch.setenv("TZ", "UTC")
    with (
        closing(install(migrations_of(case.migrations), case.profile, tmp_path / "chain")) as chain,
        closing(install([], case.profile, out)) as file,
    ):
        assert schema_of(file) == schema_of(chain)
        for table in sorted(name for kind, name, *_ in schema_of(chain) if kind == "table"):
            if table not in case.expected.volatile:
                assert rows_of(file, table) == rows_of(chain, table), table
        for sql, wanted in case.expected.holds.items():
            if "'now'" in sql:
                continue  # the file's time is a fixed one
            answer = wanted if isinstance(wanted, str) else [tuple(row) for row in wanted]
            assert ask(file, sql) == answer, sql


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The files of both chains, made in this process."""
    place = tmp_path_factory.mktemp("built") / "app.sqlite"
    return b"".join(squasher.build(place, folder, force=True).data for folder in (RICH, CLEARLIFT))


def made(
    place: Path,
    folders: tuple[Path, ...] = (RICH, CLEARLIFT),
    python: str = sys.executable,
    variables: Mapping[str, str] = os.environ,
) -> bytes:
    """The files of chains, made by another process in another environment."""
    done = subprocess.run(
        [python, "-B", "-c", SCRIPT, str(place), *map(str, folders)],
        cwd=place.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kolkata", "TMPDIR": "/nonexistent"},
        {"PYTHONHASHSEED": "random", "TZ": "America/St_Johns", "PYTHONOPTIMIZE": "2"},
    ],
    ids=lambda variables: variables["TZ"],
)
def test_the_environment_does_not_matter(variables: dict[str, str], expected: bytes, out: Path) -> None:
    """Hash seed, time zone, locale, optimisation and the moment leave every byte as it is."""
    assert made(out, variables=variables) == expected


def test_the_place_does_not_matter(expected: bytes, tmp_path: Path) -> None:
    """Another path of the chains and of the file gives the same bytes."""
    folders = []
    for folder in (RICH, CLEARLIFT):
        copied = tmp_path / "it's ünusual" / folder.parent.name / "steps"
        shutil.copytree(folder, copied)
        folders.append(copied)
    assert made(tmp_path / "template ü.db", tuple(folders)) == expected


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_every_python_gives_the_same(version: str, expected: bytes, out: Path) -> None:
    """Each Python that is installed here, and has the engine, writes these bytes."""
    python = shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"no python{version} here")
    probe = subprocess.run([python, "-c", "import apsw"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"python{version} has no apsw")
    assert made(out, python=python) == expected


def test_nothing_in_the_header_counts_runs(out: Path) -> None:
    """The change counter is 1, as in a file that was written once: fileformat.html, offset 24."""
    for _ in range(2):
        data = squasher.build(out, CLEARLIFT, force=True).data
        assert data[24:28] == data[92:96] == (1).to_bytes(4, "big")
        assert int.from_bytes(data[28:32], "big") * 4096 == len(data)


def test_to_stops_the_chain(out: Path) -> None:
    """With `--to` the file and its ledger end at that migration, and a warning says what is missing."""
    built = squasher.build(out, CLEARLIFT, to="0034")
    assert built.warnings == ("the file stops at 0034: 2 later migrations are not in it",)
    assert held(out)["d1_migrations"][-1][:2] == (32, "0034_add_global_events_watermark.sql")


def test_another_file_stays_unless_forced(out: Path) -> None:
    """What holds something else is left alone, and replaced with `--force`; the same bytes are unchanged."""
    with closing(sqlite3.connect(out)) as file:
        file.execute("CREATE TABLE mine (a)")
    before = out.read_bytes()
    with pytest.raises(InputError, match="is there already, and holds something else") as caught:
        squasher.build(out, CLEARLIFT)
    assert "--force" in str(caught.value.hint)
    assert out.read_bytes() == before
    assert squasher.build(out, CLEARLIFT, force=True).written
    assert not squasher.build(out, CLEARLIFT).written


@pytest.mark.parametrize(
    "name", ["migrations/0001_a.sql", "link.sql", "migrations-fresh/0001_complete_schema.sql"]
)
def test_the_chain_is_not_replaced(name: str, tmp_path: Path) -> None:
    """Not even with `--force` a file takes the place of a migration or of the fresh file."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (a);\n")
    (tmp_path / "link.sql").symlink_to("migrations/0001_a.sql")
    squasher.squash(tmp_path / "migrations")
    before = (tmp_path / name).read_bytes()
    with pytest.raises(InputError, match=f"{name} is a file of the chain itself"):
        squasher.build(tmp_path / name, tmp_path / "migrations", force=True)
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_journal_beside_it_is_in_the_way(suffix: str, out: Path) -> None:
    """A log or a journal would be played into the new file, or is somebody's data: even `--force` refuses."""
    out.with_name(out.name + suffix).write_bytes(b"x")
    with pytest.raises(InputError, match=f"{out.name}{suffix} lies beside it"):
        squasher.build(out, CLEARLIFT, force=True)
    assert not out.exists()


def test_a_database_in_use_stays(out: Path) -> None:
    """A database that a program has open in WAL mode is not replaced, and loses nothing."""
    with closing(sqlite3.connect(out, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("CREATE TABLE mine (a)")
        with pytest.raises(InputError, match="is in use"):
            squasher.build(out, CLEARLIFT, force=True)
        assert file.execute("SELECT name FROM sqlite_schema").fetchall() == [("mine",)]


def test_strange_targets(tmp_path: Path) -> None:
    """A directory and a pipe are errors, with or without `--force`."""
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("directory", "pipe"):
        for force in (False, True):
            with pytest.raises(InputError, match=f"cannot write .*{name}") as caught:
                squasher.build(tmp_path / name, CLEARLIFT, force=force)
            assert "--fresh" not in str(caught.value.hint)


@pytest.mark.parametrize(
    "lost",
    [
        "DROP INDEX idx_users_email",
        "DROP TRIGGER trg_tracking_domains_reset_verification",
        "DELETE FROM d1_migrations WHERE id = 7",
        "UPDATE audit_retention_policy SET rowid = rowid + 100",
    ],
)
def test_a_file_that_differs_is_not_written(lost: str, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the bytes do not hold what the replay left, nothing is written, and the error shows what."""
    real = dbfile.compact

    def compact(data: bytes) -> bytes:
        with closing(sqlite3.connect(":memory:")) as file:
            file.deserialize(real(data))
            file.execute(lost)
            file.commit()
            return file.serialize()

    monkeypatch.setattr(dbfile, "compact", compact)
    with pytest.raises(UnprovedError, match="not equal to the chain") as caught:
        squasher.build(out, CLEARLIFT)
    assert caught.value.proof is not None
    assert caught.value.proof.changes
    assert not out.exists()


# Runs build in a process that dies at its n-th call of the system that concerns files.
STOPPED = """
import os, signal, sys
at, calls = int(sys.argv[1]), 0

def wrap(name):
    real = getattr(os, name)
    def call(*args, **options):
        global calls
        counts = name != "open" or str(args[0]).endswith(".tmp")
        calls += counts
        if counts and calls == at:
            if name == "write":
                real(args[0], args[1][: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **options)
    setattr(os, name, call)

import squasher.files
import squasher
from squasher import parallel
parallel._possible = lambda: False
for name in ("open", "write", "fsync", "fchmod", "replace", "unlink", "listdir"):
    wrap(name)
squasher.build("app.sqlite", force=True)
"""


@pytest.mark.parametrize("old", [b"old", None], ids=["over-an-old-file", "new"])
def test_a_kill_at_every_step(old: bytes | None, tmp_path: Path) -> None:
    """Whenever the process dies, the file is the old one or the new one, whole."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (a);\n", encoding="utf-8")
    new = squasher.build(tmp_path / "whole.sqlite", tmp_path / "migrations").data
    place = tmp_path / "app.sqlite"
    seen: set[bytes | None] = set()
    for call in range(1, 40):
        place.unlink(missing_ok=True)
        if old is not None:
            place.write_bytes(old)
        done = subprocess.run(
            [sys.executable, "-c", STOPPED, str(call)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        found = place.read_bytes() if place.exists() else None
        assert found in {old, new}
        seen.add(found)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    else:
        pytest.fail("the process never came to its end")
    assert call > 4
    assert seen == {old, new}
    squasher.build(place, tmp_path / "migrations", force=True)
    assert names(tmp_path) == ["app.sqlite", "migrations", "whole.sqlite"]


def test_the_command_line(tmp_path: Path) -> None:
    """The command says what it wrote, then that nothing changed, and exits with 2 when it refuses."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "squasher", "build", "app.sqlite", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    shutil.copytree(CLEARLIFT, tmp_path / "migrations")
    done = run()
    size = (tmp_path / "app.sqlite").stat().st_size
    rest = (
        " app.sqlite   34 tables · 70 indexes · 5 triggers · 14 rows\n"
        f"proved     {size:,} bytes, read again: equal to the replay\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"replayed   34 migrations, 0001 to 0036\nwrote     {rest}",
        "",
    )
    assert f"unchanged {rest}" in run().stdout
    done = run("--to", "0035")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: app.sqlite is there already, and holds something else\n"
        "help: Replace it with --force, or choose another name.\n"
    )
    assert run("--to", "0035", "--force").returncode == 0


def test_ways_to_use_the_file(out: Path, tmp_path: Path) -> None:
    """A copy, a backup into memory and a deserialized image each take writes, and the template stays."""
    data = squasher.build(out, CLEARLIFT).data
    shutil.copyfile(out, tmp_path / "copy.sqlite")
    with (
        closing(sqlite3.connect(tmp_path / "copy.sqlite")) as copy,
        closing(sqlite3.connect(":memory:")) as backup,
        closing(sqlite3.connect(":memory:")) as image,
    ):
        with closing(sqlite3.connect(f"file:{out}?mode=ro", uri=True)) as template:
            template.backup(backup)
        image.deserialize(data)
        for database in (copy, backup, image):
            database.execute("INSERT INTO waitlist (id, name, email) VALUES ('a', 'b', 'c')")
            assert database.execute("SELECT count(*) FROM waitlist").fetchone() == (1,)
    assert out.read_bytes() == data
