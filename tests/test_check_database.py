"""``squasher check SOURCE``: whether a live database is what its own ledger says that it has applied."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from squasher.changes import LedgerEntry
from squasher.commands.archive import archive
from squasher.commands.build import build
from squasher.commands.check import check_database
from squasher.commands.drift import drift
from squasher.d1state import Reach
from squasher.errors import InputError
from squasher.render import RENDERERS
from squasher.target import target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from squasher.comparison import Comparison

FILES = {
    "0001_users.sql": (
        "CREATE TABLE users (\n    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),\n"
        "    email TEXT NOT NULL UNIQUE,\n    created_at TEXT DEFAULT CURRENT_TIMESTAMP\n);\n"
        "INSERT INTO users (email) VALUES ('admin@example.org');\n"
    ),
    "0002_plans.sql": (
        "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT, price INTEGER);\n"
        "INSERT INTO plans VALUES (1, 'free', 0), (2, 'team', 20), (3, 'all', 50);\n"
    ),
    "0003_index.sql": "CREATE INDEX plans_by_price ON plans (price);\n",
}


@pytest.fixture
def live(tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]) -> Callable[..., Path]:
    """A database that ran the chain up to a migration, and then some SQL of its users."""
    chain = target(write_chain(FILES))

    def make(script: str = "", to: str | None = None) -> Path:
        path = tmp_path / "app.sqlite"
        build(chain, path, to=to, force=True)
        with closing(sqlite3.connect(path)) as file:
            file.executescript(script)
        return path

    return make


def look(path: Path, *, to: str | None = None, rows: bool = False) -> Comparison:
    """The check of a database beside the chain."""
    chain = target(path.parent / "migrations")
    return check_database(str(path), chain, Reach(), to=to, rows=rows)


def said(found: Comparison) -> list[str]:
    """The differences as the text says them, without the name of their object."""
    lines = RENDERERS["text"](found).splitlines()
    return [line.strip() for line in lines if line.startswith("  ")]


@pytest.mark.parametrize("rows", [False, True], ids=["schema", "rows"])
def test_a_database_in_use(live: Callable[..., Path], *, rows: bool) -> None:
    """Rows of users, ids and times of its own, and comments that are gone are no drift."""
    path = live(
        "UPDATE users SET id = '00112233445566778899aabbccddeeff', created_at = '2025-01-31 08:15:00';"
        "INSERT INTO users (email) VALUES ('a@example.org'), ('b@example.org');"
        "INSERT INTO plans VALUES (4, 'own', 5);"
    )
    found = look(path, rows=rows)
    assert (found.proof.status, found.findings, found.pending) == ("equal", (), ())
    assert RENDERERS["text"](found) == (
        f"{path.as_posix()} is equivalent to {path.parent.as_posix()}/migrations/ (0001 to 0003)\n"
    )


def test_what_is_pending(live: Callable[..., Path]) -> None:
    """A database is held to what it has applied; the migrations behind that are told, and are no drift."""
    found = look(live(to="0001"), rows=True)
    assert (found.proof.status, found.pending) == ("equal", ("0002", "0003"))
    first, last = RENDERERS["text"](found).splitlines()
    assert first == "2 migrations are pending: 0002, 0003"
    assert last.endswith("is equivalent to " + str(Path(found.old.name)) + "/ (0001)")


def test_to(live: Callable[..., Path]) -> None:
    """--to compares with that migration, whatever the ledger says."""
    found = look(live(to="0002"), to="0003")
    assert said(found) == ["- index plans_by_price   missing (made by 0003_index.sql:1)"]
    assert found.pending == ()
    assert look(live(to="0003"), to="2").proof.status == "different"
    with pytest.raises(InputError, match="no migration 9"):
        look(live(), to="9")


def test_the_schema(live: Callable[..., Path]) -> None:
    """What is missing, changed or made by nobody is drift, with the line that should have made it."""
    found = look(
        live("DROP INDEX plans_by_price; ALTER TABLE users ADD COLUMN note TEXT; CREATE VIEW v AS SELECT 1;")
    )
    assert found.proof.status == "different"
    assert said(found) == [
        "- index plans_by_price   missing (made by 0003_index.sql:1)",
        "+ column note TEXT   no migration makes it",
        "+ view   no migration makes it",
    ]
    last = RENDERERS["text"](found).splitlines()[-1]
    assert last.startswith("3 differences in 3 objects. Mend the database with a migration")
    assert "squasher squash" not in last


def test_the_rows(live: Callable[..., Path]) -> None:
    """With --rows, those that the chain leaves must be there, as they are; without, no row is read."""
    path = live("DELETE FROM plans WHERE id = 3; UPDATE plans SET price = 25 WHERE id = 2;")
    assert look(path).proof.status == "equal"
    assert said(look(path, rows=True)) == [
        "~ cell price   25, should be 20 in the row with id 2 (made by 0002_plans.sql:2)",
        "- 1 row        missing (from 0002_plans.sql:2)",
        "(3, 'all', 50)",
    ]


def test_a_volatile_row(live: Callable[..., Path]) -> None:
    """A row whose key is made by chance is found by its other values; a value of another form is another."""
    assert said(look(live("DELETE FROM users;"), rows=True)) == [
        "- 1 row   missing (from 0001_users.sql:6)",
        "(…, 'admin@example.org', …)",
    ]
    (line,) = said(look(live("UPDATE users SET created_at = 'never';"), rows=True))
    assert line.startswith("~ cell created_at   'never', should be … in the row with")


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        (
            "DELETE FROM d1_migrations WHERE name = '0002_plans.sql'",
            ["- migration 0002_plans.sql   not recorded as applied: wrangler would run it now"],
        ),
        (
            "INSERT INTO d1_migrations (name) VALUES ('0009_gone.sql')",
            ["+ migration 0009_gone.sql   recorded as applied, and not there"],
        ),
        (
            "DELETE FROM d1_migrations WHERE name < '0003'",
            ["- 2 migrations   not recorded as applied: wrangler would run them now"],
        ),
        ("INSERT INTO d1_migrations (name) VALUES ('0001_complete_schema.sql')", []),
    ],
    ids=["gap", "unknown", "two-gaps", "the-fresh-file"],
)
def test_the_ledger(live: Callable[..., Path], script: str, lines: list[str]) -> None:
    """What it does not record before its last migration, and what nobody knows, are findings."""
    found = look(live(script))
    assert said(found) == lines
    assert found.proof.status == ("different" if lines else "equal")


def test_another_order(live: Callable[..., Path]) -> None:
    """Migrations that ran in another order than the chain's are told; the schema says whether it matters."""
    found = look(live("UPDATE d1_migrations SET id = 9 WHERE name = '0001_users.sql'"))
    assert found.proof.status == "equal"
    (warning,) = found.warnings
    assert "it ran 0001_users.sql after 0003_index.sql" in warning


def test_ignored_tables(live: Callable[..., Path]) -> None:
    """What the settings ignore is no drift of a live database either."""
    path = live("CREATE TABLE cache_a (a); CREATE INDEX cached ON cache_a (a); DROP TABLE plans;")
    chain = target(path.parent / "migrations")._replace(ignored=("cache_*", "plans"))
    for rows in (False, True):
        found = check_database(str(path), chain, Reach(), rows=rows)
        assert (found.proof.status, found.findings) == ("equal", ())
    (group,) = drift([str(path)], chain).groups
    assert group.compared.proof.status == "equal"


def test_after_an_archive(live: Callable[..., Path], tmp_path: Path) -> None:
    """What a baseline absorbed is known; a database that does not record the baseline would run it again."""
    path, behind = live(), tmp_path / "behind.sqlite"
    shutil.copy(path, tmp_path / "old.sqlite")
    shutil.copy(live(to="0001"), behind)
    shutil.move(tmp_path / "old.sqlite", path)
    made = archive(target(tmp_path / "migrations"), to="0002")
    baseline = Path(made.baseline).name
    unstamped = look(path)
    place = tmp_path / "migrations-archive"
    transition = (place / "0002_ledger.sql").as_posix()
    stamp = LedgerEntry(baseline, "baseline", transition)
    assert [one.change.element for one in unstamped.findings] == [stamp]
    said = RENDERERS["text"](unstamped)
    assert f"npx wrangler d1 execute NAME --remote|--local --file {transition}\n" in said
    assert said.endswith(" Run the ledger transition before wrangler applies anything.\n")
    assert unstamped.proof.status == "different"
    late = look(behind)
    archived = (place / "0002_plans.sql").as_posix()
    assert [one.change.element for one in late.findings if one.change.owner[0] == "ledger"] == [
        stamp,
        LedgerEntry("0002_plans.sql", "absorbed", archived),
    ]
    said = RENDERERS["text"](late)
    assert f"it is {archived} now, where wrangler does not find it\n" in said
    assert "Run what it missed first: `squasher archive --undo`, " in said.splitlines()[-1]
    (group,) = drift([str(behind)], target(tmp_path / "migrations")).groups
    assert [one.change.element for one in group.compared.findings][:2] == [
        one.change.element for one in late.findings
    ][:2]
    with closing(sqlite3.connect(path)) as file:
        file.executescript(Path(made.transition).read_text(encoding="utf-8"))
    stamped = look(path, rows=True)
    assert (stamped.proof.status, stamped.pending, stamped.warnings) == ("equal", (), ())


@pytest.mark.parametrize("script", ["DROP TABLE d1_migrations", "DELETE FROM d1_migrations"])
def test_no_ledger(live: Callable[..., Path], script: str) -> None:
    """Without one, or with an empty one, wrangler would run everything again: each migration is missing."""
    found = look(live(script))
    assert (found.proof.status, found.old.span, found.pending) == ("different", "0001 to 0003", ())
    assert [change.old for change in found.proof.changes] == [
        LedgerEntry("0001_users.sql"),
        LedgerEntry("0002_plans.sql"),
        LedgerEntry("0003_index.sql"),
    ]
    (warning,) = found.warnings
    assert "compared with the whole of" in warning


def test_an_empty_database(live: Callable[..., Path], tmp_path: Path) -> None:
    """Everything is pending in it."""
    live()
    (tmp_path / "new.sqlite").touch()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as file:
        file.executescript("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT)")
    for name in ("new.sqlite", "ledger.sqlite"):
        found = look(tmp_path / name, rows=True)
        assert (found.proof.status, found.pending) == ("equal", ("0001", "0002", "0003"))
        assert RENDERERS["text"](found).endswith("migrations/ (nothing applied)\n")
        assert json.loads(RENDERERS["json"](found))["applied"] is None


def test_a_profile_without_a_ledger(live: Callable[..., Path], tmp_path: Path) -> None:
    """A database of SQLite proper is compared with the whole chain."""
    live()
    chain = target(tmp_path / "migrations", profile="sqlite")
    with closing(sqlite3.connect(tmp_path / "plain.sqlite")) as file:
        file.executescript("".join(FILES.values()))
    found = check_database(str(tmp_path / "plain.sqlite"), chain, Reach(), rows=True)
    assert (found.proof.status, found.old.span, found.warnings) == ("equal", "0001 to 0003", ())


def test_a_full_text_index(tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]) -> None:
    """Of one that is in use, the rows that the chain leaves are looked for, and nothing else."""
    files = {
        "0001_a.sql": "CREATE VIRTUAL TABLE f USING fts5(a);"
        " INSERT INTO f (rowid, a) VALUES (1, 'one'), (2, 'two');"
    }
    path = tmp_path / "app.sqlite"
    build(target(write_chain(files)), path)
    with closing(sqlite3.connect(path)) as file:
        file.executescript("INSERT INTO f (a) VALUES ('of a user')")
    assert look(path, rows=True).proof.status == "equal"
    with closing(sqlite3.connect(path)) as file:
        file.executescript("DELETE FROM f WHERE rowid = 1")
    assert said(look(path, rows=True)) == ["- 1 row   missing (from 0001_a.sql:1)", "('one')"]


def test_a_large_database(live: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """How much others keep in tables of their own does not matter: those are not read."""
    path = live(
        "CREATE TABLE big (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
        " INSERT INTO big SELECT randomblob(10000) FROM n;"
    )
    monkeypatch.setattr("squasher.introspect.LARGEST_CONTENT", 100_000)
    monkeypatch.setattr("squasher.sources.LARGEST_CONTENT", 100_000)
    assert said(look(path, rows=True)) == ["+ table   no migration makes it"]


def test_what_is_no_database(live: Callable[..., Path], tmp_path: Path) -> None:
    """Other sources have a command of their own."""
    live()
    (tmp_path / "schema.sql").write_text("CREATE TABLE t (a);")
    (tmp_path / "schema").write_text("CREATE TABLE t (a);")
    (tmp_path / "text").write_text('{"not": "even SQL"}')  # nothing of it is run to find that out
    (tmp_path / "encrypted").write_bytes(b"\xff" * 4096)
    for name in ("migrations", "schema.sql", "schema", "text", "encrypted", "-"):
        source = name if name == "-" else str(tmp_path / name)
        with pytest.raises(InputError, match="is no database") as caught:
            check_database(source, target(tmp_path / "migrations"), Reach())
        assert "squasher diff" in str(caught.value.hint)


@pytest.mark.parametrize("form", sorted(RENDERERS))
def test_every_format(live: Callable[..., Path], form: str) -> None:
    """None tells somebody with a live database to write a fresh file; all say what is different."""
    path = live("DROP INDEX plans_by_price; DELETE FROM d1_migrations WHERE name > '0003'")
    found = look(path, to="0003")
    text = RENDERERS[form](found)
    assert "plans_by_price" in text
    assert "squasher squash" not in text
    assert "fresh" not in text
    pending = RENDERERS[form](look(live(to="0002")))
    assert "squasher squash" not in pending
    if form in {"text", "markdown", "html", "json"}:
        assert "0003" in pending


def squasher(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a directory."""
    return subprocess.run(
        [sys.executable, "-m", "squasher", *arguments],
        cwd=folder,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command(live: Callable[..., Path], tmp_path: Path) -> None:
    """Its exit code says whether there is drift; the file is only read."""
    path = live()
    before = path.read_bytes()
    done = squasher(tmp_path, "check", "app.sqlite", "--rows")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "app.sqlite is equivalent to migrations/ (0001 to 0003)\n",
        "",
    )
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as file:
        file.execute("DROP INDEX plans_by_price")
    done = squasher(tmp_path, "check", "app.sqlite", "--format", "json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert (document["source"], document["result"], document["applied"], document["pending"]) == (
        "app.sqlite",
        "different",
        "0001 to 0003",
        [],
    )
    assert "exact" not in document


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["app.sqlite", "--exact"], "--exact is for the fresh file"),
        (["--rows"], "error: --rows is for the check of a database"),
        (["--to", "1", "--rows"], "error: --to and --rows are for the check of a database"),
        (["--remote"], "error: --remote is for the check of a database"),
        (["--persist-to", "x"], "error: --persist-to is for the check of a database"),
        (["d1:DB", "--remote", "--persist-to", "x"], "--persist-to names a directory of local databases"),
        (["nothing.sqlite"], "nothing.sqlite does not exist"),
        (["d1:DB"], "there is no configuration of wrangler's"),
    ],
)
def test_what_cannot_be_asked(
    live: Callable[..., Path], tmp_path: Path, arguments: list[str], message: str
) -> None:
    """Options that do not go together are errors."""
    live()
    done = squasher(tmp_path, "check", *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


def test_a_d1_database_by_its_name(live: Callable[..., Path], tmp_path: Path) -> None:
    """What wrangler's configuration says is enough: the ledger's name, the chain, the local file."""
    path = live("ALTER TABLE d1_migrations RENAME TO applied")
    config = {"binding": "DB", "database_name": "app", "database_id": "app-id", "migrations_table": "applied"}
    (tmp_path / "wrangler.json").write_text(json.dumps({"d1_databases": [config]}))
    state = tmp_path / ".wrangler/state/v3/d1/miniflare-D1DatabaseObject"
    state.mkdir(parents=True)
    name = "158689b4ad4aed89023b06e1eb6583a2febf083dd4e6be9e09fc2f0973a5d5a5.sqlite"  # as wrangler calls it
    shutil.move(path, state / name)
    done = squasher(tmp_path, "check", "d1:app", "--rows")
    assert (done.returncode, done.stdout) == (0, "d1:app is equivalent to migrations/ (0001 to 0003)\n"), (
        done.stderr
    )
