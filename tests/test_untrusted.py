"""Migrations of strangers: they reach no file, end in time, and take bounded memory."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import apsw
import pytest

import squasher
from squasher import engine, introspect
from squasher.errors import ReplayError, SqlError, UnsupportedError
from squasher.profiles import D1, PROFILES, SQLITE, STEP_BUDGET
from squasher.statements import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from squasher.engine import Database
    from squasher.profiles import Profile

    Connect = Callable[..., Database]
    WriteChain = Callable[[Mapping[str, str | bytes]], Path]

ROOT = Path(__file__).parent.parent
BOTH = pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])

# What the engine has, as somebody has looked at it. None of these takes a path, an address, a pointer or
# a piece of code, but for those that are refused. A new release of SQLite that has more makes the tests
# below fail until somebody has looked at that too.
FUNCTIONS = """
-> ->> abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce concat
concat_ws cos cosh count cume_dist current_date current_time current_timestamp date datetime degrees
dense_rank exp first_value floor format fts5 fts5_get_locale fts5_insttoken fts5_locale fts5_source_id
geopoly_area geopoly_bbox geopoly_blob geopoly_ccw geopoly_contains_point geopoly_debug geopoly_group_bbox
geopoly_json geopoly_overlap geopoly_regular geopoly_svg geopoly_within geopoly_xform glob group_concat hex
highlight if ifnull iif instr json json_array json_array_insert json_array_length json_error_position
json_extract json_group_array json_group_object json_insert json_object json_patch json_pretty json_quote
json_remove json_replace json_set json_type json_valid jsonb jsonb_array jsonb_array_insert jsonb_extract
jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace
jsonb_set julianday lag last_insert_rowid last_value lead length like likelihood likely ln log log10 log2
lower ltrim match matchinfo max median min mod nth_value ntile nullif octet_length offsets optimize
percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians random randomblob
rank replace round row_number rtreecheck rtreedepth rtreenode rtrim sign sin sinh snippet
sqlite_compileoption_get sqlite_compileoption_used sqlite_log sqlite_source_id sqlite_version sqrt strftime
string_agg substr substring subtype sum tan tanh time timediff total total_changes trim trunc typeof unhex
unicode unistr unistr_quote unixepoch unlikely upper zeroblob
"""
REFUSED_FUNCTIONS = {"load_extension", "fts3_tokenizer"}
"""They load code, and take a pointer."""
MODULES = "dbstat fts3 fts3tokenize fts4 fts4aux fts5 fts5vocab geopoly rtree rtree_i32"
PRAGMAS = """
analysis_limit application_id auto_vacuum automatic_index busy_timeout cache_size cache_spill
case_sensitive_like cell_size_check checkpoint_fullfsync collation_list compile_options count_changes
data_version database_list defer_foreign_keys empty_result_callbacks encoding foreign_key_check
foreign_key_list foreign_keys freelist_count full_column_names fullfsync function_list
ignore_check_constraints incremental_vacuum index_info index_list index_xinfo integrity_check journal_mode
journal_size_limit legacy_alter_table locking_mode max_page_count module_list optimize page_count page_size
pragma_list query_only quick_check read_uncommitted recursive_triggers reverse_unordered_selects
schema_version secure_delete short_column_names shrink_memory synchronous table_info table_list table_xinfo
user_version wal_autocheckpoint wal_checkpoint
"""
REFUSED_PRAGMAS = {
    "hard_heap_limit",
    "soft_heap_limit",
    "mmap_size",
    "temp_store",
    "temp_store_directory",
} | {
    "threads",
    "trusted_schema",
    "writable_schema",
}
"""They raise limits, put temporary data into files, or let a statement write the schema's text."""


def test_every_function_is_known(connect: Connect) -> None:
    """The engine's functions are those that somebody has looked at; the dangerous ones are refused."""
    database = connect(SQLITE)
    names = {name for (name,) in database.execute("SELECT name FROM pragma_function_list")}
    assert names == set(FUNCTIONS.split()) | REFUSED_FUNCTIONS
    for profile in PROFILES.values():
        assert profile.refused_functions >= REFUSED_FUNCTIONS


def test_every_module_is_known(connect: Connect) -> None:
    """So are its virtual tables, those that exist without being created included."""
    database = connect(SQLITE)
    names = {name for (name,) in database.execute("SELECT name FROM pragma_module_list")}
    assert {name for name in names if not name.startswith("pragma_")} == set(MODULES.split())
    for missing in ("sqlite_dbpage", "sqlite_stmt", "bytecode", "zipfile", "fsdir", "csv", "generate_series"):
        with pytest.raises(SqlError, match=f"no such table: {missing}"):
            database.execute(f"SELECT * FROM {missing}")


def test_every_pragma_is_known(connect: Connect) -> None:
    """So are its PRAGMAs; the dangerous ones are refused under both profiles, read or written."""
    database = connect(SQLITE)
    names = {name for (name,) in database.execute("SELECT name FROM pragma_pragma_list")}
    assert names == set(PRAGMAS.split()) | REFUSED_PRAGMAS
    for profile in PROFILES.values():
        for name in REFUSED_PRAGMAS:
            for sql in (f"PRAGMA {name}", f"PRAGMA {name} = 1", f"PRAGMA main.{name}(1)"):
                with pytest.raises(Stopped) as caught:
                    connect(profile).run(sql)
                assert caught.value.error.message == f"{profile.title} does not allow PRAGMA {name}"


REACHING = [
    "ATTACH '{file}' AS x",
    "ATTACH 'file:{file}' AS x",
    "ATTACH 'file:{file}?vfs=unix&mode=rwc' AS x",
    "ATTACH DATABASE '{file}' || '' AS x",
    "ATTACH (SELECT '{file}') AS x",
    "ATTACH NULL AS x",
    "ATTACH x'00' AS x",
    "ATTACH ':memory:' AS x",
    "ATTACH 'file::memory:?cache=shared' AS x",
    "EXPLAIN ATTACH '{file}' AS x",
    "DETACH main",
    "DETACH temp",
    "VACUUM INTO '{file}'",
    "VACUUM main INTO 'file:{file}'",
    "SELECT load_extension('{file}')",
    "SELECT load_extension('{file}', 'x')",
    "CREATE TABLE t (a DEFAULT (load_extension('{file}'))); INSERT INTO t DEFAULT VALUES",
    "CREATE TABLE t (a, b AS (load_extension('{file}'))); INSERT INTO t VALUES (1); SELECT * FROM t",
    "CREATE TABLE t (a CHECK (load_extension('{file}'))); INSERT INTO t VALUES (1)",
    "CREATE TABLE t (a); INSERT INTO t VALUES (1); CREATE INDEX i ON t (load_extension(a))",
    "CREATE VIEW v AS SELECT load_extension('{file}'); SELECT * FROM v",
    (
        "CREATE TABLE t (a); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT load_extension('{file}'); END;"
        "INSERT INTO t VALUES (1)"
    ),
    "SELECT fts3_tokenizer('simple')",
    "CREATE TABLE t (a DEFAULT (fts3_tokenizer('simple', x'41414141'))); INSERT INTO t DEFAULT VALUES",
    "UPDATE sqlite_schema SET sql = ''",
    "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 2, 'CREATE TABLE x (a)')",
    "PRAGMA journal_mode = OFF",
    "PRAGMA main.journal_mode('off')",
    "SELECT readfile('{file}')",
    "SELECT writefile('{file}', 'x')",
    "SELECT edit('x', 'touch {file}')",
    "CREATE VIRTUAL TABLE x USING csv(filename='{file}')",
    "CREATE VIRTUAL TABLE x USING zipfile('{file}')",
    "CREATE VIRTUAL TABLE x USING sqlite_dbpage",
    "CREATE VIRTUAL TABLE x USING carray",
    "SELECT * FROM fsdir('{file}')",
    "UPDATE sqlite_dbpage SET data = zeroblob(4096)",
    "CREATE VIRTUAL TABLE x USING fts3(tokenize=icu)",
]


@BOTH
@pytest.mark.parametrize("script", REACHING)
def test_no_statement_reaches_a_file(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, profile: Profile
) -> None:
    """A statement that tries to is refused, under both profiles, and no file comes into being."""
    for name in ("TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Stopped):
        connect(profile).run(script.format(file=tmp_path / "file.db"))
    assert list(tmp_path.iterdir()) == []


@BOTH
def test_the_engine_opens_no_file_whoever_asks(connect: Connect, tmp_path: Path, profile: Profile) -> None:
    """Even a statement of squasher's own, which nothing authorizes, gets memory in place of a file."""
    database = connect(SQLITE._replace(name=profile.name))
    database.execute("CREATE TABLE t (a)")
    for sql in (
        f"ATTACH '{tmp_path}/a.db' AS x; CREATE TABLE x.t AS SELECT 1; DETACH x",
        f"ATTACH 'file:{tmp_path}/a.db?vfs=unix' AS x; CREATE TABLE x.t AS SELECT 1; DETACH x",
        f"VACUUM INTO '{tmp_path}/b.db'",
        f"VACUUM INTO 'file:{tmp_path}/b.db?vfs=unix'",
    ):
        with contextlib.suppress(SqlError):
            database.execute(sql)
    with pytest.raises(apsw.CantOpenError, match="cannot open a file"):
        apsw.Connection(str(tmp_path / "c.db"), vfs=database._clock.name)  # noqa: SLF001 - the VFS itself
    assert list(tmp_path.iterdir()) == []


def test_what_is_temporary_stays_in_memory(connect: Connect) -> None:
    """Sorts and TEMP tables beyond the page cache need no file: one could not be opened."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40000)"
    script = (
        f"{numbers} SELECT hex(zeroblob(200)) || i AS x FROM n ORDER BY x DESC;"
        f"CREATE TEMP TABLE t (a UNIQUE); {numbers} INSERT INTO t SELECT hex(zeroblob(200)) || i FROM n;"
        "CREATE TABLE u AS SELECT * FROM t; DROP TABLE t; VACUUM;"
        "ATTACH '' AS x; CREATE TABLE x.t AS SELECT * FROM u; DETACH x;"
    )
    assert len(connect(SQLITE).run(script)) == 9


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
TEN = "WITH n(i) AS (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10))"
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000)"


@BOTH
@pytest.mark.parametrize(
    ("script", "message"),
    [
        (ENDLESS, "steps"),
        (f"CREATE TABLE t AS {ENDLESS}", "steps"),
        (f"{TEN} SELECT count(*) FROM {', '.join(f'n AS n{i}' for i in range(9))}", "steps"),
        (f"CREATE VIEW v AS {ENDLESS}; SELECT * FROM v", "steps"),
        (
            (
                "CREATE TABLE t (a); CREATE TRIGGER r AFTER INSERT ON t BEGIN"
                f" INSERT INTO t SELECT (SELECT count(*) FROM ({ENDLESS})); END; INSERT INTO t VALUES (1)"
            ),
            "steps",
        ),
        (
            (
                "PRAGMA recursive_triggers = ON; CREATE TABLE t (a); CREATE TRIGGER r AFTER INSERT ON t BEGIN"
                " INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END; INSERT INTO t VALUES (1)"
            ),
            "nested too deep|too many levels",
        ),
        # a step that takes long is stopped by the processor time that it took
        (f"{LONG} SELECT max(length(hex(zeroblob(3000000 + i)))) FROM n", "seconds of processor time"),
        (f"{LONG} SELECT max(length(upper(printf('%*d', 3000000, i)))) FROM n", "seconds of processor time"),
        ("SELECT printf('%*d', 2000000000, 1)", "too big"),
        (f"SELECT {'(1 + ' * 2000}1{')' * 2000}", "Recursion limit|too large"),
        (f"SELECT json('{'[' * 5000}{']' * 5000}')", "malformed JSON"),
    ],
)
def test_no_statement_runs_for_ever(connect: Connect, script: str, message: str, profile: Profile) -> None:
    """Whatever a statement does, a limit ends it and the error says which."""
    with pytest.raises(Stopped) as caught:
        connect(profile._replace(max_steps=2_000_000)).run(script)
    assert any(part in caught.value.error.message for part in message.split("|"))


@BOTH
def test_no_statement_compiles_for_ever(connect: Connect, profile: Profile) -> None:
    """Views upon views, each of which reads the one before it twice, are stopped while they compile."""
    views = ["CREATE VIEW v0 AS SELECT 1 AS c UNION SELECT 2"]
    views += [f"CREATE VIEW v{n} AS SELECT a.c FROM v{n - 1} a, v{n - 1} b LIMIT 3" for n in range(1, 40)]
    with pytest.raises(Stopped) as caught:
        connect(profile._replace(max_steps=2_000_000)).run(";".join([*views, "SELECT * FROM v39"]))
    assert any(part in caught.value.error.message for part in ("stopped", "too many references"))


def test_all_statements_together(connect: Connect) -> None:
    """Statements that each stay within the budget exhaust it together in the end."""
    database = connect(SQLITE._replace(max_steps=1_000_000))
    each = ENDLESS.replace("FROM n)", "FROM n WHERE i < 50000)")
    assert len(database.run(f"{each};" * 5)) == 5
    with pytest.raises(Stopped) as caught:
        database.run(f"{each};" * 50)
    assert caught.value.error.message.startswith("stopped: all statements together")
    assert "--max-steps" in str(caught.value.error.hint)


def test_statements_of_our_own_end(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """What squasher runs itself over strangers' tables has a budget too, and the error says whose it is."""
    monkeypatch.setattr(engine, "STEP_BUDGET", 3_000_000)
    with pytest.raises(SqlError, match=r"stopped after 3,000,000 steps .* in squasher's own: WITH RECURSIVE"):
        connect(D1._replace(max_steps=1000)).execute(ENDLESS)


@BOTH
def test_what_nobody_runs_may_be_endless(write_chain: WriteChain, profile: Profile) -> None:
    """A view without an end, a trigger and a default that are slow, are carried and never run."""
    script = (
        f"CREATE VIEW v AS {ENDLESS};\nCREATE TABLE t (a);\n"
        f"CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t SELECT * FROM v; END;\n"
    )
    result = squasher.squash(write_chain({"0001_a.sql": script}), profile=profile.name, max_steps=1_000_000)
    assert result.proof.status == "equal"


class Ended(NamedTuple):
    """How a command ended: exit code, output, and the most memory that it had, in MiB."""

    code: int
    out: str
    err: str
    memory: int


def command(folder: Path, *arguments: str, memory: int | None = None) -> Ended:
    """Run squasher in a process of its own, with at most ``memory`` MiB of address space."""

    def limit() -> None:
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))

    with subprocess.Popen(
        [sys.executable, "-m", "squasher", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,  # noqa: PLW1509 - the child only sets its limit
    ) as process:
        out, err = process.communicate(timeout=120)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return Ended(process.returncode, out.decode(), err.decode(), most >> 10)


def test_the_option_on_both_commands(write_chain: WriteChain, tmp_path: Path) -> None:
    """A migration and a fresh file that need more steps get them with --max-steps, and only then."""
    slow = "SELECT count(*) FROM (" + ENDLESS.replace("FROM n)", "FROM n WHERE i < 100000)") + ");\n"
    write_chain({"0001_a.sql": "CREATE TABLE t (a);\n" + slow})
    few, enough = ("--max-steps", "100000"), ("--max-steps", "100000000")
    ended = command(tmp_path, "squash", *few)
    assert ended.code == 2
    assert ended.err.startswith("error: migrations/0001_a.sql:2: stopped after 100,000 steps")
    assert "--max-steps N" in ended.err.splitlines()[-1]
    assert command(tmp_path, "squash", *enough).code == 0
    write_chain({"0001_a.sql": "CREATE TABLE t (a);\n"})
    fresh = tmp_path / "migrations-fresh" / "0001_complete_schema.sql"
    fresh.write_text(fresh.read_text(encoding="utf-8") + slow, encoding="utf-8")
    ended = command(tmp_path, "check", *few)
    assert (ended.code, "0001_complete_schema.sql:" in ended.err) == (2, True)
    assert command(tmp_path, "check", *enough).code == 0


def test_one_call_without_an_end(write_chain: WriteChain, tmp_path: Path) -> None:
    """A single call that SQLite never comes back from ends the command, with the place and exit code 2."""
    many = "replace(hex(zeroblob(250000)), '0', '{}')"  # each letter of one against each of the other
    slow = f"trim({many.format('a')}, {many.format('b')} || 'a')"
    write_chain({"0001_a.sql": f"CREATE TABLE t (a);\nSELECT {slow};\n"})
    ended = command(tmp_path, "squash", "--max-steps", "1000000")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(
        "error: migrations/0001_a.sql:2: stopped: one call of an SQL function has no end\n"
    )


MOST = 1600
"""MiB: the heap limit of SQLite and what Python adds."""
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {})"


@BOTH
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("CREATE TABLE t (a); INSERT INTO t VALUES (randomblob(1000000000));", "string or blob too big"),
        ("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(1000000000));", "string or blob too big"),
        (
            f"CREATE TABLE t (a);\n{NUMBERS.format(2000)} INSERT INTO t SELECT zeroblob(1000000) FROM n;",
            ":2: out of memory",
        ),
        (f"{NUMBERS.format(3000000)} SELECT * FROM n ORDER BY -i, hex(zeroblob(400));", ":1: out of memory"),
        (
            f"CREATE TABLE t (a);\n{NUMBERS.format(140)} INSERT INTO t SELECT zeroblob(1000000) FROM n;",
            "the database holds 133 MiB, and at most 128 MiB can be written down",
        ),
        (
            (
                f"CREATE TABLE t (a);\n{NUMBERS.format(400000)} INSERT INTO t SELECT 1 FROM n;\n"
                + "".join(f"ALTER TABLE t ADD COLUMN c{n};\n" for n in range(41))
            ),
            "the tables hold 16,800,000 values, and at most 16,000,000 can be written down",
        ),
    ],
    ids=["randomblob", "zeroblob", "rows", "sort", "content", "cells"],
)
def test_memory_is_bounded(
    write_chain: WriteChain, tmp_path: Path, script: str, message: str, profile: Profile
) -> None:
    """What would fill the memory ends with an error that says so, and the process stays small."""
    write_chain({"0001_a.sql": script})
    ended = command(tmp_path, "squash", "--profile", profile.name)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "D1 compiles" not in ended.err
    assert "\nhelp: " in ended.err
    assert ended.memory < MOST


def test_the_option_raises_what_can_be_written_down(
    write_chain: WriteChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are too many for the usual budget are carried with a larger one."""
    monkeypatch.setattr(introspect, "MOST_CELLS", 4000)
    rows = f"{NUMBERS.format(2000)} INSERT INTO t (a) SELECT 1 FROM n;"
    chain = write_chain({"0001_a.sql": f"CREATE TABLE t (a, b, c);\n{rows}\n"})
    with pytest.raises(UnsupportedError, match="hold 6,000 values, and at most 4,000 can") as caught:
        squasher.squash(chain, write=False)
    assert "--max-steps" in str(caught.value.hint)
    result = squasher.squash(chain, write=False, max_steps=2 * STEP_BUDGET)
    assert [len(rows.rows) for rows in result.snapshot.rows] == [2000]


def test_little_memory(write_chain: WriteChain, tmp_path: Path) -> None:
    """Where the system gives less memory than a chain needs, that is the error, and no traceback."""
    rows = NUMBERS.format(2_000_000)
    write_chain({"0001_a.sql": f"CREATE TABLE t (a);\n{rows} INSERT INTO t SELECT i FROM n;"})
    ended = command(tmp_path, "squash", memory=300)
    assert (ended.code, ended.out) == (2, "")
    assert "out of memory" in ended.err
    assert "Traceback" not in ended.err


def test_many_words(write_chain: WriteChain) -> None:
    """A full-text index of more words than can be compared is an error that names it."""
    many = "replace(hex(zeroblob(600000)), '0', 'a ')"
    words = f"CREATE VIRTUAL TABLE f USING fts5(a);\nINSERT INTO f SELECT {many};"
    with pytest.raises(UnsupportedError, match="f indexes more than 1,000,000 words"):
        squasher.squash(write_chain({"0001_a.sql": words}), write=False)


@pytest.mark.parametrize("piece", ["$a(", ":::", "'", "[", "x'", "1_", "/*/", '"a'])
def test_reading_sql_takes_linear_time(write_chain: WriteChain, piece: str) -> None:
    """Text that a lexer could go back and forth in is read once: the error comes, as it does at once."""
    script = f"CREATE TABLE t (a);\nSELECT {piece * 200_001};"
    with pytest.raises(ReplayError, match=r"0001_a\.sql:2: "):
        squasher.squash(write_chain({"0001_a.sql": script}), profile="sqlite", write=False)
