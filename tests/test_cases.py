"""Hostile chains as data: each directory of ``tests/cases`` is a trap, and what SQLite makes of it.

``tests/cases/README.md`` says what a case looks like. Nothing of squasher takes part in the two
installations that are compared here: a bare connection runs the chain, another one the fresh file.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import apsw
import pytest

import squasher
from squasher.errors import ReplayError, SquasherError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from squasher.commands.squash import Squashed

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases"
PROFILES: Final = ("d1", "sqlite")
JUDGES: Final = ("sqlite", "d1", "squasher")

Row: TypeAlias = tuple[Any, ...]


class Refused(NamedTuple):
    """What the error of a chain that cannot be squashed names."""

    by: str
    reason: str
    help: str
    at: str = ""
    statement: str = ""


class Expected(NamedTuple):
    """What is so of a chain under one profile."""

    why: str
    holds: Mapping[str, list[list[object]] | str] = {}
    volatile: Sequence[str] = ()
    warns: Sequence[str] = ()
    contains: Sequence[str] = ()
    lacks: Sequence[str] = ()
    refused: Refused | None = None


class Case(NamedTuple):
    """One chain under one profile."""

    name: str
    profile: str
    migrations: Path
    expected: Expected


class MistakeError(ValueError):
    """A case that does not say what it should."""


def read_cases(folder: Path) -> Iterator[Case]:
    """A directory's case under each of its profiles. Raises MistakeError for a key that means nothing."""
    with (folder / "case.toml").open("rb") as file:
        found = tomllib.load(file)
    own = {name: found.pop(name) for name in PROFILES if name in found}
    profiles = found.pop("profiles", PROFILES)
    if not found.get("why") or not set(own) <= set(profiles) <= set(PROFILES):
        raise MistakeError(f"{folder.name}: no why, or rules for a profile that does not run")
    for profile in profiles:
        rules = own.get(profile, {})
        keys = {**found, **rules, "holds": {**found.get("holds", {}), **rules.get("holds", {})}}
        try:
            yield Case(folder.name, profile, folder / "migrations", _expected(keys))
        except (TypeError, MistakeError) as error:
            raise MistakeError(f"{folder.name}: {error}") from error


def _expected(keys: dict[str, Any]) -> Expected:
    for key in ("volatile", "warns", "contains", "lacks"):
        if key in keys and not isinstance(keys[key], list):
            raise MistakeError(f"{key} is no list")
    refused = Refused(**keys.pop("refused")) if "refused" in keys else None
    if refused is not None:
        asked_in_vain = refused.by == "sqlite" and keys["holds"]
        if keys.keys() - {"why", "holds"} or asked_in_vain or refused.by not in JUDGES:
            raise MistakeError("what is refused holds nothing else")
    return Expected(**keys, refused=refused)


ALL = [case for toml in sorted(CASES.glob("*/case.toml")) for case in read_cases(toml.parent)]
_CLOCKED = ("audit_retention_policy", "connector_configs", "global_events_watermark")
_REAL = Expected(why="what a real chain needs", volatile=_CLOCKED)
CLEARLIFT = [Case("clearlift", profile, ROOT / "migrations", _REAL) for profile in PROFILES]
PROVED = [*(case for case in ALL if case.expected.refused is None), *CLEARLIFT]
REFUSED = [case for case in ALL if case.expected.refused is not None]


def name_of(case: Case) -> str:
    """How pytest names a case."""
    return f"{case.name}-{case.profile}"


class Made(NamedTuple):
    """A case after it was squashed."""

    case: Case
    fresh: Path
    result: Squashed


@pytest.fixture(scope="module", params=PROVED, ids=name_of)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Each case that is proved, squashed once for all tests of it."""
    case: Case = request.param
    fresh = tmp_path_factory.mktemp(case.name) / "fresh" / "0001_complete_schema.sql"
    return Made(case, fresh, squasher.squash(case.migrations, fresh, case.profile))


class Installed(NamedTuple):
    """Two databases of SQLite's own, without anything of squasher's: the chain's and the fresh file's."""

    chain: apsw.Connection
    fresh: apsw.Connection


@pytest.fixture(scope="module")
def installed(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Two real installations of a case: one that ran the chain, and one that ran the fresh file."""
    folder, profile = tmp_path_factory.mktemp("bare"), made.case.profile
    both = Installed(
        install(migrations_of(made.case.migrations), profile, folder / "chain"),
        install([made.fresh], profile, folder / "fresh"),
    )
    yield both
    for connection in both:
        connection.close()


def migrations_of(folder: Path) -> list[Path]:
    """The files of a chain; all cases number theirs with four digits."""
    return sorted(folder.glob("*.sql"))


def connect(database: Path, profile: str) -> apsw.Connection:
    """A connection as a migration tool of the profile opens one."""
    connection = apsw.Connection(str(database))
    connection.execute("PRAGMA synchronous = OFF")  # a test has nothing to lose
    connection.execute(f"PRAGMA foreign_keys = {profile == 'd1'}")
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, int(profile == "d1"))
    return connection


def install(files: list[Path], profile: str, database: Path) -> apsw.Connection:
    """Run each file on a connection of its own, in one transaction unless it begins one itself."""
    for path in files:
        script = path.read_bytes().decode()
        connection = connect(database, profile)
        try:
            first = re.search(r"^(BEGIN|COMMIT|ROLLBACK|VACUUM)\b", script, re.MULTILINE)
            managed = first is None or first.group() in {"COMMIT", "ROLLBACK"}
            connection.execute(("BEGIN;" if managed else "") + script).fetchall()
            if connection.in_transaction:
                connection.execute("COMMIT")
        finally:
            connection.close()
    return connect(database, profile)


@pytest.fixture(scope="module", autouse=True)
def utc() -> Iterator[None]:
    """The time zone is UTC, as it is on D1."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def test_squash_proves_it(made: Made) -> None:
    """The file is proved and written, and says what it should, with the expected warnings and no other."""
    expected, result = made.case.expected, made.result
    assert (result.proof.status, result.proof.respelled, result.written) == ("equal", (), True)
    assert len(result.warnings) == len(expected.warns), result.warnings
    for warning, part in zip(result.warnings, expected.warns, strict=True):
        assert part in warning
    for part in expected.contains:
        assert part in result.text
    for part in (*expected.lacks, "BEGIN TRANSACTION", "\0"):
        assert part not in result.text


def test_what_squash_wrote_checks_exactly(made: Made) -> None:
    """A check of what squash wrote is always equal, byte for byte, and has nothing to say."""
    checked = squasher.check(made.case.migrations, made.fresh, made.case.profile)
    assert (checked.proof.status, checked.exact, checked.findings) == ("equal", True, ())
    assert checked.proof.respelled == ()
    assert checked.proof.reasons == ()


def test_squashing_the_fresh_file_gives_the_same_again(made: Made) -> None:
    """A directory that holds only the fresh file has the same objects and rows, statement by statement."""
    second = squasher.squash(made.fresh.parent, made.fresh.parent.parent / "again.sql", made.case.profile)
    assert statements(second.text) == statements(made.result.text)
    assert second.warnings == ()


def statements(text: str) -> str:
    """A fresh file without the comments between its statements and without the ledger."""
    body = text.partition("\n-- the ledger")[0]
    return "\n".join(line for line in body.splitlines() if line and not line.startswith("--"))


def test_what_holds_in_both_installations(made: Made, installed: Installed) -> None:
    """What SQLite's rules say of the chain is so where the chain ran, and where the fresh file did."""
    for sql, wanted in made.case.expected.holds.items():
        answer = wanted if isinstance(wanted, str) else [tuple(row) for row in wanted]
        assert ask(installed.chain, sql) == answer, sql
        assert ask(installed.fresh, sql) == answer, sql


def ask(connection: apsw.Connection, sql: str) -> list[Row] | str:
    """The rows that statements give, or the error that they end with. What they did is undone."""
    connection.execute("BEGIN")
    try:
        return connection.execute(sql).fetchall()
    except apsw.Error as error:
        return str(error)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def test_both_installations_hold_the_same(made: Made, installed: Installed) -> None:
    """The chain and the fresh file leave the same objects, token by token, and the same rows."""
    chain, fresh = (schema_of(connection) for connection in installed)
    assert fresh == chain
    for table in sorted(name for kind, name, *_ in chain if kind == "table"):
        if table not in made.case.expected.volatile:
            assert rows_of(installed.fresh, table) == rows_of(installed.chain, table), table


def schema_of(connection: apsw.Connection) -> set[Row]:
    """Every object of the user's: its kind, its name, its table, and the tokens of its text."""
    found: list[Row] = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    return {
        (kind, name, table, tokens(sql))
        for kind, name, table, sql in found
        if not name.startswith("sqlite_stat") and table not in {"sqlite_sequence", "d1_migrations"}
    }


# written for this module, so that an error of squasher's lexer does not hide here too
_TOKEN: Final = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^]]*]|[^\W]+|\s+|.""",
    re.DOTALL,
)


def tokens(sql: str | None) -> tuple[str, ...]:
    """The tokens of a stored text. Keywords come in either case, a table's own name in quotes or not."""
    found = [token for token in _TOKEN.findall(sql or "") if not re.match(r"--|/\*|\s", token)]
    words = [token.lower() if token.isascii() and token.isidentifier() else token for token in found]
    return tuple(
        word.strip("'\"") if place == len(("CREATE", "TABLE")) else word for place, word in enumerate(words)
    )


def rows_of(connection: apsw.Connection, table: str) -> list[str]:
    """The rows of an ordinary table, each value with its storage class and the rowid with them, sorted."""
    facts = "SELECT type, wr FROM pragma_table_list(?) WHERE schema = 'main'"
    ((kind, without_rowid),) = connection.execute(facts, (table,))
    if kind != "table":
        return []  # what a virtual table holds is a question for the case
    columns = [
        f'"{quoted}"'
        for (quoted,) in connection.execute(
            """SELECT replace(name, '"', '""') FROM pragma_table_xinfo(?)""", (table,)
        )
    ]
    values = ", ".join(f"typeof({c}), iif(typeof({c}) = 'text', CAST({c} AS BLOB), {c})" for c in columns)
    rowid = "0" if without_rowid else "rowid"
    name = table.replace('"', '""')
    return sorted(map(repr, connection.execute(f'SELECT {rowid}, {values} FROM "{name}"')))


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_what_cannot_be_squashed_says_why(case: Case, tmp_path: Path) -> None:
    """The error names file, line, statement, reason and a way out; the code is 2, and nothing is written."""
    refused = case.expected.refused
    assert refused is not None
    fresh = tmp_path / "fresh.sql"
    with pytest.raises(SquasherError, match=re.escape(refused.reason)) as caught:
        squasher.squash(case.migrations, fresh, case.profile)
    if isinstance(caught.value, ReplayError):
        assert refused.at
        assert caught.value.message.startswith(f"{case.migrations.as_posix()}/{refused.at}: ")
        assert refused.statement in caught.value.excerpt
        assert bool(refused.statement) == bool(caught.value.excerpt)
    else:
        assert (refused.at, refused.statement) == ("", "")
    assert refused.help in str(caught.value.hint)
    command = [sys.executable, "-m", "squasher", "squash", "--migrations", str(case.migrations)]
    command += ["--fresh", str(fresh), "--profile", case.profile]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {caught.value.diagnostics()}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_who_refuses_what_cannot_be_squashed(case: Case, tmp_path: Path) -> None:
    """SQLite refuses the chain too, for the same reason; or it does not, and the rule is not SQLite's."""
    refused, files = case.expected.refused, migrations_of(case.migrations)
    assert refused is not None
    if refused.by == "sqlite":
        with pytest.raises(apsw.Error, match=re.escape(refused.reason)):
            install(files, case.profile, tmp_path / "chain")
        return
    connection = install(files, case.profile, tmp_path / "chain")
    for sql, wanted in case.expected.holds.items():
        assert ask(connection, sql) == (
            wanted if isinstance(wanted, str) else [tuple(row) for row in wanted]
        ), sql
    connection.close()


def test_a_chain_of_694_files(tmp_path: Path) -> None:
    """Each file makes a table or changes the one before it, and all of them are in the fresh file."""
    chain = tmp_path / "migrations"
    chain.mkdir()
    for number in range(1, 695):
        made = (number + 1) // 2
        script = (
            f"ALTER TABLE t{made} ADD COLUMN b DEFAULT {number}; INSERT INTO t{made} (a) VALUES ({number});"
        )
        if number % 2:
            script = f"CREATE TABLE t{made} (a INTEGER PRIMARY KEY);"
        (chain / f"{number:04}_step.sql").write_text(script + "\n", encoding="utf-8")
    result = squasher.squash(chain, tmp_path / "fresh" / "0001_complete_schema.sql")
    assert result.proof.status == "equal"
    connection = install([tmp_path / "fresh" / "0001_complete_schema.sql"], "d1", tmp_path / "database")
    assert ask(connection, "SELECT count(*), min(name), max(name) FROM d1_migrations") == [
        (694, "0001_step.sql", "0694_step.sql")
    ]
    assert ask(connection, "SELECT count(*) FROM sqlite_schema WHERE name GLOB 't[0-9]*'") == [(347,)]
    for number in (1, 200, 347):
        assert ask(connection, f"SELECT a, b FROM t{number}") == [(2 * number, 2 * number)]
    connection.close()


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("", "no why"),
        ("why = 'x'\nhold = {}", "unexpected keyword argument 'hold'"),
        ("why = 'x'\n[d1]\nhold = {}", "unexpected keyword argument 'hold'"),
        ("why = 'x'\n[postgres]\nholds = {}", "unexpected keyword argument 'postgres'"),
        ("why = 'x'\nprofiles = ['sqlite']\n[d1]\nholds = {}", "a profile that does not run"),
        ("why = 'x'\nprofiles = ['postgres']", "a profile that does not run"),
        ("why = 'x'\nwarns = 'x'", "warns is no list"),
        (
            "why = 'x'\nrefused = { by = 'd1', reason = 'x' }",
            "missing 1 required positional argument: 'help'",
        ),
        ("why = 'x'\nrefused = { by = 'me', reason = 'x', help = 'x' }", "nothing else"),
        ("why = 'x'\ncontains = ['x']\nrefused = { by = 'd1', reason = 'x', help = 'x' }", "nothing else"),
        ("why = 'x'\nrefused = { by = 'sqlite', reason = 'x', help = 'x' }\n[holds]\na = []", "nothing else"),
    ],
)
def test_a_case_with_a_mistake_in_it(toml: str, problem: str, tmp_path: Path) -> None:
    """A key that means nothing is an error, not a case that asks for less than its author thought."""
    (tmp_path / "case.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(MistakeError, match=re.escape(problem)):
        list(read_cases(tmp_path))


def test_every_case_is_read() -> None:
    """Each directory has its ``case.toml`` and its migrations, and no file besides."""
    for folder in (path for path in CASES.iterdir() if path.is_dir()):
        assert sorted(path.name for path in folder.iterdir()) == ["case.toml", "migrations"]
        assert all(re.fullmatch(r"\d{4}_\w+\.sql", path.name) for path in (folder / "migrations").iterdir())
        assert any((folder / "migrations").iterdir())
