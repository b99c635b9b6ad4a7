"""archive: squash in place, what it proves, what it refuses, and how it is undone."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.chain import read_chain, read_migration
from squasher.changes import LedgerEntry
from squasher.commands import archive as command
from squasher.commands.check import check
from squasher.commands.squash import UnprovedError
from squasher.engine import Database
from squasher.errors import InputError, ReplayError, SquasherError
from squasher.files import alone
from squasher.guard import TouchedError
from squasher.introspect import introspect
from squasher.live import Expected, Standing
from squasher.profiles import D1
from squasher.replay import replay, run_file
from squasher.sql import canonical
from squasher.target import target
from squasher.universe import Universe
from tests.archives import BASELINE, CHAIN, everything, retired, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.chain import Migration
    from squasher.model import Snapshot
    from squasher.target import Target

NOBODY = 65534
NOW = Universe(name="test", clock=212_662_110_896_789, seed=7)


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chain of five migrations in the current directory."""
    monkeypatch.chdir(tmp_path)
    return write(tmp_path).relative_to(tmp_path)


def archive(to: str | None = "0003") -> command.Archived:
    """Archive the chain in the current directory."""
    return command.archive(target(), to=to)


def schema(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """Every object, as the tokens of its text: the fresh file's layout is its own."""
    return {one.name: canonical(str(one.sql)) for one in snapshot.objects}


def left(directory: Path) -> Snapshot:
    """What a chain leaves."""
    with replay(read_chain(directory), D1, NOW) as done:
        return introspect(done.database)


def test_what_is_where(chain: Path, tmp_path: Path) -> None:
    """The absorbed files move with their bytes, the tail stays, and four files are new."""
    result = archive()
    files = everything(tmp_path)
    assert sorted(files) == [f"migrations-archive/{name}" for name in [*CHAIN][:3]] + [
        "migrations-archive/0003_ledger.sql",
        "migrations-archive/manifest.json",
        "migrations-fresh/0001_complete_schema.sql",
        f"migrations/{BASELINE}",
        "migrations/0004_teams.sql",
        "migrations/0005_rename.sql",
    ]
    for name in [*CHAIN][:3]:
        assert files[f"migrations-archive/{name}"] == CHAIN[name].encode()
    for name in [*CHAIN][3:]:
        assert files[f"migrations/{name}"] == CHAIN[name].encode()
    assert result.absorbed.span == "0001 to 0003"
    assert [one.name for one in result.kept] == [*CHAIN][3:]
    assert [one.name for one in read_chain(chain).migrations] == [BASELINE, *[*CHAIN][3:]]


def test_the_new_chain_leaves_what_the_old_one_left(chain: Path) -> None:
    """Schema, rows and counters are the same, and the ledger has one name more."""
    old = left(chain)
    archive()
    new = left(chain)
    assert set(new.ledger) == {*old.ledger, BASELINE}
    assert schema(new) == schema(old)
    assert (new.rows, new.sequences) == (old.rows, old.sequences)


def test_the_fresh_file_is_current(chain: Path) -> None:
    """After an archive and after its undo `check` finds nothing, not even other bytes."""
    archive()
    checked = squasher.check(chain)
    assert (checked.status, checked.exact, checked.findings) == ("equal", True, ())
    command.undo(target())
    checked = squasher.check(chain)
    assert (checked.status, checked.exact, checked.findings) == ("equal", True, ())


def test_the_manifest(chain: Path, tmp_path: Path) -> None:
    """It names the baseline, the absorbed files and the tail, each with its sha256, in their order."""
    command.archive(target(), to="0003", allow=["zz", "0000_old.sql", "zz", "0004_teams.sql"])
    document = json.loads((tmp_path / "migrations-archive" / "manifest.json").read_text())
    assert document["version"] == 1
    (one,) = document["archives"]
    assert [*one["absorbed"]] == [*CHAIN][:3]
    assert [*one["released"]] == [*CHAIN][3:]
    assert [*one["baseline"]] == [BASELINE]
    assert one["allowed"] == ["0000_old.sql", "zz"]
    assert one["ledger"] == "d1_migrations"
    said = subprocess.run(
        ["sha256sum", chain / BASELINE, "migrations-archive/0001_users.sql"],  # noqa: S607 - the system's own
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert [one["baseline"][BASELINE], one["absorbed"]["0001_users.sql"]] == said[::2]


def test_the_baseline_is_what_squash_writes(chain: Path) -> None:
    """But for its header and its guard: statement by statement, the ledger part included."""
    text = squasher.squash(chain, to="0003", write=False).text
    archive()
    own = (chain / BASELINE).read_text()
    assert own.partition("\n-- roles")[2] == text.partition("\n-- roles")[2] != ""
    assert own.startswith(
        "-- The complete schema of 3 migrations, 0001_users to 0003_email.\n"
        "-- Written by squasher and proved equal to replaying them. Do not edit: it is a\n"
        "-- migration, the baseline in place of those that migrations-archive/manifest.json lists.\n"
        "-- source: sha256:"
    )
    assert "squasher squash" not in own
    for name in [*CHAIN][:3]:
        assert f"('{name}')" in own


def run(database: Database, file: Migration, *, ledger: bool = True) -> None:
    """Apply a migration as wrangler does; without ``ledger`` execute a file."""
    appended = f"\nINSERT INTO d1_migrations (name) VALUES ('{file.name}');" if ledger else ""
    text = file.text + appended
    run_file(database, file._replace(text=text))


def old_database(chain: Path, count: int) -> Database:
    """A database that applied the first migrations of a chain."""
    whole = read_chain(chain)
    return replay(whole._replace(migrations=whole.migrations[:count]), D1, NOW).database


def transition_file(name: str = "0003_ledger.sql") -> Migration:
    """The ledger transition that was written."""
    return read_migration(Path("migrations-archive", name))


@pytest.mark.parametrize("count", [3, 4, 5])
def test_an_existing_database_goes_on(chain: Path, count: int) -> None:
    """Stamped by the transition, it applies what it has not applied, and ends where a new one does."""
    with old_database(chain, count) as old:
        archive()
        run(old, transition_file(), ledger=False)
        held = set(introspect(old).ledger)
        for file in read_chain(chain).migrations:
            if file.name not in held:
                run(old, file)
        ended, new = introspect(old), left(chain)
        assert set(ended.ledger) == set(new.ledger)
        assert schema(ended) == schema(new)
        assert (ended.rows, ended.sequences) == (new.rows, new.sequences)


@pytest.mark.parametrize("count", range(1, 6))
def test_the_wrong_order_fails(chain: Path, count: int) -> None:
    """A database of any age that meets the baseline without the transition refuses it, and says why."""
    with old_database(chain, count) as old:
        before = introspect(old)
        archive()
        with pytest.raises(
            ReplayError, match=r"has run 0001_users\.sql.*Run migrations-archive/0003_ledger\.sql"
        ):
            run(old, read_chain(chain).migrations[0])
        assert introspect(old) == before


def test_the_wrong_order_fails_without_a_table_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the tail renamed all that the baseline makes, its guard alone keeps it from making it again."""
    monkeypatch.chdir(tmp_path)
    directory = write(
        tmp_path, {"0001_a.sql": "CREATE TABLE a (x);\n", "0002_b.sql": "ALTER TABLE a RENAME TO b;\n"}
    )
    with old_database(directory, 2) as old, old_database(directory, 2) as other:
        before = introspect(old)
        archive(to="0001")
        baseline = read_chain(directory).migrations[0]
        with pytest.raises(ReplayError, match=r"has run 0001_a\.sql"):
            run(old, baseline)
        assert introspect(old) == before
        unguarded = baseline.text.partition("\n\n")[2].partition("\n\n")[2]
        assert unguarded.startswith("-- a · made by 0001\nCREATE TABLE a (")
        run(other, baseline._replace(text=unguarded))
        assert {one.name for one in introspect(other).objects} == {"a", "b"}


def test_a_database_in_between_is_refused(chain: Path) -> None:
    """One that has not applied all absorbed migrations gets them first: the names are shown."""
    with old_database(chain, 2) as old:
        archive()
        with pytest.raises(ReplayError, match=r"absorbed, but not recorded \(1\): 0003_email\.sql"):
            run(old, transition_file(), ledger=False)


@pytest.mark.parametrize("count", [1, 2])
def test_the_way_out_of_a_database_in_between(chain: Path, count: int) -> None:
    """After an undo it runs what it missed, and the same archive makes the baseline that the others have."""
    with old_database(chain, count) as behind, old_database(chain, 5) as stamped:
        baseline = Path(archive().baseline).read_bytes()
        run(stamped, transition_file(), ledger=False)
        (chain / "0006_new.sql").write_text("CREATE TABLE newest (a);\n")
        command.undo(target())
        for file in read_chain(chain).migrations[count:]:
            run(behind, file)
        assert Path(archive().baseline).read_bytes() == baseline
        for database in (behind, stamped):
            run(database, transition_file(), ledger=False)
        run(stamped, read_chain(chain).migrations[-1])
        for database in (behind, stamped):
            assert set(introspect(database).ledger) == {*CHAIN, BASELINE, "0006_new.sql"}
            assert schema(introspect(database)) == schema(left(chain))


def test_a_database_before_two_archives(chain: Path) -> None:
    """It is told of each transition, and of what it has yet to run between them."""
    with old_database(chain, 3) as old:
        archive()
        archive(to="0004")
        standing = Expected(read_chain(chain), target()).standing(introspect(old))
        missed = {one.element for one in standing.changes}
    place = "migrations-archive"
    assert missed == {
        LedgerEntry(BASELINE, "baseline", f"{place}/0003_ledger.sql"),
        LedgerEntry("0004_teams.sql", "absorbed", f"{place}/0004_teams.sql"),
        LedgerEntry("0004_complete_schema.sql", "baseline", f"{place}/0004_ledger.sql"),
    }


def test_all_of_a_chain(chain: Path) -> None:
    """Without --to the baseline is the whole chain, and there is nothing more to archive."""
    result = archive(to=None)
    assert [one.name for one in read_chain(chain).migrations] == ["0005_complete_schema.sql"]
    assert result.kept == ()
    with pytest.raises(InputError, match=r"0005_complete_schema\.sql is a baseline already"):
        archive(to=None)


def test_a_second_archive(chain: Path, tmp_path: Path) -> None:
    """The old baseline is absorbed too; names add up, and databases of every age find their way."""
    fresh_one = left(chain)
    with old_database(chain, 4) as old, old_database(chain, 5) as late:
        command.archive(target(), to="0003", allow=["extra"])
        run(old, transition_file(), ledger=False)
        archive(to="0004")
        assert [one.name for one in read_chain(chain).migrations] == [
            "0004_complete_schema.sql",
            "0005_rename.sql",
        ]
        with pytest.raises(ReplayError, match=r"not recorded \(1\): 0003_complete_schema\.sql"):
            run(late, transition_file("0004_ledger.sql"), ledger=False)
        run(late, transition_file(), ledger=False)
        for database in (old, late):
            run(database, transition_file("0004_ledger.sql"), ledger=False)
        run(old, read_chain(chain).migrations[1])
        new = left(chain)
        for database in (old, late):
            held = introspect(database)
            assert set(held.ledger) == set(new.ledger) == {*CHAIN, BASELINE, "0004_complete_schema.sql"}
            assert {one.name for one in held.objects} == {one.name for one in fresh_one.objects}
    document = json.loads((tmp_path / "migrations-archive" / "manifest.json").read_text())
    assert [[*one["absorbed"]] for one in document["archives"]] == [
        [*CHAIN][:3],
        [BASELINE, "0004_teams.sql"],
    ]
    assert [one["allowed"] for one in document["archives"]] == [["extra"], ["extra"]]
    assert squasher.check(chain).status == "equal"


def test_undo_takes_one_archive_at_a_time(chain: Path, tmp_path: Path) -> None:
    """Each undo leaves, byte for byte, what was there before, but for the names that the manifest keeps."""
    squasher.squash(chain)
    files = [everything(tmp_path)]
    wanted = {}
    for to in ("0003", "0004"):
        baseline = Path(archive(to=to).baseline)
        wanted[baseline.name] = hashlib.sha256(baseline.read_bytes()).hexdigest()
        files.append(everything(tmp_path))
    manifest = "migrations-archive/manifest.json"
    files.pop()
    while files:
        command.undo(target())
        left, before = everything(tmp_path), files.pop()
        said, had = json.loads(left.pop(manifest)), json.loads(before.pop(manifest, b'{"archives": []}'))
        assert left == before
        assert said["archives"] == had["archives"]
    assert retired(tmp_path) == wanted
    with pytest.raises(InputError, match="records no archive"):
        command.undo(target())


def test_undo_keeps_what_was_added(chain: Path) -> None:
    """A migration that was written after the archive is still there, and in the fresh file."""
    archive()
    (chain / "0006_new.sql").write_text("CREATE TABLE newest (a);\n")
    command.undo(target())
    assert [one.name for one in read_chain(chain).migrations] == [*CHAIN, "0006_new.sql"]
    assert squasher.check(chain).status == "equal"


@pytest.mark.parametrize("path", [f"migrations/{BASELINE}", "migrations-archive/0002_roles.sql"])
def test_undo_refuses_edited_files(chain: Path, tmp_path: Path, path: str) -> None:
    """An edited baseline or archived file is named, and everything stays as it is."""
    archive()
    with (tmp_path / path).open("a") as file:
        file.write("-- edited\n")
    before = everything(tmp_path)
    with pytest.raises(TouchedError) as caught:
        command.undo(target())
    (change,) = caught.value.proof.changes
    assert getattr(change.latest, "path", None) == path
    assert everything(tmp_path) == before
    assert chain.is_dir()


def test_undo_refuses_without_an_archived_file(chain: Path, tmp_path: Path) -> None:
    """What is in neither place cannot be put back: nothing is touched."""
    archive()
    (tmp_path / "migrations-archive" / "0002_roles.sql").unlink()
    before = everything(tmp_path)
    with pytest.raises(TouchedError):
        command.undo(target())
    assert everything(tmp_path) == before
    assert chain.is_dir()


def test_an_archive_after_its_undo(chain: Path, tmp_path: Path) -> None:
    """A database that has a taken-back baseline's name gets every later one's, and is no difference."""
    with old_database(chain, 5) as old, old_database(chain, 5) as late:
        archive()
        run(old, transition_file(), ledger=False)
        command.undo(target())
        assert check(target()).status == "equal"
        expected = Expected(read_chain(chain), target())
        assert expected.standing(introspect(old)) == Standing(5)
        archive(to="0004")
        command.undo(target())
        archive(to=None)
        for database in (old, late):
            run(database, transition_file("0005_ledger.sql"), ledger=False)
        assert set(introspect(old).ledger) == {*CHAIN, BASELINE, "0005_complete_schema.sql"}
        assert set(introspect(late).ledger) == {*CHAIN, "0005_complete_schema.sql"}
        run(late, transition_file("0005_ledger.sql"), ledger=False)
    document = json.loads((tmp_path / "migrations-archive" / "manifest.json").read_text())
    assert [*document["retired"]] == [BASELINE, "0004_complete_schema.sql"]
    assert check(target()).status == "equal"


def test_the_same_archive_again(chain: Path, tmp_path: Path) -> None:
    """After an undo the same archive makes the same files, and a stamped database is right already."""
    archive()
    files = everything(tmp_path)
    with old_database(chain, 0) as old:
        for file in read_chain(chain).migrations:
            run(old, file)
        command.undo(target())
        assert [*retired(tmp_path)] == [BASELINE]
        archive()
        assert everything(tmp_path) == files
        before = introspect(old)
        run(old, transition_file(), ledger=False)
        assert introspect(old) == before


def test_another_archive_of_a_retired_name(chain: Path, tmp_path: Path) -> None:
    """A stamped database would pass for one that ran what is new in another baseline of that name."""
    archive()
    command.undo(target())
    (chain / "0002_later.sql").write_text("CREATE TABLE later (a);\n")
    before = everything(tmp_path)
    with pytest.raises(InputError, match=rf"{BASELINE} was the name of another baseline") as caught:
        archive()
    assert caught.value.hint == "Choose another migration with --to NNNN."
    assert everything(tmp_path) == before
    archive(to="0004")
    assert check(target()).status == "equal"


def test_a_migration_with_a_retired_name(chain: Path) -> None:
    """Whoever records the name would never run it: the check finds it, and no archive is made of it."""
    archive()
    command.undo(target())
    (chain / BASELINE).write_text("CREATE TABLE newest (a);\n")
    with pytest.raises(TouchedError) as caught:
        archive(to="0004")
    (change,) = caught.value.proof.changes
    assert getattr(change.latest, "role", None) == "retired"


def of_pattern(pattern: str) -> Target:
    """The target of the current directory, with other names of migrations."""
    return target()._replace(pattern=pattern)


def test_migrations_in_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each migration has a directory, so has the baseline; what else is in a directory stays in it."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {f"{name.removesuffix('.sql')}/migration.sql": sql for name, sql in CHAIN.items()})
    (tmp_path / "migrations" / "0002_roles" / "snapshot.json").write_text("{}")
    nested = of_pattern("*/migration.sql")
    before = everything(tmp_path)
    command.archive(nested, to="0003")
    files = everything(tmp_path)
    assert [path for path in files if "archive" in path] == [
        "migrations-archive/0001_users/migration.sql",
        "migrations-archive/0002_roles/migration.sql",
        "migrations-archive/0003_email/migration.sql",
        "migrations-archive/0003_ledger.sql",
        "migrations-archive/manifest.json",
    ]
    assert [path for path in files if path.startswith("migrations/")] == [
        "migrations/0002_roles/snapshot.json",
        "migrations/0003_complete_schema/migration.sql",
        "migrations/0004_teams/migration.sql",
        "migrations/0005_rename/migration.sql",
    ]
    assert b"('0002_roles/migration.sql')" in files["migrations/0003_complete_schema/migration.sql"]
    assert b'"0002_roles/migration.sql"' in files["migrations-archive/0003_ledger.sql"]
    assert check(nested).status == "equal"
    command.undo(nested)
    assert [*retired(tmp_path)] == ["0003_complete_schema/migration.sql"]
    kept = everything(tmp_path).items()
    assert {path: data for path, data in kept if path.startswith("migrations/")} == before
    assert check(nested).status == "equal"


@pytest.mark.parametrize(
    ("pattern", "ending", "baseline"),
    [
        ("*.up.sql", ".up.sql", "0002_complete_schema.up.sql"),
        ("*.sql", ".v1.sql", "0002_complete_schema.sql"),
        ("*_t.sql", "_t.sql", None),
    ],
)
def test_the_baseline_is_a_migration(
    pattern: str, ending: str, baseline: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The baseline's name is one that the pattern matches, or there is an error."""
    monkeypatch.chdir(tmp_path)
    names = [f"{number}_x{ending}" for number in ("0001", "0002", "0003")]
    write(tmp_path, {name: f"CREATE TABLE t{name[:4]} (a);\n" for name in names})
    chosen = of_pattern(pattern)
    if baseline is None:
        with pytest.raises(InputError, match=r"0002_complete_schema\.sql would be no migration to \*_t\.sql"):
            command.archive(chosen, to="0002")
        return
    command.archive(chosen, to="0002")
    assert [one.name for one in read_chain(chosen.migrations, pattern).migrations] == [baseline, names[2]]


def test_the_archive_is_no_part_of_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the pattern would find the archived files, they would run again: nothing is moved."""
    write(tmp_path, name="all")
    monkeypatch.chdir(tmp_path / "all")
    everywhere = target(".")._replace(pattern="{*.sql,all-archive/*}")
    with pytest.raises(InputError, match=r"all-archive/0001_users\.sql would be a migration of \./ itself"):
        command.archive(everywhere, to="0003")
    assert sorted(everything(tmp_path)) == [f"all/{name}" for name in CHAIN]


def test_the_fresh_files_own_name_is_known(chain: Path) -> None:
    """A database that applied the fresh file as a migration, in another environment, is stamped."""
    squasher.squash(chain)
    fresh = target().fresh
    with Database(D1, NOW) as database:
        run(database, read_migration(fresh))
        archive()
        run(database, transition_file(), ledger=False)
        assert set(introspect(database).ledger) == {*CHAIN, fresh.name, BASELINE}


def in_the_way(name: str) -> Callable[[Path], None]:
    """Put a file with other content where an archive would write."""

    def put(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("SELECT 1;\n")

    return put


def linked(name: str, to: str) -> Callable[[Path], None]:
    """Put a symbolic link there."""

    def put(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(to)

    return put


def piped(folder: Path) -> None:
    """A pipe where an archived file would be."""
    (folder / "migrations-archive").mkdir()
    os.mkfifo(folder / "migrations-archive" / "0001_users.sql")


def moved(folder: Path) -> None:
    """The chain is elsewhere, and a link leads there."""
    (folder / "migrations").rename(folder / "elsewhere")
    (folder / "migrations").symlink_to("elsewhere")


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (in_the_way("migrations-archive"), "migrations-archive is not a directory"),
        (
            in_the_way("migrations-archive/0002_roles.sql"),
            "migrations-archive/0002_roles.sql is there already",
        ),
        (
            in_the_way("migrations-archive/0003_ledger.sql"),
            "migrations-archive/0003_ledger.sql is there already",
        ),
        (in_the_way("migrations-archive/manifest.json"), "migrations-archive/manifest.json: not a manifest"),
        (
            in_the_way("migrations-fresh"),
            "cannot write migrations-fresh/0001_complete_schema.sql: Not a directory",
        ),
        (in_the_way(f"migrations/{BASELINE}"), "the name 0003_complete_schema.sql is taken"),
        (linked("migrations-archive", "migrations"), "migrations-archive is a symbolic link"),
        (
            linked("migrations-archive/0001_users.sql", "../migrations/0001_users.sql"),
            "0001_users.sql is not a regular",
        ),
        (linked("migrations-archive/0001_users.sql", "nowhere"), "0001_users.sql is not a regular file"),
        (linked("migrations-archive/manifest.json", "nowhere"), "migrations-archive/manifest.json"),
        (linked("migrations/0002_link.sql", "0001_users.sql"), "migrations/0002_link.sql was skipped"),
        (
            linked("migrations-fresh", "../.."),
            "cannot write migrations-fresh/0001_complete_schema.sql: a symbolic",
        ),
        (piped, "migrations-archive/0001_users.sql is not a regular file"),
        (moved, "migrations is a symbolic link"),
    ],
)
@pytest.mark.usefixtures("chain")
def test_what_is_in_the_way_is_refused(prepare: Callable[[Path], None], says: str, tmp_path: Path) -> None:
    """Before anything is touched, the error names it; it is there afterwards as it was before."""
    prepare(tmp_path)
    before = sorted(tmp_path.rglob("*")), files(tmp_path)
    with pytest.raises(SquasherError) as caught:
        archive()
    assert says in caught.value.message
    assert caught.value.hint is not None
    assert (sorted(tmp_path.rglob("*")), files(tmp_path)) == before


def files(folder: Path) -> dict[str, bytes]:
    """The regular files below a folder, links not followed."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("name", ["", "migrations"])
def test_a_directory_that_cannot_be_written(name: str, chain: Path, tmp_path: Path) -> None:
    """Without the permission nothing is begun: one directory can be written, and the other cannot."""
    for place in (*tmp_path.parents[:2], tmp_path, chain):
        place.chmod(place.stat().st_mode | 0o077)
    archive()  # nothing is left to import for whoever may read less
    command.undo(target())
    before = everything(tmp_path)
    (tmp_path / name).chmod(0o555)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setuid(NOBODY)
            archive()
        except InputError as error:
            code = 0 if error.message.endswith(": Permission denied") else 2
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    (tmp_path / name).chmod(0o755)
    assert (code, everything(tmp_path)) == (0, before)


@pytest.mark.parametrize(
    ("names", "to", "says"),
    [
        (["init.sql"], None, "migrations/init.sql has no number"),
        (["0001_a.sql", "0001_ledger.sql"], None, "migrations-archive/0001_ledger.sql would be two files"),
        (["0001_a.sql", "0001_b.sql"], "0001_a", "0001_complete_schema.sql would not come before 0001_b.sql"),
        (["0001_a.sql"], "0007", "no migration 0007"),
        (["0001_complete_schema.sql"], None, "the name 0001_complete_schema.sql is taken"),
    ],
)
def test_a_chain_that_cannot_be_cut_there(
    names: list[str], to: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no baseline can stand, the error says why, and what to choose."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {name: f"CREATE TABLE t{number} (a);\n" for number, name in enumerate(names)})
    before = everything(tmp_path)
    with pytest.raises(InputError) as caught:
        archive(to=to)
    assert says in caught.value.message
    assert caught.value.hint is not None
    assert everything(tmp_path) == before


def test_a_profile_without_a_ledger(chain: Path) -> None:
    """Nothing could tell which databases ran the absorbed migrations: the archive is refused."""
    for do in (command.archive, command.undo):
        with pytest.raises(InputError, match="profile sqlite knows no ledger"):
            do(target(chain, profile="sqlite"))


def test_a_tail_that_depends_on_what_is_gone(chain: Path, tmp_path: Path) -> None:
    """A migration that counts the ledger sees one more row after a baseline: nothing moves."""
    (chain / "0006_count.sql").write_text("CREATE TABLE c AS SELECT count(*) AS n FROM d1_migrations;\n")
    before = everything(tmp_path)
    with pytest.raises(UnprovedError, match="does not leave what the old one leaves") as caught:
        archive()
    assert caught.value.proof is not None
    assert caught.value.hint == "Nothing was written. Choose another migration with --to NNNN."
    assert everything(tmp_path) == before


def test_a_tail_that_does_not_run(chain: Path, tmp_path: Path) -> None:
    """A migration that fails after the baseline, and not after what it absorbed, is the reason."""
    (chain / "0006_count.sql").write_text(
        "CREATE TABLE c (n CHECK (n = 5));\nINSERT INTO c SELECT count(*) FROM d1_migrations;\n"
    )
    before = everything(tmp_path)
    with pytest.raises(UnprovedError, match=r"the new chain does not run: migrations/0006_count\.sql:2: "):
        archive()
    assert everything(tmp_path) == before


VOLATILE = {
    "0001_t.sql": (
        "CREATE TABLE t (id TEXT PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP, key TEXT);\n"
        "INSERT INTO t (id, key) VALUES ('a', lower(hex(randomblob(8)))), ('b', lower(hex(randomblob(8))));\n"
    ),
    "0002_u.sql": (
        "CREATE TABLE u (key TEXT UNIQUE, at TEXT);\nINSERT INTO u SELECT key, datetime('now') FROM t;\n"
    ),
    "0003_v.sql": (
        "CREATE TABLE v (key TEXT UNIQUE, day TEXT);\nINSERT INTO v SELECT key, date(at) FROM t;\n"
        "INSERT INTO v VALUES (hex(randomblob(8)), date('now'));\n"
    ),
}


@pytest.mark.parametrize("to", ["0001", "0002", "0003"])
def test_values_of_chance_and_of_the_clock(to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the cut is, every new database has values of its own, and a copied key is still the same."""
    monkeypatch.chdir(tmp_path)
    directory = write(tmp_path, VOLATILE)
    archive(to=to)
    assert squasher.check(directory).status == "equal"
    found = []
    for universe in (NOW, NOW._replace(clock=NOW.clock + 10**9, seed=8)):
        with replay(read_chain(directory), D1, universe) as done:
            query = "SELECT (SELECT group_concat(key) FROM {0}), (SELECT max(at) FROM t)"
            found.append([done.database.execute(query.format(table))[0] for table in ("t", "u")])
            joined = done.database.execute("SELECT count(*) FROM t JOIN u USING (key) JOIN v USING (key)")
            assert joined == [(2,)]
    for one, other in zip(*found, strict=True):
        assert one[1] != other[1]


def squash_cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the command line."""
    return subprocess.run(
        [sys.executable, "-m", "squasher", "archive", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.usefixtures("chain")
def test_what_is_printed() -> None:
    """The command says what it absorbed, kept, proved, moved and wrote, and what is next; undo as well."""
    done = squash_cli("--to", "0003", "--allow", "x", "--allow", "y")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "absorbed   3 migrations, 0001 to 0003, into migrations/0003_complete_schema.sql\n"
        "kept       2 migrations, 0004 to 0005\n"
        "proved     6 layers: objects, text, order, rows, bytecode, fixpoint\n"
        "moved      the absorbed files to migrations-archive/\n"
        "wrote      migrations-fresh/0001_complete_schema.sql\n"
        "next       run migrations-archive/0003_ledger.sql on every existing database"
        " before it sees the new chain:\n"
        "           npx wrangler d1 execute DB --remote --file migrations-archive/0003_ledger.sql\n"
        "           then deploy, or run `npx wrangler d1 migrations apply` as ever\n"
    )
    refused = squash_cli("--undo", "--to", "0003")
    assert (refused.returncode, refused.stdout) == (2, "")
    done = squash_cli("--undo")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "restored   3 migrations, 0001 to 0003, to migrations/\n"
        "removed    migrations/0003_complete_schema.sql and its transition\n"
        "wrote      migrations-fresh/0001_complete_schema.sql\n"
        "next       nothing: a database that records the baseline records the old names too\n"
    )
    done = squash_cli("--undo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: migrations-archive/manifest.json records no archive\n")


def test_the_next_command_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell takes the names in it, which a stranger may have written, for names and nothing else."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, name="my migrations")
    entry = {"binding": "DB", "database_name": "a; touch b", "migrations_dir": "my migrations"}
    Path("wrangler.json").write_text(json.dumps({"d1_databases": [entry]}), encoding="utf-8")
    done = squash_cli("--to", "0003")
    line = next(line for line in done.stdout.split("\n") if "npx wrangler d1 execute" in line)
    transition = "my migrations-archive/0003_ledger.sql"
    assert shlex.split(line)[3:] == ["execute", "a; touch b", "--remote", "--file", transition]
    assert "'a; touch b'" in line


@pytest.mark.usefixtures("chain")
def test_edited_files_are_printed(tmp_path: Path) -> None:
    """An archive that refuses shows which files are not as they were."""
    archive()
    (tmp_path / "migrations" / "0004_teams.sql").write_text("CREATE TABLE teams (a);\n")
    done = squash_cli("--to", "0005")
    assert (done.returncode, done.stdout) == (2, "")
    assert "  ~ file migrations/0004_teams.sql   was edited: " in done.stderr


@pytest.mark.usefixtures("chain")
def test_two_at_once(tmp_path: Path) -> None:
    """While one run is at work in a directory, another one is refused there, and touches nothing."""
    before = everything(tmp_path)
    with alone(target().migrations):
        for arguments in (["--to", "0002"], ["--undo"]):
            refused = squash_cli(*arguments)
            assert (refused.returncode, refused.stdout) == (2, "")
            assert refused.stderr.startswith("error: another run of squasher is at work in migrations/\n")
    assert everything(tmp_path) == before
    assert squash_cli("--to", "0002").returncode == 0


@pytest.mark.parametrize("step", ["make", "remove"])
@pytest.mark.usefixtures("chain")
def test_an_edit_meanwhile_is_kept(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an editor writes into a migration while it is archived is still there, and the error names it."""
    edited, text = tmp_path / "migrations" / "0002_roles.sql", b"CREATE TABLE other (a);\n"
    does = getattr(command, step)

    def late(*arguments: object) -> object:
        edited.write_bytes(text)
        return does(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(command, step, late)
        with pytest.raises(InputError, match=r"migrations/0002_roles\.sql was changed meanwhile"):
            archive()
    assert edited.read_bytes() == text
    begun = step == "remove"
    assert (tmp_path / "migrations-archive").exists() == begun
    if begun:
        with pytest.raises(TouchedError):
            archive()
        edited.write_bytes(CHAIN["0002_roles.sql"].encode())
        archive()
        assert check(target()).findings == ()


@pytest.mark.usefixtures("chain")
def test_the_same_bytes_everywhere(tmp_path: Path) -> None:
    """Two archives of one chain give the same files, in processes with other hash seeds."""
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        for arguments in (["--to", "0003"], ["--undo"]):
            subprocess.run(
                [sys.executable, "-m", "squasher", "archive", *arguments],
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            found.append(everything(tmp_path))
    assert found[0] == found[2]
    assert found[1] == found[3]
