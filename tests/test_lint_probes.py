"""Probe rows: rows that a schema allows, put where there are none."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from squasher.chain import read_chain
from squasher.errors import SqlError
from squasher.lint.probes import fill
from squasher.profiles import D1, PROFILES, SQLITE
from squasher.replay import replay
from squasher.sql import quote
from squasher.volatile import UNIVERSES
from tests.generated.chains import Chain, chains

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.engine import Database

    Connect = Callable[..., Database]

seeded = settings(
    database=None,
    deadline=None,
    max_examples=15,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def rows(database: Database, table: str) -> list[tuple[object, ...]]:
    """All rows of a table, in the order of its keys."""
    return database.execute(f"SELECT * FROM {quote(table)}")


def broken(database: Database) -> list[object]:
    """What rows break, as SQLite tells it."""
    try:
        orphans: list[object] = [*database.execute("PRAGMA foreign_key_check")]
    except SqlError as error:  # a foreign key to columns that are no key
        orphans = [error.message]
    return [*orphans, *database.execute("PRAGMA integrity_check")]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_whatever_the_schema_probe_rows_hold(profile: str) -> None:
    """Filling the tables of any chain raises nothing, and breaks nothing that was whole."""

    def holds(chain: Chain) -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            replay(
                read_chain(chain.write(Path(folder) / "migrations")),
                PROFILES[chain.profile],
                UNIVERSES[0],
                observe=False,
            ) as done,
        ):
            before = broken(done.database)
            filled = fill(done.database)
            assert all(len(rows(done.database, table)) == count for table, count in filled.items())
            assert broken(done.database) == before
            assert not done.database.in_transaction

    seed(6)(seeded(given(chains(profile))(holds)))()


def test_every_table_of_a_real_chain_is_filled(repository: Path) -> None:
    """Each table of the project's own chain holds three rows, or those that its migrations put there."""
    with replay(read_chain(repository / "migrations"), D1, UNIVERSES[0], observe=False) as done:
        filled = fill(done.database)
        assert len(filled) > 25
        assert set(filled.values()) == {3}
        assert broken(done.database) == [("ok",)]


def test_two_rows_are_equal_and_one_is_sparse(connect: Connect) -> None:
    """Only a key tells the full rows apart; every column has values of its own; the last row is NULL."""
    database = connect(D1, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, age INTEGER);")
    assert fill(database) == {"users": 3}
    full, same, sparse = rows(database, "users")
    assert full[1:] == same[1:] == ("probe-users.name", "probe-users.mail", full[3])
    assert len({full[0], same[0], sparse[0], full[3]}) == 4
    assert sparse[1:] == (None, None, None)


def test_a_unique_column_has_a_value_a_row(connect: Connect) -> None:
    """What a constraint, an index or an index on an expression keeps unique differs in every row."""
    database = connect(
        D1,
        "CREATE TABLE users (id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE, b TEXT NOT NULL,"
        " c TEXT NOT NULL);"
        "CREATE UNIQUE INDEX idx_b ON users(b); CREATE UNIQUE INDEX idx_c ON users(lower(c));",
    )
    assert fill(database) == {"users": 3}


def test_only_empty_tables_are_filled(connect: Connect) -> None:
    """A table that holds a row keeps it, and so does the ledger; of some tables only those are filled."""
    database = connect(
        D1,
        "CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1);"
        "CREATE TABLE roles (name TEXT); CREATE TABLE plans (name TEXT);"
        "CREATE VIRTUAL TABLE docs USING fts5(body);",
    )
    assert fill(database, ["ROLES"]) == {"roles": 3}
    assert fill(database) == {"plans": 3}
    assert rows(database, "users") == [(1,)]
    assert rows(database, "docs") == []


@pytest.mark.parametrize(
    "column",
    [
        "x TEXT NOT NULL CHECK (x IN ('draft', 'sent'))",
        "x INTEGER NOT NULL CHECK (x BETWEEN 1 AND 10)",
        "x REAL NOT NULL CHECK (x > 0 AND x < 1)",
        "x TEXT NOT NULL CHECK (length(x) = 2)",
        "x TEXT NOT NULL CHECK (x = upper(x) AND length(x) = 3)",
        "x TEXT NOT NULL CHECK (x LIKE '%_@_%.__%')",
        "x TEXT NOT NULL CHECK (json_valid(x))",
        "x TEXT NOT NULL CHECK (json_type(x) = 'array')",
        "x TEXT NOT NULL CHECK (x = date(x))",
        "x TEXT NOT NULL CHECK (x GLOB 'sk_*')",
        "x INTEGER NOT NULL CHECK (x = -7)",
        "x BLOB NOT NULL CHECK (typeof(x) = 'blob' AND length(x) = 16)",
        "x NOT NULL CHECK (typeof(x) = 'integer')",
    ],
)
def test_a_value_that_a_check_asks_for_is_found(connect: Connect, column: str) -> None:
    """The usual forms of CHECK are met by full rows too, not by NULL alone."""
    database = connect(D1, f"CREATE TABLE t (id INTEGER PRIMARY KEY, {column});")
    assert fill(database) == {"t": 3}
    assert broken(database) == [("ok",)]


def test_checks_of_several_columns(connect: Connect) -> None:
    """One of two references, a time that goes with a state, and an order of numbers can all be met."""
    database = connect(
        D1,
        "CREATE TABLE users (id TEXT PRIMARY KEY); CREATE TABLE teams (id TEXT PRIMARY KEY);"
        "CREATE TABLE tasks (id TEXT PRIMARY KEY, user_id TEXT REFERENCES users(id),"
        " team_id TEXT REFERENCES teams(id), state TEXT NOT NULL CHECK (state IN ('open', 'done')),"
        " done_at TEXT, low INTEGER NOT NULL, high INTEGER NOT NULL,"
        " CHECK ((user_id IS NULL) <> (team_id IS NULL)),"
        " CHECK ((state = 'done') = (done_at IS NOT NULL)), CHECK (low < high));",
    )
    assert fill(database)["tasks"] == 3
    assert broken(database) == [("ok",)]


def test_children_refer_to_the_rows_of_their_parents(connect: Connect) -> None:
    """Each foreign key has a parent, the sparse row of a nullable one none, and each key another parent."""
    database = connect(
        D1,
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, author TEXT NOT NULL REFERENCES users,"
        " editor TEXT REFERENCES users); CREATE TABLE users (id TEXT PRIMARY KEY);",
    )
    assert fill(database) == {"posts": 3, "users": 3}
    full, same, sparse = rows(database, "posts")
    assert full[1:] == same[1:]
    assert None not in full
    assert full[1] != full[2]
    assert (sparse[1] is None, sparse[2]) == (False, None)


@pytest.mark.parametrize(
    "schema",
    [
        # to the row itself
        "CREATE TABLE a (id TEXT PRIMARY KEY, parent TEXT NOT NULL REFERENCES a(id));",
        (
            "CREATE TABLE a (org TEXT, id TEXT, up TEXT, PRIMARY KEY (org, id),"
            " FOREIGN KEY (org, up) REFERENCES a(org, id));"
        ),
        # in a circle, by NULL and by waiting
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, b TEXT REFERENCES b(id));"
            "CREATE TABLE b (id TEXT PRIMARY KEY, a TEXT NOT NULL REFERENCES a(id));"
        ),
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, b TEXT NOT NULL REFERENCES b(id));"
            "CREATE TABLE b (id TEXT PRIMARY KEY, a TEXT NOT NULL REFERENCES a(id));"
        ),
    ],
)
@pytest.mark.parametrize("profile", [D1, SQLITE])
def test_circles(connect: Connect, schema: str, profile: object) -> None:
    """Tables that refer to each other, or to themselves, hold rows that refer to rows."""
    database = connect(profile, schema)
    filled = fill(database)
    assert filled["a"] >= 2
    assert broken(database) == [("ok",)]
    keys = database.execute(
        'SELECT m.name, f."from" FROM pragma_table_list AS m, pragma_foreign_key_list(m.name) AS f'
    )
    for table, column in keys:
        assert any(value is not None for (value,) in database.execute(f"SELECT {column} FROM {table}"))


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE t (x INTEGER NOT NULL CHECK (x = 12345 * 678));",
        "CREATE TABLE t (x TEXT); CREATE TRIGGER no BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END;",
        "CREATE TABLE t (x TEXT); CREATE TRIGGER n BEFORE INSERT ON t BEGIN SELECT RAISE(ROLLBACK, ''); END;",
        "CREATE TABLE t (x TEXT); CREATE TRIGGER no BEFORE INSERT ON t BEGIN SELECT RAISE(IGNORE); END;",
        "CREATE TABLE t (x TEXT); CREATE TRIGGER no AFTER INSERT ON t BEGIN DELETE FROM t; END;",
        "CREATE TABLE t (x TEXT REFERENCES nowhere(id));",
        "CREATE TABLE p (id TEXT); CREATE TABLE t (x TEXT NOT NULL REFERENCES p(id));",
    ],
)
def test_what_cannot_be_filled_stays_empty(connect: Connect, schema: str) -> None:
    """Where no row holds there is none, and nobody is told of an error."""
    database = connect(D1, schema)
    assert fill(database)["t"] == 0
    assert rows(database, "t") == []
    assert not database.in_transaction


def test_a_row_that_costs_too_much_is_tried_once(connect: Connect) -> None:
    """A trigger without an end is stopped early, and its table is not tried again, however it is altered."""
    endless = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r"
    trigger = f"CREATE TRIGGER t_rows AFTER INSERT ON t BEGIN {endless}; END;"
    database = connect(D1, f"CREATE TABLE a (x TEXT); CREATE TABLE t (x TEXT); {trigger}")
    given_up: set[str] = set()
    assert fill(database, None, {}, given_up) == {"a": 3, "t": 0}
    assert given_up == {"t"}
    database.execute("ALTER TABLE t ADD COLUMN y TEXT")
    assert fill(database, ["t"], {}, given_up) == {}


def test_all_kinds_of_tables(connect: Connect) -> None:
    """STRICT, WITHOUT ROWID, generated columns, a CHECK with a name, and a table without a key."""
    database = connect(
        D1,
        "CREATE TABLE a (i INT NOT NULL, r REAL NOT NULL, t TEXT NOT NULL, b BLOB NOT NULL, x ANY) STRICT;"
        "CREATE TABLE b (k TEXT, n INTEGER, PRIMARY KEY (k, n)) WITHOUT ROWID;"
        "CREATE TABLE c (x TEXT, y TEXT AS (upper(x)), z TEXT NOT NULL AS (coalesce(x, '') || '!') STORED);"
        "CREATE TABLE d (x TEXT NOT NULL, CONSTRAINT \"d's x\" CHECK (x IN ('one')));",
    )
    assert fill(database) == {"a": 3, "b": 3, "c": 3, "d": 3}
    assert broken(database) == [("ok",)]


def test_keys_are_far_from_those_that_migrations_write(connect: Connect) -> None:
    """Rows with the first numbers, and with the next, can still be inserted."""
    database = connect(D1, "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT);")
    fill(database)
    database.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (1000000, 'c')")
    database.execute("INSERT INTO t (x) VALUES ('d')")
    assert len(rows(database, "t")) == 7
