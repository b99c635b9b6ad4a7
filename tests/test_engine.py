"""The engine: pinned clock and randomness, statement boundaries, and what the profiles refuse."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import apsw
import pytest

from squasher import authority, engine, volatile
from squasher.engine import Database
from squasher.errors import SqlError
from squasher.profiles import D1, SQLITE
from squasher.statements import Stopped
from squasher.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from squasher.model import Value
    from squasher.profiles import Profile
    from squasher.statements import Ran

    Connect = Callable[..., Database]

NOW = "2026-11-22 12:34:56"


def values(database: Database, query: str) -> list[tuple[Value, ...]]:
    """What a query gives when a migration runs it: its rows are kept in a table."""
    database.run(f"CREATE TABLE result AS {query}")
    rows = database.execute("SELECT * FROM result")
    database.run("DROP TABLE result")
    return rows


class TestClock:
    """The time that migrations see is the universe's, to the millisecond."""

    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("datetime('now')", NOW),
            ("datetime()", NOW),
            ("datetime('now', 'subsec')", NOW + ".789"),
            ("strftime('%Y-%m-%d %H:%M:%f', 'now')", NOW + ".789"),
            ("date('now', '-1 month')", "2026-10-22"),
            ("time()", "12:34:56"),
            ("CURRENT_TIMESTAMP", NOW),
            ("CURRENT_DATE", "2026-11-22"),
            ("CURRENT_TIME", "12:34:56"),
            ("unixepoch('now')", 1795350896),
            ("datetime(julianday('now'))", NOW),
            ("timediff('now', '2026-11-22')", "+0000-00-00 12:34:56.789"),
            ("datetime('n' || 'ow')", NOW),
        ],
    )
    def test_every_way_to_ask(self, connect: Connect, expression: str, value: object) -> None:
        """Each function that tells the time tells the universe's."""
        database = connect(SQLITE)
        assert values(database, f"SELECT {expression}") == [(value,)]

    @pytest.mark.parametrize(
        ("statement", "asks"),
        [
            ("SELECT datetime('now')", True),
            ("SELECT datetime('now'), date('now'), CURRENT_TIMESTAMP, unixepoch()", True),
            ("INSERT INTO t (a) SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", True),
            ("INSERT INTO t VALUES (1, 2)", False),
            ("SELECT date('2020-01-01'), datetime(0, 'unixepoch'), date('2020-01-31', '+1 month')", False),
            ("SELECT 'now', strftime('%s', '2020-01-01')", False),
            ("CREATE INDEX i ON t (date(a))", False),
            ("CREATE TABLE u (a DEFAULT (datetime('now')))", False),
        ],
    )
    def test_a_statement_that_asks_is_marked(self, connect: Connect, statement: str, *, asks: bool) -> None:
        """A statement that needs the time is marked, however often it asks; the others are not."""
        database = connect(SQLITE, "CREATE TABLE t (a, b DEFAULT CURRENT_TIMESTAMP);")
        (ran,) = database.run(statement)
        assert ran.asked_clock is asks
        assert not ran.asked_random

    def test_each_statement_counts(self, connect: Connect) -> None:
        """Each statement tells for itself whether it asked."""
        ran = connect(SQLITE).run("SELECT datetime('now'); SELECT 1; SELECT datetime('now');")
        assert [statement.asked_clock for statement in ran] == [True, False, True]

    def test_where_sqlite_refuses_now(self, connect: Connect) -> None:
        """What SQLite refuses to compute from the time, it refuses under a pinned clock too."""
        database = connect(SQLITE, "CREATE TABLE t (a, CHECK (a < date('now')));")
        with pytest.raises(Stopped) as caught:
            database.run("INSERT INTO t VALUES ('2020-01-01')")
        assert "non-deterministic use of date() in a CHECK constraint" in caught.value.error.message
        database.run("CREATE TABLE u (a); INSERT INTO u VALUES (1);")
        with pytest.raises(Stopped) as caught:
            database.run("CREATE INDEX i ON u (date('now'))")
        assert "non-deterministic use of date() in an index" in caught.value.error.message

    def test_fixed_dates_in_an_index(self, connect: Connect) -> None:
        """date() of a column is deterministic, so it may be indexed and generated."""
        database = connect(
            SQLITE, "CREATE TABLE t (a, b AS (date(a)) STORED); CREATE INDEX i ON t (date(a));"
        )
        database.run("INSERT INTO t VALUES ('2020-02-30')")
        assert database.execute("SELECT b FROM t") == [("2020-03-01",)]

    def test_two_clocks(self, connect: Connect, universe: Universe) -> None:
        """Two databases with different clocks do not disturb each other."""
        other = connect(SQLITE, "", Universe(name="other", clock=210_866_760_000_000, seed=1))
        assert values(other, "SELECT datetime('now')") == [("1970-01-01 00:00:00",)]
        assert values(connect(SQLITE, "", universe), "SELECT datetime('now')") == [(NOW,)]


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose local time is not UTC."""
    monkeypatch.setenv("TZ", "EST5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_local_time_is_utc(connect: Connect) -> None:
    """'localtime' means UTC while migrations run, and the process has its own time zone again after it."""
    database = connect(SQLITE)
    query = "SELECT datetime('2020-01-01 12:00', 'localtime'), datetime('2020-01-01 12:00', 'utc')"
    assert values(database, query) == [("2020-01-01 12:00:00", "2020-01-01 12:00:00")]
    assert os.environ["TZ"] == "EST5"
    assert time.localtime(0).tm_hour == 19


class TestRandom:
    """Randomness comes from the universe's seed, and behaves as SQLite's own does."""

    def test_the_same_seed(self, connect: Connect) -> None:
        """Two databases of one universe draw the same values, and one that draws again draws others."""
        query = "SELECT random(), randomblob(8)"
        one, other = connect(SQLITE), connect(SQLITE)
        assert values(one, query) == values(other, query)
        first = values(one, query)
        assert first != values(one, query)

    def test_another_seed(self, connect: Connect) -> None:
        """Another seed draws other values."""
        other = Universe(name="other", clock=0, seed=8)
        query = "SELECT random(), randomblob(8)"
        assert values(connect(SQLITE), query) != values(connect(SQLITE, "", other), query)

    def test_the_antithetic_stream(self, connect: Connect, universe: Universe) -> None:
        """The antithetic universe has the complement of every random bit."""
        mirrored = Universe(name="mirrored", clock=universe.clock, seed=universe.seed, antithetic=True)
        query = "SELECT random(), randomblob(5), random()"
        (plain,) = values(connect(SQLITE), query)
        (mirror,) = values(connect(SQLITE, "", mirrored), query)
        assert isinstance(plain[0], int)
        assert isinstance(plain[1], bytes)
        assert mirror[0] == ~plain[0]
        assert mirror[1] == bytes(255 - byte for byte in plain[1])

    def test_draws_are_counted(self, connect: Connect) -> None:
        """A statement that draws says so, and one that only mentions random() in a schema does not."""
        database = connect(SQLITE, "CREATE TABLE t (a DEFAULT (random()), b);")
        made, plain, default = database.run(
            "CREATE TABLE u (a DEFAULT (hex(randomblob(4)))); INSERT INTO t VALUES (1, 2);"
            "INSERT INTO t (b) VALUES (1), (2);"
        )
        assert (made.asked_random, plain.asked_random, default.asked_random) == (False, False, True)
        assert not default.asked_clock

    @pytest.mark.parametrize(
        "schema",
        [
            "CREATE INDEX i ON t (random())",
            "CREATE INDEX i ON t (a) WHERE a > random()",
            "CREATE TABLE u (a, b AS (randomblob(4)))",
        ],
    )
    def test_where_sqlite_refuses_randomness(self, connect: Connect, schema: str) -> None:
        """An index or a generated column over randomness is refused as SQLite's own function is."""
        setup = "CREATE TABLE t (a);"
        with pytest.raises(apsw.SQLError) as own:
            apsw.Connection(":memory:").execute(setup + schema)
        with pytest.raises(Stopped) as caught:
            connect(SQLITE, setup).run(schema)
        assert caught.value.error.message == str(own.value)

    @pytest.mark.parametrize(
        "size", ["4", "0", "-1", "NULL", "2.9", "'4'", "' 4 '", "x'34'", "'3abc'", "'1e1'", "'x'", "1e1"]
    )
    def test_the_length_of_a_random_blob(self, connect: Connect, size: str) -> None:
        """randomblob() gives as many bytes as SQLite's own, whatever its argument is."""
        query = f"SELECT length(randomblob({size}))"
        own = apsw.Connection(":memory:").execute(query).fetchall()
        assert values(connect(SQLITE), query) == own

    def test_a_blob_that_is_too_big(self, connect: Connect) -> None:
        """A random blob beyond the limit of a value is refused as SQLite refuses it."""
        with pytest.raises(Stopped) as caught:
            connect(D1).run("SELECT randomblob(100000000)")
        assert caught.value.error.message == "string or blob too big"


class TestStatements:
    """SQLite says where statements begin and end."""

    @pytest.mark.parametrize(
        ("script", "statements"),
        [
            ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
            ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
            (";;SELECT 1;;\n; SELECT 2;;", ["SELECT 1", "SELECT 2"]),
            ("-- a; b\nSELECT 1; /* c; d */ SELECT 2; -- e", ["SELECT 1", "SELECT 2"]),
            ("SELECT ';', \"a;b\" FROM (SELECT 1 AS [a;b]);SELECT `c;` FROM (SELECT 1 `c;`);", None),
            ("\ufeffSELECT 'é🙂'; -- é\nSELECT 'ü'; SELECT 3", ["SELECT 'é🙂'", "SELECT 'ü'", "SELECT 3"]),
            ("SELECT 1;\r\nSELECT 2;\r\n", ["SELECT 1", "SELECT 2"]),
            ("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; SELECT 3;", None),
            ("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END; SELECT 1", None),
            ("", []),
            ("-- nothing\n/* here */ ;", []),
            ("SELECT 1 /* never closed", ["SELECT 1 /* never closed"]),
        ],
    )
    def test_boundaries(self, connect: Connect, script: str, statements: list[str] | None) -> None:
        """Every statement is reported with the byte at which its first token stands."""
        database = connect(SQLITE, "CREATE TABLE t (a);")
        ran = database.run(script)
        raw = script.encode()
        for one in ran:
            assert raw[one.start :].startswith(one.sql.encode())
        texts = [one.sql.rstrip().rstrip("; \n") for one in ran]
        if statements is None:
            assert len(texts) == 2
            assert all(apsw.complete(f"{text};") for text in texts)
        else:
            assert texts == statements

    def test_what_statements_write(self, connect: Connect) -> None:
        """A statement tells which tables it may write, its triggers' included, and how many rows it did."""
        database = connect(
            SQLITE,
            "CREATE TABLE t (a); CREATE TABLE log (a);"
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;",
        )
        ran = database.run(
            "INSERT INTO t VALUES (1), (2); UPDATE log SET a = 0; SELECT * FROM t; DELETE FROM t"
        )
        assert [(one.writes, one.changes) for one in ran] == [
            (("t", "log"), 4),
            (("log",), 2),
            ((), 0),
            (("t",), 2),
        ]

    @pytest.mark.parametrize(
        ("script", "start", "message"),
        [
            ("SELECT 1; SELEC 2;", "SELEC 2", 'near "SELEC": syntax error'),
            ("SELECT 'é'; -- ü\n SELECT * FROM missing;", "SELECT * FROM", "no such table: missing"),
            (
                "SELECT 1; INSERT INTO t VALUES (1), (NULL); SELECT 3",
                "INSERT",
                "NOT NULL constraint failed: t.a",
            ),
            ("INSERT INTO t VALUES (NULL);", "INSERT", "NOT NULL constraint failed: t.a"),
            ("SELECT 1; ; SELECT 'never closed", "SELECT 'never", "unrecognized token"),
            ("SELECT 1; CREATE TABLE u (a", "CREATE", "incomplete input"),
            ("SELECT abs(-9223372036854775808); SELECT missing", "SELECT abs", "integer overflow"),
            ("CREATE TABLE t (a); SELECT 1", "CREATE", "table t already exists"),
            ("ALTER TABLE t RENAME TO t2; SELECT * FROM t", "SELECT", "no such table: t"),
            ("INSERT INTO t VALUES (1); CREATE INDEX i ON t (missing);", "CREATE", "no such column: missing"),
        ],
    )
    def test_where_a_script_stops(self, connect: Connect, script: str, start: str, message: str) -> None:
        """The statement that fails is found, whether it does not compile or fails while it runs."""
        database = connect(SQLITE, "CREATE TABLE t (a NOT NULL);")
        with pytest.raises(Stopped) as caught:
            database.run(script)
        stopped = caught.value
        raw = script.encode()
        assert raw[stopped.start :].decode().startswith(start)
        assert message in stopped.error.message
        assert len(stopped.ran) == script[: script.index(start)].replace(" ;", "").count(";")

    @pytest.mark.parametrize(
        ("script", "marked"),
        [
            ("SELECT 1; SELEC 2;", "SELEC 2"),
            ("SELECT 'é'; -- ü\nSELECT 'ö', missing FROM t", "missing FROM"),
            ("SELECT a FROM t WHERE missing(1)", "missing(1)"),
            ("SELECT 1; CREATE TABLE u (a INT NOT NUL)", "NUL)"),
        ],
    )
    def test_the_byte_of_an_error(self, connect: Connect, script: str, marked: str) -> None:
        """An error's offset counts bytes of the whole script, up to the token that SQLite names."""
        with pytest.raises(Stopped) as caught:
            connect(SQLITE, "CREATE TABLE t (a);").run(script)
        offset = caught.value.error.offset
        assert offset is not None
        assert script.encode()[offset:].decode().startswith(marked)

    def test_what_ran_before_a_failure(self, connect: Connect) -> None:
        """The statements before the failing one are reported with what they wrote, and their work stays."""
        database = connect(SQLITE, "CREATE TABLE t (a);")
        with pytest.raises(Stopped) as caught:
            database.run("INSERT INTO t VALUES (1), (2); SELECT missing;")
        (ran,) = caught.value.ran
        assert ran.sql.startswith("INSERT INTO t VALUES (1), (2)")
        assert (ran.writes, ran.changes) == (("t",), 2)
        assert database.execute("SELECT count(*) FROM t") == [(2,)]

    def test_statements_of_our_own(self, connect: Connect) -> None:
        """A statement of squasher's own that fails raises what SQLite said."""
        with pytest.raises(SqlError, match="no such table: missing"):
            connect(SQLITE).execute("SELECT * FROM missing")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("BEGIN", "cannot control transactions"),
        ("COMMIT", "cannot control transactions"),
        ("ROLLBACK", "cannot control transactions"),
        ("SAVEPOINT s", "cannot control transactions"),
        ("RELEASE s", "cannot control transactions"),
        ("CREATE TEMP TABLE t (a)", "no TEMP objects"),
        ("CREATE TABLE temp.t (a)", "no TEMP objects"),
        ("CREATE TEMP VIEW v AS SELECT 1", "no TEMP objects"),
        (
            "CREATE TABLE t (a); CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
            "no TEMP objects",
        ),
        ("ATTACH ':memory:' AS x", "ATTACH"),
        ("ATTACH 'file' || '.db' AS x", "ATTACH"),
        ("DETACH x", "cannot DETACH"),
        ("CREATE VIRTUAL TABLE f USING fts4(a)", "no virtual table module fts4"),
        ("CREATE VIRTUAL TABLE f USING dbstat(main)", "no virtual table module dbstat"),
        ("PRAGMA user_version", "PRAGMA user_version"),
        ("PRAGMA user_version = 5", "PRAGMA user_version"),
        ("PRAGMA application_id = 5", "PRAGMA application_id"),
        ("PRAGMA writable_schema = ON", "PRAGMA writable_schema"),
        ("PRAGMA journal_mode = WAL", "PRAGMA journal_mode"),
        ("PRAGMA encoding", "PRAGMA encoding"),
        ("PRAGMA integrity_check", "PRAGMA integrity_check"),
        ("SELECT * FROM pragma_user_version", "user_version"),
        ("SELECT sqlite_version()", "D1 does not allow the function sqlite_version()"),
        ("SELECT SQLITE_VERSION()", "D1 does not allow the function sqlite_version()"),
        ("SELECT load_extension('x')", "D1 does not allow the function load_extension()"),
        ("CREATE TABLE _cf_t (a)", "_cf_"),
        ("CREATE TABLE _CF_t (a)", "_cf_"),
        ("CREATE VIEW _cf_v AS SELECT 1", "_cf_"),
        ("CREATE TABLE t (a); CREATE INDEX _cf_i ON t (a)", "_cf_"),
        ("SELECT * FROM _cf_KV", "_cf_|no such table"),
        ("CREATE TABLE sqlite_t (a)", "object name reserved for internal use: sqlite_t"),
        ("CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f_data VALUES (9, x'00')", "may not be modified"),
        ("CREATE TABLE t (a); UPDATE sqlite_schema SET sql = ''", "may not be modified"),
        ("SELECT * FROM generate_series(1, 3)", "no such table: generate_series"),
        ("SELECT 'a' REGEXP 'a'", "no such function: REGEXP"),
        ("SELECT readfile('/etc/passwd')", "no such function: readfile"),
        (
            "CREATE TABLE t (a NOT NULL); ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
            "D1 does not run this form of ALTER TABLE",
        ),
    ],
)
def test_what_d1_refuses(connect: Connect, script: str, message: str) -> None:
    """The profile d1 refuses what Cloudflare's runtime refuses, and says what it was."""
    database = connect(D1)
    database.execute("BEGIN")
    with pytest.raises(Stopped) as caught:
        database.run(script)
    assert any(part in caught.value.error.message for part in message.split("|"))


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE d1_t (a)",
        "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('x'); SELECT * FROM f('x')",
        "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA defer_foreign_keys = ON",
        "PRAGMA table_list; PRAGMA quick_check; PRAGMA foreign_key_check; PRAGMA optimize",
        "SELECT * FROM pragma_table_info('x')",
        "CREATE TABLE t (a); CREATE INDEX i ON t (a); ANALYZE; REINDEX t",
        "SELECT sqrt(2), json('{a: 1}'), jsonb('{}'), timediff('2020-01-02', '2020-01-01')",
        'CREATE TABLE t (a TEXT DEFAULT "text" CHECK (a IN ("x", "y")))',
        "WITH n(i) AS (VALUES (1), (2), (3), (4), (5), (6), (7)) SELECT * FROM n",
        "EXPLAIN QUERY PLAN SELECT 1",
    ],
)
def test_what_d1_allows(connect: Connect, script: str) -> None:
    """The profile d1 accepts what Cloudflare's runtime accepts."""
    database = connect(D1)
    database.execute("BEGIN")
    assert database.run(script)


def columns(count: int) -> str:
    """A list of so many column names."""
    return ", ".join(f"c{number}" for number in range(count))


@pytest.mark.parametrize(
    ("inside", "beyond", "message"),
    [
        (f"CREATE TABLE n ({columns(100)})", f"CREATE TABLE n ({columns(101)})", "too many columns on n"),
        (
            " UNION ALL ".join(["SELECT 1"] * 5),
            " UNION ALL ".join(["SELECT 1"] * 6),
            "too many terms in compound SELECT",
        ),
        (
            f"INSERT INTO t VALUES ('{'x' * 99_000}')",
            f"INSERT INTO t VALUES ('{'x' * 100_001}')",
            "statement too long|string or blob too big|too big",
        ),
        (f"SELECT a LIKE '{'x' * 50}' FROM t", f"SELECT a LIKE '{'x' * 51}' FROM t", "pattern too complex"),
        (f"SELECT 1{' + 1' * 90}", f"SELECT 1{' + 1' * 110}", "Expression tree is too large"),
        (
            f"SELECT max({', '.join('1' * 127)})",
            f"SELECT max({', '.join('1' * 128)})",
            "too many arguments on function max",
        ),
        ("SELECT zeroblob(5000000)", "SELECT zeroblob(50000000)", "string or blob too big"),
    ],
    ids=["columns", "compound", "bytes", "like", "depth", "arguments", "value"],
)
def test_the_limits_of_d1(connect: Connect, inside: str, beyond: str, message: str) -> None:
    """A statement at each limit of D1 runs, and one beyond it is refused; the profile sqlite takes both."""
    setup = "CREATE TABLE t (a); INSERT INTO t VALUES ('x');"
    assert connect(D1, setup).run(inside)
    with pytest.raises(Stopped) as caught:
        connect(D1, setup).run(beyond)
    assert any(part in caught.value.error.message for part in message.split("|"))
    assert connect(SQLITE, setup).run(beyond)


def test_a_long_file_of_short_statements(connect: Connect) -> None:
    """The limit is on a statement, not on a file."""
    database = connect(D1, "CREATE TABLE t (a);")
    ran = database.run(f"INSERT INTO t VALUES ('{'x' * 1000}');\n" * 300)
    assert len(ran) == 300


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("ATTACH '{file}' AS x", "ATTACH"),
        ("ATTACH 'file:{file}?mode=rwc' AS x", "ATTACH"),
        ("ATTACH '{file}' || '' AS x", "ATTACH"),
        ("CREATE TABLE t (a); VACUUM INTO '{file}'", "ATTACH"),
        ("CREATE TABLE t (a); VACUUM main INTO '{file}' || ''", "ATTACH"),
        ("SELECT load_extension('{file}')", "load_extension"),
        ("SELECT writefile('{file}', 'x')", "writefile"),
        ("PRAGMA writable_schema = ON", "PRAGMA writable_schema"),
        ("PRAGMA main.writable_schema = ON", "PRAGMA writable_schema"),
        ("PRAGMA temp_store_directory = '{file}'", "PRAGMA temp_store_directory"),
        ("PRAGMA hard_heap_limit = 1", "PRAGMA hard_heap_limit"),
        ("PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema"),
    ],
)
def test_what_sqlite_refuses(connect: Connect, tmp_path: Path, script: str, message: str) -> None:
    """The profile sqlite keeps a migration inside its database: no file is read, made or changed."""
    file = tmp_path / "other.db"
    with pytest.raises(Stopped) as caught:
        connect(SQLITE).run(script.format(file=file))
    assert message in caught.value.error.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TEMP TABLE t (a); DROP TABLE t",
        "PRAGMA user_version = 5; PRAGMA application_id = 7",
        "PRAGMA journal_mode = WAL",
        "BEGIN; CREATE TABLE t (a); COMMIT",
        "CREATE TABLE t (a); VACUUM",
        "CREATE VIRTUAL TABLE f USING fts4(a)",
        "SELECT sqlite_version()",
        "CREATE TABLE _cf_t (a)",
        "SAVEPOINT s; RELEASE s",
    ],
)
def test_what_sqlite_allows(connect: Connect, script: str) -> None:
    """The profile sqlite accepts what any SQLite accepts."""
    assert connect(SQLITE).run(script)


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
def test_the_step_budget(connect: Connect, profile: Profile) -> None:
    """A query without an end is stopped with an error that says so, and the next statement runs."""
    database = connect(profile._replace(max_steps=3_000_000))
    with pytest.raises(Stopped) as caught:
        database.run(f"SELECT 1; {ENDLESS}; SELECT 2")
    assert caught.value.error.message.startswith("stopped after 3,000,000 steps")
    assert "recursive" in str(caught.value.error.hint)
    assert caught.value.start == len("SELECT 1; ")
    assert database.run("SELECT 3")


def test_the_budget_is_a_statements(connect: Connect) -> None:
    """Many statements may take more steps together than one may."""
    bounded = ENDLESS.replace("FROM n)", "FROM n WHERE i < 100000)")
    assert len(connect(SQLITE._replace(max_steps=3_000_000)).run(f"{bounded};" * 8)) == 8


def test_foreign_keys_by_profile(connect: Connect) -> None:
    """Foreign keys are enforced on D1, and on SQLite only when asked for."""
    setup = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p);"
    assert connect(SQLITE, setup).run("INSERT INTO c VALUES (1)")
    with pytest.raises(Stopped) as caught:
        connect(D1, setup).run("INSERT INTO c VALUES (1)")
    assert caught.value.error.message == "FOREIGN KEY constraint failed"
    with pytest.raises(Stopped) as caught:
        connect(SQLITE, setup).run("PRAGMA foreign_keys = ON; INSERT INTO c VALUES (1)")
    assert caught.value.error.message == "FOREIGN KEY constraint failed"


def test_limits_are_for_migrations(connect: Connect) -> None:
    """Squasher's own statements may be longer than a migration's, before one has run and after it."""
    database = connect(D1)
    query = " UNION ALL ".join(["SELECT 1"] * 20)
    assert len(database.execute(query)) == 20
    with pytest.raises(Stopped) as caught:
        database.run(query)
    assert "too many terms" in caught.value.error.message
    assert len(database.execute(query)) == 20


def test_the_engines_version() -> None:
    """The engine is the SQLite that Cloudflare's local runtime bundles."""
    assert apsw.sqlite_lib_version() == "3.54.1"
    assert apsw.sqlite3_sourceid().startswith("2026-10-16 14:45:20 555e07ef")


def test_the_numbers_of_actions() -> None:
    """The authorizer's numbers are those of SQLite."""
    names = vars(authority).items()
    own = {name: value for name, value in names if name.isupper() and type(value) is int}
    assert len(own) >= 30
    assert own == {name: getattr(apsw, f"SQLITE_{name}") for name in own}


def test_a_clone_holds_the_same_and_lives_on_its_own(connect: Callable[..., Database]) -> None:
    """What is written to either is not in the other, and both draw the same random value next."""
    database = connect(D1, "CREATE TABLE t (x); INSERT INTO t VALUES (random());")
    clone = database.clone()
    assert clone.execute("SELECT * FROM t") == database.execute("SELECT * FROM t")
    assert clone.execute("SELECT random()") == database.execute("SELECT random()")
    clone.execute("DELETE FROM t")
    assert len(database.execute("SELECT * FROM t")) == 1
    clone.close()


@pytest.mark.parametrize("size", [1, 40, 300, 1 << 20])
def test_a_script_in_parts_is_the_script(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """However small the parts in which SQLite gets a script, each statement stands where it stood."""
    script = (
        "CREATE TABLE t (a);\n-- it's one;\n;\nINSERT INTO t VALUES (1);\n/* a; */;\n"
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n DELETE FROM t;\n SELECT 1;\nEND;\n"
        "INSERT INTO t VALUES ('x;\n y;\n');\nSELECT 'é' -- ;\n;\n;;\nSELECT 2 /* ;\n */;\nSELECT 3"
    )

    def ran() -> tuple[Ran, ...]:
        with Database(D1, volatile.UNIVERSES[0]) as database:
            return database.run(script)

    whole = ran()
    monkeypatch.setattr(engine, "_PART", size)
    assert ran() == whole
    assert [script.encode()[one.start :].decode().startswith(one.sql) for one in whole] == [True] * 7


def test_long_statements_are_pieces_of_a_text_that_is_held() -> None:
    """They say the same as statements that are texts of their own."""
    rows = ", ".join(f"('{number} é')" for number in range(1000))
    script = f"CREATE TABLE t (a);\n-- é\nINSERT INTO t VALUES {rows};\nINSERT INTO t VALUES (1);"
    now = volatile.UNIVERSES[0]
    with Database(D1, now) as one, Database(D1, now) as other:
        ran, pieces = one.run(script), other.run(script, held=script)
    assert [isinstance(step.said, str) for step in pieces] == [True, False, True]
    assert [(step.start, step.sql) for step in ran] == [(step.start, step.sql) for step in pieces]
