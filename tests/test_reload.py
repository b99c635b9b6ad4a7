"""A schema that is read at once is the one that CREATE statements make, down to the programs over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from squasher import bytecode, reload
from squasher.chain import read_chain
from squasher.engine import Database
from squasher.errors import SqlError
from squasher.introspect import introspect
from squasher.model import Table, View
from squasher.profiles import D1, PROFILES
from squasher.reload import ANY, build, reloaded
from squasher.replay import replay
from tests.test_cases import PROVED, Case, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.model import Snapshot
    from squasher.profiles import Profile
    from squasher.universe import Universe

    Connect = Callable[..., Database]

STORED = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
ROOTS = "SELECT rootpage FROM sqlite_schema WHERE type IN ('table', 'index') AND sql NOT LIKE '%VIRTUAL%'"


def one_by_one(profile: Profile, snapshot: Snapshot) -> Database:
    """The objects of a snapshot, made by their CREATE statements."""
    database = Database(profile, ANY)
    build(database, snapshot)
    return database


@pytest.fixture
def never_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a schema is not read at once."""

    def refuse(*_: object) -> None:
        pytest.fail("made object by object")

    monkeypatch.setattr(reload, "build", refuse)


@pytest.mark.usefixtures("never_built")
@pytest.mark.parametrize("case", PROVED, ids=name_of)
def test_a_schema_read_at_once_is_the_one_that_was_made(
    case: Case, universe: Universe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every case's schema is stored, and compiles, as it does when each object is created."""
    profile = PROFILES[case.profile]
    with replay(read_chain(case.migrations), profile, universe) as chain:
        snapshot = introspect(chain.database, rows=False)
    with reloaded(profile, snapshot) as read, one_by_one(profile, snapshot) as made:
        assert read.execute(STORED) == made.execute(STORED)
        roots = read.execute(ROOTS)
    assert len(set(roots) - {(0,)}) == len(roots)
    found = bytecode.programs(profile, snapshot)
    assert found is not None
    assert found.compiled or not snapshot.of(Table, View)
    monkeypatch.setattr(bytecode, "reloaded", one_by_one)
    assert found == bytecode.programs(profile, snapshot)


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("CREATE TABLE t (a, b AS (theirs(a)))", "function: theirs"),
        ("CREATE TABLE t (a, b AS (theirs(a)) STORED)", "function: theirs"),
        ("CREATE TABLE t (a CHECK (theirs(a) > 0))", "function: theirs"),
        ("CREATE TABLE t (a DEFAULT (theirs(1)))", None),
        ("CREATE TABLE t (a); CREATE INDEX i ON t (theirs(a))", "function: theirs"),
        ("CREATE TABLE t (a); CREATE INDEX i ON t (a) WHERE theirs(a)", "function: theirs"),
        ("CREATE TABLE t (a COLLATE alphabet)", "collation sequence: alphabet"),
        ("CREATE TABLE t (a); CREATE INDEX i ON t (a COLLATE alphabet)", "collation sequence: alphabet"),
        ("CREATE TABLE t (a UNIQUE COLLATE alphabet)", "collation sequence: alphabet"),
        ("CREATE TABLE t (a); CREATE VIEW v AS SELECT theirs(a) FROM t ORDER BY a COLLATE alphabet", None),
    ],
)
def test_what_only_another_program_can_make_does_not_load(text: str, lacking: str | None) -> None:
    """SQLite reads a stored text more kindly than it makes one; a schema loads where it could be made."""
    theirs = apsw.Connection(":memory:")
    theirs.create_scalar_function("theirs", lambda *_: 1, 1, deterministic=True)
    theirs.create_collation("alphabet", lambda one, other: (one > other) - (one < other))
    theirs.execute(text)
    with Database.of_file(theirs, D1, ANY) as database:
        snapshot = introspect(database, rows=False, carried=False)
    with Database(D1, ANY) as database:
        said = None
        try:
            build(database, snapshot)
        except SqlError as error:
            said = error.message
    assert said == (lacking and f"no such {lacking}")
    if said is None:
        reloaded(D1, snapshot).close()
        return
    with pytest.raises(SqlError) as caught:
        reloaded(D1, snapshot)
    assert caught.value.message == said


def test_programs_that_were_compiled_before_count_for_the_same_probes_alone(connect: Connect) -> None:
    """What one side compiled to, computed ahead, changes nothing: it is used where the same is asked."""
    one, other, third = (
        introspect(connect(D1, text))
        for text in (
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a REFERENCES p)",
            "CREATE TABLE t (a REFERENCES p); CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a CONSTRAINT p REFERENCES p CHECK (a))",
        )
    )
    for old, new in ((one, other), (one, third), (third, one), (third, third)):
        before, after = bytecode.programs(D1, old), bytecode.programs(D1, new)
        for known in ((None, after), (before, None), (before, after)):
            assert bytecode.compare(D1, old, new, known) == bytecode.compare(D1, old, new)
    assert bytecode.compare(D1, one, other) == ((), ())
    assert [probe.owner for probe in bytecode.compare(D1, one, third).differing] == [("table", "t")]
