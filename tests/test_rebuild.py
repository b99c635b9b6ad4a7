"""The rebuild of a table: nothing is lost, and nothing is claimed that is not so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher import rebuild as module
from squasher.chain import Chain, migration, read_chain
from squasher.commands.new import new
from squasher.commands.squash import UnprovedError
from squasher.errors import InputError
from squasher.introspect import introspect
from squasher.lint.linter import diagnose
from squasher.lint.reading import read
from squasher.lint.rules import RULES
from squasher.profiles import PROFILES
from squasher.rebuild import rebuild
from squasher.replay import apply, replay
from squasher.sql import canonical, quote
from squasher.target import target

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.engine import Database
    from squasher.universe import Universe

CHILDREN = """
CREATE TABLE teams (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT, name TEXT NOT NULL);
CREATE UNIQUE INDEX teams_code ON teams(code);
CREATE TABLE log (what TEXT);
CREATE TABLE members (id INTEGER PRIMARY KEY, team INTEGER NOT NULL REFERENCES teams(id) ON DELETE CASCADE);
CREATE TABLE notes (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams(id) ON DELETE SET NULL);
CREATE TABLE files (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams(id));
CREATE TABLE seals (id INTEGER PRIMARY KEY, team TEXT REFERENCES teams(code) ON DELETE RESTRICT);
CREATE TABLE plans (id INTEGER PRIMARY KEY, team INTEGER DEFAULT 1 REFERENCES teams ON DELETE SET DEFAULT);
CREATE TABLE votes (id INTEGER PRIMARY KEY, member INTEGER REFERENCES members(id) ON DELETE CASCADE);
CREATE TABLE both (a INTEGER REFERENCES teams ON DELETE CASCADE,
  b INTEGER REFERENCES teams ON DELETE SET NULL);
CREATE TRIGGER team_gone AFTER DELETE ON teams BEGIN INSERT INTO log VALUES ('team gone'); END;
CREATE TRIGGER team_new AFTER INSERT ON teams BEGIN INSERT INTO log VALUES ('team new'); END;
CREATE TRIGGER before_member BEFORE DELETE ON members BEGIN INSERT INTO log VALUES ('before'); END;
CREATE TRIGGER after_member AFTER DELETE ON members BEGIN INSERT INTO log VALUES ('after'); END;
CREATE TRIGGER note_changed BEFORE UPDATE OF team ON notes BEGIN INSERT INTO log VALUES ('note'); END;
INSERT INTO teams VALUES (1, 'a', 'one'), (2, 'b', 'two'), (9, 'c', 'nine');
DELETE FROM teams WHERE id = 9;
INSERT INTO members VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO notes VALUES (1, 1), (2, NULL);
INSERT INTO files VALUES (1, 2);
INSERT INTO seals VALUES (1, 'b');
INSERT INTO plans VALUES (1, 2);
INSERT INTO votes VALUES (1, 1), (2, 3);
INSERT INTO both VALUES (1, 2), (2, 2);
"""
TREE = """
CREATE TABLE nodes (id INTEGER PRIMARY KEY, up INTEGER NOT NULL REFERENCES nodes(id) ON DELETE CASCADE,
  other INTEGER REFERENCES nodes(id) ON DELETE SET NULL, CHECK (other <> id));
CREATE TABLE log (what TEXT);
CREATE TRIGGER node_gone BEFORE DELETE ON nodes BEGIN INSERT INTO log VALUES (OLD.id); END;
CREATE TRIGGER node_moved BEFORE UPDATE ON nodes BEGIN INSERT INTO log VALUES (OLD.id); END;
INSERT INTO nodes VALUES (1, 1, NULL);
INSERT INTO nodes WITH RECURSIVE n(i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i - 1, i - 1 FROM n;
"""
SEARCH = """
CREATE TABLE docs (slug TEXT PRIMARY KEY, body TEXT);
CREATE VIRTUAL TABLE docs_index USING fts5(body, content='docs');
CREATE TRIGGER docs_added AFTER INSERT ON docs BEGIN
  INSERT INTO docs_index (rowid, body) VALUES (NEW.rowid, NEW.body);
END;
CREATE TRIGGER docs_gone AFTER DELETE ON docs BEGIN
  INSERT INTO docs_index (docs_index, rowid, body) VALUES ('delete', OLD.rowid, OLD.body);
END;
INSERT INTO docs VALUES ('a', 'one word'), ('b', 'two words'), ('c', 'three words');
DELETE FROM docs WHERE slug = 'b';
"""
KEYS = """
CREATE TABLE prices (region TEXT, day TEXT, cents INT, euros REAL AS (cents / 100.0) STORED,
  label TEXT AS (region || day), PRIMARY KEY (region, day)) STRICT, WITHOUT ROWID;
CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, day TEXT,
  FOREIGN KEY (region, day) REFERENCES prices ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX prices_cents ON prices(cents) WHERE cents > 0;
CREATE VIEW dear AS SELECT * FROM prices WHERE cents > 1000;
INSERT INTO prices (region, day, cents) VALUES ('eu', '2026-01-01', 5000), ('us', '2026-01-01', 20);
INSERT INTO orders VALUES (1, 'eu', '2026-01-01');
"""
CIRCLE = """
CREATE TABLE users (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams(id) ON DELETE CASCADE);
CREATE TABLE teams (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users(id) ON DELETE CASCADE);
INSERT INTO users VALUES (1, NULL);
INSERT INTO teams VALUES (1, 1);
UPDATE users SET team = 1;
"""
ODD = """
CREATE TABLE "order" ("select" TEXT, "a ""b""; c" BLOB, old_rowid, x'00' DEFAULT 1.5);
CREATE TABLE order_rows (id INTEGER PRIMARY KEY);
CREATE INDEX "the index" ON "order"("select");
INSERT INTO "order" VALUES ('x', x'ff00', 1e400, 'text'), (NULL, '', 9007199254740993, 2.0), (1, 2, 3, 4);
DELETE FROM "order" WHERE "select" IS NULL;
""".replace("x'00'", "[the last]")
HIDDEN = """
CREATE TABLE t (rowid TEXT, _rowid_ TEXT, oid TEXT);
INSERT INTO t VALUES ('a', 'b', 'c'), ('d', 'e', 'f');
"""
RENAMED = """
CREATE TABLE first_name (id INTEGER PRIMARY KEY, note TEXT -- what is said; of it
);
CREATE TABLE child (id INTEGER PRIMARY KEY, up INTEGER REFERENCES first_name(id) ON DELETE CASCADE);
ALTER TABLE first_name RENAME TO last_name;
INSERT INTO last_name VALUES (1, 'x');
INSERT INTO child VALUES (1, 1);
"""
CHAINS = {
    "children": (CHILDREN, "teams"),
    "a grandparent": (CHILDREN, "Members"),
    "a child": (CHILDREN, "both"),
    "a tree": (TREE, "nodes"),
    "full text": (SEARCH, "docs"),
    "keys": (KEYS, "prices"),
    "a circle": (CIRCLE, "users"),
    "odd names": (ODD, "order"),
    "hidden rowids": (HIDDEN, "t"),
    "renamed": (RENAMED, "last_name"),
}


def chain_of(sql: str) -> Chain:
    """A chain of one migration."""
    return Chain("migrations", (migration("0001_all.sql", "migrations/0001_all.sql", sql.encode()),))


def held(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """The rows of all tables but the ledger, as SQLite gives and types them."""
    names = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'd1_migrations'"
    )
    found = {}
    for (name,) in sorted(names):
        info = database.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1", (name,))
        columns = [column for (column,) in info]
        typed = ", ".join(f"{quote(one)}, typeof({quote(one)})" for one in columns)
        rows = database.execute(f"SELECT {typed} FROM {quote(name)} ORDER BY {quote(columns[0])}")
        if name == "sqlite_sequence":
            rows = [row for row in rows if row[0] != "d1_migrations"]
        found[name] = sorted(rows, key=repr)
    return found


def schema(database: Database) -> list[tuple[object, ...]]:
    """Every stored statement but those of the ledger, as its tokens."""
    stored = database.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'd1_%'"
    )
    return sorted(((*row[:3], canonical(row[3] or "")) for row in stored), key=repr)


@pytest.mark.parametrize("profile", ["d1", "sqlite"])
@pytest.mark.parametrize(("sql", "table"), CHAINS.values(), ids=CHAINS)
def test_nothing_is_lost(sql: str, table: str, profile: str, universe: Universe) -> None:
    """After a rebuild every row of every table is there, with its types, and the schema says the same."""
    chain = chain_of(sql)
    with replay(chain, PROFILES[profile], universe) as done:
        before, stored = held(done.database), schema(done.database)
        numbered = f"SELECT rowid FROM {quote(table)}" if table not in {"t", "prices"} else "SELECT 1"
        rowids = done.database.execute(numbered)
        text = rebuild(introspect(done.database, rows=False), table)
        file = migration("0002_rebuild.sql", "migrations/0002_rebuild.sql", text.encode())
        apply(done.database, chain._replace(migrations=(*chain.migrations, file)), 1)
        assert held(done.database) == before
        assert schema(done.database) == stored
        assert done.database.execute(numbered) == rowids
        assert done.database.execute("PRAGMA foreign_key_check") == []


def test_the_next_key_is_the_next(universe: Universe) -> None:
    """An AUTOINCREMENT table does not use a key again that it had given away before the rebuild."""
    chain = chain_of(CHILDREN)
    with replay(chain, PROFILES["d1"], universe) as done:
        text = rebuild(introspect(done.database, rows=False), "teams")
        file = migration("0002_rebuild.sql", "migrations/0002_rebuild.sql", text.encode())
        apply(done.database, chain._replace(migrations=(*chain.migrations, file)), 1)
        done.database.execute("INSERT INTO teams (name) VALUES ('new')")
        assert done.database.execute("SELECT max(id) FROM teams") == [(10,)]


def test_the_index_still_finds(universe: Universe) -> None:
    """An external-content index finds the same rows after its table was rebuilt, and is whole."""
    chain = chain_of(SEARCH)
    with replay(chain, PROFILES["d1"], universe) as done:
        text = rebuild(introspect(done.database, rows=False), "docs")
        file = migration("0002_rebuild.sql", "migrations/0002_rebuild.sql", text.encode())
        apply(done.database, chain._replace(migrations=(*chain.migrations, file)), 1)
        done.database.execute("INSERT INTO docs_index (docs_index, rank) VALUES ('integrity-check', 1)")
        found = done.database.execute("SELECT rowid, body FROM docs_index WHERE docs_index MATCH 'three'")
        assert found == [(3, "three words")]


def test_a_row_left_out_stops_it(universe: Universe) -> None:
    """Whoever edits the INSERT so that a parent is lost is stopped: no child refers to nothing."""
    chain = chain_of(CHILDREN)
    with replay(chain, PROFILES["d1"], universe) as done:
        text = rebuild(introspect(done.database, rows=False), "teams")
        text = text.replace("FROM teams_rows;", "FROM teams_rows WHERE id = 1;")
        file = migration("0002_rebuild.sql", "migrations/0002_rebuild.sql", text.encode())
        with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
            apply(done.database, chain._replace(migrations=(*chain.migrations, file)), 1)


def test_a_table_that_nobody_refers_to(universe: Universe) -> None:
    """Where nothing refers to a table, its rebuild is as short as can be."""
    sql = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);"
    with replay(chain_of(sql), PROFILES["d1"], universe) as done:
        text = rebuild(introspect(done.database, rows=False), "notes")
    lines = [line for line in text.splitlines() if line and not line.startswith("--")]
    assert lines == [
        "CREATE TABLE notes_rows AS SELECT * FROM notes;",
        "DROP TABLE notes;",
        "CREATE TABLE notes (",
        "    id INTEGER PRIMARY KEY,",
        "    text TEXT",
        ");",
        "INSERT INTO notes (id, text)",
        "SELECT id, text",
        "FROM notes_rows;",
        "DROP TABLE notes_rows;",
    ]


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("doc", "the chain leaves no table doc", "Is it docs?"),
        ("latest", "latest is a view", "Drop it, and create it again"),
        ("docs_index", "belongs to the virtual table docs_index, which fts5 keeps", "Drop the virtual table"),
        ("docs_index_data", "docs_index_data belongs to the virtual table docs_index", "Drop the virtual"),
        ("d1_migrations", "the chain leaves no table d1_migrations", "Choose one of docs."),
    ],
)
def test_what_is_no_table(name: str, message: str, hint: str, universe: Universe) -> None:
    """What cannot be rebuilt is an error that says what it is, and what to do."""
    sql = SEARCH + "CREATE VIEW latest AS SELECT * FROM docs;"
    with replay(chain_of(sql), PROFILES["d1"], universe) as done:
        snapshot = introspect(done.database, rows=False)
    with pytest.raises(InputError) as caught:
        rebuild(snapshot, name)
    assert message in caught.value.message
    assert hint in str(caught.value.hint)


CHANGES = "not leave everything as it is"
NAIVE = """
CREATE TABLE teams_new (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT, name TEXT NOT NULL);
INSERT INTO teams_new SELECT * FROM teams;
DROP TABLE teams;
ALTER TABLE teams_new RENAME TO teams;
CREATE UNIQUE INDEX teams_code ON teams(code);
"""
SCHEMA = CHILDREN.partition("INSERT INTO teams VALUES")[0]


def without(text: str, *parts: str) -> str:
    """A text without the statements that begin so."""
    for part in parts:
        assert part in text
        start = text.index(part)
        end = text.index("END;" if part.startswith("CREATE TRIGGER") else ";", start)
        text = text[:start] + text[text.index(";", end) + 1 :]
    return text


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (("CREATE TRIGGER keep_members", "DROP TRIGGER keep_members"), CHANGES),
        (("CREATE TRIGGER keep_notes", "DROP TRIGGER keep_notes"), CHANGES),
        (("CREATE TRIGGER keep_plans", "DROP TRIGGER keep_plans"), "FOREIGN KEY constraint failed"),
        (("DROP TRIGGER keep_notes",), CHANGES),
        (("PRAGMA defer_foreign_keys",), "FOREIGN KEY constraint failed"),
        (("CREATE UNIQUE INDEX teams_code",), "foreign key mismatch"),
        (("CREATE TRIGGER team_gone",), CHANGES),
        (("INSERT INTO sqlite_sequence",), CHANGES),
        (("DROP TABLE teams_rows",), CHANGES),
    ],
)
def test_every_part_is_needed(
    lost: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, universe: Universe
) -> None:
    """A rebuild that lacks any of its parts is not proved, and then nothing is written."""
    sql = CHILDREN if "INSERT INTO sqlite_sequence" in lost else SCHEMA
    with replay(chain_of(sql), PROFILES["d1"], universe) as done:
        text = without(rebuild(introspect(done.database, rows=False), "teams"), *lost)
    refused(text, sql, said, tmp_path, monkeypatch)


def test_what_deletes_children_is_not_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rebuild that everybody writes is refused, though the chain itself holds no row."""
    table = "CREATE TABLE teams (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT, name TEXT NOT NULL);\n"
    child = (
        "CREATE TABLE members (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams ON DELETE CASCADE);\n"
    )
    sql = table + child + "CREATE UNIQUE INDEX teams_code ON teams(code);\n"
    refused(NAIVE, sql, CHANGES, tmp_path, monkeypatch)


def refused(text: str, sql: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """See to it that a text is no rebuild of the table teams that a chain leaves."""
    directory = folder / "migrations"
    directory.mkdir()
    (directory / "0001_all.sql").write_text(sql)
    monkeypatch.setattr(module, "rebuild", lambda _snapshot, _name: text)
    with pytest.raises(UnprovedError) as caught:
        new(target(directory), "rebuild teams", rebuild="teams")
    assert said in caught.value.message
    assert [path.name for path in directory.iterdir()] == ["0001_all.sql"]


def test_a_proof_without_rows_says_so(tmp_path: Path) -> None:
    """Where no row can be in a table that refers to it, the proof saw none there, and a note says so."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    child = (
        "CREATE TABLE child (up INTEGER REFERENCES teams(id), CHECK (up < 0 AND up > 0 AND up IS NOT NULL));"
    )
    (directory / "0001_all.sql").write_text(f"CREATE TABLE teams (id INTEGER PRIMARY KEY);\n{child}\n")
    made = new(target(directory), "rebuild teams", rebuild="teams")
    assert made.notes == ("child is empty, and no rows could be made for the proof",)
    assert made.path.exists()


@pytest.mark.parametrize(("sql", "table"), CHAINS.values(), ids=CHAINS)
def test_lint_finds_nothing_in_it(sql: str, table: str, tmp_path: Path) -> None:
    """A rebuild that was written for a chain without rows is proved, and no rule has a word to say of it."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    statements = [
        line for line in sql.splitlines() if not line.startswith(("INSERT", "DELETE", "UPDATE", "  SELECT i"))
    ]
    (directory / "0001_all.sql").write_text("\n".join(statements))
    made = new(target(directory), "rebuild it", rebuild=table)
    assert made.path.name == "0002_rebuild_it.sql"
    assert made.notes == ()
    severities = {rule.code: rule.severity for rule in RULES}
    aim = target(directory)
    with read(aim, read_chain(directory)) as study:
        assert study.complete
        found = [one for one in diagnose(study, RULES, severities) if one.path == made.path.as_posix()]
    assert found == []
