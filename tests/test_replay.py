"""Replay: one transaction per file, as wrangler or a plain runner does it, and errors with their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher.chain import Migration, read_chain
from squasher.errors import ReplayError
from squasher.profiles import D1, SQLITE, Profile
from squasher.replay import Replay, controls_transactions, excerpt, replay, run_file
from squasher.watch import SchemaChange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from squasher.engine import Database
    from squasher.universe import Universe

    Connect = Callable[..., Database]
    Run = Callable[..., Replay]
    WriteChain = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
def run(write_chain: WriteChain, universe: Universe) -> Iterator[Run]:
    """Replay files under a profile; the databases are closed at the end."""
    replays: list[Replay] = []

    def run_files(profile: Profile, files: Mapping[str, str | bytes], *, observe: bool = True) -> Replay:
        replays.append(replay(read_chain(write_chain(files)), profile, universe, observe=observe))
        return replays[-1]

    yield run_files
    for one in replays:
        one.database.close()


def failure(run: Run, profile: Profile, files: Mapping[str, str | bytes]) -> ReplayError:
    """The error with which a chain stops."""
    with pytest.raises(ReplayError, match=r"\.sql:\d+: ") as caught:
        run(profile, files)
    return caught.value


REBUILD = """
CREATE TABLE p2 (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO p2 SELECT id, name FROM p;
DROP TABLE p;
ALTER TABLE p2 RENAME TO p;
"""


@pytest.mark.parametrize("pragma", ["PRAGMA foreign_keys=off;", "PRAGMA defer_foreign_keys=on;"])
class TestRebuildOfAParent:
    """The table of a rebuild of a parent that has child rows, as the real D1 does it."""

    def files(self, pragma: str, action: str) -> dict[str, str]:
        """A parent with two children, and its rebuild."""
        return {
            "0001_tables.sql": (
                "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);\n"
                f"CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INT REFERENCES p(id) {action});\n"
                "INSERT INTO p VALUES (1, 'one');\nINSERT INTO c VALUES (1, 1), (2, 1);\n"
            ),
            "0002_rebuild.sql": pragma + REBUILD,
        }

    def test_cascade_deletes_the_children(self, run: Run, pragma: str) -> None:
        """With ON DELETE CASCADE the rebuild goes through and the child rows are gone."""
        done = run(D1, self.files(pragma, "ON DELETE CASCADE"))
        assert done.database.execute("SELECT count(*) FROM p") == [(1,)]
        assert done.database.execute("SELECT count(*) FROM c") == [(0,)]

    def test_no_action_fails(self, run: Run, pragma: str) -> None:
        """Without an action the rebuild fails, and the error tells why and what to do."""
        error = failure(run, D1, self.files(pragma, ""))
        assert "FOREIGN KEY constraint failed" in error.message
        assert "0002_rebuild.sql" in error.message
        assert error.hint is not None

    def test_sqlite_keeps_the_children(self, run: Run, pragma: str) -> None:
        """With foreign keys off, as SQLite has them by default, nothing happens to the children."""
        for action in ("", "ON DELETE CASCADE"):
            done = run(SQLITE, self.files(pragma, action))
            assert done.database.execute("SELECT count(*) FROM c") == [(2,)]


def test_the_ledger(run: Run) -> None:
    """Each migration is recorded in order under D1, whatever its name, empty or only comments."""
    names = ["0001_a.sql", "0002_it's.sql", "0003_empty.sql", "0004_comment.sql", "0005_crlf.sql"]
    texts = ["CREATE TABLE t (a);", "SELECT 1;\n-- no line end", "", "-- nothing\n", "SELECT 2;\r\n"]
    done = run(D1, dict(zip(names, texts, strict=True)))
    assert done.database.execute('SELECT id, name FROM "d1_migrations" ORDER BY id') == list(
        enumerate(names, 1)
    )


def test_no_ledger_on_sqlite(run: Run) -> None:
    """The profile sqlite leaves no table of its own."""
    done = run(SQLITE, {"0001_a.sql": "CREATE TABLE t (a)"})
    assert done.database.execute("SELECT name FROM sqlite_schema") == [("t",)]


@pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
@pytest.mark.parametrize(
    "text",
    [b"\xef\xbb\xbfCREATE TABLE t (a);\n", b"CREATE TABLE t (a);\r\nINSERT INTO t VALUES (1);\r\n", b";;"],
)
def test_bytes_as_editors_write_them(run: Run, profile: Profile, text: bytes) -> None:
    """A byte order mark, CR LF and empty statements are accepted."""
    run(profile, {"0001_a.sql": text, "0002_b.sql": text.replace(b"TABLE t", b"TABLE u")})


def test_one_file_is_one_transaction(run: Run) -> None:
    """A file that fails half-way raises, and the error tells that its first statements were rolled back."""
    files = {
        "0001_a.sql": "CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\nINSERT INTO missing VALUES (1);\n"
    }
    for profile in (D1, SQLITE):
        error = failure(run, profile, files)
        assert error.line == 3
        assert "2 statements of this file had run and were rolled back" in error.applied


def test_a_failed_file_leaves_nothing(connect: Connect) -> None:
    """After a failure the database is as it was before the file."""
    text = "CREATE TABLE u (a); DROP TABLE t; DROP TABLE missing;"
    for profile in (D1, SQLITE):
        database = connect(profile, "CREATE TABLE t (a);")
        with pytest.raises(ReplayError, match="no such table: missing"):
            run_file(
                database,
                Migration("x.sql", "x.sql", text),
            )
        assert database.execute("SELECT name FROM sqlite_schema") == [("t",)]
        assert not database.in_transaction


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a)",
        "CREATE TABLE t (a)\n",
        "CREATE TABLE t (a) -- here\n\n",
        "CREATE TABLE t (a);\nCREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE t (a);\nINSERT INTO t VALUES (1)",
    ],
)
def test_a_missing_final_semicolon(run: Run, text: str) -> None:
    """D1 refuses a last statement without a semicolon; the error is within the file, and says so."""
    error = failure(run, D1, {"0001_a.sql": "SELECT 1;", "0002_b.sql": text})
    assert "0002_b.sql:" in error.message
    assert error.line <= len(text.splitlines())
    assert "semicolon" in str(error.hint)
    assert "d1_migrations" not in error.diagnostics()


def test_a_missing_final_semicolon_on_sqlite(run: Run) -> None:
    """SQLite itself needs no final semicolon."""
    run(SQLITE, {"0001_a.sql": "CREATE TABLE t (a)", "0002_b.sql": "DROP TABLE t"})


def test_a_last_comment_that_is_not_closed(run: Run) -> None:
    """An open comment would swallow what wrangler appends, so that the migration is never recorded."""
    error = failure(run, D1, {"0001_a.sql": "CREATE TABLE t (a); /* open"})
    assert "comment is not closed" in error.message
    assert "*/" in str(error.hint)


def test_the_report_of_a_failure(run: Run) -> None:
    """A failure tells path and line, shows the statement with a marker, what had run, and a way out."""
    files = {
        "0001_a.sql": "CREATE TABLE t (a);\n",
        "0002_b.sql": "CREATE TABLE u (a);\n",
        "0003_c.sql": (
            "-- adds names\nINSERT INTO t VALUES (1);\n\nCREATE VIEW v AS\n  SELECT a\n  FROM t;\n"
            "UPDATE t\nSET a = 'ü', nme = 2\nWHERE a = 1;\nSELECT 1;\n"
        ),
    }
    error = failure(run, D1, files)
    assert error.path.endswith("migrations/0003_c.sql")
    assert str(error).endswith("migrations/0003_c.sql:7: no such column: nme")
    assert error.line == 7
    assert "    | UPDATE t\n    | SET a = 'ü', nme = 2\n" in error.excerpt
    assert "CREATE VIEW" not in error.excerpt
    assert "SELECT 1" not in error.excerpt
    assert error.applied == (
        "0001 to 0002 had been applied before it; 2 statements of this file had run and were rolled back"
    )


def test_the_marker_of_a_failure(run: Run) -> None:
    """The marker stands below the character that SQLite complains about, also behind wider bytes."""
    error = failure(run, D1, {"0001_a.sql": "SELECT 1;\nSELECT 'éü',\n  'ö', missing(1);\n"})
    lines = error.excerpt.splitlines()
    marked = lines.index("    |   'ö', missing(1);")
    assert lines[marked + 1] == "    |        ^"
    assert error.line == 3
    assert (
        error.applied
        == "nothing had been applied before it; 1 statement of this file had run and was rolled back"
    )


def test_the_line_of_a_failure_with_windows_line_ends(run: Run) -> None:
    """Lines are counted right in a file with a byte order mark and CR LF."""
    error = failure(
        run, D1, {"0001_a.sql": "\ufeffSELECT 1;\r\n\r\n-- two\r\nSELECT * FROM missing;\r\n".encode()}
    )
    assert error.line == 4
    assert "\r" not in error.diagnostics()


def test_a_failure_that_sqlite_gives_no_place_for(run: Run) -> None:
    """A failure while a statement runs is at the line on which the statement begins."""
    text = "CREATE TABLE t (a NOT NULL);\n\n-- the rows\nINSERT INTO t\nVALUES (1), (NULL);\n"
    error = failure(run, D1, {"0001_a.sql": text})
    assert error.line == 4
    assert "NOT NULL constraint failed: t.a" in error.message
    assert "^" not in error.excerpt


def test_the_excerpt_is_safe_on_a_terminal() -> None:
    """Control characters of a migration do not reach the terminal, and a long statement is cut."""
    shown = excerpt("SELECT '\x1b[31m',\n" + "1,\n" * 50, None)
    assert "\x1b" not in shown
    assert len(shown.splitlines()) <= 8


@pytest.mark.parametrize("before", [0, 140, 155, 5000, 100_000])
def test_the_excerpt_of_a_long_line(run: Run, before: int) -> None:
    """A line that is too long to read is cut around the place that SQLite names, which is still marked."""
    statement = f"SELECT '{'x' * before}', nme, '{'y' * 90_000}'"
    error = failure(run, SQLITE, {"0001_a.sql": f"{statement};"})
    line, marker = error.excerpt.splitlines()
    assert len(line) < 200
    assert line.endswith("…")
    assert line[marker.index("^") :].startswith("nme")


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN TRANSACTION;\nCREATE TABLE t (a);\nSELEC 1;\nCOMMIT;\n",
        "BEGIN TRANSACTION;\nCREATE TABLE t (a);\nCREATE TABLE u (a)\nCOMMIT;\n",
        "BEGIN TRANSACTION;\nCREATE TABLE t (a);\nCREATE TABLE u (a)\n\nCOMMIT;",
    ],
)
def test_a_failure_in_a_file_with_a_transaction(run: Run, text: str) -> None:
    """The pair of words that wrangler deletes moves neither the line nor the excerpt of an error."""
    error = failure(run, D1, {"0001_a.sql": text})
    assert error.line in {3, 4, 5}
    assert error.line <= len(text.splitlines())
    assert "d1_migrations" not in error.diagnostics()


def test_several_transactions_in_a_file(run: Run) -> None:
    """The profile d1 refuses a file with two transactions, as wrangler does."""
    text = "BEGIN TRANSACTION;\nSELECT 1;\nCOMMIT;\nBEGIN TRANSACTION;\nSELECT 2;\nCOMMIT;\n"
    assert "several transactions" in failure(run, D1, {"0001_a.sql": text}).message


@pytest.mark.parametrize("words", ["BEGIN;", "COMMIT;", "begin transaction;", "SAVEPOINT s;"])
def test_transactions_on_d1(run: Run, words: str) -> None:
    """A migration cannot control transactions on D1; the error is on the line of the attempt, with a hint."""
    error = failure(run, D1, {"0001_a.sql": f"SELECT 1;\n{words}\nSELECT 2;\n"})
    assert error.line == 2
    assert "one transaction" in str(error.hint)


def test_a_deferred_violation(run: Run) -> None:
    """A deferred violation fails when the file ends, and the error names the row that refers to nothing."""
    text = (
        "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE p (id INTEGER PRIMARY KEY);\n"
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p);\nINSERT INTO c VALUES (5, 99);\n"
    )
    error = failure(run, D1, {"0001_a.sql": text})
    assert "FOREIGN KEY constraint failed" in error.message
    assert "row 5 of c refers to a row that p does not have" in error.message


LEAKS = [
    ("PRAGMA ignore_check_constraints = ON;", "INSERT INTO t VALUES (-1);"),
    ("PRAGMA legacy_alter_table = ON;", "ALTER TABLE u RENAME TO w;"),
    ("PRAGMA recursive_triggers = ON;", "INSERT INTO l VALUES (1);"),
    ("PRAGMA case_sensitive_like = ON;", "INSERT INTO l SELECT 5 WHERE 'a' LIKE 'A';"),
    ("PRAGMA reverse_unordered_selects = ON;", "INSERT INTO u SELECT group_concat(a) FROM o;"),
    ("PRAGMA foreign_keys = ON;", "INSERT INTO f VALUES (7);"),
    ("PRAGMA foreign_keys = OFF;", "INSERT INTO f VALUES (7);"),
]


@pytest.mark.parametrize(
    ("profile", "setting", "probe"),
    [
        *((D1, *leak) for leak in LEAKS),
        *((SQLITE, *leak) for leak in LEAKS),
        (SQLITE, "COMMIT; PRAGMA foreign_keys = ON; BEGIN;", "INSERT INTO f VALUES (7);"),
        (SQLITE, "PRAGMA query_only = ON;", "INSERT INTO u VALUES (7);"),
    ],
)
def test_settings_end_with_their_file(run: Run, profile: Profile, setting: str, probe: str) -> None:
    """A PRAGMA of one file does not change what the next one does: it runs on a connection of its own."""
    setup = """
        CREATE TABLE t (a CHECK (a > 0)); CREATE TABLE u (a); CREATE TABLE o (a); CREATE TABLE l (a);
        CREATE VIEW v AS SELECT a FROM u; INSERT INTO o VALUES (1), (2), (3);
        CREATE TRIGGER r AFTER INSERT ON l WHEN new.a < 4 BEGIN INSERT INTO l VALUES (new.a + 1); END;
        CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE f (a REFERENCES p);
    """

    def outcome(middle: str) -> object:
        try:
            done = run(profile, {"0001_a.sql": setup, "0002_b.sql": middle, "0003_c.sql": probe})
        except ReplayError as error:
            return error.message
        tables = done.database.execute(
            "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'd1%' AND sql > ''"
        )
        contents = [
            done.database.execute(f'SELECT * FROM "{table}"') for table, sql in tables if "TABLE" in str(sql)
        ]
        return tables, contents

    assert outcome(setting) == outcome("SELECT 1;")


CHILD = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);"
)
CHILD += "INSERT INTO p VALUES (1, 'one'); INSERT INTO c VALUES (1);"


@pytest.mark.parametrize(
    "text",
    [
        f"COMMIT; PRAGMA foreign_keys=OFF; BEGIN; {REBUILD}",
        f"COMMIT; PRAGMA foreign_keys=OFF; BEGIN; {REBUILD} COMMIT; PRAGMA foreign_keys=ON; BEGIN",
        f"END TRANSACTION; PRAGMA foreign_keys=OFF; BEGIN; {REBUILD}",
        f"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION; {REBUILD} COMMIT;",
        f"-- rebuild\nBEGIN IMMEDIATE; {REBUILD} END;",
        f"SAVEPOINT s; {REBUILD} RELEASE s;",
        f"{REBUILD} VACUUM;",
        f"VACUUM; {REBUILD}",
        "VACUUM;",
    ],
)
def test_files_that_control_transactions(run: Run, text: str) -> None:
    """On SQLite a file may begin, end and suspend transactions as runners there let it."""
    done = run(
        SQLITE, {"0001_a.sql": CHILD, "0002_b.sql": text, "0003_c.sql": "INSERT INTO p VALUES (2, 'two')"}
    )
    assert done.database.execute("SELECT id, name FROM p ORDER BY id") == [(1, "one"), (2, "two")]
    assert done.database.execute("SELECT p FROM c") == [(1,)]
    assert not done.database.in_transaction


def test_a_transaction_that_is_left_open(run: Run) -> None:
    """A file that begins a transaction and does not end it is an error that says so."""
    error = failure(run, SQLITE, {"0001_a.sql": "BEGIN;\nCREATE TABLE t (a);\n"})
    assert "leaves its transaction open" in error.message
    assert "COMMIT" in str(error.hint)


def test_a_failure_behind_a_commit(run: Run) -> None:
    """What a file committed itself stays, and the error does not claim otherwise."""
    error = failure(
        run, SQLITE, {"0001_a.sql": "BEGIN; CREATE TABLE t (a); COMMIT;\nSELECT * FROM missing;\n"}
    )
    assert error.line == 2
    assert "rolled back" not in error.applied


@pytest.mark.parametrize(
    ("text", "controls"),
    [
        ("BEGIN; SELECT 1; COMMIT;", True),
        ("-- note\n/* more */ begin immediate;", True),
        ("PRAGMA foreign_keys=OFF; BEGIN TRANSACTION; COMMIT;", True),
        ("SELECT 1; VACUUM", True),
        ("SELECT 1;; vacuum main;", True),
        ("COMMIT; PRAGMA foreign_keys=OFF; BEGIN;", False),
        ("ROLLBACK; BEGIN;", False),
        ("END; PRAGMA foreign_keys=OFF; BEGIN;", False),
        ("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;", False),
        ("CREATE TRIGGER r AFTER INSERT ON t\nBEGIN\n  SELECT 1;\nEND; COMMIT; BEGIN;", False),
        ("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END; BEGIN; COMMIT;", True),
        ("-- BEGIN;\n/* VACUUM; BEGIN */ SELECT 'x; BEGIN; VACUUM;';", False),
        ("CREATE TABLE vacuum (begin INT); SELECT begin FROM vacuum;", False),
        ("INSERT INTO t VALUES ('a\n;\nBEGIN;\n')", False),
        ('SELECT ";BEGIN;", [;VACUUM;], `;BEGIN` FROM t', False),
        ("", False),
    ],
)
def test_controls_transactions(text: str, *, controls: bool) -> None:
    """A file controls transactions when a statement of it does, not when a word in it could."""
    assert controls_transactions(text) is controls


def test_the_steps_of_a_replay(run: Run) -> None:
    """Each migration tells what it made, changed and dropped, with the stored text before and after."""
    done = run(
        D1,
        {
            "0001_a.sql": "CREATE TABLE t (a); CREATE INDEX i ON t (a);",
            "0002_b.sql": "INSERT INTO t VALUES (1);",
            "0003_c.sql": "ALTER TABLE t ADD COLUMN b; DROP INDEX i;",
            "0004_d.sql": "CREATE TABLE x (a); DROP TABLE x;",
        },
    )
    made, changed = "CREATE TABLE t (a)", "CREATE TABLE t (a, b)"
    index = "CREATE INDEX i ON t (a)"
    assert [step.changes for step in done.steps] == [
        (
            SchemaChange(kind="index", name="i", old=None, new=index),
            SchemaChange(kind="table", name="t", old=None, new=made),
        ),
        (),
        (
            SchemaChange(kind="index", name="i", old=index, new=None),
            SchemaChange(kind="table", name="t", old=made, new=changed),
        ),
        (),
    ]
    assert [len(step.statements) for step in done.steps] == [2, 1, 2, 2]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP);", False),
        ("CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b); INSERT INTO t VALUES (1, 2);", False),
        ("CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b); INSERT INTO t (b) VALUES (2);", True),
        ("SELECT random();", True),
        ("SELECT date('2020-01-01');", False),
    ],
)
@pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])
def test_whether_a_chain_asked(run: Run, profile: Profile, text: str, *, asked: bool) -> None:
    """A chain asked when one of its own statements did; the ledger's timestamps do not count."""
    assert run(profile, {"0001_a.sql": "SELECT 1;", "0002_b.sql": text}).asked is asked


def test_the_projects_chain(universe: Universe, repository: Path) -> None:
    """The project's own chain replays under both profiles, and twice to the same rows."""
    chain = read_chain(repository / "migrations")
    dumps = []
    for profile in (D1, D1, SQLITE):
        with replay(chain, profile, universe) as done:
            assert len(done.steps) == len(chain.migrations)
            names = [
                name for (name,) in done.database.execute("SELECT name FROM sqlite_schema WHERE type='table'")
            ]
            dumps.append([(name, done.database.execute(f'SELECT * FROM "{name}"')) for name in names])
    assert dumps[0] == dumps[1]
