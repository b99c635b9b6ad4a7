"""Slices: what a part of a chain gives in another universe is what the whole chain gives there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from squasher import shard, volatile
from squasher.chain import read_chain
from squasher.errors import ReplayError, SquasherError
from squasher.introspect import introspect
from squasher.profiles import D1, PROFILES, SQLITE
from squasher.replay import replay
from squasher.slices import Slice

if TYPE_CHECKING:
    from squasher.chain import Chain
    from squasher.profiles import Profile
    from squasher.statements import Ran

CASES = sorted((Path(__file__).parent / "cases").glob("*/migrations"))
OTHERS = volatile.UNIVERSES[1:]


def chain_of(folder: Path, *files: str) -> Chain:
    """A chain of these files."""
    for number, text in enumerate(files, 1):
        (folder / f"{number:04}_step.sql").write_text(text, encoding="utf-8")
    return read_chain(folder)


def sliced(chain: Chain, profile: Profile, *, counted: bool = False) -> Slice | None:
    """The slice of a chain; None where nothing of it asks for the time or for chance."""
    with replay(chain, profile, volatile.UNIVERSES[0]) as first:
        whole = introspect(first.database)
    if not first.asked:
        return None
    return Slice(
        profile, [step.statements for step in first.steps], whole, volatile.UNIVERSES[0], counted=counted
    )


def agree(part: Slice, chain: Chain, profile: Profile) -> None:
    """Each universe that the slice tells of holds what a replay of all files leaves there."""
    for universe, found in zip(OTHERS, part.snapshots(OTHERS), strict=True):
        with replay(chain, profile, universe, observe=False) as other:
            assert found in (None, introspect(other.database))


def agree_everywhere(chain: Chain) -> None:
    """The slice of a chain is sound, and tells of each universe what a replay of all files leaves there."""
    part = sliced(chain, D1)
    assert part is not None
    assert part.sound
    agree(part, chain, D1)
    assert None not in part.snapshots(OTHERS)


def agree_counted(chain: Chain, profile: Profile) -> bool:
    """So does a counted one, and each of its statements changes as many rows; whether it told anything."""
    part = sliced(chain, profile, counted=True)
    if part is None or not part.sound:
        return False
    found = part.again(OTHERS)
    for universe, again in zip(OTHERS, found, strict=True):
        if again is None:
            continue
        with replay(chain, profile, universe, observe=False) as other:
            counts = {place: other.steps[place[0]].statements[place[1]].changes for place in again.changes}
            assert (again.snapshot, again.changes) == (introspect(other.database), counts)
    return any(again is not None and again.changes for again in found)


@pytest.fixture(params=["some", "most"])
def _parted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices in as many databases as they have in a long chain, or in as many as can be."""
    if request.param == "most":
        monkeypatch.setattr(shard, "_LARGE", 1)


@pytest.mark.usefixtures("_parted")
@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_slice_gives_what_the_whole_chain_gives(profile: Profile) -> None:
    """For every chain of the cases that has one."""
    told = 0
    for folder in CASES:
        try:
            chain = read_chain(folder)
            part = sliced(chain, profile)
            if part is not None and part.sound:
                agree(part, chain, profile)
                told += 1
        except SquasherError:
            continue  # one that is refused, as other tests expect
    assert told > 5


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_slice_counts_what_the_whole_chain_changes(profile: Profile) -> None:
    """For every chain of the cases that has one, statement by statement."""
    told = 0
    for folder in CASES:
        try:
            told += agree_counted(read_chain(folder), profile)
        except SquasherError:
            continue
    assert told > 5


NAMES = {
    (0, 0): ["a"],
    (0, 1): ["b", "a"],
    (0, 2): ["c"],
    (1, 0): ["d"],
    (1, 1): ["c", "e"],
    (1, 2): [],
    (2, 0): ["e", "d"],
}


@pytest.mark.parametrize(
    ("large", "expected"),
    [
        (2, [[(0, 0), (0, 1)], [(0, 2), (1, 0), (1, 1), (2, 0)], [(1, 2)]]),
        (3, [[(0, 2), (1, 0), (1, 1), (2, 0)], [(0, 0), (0, 1), (1, 2)]]),
    ],
)
def test_what_shares_a_name_stays_together(
    monkeypatch: pytest.MonkeyPatch, large: int, expected: list[list[tuple[int, int]]]
) -> None:
    """Whatever ties two statements, however far; few statements join others that begin near them."""
    monkeypatch.setattr(shard, "_LARGE", large)
    files: list[tuple[Ran, ...]] = [()] * 3
    assert shard.apart(files, sorted(NAMES), NAMES) == expected


def test_statements_before_an_image_are_not_counted_again(tmp_path: Path) -> None:
    """What a PRAGMA and an INSERT before the first question did is not taken for what stands behind it."""
    chain = chain_of(
        tmp_path,
        TABLES + "CREATE TABLE b (id);\n",
        "PRAGMA ignore_check_constraints = ON;\nINSERT INTO a VALUES (1, ''), (2, '');\n"
        "INSERT INTO a VALUES (3, ''), (4, ''), (5, '');\nINSERT INTO a (id) VALUES (6);\n"
        "DELETE FROM a WHERE at > '2030';\nDELETE FROM a WHERE id < 4;\n",
    )
    assert agree_counted(chain, D1)
    part = sliced(chain, D1, counted=True)
    assert part is not None
    *_, again = part.again(OTHERS[:2])
    assert again is not None
    assert again.changes == {(1, 3): 1, (1, 4): 1, (1, 5): 3}


TABLES = "CREATE TABLE a (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP);\n"


def test_what_waits_for_commit_is_in_no_image(tmp_path: Path) -> None:
    """A foreign key that is broken for a moment is mended in the universe in which it was broken."""
    chain = chain_of(
        tmp_path,
        TABLES + "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a(id));\n",
        "PRAGMA defer_foreign_keys = ON;\nINSERT INTO b VALUES (1, 7);\nINSERT INTO a (id) VALUES (7);\n",
    )
    agree_everywhere(chain)


def test_what_is_set_before_the_first_question_is_set_after_an_image_too(tmp_path: Path) -> None:
    """A PRAGMA of the file that asks holds for what stands behind the statement that asks."""
    chain = chain_of(
        tmp_path,
        TABLES + "CREATE TABLE b (id INTEGER CHECK (id > 9), at TEXT);\n",
        "PRAGMA ignore_check_constraints = ON;\nINSERT INTO a (id) VALUES (1);\n"
        "INSERT INTO b SELECT 1, at FROM a;\n",
        "INSERT INTO b SELECT 10, at FROM a;\n",
    )
    agree_everywhere(chain)


def test_what_a_file_sets_ends_with_it(tmp_path: Path) -> None:
    """A PRAGMA that a file of the slice runs holds for no other file of it."""
    chain = chain_of(
        tmp_path,
        TABLES + "CREATE TABLE b (id INTEGER, at TEXT);\n"
        "CREATE TRIGGER more AFTER INSERT ON b WHEN NEW.id < 5\n"
        "BEGIN INSERT INTO b SELECT NEW.id + 1, NEW.at; END;",
        "PRAGMA recursive_triggers = ON;\nINSERT INTO a (id) VALUES (1);\n",
        "INSERT INTO b SELECT 1, at FROM a;\n",
    )
    agree_everywhere(chain)


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("INSERT INTO a (id) VALUES (2);", True),
        ("BEGIN; INSERT INTO a (id) VALUES (2); COMMIT;", False),
        ("COMMIT; PRAGMA foreign_keys = ON; BEGIN; INSERT INTO a (id) VALUES (2);", False),
        ("SAVEPOINT one; INSERT INTO a (id) VALUES (2); RELEASE one;", False),
        ("INSERT INTO a (id) SELECT 2 + changes();", False),
    ],
)
def test_files_that_control_transactions_are_not_sliced(tmp_path: Path, text: str, *, sound: bool) -> None:
    """Where a statement's effect hangs on more than the tables it names, the whole chain runs again."""
    chain = chain_of(tmp_path, TABLES, "INSERT INTO a (id) VALUES (1);", text)
    part = sliced(chain, SQLITE)
    assert part is not None
    assert part.sound is sound


def test_a_temporary_table_is_in_no_image(tmp_path: Path) -> None:
    """What stands in the temp schema is made again in each universe."""
    chain = chain_of(
        tmp_path,
        TABLES + "CREATE TEMP TABLE t (id);\nINSERT INTO t VALUES (5);\n",
        "INSERT INTO a (id) SELECT id FROM t;\nDROP TABLE t;\n",
    )
    part = sliced(chain, SQLITE)
    assert part is not None
    assert part.sound
    agree(part, chain, SQLITE)
    assert None not in part.snapshots(OTHERS)


def test_a_chain_that_reads_the_ledger_is_not_sliced(tmp_path: Path) -> None:
    """The ledger says when a migration was applied, which no statement of the chain asked for."""
    chain = chain_of(
        tmp_path,
        "CREATE TABLE a (name, at);\n",
        "INSERT INTO a SELECT name, applied_at FROM d1_migrations;\n",
    )
    part = sliced(chain, D1)
    assert part is not None
    assert not part.sound


@pytest.mark.parametrize(("value", "again"), [("datetime()", 2), ("random()", 3)])
def test_without_chance_the_same_time_is_the_same_universe(tmp_path: Path, value: str, again: int) -> None:
    """A chain that draws no random value does not run again where only these are others."""
    chain = chain_of(tmp_path, TABLES + f"INSERT INTO a VALUES (1, {value});\n")
    part = sliced(chain, D1)
    assert part is not None
    agree(part, chain, D1)
    found = part.snapshots(OTHERS)
    assert None not in found
    with replay(chain, D1, volatile.UNIVERSES[0]) as first:
        whole = introspect(first.database)
    assert sum(one != whole for one in found) == again


@pytest.mark.parametrize(
    ("profile", "files"),
    [
        (
            D1,
            [
                (
                    "CREATE VIRTUAL TABLE notes USING fts5(body);\n"
                    "CREATE TABLE stats (id INTEGER PRIMARY KEY, hits INTEGER, made TEXT);\n"
                    "INSERT INTO notes VALUES ('hello world'), ('other');\n"
                    "INSERT INTO stats (hits, made)\n"
                    "SELECT count(*), datetime('now') FROM notes WHERE notes MATCH 'hello';\n"
                )
            ],
        ),
        (
            SQLITE,
            [
                (
                    "PRAGMA automatic_index = OFF;\n"
                    "CREATE TABLE x (id INTEGER PRIMARY KEY, k INT);\n"
                    "INSERT INTO x (k) VALUES (3),(2),(1),(3),(2);\n"
                    "CREATE TABLE y (id INTEGER PRIMARY KEY, k INT, v INT);\n"
                    "INSERT INTO y (k,v) VALUES (1,9),(3,8),(2,7),(1,4),(3,5),(2,6),(2,2),(1,1),(3,3);\n"
                ),
                (
                    "CREATE TABLE z (id INTEGER PRIMARY KEY, v INT, made TEXT);\n"
                    "INSERT INTO z (v, made) SELECT y.v, datetime('now') FROM x, y WHERE x.k = y.k;\n"
                ),
            ],
        ),
        (
            D1,
            [
                (
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v INT);\n"
                    "INSERT INTO t (v) VALUES ('x' LIKE substr("
                    f"'{'0123456789' * 8}', 1, strftime('%Y', 'now') - 2020));\n"
                )
            ],
        ),
        (
            D1,
            [
                (
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);\n"
                    "CREATE INDEX t_v ON t (v ->> '$.a');\n"
                    "INSERT INTO t (v)\nVALUES (iif(strftime('%Y', 'now') < '2090', '{}', '{\"a\"'));\n"
                )
            ],
        ),
        (
            D1,
            [
                (
                    "CREATE TABLE a (id INTEGER PRIMARY KEY, k INTEGER);\nCREATE INDEX a_k ON a (k);\n"
                    "INSERT INTO a (k) VALUES (iif(strftime('%Y', 'now') < '2090', 1, 20)), (10);\n"
                    "ALTER TABLE a -- so that one can add to it\nRENAME TO b;\n"
                    "CREATE TABLE c (id INTEGER PRIMARY KEY, x INTEGER, made TEXT);\n"
                    "INSERT INTO c (x, made) SELECT id, 'x' FROM b WHERE k > 0;\n"
                )
            ],
        ),
    ],
    ids=["terms in a transaction", "a setting", "a limit", "an operator that fails", "a name in a comment"],
)
def test_what_a_slice_does_not_hold_decides_nothing(
    profile: Profile, files: list[str], tmp_path: Path
) -> None:
    """What a module, a connection, a limit or an index knows beside the tables is the same in a slice."""
    chain = chain_of(tmp_path, *files)
    part = sliced(chain, profile)
    assert part is not None
    for universe, found in zip(OTHERS, part.snapshots(OTHERS), strict=True):
        try:
            with replay(chain, profile, universe, observe=False) as other:
                whole = introspect(other.database)
        except ReplayError:
            whole = None  # so does the slice, and then the whole is asked
        assert found == whole or found is None
