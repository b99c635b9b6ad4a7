"""Rows of large tables: packed in little memory, and still the same rows."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import squasher
from squasher import packed
from squasher.cells import Cells, Run
from squasher.packed import Packed, literals, pack, unlike
from squasher.sql import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from squasher.model import Row, Value

    WriteChain = Callable[[Mapping[str, str | bytes]], Path]

ONE = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.sampled_from(
        [0, 0.0, -0.0, 1, 1.0, "1", b"1", "", b"", "it''s", "BEGIN TRANSACTION", "a\0b", "\udcff"]
    )
    | st.text()
    | st.binary()
)
COLUMN = st.lists(ONE, min_size=1, max_size=12) | st.lists(
    st.sampled_from([0, 0.0, -0.0, 1, 1.0]), min_size=1
)


@pytest.fixture(params=[2, 3])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let two or three rows be many."""
    monkeypatch.setattr(packed, "ROWS", request.param)
    rows: int = request.param
    return rows


def packed_of(values: Sequence[Value], size: int = 3) -> Sequence[Row]:
    """A table of one column, read so many rows at a time."""
    rows: list[tuple[Value, ...]] = [(value,) for value in values]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "ROWS", size)
        return pack(packed.batches(rows))


@given(st.lists(ONE, min_size=1))
def test_columns_of_literals(values: list[Value]) -> None:
    """A column at once gives the literals that each of its values has alone."""
    assert literals(tuple(values)) == [literal(value) for value in values]


@given(COLUMN)
def test_packed_rows_are_the_rows(values: list[Value]) -> None:
    """What is packed can be looked at in every way, and is what was read."""
    found = packed_of(values)
    rows = [(literal(value),) for value in values]
    assert isinstance(found, Packed) == (len(values) > 3)
    assert len(found) == len(rows)
    assert list(found) == rows
    assert [found[place] for place in range(len(rows))] == rows
    assert found[-1] == rows[-1]
    assert found[1:] == tuple(rows[1:])
    with pytest.raises(IndexError):
        found[len(rows)]
    assert packed.tally(found, 0) == packed.tally(tuple(rows), 0)
    assert list(packed.cells(found, 0)) == [cell for (cell,) in rows]


@given(COLUMN, COLUMN)
def test_packed_rows_are_equal_when_their_literals_are(one: list[Value], other: list[Value]) -> None:
    """1, 1.0, 0.0 and -0.0 are apart, as they are unpacked; and equal rows are equal, whoever packed them."""
    ours, theirs = [literal(value) for value in one], [literal(value) for value in other]
    assert (packed_of(one, 2) == packed_of(other, 2)) == (ours == theirs)
    again = packed_of(copy.deepcopy(one), 2)
    assert packed_of(one, 2) == again
    assert hash(again) == hash(packed_of(one, 2))
    assert pickle.loads(pickle.dumps(again)) == again  # noqa: S301 - of this test's own
    if len(one) == len(other):
        differ = [
            (row, here, there)
            for row, (here, there) in enumerate(zip(ours, theirs, strict=True))
            if here != there
        ]
        assert list(unlike((packed_of(one, 2), 0), (packed_of(other, 2), 0))) == differ
        assert list(unlike((packed_of(one, 2), 0), (packed_of(other, 99), 0))) == differ


@given(st.lists(st.sampled_from("ab-"), max_size=20), st.lists(st.sampled_from("xy-"), max_size=20))
def test_cells_are_a_mapping(one: list[str], other: list[str]) -> None:
    """Runs say of every cell what was said of it alone, and meet those of another mapping cell by cell."""
    ours, theirs = (
        {("t", row, "c"): said for row, said in enumerate(values) if said != "-"} for values in (one, other)
    )
    cells, others = (
        Cells(Run(table, column, row, row + 1, said) for (table, row, column), said in known.items())
        for known in (ours, theirs)
    )
    assert dict(cells) == ours
    assert len(cells) == len(ours)
    assert cells == Cells(cells.runs())
    assert (cells == others) == (ours == theirs)
    met = {
        ("t", row, "c"): said
        for run in cells.runs()
        for part, said in others.beside(run)
        for row in range(part.start, part.stop)
    }
    assert met == {cell: theirs.get(cell) for cell in ours}


SEEDS = """CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP, r REAL);
CREATE TABLE k (a TEXT, b INT, at TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE i (a, b);
CREATE TABLE u (id TEXT UNIQUE, at TEXT);
"""


def seeds(rows: int) -> Iterator[str]:
    """Tables of every kind with so many rows, of which some cells are others on every replay."""
    yield SEEDS
    for row in range(rows):
        yield f"INSERT INTO p (code, r) VALUES ('it''s {row}', {row % 3}.5);"
        yield f"INSERT INTO k VALUES ('a{row % 4}', {row}, {'datetime()' if row % 5 else 'NULL'});"
        yield f"INSERT INTO i VALUES ({row}, x'{row:04x}');"
        key = "lower(hex(randomblob(8)))" if row % 2 else f"'key {row}'"
        yield f"INSERT INTO u VALUES ({key}, datetime());"
    yield "DELETE FROM i WHERE a = 5;"


def test_the_same_file(write_chain: WriteChain, small: int) -> None:
    """A chain of packed tables gives the very bytes that it gives with plain ones."""
    chain = write_chain({"0001_a.sql": "\n".join(seeds(11))})
    result = squasher.squash(chain)
    assert all(isinstance(part.rows, Packed) for part in result.snapshot.rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "ROWS", 1000)
        plain = squasher.squash(chain, write=False)
        assert not any(isinstance(part.rows, Packed) for part in plain.snapshot.rows)
    assert result.text == plain.text
    assert result.warnings == plain.warnings
    assert squasher.check(chain).exact
    assert small in {2, 3}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'it''s 7'", "'it''s 8'"),
        ("'it''s 7'", "'it''s  7'"),
        ("'it''s 4', 1.5", "'it''s 4', 1.25"),
        ("x'0007'", "'0007'"),
        ("'key 4'", "'key 5'"),
        ("('a3', 7, ", "('a3', 70, "),
    ],
)
def test_one_cell(write_chain: WriteChain, small: int, old: str, new: str) -> None:
    """One other cell in a packed table is found, and shown as it is shown of a plain one."""
    chain = write_chain({"0001_a.sql": "\n".join(seeds(11))})
    fresh = squasher.squash(chain).target.fresh
    edit(fresh, old, new)
    found = squasher.check(chain)
    assert found.proof.status == "different"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "ROWS", 1000)
        assert squasher.check(chain).proof == found.proof
    assert small in {2, 3}


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first place of a text in a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
