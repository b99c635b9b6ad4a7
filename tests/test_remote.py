"""Databases at Cloudflare: what is asked of them, the copy that is made, and what wrangler's errors mean."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from squasher import remote, wrangler_cli
from squasher.chain import Chain, migration
from squasher.errors import InputError
from squasher.introspect import introspect
from squasher.profiles import D1, SQLITE
from squasher.replay import replay
from squasher.sql import significant
from squasher.volatile import UNIVERSES
from squasher.wrangler import D1Database
from squasher.wrangler_cli import Wrangler, WranglerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from squasher.engine import Database

WIDE = ", ".join(f"c{number}" for number in range(100))
CHAIN = f"""
CREATE TABLE "values" (id INTEGER PRIMARY KEY AUTOINCREMENT, v, twice AS (v || v));
INSERT INTO "values" (v) VALUES (NULL), (9223372036854775807), (9007199254740993), (-1), (2.0), (0.1),
    (1e300), (5e-324), (1e22), (123456789.123456789), (9e999), (-9e999), (x''), (x'00ff27'),
    ('it''s; {{"a": [1]}}'), ('a' || char(0) || 'b'), (CAST(x'ff41' AS TEXT)),
    ('line' || char(13, 10) || 'end'), ('é €');
CREATE TABLE wide ({WIDE});
INSERT INTO wide (rowid, c0, c99) VALUES (7, 'first', 'last'), (9, 'one', 'more');
CREATE TABLE "order" (a TEXT, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
INSERT INTO "order" VALUES ('x', 'y'), ('y', 'x');
CREATE TABLE parents (id INTEGER PRIMARY KEY CHECK (id > 0));
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id));
INSERT INTO parents VALUES (1);
INSERT INTO children VALUES (1, 1);
CREATE UNIQUE INDEX one_value ON "values" (v) WHERE v > 1;
CREATE VIRTUAL TABLE notes USING fts5(title, body, tokenize = 'porter');
INSERT INTO notes (rowid, title, body) VALUES (3, 'one', 'running'), (5, 'two', 'ran');
CREATE VIEW both AS SELECT * FROM parents JOIN children ON parents.id = parent;
CREATE TRIGGER counted AFTER INSERT ON parents BEGIN
    INSERT INTO children (parent) VALUES (new.id); -- a comment; with a semicolon
END;
"""
TABLES = frozenset({"values", "wide", "order", "parents", "children", "notes"})


def answering(database: Database, sent: list[str]) -> Callable[[str], list[list[dict[str, Any]]]]:
    """What wrangler would answer of a database: rows as objects, by way of JSON."""

    def ask(sql: str) -> list[list[dict[str, Any]]]:
        sent.append(sql)
        found = []
        for statement in _statements(sql):
            names = _columns(statement)
            rows = database.execute(statement)
            found.append([dict(zip(names, row, strict=True)) for row in rows])
        answer: list[list[dict[str, Any]]] = json.loads(json.dumps(found))
        return answer

    return ask


def _statements(sql: str) -> list[str]:
    cuts = [0, *(token.end for token in significant(sql) if token.text == ";"), len(sql)]
    return [sql[start:end].rstrip("; ") for start, end in pairwise(cuts)]


def _columns(statement: str) -> list[str]:
    """The names of the columns, as SQLite has them: the last word of each, and that is what we wrote."""
    names: list[str] = []
    depth = 0
    last = ""
    for token in significant(statement)[1:]:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text.lower() == "from":
            break
        if depth == 0 and token.text == ",":
            names.append(last)
        last = token.text
    return [*names, last]


@pytest.fixture
def original() -> Iterator[Database]:
    """A database that the chain made."""
    chain = Chain("migrations", (migration("0001_all.sql", "migrations/0001_all.sql", CHAIN.encode()),))
    with replay(chain, D1, UNIVERSES[0]) as done:
        yield done.database


def test_a_copy_is_the_same(original: Database) -> None:
    """Every object and every value comes out as it is in the database: integers of 64 bits, blobs, NUL."""
    ask = answering(original, [])
    schema = remote.read_schema(ask, D1)
    copy = remote.snapshot(schema, D1, "d1:DB", ask, TABLES)
    whole = introspect(original, carried=False, tables=TABLES)
    assert copy.objects == whole.objects
    assert copy.ledger == ("0001_all.sql",)
    assert copy.rows == whole.rows
    assert {part.table for part in copy.rows} == TABLES
    assert len({row for part in copy.rows if part.table == "values" for row in part.rows}) == 19
    assert copy.sequences == whole.sequences == (("values", 19),)


def test_the_order_of_a_vacuumed_database(connect: Callable[..., Database]) -> None:
    """VACUUM stores the parts of a virtual table before it; what only looks like one is the user's."""
    sql = (
        "CREATE TABLE docs_content (id INTEGER PRIMARY KEY, body);"
        "CREATE VIRTUAL TABLE docs USING fts5(body, content = 'docs_content', content_rowid = 'id');"
        "CREATE VIRTUAL TABLE own USING fts5(body);"
        "CREATE INDEX docs_body ON docs_content (body);"
    )
    database = connect(SQLITE, sql)
    database.execute("VACUUM")
    stored = [name for _, name, *_ in remote.read_schema(answering(database, []), SQLITE).stored]
    assert stored.index("own_data") < stored.index("own")
    copy = remote.snapshot(remote.read_schema(answering(database, []), SQLITE), D1, "d1:DB")
    assert copy.objects == introspect(database, rows=False, carried=False).objects
    assert [one.name for one in copy.objects] == ["docs_content", "docs_body", "docs", "own"]


def test_a_comment_behind_the_last_word(connect: Callable[..., Database]) -> None:
    """It belongs to the text of a table with an option, when nothing came behind it."""
    sql = "CREATE TABLE t (a TEXT) STRICT -- only text"
    schema = remote.read_schema(answering(connect(SQLITE, sql), []), SQLITE)
    (table,) = remote.snapshot(schema, SQLITE, "d1:DB").objects
    assert table.sql == sql


def test_without_rows_one_question_is_enough(original: Database) -> None:
    """The schema and the ledger are read in one call, and no table of the users'."""
    sent: list[str] = []
    found = remote.snapshot(remote.read_schema(answering(original, sent), D1), D1, "d1:DB")
    assert found.objects == introspect(original, rows=False, carried=False).objects
    assert found.rows == ()
    assert len(sent) == 1


@pytest.mark.parametrize("made", ["CREATE TABLE t (a)", "CREATE TABLE d1_migrations (at)"])
def test_a_database_without_a_ledger(made: str) -> None:
    """It is asked again without one; a table of that name which somebody made by hand is none."""
    chain = Chain("m", (migration("0001_a.sql", "m/0001_a.sql", f"{made};".encode()),))
    sent: list[str] = []
    with replay(chain, D1._replace(ledger=None), UNIVERSES[0]) as done:
        ask = answering(done.database, sent)

        def asked(sql: str) -> list[list[dict[str, Any]]]:
            try:
                return ask(sql)
            except Exception as error:
                raise WranglerError(f"wrangler says: {error}: SQLITE_ERROR") from error

        schema = remote.read_schema(asked, D1)
    assert (schema.ledger, len(sent)) == ((), 2)
    copy = remote.snapshot(schema, D1, "d1:DB")
    assert [item.sql for item in copy.objects] == [made]
    assert copy.ledger_sql is None


def test_nothing_but_selects_is_sent(original: Database) -> None:
    """Of everything that is sent, each statement is one SELECT, and running it changes nothing."""
    sent: list[str] = []
    ask = answering(original, sent)
    before = original.meters()[0]
    remote.snapshot(remote.read_schema(ask, D1), D1, "d1:DB", ask, TABLES)
    statements = [statement for sql in sent for statement in _statements(sql)]
    assert len(statements) > 10
    assert {significant(statement)[0].text for statement in statements} == {"SELECT"}
    assert original.meters()[0] == before
    with pytest.raises(AssertionError, match="not one SELECT"):
        remote.select(ask, ["DELETE FROM users"])
    with pytest.raises(AssertionError, match="not one SELECT"):
        remote.select(ask, ["SELECT 1; DROP TABLE users"])


@pytest.mark.parametrize("name", ['a"b', "a;b", "a--b", "a/*b", "a\nb", "a\\b"])
def test_a_name_that_could_be_misread_is_not_sent(connect: Callable[..., Database], name: str) -> None:
    """What a splitter between here and there may take for an end is refused."""
    quoted = '"' + name.replace('"', '""') + '"'
    database = connect(D1, f"CREATE TABLE {quoted} (a);")
    sent: list[str] = []
    ask = answering(database, sent)
    stored = tuple(
        database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name <> 'd1_migrations'")
    )
    schema = remote.Schema(stored, frozenset(), ())
    with pytest.raises(InputError, match="is a name that wrangler may not carry"):
        remote.snapshot(schema, D1, "d1:DB", ask, frozenset({name.lower()}))
    assert sent == []


def test_many_rows_come_in_pages(connect: Callable[..., Database], monkeypatch: pytest.MonkeyPatch) -> None:
    """A page after the other, all of them; too many are refused before one is read."""
    rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1234)"
    sql = f"CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t {rows} SELECT i, 'row ' || i FROM n;"
    database = connect(D1._replace(ledger=None), sql)
    sent: list[str] = []
    ask = answering(database, sent)
    schema = remote.read_schema(ask, D1._replace(ledger=None))
    (part,) = remote.snapshot(schema, D1, "d1:DB", ask, frozenset({"t"})).rows
    assert tuple(part.rows) == tuple((str(number), f"'row {number}'") for number in range(1, 1235))
    monkeypatch.setattr(remote, "MOST_ROWS", 1000)
    with pytest.raises(InputError, match="t holds 1,234 rows, and at most 1,000"):
        remote.snapshot(schema, D1, "d1:DB", ask, frozenset({"t"}))


HOSTILE = [
    ("table", "t", "t", "CREATE TABLE t (a); CREATE TABLE u (a)"),
    ("table", "t", "t", "CREATE TABLE u (a)"),
    ("table", "t", "t", "ATTACH 'file.db' AS other"),
    ("table", "t", "t", "CREATE TABLE t ("),
    ("view", "t", "t", "PRAGMA writable_schema = ON"),
]


@pytest.mark.parametrize("stored", HOSTILE, ids=[text for *_, text in HOSTILE])
def test_a_text_that_is_not_what_it_says(stored: tuple[str, str, str, str]) -> None:
    """Whatever the other end says that it stores, only what its text makes is taken for the database."""
    with pytest.raises(InputError, match="its schema cannot be made again in memory"):
        remote.snapshot(remote.Schema((stored,), frozenset(), ()), D1, "d1:DB")


@pytest.mark.parametrize(
    "answer",
    [
        *([[{"type": "table"}], [], []], [[], []]),
        [[{"type": 1, "name": 2, "tbl_name": 3, "sql": 4}], [], []],
        [[{"type": "view", "name": "v", "tbl_name": "v", "sql": "CREATE VIEW v AS SELECT '\0'"}], [], []],
        [[], [], [{"name": "half a character: \ud800"}]],
    ],
)
def test_another_answer_than_the_one_asked_for(answer: list[list[dict[str, Any]]]) -> None:
    """It is an error, not a schema."""
    with pytest.raises(InputError, match="wrangler gave another answer"):
        remote.read_schema(lambda _: answer, D1)


def entry(folder: Path, name: str | None = "app", environment: str | None = None) -> D1Database:
    """An entry of the configuration in ``folder``."""
    config = folder / "wrangler.jsonc"
    return D1Database("DB", name, "id", folder / "migrations", "*.sql", "d1_migrations", config, environment)


@pytest.fixture
def npx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a script with the name of npx in the place of the real one."""

    def install(script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        path = folder / "npx"
        path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{script}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return install


def test_what_npx_is_told(tmp_path: Path, npx: Callable[[str], Path]) -> None:
    """The user's own wrangler, nothing from the network, beside the configuration, for its environment."""
    npx("print(json.dumps([{'results': [{'said': sys.argv[1:], 'where': os.getcwd()}]}]))")
    ((row,),) = Wrangler(entry(tmp_path, environment="staging")).ask("SELECT 1")
    assert row["where"] == str(tmp_path)
    assert row["said"] == [
        *("--no-install", "--offline", "wrangler", "d1", "execute", "app", "--remote", "--json"),
        *("--config", "wrangler.jsonc", "--env", "staging", "--command", "SELECT 1"),
    ]
    ((row,),) = Wrangler(entry(tmp_path, name=None)).ask("SELECT 1")
    assert row["said"][5] == "DB"
    with pytest.raises(WranglerError, match="cannot begin with a hyphen"):
        Wrangler(entry(tmp_path, name="--file=x")).ask("SELECT 1")


# what the real ones printed: wrangler 4.164.0, npm 11
NO_LOGIN = (
    "In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment variable for"
    " wrangler to work. Please go to https://developers.cloudflare.com/fundamentals/api/get-started/create-token/"
    " for instructions on how to create an api token, and assign its value to CLOUDFLARE_API_TOKEN."
)
UNKNOWN = (
    "Couldn't find a D1 DB named 'app' (bound as 'DB') in the API. Run 'wrangler d1 create app' to create it."
)
NPM = (
    'npm error npx canceled due to missing packages and no YES option: ["wrangler@4.86.0"]\n'
    "npm error A complete log of this run can be found in: /home/x/.npm/_logs/0-debug-0.log\n"
)
OLD_NODE = "Wrangler requires at least Node.js v22.12.0. You are using v20.20.2.\n"
COLORED = "\x1b[31m\u2718 \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mfetch failed\x1b[0m\n\n\n"
ENVIRONMENT = (
    "\x1b[31m\u2718 \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mProcessing wrangler.jsonc"
    ' configuration:\x1b[0m\n\n    - No environment found in configuration with name "x".\n'
)

FAILED = '[{"results": [], "success": true}, {"results": [], "success": false, "error": "D1_ERROR: no"}]'


def failing(text: str) -> str:
    """How ``--json`` reports an error."""
    return "\n" + json.dumps({"error": {"text": text}}, indent=2) + "\n"


@pytest.mark.parametrize(
    ("code", "out", "err", "message", "hint"),
    [
        (1, failing(NO_LOGIN), "", "d1:app: wrangler is not logged in", "npx wrangler login"),
        (
            1,
            failing("Did not login, quitting..."),
            "",
            "d1:app: wrangler is not logged in",
            "CLOUDFLARE_API_TOKEN",
        ),
        (1, failing(UNKNOWN), "", "d1:app: Cloudflare knows no database app: Couldn't find", "d1 list"),
        (1, failing('near "x": syntax error'), "", 'wrangler says: near "x": syntax error', ""),
        (
            1,
            '{"error": {"text": "A request failed.", "notes": [{"text": "Unauthorized [code: 7403]"}]}}',
            "",
            "wrangler says: A request failed. Unauthorized [code: 7403]",
            "",
        ),
        (1, "", NPM, "d1:app: wrangler is not installed in ", "npm install --save-dev wrangler"),
        (1, "", OLD_NODE, "wrangler says: Wrangler requires at least Node.js v22.12.0.", ""),
        (1, "", COLORED, "wrangler says: fetch failed", ""),
        (1, "", ENVIRONMENT, "wrangler says: Processing wrangler.jsonc configuration:", ""),
        (1, "", "", "wrangler says: nothing", ""),
        (0, "", "", "wrangler printed no JSON: nothing at all", "npm install --save-dev wrangler@latest"),
        (0, "Executing on app\n", "", "wrangler printed no JSON: Executing on app", ""),
        (0, '{"a": 1}', "", "wrangler printed no JSON", ""),
        (0, '[{"success": true}]', "", "wrangler printed no JSON", ""),
        (0, FAILED, "", "wrangler says: D1_ERROR: no", ""),
        (0, FAILED.replace("error", "e"), "", "wrangler says: an error without words", ""),
        (0, "[" * 100_000, "", "wrangler printed no JSON", ""),
    ],
)
def test_what_goes_wrong(  # noqa: PLR0913, PLR0917 - a case has as many parts
    tmp_path: Path, npx: Callable[[str], Path], code: int, out: str, err: str, message: str, hint: str
) -> None:
    """Each error says which database, what happened, and the way out."""
    npx(f"sys.stdout.write({out!r}); sys.stderr.write({err!r}); sys.exit({code})")
    with pytest.raises(WranglerError) as caught:
        Wrangler(entry(tmp_path)).ask("SELECT 1")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert "\x1b" not in caught.value.message


def test_lines_before_the_json(tmp_path: Path, npx: Callable[[str], Path]) -> None:
    """What a wrapper prints first is no part of it."""
    npx("print('[warning] proxied'); print(); print(json.dumps([{'results': [{'one': 1}]}], indent=2))")
    assert Wrangler(entry(tmp_path)).ask("SELECT 1") == [[{"one": 1}]]


def test_there_is_no_npx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WranglerError, match="there is no npx") as caught:
        Wrangler(entry(tmp_path)).ask("SELECT 1")
    assert "Install Node.js" in str(caught.value.hint)


def test_no_answer(tmp_path: Path, npx: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while it is ended, with what it started."""
    npx(
        f"open({str(tmp_path / 'pids')!r}, 'a').write(f'{{os.getpid()}} ')\n"
        "if os.fork() == 0:\n"
        f"    open({str(tmp_path / 'pids')!r}, 'a').write(f'{{os.getpid()}} ')\n"
        "time.sleep(60)"
    )
    monkeypatch.setattr(wrangler_cli, "SECONDS", 1)
    with pytest.raises(WranglerError, match="wrangler gave no answer in 1 seconds"):
        Wrangler(entry(tmp_path)).ask("SELECT 1")
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    assert all(ended(pid) for pid in pids)


def ended(pid: int) -> bool:
    """Whether a process is gone, or dead and not yet buried, within seconds."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("arguments", [["check", "d1:DB"], ["diff", "d1:DB"], ["drift", "d1:DB"]])
def test_an_interrupt(tmp_path: Path, npx: Callable[[str], Path], arguments: list[str]) -> None:
    """Ctrl-C ends the call of wrangler too, whichever command waits for it."""
    folder = npx(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)")
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (a);")
    databases = [{"binding": "DB", "database_name": "app", "database_id": "id"}]
    (tmp_path / "wrangler.json").write_text(json.dumps({"d1_databases": databases}))
    with subprocess.Popen(
        [sys.executable, "-m", "squasher", *arguments, "--remote"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert ended(int((tmp_path / "pid").read_text()))


def test_a_command_reads_through_wrangler(tmp_path: Path, npx: Callable[[str], Path]) -> None:
    """``check`` and ``diff`` with --remote compare what wrangler answers, here from a file."""
    with closing(sqlite3.connect(tmp_path / "far.sqlite")) as far:
        far.executescript(
            "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,"
            " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);"
            "INSERT INTO d1_migrations (name) VALUES ('0001_a.sql');"
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b);"
            "INSERT INTO t VALUES (1, 'changed'), (3, 'of a user');"
        )
    folder = npx(
        "import sqlite3\n"
        f"far = sqlite3.connect({str(tmp_path / 'far.sqlite')!r}); far.row_factory = sqlite3.Row\n"
        "found = [[dict(row) for row in far.execute(one)] for one in sys.argv[-1].split('; ')]\n"
        "print(json.dumps([{'results': rows, 'success': True} for rows in found]))"
    )
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 'one'), (2, 'two');"
    )
    (tmp_path / "migrations" / "0002_b.sql").write_text("ALTER TABLE t ADD COLUMN c;")
    databases = [{"binding": "DB", "database_name": "app", "database_id": "id"}]
    (tmp_path / "wrangler.json").write_text(json.dumps({"d1_databases": databases}))

    def squasher(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "squasher", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PATH": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )

    done = squasher("check", "d1:DB", "--remote")
    assert (done.returncode, done.stdout) == (
        0,
        "1 migration is pending: 0002\nd1:DB is equivalent to migrations/ (0001)\n",
    ), done.stderr
    done = squasher("check", "d1:app", "--remote", "--rows", "--format", "json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert [(one["change"], one["actual"]) for one in found["differences"]] == [
        ("different", "'changed'"),
        ("missing", None),
    ]
    done = squasher("diff", "d1:DB", "--remote", "--format", "json")
    assert [one["element"] for one in json.loads(done.stdout)["changes"]] == [{"kind": "column", "name": "c"}]
    done = squasher("show", "d1:DB", "--remote", "--rows")
    assert "(1, 'changed'),\n" in done.stdout
    done = squasher("show", "d1:DB", "--remote")
    assert "changed" not in done.stdout


def test_several_at_once(tmp_path: Path, npx: Callable[[str], Path]) -> None:
    """A fleet is asked by as many processes as --jobs says, and what one fails with is its own."""
    folder = npx(
        f"log = open({str(tmp_path / 'log')!r}, 'a')\n"
        "name = sys.argv[6]\n"
        "log.write('+'); log.flush(); time.sleep(0.3); log.write('-'); log.flush()\n"
        "if name == 'db3': sys.exit('no such thing')\n"
        "print(json.dumps([{'results': []}, {'results': []}, {'results': []}]))"
    )
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (a);")
    names = [f"db{number}" for number in range(6)]
    databases = [{"binding": name.upper(), "database_name": name, "database_id": name} for name in names]
    (tmp_path / "wrangler.json").write_text(json.dumps({"d1_databases": databases}))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "squasher",
            "drift",
            *(f"d1:{name}" for name in names),
            "--remote",
            "--jobs",
            "2",
        ],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        "5 databases   empty, 1 migration pending: 0001",
        "              d1:db0, d1:db1, d1:db2 … and 2 more",
        "",
        "6 databases in 1 group: none differs, 1 could not be read.",
    ]
    assert done.stderr == "error: d1:db3: wrangler says: no such thing\n"
    running = [0]
    for mark in (tmp_path / "log").read_text():
        running.append(running[-1] + (1 if mark == "+" else -1))
    assert max(running) == 2
