"""git itself with the configuration of docs/git.md: what people see of the fresh file and of databases."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.repositories import Repository, isolate

if TYPE_CHECKING:
    from pathlib import Path

PLANS = "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
ROWS = "INSERT INTO plans (id, name) VALUES (1, 'free'), (2, 'pro');"


def blocks(page: Path, language: str) -> list[str]:
    """The code of a page in a language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.fixture
def work(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository that is set up as docs/git.md says, line by line."""
    isolate(monkeypatch)
    command = tmp_path / "bin" / "squasher"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m squasher "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(repository))
    made = Repository.new(tmp_path / "work")
    page = repository / "docs" / "git.md"
    attributes = blocks(page, "gitattributes")
    settings = [
        line for block in blocks(page, "sh") for line in block.splitlines() if line.startswith("git config")
    ]
    assert (len(attributes), len(settings)) == (2, 4)
    for line in settings:
        subprocess.run(["/bin/sh", "-c", line], cwd=made.root, check=True)
    made.commit({".gitattributes": "".join(attributes)}, "set up")
    return made


def change(path: Path, *statements: str) -> None:
    """Run statements on a database file."""
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.executescript(statement)
        database.commit()


def changed(diff: str) -> list[str]:
    """The lines that a diff removes and adds."""
    return [line for line in diff.splitlines() if re.match(r"[-+](?![-+]{2} )", line)]


def test_the_hunks_of_the_fresh_file_name_the_table(work: Repository) -> None:
    """Far below the head of a table, the hunk still says which one it is."""
    columns = [f"    column_{number} TEXT,\n" for number in range(20)]
    text = "CREATE TABLE first (\n    id TEXT\n);\nCREATE TABLE users (\n{}    last TEXT\n);\n"
    work.commit({"fresh.sql": text.format("".join(columns))})
    columns.insert(15, "    email TEXT,\n")
    work.write({"fresh.sql": text.format("".join(columns))})
    diff = work.git("diff")
    assert re.search(r"^@@ .* @@ CREATE TABLE users \($", diff, re.MULTILINE)
    assert changed(diff) == ["+    email TEXT,"]


@pytest.mark.parametrize("name", ["app.sqlite", "app.sqlite3", "app.db", "with space.db"])
def test_what_changed_in_a_database(work: Repository, name: str) -> None:
    """A new column and a changed row are lines, in the work tree and in every commit."""
    path = work.root / name
    change(path, PLANS, ROWS)
    work.commit({}, "add plans")
    change(path, "ALTER TABLE plans ADD COLUMN price_cents INTEGER NOT NULL DEFAULT 0;")
    change(path, "UPDATE plans SET name = 'team', price_cents = 900 WHERE id = 2")
    expected = [
        "-    name TEXT NOT NULL",
        "+    name TEXT NOT NULL,",
        "+    price_cents INTEGER NOT NULL DEFAULT 0",
        "-INSERT INTO plans (id, name) VALUES",
        "-    (1, 'free'),",
        "-    (2, 'pro');",
        "+INSERT INTO plans (id, name, price_cents) VALUES",
        "+    (1, 'free', 0),",
        "+    (2, 'team', 900);",
    ]
    assert changed(work.git("diff")) == expected
    work.commit({}, "price the plans")
    assert changed(work.git("show")) == expected
    assert changed(work.git("show")) == expected  # from the cache, too
    log = work.git("log", "-p", "--", name)
    assert changed(log)[: len(expected)] == expected
    assert "+    (2, 'pro');" in log
    assert "refs/notes/textconv/squasher" in work.git("for-each-ref")


def test_a_changed_row_names_its_table(work: Repository) -> None:
    """One changed row among many is one line out and one in, under the head of its INSERT."""
    path = work.root / "app.db"
    change(path, PLANS, *(f"INSERT INTO plans (name) VALUES ('plan {number}');" for number in range(50)))
    work.commit({})
    change(path, "UPDATE plans SET name = 'other' WHERE id = 30")
    diff = work.git("diff")
    assert changed(diff) == ["-    (30, 'plan 29'),", "+    (30, 'other'),"]
    assert re.search(r"^@@ .* @@ INSERT INTO plans \(id, name\) VALUES$", diff, re.MULTILINE)


def test_a_database_that_means_the_same(work: Repository) -> None:
    """Other bytes with the same content are no difference to read."""
    path = work.root / "app.db"
    change(path, PLANS, ROWS)
    work.commit({})
    change(path, "PRAGMA page_size = 512; VACUUM;")
    assert "app.db" in work.git("status", "--porcelain")
    assert changed(work.git("diff")) == []


def test_databases_that_come_and_go(work: Repository) -> None:
    """Of an added database every line is new, of a deleted one every line is gone."""
    path = work.root / "app.db"
    change(path, PLANS, ROWS)
    work.commit({}, "add it")
    lines = [
        *("CREATE TABLE plans (", "    id INTEGER PRIMARY KEY,", "    name TEXT NOT NULL", ");"),
        *("", "INSERT INTO plans (id, name) VALUES", "    (1, 'free'),", "    (2, 'pro');"),
    ]
    assert changed(work.git("show")) == [f"+{line}" for line in lines]
    path.unlink()
    assert changed(work.git("diff")) == [f"-{line}" for line in lines]
    work.commit({}, "remove it")
    assert changed(work.git("show")) == [f"-{line}" for line in lines]


def test_a_database_in_wal_mode(work: Repository) -> None:
    """A commit of it is read without a log; in the work tree, the log that is open belongs to it."""
    path = work.root / "app.db"
    (work.root / ".git" / "info" / "exclude").write_text("*-wal\n*-shm\n")
    change(path, "PRAGMA journal_mode = wal;", PLANS, ROWS)
    assert path.read_bytes()[18:20] == b"\2\2"
    work.commit({}, "in WAL mode")
    assert "+    (2, 'pro');" in changed(work.git("show"))
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM plans WHERE id = 1")
        database.commit()
        # git looks at the file itself to see whether it changed, so it has to have a change of its own
        database.execute("PRAGMA wal_checkpoint(FULL)")
        database.execute("UPDATE plans SET name = 'team'")
        database.commit()
        diff = work.git("diff")
        assert changed(diff) == ["-    (1, 'free'),", "-    (2, 'pro');", "+    (2, 'team');"]
    assert [entry.name for entry in work.root.iterdir() if "app.db" in entry.name] == ["app.db"]


def test_revisions_as_the_page_shows_them(work: Repository, repository: Path) -> None:
    """Its other lines work too, in a repository that has such files."""
    (work.root / "seed").mkdir()
    change(work.root / "seed" / "app.sqlite", PLANS, ROWS)
    work.commit({"migrations/0001_a.sql": "CREATE TABLE a (id);"})
    for number in range(3):
        work.commit({f"file_{number}": ""})
    work.git("tag", "v1.2")
    page = repository / "docs" / "git.md"
    shown = [line for block in blocks(page, "sh") for line in block.splitlines() if "show git:" in line]
    assert len(shown) == 3
    for line in shown:
        done = subprocess.run(
            ["/bin/sh", "-c", line], cwd=work.root, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("CREATE TABLE ")
