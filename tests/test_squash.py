"""squash: what is written, when, and what is left alone."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import squasher
from squasher.commands import squash as command
from squasher.commands.check import check
from squasher.commands.history import history
from squasher.commands.squash import UnprovedError
from squasher.errors import InputError, ReplayError
from squasher.profiles import PROFILES
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.target import Target

ROOT = Path(__file__).parent.parent
CLEARLIFT = ROOT / "migrations"
OLD = b"-- what was here before\n"


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """A chain of two migrations."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    (directory / "0001_users.sql").write_text(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n", encoding="utf-8"
    )
    (directory / "0002_roles.sql").write_text(
        "CREATE TABLE roles (name TEXT);\nINSERT INTO roles VALUES ('admin');\n", encoding="utf-8"
    )
    return directory


def fresh_of(chain: Path) -> Path:
    """Where the fresh file of a chain is by default."""
    return chain.parent / "migrations-fresh" / "0001_complete_schema.sql"


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_missing_directory_is_made(chain: Path) -> None:
    """The fresh file is written beside the chain, and nothing else is."""
    result = squasher.squash(chain)
    assert result.written
    assert everything(chain.parent / "migrations-fresh") == {"0001_complete_schema.sql": result.text.encode()}


def test_missing_parents_are_made(chain: Path, tmp_path: Path) -> None:
    """A fresh file may be asked for several new directories deep."""
    fresh = tmp_path / "a" / "b" / "c.sql"
    assert squasher.squash(chain, fresh).written
    assert everything(tmp_path / "a") == {"b/c.sql": fresh.read_bytes()}


def test_the_file_has_unix_line_ends_and_one_at_its_end(chain: Path) -> None:
    """The bytes on disk are the text in UTF-8, with LF, on every platform."""
    text = squasher.squash(chain).text
    data = fresh_of(chain).read_bytes()
    assert data == text.encode()
    assert b"\r" not in data
    assert data.endswith(b";\n")
    assert not data.endswith(b"\n\n")


def test_an_unchanged_file_is_not_written_again(chain: Path) -> None:
    """The file keeps its time of change when it holds the bytes already."""
    squasher.squash(chain)
    fresh = fresh_of(chain)
    os.utime(fresh, ns=(1_000_000_000, 1_000_000_000))
    node = fresh.stat().st_ino
    again = squasher.squash(chain)
    assert again.written is False
    assert (fresh.stat().st_mtime_ns, fresh.stat().st_ino) == (1_000_000_000, node)


def test_a_changed_file_is_replaced(chain: Path) -> None:
    """Whatever stood there gives way to the proved text."""
    fresh = fresh_of(chain)
    fresh.parent.mkdir()
    fresh.write_bytes(OLD)
    result = squasher.squash(chain)
    assert result.written
    assert everything(fresh.parent) == {fresh.name: result.text.encode()}


def test_nothing_is_written_when_not_asked(chain: Path) -> None:
    """With write=False the text comes back and the disk stays as it is."""
    before = everything(chain.parent)
    result = squasher.squash(chain, write=False)
    assert result.written is False
    assert "CREATE TABLE roles" in result.text
    assert everything(chain.parent) == before
    assert not fresh_of(chain).parent.exists()


@pytest.mark.parametrize("to", ["0001", "1", "0001_users", "0001_users.sql"])
def test_to_stops_after_a_migration(chain: Path, to: str) -> None:
    """The file is that of the chain up to and including the named migration."""
    result = squasher.squash(chain, to=to)
    assert [migration.name for migration in result.chain.migrations] == ["0001_users.sql"]
    assert "roles" not in result.text
    assert "('0001_users.sql');" in result.text
    assert result.text.startswith("-- The complete schema of migration 0001_users.\n")


def test_to_an_unknown_migration_is_an_error(chain: Path) -> None:
    """The error says which numbers there are, and the old file stays."""
    squasher.squash(chain)
    before = everything(chain.parent)
    with pytest.raises(InputError, match=r"no migration 0007 in .*migrations/") as caught:
        squasher.squash(chain, to="0007")
    assert caught.value.hint == "Choose a number from 0001 to 0002."
    assert everything(chain.parent) == before


def test_a_failing_chain_leaves_the_old_file(chain: Path) -> None:
    """A statement that does not run stops everything before the first byte is written."""
    squasher.squash(chain)
    (chain / "0003_broken.sql").write_text("CREATE TABLE more (a);\nDROP TABLE nowhere;\n", encoding="utf-8")
    before = everything(chain.parent)
    with pytest.raises(ReplayError, match=r"0003_broken\.sql:2: no such table: nowhere"):
        squasher.squash(chain)
    assert everything(chain.parent) == before


def test_a_target_that_is_a_directory_is_an_error(chain: Path) -> None:
    """The directory and what is in it stay, and no temporary file is left."""
    fresh_of(chain).mkdir(parents=True)
    (fresh_of(chain) / "kept").write_bytes(OLD)
    before = everything(chain.parent)
    with pytest.raises(InputError, match=r"cannot write .*0001_complete_schema\.sql: Is a directory"):
        squasher.squash(chain)
    assert everything(chain.parent) == before


def test_a_target_below_a_file_is_an_error(chain: Path, tmp_path: Path) -> None:
    """A path that leads through a file cannot be made, and the file stays."""
    (tmp_path / "file").write_bytes(OLD)
    before = everything(tmp_path)
    with pytest.raises(InputError, match=r"cannot write .*file/fresh\.sql: (Not a directory|File exists)"):
        squasher.squash(chain, tmp_path / "file" / "fresh.sql")
    assert everything(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_directory_is_an_error(chain: Path) -> None:
    """Without permission the old file stays."""
    fresh = fresh_of(chain)
    fresh.parent.mkdir()
    fresh.write_bytes(OLD)
    fresh.parent.chmod(0o500)
    try:
        with pytest.raises(InputError, match=r"cannot write .*: Permission denied"):
            squasher.squash(chain)
        assert everything(fresh.parent) == {fresh.name: OLD}
    finally:
        fresh.parent.chmod(0o700)


def test_a_symbolic_link_is_followed(chain: Path, tmp_path: Path) -> None:
    """The file that the link names is replaced, and the link stays one."""
    real = tmp_path / "elsewhere" / "schema.sql"
    real.parent.mkdir()
    real.write_bytes(OLD)
    fresh = fresh_of(chain)
    fresh.parent.mkdir()
    fresh.symlink_to(real)
    result = squasher.squash(chain)
    assert fresh.is_symlink()
    assert everything(real.parent) == {"schema.sql": result.text.encode()}


def test_a_link_to_nothing_is_followed(chain: Path, tmp_path: Path) -> None:
    """A dangling link gets the file that it names."""
    fresh = fresh_of(chain)
    fresh.parent.mkdir()
    fresh.symlink_to(tmp_path / "later.sql")
    result = squasher.squash(chain)
    assert fresh.is_symlink()
    assert (tmp_path / "later.sql").read_bytes() == result.text.encode()


@pytest.mark.parametrize("linked", ["file", "directory"])
@pytest.mark.parametrize("old", [OLD, None], ids=["there", "not-there"])
def test_a_link_out_of_the_project_is_not_followed(linked: str, old: bytes | None, tmp_path: Path) -> None:
    """A repository may hold links to anywhere: what lies outside of it is not written through them."""
    project, home = tmp_path / "project", tmp_path / "home"
    (project / "migrations").mkdir(parents=True)
    home.mkdir()
    (project / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (a);\n", encoding="utf-8")
    fresh = fresh_of(project / "migrations")
    if linked == "file":
        fresh.parent.mkdir()
        fresh.symlink_to(home / fresh.name)
    else:
        fresh.parent.symlink_to(home)
    if old is not None:
        (home / fresh.name).write_bytes(old)
    before = everything(home)
    with pytest.raises(InputError, match="a symbolic link leads out of here, to ") as caught:
        squasher.squash(project / "migrations")
    assert "--fresh FILE" in str(caught.value.hint)
    assert everything(home) == before
    assert squasher.squash(project / "migrations", home / fresh.name).written


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Fault(NamedTuple):
    """What happens while a file is written, and the error that a caller sees."""

    act: Callable[..., None]
    error: type[BaseException]
    message: str


INTERRUPTED = Fault(_interrupt, KeyboardInterrupt, "^$")
FULL = Fault(_full, InputError, "cannot write .*: No space left on device")


@pytest.mark.parametrize("at", ["fsync", "replace"])
@pytest.mark.parametrize("fault", [INTERRUPTED, FULL], ids=["interrupted", "disk-full"])
@pytest.mark.parametrize("old", [OLD, None], ids=["over-an-old-file", "new"])
def test_a_write_that_does_not_end_leaves_the_old_file(
    at: str, fault: Fault, old: bytes | None, chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader finds the old file whole, or none, and no temporary file beside it."""
    fresh = fresh_of(chain)
    fresh.parent.mkdir()
    if old is not None:
        fresh.write_bytes(old)
    before = everything(chain.parent)
    with monkeypatch.context() as patch:
        patch.setattr(os, at, fault.act)
        with pytest.raises(fault.error, match=fault.message):
            squasher.squash(chain)
    assert everything(chain.parent) == before
    assert squasher.squash(chain).written


@pytest.mark.parametrize(
    ("lost", "kept", "named"),
    [
        ("INSERT INTO roles (name) VALUES\n    ('admin');", "", "roles"),
        ("CREATE TABLE users (\n    id INTEGER PRIMARY KEY,\n    name TEXT\n);", "", "users"),
        (" PRIMARY KEY,\n    name", ",\n    name", "users"),
    ],
)
def test_a_text_that_is_not_equal_is_not_written(
    lost: str, kept: str, named: str, chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If emission lost something, the proof says so and the old file stays."""
    fresh = fresh_of(chain)
    fresh.parent.mkdir()
    fresh.write_bytes(OLD)
    whole = command.text_of
    lossy_texts: list[int] = []

    def lossy(*args: object) -> str:
        text = whole(*args)  # type: ignore[arg-type]
        lossy_texts.append(text.count(lost))
        return text.replace(lost, kept)

    monkeypatch.setattr(command, "text_of", lossy)
    with pytest.raises(UnprovedError, match="is not equal to the chain") as caught:
        squasher.squash(chain)
    assert caught.value.proof is not None
    assert lossy_texts[0] == 1
    assert {change.owner[1] for change in caught.value.proof.changes} == {named}
    assert "Nothing was written" in str(caught.value.hint)
    assert everything(fresh.parent) == {fresh.name: OLD}


def test_a_text_that_does_not_load_is_not_written(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of emission that SQLite refuses is told with SQLite's reason."""
    whole = command.text_of
    monkeypatch.setattr(command, "text_of", lambda *args: whole(*args) + "CREATE TABEL x;\n")
    with pytest.raises(UnprovedError, match=r'does not load: .*near "TABEL": syntax error'):
        squasher.squash(chain)
    assert not fresh_of(chain).parent.exists()


def test_a_text_that_changes_when_written_again_is_not_written(
    chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixpoint layer: what was loaded must give the same bytes."""
    whole = command.text_of
    calls: list[str] = []

    def restless(*args: object) -> str:
        text = whole(*args)  # type: ignore[arg-type]
        calls.append(text)
        return text + f"-- {len(calls)}\n"

    monkeypatch.setattr(command, "text_of", restless)
    with pytest.raises(UnprovedError, match="could not be proved equal") as caught:
        squasher.squash(chain)
    assert caught.value.proof is not None
    (reason,) = caught.value.proof.reasons
    assert reason.startswith("loading the file and writing it again gives another text")
    assert not fresh_of(chain).parent.exists()


def test_every_prefix_of_a_chain_can_be_squashed(tmp_path: Path) -> None:
    """Each state that the ClearLift chain goes through is proved, not only the last."""
    names = sorted(path.name for path in CLEARLIFT.iterdir())
    for name in names[::8]:
        result = squasher.squash(CLEARLIFT, tmp_path / "fresh.sql", to=name)
        assert result.proof.status == "equal"
        assert f"('{name}');" in result.text


def test_the_library_prints_nothing(chain: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Calling squash from a program leaves the terminal alone, warnings included."""
    (chain / "0003_when.sql").write_text(
        "CREATE TABLE w (a, b); INSERT INTO w (a) VALUES (1); UPDATE w SET b = a || datetime('now');",
        encoding="utf-8",
    )
    assert len(squasher.squash(chain).warnings) == 1
    assert capfd.readouterr() == ("", "")


def test_a_file_that_stops_early_says_so(chain: Path) -> None:
    """Squashing a part of the chain warns that later migrations are missing; the whole chain does not."""
    assert squasher.squash(chain, to="0001", write=False).warnings == (
        "the file stops at 0001: 1 later migration is not in it",
    )
    assert squasher.squash(chain, write=False).warnings == ()


DRIZZLE = {
    "20240101120000_brave_hulk/migration.sql": (
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n--> statement-breakpoint\n"
        "INSERT INTO users (name) VALUES ('ada');\n"
    ),
    "20240102130000_it's/migration.sql": "ALTER TABLE users ADD COLUMN email TEXT;\n",
}


@pytest.fixture
def drizzle(tmp_path: Path) -> Target:
    """A target whose migrations have a directory each, with drizzle's other files beside them."""
    for name, sql in DRIZZLE.items():
        folder = (tmp_path / "migrations" / name).parent
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(sql, encoding="utf-8")
        (folder / "snapshot.json").write_text("{}", encoding="utf-8")
    return of(PROFILES["d1"], tmp_path / "migrations")._replace(pattern="*/migration.sql")


def test_nested_migrations(drizzle: Target) -> None:
    """Header and comments call a migration by its directory, and the ledger records what wrangler does."""
    result = command.squash(drizzle)
    assert result.proof.status == "equal"
    lines = result.text.splitlines()
    assert lines[0] == (
        "-- The complete schema of 2 migrations, 20240101120000_brave_hulk to 20240102130000_it's."
    )
    assert "-- users · made by 20240101120000, changed by 20240102130000" in lines
    assert "-- users · 1 row from 20240101120000" in lines
    ledger = lines[lines.index("INSERT OR IGNORE INTO d1_migrations (name) VALUES") + 1 :]
    assert ledger == [
        "    ('20240101120000_brave_hulk/migration.sql'),",
        "    ('20240102130000_it''s/migration.sql');",
    ]
    checked = check(drizzle)
    assert (checked.proof.status, checked.exact) == ("equal", True)
    assert checked.old.span == "20240101120000 to 20240102130000"
    for what in ("20240102130000", "20240102130000_it's", "20240102130000_it's/migration.sql"):
        (episode,) = history(drizzle, what).episodes
        assert episode.migration.name == "20240102130000_it's/migration.sql"
    cut = command.squash(drizzle, to="20240101120000_brave_hulk", write=False)
    assert cut.warnings == ("the file stops at 20240101120000: 1 later migration is not in it",)


def test_an_error_in_a_nested_migration(drizzle: Target) -> None:
    """The message has the path from the current directory, and the numbers of what ran before."""
    last = drizzle.migrations / "20240103000000_z" / "migration.sql"
    last.parent.mkdir()
    last.write_text("\nDROP TABLE absent;\n", encoding="utf-8")
    with pytest.raises(ReplayError, match="no such table: absent") as caught:
        command.squash(drizzle)
    assert caught.value.message.startswith(f"{last.as_posix()}:2: ")
    assert "20240101120000 to 20240102130000 had been applied before it" in caught.value.diagnostics()
