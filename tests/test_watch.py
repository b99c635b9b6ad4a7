"""Watching a chain: what each statement does to the stored schema, and that watching changes nothing."""

from __future__ import annotations

import random
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from squasher.chain import Chain, read_chain
from squasher.errors import ReplayError
from squasher.introspect import introspect
from squasher.model import Index, Table, VirtualTable
from squasher.profiles import D1, PROFILES, SQLITE
from squasher.replay import apply, begin, replay
from squasher.sql import fold
from squasher.watch import Watcher
from tests.generated.chains import chains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from squasher.engine import Database
    from squasher.profiles import Profile
    from squasher.statements import Ran
    from squasher.universe import Universe
    from squasher.watch import Note, Version
    from tests.generated.chains import Chain as Written

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
GROWN = """
CREATE TABLE a (x); CREATE TABLE "B b" (y); CREATE TABLE "add" (rename);
ALTER TABLE main.A ADD c; ALTER TABLE [b B] /* ADD */ ADD COLUMN d DEFAULT 'x, y'
; ALTER TABLE "add" RENAME TO adds; ALTER TABLE adds ADD "add" CHECK ("add" <> ',');
ALTER TABLE adds DROP COLUMN rename;
"""
UNDONE = """
BEGIN; CREATE TABLE kept (a); COMMIT;
BEGIN; DROP TABLE kept; CREATE TABLE gone (a); INSERT INTO gone VALUES (random()); ROLLBACK;
SAVEPOINT s; ALTER TABLE kept RENAME TO other; ROLLBACK TO s; RELEASE s;
VACUUM; CREATE TABLE after (a); CREATE TEMP TABLE kept (b); CREATE INDEX temp.ki ON kept (b);
ALTER TABLE kept ADD c; ALTER TABLE main.kept ADD d; DROP TABLE temp.kept;
PRAGMA reverse_unordered_selects = 1; CREATE INDEX ki ON kept (a); DROP INDEX ki; ANALYZE;
"""
SCRIPTS = {"renames": RENAMES, "virtual": VIRTUAL, "rebuild": REBUILD, "grown": GROWN}


CASES = Path(__file__).parent / "cases"


class Judged(Watcher):
    """A watcher whose notes are compared, statement by statement, with all that SQLite stores."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, facts=False)
        self._stood = self._everything()
        self.noted = 0

    def _everything(self) -> dict[int, tuple[str, str, str, str]]:
        ledger = self._db.profile.ledger
        found = self._db.execute("SELECT rowid, type, name, tbl_name, sql FROM main.sqlite_schema")
        return {
            rowid: (kind, name, table, sql)
            for rowid, kind, name, table, sql in found
            if sql is not None and name != ledger and not fold(name).startswith("sqlite_")
        }

    def see(self, ran: Ran) -> None:
        """Called after each statement: an ALTER keeps rows where they are, all else keeps their names."""
        number = self._statements
        super().see(ran)
        self.catch_up()
        in_place = ran.sql[:5].lower() == "alter"
        before, after = (
            {rowid if in_place else one[:2]: one for rowid, one in rows.items()}
            for rows in (self._stood, self._everything())
        )
        expected = {
            (before.get(key), after.get(key))
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        }
        said = [note for note in self._notes if note.statement == number]
        stored = [(note.old and tuple(note.old.stored), note.new and tuple(note.new.stored)) for note in said]
        assert len(stored) == len(expected), ran.sql
        assert set(stored) == expected, ran.sql
        self.noted += len(said)
        self._stood = self._everything()

    def back(self) -> None:
        """A file was rolled back."""
        super().back()
        self._stood = self._everything()


class Eager(Watcher):
    """A watcher that reads what was made as soon as it was made."""

    def see(self, ran: Ran) -> None:
        """Called after each statement."""
        super().see(ran)
        self.catch_up()


def notes_of(chain: Chain, connect: Callable[[], Database], kind: type[Watcher]) -> list[Note]:
    """What a watcher of some kind notes of a chain, as far as it runs."""
    database = connect()
    watcher = kind(database, facts=False)
    begin(database)
    found: list[Note] = []
    for index in range(len(chain.migrations)):
        try:
            apply(database, chain, index, watcher)
        except ReplayError:
            break
        found += watcher.take()
    return found


def judge(chain: Chain, database: Database) -> int:
    """Run a chain, as far as it runs, under the eyes of a judge; how many notes were taken."""
    begin(database)
    watcher = Judged(database)
    for index in range(len(chain.migrations)):
        try:
            apply(database, chain, index, watcher)
        except ReplayError:
            break
        watcher.take()
    watcher.back()
    return watcher.noted


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
        watcher.about,
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
        watcher.about,
    )
    watcher.take()
    database.run("ALTER TABLE a RENAME TO b", watcher.see, watcher.about)
    assert pairs(watcher.take()) == [(0, "a", "b"), (0, "i", "i"), (0, "v", "v")]


def test_notes_of_names_that_change_places(connect: Connect) -> None:
    """Each rename is of the table that bore the name at that moment."""
    database = connect(D1)
    watcher = Watcher(database, facts=False)
    database.run("CREATE TABLE a (x); CREATE TABLE b (y);", watcher.see, watcher.about)
    watcher.take()
    database.run(
        "ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b;",
        watcher.see,
        watcher.about,
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
        "CREATE TABLE gone (a); CREATE TABLE a (x); CREATE TABLE b (y); DROP TABLE gone",
        watcher.see,
        watcher.about,
    )
    watcher.take()
    database.run(
        "BEGIN; DROP TABLE b; CREATE TABLE c (z); ROLLBACK; VACUUM; CREATE TABLE d (z); DROP TABLE d",
        watcher.see,
        watcher.about,
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
        watcher.about,
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
                watcher.about,
            )
        assert len(watcher.take()) == 2 * count
        read.append(watcher.rows)
    assert read == [200, 400]


@pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
def test_nothing_of_the_cases_is_missed(connect: Connect, profile: Profile) -> None:
    """In every chain of the cases, what is noted of a statement is what is stored otherwise behind it."""
    noted: list[int] = []
    for case in sorted(CASES.glob("*/")):
        chain = read_chain(case / "migrations")
        noted.append(judge(chain, connect(profile)))
        opened = partial(connect, profile)
        assert notes_of(chain, opened, Watcher) == notes_of(chain, opened, Eager), case.name
    assert sum(noted) > len(noted)


MODULE = """
CREATE VIRTUAL TABLE f USING fts3 (x); CREATE TABLE t (a);
INSERT INTO f (f) VALUES ('automerge=8');
ALTER TABLE t ADD COLUMN b; CREATE TABLE u (a);
"""
ANALYZED = """
CREATE TABLE a (x, y); CREATE INDEX ai ON a (y); INSERT INTO a VALUES (1, 'p'); SELECT * FROM a WHERE y = 'p';
CREATE TABLE zz (q); PRAGMA optimize = 0x10002; INSERT INTO zz VALUES (1);
"""


@pytest.mark.parametrize(
    ("profile", "script", "expected"),
    [
        (SQLITE, MODULE, [(1, None, "t"), (3, "t", "t"), (3, None, "[f_stat]"), (4, None, "u")]),
        (D1, ANALYZED, [(0, None, "a"), (1, None, "ai"), (4, None, "zz")]),
    ],
    ids=["module", "optimize"],
)
def test_what_appears_without_a_create(
    write_chain: WriteChain,
    universe: Universe,
    profile: Profile,
    script: str,
    expected: list[tuple[int, str | None, str | None]],
) -> None:
    """A module's own table is its part, and what SQLite makes on the way moves no note to another place."""
    chain = read_chain(write_chain({"0001_a.sql": script}))
    with replay(chain, profile, universe) as watched:
        noted = pairs(watched.steps[0].notes)
        assert [one for one in noted if "f" not in str(one) or "f_stat" in str(one)] == expected


@pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
def test_what_is_read_later_is_of_the_same_statement(connect: Connect, profile: Profile) -> None:
    """Whatever a CREATE is written like, its note has its number, and what is gone in the end has one."""
    script = """
        CREATE TABLE a (x); CREATE TABLE IF NOT EXISTS A (y); create  unique\tindex if not exists i on a (x);
        CREATE TABLE "b ""c" (x); CREATE TABLE "if" (x); CREATE TABLE [k] (x); CREATE TABLE main . d (x);
        CREATE TABLE main /* . */ . e (x); CREATE TABLE f$g (x); CREATE TABLE f (x); CREATE TABLE é (x);
        CREATE TABLE/**/h (x); INSERT INTO h VALUES (1); WITH n AS (SELECT 2) INSERT INTO h SELECT * FROM n;
        CREATE VIEW v AS SELECT 1; CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;
        CREATE TABLE q AS SELECT 1; CREATE TABLE counted (k INTEGER PRIMARY KEY AUTOINCREMENT);
        CREATE VIRTUAL TABLE w USING fts5 (x); CREATE TABLE l (x); DROP TABLE l; CREATE TABLE l (y);
        ALTER TABLE l RENAME TO m; CREATE TABLE l (z);
    """
    database = connect(profile)
    watcher = Watcher(database, facts=False)
    ran = database.run(script, watcher.see, watcher.about)
    made = [(note.statement, note.new.stored) for note in watcher.take() if note.new and not note.old]
    own = [(number, stored) for number, stored in made if not stored.name.startswith("w_")]
    assert [fold(ran[number].sql).replace(" ", "") for number, _ in own] == [
        fold(one.sql).replace(" ", "")
        for one in ran
        if one.sql[:6].lower() == "create" and " A (y)" not in one.sql
    ]
    assert len(made) > len(own)
    assert all(stored.name.strip('"').replace('"', '""') in ran[number].sql for number, stored in own)


@pytest.mark.parametrize("profile", ["d1", "sqlite"])
def test_nothing_of_generated_chains_is_missed(connect: Connect, profile: str) -> None:
    """So it is in chains that nobody wrote."""
    noted: list[int] = []

    def judged(chain: Written) -> None:
        with tempfile.TemporaryDirectory() as folder:
            read = read_chain(chain.write(Path(folder) / "migrations"))
            noted.append(judge(read, connect(PROFILES[profile])))
            opened = partial(connect, PROFILES[profile])
            assert notes_of(read, opened, Watcher) == notes_of(read, opened, Eager)

    quick = settings(
        derandomize=True, database=None, max_examples=15, suppress_health_check=list(HealthCheck)
    )
    quick(given(chains(profile))(judged))()
    assert sum(noted) > len(noted)


def _changes(chance: random.Random) -> Iterator[str]:
    """A schema of several hundred rows, and statements that change texts all over it, many at once."""
    tables = [f"t{number}" for number in range(90)]
    for number, table in enumerate(tables):
        parent = chance.choice(tables[: number + 1])
        yield f"CREATE TABLE {table} (a, b TEXT DEFAULT 'x', c UNIQUE, p REFERENCES {parent} (c))"
        yield f'CREATE INDEX i{number} ON {table} (a, "b")'
        yield f"CREATE VIEW v{number} AS SELECT a, 'b' || \"c\" AS d FROM {parent}"
        yield f"CREATE TRIGGER r{number} AFTER INSERT ON {table} BEGIN DELETE FROM {parent} WHERE a = 1; END"
    yield "CREATE VIRTUAL TABLE words USING fts5 (body)"
    for number in range(60):
        place = chance.randrange(len(tables))
        table, other = tables[place], f"other {number}"
        match chance.randrange(8):
            case 0 | 1:
                yield f"ALTER TABLE {table} ADD COLUMN x{number}"
            case 2:
                yield f"ALTER TABLE {table} RENAME TO '{other}'"
                tables[place] = f'"{other}"'
            case 3:
                yield f"ALTER TABLE {table} RENAME COLUMN p TO p"
            case 4:
                yield f"PRAGMA legacy_alter_table = {chance.choice(('ON', 'OFF'))}"
            case 5:
                yield f"DROP VIEW IF EXISTS v{place}"
                yield f"CREATE VIEW v{place} AS SELECT 1 AS one FROM {table}"
            case 6:
                yield f"CREATE TABLE made{number} AS SELECT * FROM {table}"
                yield f"ALTER TABLE {table} DROP COLUMN b"
                yield f"DROP TABLE made{number}"
            case _:
                yield f"DROP TRIGGER IF EXISTS r{place}"
                yield f"DROP TABLE {table}"
                yield f"CREATE TABLE {table} (a, b, c UNIQUE, p)"
    yield "ALTER TABLE words RENAME TO texts"
    yield "DROP TABLE texts"


@pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
def test_nothing_of_a_large_schema_is_missed(connect: Connect, profile: Profile) -> None:
    """Nor where there are many rows, of which one statement changes many or a single one."""
    for seed in range(2):
        database = connect(profile)
        watcher = Judged(database)
        for statement in _changes(random.Random(seed)):
            database.run(statement, watcher.see, watcher.about, past=lambda _: True)  # SQLite may refuse it
            watcher.take()
        assert watcher.noted > 400


def test_few_rows_of_a_large_schema_are_read(connect: Connect) -> None:
    """An ALTER of one table reads the rows beside that of the table, and not those of the whole schema."""
    database = connect(D1)
    watcher = Watcher(database, facts=False)
    database.run(
        "".join(f"CREATE TABLE t{number} (a);" for number in range(1000)), watcher.see, watcher.about
    )
    watcher.take()
    before = watcher.rows
    database.run("ALTER TABLE t500 ADD COLUMN b; DROP TABLE t700;", watcher.see, watcher.about)
    assert 0 < watcher.rows - before < 500
