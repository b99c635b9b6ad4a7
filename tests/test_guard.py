"""check guards an archive: what happened to its files, what to do about it, in every format."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Final

import pytest

import squasher
from squasher import run
from squasher.changes import Added, File, Modified, Removed
from squasher.commands import archive as command
from squasher.errors import InputError
from squasher.render import RENDERERS
from squasher.render.report import EDITED
from squasher.target import target
from tests.archives import BASELINE, CHAIN, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from squasher.comparison import Comparison

    Do = Callable[[Path], object]

FRESH: Final = "migrations-fresh/0001_complete_schema.sql"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chain of five migrations, of which three were absorbed."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    command.archive(target(), to="0003")
    return tmp_path


def edit(path: str, sql: str = "-- edited\n") -> Do:
    """Write something at the end of a file."""
    return lambda folder: (folder / path).write_text((folder / path).read_text() + sql)


def add(path: str, sql: str) -> Do:
    """Write a new file."""
    return lambda folder: (folder / path).write_text(sql)


def drop(path: str) -> Do:
    """Remove a file."""
    return lambda folder: (folder / path).unlink()


def back(name: str) -> Do:
    """Copy an absorbed file back, as a merge does."""
    return lambda folder: (folder / "migrations" / name).write_bytes(CHAIN[name].encode())


def said(checked: Comparison) -> list[tuple[str, str, str, str]]:
    """The findings about files: how, which, in which role, beside which."""
    found: list[tuple[str, str, str, str]] = []
    for finding in checked.findings:
        file = finding.change.latest
        if isinstance(file, File):
            found.append((type(finding.change).__name__, file.path, file.role, file.other))
    return found


def test_an_archive_that_was_left_alone(project: Path) -> None:
    """There is nothing to say of an archive as it was made, nor of a new migration with the next number."""
    add("migrations/0006_new.sql", "CREATE TABLE newest (a);\n")(project)
    squasher.squash("migrations")
    checked = squasher.check("migrations")
    assert (checked.status, checked.findings) == ("equal", ())


@pytest.mark.parametrize(("old", "new"), [(b"\n", b"\r\n"), (b"\r\n", b"\n")])
def test_line_ends_that_git_turns(old: bytes, new: bytes, tmp_path: Path) -> None:
    """With core.autocrlf a checkout has other line ends than there were: nobody edited that."""
    migrations = write(tmp_path, {name: sql.replace("\n", old.decode()) for name, sql in CHAIN.items()})
    command.archive(target(migrations), to="0003")
    for path in tmp_path.rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", new))
    checked = squasher.check(migrations)
    assert (checked.status, checked.findings) == ("equal", ())
    command.undo(target(migrations))
    assert sorted(path.name for path in migrations.iterdir()) == [*CHAIN]


NEW_TABLE: Final = "CREATE TABLE newest (a);\n"


@pytest.mark.parametrize(
    ("do", "finds"),
    [
        (
            back("0002_roles.sql"),
            ("Added", "migrations/0002_roles.sql", "returned", f"migrations/{BASELINE}"),
        ),
        (
            add("migrations/0002_roles.sql", NEW_TABLE),
            ("Added", "migrations/0002_roles.sql", "reused", f"migrations/{BASELINE}"),
        ),
        (
            edit("migrations-archive/0002_roles.sql"),
            ("Modified", "migrations-archive/0002_roles.sql", "absorbed", ""),
        ),
        (
            drop("migrations-archive/0002_roles.sql"),
            ("Removed", "migrations-archive/0002_roles.sql", "absorbed", ""),
        ),
        (
            edit("migrations-archive/0003_ledger.sql"),
            ("Modified", "migrations-archive/0003_ledger.sql", "transition", ""),
        ),
        (
            drop("migrations-archive/0003_ledger.sql"),
            ("Removed", "migrations-archive/0003_ledger.sql", "transition", ""),
        ),
        (edit("migrations/0004_teams.sql"), ("Modified", "migrations/0004_teams.sql", "released", "")),
        (edit(f"migrations/{BASELINE}"), ("Modified", f"migrations/{BASELINE}", "baseline", "")),
    ],
    ids=[
        "returned",
        "reused",
        "archived-edited",
        "archived-gone",
        "ledger-edited",
        "ledger-gone",
        "released-edited",
        "baseline-edited",
    ],
)
def test_what_happened_to_a_file(
    do: Do, finds: tuple[str, str, str, str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is the one finding; the schema is equal, and that is said; the exit code is 1."""
    do(project)
    checked = squasher.check("migrations")
    assert said(checked) == [finds]
    assert (checked.status, checked.proof.status, len(checked.findings)) == ("edited", "equal", 1)
    assert run.check() == 1
    out = capsys.readouterr().out
    head, *_, last = out.splitlines()
    assert head == f"{FRESH} is equivalent to migrations/ (0003 to 0005), and {EDITED}"
    assert f"file {finds[1]} " in out
    assert last == "1 file to put right."


@pytest.mark.parametrize(
    ("name", "role", "other"),
    [
        ("0002_other.sql", "twin", "migrations-archive/0002_roles.sql"),
        ("0003_other.sql", "twin", f"migrations/{BASELINE}"),
        ("3_other.sql", "twin", f"migrations/{BASELINE}"),
        ("0004_other.sql", "twin", "migrations/0004_teams.sql"),
        ("0000_other.sql", "early", f"migrations/{BASELINE}"),
    ],
)
def test_a_number_that_is_taken(name: str, role: str, other: str, project: Path) -> None:
    """A new migration has a number of its own behind the baseline: no absorbed one's, no released one's."""
    add(f"migrations/{name}", NEW_TABLE)(project)
    found = said(squasher.check("migrations"))
    kind, path, what, beside = found[0]
    assert (len(found), kind, path, what) == (1, "Added", f"migrations/{name}", role)
    assert beside in {other, "migrations-archive/0003_email.sql"}


def test_two_new_ones_of_a_number(project: Path) -> None:
    """Of two new migrations with one number the second is a finding; numbers that are not there are fine."""
    for name in ("0007_a.sql", "0007_b.sql", "0009_c.sql", "nameless.sql"):
        add(f"migrations/{name}", f"CREATE TABLE {name[:-4].replace('0', 't')} (a);\n")(project)
    assert said(squasher.check("migrations")) == [
        ("Added", "migrations/0007_b.sql", "twin", "migrations/0007_a.sql")
    ]


def test_released_twins_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of one number that were released before the archive cannot be renamed any more."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {**CHAIN, "0004_twin.sql": "CREATE TABLE twin (a);\n"})
    command.archive(target(), to="0003")
    assert squasher.check("migrations").status == "equal"


def test_a_second_archive_answers_for_the_first(project: Path) -> None:
    """What the first archive released and made is, once absorbed itself, looked for in the archive."""
    command.archive(target(), to="0004")
    assert squasher.check("migrations").status == "equal"
    edit(f"migrations-archive/{BASELINE}")(project)
    edit("migrations-archive/0004_teams.sql")(project)
    back("0004_teams.sql")(project)
    assert said(squasher.check("migrations")) == [
        ("Modified", "migrations-archive/0004_teams.sql", "absorbed", ""),
        ("Modified", f"migrations-archive/{BASELINE}", "absorbed", ""),
        ("Added", "migrations/0004_teams.sql", "returned", "migrations/0004_complete_schema.sql"),
    ]


def test_an_archive_that_is_gone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The baseline still records what it absorbed, so that a manifest that is nowhere is missed."""
    shutil.rmtree(project / "migrations-archive")
    checked = squasher.check("migrations")
    assert (checked.status, said(checked)) == (
        "edited",
        [("Removed", "migrations-archive/manifest.json", "manifest", f"migrations/{BASELINE}")],
    )
    assert run.check() == 1
    assert "is gone: get it back from version control" in capsys.readouterr().out


def test_an_older_manifest(project: Path) -> None:
    """A manifest that says nothing of the transition is read, and answers for the other files."""
    path = project / "migrations-archive" / "manifest.json"
    document = json.loads(path.read_text())
    del document["archives"][0]["transition"]
    path.write_text(json.dumps(document))
    drop("migrations-archive/0003_ledger.sql")(project)
    assert squasher.check("migrations").status == "equal"
    edit("migrations/0004_teams.sql")(project)
    assert len(squasher.check("migrations").findings) == 1


def test_a_transition_is_made_again(project: Path) -> None:
    """Where an archive was not finished, its transition is written anew, with what is new in the chain."""
    drop(f"migrations/{BASELINE}")(project)
    for name in [*CHAIN][:3]:
        back(name)(project)
    add("migrations/0006_new.sql", NEW_TABLE)(project)
    edit("migrations-archive/0003_ledger.sql")(project)
    assert command.archive(target()).resumed
    assert "0006_new.sql" in (project / "migrations-archive" / "0003_ledger.sql").read_text()
    assert squasher.check("migrations").status == "equal"


def test_a_returned_file_goes_again(project: Path) -> None:
    """As the finding says, `squasher archive` moves an absorbed file that a merge brought back."""
    back("0002_roles.sql")(project)
    assert command.archive(target()).resumed
    assert squasher.check("migrations").status == "equal"
    assert not (project / "migrations" / "0002_roles.sql").exists()


def test_a_schema_that_differs_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the schema differs as well the check says so, and shows both."""
    edit("migrations/0004_teams.sql", NEW_TABLE)(project)
    checked = squasher.check("migrations")
    assert checked.status == "different"
    assert [finding.change.owner[0] for finding in checked.findings] == ["table", "archive"]
    assert run.check() == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{FRESH} is not equivalent to migrations/ (0003 to 0005)\n\nnewest\n")
    assert "\n  ~ file migrations/0004_teams.sql   was edited: " in out


def test_a_chain_that_does_not_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the chain fails, the findings stand beside the error: they are most likely why."""
    drop(f"migrations/{BASELINE}")(project)
    checked = squasher.check("migrations")
    assert said(checked) == [("Removed", f"migrations/{BASELINE}", "baseline", "")]
    assert checked.status == "unknown"
    assert run.check() == 1
    out = capsys.readouterr().out
    assert "could not be compared" in out
    assert f"- file migrations/{BASELINE}   is gone: " in out
    assert "? migrations/0005_rename.sql:1: " in out or "? migrations/0004_teams.sql:1: " in out


def test_an_archive_that_is_not_finished(project: Path) -> None:
    """Between two steps of an archive the check names the files, and the command that finishes it."""
    drop(f"migrations/{BASELINE}")(project)
    for name in [*CHAIN][:3]:
        back(name)(project)
    said_so = RENDERERS["text"](squasher.check("migrations"))
    assert said_so.count("run squasher archive ") == 4
    assert command.archive(target()).resumed
    assert squasher.check("migrations").status == "equal"


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (back("0002_roles.sql"), "+ file migrations/0002_roles.sql   was absorbed by migrations/"),
        (add("migrations/0001_users.sql", NEW_TABLE), "+ file migrations/0001_users.sql   has the name of"),
        (drop(f"migrations/{BASELINE}"), f"- file migrations/{BASELINE}   is gone: "),
    ],
    ids=["returned", "reused", "baseline-gone"],
)
def test_squash_refuses_another_chain(
    do: Do, says: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not the chain of its manifest is named before it is run, and the fresh file stays."""
    before = (project / FRESH).read_bytes()
    do(project)
    assert run.squash() == 2
    said_so = capsys.readouterr()
    assert said_so.out == ""
    assert "squasher refuses" not in said_so.err
    assert said_so.err.startswith("error: files are not as the manifest of the archive says\nhelp: ")
    assert f"\n  {says}" in said_so.err
    assert (project / FRESH).read_bytes() == before


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (edit("migrations/0004_teams.sql"), "migrations/0004_teams.sql was edited: get it back"),
        (edit("migrations-archive/0002_roles.sql"), "migrations-archive/0002_roles.sql was edited: get"),
        (drop("migrations-archive/0003_ledger.sql"), "migrations-archive/0003_ledger.sql is gone: get"),
        (add("migrations/0002_x.sql", NEW_TABLE), "migrations/0002_x.sql has the number of migrations-arch"),
        (shutil.rmtree, "migrations-archive/manifest.json is gone: get it back from version control"),
    ],
    ids=["released-edited", "archived-edited", "ledger-gone", "twin", "manifest-gone"],
)
def test_squash_warns(do: Do, says: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever else is wrong with the files of an archive is told, a line each, and the file is written."""
    do(project / "migrations-archive" if do is shutil.rmtree else project)
    (project / FRESH).unlink()
    assert run.squash() == 0
    err = capsys.readouterr().err
    assert err.startswith(f"warning: {says}")
    assert err.count("\n") == err.count("warning: ") == 1
    assert (project / FRESH).exists()


@pytest.mark.parametrize("form", RENDERERS)
def test_every_format_says_it(form: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each format names the files and what to do, and does not say that the schema differs."""
    edit("migrations/0004_teams.sql")(project)
    drop("migrations-archive/0002_roles.sql")(project)
    back("0001_users.sql")(project)
    assert run.check(form=form) == 1
    out = capsys.readouterr().out
    for name in (
        "migrations/0004_teams.sql",
        "migrations-archive/0002_roles.sql",
        "migrations/0001_users.sql",
    ):
        assert name in out
    for what in ("was edited", "is gone", "was absorbed by"):
        assert what in out
    assert "not equivalent" not in out
    assert form == "github" or "equivalent" in out or '"edited"' in out


def test_json(project: Path) -> None:
    """For programs the result is `edited`, and each file an element with its sha256 on both sides."""
    edit("migrations/0004_teams.sql")(project)
    checked = squasher.check("migrations")
    document = json.loads(RENDERERS["json"](checked))
    assert document["result"] == "edited"
    (one,) = document["differences"]
    assert one["change"] == "different"
    assert one["element"] == {"kind": "file", "name": "migrations/0004_teams.sql"}
    assert one["object"] == {"kind": "archive", "name": "migrations-archive/manifest.json"}
    (change,) = (finding.change for finding in checked.findings)
    assert isinstance(change, Modified)
    assert isinstance(change.old, File)
    assert isinstance(change.new, File)
    assert (one["expected"], one["actual"]) == (change.old.digest, change.new.digest)


def test_github(project: Path) -> None:
    """The log of a workflow gets an error, and no notice that all is well; on the file, if it is there."""
    drop("migrations-archive/0002_roles.sql")(project)
    edit("migrations/0004_teams.sql")(project)
    assert RENDERERS["github"](squasher.check("migrations")) == (
        "::error file=migrations/0004_teams.sql,title=migrations-archive/manifest.json::different file"
        " migrations/0004_teams.sql: was edited: get it back from version control, and write what is new as"
        " a migration of its own\n"
        "::error title=migrations-archive/manifest.json::missing file migrations-archive/0002_roles.sql:"
        " is gone: get it back from version control\n"
    )


def test_a_broken_manifest(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest that cannot be read is an error, with exit code 2: nothing is claimed."""
    add("migrations-archive/manifest.json", '{"version": 2}')(project)
    with pytest.raises(InputError, match="version 2 of a manifest"):
        squasher.check("migrations")
    assert run.check() == 2
    assert capsys.readouterr().out == ""


def test_hostile_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's name is shown in every format and acts in none: no command, no terminal code."""
    monkeypatch.chdir(tmp_path)
    name = "0001_\x1b[31m::error::x<b>|`.sql"
    write(tmp_path, {name: "CREATE TABLE t (a);\n", "0002_b.sql": "CREATE TABLE u (a);\n"})
    command.archive(target(), to="0001")
    (tmp_path / "migrations-archive" / name).unlink()
    for form, render in RENDERERS.items():
        out = render(squasher.check("migrations"))
        assert "\x1b" not in out, form
        assert form != "html" or "<b>" not in out
        assert form == "github" or not any(line.startswith("::") for line in out.splitlines())


def test_changes_are_reversible() -> None:
    """A finding about a file turns around as every change does."""
    file = File("migrations/0001_a.sql", "released", "00")
    owner = "archive", "manifest.json"
    assert Added(owner, file).reverse() == Removed(owner, file)
    assert Modified(owner, file, file._replace(digest="01"), ("digest",)).reverse().old == file._replace(
        digest="01"
    )
