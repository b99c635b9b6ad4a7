"""Database files as sources: read as they are, whoever uses them meanwhile, and never written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import apsw
import pytest

from squasher import dbfile, sources
from squasher.errors import InputError, SquasherError
from squasher.profiles import D1, SQLITE, Profile
from squasher.sources import Opened, open_source, parse
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from squasher.model import Snapshot

SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); CREATE INDEX t_name ON t(name);"
ROWS = "INSERT INTO t (name) VALUES ('one'), ('two');"


def make(path: Path, script: str = SCHEMA + ROWS, *pragmas: str) -> Path:
    """A database file that Python's own SQLite made and closed."""
    with closing(sqlite3.connect(path)) as database:
        for pragma in pragmas:
            database.execute(f"PRAGMA {pragma}")
        database.executescript(script)
    return path


def look(path: Path | str, profile: Profile = SQLITE, *, rows: bool = True) -> Opened:
    """The database at a path."""
    opened = open_source(parse(str(path)), of(profile), rows=rows)
    assert opened.kind == "database"
    return opened


def snapshot(path: Path | str, profile: Profile = SQLITE, *, rows: bool = True) -> Snapshot:
    """What the database at a path holds."""
    (found,) = look(path, profile, rows=rows).side.snapshots
    return found


def names(found: Snapshot) -> list[str]:
    """The names of its objects."""
    return [item.name for item in found.objects]


def values(found: Snapshot, table: str = "t") -> list[str]:
    """The last cell of each row of a table."""
    return [row[-1] for part in found.rows if part.table == table for row in part.rows]


class Trace(NamedTuple):
    """What a write to a file would change."""

    data: bytes
    written: int
    inode: int


def traces(folder: Path) -> dict[str, Trace]:
    """Every file of a directory: its bytes, when it was written, and whether it is still the same one."""
    return {
        path.name: Trace(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.iterdir()
    }


@pytest.fixture
def other() -> Iterator[Callable[[Path, str], subprocess.Popen[str]]]:
    """Another process with a connection to a database that has run some Python and waits."""
    running: list[subprocess.Popen[str]] = []

    def start(path: Path, code: str) -> subprocess.Popen[str]:
        script = (
            "import sqlite3, sys\n"
            "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            f"{code}\n"
            "print('ready', flush=True)\n"
            "sys.stdin.read()\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    """End a process as a crash would: it cleans nothing up."""
    process.kill()
    process.communicate()


WITHOUT_ROWS = pytest.mark.parametrize("rows", [True, False], ids=["rows", "no-rows"])


@WITHOUT_ROWS
def test_a_database_that_nobody_uses(tmp_path: Path, *, rows: bool) -> None:
    """Its schema and its rows are read, and no trace is left."""
    path = make(tmp_path / "app.sqlite")
    before = traces(tmp_path)
    found = snapshot(path, rows=rows)
    assert names(found) == ["t", "t_name"]
    assert values(found) == (["'one'", "'two'"] if rows else [])
    assert traces(tmp_path) == before


@WITHOUT_ROWS
def test_a_log_that_was_closed(tmp_path: Path, *, rows: bool) -> None:
    """A database in WAL mode that nobody has open has no log: none is made to read it."""
    path = make(tmp_path / "app.sqlite", SCHEMA + ROWS, "journal_mode = wal")
    assert path.read_bytes()[18:20] == b"\2\2"
    before = traces(tmp_path)
    assert list(before) == ["app.sqlite"]
    assert names(snapshot(path, rows=rows)) == ["t", "t_name"]
    assert traces(tmp_path) == before


@WITHOUT_ROWS
def test_a_log_that_is_being_written(
    tmp_path: Path, other: Callable[[Path, str], subprocess.Popen[str]], *, rows: bool
) -> None:
    """What another process committed to its log is seen, what it did not commit is not; it goes on."""
    path = make(tmp_path / "app.sqlite", SCHEMA + ROWS, "journal_mode = wal")
    writer = other(
        path,
        "db.execute(\"INSERT INTO t (name) VALUES ('three')\")\n"
        "db.execute('CREATE TABLE later (a)')\n"
        "db.execute('BEGIN IMMEDIATE')\n"
        "db.execute(\"INSERT INTO t (name) VALUES ('four')\")\n"
        "db.execute('CREATE TABLE never (a)')",
    )
    before = traces(tmp_path)
    assert sorted(before) == ["app.sqlite", "app.sqlite-shm", "app.sqlite-wal"]
    found = snapshot(path, rows=rows)
    assert names(found) == ["t", "t_name", "later"]
    assert values(found) == (["'one'", "'two'", "'three'"] if rows else [])
    assert traces(tmp_path) == before
    writer.communicate()
    assert writer.returncode == 0


@pytest.mark.parametrize("index", [True, False], ids=["with its index", "without its index"])
@WITHOUT_ROWS
def test_a_log_that_a_crash_left(
    tmp_path: Path, other: Callable[[Path, str], subprocess.Popen[str]], *, rows: bool, index: bool
) -> None:
    """Committed rows that are only in the log are seen, and the log stays for whoever opens it next."""
    path = make(tmp_path / "app.sqlite", SCHEMA + ROWS, "journal_mode = wal")
    kill(
        other(
            path,
            "db.execute(\"INSERT INTO t (name) VALUES ('three')\")\ndb.execute('CREATE TABLE later (a)')",
        )
    )
    if not index:
        (tmp_path / "app.sqlite-shm").unlink()
    before = traces(tmp_path)
    assert "app.sqlite-wal" in before
    found = snapshot(path, rows=rows)
    assert names(found) == ["t", "t_name", "later"]
    assert values(found) == (["'one'", "'two'", "'three'"] if rows else [])
    assert traces(tmp_path) == before
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM t").fetchone() == (3,)


def test_a_database_that_is_all_in_its_log(
    tmp_path: Path, other: Callable[[Path, str], subprocess.Popen[str]]
) -> None:
    """Before the first checkpoint the file itself is one page that says nothing."""
    path = tmp_path / "app.sqlite"
    other(path, f"db.execute('PRAGMA journal_mode = wal')\ndb.executescript({SCHEMA + ROWS!r})")
    assert path.stat().st_size == 4096
    assert values(snapshot(path)) == ["'one'", "'two'"]


@WITHOUT_ROWS
def test_a_journal_that_a_crash_left(
    tmp_path: Path, other: Callable[[Path, str], subprocess.Popen[str]], *, rows: bool
) -> None:
    """Half of a transaction is in the file, and how to undo it in the journal: it is undone in memory."""
    path = make(tmp_path / "app.sqlite", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);")
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO t (name) VALUES (?)", [("old" * 100,)] * 1000)
    whole = path.read_bytes()
    kill(
        other(
            path,
            "db.execute('PRAGMA cache_size = 2')\n"
            "db.execute('BEGIN')\n"
            "db.execute('CREATE TABLE half (a)')\n"
            "db.execute(\"UPDATE t SET name = 'new'\")",
        )
    )
    before = traces(tmp_path)
    assert "app.sqlite-journal" in before
    assert before["app.sqlite"].data != whole  # so the file holds what was never committed
    found = snapshot(path, rows=rows)
    assert names(found) == ["t"]
    assert set(values(found)) == ({"'" + "old" * 100 + "'"} if rows else set())
    assert traces(tmp_path) == before


@WITHOUT_ROWS
def test_a_writer_that_has_not_begun_to_write(
    tmp_path: Path, other: Callable[[Path, str], subprocess.Popen[str]], *, rows: bool
) -> None:
    """A transaction that holds its changes in memory keeps nobody from reading what was committed."""
    path = make(tmp_path / "app.sqlite")
    other(path, "db.execute('BEGIN IMMEDIATE')\ndb.execute(\"INSERT INTO t (name) VALUES ('three')\")")
    before = traces(tmp_path)
    assert values(snapshot(path, rows=rows)) == (["'one'", "'two'"] if rows else [])
    assert traces(tmp_path) == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
@WITHOUT_ROWS
def test_a_locked_database(
    tmp_path: Path,
    other: Callable[[Path, str], subprocess.Popen[str]],
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    *,
    rows: bool,
) -> None:
    """An exclusive lock is waited for a while, then named."""
    monkeypatch.setattr(dbfile, "WAIT", 1)
    path = make(tmp_path / "app.sqlite", SCHEMA + ROWS, f"journal_mode = {mode}")
    holder = other(
        path,
        "db.execute('PRAGMA locking_mode = exclusive')\n"
        "db.execute('BEGIN EXCLUSIVE')\n"
        "db.execute(\"INSERT INTO t (name) VALUES ('three')\")",
    )
    before = traces(tmp_path)
    with pytest.raises(InputError) as caught:
        look(path, rows=rows)
    assert caught.value.message == (
        f"{path} is locked: another process holds an exclusive lock on it, for 1 second now"
    )
    assert caught.value.hint is not None
    assert traces(tmp_path) == before
    kill(holder)
    assert values(snapshot(path)) == ["'one'", "'two'"]


def test_a_lock_that_goes_away(tmp_path: Path, other: Callable[[Path, str], subprocess.Popen[str]]) -> None:
    """Whoever commits within the time keeps nobody from reading."""
    path = make(tmp_path / "app.sqlite")
    other(
        path,
        "import threading, time\n"
        "db.close()\n"
        "begun = threading.Event()\n"
        "def write():\n"
        "    own = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "    own.execute('BEGIN EXCLUSIVE')\n"
        "    own.execute(\"INSERT INTO t (name) VALUES ('three')\")\n"
        "    begun.set()\n"
        "    time.sleep(0.5)\n"
        "    own.execute('COMMIT')\n"
        "threading.Thread(target=write).start()\n"
        "begun.wait()",
    )
    assert values(snapshot(path)) == ["'one'", "'two'", "'three'"]


def test_the_lock_is_gone_afterwards(tmp_path: Path) -> None:
    """Once a source is open, the file may be written, moved or deleted: its content is elsewhere."""
    path = make(tmp_path / "app.sqlite")
    opened = look(path)
    with closing(sqlite3.connect(path, timeout=0)) as database:
        database.execute("BEGIN EXCLUSIVE")
        database.execute("DROP TABLE t")
        database.execute("COMMIT")
    path.unlink()
    assert values(opened.side.snapshots[0]) == ["'one'", "'two'"]


@pytest.mark.parametrize(
    "name",
    ["a b.db", "what?.db", "a#b.db", "100%25.db", "ünï.db", "file:x.db", ":memory:", "a'b\".db", "git:x.db"],
)
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, mode: str) -> None:
    """A name is a name, whatever it would mean in a URI or to SQLite."""
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "plain", SCHEMA + ROWS, f"journal_mode = {mode}").rename(tmp_path / name)
    before = traces(tmp_path)
    assert values(snapshot(f"./{name}")) == ["'one'", "'two'"]
    assert traces(tmp_path) == before


def test_a_link_to_a_database_with_a_log(
    tmp_path: Path, other: Callable[[Path, str], subprocess.Popen[str]]
) -> None:
    """The log lies beside the file that a link leads to."""
    path = make(tmp_path / "app.sqlite", SCHEMA + ROWS, "journal_mode = wal")
    kill(other(path, "db.execute(\"INSERT INTO t (name) VALUES ('three')\")"))
    (tmp_path / "app.sqlite-shm").unlink()
    links = tmp_path / "links"
    links.mkdir()
    (links / "link.db").symlink_to(path)
    assert values(snapshot(links / "link.db")) == ["'one'", "'two'", "'three'"]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_directory_that_nobody_may_write(repository: Path, mode: str) -> None:
    """No right but that to read is needed, not even to the directory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = make(folder / "app.sqlite", SCHEMA + ROWS, f"journal_mode = {mode}")
        path.chmod(0o444)
        folder.chmod(0o555)
        code = (
            "import os, sys\n"
            "from squasher.target import target\n"
            "from squasher.sources import open_source, parse\n"
            "if os.geteuid() == 0:  # root may write everywhere\n"
            "    os.setuid(65534)\n"
            "assert not os.access(os.path.dirname(sys.argv[1]), os.W_OK)\n"
            "print(open_source(parse(sys.argv[1]), target()).side.snapshots[0].rows[0].rows)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)],
            cwd=repository,
            capture_output=True,
            text=True,
            check=False,
        )
        folder.chmod(0o755)
    assert (done.stdout, done.stderr) == ("(('1', \"'one'\"), ('2', \"'two'\"))\n", "")


def test_an_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    """SQLite writes nothing before the first table; an empty SQL file is something else."""
    (tmp_path / "new.db").touch()
    opened = open_source(parse(str(tmp_path / "new.db")), of(D1))
    assert (opened.kind, opened.side.snapshots[0].objects) == ("empty", ())
    (tmp_path / "new.sql").touch()
    assert open_source(parse(str(tmp_path / "new.sql")), of(SQLITE)).kind == "sql"


def damage(path: Path, kind: str) -> None:
    """Harm a database file."""
    data = bytearray(path.read_bytes())
    match kind:
        case "cut short":
            del data[len(data) // 2 :]
        case "cut in the header":
            del data[60:]
        case "noise in every page":
            for at in range(0, len(data), 4096):
                data[at + 100 : at + 160] = bytes(range(60))
        case "another page size":
            data[16:18] = b"\x00\x03"
        case _:
            data[100:4096] = bytes(3996)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "kind",
    ["cut short", "cut in the header", "noise in every page", "another page size", "an empty first page"],
)
def test_a_damaged_database(tmp_path: Path, kind: str) -> None:
    """The error names the file and says that it cannot be read, and nothing is written."""
    path = make(tmp_path / "app.sqlite", SCHEMA + ROWS)
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO t (name) VALUES (?)", [("x" * 500,)] * 200)
    damage(path, kind)
    before = traces(tmp_path)
    with pytest.raises(SquasherError) as caught:
        look(path)
    assert caught.value.message.startswith(f"{path}")
    assert (
        "damaged" in caught.value.message
        or "malformed" in caught.value.message
        or "no SQLite" in caught.value.message
    )
    assert traces(tmp_path) == before


def test_a_file_that_is_neither(tmp_path: Path) -> None:
    """An encrypted database looks like noise: the error says what it could be."""
    path = tmp_path / "app.sqlite"
    path.write_bytes(bytes(range(128, 256)) * 32)
    with pytest.raises(InputError) as caught:
        look(path)
    assert caught.value.message == f"{path} is neither a SQLite database nor SQL text"
    assert "encrypted" in str(caught.value.hint)


def test_what_is_no_file(tmp_path: Path) -> None:
    """A pipe is not waited for, a directory without migrations is no database."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="it is not a regular file"):
        look(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="holds no migrations"):
        look(tmp_path / "folder")
    with pytest.raises(InputError, match="does not exist"):
        look(tmp_path / "nothing.db")


def test_a_large_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before it is copied, and its schema alone can be read."""
    path = make(tmp_path / "big.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);")
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO t (name) VALUES (zeroblob(3000000))")
        database.commit()
    monkeypatch.setattr(sources, "LARGEST_CONTENT", 2 << 20)
    with pytest.raises(InputError) as caught:
        look(path)
    assert caught.value.message == f"{path} holds 2 MiB, and at most 2 MiB can be compared"
    assert "--no-rows" in str(caught.value.hint)
    assert names(snapshot(path, rows=False)) == ["t"]
    assert len(values(snapshot(path, SQLITE._replace(max_steps=400_000_000)))) == 1


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
@pytest.mark.parametrize("size", [512, 4096, 65536])
def test_encodings_and_page_sizes(tmp_path: Path, encoding: str, size: int) -> None:
    """How a file stores its text and its pages is not what it says."""
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t (name) VALUES ('äöü €');"
    path = make(tmp_path / "app.db", script, f"encoding = '{encoding}'", f"page_size = {size}")
    plain = make(tmp_path / "plain.db", script)
    assert snapshot(path) == snapshot(plain)
    assert values(snapshot(path)) == ["'äöü €'"]


def test_pages_with_reserved_bytes(tmp_path: Path) -> None:
    """An extension may keep bytes of its own at the end of each page."""
    path = tmp_path / "app.db"
    with closing(apsw.Connection(str(path))) as database:
        database.reserve_bytes("main", 32)
        database.execute(SCHEMA + ROWS)
    assert path.read_bytes()[20] == 32
    assert values(snapshot(path)) == ["'one'", "'two'"]
