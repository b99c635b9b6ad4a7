"""Volatile cells: values that differ between universes, and when two of them mean the same.

A chain that asks for the time or for randomness is looked at in several universes. The cells that
differ are volatile: the clock made them, or chance, or both.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from squasher.cells import Cells, Run
from squasher.errors import UnsupportedError
from squasher.model import Rows, Table
from squasher.packed import Packed, alike, cells, tally
from squasher.sql import fold
from squasher.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from squasher.model import Row, Snapshot
    from squasher.replay import Replay

# The clocks are now, a Sunday that is a leap day, and the end of a far leap year; never the past: a
# migration may rightly demand that a date of last year is over. The second and the third universe share
# their random bits, the complement of the first one's; the fourth shares the first one's clock. So what
# differs between the second and the third comes from the clock, and what differs between the first and
# the fourth from chance.
_NOW: Final = 212_664_425_319_145  # 2026-12-19 07:28:39.145
UNIVERSES: Final = (
    Universe(name="now", clock=_NOW, seed=1),
    # 2032-02-29 18:41:52.603
    Universe(name="leap day", clock=212_828_452_912_603, seed=1, antithetic=True),
    # 2096-12-31 23:56:04.972
    Universe(name="leap year", clock=214_874_596_564_972, seed=1, antithetic=True),
    Universe(name="other chance", clock=_NOW, seed=4),
)
FURTHER: Final = (
    Universe(name="fifth", clock=212_912_746_245_618, seed=6),  # 2034-11-01 09:30:45
    Universe(name="sixth", clock=_NOW, seed=7),
)
"""Asked when a statement asked for randomness and nothing that it wrote differs."""

Variants: TypeAlias = tuple[str, ...]
"""The values of one cell, by universe."""


def elsewhere(universe: Universe) -> Universe:
    """The same universe with other random bits: what was drawn here must not be drawn again there."""
    return universe._replace(seed=universe.seed + 1000)


def by_clock(values: Variants) -> bool:
    """Whether the clock had a part in the value."""
    return values[1] != values[2]


def by_chance(values: Variants) -> bool:
    """Whether chance had a part in the value."""
    return values[0] != values[3]


def variants(snapshots: Sequence[Snapshot]) -> Cells[Variants]:
    """The cells that differ between snapshots of the same file or chain in several universes.

    Raises UnsupportedError when the number of a table's rows differs.
    """
    first, *others = snapshots
    by_table = [{rows.table: rows for rows in snapshot.rows} for snapshot in others]
    tables = {item.name: item for item in first.objects if isinstance(item, Table)}
    bases = {rows.table: rows for rows in first.rows}
    found = Cells[Variants]()
    for name in sorted(bases.keys() | {name for rows in by_table for name in rows}):
        base = bases.get(name)
        if all(rows.get(name) is base for rows in by_table):
            continue  # outside of the slice that ran again
        aligned_rows = [_align(tables.get(name), base, rows.get(name)) for rows in by_table]
        there = [rows for rows in aligned_rows if rows is not None]
        if base is None or len(there) < len(aligned_rows):
            raise UnsupportedError(
                f"how many rows {name} holds depends on the clock or on chance",
                hint="Make the migration write the same rows at any time.",
            )
        for position, column in enumerate(base.columns):
            for start, stop, values in differing((base.rows, *there), position):
                found.add(Run(name, column, start, stop, values))
    return found


def differing(universes: Sequence[Sequence[Row]], place: int) -> Iterator[tuple[int, int, Variants]]:
    """The rows from one to another in which a column differs between as many tables, and its values."""
    first, *others = universes
    if isinstance(first, Packed) and all(map(first.fits, others)):
        packed = [first, *(other for other in others if isinstance(other, Packed))]
        for number, (start, stop) in enumerate(first.bounds()):
            if all(first.same(other, number, place, place) for other in packed[1:]):
                continue
            same = [other.alike(number, place) for other in packed]
            once = tuple(value for value in same if value is not None)
            if len(once) == len(packed):
                yield start, stop, once
                continue
            columns = [other.cells(number, place) for other in packed]
            yield from _single(start, zip(*columns, strict=True))
        return
    if not all(alike((first, place), (other, place)) for other in others):
        yield from _single(0, zip(*(cells(rows, place) for rows in universes), strict=True))


def _single(start: int, values: Iterable[Variants]) -> Iterator[tuple[int, int, Variants]]:
    return ((row, row + 1, cell) for row, cell in enumerate(values, start) if len(set(cell)) > 1)


def _align(table: Table | None, base: Rows | None, other: Rows | None) -> Sequence[Row] | None:
    """``other``'s rows in the order of ``base``'s; None when they cannot be the same rows."""
    if base is None or other is None or len(base.rows) != len(other.rows):
        return None
    if base.rowids == other.rowids and _same_keys(table, base, other):
        same = base.rows == other.rows or not _same_set(base, other)
        return other.rows if same else base.rows  # the same in another order: nothing is volatile
    stable = [
        column for column in range(len(base.columns)) if tally(base.rows, column) == tally(other.rows, column)
    ]

    def key(row: Row) -> tuple[str, ...]:
        return tuple(row[column] for column in stable)

    order = sorted(range(len(base.rows)), key=list(map(key, base.rows)).__getitem__)
    out: list[Row] = [()] * len(order)
    for index, row in zip(order, sorted(other.rows, key=key), strict=True):
        out[index] = row
    return tuple(out)


def _same_set(base: Rows, other: Rows) -> bool:
    """Whether two tables hold the same rows, in any order."""
    differ = [p for p in range(len(base.columns)) if not alike((base.rows, p), (other.rows, p))]
    if any(tally(base.rows, place) != tally(other.rows, place) for place in differ):
        return False
    return Counter(base.rows) == Counter(other.rows)


def _same_keys(table: Table | None, one: Rows, other: Rows) -> bool:
    """Whether what identifies each row, where there is no implicit rowid, is equal: the primary key."""
    if table is None or one.rowids is not None:
        return True
    keys = [column.name for column in table.columns if column.primary_key]
    return all(
        alike((one.rows, one.columns.index(key)), (other.rows, other.columns.index(key))) for key in keys
    )


def aligned(base: Snapshot, other: Snapshot) -> Snapshot:
    """``other`` with each table's rows in the order of ``base``'s rows, as far as they can be matched.

    A volatile key orders rows differently in every database.
    """
    tables = {item.name: item for item in base.objects if isinstance(item, Table)}
    ours = {rows.table: rows for rows in base.rows}
    rows = []
    for theirs in other.rows:
        found = _align(tables.get(theirs.table), ours.get(theirs.table), theirs)
        rows.append(theirs if found is None else theirs._replace(rows=found))
    return other._replace(rows=tuple(rows))


def unexplained(replay: Replay, snapshot: Snapshot, found: Cells[Variants]) -> tuple[str, ...]:
    """Tables with rows that a statement which asked for randomness wrote, and in which none differs."""
    written = {
        fold(table)
        for step in replay.steps
        for ran in step.statements
        if ran.asked_random and ran.changes
        for table in ran.writes
    }
    explained = {fold(run.table) for run in found.runs() if by_chance(run.said)}
    return tuple(rows.table for rows in snapshot.rows if fold(rows.table) in written - explained)


def kind(value: str) -> str:
    """The storage class that a literal makes: null, integer, real, text, blob."""
    if value == "NULL":
        return "null"
    if value.startswith("x'"):
        return "blob"
    if value[0] in "'cC":
        return "text"
    return "integer" if value.lstrip("-").isdecimal() else "real"


def agrees(chain: Variants, fresh: Variants) -> bool:
    """Whether a cell of a fresh file is right for a volatile cell of the chain.

    What the clock made must be equal in every universe. What chance made cannot be: it must be chance
    there too, in the same storage class and form. A constant is right when it has the form of the
    chain's values: it is one moment, or one random value, of many.
    """
    if chain == fresh:
        return True
    if len(set(fresh)) == 1:
        return _has_form(fresh[0], chain)
    if [kind(value) for value in chain] != [kind(value) for value in fresh]:
        return False
    if not (by_chance(chain) and by_chance(fresh)) or by_clock(chain) != by_clock(fresh):
        return False
    if kind(chain[0]) in {"text", "blob"} and by_clock(chain) and not _same_clock(chain, fresh):
        return False
    return all(_has_form(value, chain) for value in fresh)


def _same_clock(chain: Variants, fresh: Variants) -> bool:
    """Whether the characters that only the clock changes are the same ones."""
    if {len(value) for value in chain} != {len(value) for value in fresh}:
        return False
    pairs = zip(chain[1], chain[2], fresh[1], fresh[2], strict=False)
    return all((a, b) == (c, d) for a, b, c, d in pairs if a != b or c != d)


def _has_form(value: str, chain: Variants) -> bool:
    """Whether a value could be another of the chain's: its class, its length, its kind of characters."""
    like = [other for other in chain if kind(other) == kind(value)]
    if not like:
        return False
    if kind(value) == "null":
        return True
    if kind(value) in {"integer", "real"}:
        return _has_size(value, like, exact=not by_chance(chain))
    lengths = {len(other) for other in like}
    if not min(lengths) <= len(value) <= max(lengths):
        return False
    if len(lengths) > 1:
        return True
    varied = [len({other[place] for other in like}) > 1 for place in range(len(value))]
    chars = {other[place] for place, differs in enumerate(varied) if differs for other in like}
    allowed = _alphabet(chars)
    return all(
        char == like[0][place] or (char in allowed and (varied[place] or like[0][place] in allowed))
        for place, char in enumerate(value)
    )


def _has_size(value: str, like: list[str], *, exact: bool) -> bool:
    digits = [_digits(other) for other in like]
    size = _digits(value)
    if exact:
        return min(digits) <= size <= max(digits)
    signed = any(other.startswith("-") for other in like)
    return size <= max(digits) and (signed or not value.startswith("-"))


def _digits(value: str) -> int:
    """How many digits a number has before the point; ``sql.literal`` may write it as a product."""
    numerator, *divisors = value.strip("()-").split("/")
    size = math.prod(float(part) for part in numerator.split("*"))
    for part in divisors:
        size /= float(part)
    return len(str(int(size))) if math.isfinite(size) else 0


_DIGITS: Final = "0123456789"
_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_ALPHABETS: Final = (
    _DIGITS,
    _DIGITS + _LOWER[:6],
    _DIGITS + _LOWER[:6].upper(),
    _LOWER,
    _LOWER.upper(),
    _DIGITS + _LOWER,
    _DIGITS + _LOWER.upper(),
    _DIGITS + _LOWER + _LOWER.upper(),
)


def _alphabet(chars: set[str]) -> str:
    """The smallest usual alphabet that holds the characters."""
    for alphabet in _ALPHABETS:
        if chars <= set(alphabet):
            return alphabet
    return "".join(sorted(chars | {chr(code) for code in range(ord(" "), ord("~") + 1)}))
