"""The rebuild that ``squasher new --rebuild`` writes, applied by the real wrangler to tables with rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from squasher.commands.new import new
from squasher.target import target
from tests.wrangler import installs, real

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.wrangler,
    pytest.mark.parametrize("packages", real.RELEASES, ids=real.version),
]

SCHEMA = """\
CREATE TABLE teams (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  code TEXT UNIQUE,
  up INTEGER REFERENCES teams(id) ON DELETE CASCADE
);
CREATE TABLE log (what TEXT);
CREATE TABLE members (id INTEGER PRIMARY KEY, team INTEGER NOT NULL REFERENCES teams(id) ON DELETE CASCADE);
CREATE TABLE votes (id INTEGER PRIMARY KEY, member INTEGER REFERENCES members(id) ON DELETE CASCADE);
CREATE TABLE notes (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams(id) ON DELETE SET NULL);
CREATE TABLE files (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams(id));
CREATE TABLE seals (id INTEGER PRIMARY KEY, team TEXT REFERENCES teams(code) ON DELETE RESTRICT);
CREATE INDEX teams_up ON teams(up);
CREATE VIEW roots AS SELECT * FROM teams WHERE up IS NULL;
CREATE TRIGGER team_gone AFTER DELETE ON teams
BEGIN
  INSERT INTO log VALUES ('team');
END;
CREATE TRIGGER member_gone BEFORE DELETE ON members
BEGIN
  INSERT INTO log VALUES (CASE OLD.id WHEN 1 THEN 'first' ELSE 'member' END);
END;
"""
ROWS = """\
INSERT INTO teams VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', 2), (9, 'z', NULL);
DELETE FROM teams WHERE id = 9;
INSERT INTO members VALUES (1, 1), (2, 1), (3, 3);
INSERT INTO votes VALUES (1, 1), (2, 3);
INSERT INTO notes VALUES (1, 2), (2, NULL);
INSERT INTO files VALUES (1, 2), (2, 3);
INSERT INTO seals VALUES (1, 'b');
"""
TABLES = ("teams", "log", "members", "votes", "notes", "files", "seals")


def held(file: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row, the last key of teams, and the names of all objects."""
    found = {
        table: file.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid").fetchall() for table in TABLES
    }
    found["keys"] = file.execute("SELECT seq FROM sqlite_sequence WHERE name = 'teams'").fetchall()
    own = "SELECT name FROM sqlite_schema WHERE name NOT LIKE '%d1_%' AND name NOT LIKE '_cf_%' ORDER BY name"
    found["objects"] = file.execute(own).fetchall()
    return found


def test_d1_keeps_every_row(tmp_path: Path, packages: Path) -> None:
    """Children that D1 would delete, cut loose, or refuse to leave alone are there as they were."""
    (tmp_path / "wrangler.toml").write_text(installs.CONFIG)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_add_teams.sql").write_text(SCHEMA)
    (tmp_path / "migrations" / "0002_add_rows.sql").write_text(ROWS)
    made = new(target(tmp_path / "migrations"), "rebuild teams", rebuild="teams")
    assert "DROP TABLE teams;" in made.path.read_text()
    with closing(sqlite3.connect(":memory:")) as plain:
        plain.executescript(SCHEMA + ROWS)
        wanted = held(plain)
    said = real.wrangler(tmp_path, "d1", "migrations", "apply", installs.NAME, "--local", packages=packages)
    assert said.code == 0, said.out
    with closing(sqlite3.connect(installs.state(tmp_path))) as file:
        assert held(file) == wanted
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        assert file.execute("SELECT count(*) FROM d1_migrations").fetchall() == [(3,)]
