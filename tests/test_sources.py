"""Sources: one syntax, and what each of them gives."""

from __future__ import annotations

import os
import pty
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from squasher.errors import InputError, ReplayError
from squasher.profiles import D1, SQLITE
from squasher.sources import Opened, alike, open_source, parse
from squasher.volatile import FURTHER, UNIVERSES
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

STEADY = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t (name) VALUES ('one');"
CLOCK = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP);"
    "INSERT INTO t (id) VALUES (1);"
)
# chance was asked and left no trace: the chain is looked at in further universes, in case it was luck
LUCK = "CREATE TABLE t (id INTEGER PRIMARY KEY, even INT); INSERT INTO t (even) VALUES (random() IS NULL);"


def opened(path: Path | str, *, rows: bool = True, to: str | None = None) -> Opened:
    """The source at a path."""
    return open_source(parse(str(path)), of(D1), rows=rows, to=to)


def names(found: Opened) -> list[str]:
    """The names of its objects."""
    return [item.name for item in found.side.snapshots[0].objects]


def squasher(*arguments: str, cwd: Path, stdin: bytes | int) -> subprocess.CompletedProcess[bytes]:
    """The command, with bytes or a descriptor as its standard input."""
    command = [sys.executable, "-m", "squasher", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    if isinstance(stdin, bytes):
        return subprocess.run(
            command, cwd=cwd, env=environment, input=stdin, capture_output=True, check=False
        )
    return subprocess.run(command, cwd=cwd, env=environment, stdin=stdin, capture_output=True, check=False)


def test_a_directory(write_chain: Callable[[Mapping[str, str]], Path]) -> None:
    """It is a chain, replayed in as many universes as it takes, and tells where everything came from."""
    directory = write_chain({"0001_a.sql": CLOCK, "0002_b.sql": "CREATE TABLE b (a);", "0003_c.SQL": ""})
    found = opened(directory)
    assert (found.kind, found.universes, names(found)) == ("chain", UNIVERSES, ["t", "b"])
    assert found.chain is not None
    assert found.provenance is not None
    assert found.provenance.history("table", "b") == "made by 0002"
    assert [cell[2] for cell in found.side.volatile] == ["at"]


def test_a_chain_is_cut(write_chain: Callable[[Mapping[str, str]], Path], tmp_path: Path) -> None:
    """Nothing else can be."""
    directory = write_chain({"0001_a.sql": STEADY, "0002_b.sql": "CREATE TABLE b (a);"})
    assert names(opened(directory, to="0001")) == ["t"]
    with pytest.raises(InputError, match="no migration 7"):
        opened(directory, to="7")
    (tmp_path / "file.sql").write_text(STEADY)
    (tmp_path / "new.db").touch()
    for path in (tmp_path / "file.sql", tmp_path / "new.db", os.devnull):
        with pytest.raises(InputError, match="is no chain of migrations that could be cut") as caught:
            opened(path, to="0001")
        assert caught.value.hint == "Leave out --from and --to for it."


def test_a_file_of_sql(tmp_path: Path) -> None:
    """Its content says what it is, not its name; an error has the file and the line."""
    for name in ("file.sql", "schema", "app.db"):
        (tmp_path / name).write_text(STEADY)
        found = opened(tmp_path / name)
        assert (found.kind, names(found)) == ("sql", ["t"])
    (tmp_path / "file.sql").write_text(STEADY + "\n\nCREATE TABEL x;")
    with pytest.raises(ReplayError) as caught:
        opened(tmp_path / "file.sql")
    assert (caught.value.path, caught.value.line) == (str(tmp_path / "file.sql"), 3)


def test_the_empty_schema() -> None:
    """The empty device is a side without anything, as it is for git and diff."""
    found = opened(os.devnull)
    assert (found.name, found.kind, names(found)) == ("the empty schema", "empty", [])


@pytest.mark.parametrize("make", ["chain", "sql", "database"])
def test_without_rows(write_chain: Callable[[Mapping[str, str]], Path], tmp_path: Path, make: str) -> None:
    """The schema alone is read, in one universe, because no clock has a part in it."""
    if make == "chain":
        path = write_chain({"0001_a.sql": CLOCK})
    else:
        path = tmp_path / "app"
        if make == "sql":
            path.write_text(CLOCK)
        else:
            with closing(sqlite3.connect(path)) as database:
                database.executescript(CLOCK)
    whole, schema = opened(path), opened(path, rows=False)
    assert whole.kind == schema.kind == make
    assert len(schema.side.snapshots) == 1
    (found,) = schema.side.snapshots
    assert found.objects == whole.side.snapshots[0].objects
    assert (found.rows, found.terms, found.sequences) == ((), (), ())
    assert whole.side.snapshots[0].rows


@pytest.mark.parametrize("old", [STEADY, CLOCK, LUCK, "empty"])
@pytest.mark.parametrize("new", [STEADY, CLOCK, LUCK, "database"])
@pytest.mark.parametrize("forms", ["chain chain", "chain sql", "sql chain", "sql sql"])
def test_sides_in_the_same_universes(tmp_path: Path, old: str, new: str, forms: str) -> None:
    """Whatever the two sides are, each has a snapshot of every universe in which the other one is known."""

    def side(name: str, script: str, form: str) -> Opened:
        path = tmp_path / name
        if script == "empty":
            return opened(os.devnull)
        if script == "database":
            with closing(sqlite3.connect(path)) as database:
                database.executescript(STEADY)
        elif form == "sql":
            path.write_text(script)
        else:
            path.mkdir()
            (path / "0001_a.sql").write_text(script)
        return opened(path)

    before, after = (
        side(name, script, form) for name, script, form in zip("ab", (old, new), forms.split(), strict=True)
    )
    one, other = alike(before, after)
    assert len(one.snapshots) == len(other.snapshots) <= len(UNIVERSES + FURTHER)
    for script, found in ((old, one), (new, other)):
        if script == CLOCK:
            assert [cell[2] for cell in found.volatile] == ["at"]
            assert {len(values) for values in found.volatile.values()} == {len(found.snapshots)}
        else:
            assert found.volatile == {}
    assert one.snapshots[0] == before.side.snapshots[0]
    assert other.snapshots[0].objects == after.side.snapshots[0].objects


def test_a_chain_without_luck_keeps_its_further_universes(
    write_chain: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    """A file is run in the universes that its chain was looked at in, not the other way round."""
    chain = opened(write_chain({"0001_a.sql": LUCK}))
    assert len(chain.universes) == len(UNIVERSES + FURTHER)
    (tmp_path / "file.sql").write_text(CLOCK)
    one, other = alike(chain, opened(tmp_path / "file.sql"))
    assert len(one.snapshots) == len(other.snapshots) == len(UNIVERSES + FURTHER)


def test_standard_input(tmp_path: Path) -> None:
    """SQL text and a database are told apart there too; errors call it <stdin>."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.executescript(STEADY)
    expected = (
        b"CREATE TABLE t (\n    id INTEGER PRIMARY KEY,\n    name TEXT\n);\n\n"
        b"INSERT INTO t (id, name) VALUES\n    (1, 'one');\n"
    )
    for data in (STEADY.encode(), path.read_bytes()):
        done = squasher("show", "-", cwd=tmp_path, stdin=data)
        assert (done.returncode, done.stderr, done.stdout) == (0, b"", expected)
    done = squasher("show", "-", cwd=tmp_path, stdin=b"\nCREATE TABEL t;")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: <stdin>:2: ")
    done = squasher("show", "-", cwd=tmp_path, stdin=b"")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"standard input is empty" in done.stderr


def test_a_terminal_is_not_waited_for(tmp_path: Path) -> None:
    """Who forgets the pipe is told what to do."""
    master, terminal = pty.openpty()
    try:
        done = squasher("show", "-", cwd=tmp_path, stdin=terminal)
    finally:
        os.close(master)
        os.close(terminal)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: standard input is a terminal\nhelp: Pipe ")


def test_a_closed_standard_input(tmp_path: Path) -> None:
    """Nothing to read is no crash."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "{sys.executable}" -m squasher show - <&-'],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: standard input is closed\n")


def test_names_that_look_like_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ./ before it, every name is a path."""
    monkeypatch.chdir(tmp_path)
    for name in ("-", "git:main", "git:"):
        (tmp_path / name).write_text(STEADY)
        assert names(opened(f"./{name}")) == ["t"]


def test_what_is_not_there(tmp_path: Path) -> None:
    """The error names it and says what could be named."""
    with pytest.raises(InputError) as caught:
        opened(tmp_path / "nothing")
    assert caught.value.message == f"{tmp_path}/nothing does not exist"
    assert caught.value.hint == "Name a directory of migrations, or a file."


def test_the_profile_decides(tmp_path: Path) -> None:
    """SQL text runs by the rules of its target."""
    (tmp_path / "file.sql").write_text("BEGIN; CREATE TABLE t (a); COMMIT;")
    with pytest.raises(ReplayError):
        opened(tmp_path / "file.sql")
    assert names(open_source(parse(str(tmp_path / "file.sql")), of(SQLITE))) == ["t"]
