"""The ledger transition: which databases it stamps, leaves and refuses, under D1's own limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from squasher import d1, transition
from squasher.chain import Migration
from squasher.engine import Database
from squasher.errors import ReplayError
from squasher.profiles import D1
from squasher.replay import run_file
from squasher.sql import literal, quote, tokens
from squasher.transition import Transition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from squasher.universe import Universe

    Connect = Callable[..., Database]

BASELINE: Final = "0003_complete_schema.sql"
ABSORBED: Final = ("0001_users.sql", "0002_roles.sql", "0003_audit.sql")
TAIL: Final = ("0004_invoices.sql", "0005_teams.sql")
ALLOWED: Final = ("0001_complete_schema.sql",)
OF: Final = Transition(
    BASELINE, "migrations-archive/0003_ledger.sql", "d1_migrations", ABSORBED, (*TAIL, *ALLOWED)
)
HOSTILE: Final = (
    "0001_it's.sql",
    '0002_"quoted".sql',
    "0003_100%_%s_%d.sql",
    "0004_naïve_日本_😀.sql",
    "0005_semi;colon.sql",
    "0006_line\nbreak\ttab.sql",
    "0007_BEGIN TRANSACTION; COMMIT;.sql",
    "0008_-- comment /* and */ more.sql",
    "0009_back\\slash_\\u0041.sql",
    "0010_$tag$.sql",
    "0011_\u202eright.sql",
    "0012_like_%_x.sql",
)


def recorded(names: Iterable[str | None], table: str = "d1_migrations") -> str:
    """The ledger with these names."""
    rows = "".join(f"INSERT INTO {quote(table)} (name) VALUES ({literal(name)});\n" for name in names)
    return f"{d1.ledger_table(table)};\n{rows}"


def run(database: Database, sql: str) -> None:
    """Run a file as ``wrangler d1 execute --file`` does."""
    run_file(database, Migration("ledger.sql", "ledger.sql", sql))


def names(database: Database, table: str = "d1_migrations") -> list[str]:
    """What the ledger holds, in its order."""
    return [name for (name,) in database.execute(f"SELECT name FROM {quote(table)} ORDER BY id")]


def refusal(database: Database, of: Transition = OF) -> str:
    """Why a database is refused; it is as it was then."""
    before = database.execute("SELECT name, sql FROM sqlite_schema ORDER BY rowid")
    with pytest.raises(ReplayError) as caught:
        run(database, transition.text(of))
    assert database.execute("SELECT name, sql FROM sqlite_schema ORDER BY rowid") == before
    assert "bad JSON path: 'squasher refuses this database: " in caught.value.message
    return caught.value.message.partition("this database: ")[2].rstrip("'")


def result(of: Transition) -> str:
    """The query with which the file ends."""
    return transition.text(of).rpartition("\n\n")[2]


@pytest.mark.parametrize("tail", range(len(TAIL) + 1))
@pytest.mark.parametrize("allowed", [(), ALLOWED])
def test_the_old_set_is_stamped(connect: Connect, tail: int, allowed: tuple[str, ...]) -> None:
    """A database that recorded the absorbed migrations gets the baseline's name, wherever it is beyond them.

    How much of the tail it has applied, and a name that is allowed, make no difference; rows stay.
    """
    held = (*allowed, *ABSORBED, *TAIL[:tail])
    database = connect(D1, recorded(held) + "CREATE TABLE users (a);\nINSERT INTO users VALUES (1);\n")
    run(database, transition.text(OF))
    assert names(database) == [*held, BASELINE]
    assert database.execute("SELECT a FROM users") == [(1,)]
    run(database, transition.text(OF))
    assert names(database) == [*held, BASELINE]


@pytest.mark.parametrize(
    "setup", ["", recorded(()), "CREATE TABLE _cf_KV (a);"], ids=["empty", "ledger", "platform"]
)
def test_a_new_database_stays_new(universe: Universe, setup: str) -> None:
    """A database without tables of its own and without rows in its ledger is left to the baseline."""
    open_to_all = D1._replace(reserved_prefix=None)  # the platform may make what a migration may not
    with Database(open_to_all, universe) as database:
        if setup:
            run(database, setup)
        run(database, transition.text(OF))
        assert names(database) == []


def test_a_squashed_database_stays_as_it_is(connect: Connect) -> None:
    """One that has the baseline and the absorbed names is done, whatever it has applied since."""
    held = (*ABSORBED, BASELINE, *TAIL, "0006_new.sql")
    database = connect(D1, recorded(held) + "CREATE TABLE users (a);")
    run(database, transition.text(OF))
    assert names(database) == list(held)


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (ABSORBED[:2], "absorbed, but not recorded (1): 0003_audit.sql"),
        (TAIL, f"absorbed, but not recorded (3): {', '.join(ABSORBED)}"),
        ((BASELINE,), f"absorbed, but not recorded (3): {', '.join(ABSORBED)}"),
        ((*ABSORBED, "0009_x.sql"), "recorded, but neither absorbed nor known (1): 0009_x.sql"),
        ((*ABSORBED, None), "recorded, but neither absorbed nor known (1): (a row without a name)"),
        ((*ABSORBED, "0001_USERS.sql"), "recorded, but neither absorbed nor known (1): 0001_USERS.sql"),
        (
            (*ABSORBED[1:], "0000_b.sql", "zz.sql"),
            (
                "absorbed, but not recorded (1): 0001_users.sql."
                " And recorded, but neither absorbed nor known (2): 0000_b.sql, zz.sql"
            ),
        ),
    ],
    ids=["behind", "only-the-tail", "only-the-baseline", "unknown", "null", "other-case", "both"],
)
def test_another_set_is_refused(connect: Connect, held: tuple[str | None, ...], says: str) -> None:
    """What is missing and what is not known is named, and nothing is written."""
    database = connect(D1, recorded(held))
    assert refusal(database) == says
    assert names(database) == list(held)


@pytest.mark.parametrize("made", ["CREATE TABLE {0} (a)", "CREATE VIEW {0} AS SELECT 1 AS a"])
@pytest.mark.parametrize("ledger", ["", recorded(())], ids=["no-ledger", "empty-ledger"])
def test_tables_without_a_record_are_refused(connect: Connect, made: str, ledger: str) -> None:
    """A database with tables or views and an empty ledger is somebody's: its tables are named."""
    wanted = {"users", "cf_users", "sqliteish", "d1_migrations_2"}
    database = connect(D1, ledger + "".join(made.format(name) + ";\n" for name in sorted(wanted)))
    says = "d1_migrations records no migration, but there are tables (4): "
    assert refusal(database) == says + ", ".join(sorted(wanted))


def test_a_long_difference_is_cut(connect: Connect) -> None:
    """Of many names those are shown that a person reads, and how many there are."""
    database = connect(D1, recorded([*ABSORBED, *(f"x{number:04}.sql" for number in range(500))]))
    says = refusal(database)
    assert says.startswith("recorded, but neither absorbed nor known (500): x0000.sql, x0001.sql, ")
    assert says.endswith(" …")
    assert len(says) < 400


@pytest.mark.parametrize("table", ["ledger", "missing", 'it\'s "the" ledger', "d1 migrations", "state"])
def test_a_ledger_of_another_name(connect: Connect, table: str) -> None:
    """The ledger may have any name, one that the SQL uses itself too, as wrangler takes it."""
    of = OF._replace(ledger=table)
    database = connect(D1, recorded(ABSORBED, table=table))
    run(database, transition.text(of))
    assert names(database, table) == [*ABSORBED, BASELINE]


def test_hostile_names_are_stamped(connect: Connect) -> None:
    """Names of any characters are told apart, in the absorbed set and in the tail."""
    of = OF._replace(absorbed=HOSTILE[::2], others=HOSTILE[1::2], baseline="0012_it's_%_😀;.sql")
    database = connect(D1, recorded(HOSTILE))
    run(database, transition.text(of))
    assert names(database) == [*HOSTILE, of.baseline]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_missed(connect: Connect, name: str) -> None:
    """A missing name of any characters is seen, and one that is only like it is not taken for it."""
    of = OF._replace(absorbed=HOSTILE, others=())
    others = [one for one in HOSTILE if one != name]
    like = name.replace("%", "x").replace(" ", "_").replace("'", "''").swapcase()
    says = refusal(connect(D1, recorded([*others, like])), of)
    assert "absorbed, but not recorded (1): " in says
    assert "neither absorbed nor known (1): " in says


def long(count: int) -> Transition:
    """A transition of so many absorbed migrations, with names as long as people make them."""
    absorbed = tuple(
        f"{number:04}_add_the_{number * 7919:x}_column_to_a_table.sql" for number in range(count)
    )
    return OF._replace(absorbed=absorbed, others=("9000_tail.sql",))


def test_a_long_chain(connect: Connect) -> None:
    """3,000 names need several statements; each is within D1's limits, and no name slips through between."""
    of = long(3000)
    text = transition.text(of)
    statements = text.count("json_each(") // 2
    assert statements >= 2
    assert max(len(block.encode()) for block in text.split(";\n\n")) < 100_000
    held = [*of.absorbed, "9000_tail.sql"]
    stamped = connect(D1, recorded(held))
    run(stamped, text)
    assert names(stamped) == [*held, BASELINE]
    cuts = [part.lower for part in transition._parts(of)][1:]  # noqa: SLF001 - where the statements meet
    assert len(cuts) == statements - 1
    for name in (of.absorbed[0], *(cut for cut in cuts if cut), of.absorbed[-1]):
        without = [one for one in held if one != name]
        assert refusal(connect(D1, recorded(without)), of) == f"absorbed, but not recorded (1): {name}"
        for strange in (name[:-1], f"{name}x"):
            says = refusal(connect(D1, recorded([*held, strange])), of)
            assert says == f"recorded, but neither absorbed nor known (1): {strange}"


def test_a_long_chain_leaves_new_and_squashed_ones(connect: Connect) -> None:
    """Every one of several statements knows a new database and one that is squashed."""
    of = long(3000)
    new, squashed = connect(D1), connect(D1, recorded([*of.absorbed, BASELINE, "later.sql"]))
    for database in (new, squashed):
        before = names(database) if database is squashed else []
        run(database, transition.text(of))
        assert names(database) == before


@pytest.mark.parametrize(
    ("held", "says"),
    [
        ((), "nothing to do: this is a new database, which 0003_complete_schema.sql will build"),
        ((*ABSORBED, BASELINE), "nothing to do: d1_migrations records 0003_complete_schema.sql already"),
    ],
    ids=["new", "squashed"],
)
def test_it_says_what_it_left(connect: Connect, held: tuple[str, ...], says: str) -> None:
    """The last query says in words why nothing was to do."""
    database = connect(D1, recorded(held))
    run(database, transition.text(OF))
    assert database.execute("SELECT changes()") == [(0,)]
    assert database.execute(result(OF)) == [(says,)]


def test_it_says_that_it_stamped(connect: Connect) -> None:
    """The last query, right after the INSERT, says that the database was stamped."""
    database = connect(D1, recorded(ABSORBED))
    insert = transition.text(OF).split("\n\n")[-2]
    database.execute(insert)
    assert database.execute(result(OF)) == [("stamped: d1_migrations now records 0003_complete_schema.sql",)]


def test_a_ledger_that_takes_no_name(connect: Connect) -> None:
    """A trigger that swallows the row is no new database: it is an error, and nothing was done."""
    ignores = "CREATE TRIGGER t BEFORE INSERT ON d1_migrations BEGIN SELECT RAISE(IGNORE); END;\n"
    database = connect(D1._replace(ledger=None), recorded(ABSORBED) + ignores)
    with pytest.raises(ReplayError, match="squasher could not stamp this database"):
        run(database, transition.text(OF))
    assert names(database) == [*ABSORBED]


@pytest.mark.parametrize(
    "of", [OF, OF._replace(absorbed=HOSTILE, baseline=HOSTILE[6])], ids=["plain", "hostile"]
)
def test_splitters_read_it(of: Transition) -> None:
    """No comment has a semicolon, no text the words of a transaction, and every line ends in LF."""
    text = transition.text(of) + transition.guard(of)
    assert "BEGIN TRANSACTION" not in text
    assert "\r" not in text
    comments = [token.text for token in tokens(text) if token.kind == "comment"]
    assert comments
    assert not [one for one in comments if ";" in one]
    assert transition.text(of).endswith(";\n")


def test_the_guard_lets_a_new_database_pass(connect: Connect) -> None:
    """Where nothing was applied, the statements before a baseline leave an empty ledger and no more."""
    database = connect(D1, transition.guard(OF))
    assert names(database) == []


def test_the_guard_stops_an_old_database(connect: Connect) -> None:
    """A database that ran the first absorbed migration cannot run the baseline, and is told what to do."""
    database = connect(D1, recorded(ABSORBED[:1]))
    with pytest.raises(
        ReplayError, match=r"this database has run 0001_users\.sql.*0003_ledger\.sql on it first"
    ):
        run(database, transition.guard(OF))
