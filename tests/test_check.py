"""check: a fresh file that somebody wrote or edited, against the chain."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import squasher
from squasher import bytecode
from squasher.changes import Modified, Order, Removed, RowSet
from squasher.commands.check import check as check_target
from squasher.engine import Database
from squasher.errors import InputError, ReplayError, SquasherError, UnsupportedError
from squasher.introspect import introspect
from squasher.model import Table
from squasher.probes import Probe
from squasher.profiles import D1
from squasher.prove import prove
from squasher.render import RENDERERS
from squasher.rowdiff import Side
from squasher.target import target
from squasher.universe import Universe
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.comparison import Comparison
    from squasher.model import Snapshot

LEDGER = """
CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
"""
ROW = "CREATE TABLE t (id INTEGER PRIMARY KEY, v);\n"


def check(tmp_path: Path, chain: str | tuple[str, ...], fresh: str, profile: str = "d1") -> Comparison:
    """Check a fresh file, to which a complete ledger is added, against a chain of these migrations."""
    files = (chain,) if isinstance(chain, str) else chain
    directory = tmp_path / "migrations"
    directory.mkdir()
    names = [f"{number:04}_step.sql" for number in range(1, len(files) + 1)]
    for name, text in zip(names, files, strict=True):
        (directory / name).write_text(text, encoding="utf-8")
    target = tmp_path / "fresh.sql"
    ledger = LEDGER + "".join(f"INSERT INTO d1_migrations (name) VALUES ('{name}');\n" for name in names)
    target.write_text(fresh + (ledger if profile == "d1" else ""), encoding="utf-8")
    return squasher.check(directory, target, profile)


def written(tmp_path: Path, chain: str, fresh: str) -> tuple[Path, Path]:
    """A chain of one migration, and a fresh file as it is."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    (directory / "0001_a.sql").write_text(chain, encoding="utf-8")
    (tmp_path / "fresh.sql").write_text(fresh, encoding="utf-8")
    return directory, tmp_path / "fresh.sql"


def lines(checked: Comparison) -> list[str]:
    """What the text says of the differences, line by line, with single spaces."""
    said = [" ".join(line.split()) for line in RENDERERS["text"](checked).splitlines()]
    return [line for line in said if line][1:-1]


USERS = """\
-- People who sign in.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    state TEXT DEFAULT 'new' CHECK (state IN ('new', 'old'))
);
CREATE INDEX users_email ON users (email);
"""
ROLES = """\
ALTER TABLE users ADD COLUMN role TEXT REFERENCES roles (name);
CREATE TABLE roles (
    name TEXT PRIMARY KEY,
    made_at TEXT NOT NULL DEFAULT (datetime('now'))
);

INSERT INTO roles (name) VALUES ('admin'), ('guest');
CREATE VIEW admins AS SELECT email FROM users WHERE role = 'admin';
CREATE TRIGGER users_keep
BEFORE DELETE ON users
WHEN OLD.role = 'admin'
BEGIN
    SELECT RAISE(ABORT, 'an admin stays');
END;
"""
BOTH = (USERS, ROLES)
USERS_NOW = USERS.replace("\n);", ",\n    role TEXT REFERENCES roles (name)\n);")
ROLES_NOW = ROLES.partition("\n")[2]
NOW = USERS_NOW + ROLES_NOW


def test_a_complete_schema_written_by_hand_is_equivalent(tmp_path: Path) -> None:
    """Other order, quoted names, other case, IF NOT EXISTS and literal times mean the same."""
    checked = check(
        tmp_path,
        BOTH,
        """
        create table if not exists "roles" ([name] text primary key, "made_at" text
            default (datetime( 'now' )) not null);
        create table if not exists main.`users` ("id" integer primary key, email text not null,
            state text check (state in ('new', 'old')) default 'new', role text references "roles"(name));
        insert into roles values ('guest', '2021-03-04 05:06:07');
        insert into roles values ('admin', '2021-03-04 05:06:07');
        create trigger if not exists "users_keep" before delete on "users" for each row
            when old."role" = 'admin' begin
    SELECT RAISE(ABORT, 'an admin stays');
        end;
        create view "admins" as select "email" from "users" where "role" = 'admin';
        create index if not exists "users_email" on [users] ("email");
        """,
    )
    assert checked.proof.changes == ()
    assert checked.proof.status == "equal"
    assert checked.exact is False
    said = RENDERERS["text"](checked).splitlines()
    assert said.count("the text is not what `squasher squash` would write now") == 1
    assert said[-1].endswith(f"fresh.sql is equivalent to {tmp_path.as_posix()}/migrations/ (0001 to 0002)")


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [
        (
            NOW.replace(",\n    role TEXT REFERENCES roles (name)", "").replace(
                "CREATE VIEW admins AS SELECT email FROM users WHERE role = 'admin';",
                "CREATE VIEW admins AS SELECT email FROM users WHERE 'admin' = 'admin';",
            ),
            "- column role TEXT missing (added by 0002_step.sql:1)",
        ),
        (NOW.replace("email TEXT NOT NULL", "email TEXT"), "~ column email nullable, should be NOT NULL"),
        (
            NOW.replace("email TEXT NOT NULL", "email TEXT DEFAULT ''"),
            "~ column email nullable, DEFAULT '', should be NOT NULL, no default",
        ),
        (NOW.replace("email TEXT", "email BLOB"), "~ column email BLOB, should be TEXT"),
        (
            NOW.replace("DEFAULT 'new'", "DEFAULT 'old'"),
            "~ column state DEFAULT 'old', should be DEFAULT 'new' (added by 0001_step.sql:5)",
        ),
        (
            NOW.replace("CREATE INDEX users_email ON users (email);\n", ""),
            "- index users_email missing (made by 0001_step.sql:7)",
        ),
        (NOW + "CREATE INDEX more ON users (state);\n", "+ index more only in the fresh file"),
        (NOW + "CREATE TABLE extra (a);\n", "+ table only in the fresh file"),
        (NOW + "CREATE VIEW extra AS SELECT 1;\n", "+ view only in the fresh file"),
        (
            NOW.replace("    id INTEGER PRIMARY KEY,\n", "    id INTEGER PRIMARY KEY,\n    age INTEGER,\n"),
            "+ column age INTEGER only in the fresh file",
        ),
        (
            NOW.partition("CREATE TRIGGER")[0],
            "- trigger users_keep missing (made by 0002_step.sql:9)",
        ),
        (
            NOW.replace("CREATE VIEW admins AS SELECT email FROM users WHERE role = 'admin';\n", ""),
            "- view missing (made by 0002_step.sql:8)",
        ),
        (
            NOW.replace("INSERT INTO roles (name) VALUES ('admin'), ('guest');\n", ""),
            "- 2 rows missing (from 0002_step.sql:7)",
        ),
        (NOW.replace("('admin'), ('guest')", "('admin')"), "- 1 row missing (from 0002_step.sql:7)"),
        (
            NOW.replace("('guest')", "('guest'), ('owner')"),
            "+ 1 row only in the fresh file",
        ),
        (
            NOW.replace(" REFERENCES roles (name)", ""),
            "- foreign key (role) to roles (name) missing",
        ),
    ],
)
def test_a_difference_is_told_in_the_reviewers_words(fresh: str, expected: str, tmp_path: Path) -> None:
    """One line says what is missing, extra or different, and which migration and line it came from."""
    checked = check(tmp_path, BOTH, fresh)
    assert checked.proof.status == "different"
    found = [line for line in lines(checked) if line.startswith(expected)]
    assert len(found) == 1, lines(checked)


def test_a_missing_table_is_told_with_its_place(tmp_path: Path) -> None:
    """A table that the fresh file lacks is named as the heading, and found where it was made."""
    checked = check(tmp_path, BOTH, USERS_NOW + ROLES_NOW[ROLES_NOW.index("CREATE VIEW") :])
    assert lines(checked) == [
        "roles",
        "- table missing (made by 0002_step.sql:2)",
        "- 2 rows missing (from 0002_step.sql:7)",
        "('admin', …)",
        "('guest', …)",
    ]


def test_a_place_in_a_directory_of_its_own(tmp_path: Path) -> None:
    """Where every file is called migration.sql, a place names its directory: in text and for programs."""
    for name, sql in (("1_users", "CREATE TABLE users (id);\n"), ("2_roles", "\nCREATE TABLE roles (id);\n")):
        folder = tmp_path / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(sql)
    fresh = tmp_path / "fresh.sql"
    fresh.write_text("CREATE TABLE users (id);\n")
    chain = target(tmp_path / "migrations", fresh, "sqlite")._replace(pattern="*/migration.sql")
    checked = check_target(chain)
    assert lines(checked) == ["roles", "- table missing (made by 2_roles/migration.sql:2)"]
    (found,) = json.loads(RENDERERS["json"](checked))["differences"]
    assert found["place"] == {"file": "2_roles/migration.sql", "line": 2}
    assert "migrations/2_roles/migration.sql,line=2" in RENDERERS["github"](checked)


def test_the_order_of_columns_is_a_kind_of_its_own(tmp_path: Path) -> None:
    """Columns in another order are one difference, and no column is called missing or different."""
    checked = check(
        tmp_path,
        ("CREATE TABLE t (a TEXT, b TEXT, c TEXT);", "ALTER TABLE t ADD COLUMN d TEXT;"),
        "CREATE TABLE t (a TEXT, d TEXT, b TEXT, c TEXT);",
    )
    (finding,) = checked.findings
    change = finding.change
    assert isinstance(change, Modified)
    assert isinstance(change.old, Order)
    assert change.old == Order(of="columns", names=("a", "b", "c", "d"))
    assert change.new == Order(of="columns", names=("a", "d", "b", "c"))
    assert lines(checked) == ["t", "~ order of columns a, d, b, c, should be a, b, c, d"]


def test_rows_are_compared_by_column_name_when_the_order_differs(tmp_path: Path) -> None:
    """Swapped columns do not make every row look different."""
    checked = check(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, 'x', 'y');",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, b, a); INSERT INTO t VALUES (1, 'y', 'x');",
    )
    assert lines(checked) == ["t", "~ order of columns id, b, a, should be id, a, b"]


def test_a_trigger_shows_a_small_diff_of_its_body(tmp_path: Path) -> None:
    """The lines of the fresh file come with a minus, those of the chain with a plus."""
    checked = check(tmp_path, BOTH, NOW.replace("an admin stays", "admins stay"))
    assert lines(checked) == [
        "users",
        "~ trigger users_keep body differs (made by 0002_step.sql:9)",
        "BEGIN",
        "- SELECT RAISE(ABORT, 'admins stay');",
        "+ SELECT RAISE(ABORT, 'an admin stays');",
        "END",
    ]


def test_only_the_object_that_differs_is_accused(tmp_path: Path) -> None:
    """Other spelling of a table is no difference because a trigger of the table differs."""
    fresh = NOW.replace("an admin stays", "admins stay").replace(
        "email TEXT NOT NULL", '"email" TEXT NOT NULL'
    )
    checked = check(tmp_path, BOTH, fresh)
    marked = [line for line in lines(checked) if line.startswith("~")]
    assert marked == ["~ trigger users_keep body differs (made by 0002_step.sql:9)"]


def test_the_ledger_comes_last(tmp_path: Path) -> None:
    """It is no object of the chain: what it lacks stands behind tables, views and whatever else differs."""
    both = written(tmp_path, "CREATE TABLE a (b); CREATE VIEW v AS SELECT 1;", "CREATE TABLE z (b);")
    headings = [line for line in lines(squasher.check(*both)) if line[0] not in "-+~"]
    assert headings == ["a", "z", "view v", "ledger"]


def test_a_missing_ledger_names_the_migration(tmp_path: Path) -> None:
    """One migration that is not recorded is named; more are one line."""
    chain = tmp_path / "migrations"
    chain.mkdir()
    (chain / "0001_a.sql").write_text("CREATE TABLE a (b);", encoding="utf-8")
    fresh = tmp_path / "fresh.sql"
    fresh.write_text("CREATE TABLE a (b);", encoding="utf-8")
    one = squasher.check(chain, fresh)
    assert lines(one) == ["ledger", "- migration 0001_a.sql missing"]
    (chain / "0002_b.sql").write_text("CREATE TABLE c (d);", encoding="utf-8")
    fresh.write_text("CREATE TABLE a (b); CREATE TABLE c (d);", encoding="utf-8")
    two = squasher.check(chain, fresh)
    assert lines(two) == [
        "ledger",
        "- 2 migrations not recorded as applied: a new installation would run them again",
    ]


def test_the_fresh_file_may_record_itself(tmp_path: Path) -> None:
    """A ledger row for the fresh file's own name is what a migration tool leaves, not a difference."""
    checked = check(
        tmp_path,
        "CREATE TABLE a (b);",
        "CREATE TABLE a (b);" + LEDGER + "INSERT INTO d1_migrations (name) VALUES ('fresh.sql');\n",
    )
    assert checked.proof.status == "equal"


@pytest.mark.parametrize("lost", [" AUTOINCREMENT", " UNIQUE", " NOT NULL", " TEXT"])
def test_a_ledger_of_another_make_is_found(lost: str, tmp_path: Path) -> None:
    """A file that makes the ledger otherwise than the migration tool does is different, and says where."""
    checked = check(tmp_path, ROW, ROW + LEDGER.replace(lost, "", 1))
    assert checked.proof.status == "different"
    (change,) = checked.proof.changes
    assert change.owner == ("ledger", "ledger")


def test_the_sqlite_profile_knows_no_ledger(tmp_path: Path) -> None:
    """Under the sqlite profile a file without a ledger is complete."""
    assert check(tmp_path, BOTH, NOW, "sqlite").proof.status == "equal"


def test_a_broken_fresh_file_is_an_error_at_its_line(tmp_path: Path) -> None:
    """A statement that does not run gives the file, the line, the reason and the statement."""
    with pytest.raises(ReplayError, match=r"fresh\.sql:3: near \"TABEL\": syntax error") as caught:
        check(tmp_path, ROW, "-- ours\n" + ROW + "CREATE TABEL u (a);\n")
    assert caught.value.line == 3
    assert "CREATE TABEL u (a);" in caught.value.diagnostics()


def test_a_fresh_file_that_breaks_a_constraint_is_an_error(tmp_path: Path) -> None:
    """Rows are loaded with the constraints in force, as an installation would."""
    with pytest.raises(ReplayError, match=r"fresh\.sql:2: UNIQUE constraint failed: t\.id"):
        check(tmp_path, ROW, ROW + "INSERT INTO t VALUES (1, 1), (1, 2);\n")


def test_a_missing_fresh_file_is_an_error(tmp_path: Path) -> None:
    """The error names the file and how to make it."""
    chain = tmp_path / "migrations"
    chain.mkdir()
    (chain / "0001_a.sql").write_text(ROW, encoding="utf-8")
    with pytest.raises(
        InputError, match=r"migrations-fresh/0001_complete_schema\.sql does not exist"
    ) as caught:
        squasher.check(chain)
    assert caught.value.hint is not None
    assert "squasher squash" in caught.value.hint


def test_an_empty_fresh_file_is_an_error(tmp_path: Path) -> None:
    """D1 takes no such file; the error says how to make it what it should be."""
    with pytest.raises(InputError, match=r"fresh\.sql is empty") as caught:
        squasher.check(*written(tmp_path, ROW, " \n"))
    assert caught.value.hint == "Run `squasher squash` to write it."


def test_a_fresh_file_that_makes_nothing_lacks_everything(tmp_path: Path) -> None:
    """A database without objects lacks the chain's; a file without a statement is none that D1 executes."""
    chain = tmp_path / "migrations"
    chain.mkdir()
    (chain / "0001_a.sql").write_text(ROW, encoding="utf-8")
    fresh = tmp_path / "fresh.sql"
    fresh.write_text("SELECT 1;\n", encoding="utf-8")
    checked = squasher.check(chain, fresh)
    assert lines(checked) == [
        "t",
        "- table missing (made by 0001_a.sql:1)",
        "ledger",
        "- migration 0001_a.sql missing",
    ]
    fresh.write_bytes(b"-- nothing\n")
    with pytest.raises(ReplayError, match="holds no statement"):
        squasher.check(chain, fresh)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"CREATE TABLE t (a);\n-- \xff\n", r"fresh\.sql:2: not UTF-8 text \(byte 0xff\)"),
        ("CREATE TABLE t (a);".encode("utf-16"), r"fresh\.sql:1: not UTF-8 text"),
        (b"CREATE TABLE t (a);\n\0", r"fresh\.sql:2: a NUL character"),
    ],
)
def test_a_fresh_file_that_is_no_text_is_an_error(data: bytes, message: str, tmp_path: Path) -> None:
    """Bytes that are not UTF-8 text are refused with the line at which they stand."""
    chain = tmp_path / "migrations"
    chain.mkdir()
    (chain / "0001_a.sql").write_text(ROW, encoding="utf-8")
    fresh = tmp_path / "fresh.sql"
    fresh.write_bytes(data)
    with pytest.raises(InputError, match=message):
        squasher.check(chain, fresh)


def test_a_directory_as_fresh_file_is_an_error(tmp_path: Path) -> None:
    """A directory at the fresh file's place is named in the error."""
    chain = tmp_path / "migrations"
    chain.mkdir()
    (chain / "0001_a.sql").write_text(ROW, encoding="utf-8")
    (tmp_path / "fresh.sql").mkdir()
    with pytest.raises(InputError, match=r"fresh\.sql: .*directory"):
        squasher.check(chain, tmp_path / "fresh.sql")


def test_an_unknown_profile_is_an_error(tmp_path: Path) -> None:
    """The error lists the profiles that exist."""
    with pytest.raises(InputError, match="no profile mysql") as caught:
        squasher.check(tmp_path, profile="mysql")
    assert caught.value.hint == "Choose one of d1, sqlite."


@pytest.mark.parametrize(
    ("chain", "fresh"),
    [
        ("CREATE VIEW v AS SELECT * FROM missing;", "CREATE VIEW v AS SELECT * FROM missing WHERE 1;"),
        (
            ROW + "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO missing VALUES (1); END;",
            ROW + "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO missing VALUES (2); END;",
        ),
        (
            "CREATE TABLE p (a); CREATE TABLE t (id INTEGER PRIMARY KEY, v REFERENCES p (a));",
            "CREATE TABLE p (a); CREATE TABLE t (id INTEGER PRIMARY KEY, v CHECK (v > 0) REFERENCES p (a));",
        ),
    ],
    ids=["view", "trigger", "table"],
)
def test_what_compiles_on_neither_side_is_not_equal(chain: str, fresh: str, tmp_path: Path) -> None:
    """Where SQLite cannot compile anything to compare, other text is a difference."""
    assert check(tmp_path, chain, fresh).proof.status != "equal"


@pytest.mark.parametrize(
    "text",
    [
        "CREATE VIEW v AS SELECT * FROM missing;",
        ROW + "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO missing VALUES (1); END;",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v REFERENCES missing (id));",
        ROW + "CREATE VIEW v (a, b) AS SELECT id FROM t;",
        ROW + "CREATE VIEW v AS SELECT id FROM t WHERE v MATCH 'x';",
        ROW + "CREATE INDEX i ON t (v); CREATE VIEW w AS SELECT * FROM t INDEXED BY i WHERE id = 1;",
    ],
    ids=["view", "trigger", "table", "names", "match", "index"],
)
def test_what_compiles_on_neither_side_is_equal_with_the_same_text(text: str, tmp_path: Path) -> None:
    """A view or trigger on a missing table, as the chain has it, is no doubt."""
    assert check(tmp_path, text, text).proof.status == "equal"


def snapshot(*statements: str) -> Snapshot:
    """What a database holds after these statements."""
    with Database(D1, Universe(name="test", clock=211_813_488_000_000, seed=0)) as database:
        for statement in statements:
            database.execute(statement)
        return introspect(database)


def test_a_proof_without_changes_and_with_doubts_is_unknown() -> None:
    """Stored text that cannot be loaded again leaves nothing to compare: that is not equal."""
    good = snapshot("CREATE TABLE t (a)")
    (table,) = good.of(Table)
    unloadable = table._replace(sql="CREATE TABLE t (a CHECK (no_such(a)))")
    broken = good._replace(objects=(unloadable,))
    proof, _ = prove(D1, Side.of([broken]), Side.of([broken]), lambda: None)
    assert proof.status == "unknown"
    assert proof.reasons == ("the stored schema does not load again: no such function: no_such",)


@pytest.mark.parametrize(
    "spoiled",
    [
        Probe(("table", "t"), "INSERT INTO t (a) VALUES (?)", 2),
        Probe(("table", "t"), "INSRT INTO t (a) VALUES (?)", 1),
        Probe(("table", "t"), "SELECT * FROM t WHERE lost = ?", 1),
        Probe(("table", "t"), "DELETE FROM lost", 0),
        Probe(("view", "w"), "SELECT lost FROM w", 0),
        Probe(("trigger", "w"), "DELETE FORM w", 0),
    ],
    ids=["bindings", "keyword", "column", "table", "view", "trigger"],
)
def test_a_probe_that_fails_for_no_reason_is_a_doubt(spoiled: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe that fails alike on both sides, and no text of the schema accounts for it, sees nothing."""
    same = Side.of(
        [
            snapshot(
                "CREATE TABLE t (a)",
                "CREATE VIEW w AS SELECT a FROM t",
                "CREATE TRIGGER g INSTEAD OF DELETE ON w BEGIN SELECT 1; END",
            )
        ]
    )
    proof, _ = prove(D1, same, same, lambda: None)
    assert proof.status == "equal"
    monkeypatch.setattr(bytecode, "probes_for", lambda *_: [spoiled])
    proof, _ = prove(D1, same, same, lambda: None)
    assert proof.status == "unknown"
    assert proof.reasons[0].endswith(f"({spoiled.sql})")


def test_a_wide_table_is_compiled_whole() -> None:
    """More columns than an expression may be deep: the probes still see each of them."""
    columns = [f"c{number}" for number in range(1500)]
    wide = [
        snapshot(f"CREATE TABLE t ({', '.join(columns[:-1])}, c1499 TEXT{collation})")
        for collation in ("", " COLLATE NOCASE")
    ]
    same, other = (bytecode.compare(D1, wide[0], side) for side in wide)
    assert (same.differing, same.blind, other.blind) == ((), (), ())
    (probe,) = other.differing
    assert "c1499 = ?" in probe.sql


def of(value: str) -> str:
    """A chain whose one row holds this value."""
    return ROW + f"INSERT INTO t VALUES (1, {value});\n"


PINNED = datetime.fromtimestamp(UNIVERSES[0].clock // 1000 - 210_866_760_000, UTC).replace(tzinfo=None)
"""The moment that the first replay sees as the present."""
CLOCK = of("datetime('now', '-1 hour')")
CHANCE = of("lower(hex(randomblob(8)))")


@pytest.mark.parametrize(
    ("chain", "value"),
    [
        (CLOCK, "datetime('now', '-60 minutes')"),
        (CLOCK, "strftime('%Y-%m-%d %H:%M:%S', 'now', '-1 hour')"),
        (CLOCK, "'2024-02-29 12:34:56'"),
        (CLOCK, "'1999-12-31 23:59:59'"),
        (CHANCE, "lower(hex(randomblob(8)))"),
        (CHANCE, "'0123456789abcdef'"),
        (CHANCE, "'ffffffffffffffff'"),
        (CHANCE, "'0000000000000000'"),
        (CHANCE, "'3f2a9c5577e01b84'"),
        (of("random()"), "-17"),
        (of("randomblob(3)"), "x'c0ffee'"),
        (of("unixepoch()"), "1700000000"),
        (of("julianday('now')"), "2460000.5"),
    ],
)
def test_a_moment_or_an_expression_for_the_same_value_is_equal(
    chain: str, value: str, tmp_path: Path
) -> None:
    """A constant of the same form is one value of many; another spelling gives the same values."""
    checked = check(tmp_path, chain, of(value))
    assert checked.proof.changes == ()
    assert checked.proof.status == "equal"
    assert not checked.exact


@pytest.mark.parametrize(
    ("chain", "value"),
    [
        (CLOCK, "datetime('now', '-2 hours')"),
        (CLOCK, "datetime('now')"),
        (CLOCK, "date('now', '-1 hour')"),
        (CLOCK, "'2024-02-29T12:34:56'"),
        (CLOCK, "'2024-02-29'"),
        (CLOCK, "'2024-02-29 12:34:56Z'"),
        (CLOCK, "'yesterday, at about'"),
        (CLOCK, "NULL"),
        (CLOCK, "1709210096"),
        (CLOCK, "substr(hex(randomblob(10)), 1, 19)"),
        (CHANCE, "lower(hex(randomblob(7)))"),
        (CHANCE, "hex(randomblob(8))"),
        (CHANCE, "'0123456789abcdeg'"),
        (CHANCE, "'0123456789ABCDEF'"),
        (CHANCE, "'0123456789abcde'"),
        (CHANCE, "NULL"),
        (CHANCE, "datetime('now')"),
        (of("unixepoch()"), "unixepoch() + 1"),
        (of("unixepoch()"), "random()"),
        (of("unixepoch()"), "'1700000000'"),
        (of("randomblob(3)"), "x'c0ffee00'"),
    ],
)
def test_another_value_or_form_for_a_volatile_cell_is_different(
    chain: str, value: str, tmp_path: Path
) -> None:
    """Another offset, format, length, type or source of a value that varies is a difference."""
    checked = check(tmp_path, chain, of(value))
    assert checked.proof.status == "different"
    (finding,) = checked.findings
    assert finding.change.owner == ("table", "t")


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("'2020-01-01 00:00:00'", "datetime('now')"),
        (f"'{PINNED}'", "datetime('now')"),
        ("0", "date('now') > '2050-01-01'"),
        ("1", "date('now') < '2050-01-01'"),
        ("0", "abs(random()) % 2"),
        ("1", "abs(random()) % 2"),
        ("'0123456789abcdef'", "lower(hex(randomblob(8)))"),
    ],
)
def test_a_value_that_varies_is_not_the_chains_constant(row: str, value: str, tmp_path: Path) -> None:
    """A fresh file that asks for the time or for chance is looked at in many universes, not in one."""
    checked = check(
        tmp_path,
        of(row),
        of(value),
    )
    assert checked.proof.status == "different"


def test_rows_that_depend_on_the_day_are_not_the_chains_rows(tmp_path: Path) -> None:
    """A row that the fresh file writes only until some day is not the row that the chain always writes."""
    chain = of("'x'")
    fresh = ROW + "INSERT INTO t SELECT 1, 'x' WHERE date('now') < '2050-01-01';\n"
    try:
        checked = check(tmp_path, chain, fresh)
    except UnsupportedError:
        return
    assert checked.proof.status == "different"


def test_a_table_made_from_a_query_is_looked_at_in_every_universe(tmp_path: Path) -> None:
    """A wrong offset is found also where CREATE TABLE AS wrote the value."""
    checked = check(
        tmp_path,
        "CREATE TABLE t(at); INSERT INTO t VALUES (datetime('now'));",
        "CREATE TABLE t AS SELECT datetime('now', '-5 hours') AS at;",
    )
    assert checked.proof.status == "different"


@pytest.mark.parametrize("key", ["k TEXT UNIQUE", "k TEXT PRIMARY KEY"])
def test_rows_without_a_key_may_come_in_any_order(key: str, tmp_path: Path) -> None:
    """NULL in a unique column identifies no row, so the order of such rows means nothing."""
    table = f"CREATE TABLE t ({key}, v TEXT);\n"
    checked = check(
        tmp_path,
        table + "INSERT INTO t VALUES (NULL, 'a'), (NULL, 'b');",
        table + "INSERT INTO t VALUES (NULL, 'b'), (NULL, 'a');",
    )
    assert checked.proof.changes == ()
    assert checked.proof.status == "equal"


def test_equal_rows_count(tmp_path: Path) -> None:
    """A row that stands twice in the chain and once in the file is one row missing."""
    table = "CREATE TABLE t (v);\n"
    checked = check(
        tmp_path,
        table + "INSERT INTO t VALUES ('a'), ('a'), ('b');",
        table + "INSERT INTO t VALUES ('b'), ('a');",
    )
    (finding,) = checked.findings
    assert isinstance(finding.change, Removed)
    assert isinstance(finding.change.old, RowSet)
    assert finding.change.old.rows == (("'a'",),)


def test_random_keys_that_lost_their_references_are_different(tmp_path: Path) -> None:
    """A child whose foreign key refers to nothing is found where the engine does not enforce it."""
    tables = (
        "CREATE TABLE p (id TEXT PRIMARY KEY, n TEXT);\n"
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p (id));\n"
    )
    checked = check(
        tmp_path,
        tables + "INSERT INTO p VALUES (hex(randomblob(8)), 'a'); INSERT INTO c SELECT 1, id FROM p;",
        tables
        + "INSERT INTO p VALUES (hex(randomblob(8)), 'a'); INSERT INTO c VALUES (1, hex(randomblob(8)));",
        "sqlite",
    )
    assert checked.proof.status == "different"


def test_an_unreadable_chain_is_an_error_of_ours(tmp_path: Path) -> None:
    """Every failure of a check is a SquasherError, so that a caller needs to catch one class."""
    for name in ("missing", "file"):
        (tmp_path / "file").write_text("", encoding="utf-8")
        with pytest.raises(SquasherError, match=r"(missing|file)/ (does not exist|is not a directory)"):
            squasher.check(tmp_path / name)


def test_the_library_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A check returns a value and leaves the terminal alone, warnings included."""
    checked = check(
        tmp_path,
        "CREATE TABLE t AS SELECT 1 AS a; ALTER TABLE t ADD COLUMN b; UPDATE t SET b = a || datetime('now');",
        "CREATE TABLE t (a, b);",
    )
    assert checked.proof.status == "different"
    assert capfd.readouterr() == ("", "")


def test_place_follows_a_rebuilt_table(tmp_path: Path) -> None:
    """A column that a rebuild brought is found in the migration of the rebuild."""
    checked = check(
        tmp_path,
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);",
            """\
CREATE TABLE new (
    id INTEGER PRIMARY KEY,
    a TEXT,
    b TEXT
);
INSERT INTO new (id, a) SELECT id, a FROM t;
DROP TABLE t;
ALTER TABLE new RENAME TO t;
""",
        ),
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);",
    )
    assert lines(checked) == ["t", "- column b TEXT missing (added by 0002_step.sql:4)"]


def test_the_result_carries_what_was_compared(tmp_path: Path) -> None:
    """The value names the chain, the file and the profile, and is hashable like every value."""
    checked = check(tmp_path, ROW, ROW)
    assert checked.new.name == (tmp_path / "fresh.sql").as_posix()
    assert checked.profile == D1.name
    assert (checked.old.kind, checked.old.span) == ("chain", "0001")
    assert checked.warnings == ()
    assert checked == squasher.check(tmp_path / "migrations", tmp_path / "fresh.sql")
