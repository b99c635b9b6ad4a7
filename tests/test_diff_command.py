"""``squasher diff`` as people call it: sources, revisions, options, exit codes; and pairs that are hard."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from squasher.commands.archive import archive
from squasher.commands.diff import Sides
from squasher.commands.diff import diff as command
from squasher.profiles import D1
from squasher.target import target
from tests import archives
from tests.targets import of

ROOT = Path(__file__).parent.parent
CLEARLIFT = ROOT / "migrations"
USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\n"
PHONE = "ALTER TABLE users ADD COLUMN phone TEXT;\n"


def environment(**variables: str) -> dict[str, str]:
    """The environment of a process: nobody's git configuration, and who commits."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{
            f"GIT_{who}_{what}": "x@example.com"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
        **variables,
    }


def diff(folder: Path, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``squasher diff``."""
    done = subprocess.run(
        [sys.executable, "-m", "squasher", "diff", *arguments],
        cwd=folder,
        env=environment(),
        input=stdin.encode(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(
        ["git", *arguments],  # noqa: S607 - whichever git the machine has
        cwd=folder,
        env=environment(),
        check=True,
        capture_output=True,
    )


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def repository_of(tmp_path: Path) -> Path:
    """A repository whose default branch holds one migration, and a branch that adds another one."""
    write(tmp_path, {"migrations/0001_users.sql": USERS})
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=users")
    git(tmp_path, "checkout", "--quiet", "-b", "phones")
    write(tmp_path, {"migrations/0002_phones.sql": PHONE})
    return tmp_path


def test_without_arguments_it_tells_what_the_branch_does(repository_of: Path) -> None:
    """The merge base with the default branch is the old side, the files on disk are the new one."""
    git(repository_of, "add", ".")
    git(repository_of, "commit", "--quiet", "--message=phones")
    git(repository_of, "checkout", "--quiet", "main")
    write(repository_of, {"migrations/0003_other.sql": "CREATE TABLE other (x);\n"})
    git(repository_of, "add", ".")
    git(repository_of, "commit", "--quiet", "--message=what others did meanwhile")
    git(repository_of, "checkout", "--quiet", "phones")
    write(repository_of, {"migrations/0004_more.sql": "CREATE TABLE more (x);\n"})
    code, out, _ = diff(repository_of)
    assert code == 0
    assert "+ column phone   TEXT (0002_phones.sql:1)" in out
    assert "+ table   1 column (0004_more.sql:1)" in out
    assert "other" not in out
    assert out.endswith("2 changes in 2 objects.\n")


def test_a_branch_that_edits_an_old_migration(repository_of: Path) -> None:
    """What an edit of a migration that others have applied does is shown, with the edited line."""
    write(repository_of, {"migrations/0001_users.sql": USERS.replace("email TEXT", "email TEXT NOT NULL")})
    code, out, _ = diff(repository_of, "git:main")
    assert code == 0
    assert "~ column email   nullable → NOT NULL (0001_users.sql:1)" in out
    assert "can fail on existing rows" in out


def test_what_is_done_to_migrations_that_were_there(repository_of: Path) -> None:
    """An edited, a missing and an early migration are warned of: no database runs one a second time."""
    write(repository_of, {"migrations/0005_late.sql": "CREATE TABLE late (x);\n"})
    git(repository_of, "add", ".")
    git(repository_of, "commit", "--quiet", "--message=late")
    write(
        repository_of,
        {
            "migrations/0001_users.sql": USERS.replace("email TEXT", "email"),
            "migrations/0003_early.sql": "CREATE TABLE early (x);\n",
        },
    )
    (repository_of / "migrations/0002_phones.sql").unlink()
    _, _, err = diff(repository_of, "git:HEAD")
    assert [line.partition(": ")[2] for line in err.splitlines()] == [
        "0001_users.sql was edited: a database that has run it keeps what it did",
        "0002_phones.sql is gone: a database that has run it keeps what it did",
        "0003_early.sql is new and comes before others: a database that has run those runs it after them",
    ]
    assert diff(repository_of, "--from", "0005", "--to", "0001")[2] == ""


def test_an_archive_is_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a squash in place what the baseline stands for is said, and nothing is called gone or late."""
    monkeypatch.chdir(tmp_path)
    archives.write(tmp_path, name="old")
    migrations = archives.write(tmp_path)
    archive(target("migrations"), to="0003")
    compared = command(Sides("old", "migrations"), target("migrations"))
    stands = "0003_complete_schema.sql stands for 0001_users.sql to 0003_email.sql: "
    assert (compared.findings, compared.warnings) == (
        (),
        (f"{stands}a database that has run them needs the ledger transition first",),
    )
    (migrations / "0005_rename.sql").unlink()
    (migrations / "0003_late.sql").write_text("CREATE TABLE late (a);\n")
    _, *others = command(Sides("old", "migrations"), target("migrations")).warnings
    assert others == [
        "0005_rename.sql is gone: a database that has run it keeps what it did",
        "0003_late.sql is new and comes before others: a database that has run those runs it after them",
    ]


def test_a_database_made_at_another_time(tmp_path: Path) -> None:
    """What a migration takes from the clock and from chance is another value in each database: no change."""
    seed = (
        "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT UNIQUE, at TEXT);\n"
        "INSERT INTO t VALUES (lower(hex(randomblob(8))), 'ada', datetime('now'));\n"
    )
    write(tmp_path, {"migrations/0001_t.sql": seed})
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as database:
        database.executescript(seed)
    for sides in (("app.sqlite", "migrations"), ("migrations", "app.sqlite")):
        assert diff(tmp_path, *sides, "--exit-code")[:2] == (0, "")
    write(tmp_path, {"frozen/0001_t.sql": seed.replace("datetime('now')", "'2020-01-01 00:00:00'")})
    _, out, _ = diff(tmp_path, "frozen", "migrations")
    assert "~ cell at   '2020-01-01 00:00:00' → … in the row with name 'ada'" in out
    _, out, _ = diff(tmp_path, "migrations", "frozen")
    assert "~ cell at   … → '2020-01-01 00:00:00' in the row with name 'ada'" in out


def test_a_revision_that_is_taken_for_a_path(repository_of: Path) -> None:
    """Who writes main and means the revision is told how."""
    for written, says in (("main", "git:main"), ("main..phones", "git:main git:phones")):
        code, _, err = diff(repository_of, written)
        assert (code, f"Write {says} for a git revision." in err) == (2, True)


def test_every_source_against_every_other(repository_of: Path) -> None:
    """A directory, a revision, a file of SQL, a database file and standard input, both ways."""
    write(repository_of, {"schema.sql": USERS})
    with closing(sqlite3.connect(repository_of / "app.sqlite")) as database:
        database.execute(USERS)
    olds = ("git:main", "git:main:migrations", "schema.sql", "app.sqlite", "-")
    for old in olds:
        code, out, err = diff(repository_of, old, "migrations", "--exit-code", stdin=USERS)
        assert (code, err) == (1, ""), old
        assert "+ column phone   TEXT (0002_phones.sql:1)" in out
        code, out, err = diff(repository_of, "migrations", old, "--exit-code", stdin=USERS)
        assert (code, err) == (1, ""), old
        assert "- column phone   TEXT\n" in out
        for other in olds:
            if (old, other) != ("-", "-"):
                assert diff(repository_of, old, other, "--exit-code", stdin=USERS)[:2] == (0, ""), (
                    old,
                    other,
                )
    assert (repository_of / "app.sqlite").stat().st_size > 0


def test_the_chain_is_cut_on_either_side(repository_of: Path) -> None:
    """--from cuts the old side, --to the new one; --from alone tells what the later migrations do."""
    assert "+ column phone" in diff(repository_of, "--from", "0001")[1]
    assert diff(repository_of, "--from", "0001", "--to", "0001", "--exit-code")[:2] == (0, "")
    assert "- column phone" in diff(repository_of, "--from", "0002", "--to", "1")[1]
    assert "- column phone" in diff(repository_of, "migrations", "migrations", "--to", "0001")[1]
    code, out, err = diff(repository_of, "--from", "0009")
    assert (code, out) == (2, "")
    assert "no migration 0009" in err


def test_an_empty_diff_is_silent(repository_of: Path) -> None:
    """Nothing on standard output, a word on standard error with the text format, and exit code 0."""
    code, out, err = diff(repository_of, "migrations", "migrations")
    assert (code, out) == (0, "")
    assert err == "no difference between migrations/ (0001 to 0002) and migrations/ (0001 to 0002)\n"
    code, out, err = diff(repository_of, "migrations", "migrations", "--format", "json", "--exit-code")
    assert (code, err) == (0, "")
    assert json.loads(out)["changes"] == []


def test_other_spelling_is_no_difference(repository_of: Path) -> None:
    """A schema kept by hand, with other quotes, order and layout, is equal, and that is said."""
    text = 'CREATE TABLE "users" ([id] INTEGER, `email` TEXT, phone text, PRIMARY KEY ("id"));\n'
    code, out, err = diff(repository_of, "migrations", "-", "--exit-code", stdin=text)
    assert (code, out) == (0, "")
    assert "written differently, with the same meaning: users" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere", "migrations"), "nowhere does not exist"),
        (("git:nowhere",), "nowhere"),
        (("git:main:nowhere",), "nowhere"),
        (("git:",), "there is no revision"),
        (("-", "-"), "both sides are standard input"),
        (("", "migrations"), "cannot be empty"),
        (("migrations", "migrations", "--format", "nothing"), "is not one of"),
        (("migrations", "migrations", "--profile", "nothing"), "no profile nothing"),
    ],
)
def test_what_cannot_be_compared(repository_of: Path, arguments: tuple[str, ...], says: str) -> None:
    """Exit code 2, nothing on standard output, and one error that names what is wrong."""
    code, out, err = diff(repository_of, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err


def test_outside_of_a_repository(tmp_path: Path) -> None:
    """Without arguments there has to be a repository; the error names the way without."""
    write(tmp_path, {"migrations/0001_users.sql": USERS})
    code, out, err = diff(tmp_path)
    assert (code, out) == (2, "")
    assert "repository" in err
    assert "help: " in err


def shape(files: list[Path]) -> dict[str, tuple[object, ...]]:
    """By table, what a bare SQLite says of it after these migrations, and of what hangs on it."""
    with closing(sqlite3.connect(":memory:")) as database:
        for file in files:
            database.executescript(file.read_text(encoding="utf-8"))
        names = [
            name
            for (name,) in database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
        ]
        return {
            name: (
                database.execute("SELECT * FROM pragma_table_xinfo(?)", (name,)).fetchall(),
                database.execute("SELECT * FROM pragma_foreign_key_list(?)", (name,)).fetchall(),
                sorted(
                    (kind, one)
                    for kind, one in database.execute(
                        "SELECT type, name FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL", (name,)
                    )
                ),
            )
            for name in names
        }


def test_clearlift_from_its_tenth_migration_to_its_last() -> None:
    """Exactly the tables are named that a bare SQLite reports differently, and each change has its line."""
    files = sorted(CLEARLIFT.glob("*.sql"))
    before = shape([file for file in files if file.name[:4] <= "0010"])
    after = shape(files)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    code, out, err = diff(ROOT, "--from", "0010", "--format", "json", "--exit-code")
    assert (code, err) == (1, "")
    changes = json.loads(out)["changes"]
    with_rows_alone = {
        one["object"]["name"]
        for one in changes
        if one["element"]["kind"].split()[-1] in {"cell", "row", "rows"}
    } - changed
    assert {one["object"]["name"] for one in changes} - with_rows_alone == changed
    made = {one["object"]["name"] for one in changes if one["element"] == {"kind": "table", "name": ""}}
    assert made == after.keys() - before.keys()
    assert all(one["place"] is not None for one in changes)


def test_two_databases_made_by_different_means(tmp_path: Path) -> None:
    """One went through the migrations, the other got the fresh file: only values of chance differ."""
    fresh = ROOT / "migrations-fresh" / "0001_complete_schema.sql"
    for name, files in (("old.sqlite", sorted(CLEARLIFT.glob("*.sql"))), ("new.db", [fresh])):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            for file in files:
                database.executescript(file.read_text(encoding="utf-8"))
            database.commit()
    assert diff(tmp_path, "old.sqlite", "new.db", "--no-rows", "--exit-code")[:2] == (0, "")
    _, out, _ = diff(tmp_path, "old.sqlite", "new.db", "--format", "json")
    told = {(one["object"]["name"], one["element"]["kind"]) for one in json.loads(out)["changes"]}
    assert {kind for _, kind in told} <= {"cell", "1 row", "5 rows"}


def caused(folder: Path, *files: str, start: int) -> list[tuple[str, str]]:
    """What the files after that one do, and the place that is named for each."""
    write(folder, {f"migrations/{number:04}_step.sql": text for number, text in enumerate(files, 1)})
    directory = str(folder / "migrations")
    sides = Sides(old=directory, new=directory, start=f"{start:04}")
    return [
        (type(finding.change).__name__, str(finding.place))
        for finding in command(sides, of(D1, directory)).findings
    ]


def test_what_both_sides_ran_is_no_cause(tmp_path: Path) -> None:
    """A cause lies behind the cut: a counter is moved by an INSERT, and no DELETE of before takes a row."""
    made = (
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, x UNIQUE);\nINSERT INTO a VALUES (1, 'x');\n"
    )
    deleted = "INSERT INTO a VALUES (2, 'y');\nDELETE FROM a WHERE id = 2;\n"
    assert caused(tmp_path, made, deleted, "-- more\nINSERT INTO a VALUES (7, 'z');\n", start=2) == [
        ("Added", "0003_step.sql:2"),
        ("Modified", "0003_step.sql:2"),
    ]
    assert caused(tmp_path, made, deleted, "REPLACE INTO a VALUES (7, 'x');\n", start=2) == [
        ("Removed", "None"),
        ("Added", "0003_step.sql:1"),
        ("Modified", "0003_step.sql:1"),
    ]
