"""The history command, as a process: what people and programs read, and what it says of unknown names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.test_cli import on_a_terminal, run

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "0001_users.sql": "CREATE TABLE users (\n  id INTEGER PRIMARY KEY,\n  email TEXT NOT NULL\n);\n"
    "CREATE INDEX users_email ON users (email);\n",
    "0002_roles.sql": "CREATE TABLE roles (name TEXT);\n\nINSERT INTO roles VALUES ('admin'), ('guest');\n"
    "ALTER TABLE users RENAME COLUMN email TO mail;\n",
    "0003_nothing.sql": "SELECT 1;\n",
    "0004_people.sql": "CREATE TABLE new_users (id INTEGER PRIMARY KEY, mail TEXT, age INT);\n"
    "INSERT INTO new_users (id, mail) SELECT id, mail FROM users;\nDROP TABLE users;\n"
    "ALTER TABLE new_users RENAME TO users;\n",
    "0004_rename.sql": "ALTER TABLE users RENAME TO people;\nDROP TABLE roles;\n",
    "0005_view.sql": 'CREATE VIEW "odd. name" AS SELECT id FROM people;\nCREATE TABLE "a.b" ("c.d" TEXT);\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose chain renames, rebuilds and drops; two files have one number."""
    (tmp_path / "migrations").mkdir()
    for name, text in FILES.items():
        (tmp_path / "migrations" / name).write_text(text, encoding="utf-8")
    return tmp_path


def lines(folder: Path, *arguments: str) -> list[str]:
    """What the command says, without the spaces that align it."""
    code, out, err = run(folder, "history", *arguments)
    assert (code, err) == (0, "")
    return [" ".join(line.split()) for line in out.splitlines()]


def test_the_whole_chain(folder: Path) -> None:
    """A line for each migration, its name first, aligned; one that did nothing says so."""
    assert lines(folder) == [
        "0001_users + users · 1 index",
        "0002_roles + roles; users: email renamed to mail; 2 rows in roles",
        "0003_nothing changes nothing",
        "0004_people users: ~ mail, + age, - index users_email",
        "0004_rename users: renamed to people; - roles",
        "0005_view + view odd. name; + a.b",
    ]
    _, out, _ = run(folder, "history")
    assert {line.index("   ") + 3 for line in out.splitlines() if line.startswith("0003")} == {15}
    assert lines(folder, "--to", "0001") == ["0001_users + users · 1 index"]


@pytest.mark.parametrize("name", ["users", "people", "PEOPLE"])
def test_a_table(folder: Path, name: str) -> None:
    """Its life, oldest first, with its indexes; under each of its names."""
    assert lines(folder, name) == [
        "table people (once users)",
        "0001_users.sql:1 + table users 2 columns",
        "id INTEGER PRIMARY KEY",
        "email TEXT NOT NULL",
        "0001_users.sql:5 + index users_email ON users (email)",
        "0002_roles.sql:4 ~ column email renamed to mail",
        "0004_people.sql:1 ~ column mail NOT NULL → nullable",
        "0004_people.sql:1 + column age INT",
        "0004_people.sql:3 - index users_email ON users (mail)",
        "0004_rename.sql:1 ~ table users renamed to people",
    ]


def test_a_dropped_table_and_its_rows(folder: Path) -> None:
    """What is gone has a history too, and the rows are in it."""
    assert lines(folder, "roles") == [
        "table roles",
        "0002_roles.sql:1 + table roles 1 column",
        "name TEXT",
        "0002_roles.sql:3 + 2 rows of roles",
        "0004_rename.sql:2 - table roles 1 column",
    ]


@pytest.mark.parametrize("name", ["users.email", "people.email", "users.mail"])
def test_a_column(folder: Path, name: str) -> None:
    """Through its own rename, a rebuild and the rename of its table, under each name of either."""
    assert lines(folder, name) == [
        f"column {name.partition('.')[2]} of people (once users)",
        "0001_users.sql:3 + column email TEXT NOT NULL",
        "0002_roles.sql:4 ~ column email renamed to mail",
        "0004_people.sql:1 ~ column mail NOT NULL → nullable",
        "0004_rename.sql:1 ~ table users renamed to people",
    ]


def test_names_with_dots_and_spaces(folder: Path) -> None:
    """An object of the whole name comes first; then each dot may be the one before the column."""
    assert lines(folder, "odd. name") == [
        "view odd. name",
        "0005_view.sql:1 + view odd. name 1 column",
        'CREATE VIEW "odd. name" AS SELECT id FROM people',
    ]
    assert lines(folder, "a.b")[0] == "table a.b"
    assert lines(folder, "a.b.c.d")[0] == "column c.d of a.b"


@pytest.mark.parametrize("name", ["0004", "4"])
def test_a_migration(folder: Path, name: str) -> None:
    """A number shows what every file of that number did, by line; a file name shows one."""
    first = [
        "0004_people.sql",
        "1 ~ users: column mail NOT NULL → nullable",
        "1 + users: column age INT",
        "3 - users: index users_email ON users (mail)",
    ]
    second = ["0004_rename.sql", "1 ~ table users renamed to people", "2 - table roles 1 column"]
    assert lines(folder, name) == [*first, "", *second]
    assert lines(folder, "0004_rename") == lines(folder, "0004_rename.sql") == second
    assert lines(folder, "0003") == ["0003_nothing.sql", "changes nothing"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("user", "Is it users?"),
        ("users.emial", "Is it users.email"),
        ("users.q", "Is it users"),
        ("0009", "Run `squasher history` to see"),
        ("zzz", "Run `squasher history` to see all migrations and what they did."),
    ],
)
def test_an_unknown_name(folder: Path, name: str, hint: str) -> None:
    """Exit code 2, what was looked for, and names that are close."""
    code, out, err = run(folder, "history", name)
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first == f"error: nothing in migrations/ is called {name}"
    assert second.startswith(f"help: {hint}")


@pytest.mark.parametrize("name", ["0002", "2", "0002_roles", "0002_roles.sql"])
def test_an_absorbed_migration(folder: Path, name: str) -> None:
    """Of a migration that a baseline absorbed it says which one that is, and where the file is now."""
    assert run(folder, "archive", "--to", "0003")[0] == 0
    code, _, err = run(folder, "history", name)
    where = "migrations-archive/0002_roles.sql"
    assert code == 2
    assert err.splitlines()[1] == f"help: 0003_complete_schema.sql absorbed it: it is {where} now."


def test_json(folder: Path) -> None:
    """The same as a document: episodes for migrations, lives for names."""
    code, out, err = run(folder, "history", "--format", "json", "users.mail")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert out == json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (life,) = document.pop("lives")
    assert document == {
        "command": "history",
        "version": 1,
        "migrations": "migrations",
        "profile": "d1",
        "what": "users.mail",
        "episodes": [],
    }
    assert (life["kind"], life["name"], life["names"], life["column"]) == (
        "table",
        "people",
        ["users", "people"],
        "mail",
    )
    assert [event["change"] for event in life["events"]] == ["added", "renamed", "changed", "renamed"]
    assert life["events"][2] == {
        "change": "changed",
        "object": {"kind": "table", "name": "users"},
        "element": {"kind": "column", "name": "mail"},
        "old": "NOT NULL",
        "new": "nullable",
        "place": {"file": "0004_people.sql", "line": 1},
    }
    document = json.loads(run(folder, "history", "--format", "json", "0002")[1])
    (episode,) = document["episodes"]
    assert document["lives"] == []
    assert episode["file"] == "0002_roles.sql"
    assert episode["rows"] == [
        {"table": "roles", "verb": "insert", "rows": 2, "place": {"file": "0002_roles.sql", "line": 3}}
    ]
    assert len(json.loads(run(folder, "history", "--format", "json")[1])["episodes"]) == len(FILES)


def test_colors_are_for_terminals(folder: Path) -> None:
    """Marks are coloured on a terminal, not with NO_COLOR, not in JSON."""
    assert "\x1b[32m+\x1b[0m table users" in on_a_terminal(folder, "history", "users")
    assert "\x1b" not in on_a_terminal(folder, "history", "users", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(folder, "history", "users", "--format", "json")


def test_what_strangers_wrote_is_made_visible(folder: Path) -> None:
    """Escape codes and commands of CI logs in names reach no terminal and no log, in either format."""
    evil = 'CREATE TABLE "\x1b[31mred\u202e" ("##[x]\x07" TEXT);\n'
    evil += 'ALTER TABLE "\x1b[31mred\u202e" RENAME TO "b\x07";'
    (folder / "migrations" / "0006_evil.sql").write_text(evil, encoding="utf-8")
    for arguments in ([], ["b\x07"], ["0006"], ["\x1bnone"]):
        for form in ("text", "json"):
            _, out, err = run(folder, "history", *arguments, "--format", form)
            assert all(line.isprintable() for line in (out + err).split("\n"))
            assert "##[" not in out


def test_options(folder: Path) -> None:
    """The chain may be elsewhere and of another profile; a format that there is not is an error."""
    (folder / "migrations").rename(folder / "elsewhere")
    code, out, _ = run(folder, "history", "--migrations", "elsewhere", "--profile", "sqlite", "roles")
    assert (code, out.splitlines()[0]) == (0, "table roles")
    code, _, err = run(folder, "history", "--migrations", "elsewhere", "--format", "xml")
    assert code == 2
    assert "'xml' is not one of text, json." in err
    code, _, err = run(folder, "history")
    assert (code, err) == (
        2,
        "error: migrations/ does not exist\nhelp: Name the directory with --migrations DIR.\n",
    )


def test_a_chain_that_does_not_run(folder: Path) -> None:
    """It has no history: the error says where it stops."""
    (folder / "migrations" / "0007_x.sql").write_text("DROP TABLE never;\n", encoding="utf-8")
    code, out, err = run(folder, "history", "users")
    assert (code, out) == (2, "")
    assert err.startswith("error: migrations/0007_x.sql:1: no such table: never")
    assert run(folder, "history", "users", "--to", "0005")[0] == 0
