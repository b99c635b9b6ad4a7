"""Volatile cells: what a migration took from the clock or from chance, and what a fresh file says for it."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import squasher
from squasher import observe
from squasher.chain import read_chain
from squasher.choose import expressions
from squasher.errors import UnsupportedError
from squasher.introspect import introspect
from squasher.profiles import D1, PROFILES
from squasher.replay import Replay, replay
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.chain import Chain
    from squasher.commands.squash import Squashed
    from squasher.profiles import Profile
    from squasher.universe import Universe

KEYED = "CREATE TABLE t (id INTEGER PRIMARY KEY, v);\n"
MOMENTS = tuple(
    datetime.fromtimestamp(universe.clock // 1000 - 210_866_760_000, UTC).replace(tzinfo=None)
    for universe in UNIVERSES
)
"""What the replays see as the present: a Julian day in milliseconds, as times in UTC."""
PINNED = tuple(f"{moment:%Y-%m-}" for moment in MOMENTS)
UUID = (
    "lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4'"
    " || substr(lower(hex(randomblob(2))), 2) || '-'"
    " || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2)"
    " || '-' || lower(hex(randomblob(6)))"
)


def squash(tmp_path: Path, *migrations: str, profile: str = "d1") -> Squashed:
    """Squash a chain of these migrations, and see that a check agrees."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    for number, text in enumerate(migrations, 1):
        (directory / f"{number:04}_step.sql").write_text(text, encoding="utf-8")
    result = squasher.squash(directory, profile=profile)
    checked = squasher.check(directory, profile=profile)
    assert (checked.proof.status, checked.exact) == ("equal", True)
    return result


def rows(result: Squashed) -> str:
    """The part of the fresh file that writes rows."""
    return "\n".join(
        block for block in result.text.split("\n\n") if "\nINSERT INTO" in block and "TRIGGER" not in block
    ).partition("-- the ledger")[0]


def install(result: Squashed) -> sqlite3.Connection:
    """A new installation from the fresh file, by another SQLite, with the real clock and real chance."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(result.text)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return connection


def values(result: Squashed, query: str = "SELECT v FROM t ORDER BY id") -> list[object]:
    """The first column of a query on a new installation."""
    connection = install(result)
    try:
        return [row[0] for row in connection.execute(query)]
    finally:
        connection.close()


def is_now(value: object, form: str = "%Y-%m-%d %H:%M:%S", shift: timedelta | None = None) -> bool:
    """Whether a time in UTC, shifted back, is the present; the minutes around it count as well."""
    moment = datetime.strptime(str(value), form).replace(tzinfo=UTC) - (shift or timedelta())
    return abs(datetime.now(UTC) - moment) < timedelta(minutes=10)


@pytest.mark.parametrize(
    "default",
    ["(datetime('now'))", "CURRENT_TIMESTAMP", "(strftime('%Y-%m-%d %H:%M:%S', 'now'))"],
)
def test_a_default_that_asks_the_clock_fires_again(default: str, tmp_path: Path) -> None:
    """The column is left out of the INSERT, and a new installation has its own time."""
    result = squash(
        tmp_path,
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, v TEXT NOT NULL DEFAULT {default});\n"
        "INSERT INTO t (name) VALUES ('a'), ('b');",
    )
    assert result.warnings == ()
    assert "INSERT INTO t (id, name) VALUES\n    (1, 'a'),\n    (2, 'b');" in result.text
    assert "v from the default" in rows(result)
    assert all(is_now(value) for value in values(result))


def test_current_date_and_time_are_defaults_like_others(tmp_path: Path) -> None:
    """CURRENT_DATE and CURRENT_TIME are left out too."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, day DEFAULT CURRENT_DATE, hour DEFAULT CURRENT_TIME);"
        "INSERT INTO t (id) VALUES (1);",
    )
    assert "INSERT INTO t (id) VALUES\n    (1);" in result.text
    now = values(result, "SELECT day || ' ' || hour FROM t")
    assert is_now(now[0])


def test_a_default_is_left_out_only_where_it_fired(tmp_path: Path) -> None:
    """A row that the migration gave its own time keeps it."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT DEFAULT (datetime('now')));"
        "INSERT INTO t (id) VALUES (1); INSERT INTO t VALUES (2, '2019-08-07 06:05:04');",
    )
    assert "INSERT INTO t (id) VALUES\n    (1);" in result.text
    assert "INSERT INTO t (id, v) VALUES\n    (2, '2019-08-07 06:05:04');" in result.text
    first, second = values(result)
    assert is_now(first)
    assert second == "2019-08-07 06:05:04"


def test_random_ids_by_default_stay_random(tmp_path: Path) -> None:
    """Hex ids come from the DEFAULT: 32 digits, different in every row and every installation."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))), name TEXT);"
        "INSERT INTO t (name) VALUES ('a'), ('b'), ('c');",
    )
    assert result.warnings == ()
    assert "INSERT INTO t (name) VALUES\n    ('a'),\n    ('b'),\n    ('c');" in result.text
    one, other = (values(result, "SELECT id FROM t") for _ in range(2))
    assert len({*one, *other}) == 6
    assert {len(str(value)) for value in one} == {32}


def test_a_uuid_expression_is_written_again(tmp_path: Path) -> None:
    """The migration's expression for a version 4 UUID stands in every row."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT);\n"
        f"INSERT INTO t VALUES ({UUID}, 'a'), ({UUID}, 'b');",
    )
    assert result.warnings == ()
    assert rows(result).count(UUID) == 2
    found = [str(value) for value in values(result, "SELECT id FROM t")]
    assert len(set(found)) == 2
    for value in found:
        assert [len(part) for part in value.split("-")] == [8, 4, 4, 4, 12]
        assert value[14] == "4"
        assert value[19] in "89ab"


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        ("datetime('now')", "%Y-%m-%d %H:%M:%S"),
        ("CURRENT_TIMESTAMP", "%Y-%m-%d %H:%M:%S"),
        ("strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", "%Y-%m-%dT%H:%M:%S.%fZ"),
        ("date('now') || 'T' || time('now') || 'Z'", "%Y-%m-%dT%H:%M:%SZ"),
        ("replace(datetime('now'), ' ', 'T')", "%Y-%m-%dT%H:%M:%S"),
        ("(SELECT datetime('now'))", "%Y-%m-%d %H:%M:%S"),
        ("coalesce(NULL, datetime('now'))", "%Y-%m-%d %H:%M:%S"),
        ("CASE WHEN 1 THEN datetime('now') ELSE NULL END", "%Y-%m-%d %H:%M:%S"),
        ("CAST(datetime('now') AS TEXT)", "%Y-%m-%d %H:%M:%S"),
    ],
)
def test_an_expression_for_a_time_is_written_again(expression: str, form: str, tmp_path: Path) -> None:
    """No moment of a replay is in the file, and a new installation has the present."""
    result = squash(tmp_path, KEYED + f"INSERT INTO t VALUES (1, {expression});")
    assert result.warnings == ()
    assert not any(year in rows(result) for year in PINNED)
    (value,) = values(result)
    assert is_now(value, form)


@pytest.mark.parametrize(
    "expression",
    [
        "unixepoch()",
        "unixepoch('now')",
        "CAST(strftime('%s', 'now') AS INTEGER)",
        "CAST(strftime('%s', 'now') AS INTEGER) * 1000 / 1000",
        "CAST(strftime('%s', 'now') AS TEXT)",
        "CAST((julianday('now') - 2440587.5) * 86400 AS INTEGER)",
        "strftime('%s', 'now')",
        "unixepoch() / 86400 * 86400 + unixepoch() % 86400",
    ],
)
def test_an_expression_for_a_number_of_seconds_is_written_again(expression: str, tmp_path: Path) -> None:
    """Clock numbers are re-emitted as the migration's expression, CAST included."""
    result = squash(tmp_path, KEYED + f"INSERT INTO t VALUES (1, {expression});")
    assert result.warnings == ()
    assert not any(f"{moment.replace(tzinfo=UTC).timestamp():.0f}" in result.text for moment in MOMENTS)
    (value,) = values(result)
    assert abs(int(str(value)) - datetime.now(UTC).timestamp()) < 600


def test_a_julian_day_is_written_again(tmp_path: Path) -> None:
    """A real number of days is the migration's expression too."""
    result = squash(tmp_path, KEYED + "INSERT INTO t VALUES (1, julianday('now'));")
    assert "(1, julianday('now'))" in rows(result)
    (value,) = values(result)
    assert isinstance(value, float)
    assert abs(value - 2440587.5 - datetime.now(UTC).timestamp() / 86400) < 0.01


def test_clock_and_chance_in_one_value(tmp_path: Path) -> None:
    """An id made of the time and random digits is re-emitted as one expression."""
    expression = "'u_' || unixepoch() || '_' || lower(hex(randomblob(4)))"
    result = squash(tmp_path, KEYED + f"INSERT INTO t VALUES (1, {expression}), (2, {expression});")
    assert result.warnings == ()
    assert rows(result).count(expression) == 2
    found = [str(value).split("_") for value in values(result)]
    assert all(abs(int(parts[1]) - datetime.now(UTC).timestamp()) < 600 for parts in found)
    assert len({parts[2] for parts in found}) == 2


def test_the_offset_of_each_row_is_its_own(tmp_path: Path) -> None:
    """Of several expressions in a statement, each row gets the one that made its value."""
    result = squash(
        tmp_path,
        KEYED + "INSERT INTO t VALUES (1, datetime('now', '-1 hour')), (2, datetime('now', '+2 days')),"
        " (3, datetime('now')), (4, NULL);",
    )
    written = rows(result)
    assert "(1, datetime('now', '-1 hour'))" in written
    assert "(2, datetime('now', '+2 days'))" in written
    assert "(3, datetime('now'))" in written
    assert "(4, NULL)" in written
    one, two, three, four = values(result)
    assert is_now(one, shift=timedelta(hours=-1))
    assert is_now(two, shift=timedelta(days=2))
    assert is_now(three)
    assert four is None


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t (v) SELECT datetime('now', '+3 days') FROM (VALUES (1), (2));",
        "INSERT INTO t (id, v) VALUES (1, 'x'), (2, 'x'); UPDATE t SET v = datetime('now', '+3 days');",
        (
            "INSERT INTO t VALUES (1, 'x'), (2, 'x');"
            "INSERT INTO t VALUES (1, 'y'), (2, 'y')"
            " ON CONFLICT (id) DO UPDATE SET v = datetime('now', '+3 days') WHERE id > 0;"
        ),
        "REPLACE INTO t VALUES (1, datetime('now', '+3 days')), (2, datetime('now', '+3 days'));",
        (
            "WITH c (n) AS (SELECT datetime('now', '+3 days'))"
            " INSERT INTO t SELECT value, n FROM c, json_each('[1, 2]');"
        ),
        "INSERT INTO t (v) VALUES (datetime('now', '+3 days')), (datetime('now', '+3 days')) RETURNING id;",
    ],
    ids=["select", "update", "upsert", "replace", "with", "returning"],
)
def test_every_way_to_write_a_row_is_read(statement: str, tmp_path: Path) -> None:
    """The expression is found in INSERT … SELECT, UPDATE, upsert, REPLACE, WITH and before RETURNING."""
    result = squash(tmp_path, KEYED + statement)
    assert result.warnings == ()
    assert rows(result).count("datetime('now', '+3 days')") == 2
    assert all(is_now(value, shift=timedelta(days=3)) for value in values(result))


def test_an_update_in_a_later_migration_decides(tmp_path: Path) -> None:
    """The expression of the statement that wrote last is taken, for the rows that it wrote."""
    result = squash(
        tmp_path,
        KEYED + "INSERT INTO t VALUES (1, datetime('now')), (2, datetime('now'));",
        "UPDATE t SET v = datetime('now', 'start of day', '+1 month') WHERE id = 2;",
    )
    assert "(1, datetime('now'))" in rows(result)
    assert "(2, datetime('now', 'start of day', '+1 month'))" in rows(result)


def test_a_value_that_a_trigger_wrote_is_no_moment_of_the_replay(tmp_path: Path) -> None:
    """The expression stands in the trigger's text; a literal would need a warning."""
    result = squash(
        tmp_path,
        "CREATE TABLE s (a); CREATE TABLE t (id INTEGER PRIMARY KEY, v);"
        "CREATE TRIGGER g AFTER INSERT ON s BEGIN"
        " INSERT INTO t (v) VALUES (datetime('now', '+3 days')); END;"
        "INSERT INTO s VALUES (1);",
    )
    assert result.warnings == ()
    assert not any(year in rows(result) for year in PINNED)


def test_a_value_of_create_table_as_is_no_moment_of_the_replay(tmp_path: Path) -> None:
    """CREATE TABLE AS writes rows too, and its expression can be written again."""
    result = squash(tmp_path, "CREATE TABLE t AS SELECT 1 AS id, datetime('now') AS v;")
    assert result.warnings == ()
    assert "(1, datetime('now'))" in rows(result)


def test_a_coin_is_a_literal_or_the_expression(tmp_path: Path) -> None:
    """A value with two outcomes is seen to be random, and written as one or as the expression."""
    result = squash(tmp_path, KEYED + "INSERT INTO t VALUES (1, abs(random()) % 2);")
    written = rows(result)
    assert any(f"(1, {value})" in written for value in ("0", "1", "abs(random()) % 2"))
    if "random()" not in written:
        assert any(warning.startswith(("t", "t.v")) for warning in result.warnings)
    assert values(result)[0] in {0, 1}


LINKED = (
    "CREATE TABLE parents (id TEXT PRIMARY KEY, name TEXT UNIQUE);\n"
    "CREATE TABLE children (id INTEGER PRIMARY KEY, parent TEXT NOT NULL REFERENCES parents (id));\n"
)
LINKS = "SELECT count(*) FROM children JOIN parents ON parents.id = children.parent"


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize(
    "key", ["lower(hex(randomblob(8)))", "'u_' || unixepoch() || '_' || lower(hex(randomblob(4)))"]
)
def test_a_random_key_and_its_references_stay_linked(key: str, profile: str, tmp_path: Path) -> None:
    """Parents and children get the same literal, with a warning: no expression gives one value twice."""
    result = squash(
        tmp_path,
        LINKED + f"INSERT INTO parents VALUES ({key}, 'a'), ({key}, 'b');",
        "INSERT INTO children (parent) SELECT id FROM parents ORDER BY name;",
        profile=profile,
    )
    assert values(result, LINKS) == [2]
    assert [warning.split(" ")[0] for warning in result.warnings] == ["children.parent", "parents.id"]


@pytest.mark.parametrize("profile", list(PROFILES))
def test_a_random_default_and_its_references_stay_linked(profile: str, tmp_path: Path) -> None:
    """A key that a DEFAULT made is a literal where something refers to it, and only there."""
    result = squash(
        tmp_path,
        LINKED.replace("id TEXT PRIMARY KEY,", "id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(8)))),")
        + "INSERT INTO parents (name) VALUES ('a'), ('b');",
        "INSERT INTO children (parent) SELECT id FROM parents WHERE name = 'b';",
        profile=profile,
    )
    assert values(result, LINKS) == [1]
    assert "INSERT INTO parents (name) VALUES\n    ('a');" in result.text
    assert result.warnings != ()


def test_references_without_a_foreign_key_stay_linked(tmp_path: Path) -> None:
    """A copy of a random id is tied to it whether or not a REFERENCES clause says so."""
    key = "'u_' || unixepoch() || '_' || lower(hex(randomblob(4)))"
    result = squash(
        tmp_path,
        LINKED.replace(" REFERENCES parents (id)", "") + f"INSERT INTO parents VALUES ({key}, 'a');"
        "INSERT INTO children (parent) SELECT id FROM parents;",
    )
    assert values(result, LINKS) == [1]


def test_text_made_from_a_random_key_stays_linked(tmp_path: Path) -> None:
    """A value that holds a random id of another row still holds it in a new installation."""
    result = squash(
        tmp_path,
        "CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT); CREATE TABLE paths (path TEXT);"
        "INSERT INTO users VALUES (lower(hex(randomblob(8))), 'a');"
        "INSERT INTO paths SELECT '/users/' || id FROM users;",
    )
    assert values(result, "SELECT count(*) FROM paths, users WHERE path = '/users/' || id") == [1]


def test_two_columns_with_one_random_value_stay_equal(tmp_path: Path) -> None:
    """A random value that a row holds twice is the same value in a new installation."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, w TEXT);"
        "INSERT INTO t SELECT 1, x, x FROM (SELECT hex(randomblob(8)) AS x);",
    )
    assert values(result, "SELECT v = w FROM t") == [1]


@pytest.mark.parametrize(
    "condition",
    ["date('now') > '2050-01-01'", "date('now') < '2050-01-01'", "strftime('%m-%d', 'now') = '02-29'"],
)
def test_a_row_count_that_depends_on_the_clock_is_an_error(condition: str, tmp_path: Path) -> None:
    """No file can mean rows that are there on some days only: the error names the table."""
    with pytest.raises(UnsupportedError, match=r"how many rows t holds depends on the clock or on chance"):
        squash(tmp_path, KEYED + f"INSERT INTO t SELECT 1, 'x' WHERE {condition};")
    assert not (tmp_path / "migrations-fresh").exists()


def test_a_row_count_that_depends_on_chance_is_an_error(tmp_path: Path) -> None:
    """The same for rows that come by lot."""
    with pytest.raises(UnsupportedError, match=r"how many rows t holds depends"):
        squash(
            tmp_path,
            KEYED
            + "INSERT INTO t (v) SELECT value FROM json_each('[1,2,3,4,5,6,7,8,9]') WHERE random() > 0;",
        )


def test_random_order_keeps_the_rows(tmp_path: Path) -> None:
    """Rows that were inserted in random order are all there, once."""
    result = squash(
        tmp_path,
        KEYED + 'INSERT INTO t (v) SELECT value FROM json_each(\'["w","x","y","z"]\') ORDER BY random();',
    )
    assert sorted(map(str, values(result))) == ["w", "x", "y", "z"]


def test_random_keys_without_rowid(tmp_path: Path) -> None:
    """Rows whose only key is random are told apart by what is firm in them."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;"
        "INSERT INTO t VALUES (hex(randomblob(8)), 'a'), (hex(randomblob(8)), 'b'),"
        " (hex(randomblob(8)), 'c');",
    )
    assert result.warnings == ()
    assert rows(result).count("hex(randomblob(8))") == 3
    assert sorted(map(str, values(result))) == ["a", "b", "c"]
    one, other = (values(result, "SELECT id FROM t") for _ in range(2))
    assert len({*one, *other}) == 6


def test_random_keys_of_rows_that_are_otherwise_equal(tmp_path: Path) -> None:
    """Rows that nothing firm tells apart are treated alike: all by expression, or all as literals."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;"
        "INSERT INTO t VALUES (hex(randomblob(8)), 'a'), (hex(randomblob(8)), 'a'),"
        " (hex(randomblob(8)), 'a');",
    )
    assert rows(result).count("hex(randomblob(8))") in {0, 3}
    assert len(set(values(result, "SELECT id FROM t"))) == 3


def test_a_random_integer_primary_key(tmp_path: Path) -> None:
    """An INTEGER PRIMARY KEY from abs(random()) is still random in a new installation."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);"
        "INSERT INTO t VALUES (abs(random()), 'a'), (abs(random()), 'b'), (abs(random()), 'c'),"
        " (abs(random()), 'd');",
    )
    assert rows(result).count("abs(random())") == 4
    assert sorted(map(str, values(result))) == ["a", "b", "c", "d"]
    one, other = (values(result, "SELECT id FROM t") for _ in range(2))
    assert len({*one, *other}) == 8


def test_a_default_of_an_integer_primary_key_never_fires(tmp_path: Path) -> None:
    """SQLite numbers the rows itself, whatever the column's DEFAULT says."""
    result = squash(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY DEFAULT (abs(random())), v TEXT);"
        "INSERT INTO t (v) VALUES ('a'), ('b');",
    )
    assert values(result, "SELECT id FROM t ORDER BY id") == [1, 2]


def test_a_clock_that_wrote_nothing_leaves_nothing(tmp_path: Path) -> None:
    """An UPDATE that asks for the time and meets no row changes neither the file nor the warnings."""
    result = squash(
        tmp_path, KEYED + "INSERT INTO t VALUES (1, 'x'); UPDATE t SET v = datetime('now') WHERE id = 99;"
    )
    assert result.warnings == ()
    assert "(1, 'x');" in rows(result)


def test_a_volatile_value_that_was_overwritten_is_a_constant(tmp_path: Path) -> None:
    """What counts is the value that is left at the end."""
    result = squash(
        tmp_path,
        KEYED + "INSERT INTO t VALUES (1, datetime('now'));",
        "UPDATE t SET v = 'never';",
    )
    assert result.warnings == ()
    assert values(result) == ["never"]


def test_an_expression_over_other_columns_is_a_literal_with_a_warning(tmp_path: Path) -> None:
    """What cannot stand alone cannot be written again; the warning says what that means."""
    result = squash(
        tmp_path,
        KEYED + "CREATE TABLE s (days); INSERT INTO s VALUES (1), (2);"
        "INSERT INTO t (v) SELECT datetime('now', '-' || days || ' days') FROM s;",
    )
    assert result.warnings == (
        (
            "t.v differs on every replay and no expression gives it again:"
            " every new installation gets the same literal value"
        ),
    )
    assert "datetime" not in rows(result)
    assert values(result) == [str(MOMENTS[0] - timedelta(days=days)) for days in (1, 2)]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("length(hex(randomblob(8)))", 16),
        ("typeof(datetime('now'))", "text"),
        ("date('2020-02-29', '+1 year')", "2021-03-01"),
        ("datetime('now') > '1900'", 1),
    ],
)
def test_a_constant_made_of_something_volatile_is_a_constant(
    expression: str, value: object, tmp_path: Path
) -> None:
    """Asking is not enough: a value that is equal in every universe is written as it is."""
    result = squash(tmp_path, KEYED + f"INSERT INTO t VALUES (1, {expression});")
    assert not any("differs" in warning for warning in result.warnings)
    assert values(result) == [value]
    assert "random" not in rows(result)
    assert "now" not in rows(result)


def test_text_with_the_words_of_the_clock_is_text(tmp_path: Path) -> None:
    """A string that spells a call is a value like any other."""
    result = squash(tmp_path, KEYED + "INSERT INTO t VALUES (1, 'datetime(''now'')'), (2, 'now');")
    assert values(result) == ["datetime('now')", "now"]


class _Counted:
    """The real replay, counting its calls."""

    def __init__(self) -> None:
        self.universes: list[str] = []
        self._replay = replay

    def __call__(self, chain: Chain, profile: Profile, universe: Universe, *, cache: None = None) -> Replay:
        self.universes.append(universe.name)
        return self._replay(chain, profile, universe, cache=cache)


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize(
    "text",
    [
        KEYED + "INSERT INTO t VALUES (1, 'x');",
        KEYED + "INSERT INTO t VALUES (1, date('2020-01-01'));",
        KEYED + "CREATE INDEX i ON t (date(v)); INSERT INTO t VALUES (1, '2020-01-01');",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v DEFAULT CURRENT_TIMESTAMP);",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v DEFAULT (hex(randomblob(8))));",
        KEYED + "CREATE VIEW w AS SELECT datetime('now');",
    ],
)
def test_a_chain_is_replayed_once_when_nothing_asks(
    text: str, profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further universes are for chains that asked for the time or for chance while they ran."""
    (tmp_path / "0001_a.sql").write_text(text, encoding="utf-8")
    (tmp_path / "0002_b.sql").write_text("CREATE TABLE more (a);", encoding="utf-8")
    counted = _Counted()
    monkeypatch.setattr(observe, "replay", counted)
    seen = observe.observe(read_chain(tmp_path), PROFILES[profile])
    assert counted.universes == [UNIVERSES[0].name]
    assert seen.universes == UNIVERSES[:1]
    assert seen.side.volatile == {}


@pytest.mark.parametrize(
    "migrations",
    [
        (
            (
                "CREATE TABLE a (id INTEGER PRIMARY KEY, at); INSERT INTO a VALUES (1, datetime('now'));"
                "CREATE VIEW w AS SELECT id, at FROM a;"
            ),
            (
                "CREATE TABLE b AS SELECT at || '!' AS x FROM w; CREATE TABLE c (x);"
                "INSERT INTO c SELECT x FROM b;"
            ),
        ),
        (
            "CREATE TABLE a (id INTEGER PRIMARY KEY, at); INSERT INTO a VALUES (1, datetime('now'));",
            "ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME COLUMN at TO since; ALTER TABLE b ADD COLUMN n;",
            "UPDATE b SET n = since || id; CREATE TABLE a (x); INSERT INTO a SELECT n FROM b;",
        ),
        (
            (
                "CREATE TABLE p (id TEXT PRIMARY KEY, n);"
                "CREATE TABLE c (p REFERENCES p (id) ON UPDATE CASCADE);"
                "INSERT INTO p VALUES ('x', 'a'), ('y', 'b'); INSERT INTO c VALUES ('x'), ('y');"
                "UPDATE p SET id = hex(randomblob(4)) WHERE n = 'a';"
            ),
            (
                "CREATE TABLE d (p TEXT); INSERT INTO d SELECT p FROM c; DROP TABLE c;"
                "ALTER TABLE d RENAME TO c;"
            ),
        ),
        (
            (
                "CREATE TABLE p (id INTEGER PRIMARY KEY, at);"
                "CREATE TABLE c (p INTEGER REFERENCES p (id) ON DELETE CASCADE, v);"
                "INSERT INTO p VALUES (1, datetime('now')), (2, '1980');"
                "INSERT INTO c VALUES (1, 'x'), (2, 'y');"
                "DELETE FROM p WHERE at < '1990';"
            ),
            (
                "CREATE TABLE n (id INTEGER PRIMARY KEY, at); INSERT INTO n SELECT * FROM p; DROP TABLE p;"
                "ALTER TABLE n RENAME TO p; CREATE TABLE count AS SELECT count(*) AS n FROM c;"
            ),
        ),
        (
            (
                "CREATE TABLE s (a); CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, at, what);"
                "CREATE TRIGGER g AFTER INSERT ON s BEGIN INSERT INTO log (at, what)"
                " VALUES (strftime('%Y', 'now'), NEW.a); END; INSERT INTO s VALUES (1), (2);"
            ),
            "DROP TRIGGER g; INSERT INTO s SELECT at FROM log; DELETE FROM log WHERE what = 2;",
        ),
        (
            (
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, body);"
                "CREATE VIRTUAL TABLE find USING fts5(body, content='notes', content_rowid='id');"
                "INSERT INTO notes VALUES (1, 'written ' || date('now')), (2, 'plain');"
                "INSERT INTO find (rowid, body) SELECT id, body FROM notes;"
            ),
        ),
        (
            (
                "CREATE TABLE a (v); INSERT INTO a VALUES (1); CREATE TABLE b (n);"
                "INSERT INTO b SELECT count(*) FROM a WHERE date('now') > '2050-01-01';"
            ),
            "UPDATE a SET v = (SELECT n FROM b);",
        ),
        (
            (
                "PRAGMA defer_foreign_keys = ON; CREATE TABLE a (id PRIMARY KEY, b REFERENCES b (id));"
                "CREATE TABLE b (id PRIMARY KEY, at); INSERT INTO a VALUES (1, 2);"
                "INSERT INTO b VALUES (2, current_time); UPDATE a SET id = (SELECT at FROM b);"
            ),
        ),
        (
            (
                "CREATE TABLE a (v); INSERT INTO a VALUES (random()); CREATE TABLE b (v);"
                "INSERT INTO b VALUES (last_insert_rowid()), (changes());"
            ),
            "INSERT INTO b SELECT abs(v) > 0 FROM a ORDER BY v; CREATE TABLE other (x); DROP TABLE a;",
        ),
    ],
    ids=[
        "view",
        "rename",
        "update-cascade",
        "delete-cascade",
        "trigger",
        "fts",
        "count",
        "defer",
        "counters",
    ],
)
def test_every_universe_is_what_the_whole_chain_leaves_there(
    migrations: tuple[str, ...], tmp_path: Path
) -> None:
    """Whatever is left out of a further replay, its rows are those of the whole chain."""
    for number, text in enumerate(migrations, 1):
        (tmp_path / f"{number:04}_step.sql").write_text(text, encoding="utf-8")
    chain = read_chain(tmp_path)
    seen = observe.observe(chain, D1)
    assert len(seen.universes) > 1
    for universe, found in zip(seen.universes, seen.side.snapshots, strict=True):
        with replay(chain, D1, universe) as whole:
            assert found == introspect(whole.database), universe.name


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("INSERT INTO t VALUES (1, datetime('now'))", "datetime('now')"),
        ("INSERT INTO t VALUES (1, datetime ( 'now' , '-1 day' ))", "datetime ( 'now' , '-1 day' )"),
        ("INSERT INTO t VALUES (current_timestamp)", "current_timestamp"),
        ("UPDATE t SET a = 1, b = lower(hex(randomblob(4))), c = 2 WHERE d", "lower(hex(randomblob(4)))"),
        ('UPDATE t SET "b c" = unixepoch() * 1000', "unixepoch() * 1000"),
        ("INSERT INTO t SELECT a, (random() & 255) + 1 FROM s", "(random() & 255) + 1"),
        ("INSERT INTO t SELECT a, random() AS r FROM s", "random()"),
        ("INSERT INTO t VALUES (')', ',', date('now'))", "date('now')"),
        ("INSERT INTO t VALUES (1 /* , */, date('now' /* ) */))", "date('now' )"),
        ("INSERT INTO t VALUES (CASE WHEN a THEN date('now') END)", "date('now')"),
        (
            "INSERT INTO t VALUES (CAST(strftime('%s', 'now') AS INTEGER))",
            "CAST(strftime('%s', 'now') AS INTEGER)",
        ),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = date('now') WHERE b", "date('now')"),
        (
            "INSERT INTO t VALUES (json_object('at', datetime('now'), 'n', 1), 2)",
            "json_object('at', datetime('now'), 'n', 1)",
        ),
    ],
)
def test_the_expression_is_among_the_candidates(sql: str, wanted: str) -> None:
    """The parts of a statement around a call for time or chance, cut at commas and keywords."""
    assert wanted in list(expressions(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES ('datetime(now)')",
        "INSERT INTO t VALUES (1) -- random()",
        'INSERT INTO "random" VALUES ("date")',
        "",
        ";",
    ],
)
def test_no_candidates_where_nothing_is_called(sql: str) -> None:
    """Strings, comments and quoted names call nothing."""
    assert list(expressions(sql)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (random(",
        "random",
        "VALUES (date('now'",
        ") random() (",
        "((((random()",
        "= date(",
    ],
)
def test_candidates_of_broken_text_are_no_error(sql: str) -> None:
    """A hint never fails: an unfinished statement gives some parts or none."""
    assert all(part in sql for part in expressions(sql))
