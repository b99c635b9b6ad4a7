"""Watching a chain: what each statement does to the stored schema, and that watching changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher.chain import read_chain
from squasher.introspect import introspect
from squasher.model import Index, Table, VirtualTable
from squasher.profiles import D1, SQLITE
from squasher.replay import replay
from squasher.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from squasher.engine import Database
    from squasher.profiles import Profile
    from squasher.universe import Universe
    from squasher.watch import Note, Version

    Connect = Callable[..., Database]
    WriteChain = Callable[[Mapping[str, str | bytes]], Path]

RENAMES = """
CREATE TABLE a (x, y, k INTEGER PRIMARY KEY); CREATE INDEX i ON a (x); CREATE VIEW v AS SELECT x FROM a;
CREATE TABLE child (p REFERENCES a (k));
CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = random(); END;
INSERT INTO a (x, y) VALUES (1, changes()), (2, last_insert_rowid());
ALTER TABLE a RENAME TO b;
INSERT INTO b (x, y) SELECT total_changes(), julianday('now');
ALTER TABLE b RENAME x TO z; ALTER TABLE b DROP COLUMN y;
"""
VIRTUAL = """
CREATE TABLE docs (id INTEGER PRIMARY KEY, title);
CREATE VIRTUAL TABLE fts USING fts5 (title, content='docs', content_rowid='id');
CREATE VIRTUAL TABLE own USING fts5 (body);
INSERT INTO docs VALUES (1, 'one'); INSERT INTO fts (fts) VALUES ('rebuild');
INSERT INTO own VALUES (hex(randomblob(8)));
ALTER TABLE own RENAME TO notes; INSERT INTO notes SELECT body || changes() FROM notes;
DROP TABLE fts;
"""
REBUILD = """
CREATE TABLE u (a); INSERT INTO u VALUES (random()); CREATE INDEX ui ON u (a);
CREATE TABLE u_new (a, b DEFAULT CURRENT_TIMESTAMP); INSERT INTO u_new (a) SELECT a FROM u;
DROP TABLE u; ALTER TABLE u_new RENAME TO u; CREATE INDEX ui ON u (a);
"""
UNDONE = """
BEGIN; CREATE TABLE kept (a); COMMIT;
BEGIN; DROP TABLE kept; CREATE TABLE gone (a); INSERT INTO gone VALUES (random()); ROLLBACK;
SAVEPOINT s; ALTER TABLE kept RENAME TO other; ROLLBACK TO s; RELEASE s;
VACUUM; CREATE TABLE after (a); CREATE TEMP TABLE kept (b); CREATE INDEX temp.ki ON kept (b);
DROP TABLE temp.kept;
PRAGMA reverse_unordered_selects = 1; CREATE INDEX ki ON kept (a); DROP INDEX ki; ANALYZE;
"""
SCRIPTS = {"renames": RENAMES, "virtual": VIRTUAL, "rebuild": REBUILD}


def pairs(notes: tuple[Note, ...]) -> list[tuple[int, str | None, str | None]]:
    """Which statement did what: the names before and after."""
    return [(note.statement, name(note.old), name(note.new)) for note in notes]


def name(version: Version | None) -> str | None:
    """The name of a version; of a shadow table in brackets."""
    if version is None:
        return None
    return f"[{version.stored.name}]" if version.part else version.stored.name


@pytest.mark.parametrize("facts", [False, True], ids=["names", "facts"])
@pytest.mark.parametrize(
    ("profile", "script"),
    [(D1, one) for one in SCRIPTS.values()] + [(SQLITE, one) for one in (*SCRIPTS.values(), UNDONE)],
    ids=[f"d1-{name}" for name in SCRIPTS] + [f"sqlite-{name}" for name in (*SCRIPTS, "undone")],
)
def test_watching_changes_nothing(
    write_chain: WriteChain, universe: Universe, profile: Profile, script: str, *, facts: bool
) -> None:
    """Watched or not, a chain leaves the same database, and every statement is seen to do the same."""
    chain = read_chain(write_chain({"0001_a.sql": script, "0002_b.sql": "CREATE TABLE last (a);"}))
    with (
        replay(chain, profile, universe, observe=False) as alone,
        replay(chain, profile, universe, facts=facts) as watched,
    ):
        assert not any(step.notes for step in alone.steps)
        assert all(step.notes for step in watched.steps)
        assert [step.statements for step in watched.steps] == [step.statements for step in alone.steps]
        assert introspect(watched.database) == introspect(alone.database)
        assert watched.asked == alone.asked


@pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
def test_watching_the_projects_chain(repository: Path, universe: Universe, profile: Profile) -> None:
    """So does the chain in this repository, and what was seen last of each object is what stands."""
    chain = read_chain(repository / "migrations")
    with (
        replay(chain, profile, universe, observe=False) as alone,
        replay(chain, profile, universe, facts=True) as watched,
    ):
        assert [step.statements for step in watched.steps] == [step.statements for step in alone.steps]
        left = introspect(alone.database)
        assert introspect(watched.database) == left
        known: dict[tuple[str, str], str] = {}
        for note in (note for step in watched.steps for note in step.notes):
            if note.old is not None:
                known.pop(note.old.key, None)
            if note.new is not None and not note.new.part:
                known[note.new.key] = note.new.stored.sql
        assert sorted(known.values()) == sorted(item.sql or "" for item in left.objects)


def test_notes_of_creations(connect: Connect) -> None:
    """A CREATE is noted with its name; one that did nothing is not; indexes of constraints are no objects."""
    database = connect(D1)
    watcher = Watcher(database, facts=False)
    database.run(
        "CREATE TABLE a (x PRIMARY KEY, y UNIQUE); INSERT INTO a VALUES (1, 2);"
        "CREATE TABLE IF NOT EXISTS a (z);"
        "CREATE VIRTUAL TABLE f USING fts5 (b); CREATE TABLE f_own (c); CREATE VIEW v AS SELECT 1;",
        watcher.see,
    )
    assert pairs(watcher.take()) == [
        (0, None, "a"),
        (3, None, "f"),
        *((3, None, f"[f_{part}]") for part in ("data", "idx", "content", "docsize", "config")),
        (4, None, "f_own"),
        (5, None, "v"),
    ]
    assert watcher.take() == ()


def test_notes_of_a_rename(connect: Connect) -> None:
    """A rename is a pair of two names, and so is each object whose text SQLite writes anew with it."""
    database = connect(D1)
    watcher = Watcher(database, facts=False)
    database.run(
        "CREATE TABLE a (x); CREATE INDEX i ON a (x); CREATE TABLE apart (x);"
        "CREATE VIEW v AS SELECT x FROM a;",
        watcher.see,
    )
    watcher.take()
    database.run("ALTER TABLE a RENAME TO b", watcher.see)
    assert pairs(watcher.take()) == [(0, "a", "b"), (0, "i", "i"), (0, "v", "v")]


def test_notes_of_names_that_change_places(connect: Connect) -> None:
    """Each rename is of the table that bore the name at that moment."""
    database = connect(D1)
    watcher = Watcher(database, facts=False)
    database.run("CREATE TABLE a (x); CREATE TABLE b (y);", watcher.see)
    watcher.take()
    database.run(
        "ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b;", watcher.see
    )
    notes = watcher.take()
    assert pairs(notes) == [(0, "a", "c"), (1, "b", "a"), (2, "c", "b")]
    assert [note.new.stored.sql for note in notes if note.new is not None] == [
        'CREATE TABLE "c" (x)',
        'CREATE TABLE "a" (y)',
        'CREATE TABLE "b" (x)',
    ]


def test_notes_of_what_is_undone(connect: Connect) -> None:
    """A ROLLBACK drops what was made and makes what was dropped; a VACUUM that moves rows does nothing."""
    database = connect(SQLITE)
    watcher = Watcher(database, facts=False)
    database.run(
        "CREATE TABLE gone (a); CREATE TABLE a (x); CREATE TABLE b (y); DROP TABLE gone", watcher.see
    )
    watcher.take()
    database.run(
        "BEGIN; DROP TABLE b; CREATE TABLE c (z); ROLLBACK; VACUUM; CREATE TABLE d (z); DROP TABLE d",
        watcher.see,
    )
    assert pairs(watcher.take()) == [
        (1, "b", None),
        (2, None, "c"),
        (3, "c", None),
        (3, None, "b"),
        (5, None, "d"),
        (6, "d", None),
    ]


def test_facts_are_of_the_moment(connect: Connect) -> None:
    """With facts, each version says what SQLite said of the object right after the statement."""
    database = connect(D1)
    watcher = Watcher(database, facts=True)
    database.run(
        "CREATE TABLE t (a INT); CREATE INDEX i ON t (a DESC); ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x';"
        "CREATE VIRTUAL TABLE f USING fts5 (c); DROP TABLE t;",
        watcher.see,
    )
    notes = [note for note in watcher.take() if not (note.new or note.old).part]  # type: ignore[union-attr]
    facts = [note.new.facts for note in notes if note.new is not None]
    assert [type(one) for one in facts] == [Table, Index, Table, VirtualTable]
    tables = [one for one in facts if isinstance(one, Table)]
    assert [[(c.name, c.type, c.default) for c in table.columns] for table in tables] == [
        [("a", "INT", None)],
        [("a", "INT", None), ("b", "TEXT", "'x'")],
    ]
    assert [part.descending for one in facts if isinstance(one, Index) for part in one.columns] == [True]
    dropped = [note.old.facts for note in notes if note.old is not None and note.new is None]
    assert sorted(type(one).__name__ for one in dropped) == ["Index", "Table"]


def test_watching_reads_in_proportion_to_the_work(connect: Connect) -> None:
    """A chain of twice as many CREATEs reads twice as many rows of the schema, not four times."""
    read: list[int] = []
    for count in (100, 200):
        database = connect(D1)
        watcher = Watcher(database, facts=False)
        for number in range(count):
            database.run(
                f"CREATE TABLE t{number} (a); CREATE INDEX i{number} ON t{number} (a);"
                f" INSERT INTO t{number} VALUES (1);",
                watcher.see,
            )
        assert len(watcher.take()) == 2 * count
        read.append(watcher.rows)
    assert read == [200, 400]
