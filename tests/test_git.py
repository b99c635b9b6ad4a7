"""Git revisions as sources: read from real repositories, which stay as they are."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from squasher import git
from squasher.errors import InputError, ReplayError
from squasher.profiles import D1, SQLITE
from squasher.sources import Opened, branch_point, open_source, parse
from tests.repositories import Repository, isolate
from tests.targets import of

if TYPE_CHECKING:
    from pathlib import Path

ONE = {"migrations/0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY);"}
TWO = {"migrations/0002_b.sql": "CREATE TABLE b (id INTEGER PRIMARY KEY);"}
THREE = {"migrations/0003_c.sql": "CREATE TABLE c (id INTEGER PRIMARY KEY);"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with one migration on main, in which the test runs."""
    isolate(monkeypatch)
    made = Repository.new(tmp_path / "work")
    made.commit(ONE)
    monkeypatch.chdir(made.root)
    return made


def opened(text: str, migrations: str = "migrations") -> Opened:
    """The source that a text names."""
    return open_source(parse(text), of(D1, migrations))


def tables(found: Opened) -> list[str]:
    """The names of its objects."""
    return [item.name for item in found.side.snapshots[0].objects]


def problem(text: str, migrations: str = "migrations") -> tuple[str, str]:
    """What is said of a source that cannot be read, and what to do."""
    with pytest.raises(InputError) as caught:
        opened(text, migrations)
    assert caught.value.hint is not None
    return caught.value.message, caught.value.hint


def test_a_revision_is_read_without_a_checkout(repository: Repository) -> None:
    """A branch, a tag, a commit and an expression of git's name a chain as it was; the work tree stays."""
    first = repository.git("rev-parse", "HEAD").strip()
    repository.git("tag", "-a", "v1", "-m", "one")
    repository.commit(TWO)
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.write(THREE)
    before = repository.git("status", "--porcelain=v2", "--branch")
    for text in (f"git:{first}", f"git:{first[:9]}", "git:v1", "git:HEAD~1", "git:main^"):
        assert tables(opened(text)) == ["a"], text
    for text in (
        "git:main",
        "git:HEAD",
        "git:@",
        "git:feature",
        "git:refs/heads/main",
        "git:HEAD^{/a change}",
    ):
        assert tables(opened(text)) == ["a", "b"], text
    assert tables(opened("migrations")) == ["a", "b", "c"]
    assert repository.git("status", "--porcelain=v2", "--branch") == before


def test_nothing_is_written(repository: Repository) -> None:
    """No file of the repository is made, changed or touched, the index neither."""

    def state() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in (repository.root / ".git").rglob("*")
        }

    # an index that is out of date is one that git likes to write anew
    os.utime(repository.root / "migrations" / "0001_a.sql", (1, 1))
    before = state()
    opened("git:main")
    branch_point("migrations")
    problem("git:nothing")
    assert state() == before


def test_the_chain_has_the_paths_of_the_revision(repository: Repository) -> None:
    """Errors and places name the revision with the file."""
    found = opened("git:main")
    assert (found.name, found.kind) == ("git:main:migrations", "chain")
    assert found.chain is not None
    assert found.chain.directory == "git:main:migrations"
    (migration,) = found.chain.migrations
    assert (migration.name, migration.path) == ("0001_a.sql", "git:main:migrations/0001_a.sql")
    assert migration.data == ONE["migrations/0001_a.sql"].encode()
    repository.commit({"migrations/0002_b.sql": "CREATE TABLE a (x);"})
    with pytest.raises(ReplayError, match=r"^git:HEAD:migrations/0002_b\.sql:1: "):
        opened("git:HEAD:migrations")


def test_the_same_rules_as_on_disk(repository: Repository) -> None:
    """Order, dot files, other files, links and directories are what they are in a directory."""
    repository.write(
        {
            "migrations/10_z.sql": "CREATE TABLE z (a);",
            "migrations/2_y.sql": "CREATE TABLE y (a);",
            "migrations/.hidden.sql": "no SQL",
            "migrations/README.md": "no SQL",
            "migrations/0004_folder.sql/x.sql": "no SQL",
            "migrations/sub/0005.sql": "no SQL",
        }
    )
    (repository.root / "migrations" / "0003_link.sql").symlink_to("2_y.sql")
    (repository.root / "migrations" / "2_y.sql").chmod(0o755)
    repository.commit({})
    here, there = opened("migrations"), opened("git:HEAD")
    assert tables(there) == tables(here) == ["a", "y", "z"]
    assert here.chain is not None
    assert there.chain is not None
    assert there.chain.digest == here.chain.digest
    assert there.notes == tuple(note.replace("migrations/", "git:HEAD:migrations/") for note in here.notes)
    assert len(there.notes) == 2


NESTED = {
    "migrations/0001_a/migration.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY);",
    "migrations/10_c/migration.sql": "CREATE TABLE c (id INTEGER PRIMARY KEY);",
    "migrations/2_b/migration.sql": "CREATE TABLE b (id INTEGER PRIMARY KEY);",
    "migrations/2_b/snapshot.json": "{}",
    "migrations/.x/migration.sql": "no SQL",
    "migrations/4_d/e/migration.sql": "no SQL",
}


def test_nested_migrations(repository: Repository) -> None:
    """A pattern means the same in a revision as on disk, whatever directory the command runs in."""
    repository.git("rm", "-rq", "migrations")
    repository.write(NESTED)
    (repository.root / "migrations" / "3_link").mkdir()
    (repository.root / "migrations" / "3_link" / "migration.sql").symlink_to("../2_b/migration.sql")
    repository.commit({})
    target = of(D1)._replace(pattern="*/migration.sql")
    here = open_source(parse("migrations"), target)
    assert tables(here) == ["a", "b", "c"]
    for text in ("git:HEAD", "git:HEAD:migrations", "git:HEAD:./migrations"):
        there = open_source(parse(text), target)
        assert tables(there) == tables(here)
        assert here.chain is not None
        assert there.chain is not None
        assert there.chain.digest == here.chain.digest
        assert there.chain.migrations[1].path == f"{there.name}/2_b/migration.sql"
        assert len(there.notes) == len(here.notes) == 1


def test_the_layout_of_a_directory(repository: Repository) -> None:
    """What is not the target's own directory, or an older revision of it, is read as it is laid out."""
    old = repository.git("rev-parse", "HEAD").strip()
    repository.git("rm", "-rq", "migrations")
    repository.commit({**NESTED, "other/1_z/migration.sql": "CREATE TABLE z (x);"})
    repository.commit({"deep/x/y/1.sql": "CREATE TABLE y (x);"})
    nested = of(D1)._replace(pattern="*/migration.sql")
    assert tables(open_source(parse(f"git:{old}"), nested)) == ["a"]
    assert tables(open_source(parse("git:HEAD:other"), nested)) == ["z"]
    assert tables(open_source(parse("other"), of(D1))) == ["z"]
    assert tables(open_source(parse("git:HEAD"), of(D1))) == ["a", "b", "c"]
    deep = of(D1, "deep")._replace(pattern="**/*.sql")
    for text in ("deep", "git:HEAD:deep", "git:HEAD"):
        assert tables(open_source(parse(text), deep)) == ["y"]
    for text in ("deep", "git:HEAD:deep"):
        with pytest.raises(InputError, match="holds no migrations"):
            open_source(parse(text), nested)
    with pytest.raises(InputError, match=r"holds no migrations, but files that match"):
        open_source(parse("migrations"), of(D1))  # wrangler would find nothing either


def test_a_target_outside_of_the_repository(repository: Repository, tmp_path: Path) -> None:
    """Its pattern is not that of a directory in the repository."""
    repository.commit(TWO)
    target = of(D1, tmp_path / "elsewhere")._replace(pattern="*/migration.sql")
    assert tables(open_source(parse("git:HEAD:migrations"), target)) == ["a", "b"]


def test_a_submodule_is_no_migration(repository: Repository) -> None:
    """Whatever it is called, its files are another repository's."""
    commit = repository.git("rev-parse", "HEAD").strip()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},migrations/0002_sub.sql")
    repository.git("commit", "--quiet", "-m", "sub")
    found = opened("git:HEAD")
    assert tables(found) == ["a"]
    assert [note.partition(" ")[0] for note in found.notes] == ["git:HEAD:migrations/0002_sub.sql"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"CREATE TABLE \xff (a);", "not UTF-8 text"), (b"CREATE TABLE t (a);\0", "a NUL character")],
)
def test_a_file_that_is_no_text(repository: Repository, content: bytes, words: str) -> None:
    """The error names the file and the line, as for one on disk."""
    repository.commit({"migrations/0002_b.sql": content})
    message, _ = problem("git:HEAD")
    assert message.startswith(f"git:HEAD:migrations/0002_b.sql:1: {words}")


def test_single_files(repository: Repository) -> None:
    """A path in a revision may be SQL text or a database, in WAL mode too."""
    path = repository.root / "app.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.execute("CREATE TABLE d (a)")
        database.execute("INSERT INTO d VALUES ('x')")
        database.commit()
    repository.commit({"schema.sql": "CREATE TABLE s (a);"})
    found = opened("git:HEAD:schema.sql")
    assert (found.name, found.kind, tables(found)) == ("git:HEAD:schema.sql", "sql", ["s"])
    path.unlink()
    found = opened("git:HEAD:app.db")
    assert (found.name, found.kind, tables(found)) == ("git:HEAD:app.db", "database", ["d"])
    assert found.side.snapshots[0].rows[0].rows == (("'x'",),)


def test_a_file_that_git_keeps_elsewhere(repository: Repository) -> None:
    """A pointer of Git LFS is no SQL, and the error says what it is."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4096\n"
    repository.commit({"app.db": pointer})
    message, hint = problem("git:HEAD:app.db")
    assert message == "git:HEAD:app.db: git holds a pointer of Git LFS instead of the file"
    assert "git lfs" in hint


@pytest.mark.parametrize(
    ("folder", "text", "found"),
    [
        (".", "git:HEAD:api/migrations", True),
        (".", "git:HEAD:./api/migrations", True),
        (".", "git:HEAD:api/../api/migrations/", True),
        ("api", "git:HEAD", True),
        ("api", "git:HEAD:./migrations", True),
        ("api", "git:HEAD:api/migrations", True),
        ("api", "git:HEAD:migrations", False),
        ("api/deep", "git:HEAD:../migrations", True),
    ],
)
def test_paths_are_those_of_git(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, folder: str, text: str, *, found: bool
) -> None:
    """From the root of the repository, or with a dot from here; the directory of migrations is from here."""
    repository.git("rm", "--quiet", "-r", "migrations")
    repository.commit({"api/migrations/0001_a.sql": "CREATE TABLE api (a);", "api/deep/x": ""})
    monkeypatch.chdir(repository.root / folder)
    if found:
        assert tables(opened(text)) == ["api"]
    else:
        message, hint = problem(text)
        assert message == "git:HEAD:migrations: HEAD has no migrations"
        assert "git:HEAD:./migrations" in hint


def test_an_absolute_directory_of_migrations(repository: Repository, tmp_path: Path) -> None:
    """It is looked up where it lies in the work tree; outside of it there is nothing to look up."""
    assert tables(opened("git:main", str(repository.root / "migrations"))) == ["a"]
    message, _ = problem("git:main", str(tmp_path / "elsewhere"))
    assert message.endswith("is outside of the repository")


def test_a_linked_work_tree(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a HEAD of its own and shares the rest."""
    repository.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    linked = Repository(tmp_path / "linked")
    linked.commit(TWO)
    monkeypatch.chdir(linked.root)
    assert tables(opened("git:HEAD")) == ["a", "b"]
    assert tables(opened("git:main")) == ["a"]
    assert tables(open_source(branch_point("migrations"), of(D1))) == ["a"]


def test_a_bare_repository(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server has no work tree, and needs none."""
    bare = repository.clone(tmp_path / "bare", "--bare")
    monkeypatch.chdir(bare.root)
    assert tables(opened("git:main")) == ["a"]


def test_names_that_need_care(repository: Repository) -> None:
    """Spaces, other scripts, new lines and colons in names of files and branches do no harm."""
    repository.commit({"mig rations/ü/0001 \n:x.sql": "CREATE TABLE odd (a);"})
    repository.git("branch", "fix/ünï")
    assert tables(opened("git:fix/ünï:mig rations/ü")) == ["odd"]


@pytest.mark.parametrize(
    "revision", ["-h", "--all", "--output=x", "-", "main --", "main\nHEAD", "$(x)", ";x"]
)
def test_a_revision_is_never_an_option(repository: Repository, revision: str) -> None:
    """Whatever stands behind git: is a revision, and here one that does not exist."""
    message, _ = problem(f"git:{revision}")
    assert message.startswith("git:")
    assert message.endswith("git knows no such commit")
    assert sorted(path.name for path in repository.root.iterdir()) == [".git", "migrations"]


def test_errors_say_what_to_do(repository: Repository) -> None:
    """A name that git does not know, a range, a file that is not there."""
    repository.commit({"other/x.txt": ""})
    assert problem("git:mian")[0] == "git:mian: git knows no such commit"
    assert problem("git:HEAD~1..HEAD")[1] == "Name one commit, not a range."
    assert problem("git:HEAD:migration") == (
        "git:HEAD:migration: HEAD has no migration",
        "There is migrations in it: write git:HEAD:migrations.",
    )
    assert problem("git:HEAD:migrations/0001_b.sql")[1] == (
        "There is migrations/0001_a.sql in it: write git:HEAD:migrations/0001_a.sql."
    )
    assert problem("git:HEAD:nothing/at/all")[1] == "There is no directory nothing/at in it either."
    assert problem("git:HEAD:other")[0] == "git:HEAD:other/ holds no migrations"
    assert problem("git:HEAD:../x")[0] == "git:HEAD:../x is outside of the repository"


def test_a_branch_that_only_the_remote_has(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hint names it as git does."""
    repository.git("branch", "feature")
    clone = repository.clone(tmp_path / "clone")
    monkeypatch.chdir(clone.root)
    assert (
        problem("git:feature")[1] == "There is a branch of that name on the remote: write git:origin/feature."
    )
    assert tables(opened("git:origin/feature")) == ["a"]


def test_a_shallow_clone(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it holds can be read; of the rest the error says how to get it, here and in a workflow."""
    first = repository.git("rev-parse", "HEAD").strip()
    repository.commit(TWO)
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(THREE)
    clone = repository.clone(tmp_path / "clone", "--depth=1", "--no-single-branch")
    monkeypatch.chdir(clone.root)
    assert tables(opened("git:HEAD")) == ["a", "b", "c"]
    for text in (f"git:{first}", "git:HEAD~1"):
        _, hint = problem(text)
        assert "git fetch --unshallow" in hint
        assert "fetch-depth: 0" in hint
    clone.git("remote", "set-head", "origin", "main")
    with pytest.raises(InputError, match="have no commit in common") as caught:
        branch_point("migrations")
    assert "git fetch --unshallow" in str(caught.value.hint)
    clone.git("fetch", "--quiet", "--unshallow")
    assert tables(open_source(branch_point("migrations"), of(D1))) == ["a", "b"]


@pytest.mark.parametrize("left_out", ["blob:none", "tree:0"])
def test_a_partial_clone(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    """What it left out is not fetched behind anybody's back: the error says how to get it."""
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone = repository.clone(tmp_path / "clone", f"--filter={left_out}", "--no-checkout")
    monkeypatch.chdir(clone.root)
    before = sorted((clone.root / ".git" / "objects").rglob("*"))
    message, hint = problem("git:HEAD")
    assert message.startswith("git:HEAD:migrations")
    assert "git cannot read it" in message
    assert "git fetch --refetch --no-filter" in hint
    assert sorted((clone.root / ".git" / "objects").rglob("*")) == before
    clone.git("fetch", "--quiet", "--refetch", "--no-filter")
    assert tables(opened("git:HEAD")) == ["a"]


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to read, and the error says so."""
    isolate(monkeypatch)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    assert problem("git:main")[0] == "the current directory is in no git repository"
    with pytest.raises(InputError, match="in no git repository"):
        branch_point("migrations")


def test_without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git can still read files."""
    git.program.cache_clear()
    monkeypatch.setenv("PATH", str(repository.root))
    try:
        assert problem("git:main")[0] == "git is not installed"
        assert tables(opened("migrations")) == ["a"]
    finally:
        git.program.cache_clear()


def test_a_repository_runs_nothing(repository: Repository) -> None:
    """The configuration of a stranger's repository may name programs; reading it starts none of them."""
    trap = repository.root / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {repository.root}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.editor", "filter.x.smudge", "diff.x.textconv"):
        repository.git("config", key, str(trap))
    repository.git("config", "core.hooksPath", str(repository.root))
    (repository.root / ".gitattributes").write_text("*.sql filter=x diff=x\n")
    assert tables(opened("git:main")) == ["a"]
    assert tables(open_source(branch_point("migrations"), of(D1))) == ["a"]
    assert problem("git:nothing")
    assert not (repository.root / "sprung").exists()


def test_the_branch_point(repository: Repository) -> None:
    """What the branch parted from, whatever main did since; the note says which commit that is."""
    base = repository.commit(TWO)
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(THREE)
    repository.git("checkout", "--quiet", "main")
    repository.commit({"migrations/0003_other.sql": "CREATE TABLE other (a);"})
    repository.git("checkout", "--quiet", "feature")
    found = open_source(branch_point("migrations"), of(D1))
    assert found.name == f"git:{base[:12]}:migrations"
    assert tables(found) == ["a", "b"]
    assert found.notes == ()
    assert found.name.startswith(f"git:{base[:12]}:")
    repository.git("checkout", "--quiet", "--detach")
    assert tables(open_source(branch_point("migrations"), of(D1))) == ["a", "b"]


def test_a_branch_point_without_migrations(repository: Repository) -> None:
    """Where there was no directory yet, or none with a migration in it, everything is new."""
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit({"sql/0001_x.sql": "CREATE TABLE x (a);"})
    found = open_source(branch_point("sql"), of(D1, "sql"))
    assert (found.kind, tables(found)) == ("empty", [])
    assert found.notes[-1].endswith("has no sql: everything is new")
    repository.git("checkout", "--quiet", "main")
    repository.commit({"sql/.gitkeep": ""})
    repository.git("checkout", "--quiet", "-b", "other")
    found = open_source(branch_point("sql"), of(D1, "sql"))
    assert (found.kind, tables(found)) == ("empty", [])
    assert found.notes[-1].endswith("holds no migrations: everything is new")


def test_a_branch_point_before_the_first_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is new then, too."""
    isolate(monkeypatch)
    Repository.new(tmp_path / "new")
    monkeypatch.chdir(tmp_path / "new")
    found = open_source(branch_point("migrations"), of(SQLITE))
    assert (found.name, found.kind) == ("the empty schema", "empty")
    assert found.notes == ("there is no commit yet: everything is new",)


def test_branches_that_share_nothing(repository: Repository) -> None:
    """There is no point at which they parted."""
    repository.git("checkout", "--quiet", "--orphan", "alone")
    repository.commit({}, "another beginning")
    with pytest.raises(InputError, match="the current branch and main have no commit in common") as caught:
        branch_point("migrations")
    assert caught.value.hint == "Name what to compare with: git:REV."


def test_the_default_branch(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What origin says it is, else main, else master, else what git is told to begin with."""
    repository.git("branch", "--move", "main", "trunk")
    with pytest.raises(InputError, match="does not tell the default branch") as caught:
        git.default_branch()
    assert "git:REV" in str(caught.value.hint)
    assert "git remote set-head origin --auto" in str(caught.value.hint)
    repository.git("config", "init.defaultBranch", "trunk")
    assert git.default_branch() == "refs/heads/trunk"
    repository.git("branch", "master")
    assert git.default_branch() == "refs/heads/master"
    repository.git("branch", "main")
    assert git.default_branch() == "refs/heads/main"
    clone = repository.clone(tmp_path / "clone")
    clone.git("branch", "main", "origin/main")
    monkeypatch.chdir(clone.root)
    assert git.default_branch() == "refs/remotes/origin/trunk"
    clone.git("remote", "set-head", "origin", "--delete")
    assert git.default_branch() == "refs/heads/main"
    clone.git("branch", "-D", "main")
    assert git.default_branch() == "refs/remotes/origin/main"


def test_a_default_branch_that_is_gone(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After origin renamed its branch, what it once said leads nowhere."""
    clone = repository.clone(tmp_path / "clone")
    repository.git("branch", "--move", "main", "trunk")
    clone.git("checkout", "--quiet", "-b", "work")
    clone.git("branch", "-D", "main")
    clone.git("fetch", "--quiet", "--prune")
    monkeypatch.chdir(clone.root)
    with pytest.raises(InputError, match="does not tell the default branch"):
        git.default_branch()
    clone.git("remote", "set-head", "origin", "--auto")
    assert git.default_branch() == "refs/remotes/origin/trunk"


@pytest.mark.parametrize(
    ("text", "revision", "path"),
    [
        ("git:main", "main", ""),
        ("git:main:migrations", "main", "migrations"),
        ("git:main:a:b", "main", "a:b"),
        ("git:main@{2026-11-22 19:00}:x", "main@{2026-11-22 19:00}", "x"),
        ("git:HEAD^{/fix: that}", "HEAD^{/fix: that}", ""),
        ("git:@{u}:x", "@{u}", "x"),
        ("git:a}b:x", "a}b", "x"),
    ],
)
def test_where_the_revision_ends(text: str, revision: str, path: str) -> None:
    """At the first colon; but braces of git's own may hold some."""
    assert parse(text)[2:4] == (revision, path)


@pytest.mark.parametrize("text", ["git:", "git::x", "git:main:", ""])
def test_half_a_source(text: str) -> None:
    """Nothing is guessed, and the hint shows the whole form."""
    with pytest.raises(InputError) as caught:
        parse(text)
    assert "git:main:migrations" in str(caught.value.hint)
