"""``squasher drift``: many databases of one schema, in groups of those that are alike."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from squasher.commands.build import build
from squasher.commands.check import check_database
from squasher.commands.drift import drift
from squasher.d1state import Reach, local_file
from squasher.errors import InputError
from squasher.live import Expected
from squasher.render import FLEETS
from squasher.target import target
from squasher.wrangler import databases

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from squasher.comparison import Comparison
    from squasher.target import Target

FILES = {
    "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);\n",
    "0002_index.sql": "CREATE INDEX by_email ON users (email); -- who is who\n",
    "0003_notes.sql": "CREATE VIRTUAL TABLE notes USING fts5(body);\nCREATE VIEW one AS SELECT 1 AS a;\n",
}


class Tenants:
    """A directory with a chain and databases that ran it."""

    def __init__(self, root: Path, chain: Target) -> None:
        self.root = root
        self.chain = chain
        self.built: dict[str, Path] = {}

    def add(self, *names: str, to: str = "0003", script: str = "") -> list[str]:
        """Databases that ran the chain up to a migration, and then a script."""
        if to not in self.built:
            self.built[to] = self.root / f"built-{to}"
            build(self.chain, self.built[to], to=to)
        paths = [self.root / f"{name}.sqlite" for name in names]
        for path in paths:
            shutil.copy(self.built[to], path)
            if script:
                with closing(sqlite3.connect(path)) as file:
                    file.executescript(script)
        return [str(path) for path in paths]

    def squasher(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The command in that directory."""
        return subprocess.run(
            [sys.executable, "-m", "squasher", "drift", *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def tenants(tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]) -> Tenants:
    """The chain, and no database yet."""
    return Tenants(tmp_path, target(write_chain(FILES)))


def test_groups(tenants: Tenants) -> None:
    """Those that are as the chain makes them, those that are behind, and each kind of drift, once."""
    tenants.add("a", "b", "c")
    tenants.add("d", "e", "f", "g", to="0002")
    tenants.add("x", "y", script="DROP INDEX by_email")
    tenants.add("z", script="ALTER TABLE users ADD COLUMN age")
    done = tenants.squasher(*(f"{name}.sqlite" for name in "gzyxfedcba"))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "3 databases   as 0001 to 0003 make them",
        "4 databases   as 0001 to 0002 make them, 1 migration pending: 0003",
        "              d.sqlite, e.sqlite, f.sqlite … and 1 more",
        "",
        "2 databases   differ from 0001 to 0003",
        "              x.sqlite, y.sqlite",
        "                users",
        "                  - index by_email   missing (made by 0002_index.sql:1)",
        "",
        "1 database    differs from 0001 to 0003",
        "              z.sqlite",
        "                users",
        "                  + column age   no migration makes it",
        "",
        "10 databases in 4 groups: 3 differ.",
    ]


def test_no_drift(tenants: Tenants) -> None:
    """One line, and the total."""
    done = tenants.squasher(*tenants.add("a", "b"))
    assert (done.returncode, done.stdout) == (
        0,
        "2 databases   as 0001 to 0003 make them\n2 databases in 1 group: none differs.\n",
    )


def test_one_comparison_for_all_that_are_alike(tenants: Tenants, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other rows are alike; other spaces, comments and orders of creation are the same group in the end."""
    compared: list[str] = []
    compare = Expected.compare

    def counted(*arguments: object, **more: bool) -> Comparison:
        compared.append(str(arguments[1]))
        return compare(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Expected, "compare", counted)
    names = tenants.add("a", "b", "c")
    names += tenants.add("d", script="INSERT INTO users (email) VALUES ('x'); INSERT INTO notes VALUES ('y')")
    respelled = "DROP INDEX by_email; CREATE INDEX by_email\n ON users(email)"
    names += tenants.add("e", script=respelled)  # created last, and spaced otherwise
    names += tenants.add("f", script=respelled.replace("\n", "/* a comment */"))
    (group,) = drift(names, tenants.chain).groups
    assert (group.names, group.compared.proof.status) == (tuple(names), "equal")
    assert compared == [names[0], *names[4:]]


@pytest.mark.parametrize(
    "script",
    [
        "ALTER TABLE users RENAME COLUMN email TO Email",
        "DROP VIEW one; CREATE VIEW one AS SELECT 1 AS A",
        "DROP VIEW two; CREATE VIEW two AS SELECT 1  +1",
        "CREATE INDEX _cf_by_email ON users (email)",
        "CREATE TRIGGER _cf_added AFTER INSERT ON users BEGIN SELECT 1; END",
    ],
)
def test_no_group_hides_what_a_comparison_finds(
    tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path], script: str
) -> None:
    """What differs beside one that does not, differs: the case of a name, the text that names a column."""
    files = {**FILES, "0004_view.sql": "CREATE VIEW two AS SELECT 1 +1;\n"}
    tenants = Tenants(tmp_path, target(write_chain(files)))
    names = tenants.add("a", to="0004") + tenants.add("b", to="0004", script=script)
    assert check_database(names[1], tenants.chain, Reach()).proof.status == "different"
    statuses = [group.compared.proof.status for group in drift(names, tenants.chain).groups]
    assert statuses == ["equal", "different"]


def test_the_ledger_is_part_of_a_group(tenants: Tenants) -> None:
    """Two databases with one schema and different ledgers are told apart."""
    names = tenants.add("a")
    names += tenants.add("b", script="DELETE FROM d1_migrations WHERE name = '0002_index.sql'")
    names += tenants.add("c", script="DROP TABLE d1_migrations")
    found = drift(names, tenants.chain)
    assert [(group.names, group.compared.proof.status) for group in found.groups] == [
        ((names[0],), "equal"),
        ((names[1],), "different"),
        ((names[2],), "different"),
    ]
    assert "compared with the whole" in FLEETS["text"](found)
    assert "0002_index.sql   not recorded as applied" in FLEETS["text"](found)


def test_empty_databases(tenants: Tenants) -> None:
    """They have everything before them."""
    tenants.add("a")
    (tenants.root / "new.sqlite").touch()
    done = tenants.squasher("a.sqlite", "new.sqlite")
    assert done.stdout.splitlines() == [
        "1 database    as 0001 to 0003 make it",
        "1 database    empty, 3 migrations pending: 0001, 0002, 0003",
        "              new.sqlite",
        "",
        "2 databases in 2 groups: none differs.",
    ]


def test_what_cannot_be_read(tenants: Tenants) -> None:
    """It is told and does not stop the rest; what is wrong with one file is not said of those like it."""
    tenants.add("a", "c")
    (tenants.root / "text.sqlite").write_text("no database " * 200)
    (tenants.root / "folder.sqlite").mkdir()
    (damaged,) = tenants.add("0")
    with closing(sqlite3.connect(damaged)) as database:
        page = "SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'by_email'"
        ((number, size),) = database.execute(page)
    with open(damaged, "r+b") as file:  # noqa: PTH123 - one page of it
        file.seek((number - 1) * size)
        file.write(b"\xff" * size)
    done = tenants.squasher("gone.sqlite", "0.sqlite", "text.sqlite", "folder.sqlite", "c.sqlite", "a.sqlite")
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        "2 databases   as 0001 to 0003 make them",
        "6 databases in 1 group: none differs, 4 could not be read.",
    ]
    assert "error: gone.sqlite does not exist\nhelp: Name a database file, or d1:NAME.\n" in done.stderr
    assert (
        "error: folder.sqlite is a directory\nhelp: Name its files: folder.sqlite/*.sqlite\n" in done.stderr
    )
    for name in ("gone.sqlite", "text.sqlite", "folder.sqlite", "0.sqlite: the database is damaged"):
        assert f"error: {name}" in done.stderr
    document = json.loads(tenants.squasher("gone.sqlite", "a.sqlite", "--format", "json").stdout)
    assert document["unread"] == [
        {
            "database": "gone.sqlite",
            "message": "gone.sqlite does not exist",
            "help": "Name a database file, or d1:NAME.",
        }
    ]


def test_no_file_stops_the_rest(tenants: Tenants) -> None:
    """A name that no file system takes, and text that is not UTF-8 in a schema or in a ledger."""
    tenants.add("a")
    (view,) = tenants.add("view", script="CREATE VIEW v AS SELECT 'MARK'")
    with open(view, "r+b") as file:  # noqa: PTH123 - some bytes of it
        file.seek(file.read().index(b"MARK"))
        file.write(b"\xff")
    tenants.add("ledger", script="INSERT INTO d1_migrations (name) VALUES (CAST(x'ff' AS TEXT))")
    done = tenants.squasher("x" * 300, "view.sqlite", "ledger.sqlite", "a.sqlite")
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1] == "4 databases in 1 group: none differs, 3 could not be read."
    assert done.stderr.splitlines() == [
        "error: ledger.sqlite: a name or a text of its schema is not UTF-8",
        "error: view.sqlite: a name or a text of its schema is not UTF-8",
        f"error: {'x' * 300}: File name too long",
    ]


def test_a_database_that_changes_meanwhile(tenants: Tenants) -> None:
    """It is told as such: its group is not what it has become since it was looked at."""
    names = tenants.add("a", "b", "c")
    with closing(sqlite3.connect(names[0])) as first:

        def migrate() -> None:
            first.execute("CREATE TABLE IF NOT EXISTS new (a)")

        found = drift(names, tenants.chain, progress=migrate)
    assert [(group.names, group.compared.proof.status) for group in found.groups] == [
        (tuple(names[1:]), "equal")
    ]
    ((name, error),) = found.unread
    assert (name, error.hint) == (names[0], "Try again.")


def test_json(tenants: Tenants) -> None:
    """Programs get every name."""
    names = tenants.add("a", "b", to="0002") + tenants.add("x", script="DROP VIEW one")
    document = json.loads(FLEETS["json"](drift(names, tenants.chain)))
    equal, different = document["groups"]
    assert (document["command"], document["databases"], document["left"]) == ("drift", 3, 0)
    assert (equal["databases"], equal["result"], equal["pending"]) == (names[:2], "equivalent", ["0003"])
    assert (different["result"], different["applied"]) == ("different", "0001 to 0003")
    (difference,) = different["differences"]
    assert (difference["change"], difference["object"]) == ("missing", {"kind": "view", "name": "one"})


def test_a_list(tenants: Tenants) -> None:
    """Names come from a file or a pipe too, one a line, with comments; a second time they do not count."""
    tenants.add("a", "b b", "c")
    (tenants.root / "list").write_text("# of the north\r\na.sqlite\r\n\n  # b\nb b.sqlite\na.sqlite\n")
    done = tenants.squasher("--list", "list", "c.sqlite")
    assert done.stdout.splitlines()[-1] == "3 databases in 1 group: none differs."
    done = tenants.squasher("--list", "-", stdin="a.sqlite\nc.sqlite\n")
    assert done.stdout.splitlines()[-1] == "2 databases in 1 group: none differs."


def test_one_database_by_several_names(tenants: Tenants) -> None:
    """It counts once, however its path or its list is written."""
    tenants.add("a")
    config = {"d1_databases": [{"binding": "DB", "database_name": "app", "database_id": "id"}]}
    (tenants.root / "wrangler.json").write_text(json.dumps(config))
    local = local_file(databases(tenants.root / "wrangler.json")[0])
    local.parent.mkdir(parents=True)
    shutil.copy(tenants.root / "a.sqlite", local)
    (tenants.root / "list").write_bytes(b"\xef\xbb\xbfa.sqlite\nd1:app\n")
    done = tenants.squasher("--list", "list", "./a.sqlite", "d1:DB")
    assert done.stdout.splitlines()[-1] == "2 databases in 1 group: none differs."


def test_a_ledger_of_another_form(tenants: Tenants) -> None:
    """It records nothing, as for a check: a table of this name that somebody made by hand."""
    (path,) = tenants.add("a", script="DROP TABLE d1_migrations; CREATE TABLE d1_migrations (id, at)")
    (group,) = drift([path], tenants.chain).groups
    where = "compared with the whole"
    assert where in group.notes[0]
    assert where in check_database(path, tenants.chain, Reach()).warnings[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no database is named"),
        (["--list", "nothing"], "nothing: No such file or directory help: Name a list with --list FILE"),
        (["-"], "standard input is no database file"),
        (["git:main"], "git:main is no database file"),
        (["a.sqlite", "--jobs", "0"], "0 is not in the range"),
        (["a.sqlite", "--migrations", "gone"], "gone/ does not exist"),
    ],
)
def test_what_cannot_be_asked(tenants: Tenants, arguments: list[str], message: str) -> None:
    """Errors before anything is looked at."""
    done = tenants.squasher(*arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_names_of_strangers(tenants: Tenants) -> None:
    """Nothing in the name of a file or of an object is a command to a terminal or a log."""
    (path,) = tenants.add("::error::x\x1b[31m", script='CREATE TABLE "##[a" (a)')
    text = FLEETS["text"](drift([path], tenants.chain))
    assert "\x1b" not in text
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_files_are_only_read(tenants: Tenants) -> None:
    """Whatever state they are in, and with no journal left beside them."""
    tenants.add("a", script="PRAGMA journal_mode = WAL; CREATE TABLE t (a)")
    before = {path.name: path.read_bytes() for path in tenants.root.glob("*.sqlite*")}
    assert tenants.squasher("a.sqlite").returncode == 1
    assert {path.name: path.read_bytes() for path in tenants.root.glob("*.sqlite*")} == before


def test_no_bar_without_a_terminal(tenants: Tenants) -> None:
    """What draws it is not even imported, nor what asks Cloudflare."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "squasher", "drift", *tenants.add("a")],
        cwd=tenants.root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stderr.splitlines()
    assert all(line.startswith("import time:") for line in lines)
    names = {line.rpartition("|")[2].strip() for line in lines}
    assert "squasher.commands.drift" in names
    assert not names & {"rich", "concurrent.futures", "squasher.remote", "squasher.wrangler_cli", "sqlglot"}


@pytest.mark.skipif(sys.platform != "linux", reason="open files are looked up in /proc")
def test_an_interrupt(tenants: Tenants) -> None:
    """Ctrl-C: what is known so far is told, and how many nobody looked at."""
    tenants.add("a", "b")
    tenants.add("x", script="DROP INDEX by_email")
    locked = tenants.root / "locked.sqlite"
    shutil.copy(tenants.root / "a.sqlite", locked)
    with closing(sqlite3.connect(locked, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with subprocess.Popen(
            [sys.executable, "-m", "squasher", "drift", "a.sqlite", "b.sqlite", "x.sqlite", "locked.sqlite"],
            cwd=tenants.root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not holds(process.pid, locked):
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
    assert process.returncode == 130, err
    assert out.splitlines()[-1] == "3 databases in 2 groups: 1 differs."
    assert err == "interrupted; 1 of 4 were not looked at\n"


def holds(pid: int, path: Path) -> bool:
    """Whether a process has a file open, as Linux tells."""
    folder = f"/proc/{pid}/fd"
    try:
        return any(os.path.realpath(f"{folder}/{name}") == str(path) for name in os.listdir(folder))  # noqa: PTH208
    except FileNotFoundError:
        return False


def test_a_source_that_is_no_database(tenants: Tenants) -> None:
    """The library refuses it before it looks at any."""
    with pytest.raises(InputError, match="is no database file"):
        drift(["a.sqlite", "-"], tenants.chain)
    with pytest.raises(InputError, match="a name holds a NUL character"):
        drift(["a.sqlite\0b.sqlite\0"], tenants.chain)
