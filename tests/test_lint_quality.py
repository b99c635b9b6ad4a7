"""The rules about silent no-ops and the quality of the schema, where a file of cases does not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher.chain import read_chain
from squasher.engine import Database
from squasher.errors import SqlError
from squasher.lint.reading import read
from squasher.lint.rules import RULES
from squasher.profiles import D1
from squasher.replay import replay
from squasher.target import target
from squasher.volatile import UNIVERSES
from tests import lints

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.lint.diagnostic import Severity

OWN = {rule.code: rule for rule in RULES if rule.code.startswith(("SQ4", "SQ6"))}


def test_the_chain_of_the_project(repository: Path) -> None:
    """Of the rules that are on, one finds something in migrations/: SQ401, in 0025, comments or not."""
    found = set()
    chain = read_chain(repository / "migrations")
    with read(target(repository / "migrations"), chain) as study:
        for rule in OWN.values():
            for violation in rule.check(study) if rule.severity != "off" else ():
                migration, start, _ = violation.span
                (statement,) = (one for one in study.statements if one.span == violation.span)
                made = {related.path.rpartition("/")[2][:4] for related in violation.related}
                assert (migration.number, start, made) == ("0025", statement.start, {"0011"})
                found.add((rule.code, statement.head.kind, statement.head.called))
    tables = ("auth_audit_logs", "config_audit_logs", "data_access_logs", "security_events")
    indexes = (
        *("idx_auth_audit_logs_event_type", "idx_config_audit_logs_config"),
        "idx_security_events_severity",
    )
    assert found == {
        *(("SQ401", "table", name) for name in tables),
        *(("SQ401", "index", name) for name in indexes),
    }


def test_the_trap_is_told_column_by_column(repository: Path) -> None:
    """What 0025 asks for and 0011 did not make is named, and what is there in its place."""
    with read(target(repository / "migrations"), read_chain(repository / "migrations")) as study:
        said = {violation.message for violation in OWN["SQ401"].check(study)}
    assert (
        "table config_audit_logs was there already: it lacks changed_by, config_key and 4 more;"
        " has user_id, config_id and 6 more besides"
    ) in said


@pytest.mark.parametrize("code", sorted(code for code in OWN if code.startswith("SQ6")))
def test_a_chain_that_fails_has_no_final_schema(code: str, tmp_path: Path) -> None:
    """Of what a chain leaves nothing is said when it does not run to its end: a later file may mend it."""
    case = next(one for one in lints.cases(OWN[code]) if one.finds)
    assert lints.diagnosed(tmp_path / "whole" / "migrations", case.files, OWN[code])
    if code == "SQ605":  # of rows something can be said wherever they were written
        case = case._replace(files={"0001_a.sql": 'CREATE TABLE a (x TEXT CHECK (x <> "y"));'})
    broken = {**case.files, "9999_broken.sql": "CREATE TABLE nowhere_to_go (;"}
    assert not lints.diagnosed(tmp_path / "broken" / "migrations", broken, OWN[code])


def test_a_schema_that_nothing_carries(tmp_path: Path) -> None:
    """A TEMP table that is left keeps `squash` from its work, and lint from nothing but the final schema."""
    files = {
        "0001_a.sql": "CREATE TABLE a (id INT PRIMARY KEY);\nCREATE TEMP TABLE left_over (x);\n",
        "0002_a.sql": "DROP TABLE IF EXISTS b;\n",
    }
    assert lints.diagnosed(tmp_path / "one" / "migrations", files, OWN["SQ404"], "sqlite")
    assert not lints.diagnosed(tmp_path / "two" / "migrations", files, OWN["SQ609"], "sqlite")


def test_temporary_objects_are_no_others(tmp_path: Path) -> None:
    """A TEMP table does not meet the ordinary one of its name, and can be dropped by that name."""
    files = {
        "0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY);\n",
        "0002_a.sql": (
            "CREATE TEMP TABLE IF NOT EXISTS a (x TEXT);\n"
            "CREATE TABLE IF NOT EXISTS temp.b (x TEXT);\n"
            "DROP TABLE IF EXISTS temp.a;\n"
            "DROP TABLE IF EXISTS b;\n"
        ),
    }
    for code in ("SQ401", "SQ404"):
        assert not lints.diagnosed(tmp_path / code / "migrations", files, OWN[code], "sqlite")


def test_asking_why_an_insert_was_ignored_changes_nothing(tmp_path: Path) -> None:
    """The replay of lint leaves what any replay does: counters, keys and random values are not touched."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    (directory / "0001_a.sql").write_text(
        """
        CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE, n INTEGER NOT NULL);
        CREATE TABLE log (changes INTEGER, last INTEGER, random INTEGER);
        CREATE TRIGGER counts AFTER INSERT ON a BEGIN INSERT INTO log VALUES (-1, new.id, random()); END;
        INSERT INTO a (code, n) VALUES ('x', 1), ('y', 2);
        INSERT OR IGNORE INTO a (code, n) VALUES ('x', random()), ('z', NULL);
        INSERT INTO log VALUES (changes(), last_insert_rowid(), random());
        INSERT INTO a (code, n) VALUES ('z', 3);
        """
    )
    (directory / "0002_a.sql").write_text("INSERT OR IGNORE INTO a (code, n) VALUES ('y', 5);\n")
    chain = read_chain(directory)
    with read(target(directory), chain) as study, replay(chain, D1, UNIVERSES[0]) as plain:
        ignored = [one for one in study.statements if one.effect is not None and one.effect.swallowed]
        assert [one.effect and one.effect.swallowed for one in ignored] == [
            "NOT NULL constraint failed: a.n",  # 'x' is there, and a random value is not compared
            "UNIQUE constraint failed: a.code",
        ]
        for table in ("a", "log", "sqlite_sequence"):
            rows = plain.database.execute(f"SELECT * FROM {table}")
            assert rows
            assert study.database.execute(f"SELECT * FROM {table}") == rows


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    """A row with such text can be replaced, and ignored: to look at what a statement met fails none."""
    rows = (
        "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);\n"
        "INSERT INTO a VALUES (1, CAST(x'61eda080' AS TEXT));\n"
    )
    for place, verb in enumerate(("REPLACE", "INSERT OR IGNORE")):
        files = {"0001_a.sql": f"{rows}{verb} INTO a VALUES (1, CAST(x'eda080' AS TEXT));\n"}
        fails = next(rule for rule in RULES if rule.code == "SQ201")
        assert not lints.diagnosed(tmp_path / str(place) / "migrations", files, fails)


@pytest.mark.parametrize(
    ("index", "scans"),
    [
        ("", True),
        ("CREATE INDEX i ON child(parent_id);", False),
        ("CREATE INDEX i ON child(parent_id) WHERE parent_id IS NOT NULL;", False),
        ("CREATE INDEX i ON child(parent_id) WHERE x > 0;", True),
        ("CREATE INDEX i ON child(parent_id COLLATE BINARY);", True),
        ("CREATE INDEX i ON child(x, parent_id);", True),
    ],
    ids=["none", "plain", "partial by the key", "partial by another", "another collation", "behind"],
)
def test_what_a_delete_scans_is_what_the_rule_finds(index: str, scans: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a table of cases
    """SQ601 finds a foreign key exactly where deleting a parent compiles to a walk through all children."""
    schema = (
        "CREATE TABLE parent (id TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID;"
        f"CREATE TABLE child (parent_id TEXT COLLATE NOCASE REFERENCES parent(id), x INTEGER);{index}"
    )
    found = lints.diagnosed(tmp_path / "migrations", {"0001_a.sql": schema}, OWN["SQ601"])
    with Database(D1, UNIVERSES[0]) as database:
        for statement in schema.split(";"):
            database.execute(statement)
        program = database.execute("EXPLAIN DELETE FROM parent WHERE id = 'x'")
    walks = any(opcode == "Rewind" for _, opcode, *_ in program)
    assert (bool(found), walks) == (scans, scans)


def test_strictness_about_names_ends() -> None:
    """While it lasts a name that names nothing is an error, and before and behind it is a string."""
    with Database(D1, UNIVERSES[0]) as database:
        assert database.execute('SELECT "x"') == [("x",)]
        with database.strict_about_names(), pytest.raises(SqlError, match=r'no such column: "x"'):
            database.execute('SELECT "x"')
        assert database.execute('SELECT "x"') == [("x",)]


def test_defaults() -> None:
    """What breaks code for certain is an error, what sound chains have is off, the rest a warning."""
    said: dict[Severity, set[str]] = {"error": set(), "warning": set(), "off": set()}
    for rule in OWN.values():
        said[rule.severity].add(rule.code)
    assert said["error"] == {"SQ401", "SQ606", "SQ607", "SQ608"}
    assert said["off"] == {"SQ601", "SQ604"}
