"""Lint and version control: what the default branch and the manifest of an archive know of a chain."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from squasher import git
from squasher.commands.archive import archive, undo
from squasher.commands.lint import Wanted, lint
from squasher.errors import InputError
from squasher.target import target
from tests.repositories import Repository, isolate

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.target import Target

ONE = "CREATE TABLE one (id INTEGER PRIMARY KEY);\n"
TWO = "CREATE TABLE two (id INTEGER PRIMARY KEY);\n"
THREE = "CREATE TABLE three (id INTEGER PRIMARY KEY);\n"
FIRST, SECOND, THIRD = "migrations/0001_one.sql", "migrations/0002_two.sql", "migrations/0003_three.sql"
NAMES = Wanted(select=("SQ1",))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository whose main has two migrations, on a branch of its own."""
    isolate(monkeypatch)
    repository = Repository.new(tmp_path / "work")
    repository.commit({FIRST: ONE, SECOND: TWO})
    repository.git("checkout", "--quiet", "-b", "topic")
    monkeypatch.chdir(repository.root)
    return repository


def found(aim: Target | None = None, wanted: Wanted = NAMES) -> list[tuple[str, str]]:
    """The codes that lint finds, each with its file; nothing may have failed."""
    report = lint([aim or target("migrations")], wanted)
    assert report.failed == ()
    return [(one.code, one.path) for one in report.diagnostics]


def messages(wanted: Wanted = NAMES) -> list[str]:
    """The messages of what lint finds."""
    return [one.message for one in lint([target("migrations")], wanted).diagnostics]


def test_uncommitted_edits_on_the_default_branch(work: Repository) -> None:
    """On main itself, what counts is the last commit."""
    work.git("checkout", "--quiet", "main")
    assert found() == []
    work.write({SECOND: TWO + ONE.replace("one", "more")})
    assert found() == [("SQ105", SECOND)]
    work.commit({}, "released")
    assert found() == []


def test_a_branch_that_lags_behind(work: Repository) -> None:
    """What main got since this branch left it is not missing here, and not deleted."""
    work.git("checkout", "--quiet", "main")
    work.commit({THIRD: THREE, FIRST: "-- The first.\n" + ONE})
    work.git("checkout", "--quiet", "topic")
    assert found() == []


def test_a_subdirectory(work: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """From anywhere in the repository, a chain by its path is the same chain."""
    work.write({SECOND: "DROP TABLE one;\n", "app/src/x.ts": ""})
    monkeypatch.chdir(work.root / "app" / "src")
    assert found(target("../../migrations")) == [("SQ105", "../../migrations/0002_two.sql")]
    assert found(target(work.root / "migrations")) == [("SQ105", f"{work.root}/{SECOND}")]


def test_a_worktree(work: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second work tree has a branch of its own, and the same main."""
    work.git("worktree", "add", "--quiet", str(tmp_path / "other"), "-b", "other")
    other = Repository(tmp_path / "other")
    other.write({SECOND: "DROP TABLE one;\n"})
    assert found() == []
    monkeypatch.chdir(other.root)
    assert found() == [("SQ105", SECOND)]


def test_outside_of_the_repository(work: Repository, tmp_path: Path) -> None:
    """A chain that lies elsewhere is not held against this repository."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0002_two.sql").write_text(ONE)
    assert found(target("../migrations")) == []
    assert found(target(tmp_path / "migrations")) == []
    assert work.git("status", "--porcelain") == ""


def test_a_detached_merge_in_ci(work: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """actions/checkout leaves a merge commit that no branch names; the default branch is origin/main."""
    work.commit({SECOND: "DROP TABLE one;\n", THIRD: THREE})
    work.git("checkout", "--quiet", "main")
    work.commit({"migrations/0004_four.sql": "CREATE TABLE four (id INTEGER PRIMARY KEY);\n"})
    work.git("checkout", "--quiet", "--detach")
    work.git("merge", "--quiet", "--no-edit", "topic")
    merged = work.git("rev-parse", "HEAD").strip()
    work.git("checkout", "--quiet", "main")
    work.git("branch", "merged", merged)
    clone = work.clone(tmp_path / "clone")
    clone.git("checkout", "--quiet", "--detach", "origin/merged")
    clone.git("branch", "--quiet", "-D", "main")
    monkeypatch.chdir(clone.root)
    assert found() == [("SQ105", SECOND), ("SQ104", THIRD)]
    assert "origin/main" in messages()[0]


def test_a_shallow_clone(work: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git has no older commits, nothing is found, nothing fails, and a warning says what to do."""
    work.commit({SECOND: "DROP TABLE one;\n"})
    work.git("checkout", "--quiet", "main")
    clone = work.clone(tmp_path / "clone", "--depth=1", "--branch=topic")
    monkeypatch.chdir(clone.root)
    report = lint([target("migrations")], NAMES)
    assert (report.diagnostics, report.failed) == ((), ())
    assert len(report.warnings) == 1
    assert "fetch-depth: 0" in report.warnings[0]


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a repository, and without git, lint has nothing to say of either."""
    isolate(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_one.sql").write_text(ONE)
    assert lint([target("migrations")], NAMES).warnings == ()
    git.program.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        assert found() == []
        assert lint([target("migrations")], NAMES).warnings == ()
    finally:
        git.program.cache_clear()


def test_a_repository_without_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first commit everything is new, and there is nothing to say."""
    isolate(monkeypatch)
    repository = Repository.new(tmp_path)
    repository.write({FIRST: ONE})
    monkeypatch.chdir(tmp_path)
    report = lint([target("migrations")], NAMES)
    assert (report.diagnostics, report.failed, report.warnings) == ((), (), ())


def test_new_numbers_in_order(work: Repository) -> None:
    """A branch with several new files is told all of their new names, in their order."""
    work.write({"migrations/0003_b.sql": TWO.replace("two", "b"), "migrations/0004_c.sql": THREE})
    work.git("add", "--all")
    work.git("commit", "--quiet", "-m", "mine")
    work.git("checkout", "--quiet", "main")
    work.commit({"migrations/0003_a.sql": ONE.replace("one", "a")})
    work.git("checkout", "--quiet", "topic")
    (one,) = lint([target("migrations")], NAMES).diagnostics
    assert (one.code, one.path) == ("SQ103", "migrations/0003_b.sql")
    assert one.help == "Rename this branch's migrations, in their order, to 0004_b.sql and 0005_c.sql."


def test_a_deleted_file_shows_its_first_line(work: Repository) -> None:
    """What is gone is told at its old path, with the line that it began with and how to get it back."""
    (work.root / SECOND).unlink()
    (one,) = lint([target("migrations")], NAMES).diagnostics
    assert (one.path, one.line, one.source) == (SECOND, 1, TWO.strip())
    command = one.help.partition("`")[2].partition("`")[0].split()
    assert command[:2] == ["git", "checkout"]
    work.git(*command[1:])
    assert found() == []


def archived(work: Repository) -> Target:
    """A chain of which main has absorbed the first migration, and on which the branch stands."""
    work.git("checkout", "--quiet", "main")
    work.commit({THIRD: THREE})
    aim = target("migrations")
    archive(aim, to="0002")
    work.commit({}, "archive")
    work.git("checkout", "--quiet", "-B", "topic")
    return aim


def test_an_archive_is_no_deletion(work: Repository) -> None:
    """A branch that archives the chain moves its files: nothing of it is a finding, nor of the undo."""
    archive(target("migrations"))
    assert found() == []
    work.commit({}, "archive")
    assert found() == []
    undo(target("migrations"))
    assert found() == []


def test_an_undo_on_a_branch(work: Repository) -> None:
    """A branch may take back an archive that main has: the files that come back are not new."""
    aim = archived(work)
    assert found(aim) == []
    undo(aim)
    assert found(aim) == []


ARCHIVE = "migrations-archive"
TOUCHED = [
    (THIRD, None, "SQ105", "0003_three.sql was released, and is gone"),
    (THIRD, "DROP TABLE one;\n", "SQ105", "0003_three.sql was edited after its release"),
    ("migrations/0002_complete_schema.sql", None, "SQ105", "the baseline 0002_complete_schema.sql is gone"),
    (f"{ARCHIVE}/0001_one.sql", None, "SQ105", "0001_one.sql was absorbed by a baseline, and is gone"),
    (f"{ARCHIVE}/0001_one.sql", TWO, "SQ105", "0001_one.sql was edited after a baseline absorbed it"),
    (f"{ARCHIVE}/0002_ledger.sql", None, "SQ105", "the ledger transition 0002_ledger.sql is gone"),
    (f"{ARCHIVE}/0002_ledger.sql", "", "SQ105", "the ledger transition 0002_ledger.sql was edited"),
    (f"{ARCHIVE}/manifest.json", None, "SQ105", "manifest.json is gone, and a baseline here records"),
    (FIRST, ONE, "SQ105", "0001_one.sql is here again, though a baseline absorbed it"),
    (FIRST, TWO, "SQ105", "0001_one.sql has the name of a migration that a baseline absorbed"),
    ("migrations/0003_b.sql", ONE, "SQ102", "0003_b.sql has the number of 0003_three.sql"),
    ("migrations/0001_b.sql", ONE, "SQ102", "0001_b.sql has the number of 0001_one.sql"),
    ("migrations/0000_b.sql", ONE, "SQ104", "0000_b.sql comes before the baseline of the chain"),
]


@pytest.mark.parametrize(("path", "text", "code", "message"), TOUCHED)
def test_what_the_manifest_says(
    path: str, text: str | None, code: str, message: str, work: Repository
) -> None:
    """What an archive's manifest answers for is guarded without git."""
    aim = archived(work)
    (work.root / ".git").rename(work.root / "no-git")
    touch(work, path, text)
    (one,) = (one for one in lint([aim], NAMES).diagnostics if one.path == path)
    assert (one.code, one.message.startswith(message)) == (code, True), one.message


@pytest.mark.parametrize(("path", "text", "code"), [one[:3] for one in TOUCHED])
def test_what_git_and_the_manifest_say(path: str, text: str | None, code: str, work: Repository) -> None:
    """With git beside it, nothing is told twice."""
    aim = archived(work)
    touch(work, path, text)
    assert [one for one in found(aim) if one[1] == path] == [(code, path)]


def touch(work: Repository, path: str, text: str | None) -> None:
    """Write a file, or take it away."""
    if text is None:
        (work.root / path).unlink()
    else:
        work.write({path: text})


def test_comments_of_a_released_file(work: Repository) -> None:
    """An ignore comment in a file that the manifest records is no edit, as git knows what it was."""
    aim = archived(work)
    work.write({THIRD: "-- squasher: ignore SQ601 a reason\n" + THREE})
    assert found(aim) == []


def test_line_ends(work: Repository) -> None:
    """Line ends that git turned are no edit, not even in a string."""
    text = "INSERT INTO one VALUES (1);\nCREATE TABLE three (id TEXT DEFAULT 'a\nb');\n"
    work.git("checkout", "--quiet", "main")
    work.commit({THIRD: text})
    (work.root / THIRD).write_bytes(text.replace("\n", "\r\n").encode())
    assert found() == []


def test_changed_since(work: Repository) -> None:
    """Only what is found in files that are new or other ones is shown, and what is gone."""
    work.write({"migrations/0003-Old.sql": THREE, "migrations/0004_four.sql": ONE.replace("one", "four")})
    base = work.commit({}, "old names")
    assert found(wanted=NAMES._replace(since=base)) == []
    assert found(wanted=NAMES._replace(since="main")) == [("SQ101", "migrations/0003-Old.sql")]
    work.write({"migrations/0005-New.sql": ONE.replace("one", "five")})
    assert found(wanted=NAMES._replace(since=base)) == [("SQ101", "migrations/0005-New.sql")]
    (work.root / SECOND).unlink()
    shown = found(wanted=NAMES._replace(since="HEAD"))
    assert shown == [("SQ105", SECOND), ("SQ101", "migrations/0005-New.sql")]


def test_changed_since_counts_files(work: Repository) -> None:
    """The number of files is that of those which were looked at, line ends that git turned left aside."""
    (work.root / FIRST).write_bytes(ONE.replace("\n", "\r\n").encode())
    assert lint([target("migrations")], Wanted(since="main")).files == 0
    work.write({THIRD: THREE})
    assert lint([target("migrations")], Wanted(since="main")).files == 1


def test_changed_since_a_commit_without_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the revision has no migrations at all, each of them is new."""
    isolate(monkeypatch)
    repository = Repository.new(tmp_path)
    base = repository.commit({"README.md": "A project.\n"})
    repository.write({"migrations/0001-One.sql": ONE})
    monkeypatch.chdir(tmp_path)
    assert found(wanted=NAMES._replace(since=base)) == [("SQ101", "migrations/0001-One.sql")]


def test_changed_since_nothing_that_git_knows(work: Repository, repository: Path) -> None:
    """A revision that does not exist is an error, as in a diff, with exit code 2."""
    with pytest.raises(InputError, match="git:nothing: git knows no such commit"):
        lint([target("migrations")], Wanted(since="nothing"))
    command = [sys.executable, "-m", "squasher", "lint", "--changed-since"]
    variables = {"PYTHONPATH": str(repository), "PATH": str(git.program()).rpartition("/")[0]}
    codes = {}
    for revision in ("nothing", "main", "main..topic"):
        done = subprocess.run(
            [*command, revision, "--format", "json"],
            cwd=work.root,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        codes[revision] = done.returncode
        if revision == "main":
            assert json.loads(done.stdout)["files"] == 0
        else:
            assert done.stderr.startswith(f"error: git:{revision}: git knows no such commit\nhelp: ")
    assert codes == {"nothing": 2, "main": 0, "main..topic": 2}


def test_changed_since_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a repository there is no revision."""
    isolate(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(InputError, match="no git repository"):
        lint([target("migrations")], Wanted(since="main"))


def test_directories_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each migration is a directory, its name and number count; elsewhere those of the file."""
    isolate(monkeypatch)
    monkeypatch.chdir(tmp_path)
    for place, name in enumerate(("0001_add_a", "0002_Add_B", "0002_add_c")):
        (tmp_path / "migrations" / name).mkdir(parents=True)
        text = f"CREATE TABLE t{place} (id INTEGER PRIMARY KEY);\n"
        (tmp_path / "migrations" / name / "migration.sql").write_text(text)
    aim = target("migrations")._replace(pattern="*/migration.sql")
    second, third = (f"migrations/{name}/migration.sql" for name in ("0002_Add_B", "0002_add_c"))
    assert found(aim) == [("SQ101", second), ("SQ102", third)]
    one = lint([aim], NAMES).diagnostics[0]
    assert one.help.startswith("Rename it to 0002_add_b/migration.sql, unless ")
    (tmp_path / "migrations" / "2024").mkdir()
    (tmp_path / "migrations" / "2024" / "0001_add_d.sql").write_text(THREE)
    assert found(target("migrations")._replace(pattern="2024/*.sql")) == []


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("0001_Add-Users.sql", "Rename it to 0001_add_users.sql, unless a database has applied it: "),
        ("0001users.sql", "Rename it to 0001_users.sql, unless "),
        ("0001 add users.sql", "Rename it to 0001_add_users.sql, unless "),
        ("0001.sql", "Give it a name such as 0003_add_users, unless "),
        ("add_users.sql", "Give it a name such as 0003_add_users, unless "),
    ],
)
def test_a_better_name(name: str, better: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that lint refuses comes with the one that it would take."""
    isolate(monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / name).write_text(ONE)
    (one,) = lint([target("migrations")], NAMES).diagnostics
    assert one.code == "SQ101"
    assert one.help.startswith(better)
    assert (one.line, one.column, one.source) == (1, 1, ONE.strip())


def test_a_number_of_another_width(work: Repository) -> None:
    """A new file whose number has too few digits is told which name the chain would give it."""
    work.write({"migrations/003_add_x.sql": THREE})
    (one,) = lint([target("migrations")], NAMES).diagnostics
    assert one.help.startswith("Rename it to 0003_add_x.sql, unless ")
