"""Renderers: a result in, text out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.prove import Proof
from squasher.render import RENDERERS

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.comparison import Comparison

CHAIN = {
    "0001_users.sql": """\
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    state TEXT DEFAULT 'new'
);
CREATE INDEX users_email ON users (email);
""",
    "0002_roles.sql": """\
ALTER TABLE users ADD COLUMN role TEXT;
CREATE TABLE roles (name TEXT PRIMARY KEY, rank INTEGER);
INSERT INTO roles VALUES ('admin', 1), ('guest', 2);
CREATE TRIGGER roles_keep BEFORE DELETE ON roles
BEGIN
    SELECT RAISE(ABORT, 'roles stay');
END;
""",
}
SCHEMA = """\
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, state TEXT DEFAULT 'new', role TEXT);
CREATE INDEX users_email ON users (email);
CREATE TABLE roles (name TEXT PRIMARY KEY, rank INTEGER);
INSERT INTO roles VALUES ('admin', 1), ('guest', 2);
CREATE TRIGGER roles_keep BEFORE DELETE ON roles BEGIN
    SELECT RAISE(ABORT, 'roles stay');
END;
"""
LEDGER = """\
CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
INSERT INTO d1_migrations (name) VALUES ('0001_users.sql'), ('0002_roles.sql');
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the chain in migrations/, as a user has it."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations-fresh").mkdir()
    for name, text in CHAIN.items():
        (tmp_path / "migrations" / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(folder: Path, fresh: str) -> Comparison:
    """Check this text as the fresh file of the chain."""
    (folder / "migrations-fresh" / "0001_complete_schema.sql").write_text(fresh, encoding="utf-8")
    return squasher.check()


def squeezed(text: str) -> list[str]:
    """Lines with their runs of spaces made one: the words, without the columns."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_equivalent_and_exact(folder: Path) -> None:
    """What squash wrote is one line."""
    checked = check(folder, squasher.squash(write=False).text)
    assert RENDERERS["text"](checked) == (
        "migrations-fresh/0001_complete_schema.sql is equivalent to migrations/ (0001 to 0002)\n"
    )


def test_equivalent_and_not_exact(folder: Path) -> None:
    """Other text of the same meaning is said in one line of its own, before the result."""
    checked = check(folder, SCHEMA + LEDGER)
    assert RENDERERS["text"](checked) == (
        "the text is not what `squasher squash` would write now\n"
        "migrations-fresh/0001_complete_schema.sql is equivalent to migrations/ (0001 to 0002)\n"
    )


def test_respelled_objects_are_named(folder: Path) -> None:
    """Objects with other tokens and the same meaning are listed, before the result."""
    text = SCHEMA.replace("TABLE roles (name", 'TABLE roles ("name"').replace(
        "users (email)", 'users ("email")'
    )
    first, second, third = RENDERERS["text"](check(folder, text + LEDGER)).splitlines()
    said, _, names = first.partition(": ")
    assert said == "written differently, with the same meaning"
    assert sorted(names.split(", ")) == ["roles", "users_email"]
    assert second == "the text is not what `squasher squash` would write now"
    assert third.endswith("is equivalent to migrations/ (0001 to 0002)")


def test_differences_are_grouped_by_object(folder: Path) -> None:
    """A heading per object, a line per difference with its origin, a total and the way out."""
    text = SCHEMA.replace(", role TEXT", "").replace(
        "state TEXT DEFAULT 'new'", "state INTEGER DEFAULT 'new'"
    )
    text = text.replace("CREATE INDEX users_email ON users (email);\n", "").replace(", ('guest', 2)", "")
    assert squeezed(RENDERERS["text"](check(folder, text + LEDGER))) == [
        "migrations-fresh/0001_complete_schema.sql is not equivalent to migrations/ (0001 to 0002)",
        "",
        "roles",
        "- 1 row missing (from 0002_roles.sql:3)",
        "('guest', 2)",
        "users",
        "~ column state INTEGER, should be TEXT (added by 0001_users.sql:4)",
        "- column role TEXT missing (added by 0002_roles.sql:1)",
        "- index users_email missing (made by 0001_users.sql:6)",
        "",
        "4 differences in 2 objects. Run `squasher squash` to write the file anew.",
    ]


def test_one_difference_is_counted_as_one(folder: Path) -> None:
    """No plural for one difference in one object."""
    said = RENDERERS["text"](check(folder, SCHEMA.replace("DEFAULT 'new'", "DEFAULT 'old'") + LEDGER))
    assert said.splitlines()[-1] == (
        "1 difference in 1 object. Run `squasher squash` to write the file anew."
    )


def test_the_columns_of_a_group_are_aligned(folder: Path) -> None:
    """What happened to each element of a table begins in the same column."""
    text = SCHEMA.replace(", role TEXT", "").replace("CREATE INDEX users_email ON users (email);\n", "")
    found = [
        line for line in RENDERERS["text"](check(folder, text + LEDGER)).splitlines() if " missing" in line
    ]
    assert len(found) == 2
    assert len({line.index("missing") for line in found}) == 1


def test_text_from_outside_cannot_write_on_the_terminal(folder: Path) -> None:
    """Control characters in a name or a value are shown as replacement characters."""
    (folder / "migrations" / "0003_odd.sql").write_text(
        "CREATE TABLE \"a\x1b[31mb\" (c);\nINSERT INTO roles VALUES ('x\x1b[2Jy', 3);\n", encoding="utf-8"
    )
    said = RENDERERS["text"](check(folder, SCHEMA + LEDGER))
    assert "\x1b" not in said
    assert "a\N{REPLACEMENT CHARACTER}[31mb" in said


def test_many_rows_are_cut_short(folder: Path) -> None:
    """Three rows are shown, and how many more there are; a long value is cut."""
    rows = ", ".join(f"('{letter * 300}', 1)" for letter in "abcde")
    said = RENDERERS["text"](check(folder, SCHEMA + f"INSERT INTO roles VALUES {rows};\n" + LEDGER))
    assert "+ 5 rows" in said
    assert "… and 2 more" in said
    assert max(map(len, said.splitlines())) < 160


def test_many_unrecorded_migrations_are_one_line(folder: Path) -> None:
    """A ledger without rows is one line, whatever the number of migrations."""
    lines = squeezed(RENDERERS["text"](check(folder, SCHEMA)))
    assert "- 2 migrations not recorded as applied: a new installation would run them again" in lines


def test_colors_only_mark(folder: Path) -> None:
    """With colour the same characters stand there, between escape codes."""
    checked = check(folder, SCHEMA.replace(", role TEXT", "") + "CREATE TABLE x (y);\n" + LEDGER)
    plain, colored = RENDERERS["text"](checked), RENDERERS["text"](checked, color=True)
    assert "\x1b" not in plain
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[0m"):
        assert code in colored
        colored = colored.replace(code, "")
    assert colored == plain


def test_unknown_says_why(folder: Path) -> None:
    """A proof without a conclusion gives its reasons and says that it is no success."""
    checked = replace_proof(check(folder, SCHEMA + LEDGER), Proof((), (), ("users: no such table: gone",)))
    assert RENDERERS["text"](checked) == (
        "migrations-fresh/0001_complete_schema.sql could not be compared with migrations/ (0001 to 0002)\n"
        "\n"
        "  ? users: no such table: gone\n"
        "\n"
        "Unknown is not equal.\n"
    )


def replace_proof(checked: Comparison, proof: Proof) -> Comparison:
    """The same result with another proof and nothing found."""
    return checked._replace(proof=proof, findings=())


KEYS = {
    "command": str,
    "differences": list,
    "exact": bool,
    "fresh": str,
    "migrations": str,
    "profile": str,
    "reasons": list,
    "respelled": list,
    "result": str,
    "version": int,
    "warnings": list,
}


def valid(text: str) -> dict[str, object]:
    """A JSON document that has every documented key, with its type, sorted."""
    document = json.loads(text)
    assert list(document) == sorted(KEYS)
    for key, kind in KEYS.items():
        assert type(document[key]) is kind, key
    assert document["command"] == "check"
    assert document["version"] == 1
    assert document["result"] in {"equivalent", "different", "unknown"}
    for found in document["differences"]:
        assert list(found) == ["actual", "change", "element", "expected", "message", "object", "place"]
        assert found["change"] in {"missing", "extra", "different"}
        assert list(found["object"]) == list(found["element"]) == ["kind", "name"]
        assert isinstance(found["message"], str)
        assert found["place"] is None or list(found["place"]) == ["file", "line"]
        assert (found["change"] == "missing") == (found["actual"] is None)
        assert (found["change"] == "extra") == (found["expected"] is None)
    assert all(list(item) == ["kind", "name"] for item in document["respelled"])
    assert all(isinstance(item, str) for key in ("reasons", "warnings") for item in document[key])
    return dict(document)


def test_json_of_an_equivalent_file(folder: Path) -> None:
    """Nothing different, and whether the bytes are the same."""
    document = valid(RENDERERS["json"](check(folder, SCHEMA + LEDGER)))
    assert document == {
        "command": "check",
        "differences": [],
        "exact": False,
        "fresh": "migrations-fresh/0001_complete_schema.sql",
        "migrations": "migrations",
        "profile": "d1",
        "reasons": [],
        "respelled": [],
        "result": "equivalent",
        "version": 1,
        "warnings": [],
    }
    assert valid(RENDERERS["json"](check(folder, squasher.squash(write=False).text)))["exact"] is True


def test_json_of_differences(folder: Path) -> None:
    """Each difference names its object, its element, both sides and the place in the chain."""
    text = SCHEMA.replace("DEFAULT 'new'", "DEFAULT 'old'") + "CREATE VIEW v AS SELECT 1 AS one;\n"
    document = valid(RENDERERS["json"](check(folder, text + LEDGER)))
    assert document["result"] == "different"
    assert document["differences"] == [
        {
            "actual": "DEFAULT 'old'",
            "change": "different",
            "element": {"kind": "column", "name": "state"},
            "expected": "DEFAULT 'new'",
            "message": "DEFAULT 'old', should be DEFAULT 'new'",
            "object": {"kind": "table", "name": "users"},
            "place": {"file": "0001_users.sql", "line": 4},
        },
        {
            "actual": "CREATE VIEW v AS SELECT 1 AS one",
            "change": "extra",
            "element": {"kind": "view", "name": ""},
            "expected": None,
            "message": "only in the fresh file",
            "object": {"kind": "view", "name": "v"},
            "place": None,
        },
    ]


def test_json_is_utf_8_text_with_one_line_end_at_its_end(folder: Path) -> None:
    """Names stay readable, and the document comes back from its own text."""
    said = RENDERERS["json"](check(folder, SCHEMA + "CREATE TABLE größe (a);\n" + LEDGER))
    assert "größe" in said
    assert said.endswith("}\n")
    assert json.dumps(json.loads(said), indent=2, sort_keys=True, ensure_ascii=False) + "\n" == said


FRESH = {
    "equal": SCHEMA + LEDGER,
    "respelled": SCHEMA.replace("(email)", '("email")') + LEDGER,
    "everything missing": "SELECT 1;\n",
    "everything extra": (
        SCHEMA
        + "CREATE TABLE p (a INTEGER PRIMARY KEY AUTOINCREMENT, b COLLATE NOCASE UNIQUE);\n"
        + "INSERT INTO p VALUES (9, NULL);\nCREATE VIEW v AS SELECT * FROM p;\n"
        + "CREATE VIRTUAL TABLE f USING fts5(x);\nINSERT INTO f VALUES ('word');\n"
        + LEDGER.replace("VALUES", "VALUES ('0003_more.sql'),")
    ),
    "options": SCHEMA.replace("rank INTEGER)", "rank INTEGER) STRICT, WITHOUT ROWID") + LEDGER,
    "keys": SCHEMA.replace("role TEXT", "role TEXT REFERENCES roles (name) ON DELETE CASCADE UNIQUE")
    + LEDGER,
    "clauses": SCHEMA.replace("rank INTEGER)", "rank INTEGER CHECK (rank > 0), CHECK (name <> ''))") + LEDGER,
    "order": SCHEMA.replace(
        "(name TEXT PRIMARY KEY, rank INTEGER)", "(rank INTEGER, name TEXT PRIMARY KEY)"
    ).replace("INTO roles VALUES", "INTO roles (name, rank) VALUES")
    + LEDGER,
    "cells": SCHEMA.replace("('guest', 2)", "('guest', '2!')") + LEDGER,
    "trigger": SCHEMA.replace("roles stay", "all roles stay") + LEDGER,
    "kind": SCHEMA.replace(
        "INDEX users_email ON users (email)", "VIEW users_email AS SELECT email FROM users"
    )
    + LEDGER,
}


@pytest.mark.parametrize("form", list(RENDERERS))
@pytest.mark.parametrize("fresh", list(FRESH))
def test_every_renderer_takes_every_result(form: str, fresh: str, folder: Path) -> None:
    """Whatever differs, each format says something that ends with its line."""
    checked = check(folder, FRESH[fresh])
    said = RENDERERS[form](checked)
    assert said.endswith("\n")
    assert said.strip()
    assert RENDERERS[form](checked, color=True).endswith("\n")
    doubtful = replace_proof(checked, Proof((), (("table", "users"),), ("why",)))
    assert "why" in RENDERERS[form](doubtful)
    if form == "json":
        valid(said)
        assert valid(RENDERERS[form](doubtful))["result"] == "unknown"


def test_rendering_twice_gives_the_same(folder: Path) -> None:
    """A renderer is a function of its argument."""
    checked = check(folder, FRESH["everything extra"])
    for render in RENDERERS.values():
        assert render(checked) == render(checked)
