"""The profile d1 against the real D1: it accepts, refuses and stores the same, and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from squasher.chain import Migration
from squasher.errors import ReplayError
from squasher.profiles import D1, SQLITE
from squasher.replay import run_file
from tests import d1_cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.engine import Database
    from tests.d1_cases import Case

    Connect = Callable[..., Database]

RECORDED = d1_cases.recorded()
EVERY = d1_cases.every()
# SQLite can be told what these mean in no other way; each is an error that says so
KNOWN_GAPS = frozenset({"limited_hidden_table", "limited_view", "limited_from"})


class Found(NamedTuple):
    """What the profile d1 did with a file."""

    error: ReplayError | None
    schema: list[list[object]]
    rows: list[list[list[object]]]


def found(database: Database, case: Case) -> Found:
    """Run a case's file, and its queries if there is no error."""
    error: ReplayError | None = None
    try:
        run_file(database, Migration("file.sql", "file.sql", case.sql))
    except ReplayError as caught:
        error = caught
    schema = database.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY rowid")
    queries = () if error else case.queries
    return Found(
        error,
        [list(row) for row in schema if not row[1].startswith("sqlite_")],
        [[list(row) for row in database.execute(query)] for query in queries],
    )


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.name)
def test_the_same_as_the_real_d1(connect: Connect, case: Case) -> None:
    """A file is accepted, refused and stored as the real D1 did it; a known gap is an error that says so."""
    real, ours = RECORDED[case.name], found(connect(D1), case)
    if case.name in KNOWN_GAPS:
        assert real.error is None
        assert ours.error is not None
        assert "squasher cannot run" in ours.error.message
        return
    assert ours.error is None if real.error is None else ours.error is not None
    assert ours.schema == real.schema
    assert ours.rows == real.rows


@pytest.mark.parametrize(
    "case", [case for case in EVERY if RECORDED[case.name].error], ids=lambda case: case.name
)
def test_a_refusal_is_explained(connect: Connect, case: Case) -> None:
    """A refused file is told in plain words, with what to do, and with D1's own message unless it is ours."""
    real, ours = RECORDED[case.name].error, found(connect(D1), case).error
    assert real is not None
    assert ours is not None
    words = ours.message.removeprefix(f"file.sql:{ours.line}: ")
    own = real.partition(": SQLITE_")[0].partition(" at offset ")[0]
    if ours.said is None:
        assert words == own
    else:
        assert ours.said != words
        start, cut, _ = ours.said.partition("…")
        assert real.startswith(start.rstrip()) if cut else d1_cases.message(ours.said) == own
        assert f"\nD1 says: {ours.said}\nhelp: " in ours.diagnostics()
    assert ours.hint is not None
    assert ours.hint[:1].isupper()
    assert not any(cryptic in words for cryptic in CRYPTIC)


CRYPTIC = (
    "SQLITE_",
    "not authorized",
    "altertab",
    "too big",
    "compound",
    "Expression tree",
    "internal error",
)


def test_the_outcomes_are_of_the_cases() -> None:
    """Every case has a recorded outcome, every outcome is of a case, and both kinds occur in numbers."""
    assert [case.name for case in EVERY] == list(RECORDED)
    assert len(d1_cases.small()) == 148
    refused = [name for name, outcome in RECORDED.items() if outcome.error]
    assert 150 < len(refused) < len(EVERY) - 150
    assert set(RECORDED) >= KNOWN_GAPS


@pytest.mark.parametrize("text", ["", "\n", "-- nothing\n", ";", "/* nothing */"])
def test_a_file_without_a_statement(connect: Connect, text: str) -> None:
    """D1 executes no file without a statement; SQLite itself has nothing against one."""
    file = Migration("file.sql", "file.sql", text)
    with pytest.raises(ReplayError, match="holds no statement"):
        run_file(connect(D1), file)
    assert run_file(connect(SQLITE), file) == ()
