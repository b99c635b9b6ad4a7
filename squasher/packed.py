"""The rows of a large table in little memory: column by column, some rows at a time.

A chunk of a column is the values themselves in a form that is the same for the same values, and
another for others, whatever made them: two tables are compared without a row being unpacked. Rows
are literals again when somebody looks at them.
"""

from __future__ import annotations

import marshal
import zlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import chain, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Final, overload

from squasher.sql import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from squasher.model import Row, Value

ROWS: Final = 1000
"""The rows of a chunk; a table with more is packed."""
_PLAIN: Final = 2
"""The last version of marshal's format that knows no references, which depend on who else has a value."""
_ALIKE: Final = b"="


class Packed(Sequence["Row"]):
    """The rows of a table. Immutable; compared and counted as the tuple of the same rows would be."""

    __slots__ = ("_chunks", "_length", "_seen", "_size")

    def __init__(self, chunks: tuple[tuple[bytes, ...], ...], size: int, length: int) -> None:
        self._chunks = chunks
        self._size = size
        self._length = length
        self._seen: tuple[int, list[Row]] | None = None

    def __reduce__(self) -> tuple[type[Packed], tuple[tuple[tuple[bytes, ...], ...], int, int]]:
        """Without what was looked at last."""
        return Packed, (self._chunks, self._size, self._length)

    def __len__(self) -> int:
        """The number of rows."""
        return self._length

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        """A row; rows are fast one after the other."""
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(self._length)))
        place = range(self._length)[index]
        number, rest = divmod(place, self._size)
        if self._seen is None or self._seen[0] != number:
            self._seen = number, list(zip(*self.columns(number), strict=True))
        return self._seen[1][rest]

    def __iter__(self) -> Iterator[Row]:
        """The rows, chunk by chunk."""
        for number in range(len(self._chunks)):
            yield from zip(*self.columns(number), strict=True)

    def __eq__(self, other: object) -> bool:
        """Whether these are the same rows in the same order."""
        if not isinstance(other, Packed):
            return NotImplemented
        if self._size != other._size:
            return len(self) == len(other) and all(map(tuple.__eq__, self, other))
        return self._chunks == other._chunks

    def __hash__(self) -> int:
        """The same for equal rows."""
        return hash(self._length)

    def bounds(self) -> Iterator[tuple[int, int]]:
        """The first row of each chunk, and the one behind its last."""
        for start in range(0, self._length, self._size):
            yield start, min(start + self._size, self._length)

    def _rows_of(self, number: int) -> int:
        return min(self._size, self._length - number * self._size)

    def columns(self, number: int) -> list[list[str]]:
        """The literals of a chunk, by column."""
        return [self.cells(number, column) for column in range(len(self._chunks[number]))]

    def cells(self, number: int, column: int) -> list[str]:
        """The literals of one column in a chunk."""
        data = self._chunks[number][column]
        if data[:1] == _ALIKE:
            return [literal(_unpack(data[1:]))] * self._rows_of(number)
        return literals(_unpack(zlib.decompress(data[1:])))  # type: ignore[arg-type]

    def _values(self, number: int, column: int) -> tuple[Value, ...]:
        """What stands in a column of a chunk: once where all rows have the same."""
        data = self._chunks[number][column]
        if data[:1] == _ALIKE:
            return (_unpack(data[1:]),)  # type: ignore[return-value]
        return _unpack(zlib.decompress(data[1:]))  # type: ignore[return-value]

    def holds_null(self, place: int) -> bool:
        """Whether a column holds NULL in any row."""
        return any(None in self._values(number, place) for number in range(len(self._chunks)))

    def largest(self, place: int) -> int:
        """The largest integer in a column that holds nothing else."""
        values = (self._values(number, place) for number in range(len(self._chunks)))
        return max(max(chunk) for chunk in values)  # type: ignore[type-var, return-value]

    def alike(self, number: int, column: int) -> str | None:
        """The one literal of a column in a chunk, where all its rows have the same."""
        data = self._chunks[number][column]
        return literal(_unpack(data[1:])) if data[:1] == _ALIKE else None

    def column(self, place: int) -> Iterator[str]:
        """One cell of each row."""
        return chain.from_iterable(self.cells(number, place) for number in range(len(self._chunks)))

    def tally(self, place: int) -> Counter[str]:
        """How often each literal stands in a column."""
        found = Counter[str]()
        for number in range(len(self._chunks)):
            one = self.alike(number, place)
            found.update(self.cells(number, place) if one is None else {one: self._rows_of(number)})
        return found

    def same(self, other: Packed, number: int, column: int, there: int) -> bool:
        """Whether a column holds in a chunk what column ``there`` of ``other`` does in the same one."""
        return self._chunks[number][column] == other._chunks[number][there]

    def filled(self, column: int, value: str | int) -> Packed:
        """The same rows with one value in all of a column."""
        one = (_ALIKE + marshal.dumps(value, _PLAIN),)
        chunks = tuple((*chunk[:column], *one, *chunk[column + 1 :]) for chunk in self._chunks)
        return Packed(chunks, self._size, self._length)

    def fits(self, other: Sequence[Row]) -> bool:
        """Whether ``other`` is packed in chunks of the same rows."""
        return isinstance(other, Packed) and [*self.bounds()] == [*other.bounds()]


def pack(found: Iterable[list[tuple[Value, ...]]], rowids: list[int] | None = None) -> Sequence[Row]:
    """Rows, which come ROWS at a time: as literals, or packed where there are many.

    With ``rowids``, each row begins with its own, which is put there.
    """
    chunks: list[tuple[bytes, ...]] = []
    held: list[tuple[Value, ...]] = []
    length = 0
    for rows in found:
        if held and not chunks:
            chunks.append(_chunk(held, rowids))
        length += len(rows)
        held = rows
        if chunks:
            chunks.append(_chunk(rows, rowids))
    if chunks:
        return Packed(tuple(chunks), ROWS, length)
    if rowids is None:
        return tuple(tuple(map(literal, row)) for row in held)
    rowids += [row[0] for row in held]  # type: ignore[misc]
    return tuple(tuple(map(literal, row[1:])) for row in held)


def batches(rows: list[tuple[Value, ...]]) -> Iterator[list[tuple[Value, ...]]]:
    """Rows that were read in another way, ROWS at a time."""
    return (rows[start : start + ROWS] for start in range(0, len(rows), ROWS))


def _chunk(rows: list[tuple[Value, ...]], rowids: list[int] | None) -> tuple[bytes, ...]:
    columns = zip(*rows, strict=True)
    if rowids is not None:
        rowids += next(columns)
    return tuple(map(_pack, columns))


def _pack(values: tuple[Value, ...]) -> bytes:
    one = values[0]
    # 1 == 1.0 and 0.0 == -0.0 here, and not in a database
    if one == 0 and isinstance(one, float):
        return _many(values)
    if values.count(one) == len(values) and len(set(map(type, values))) == 1:
        return _ALIKE + marshal.dumps(one, _PLAIN)
    return _many(values)


def _many(values: tuple[Value, ...]) -> bytes:
    return b"z" + zlib.compress(marshal.dumps(values, _PLAIN), 1)


def _unpack(data: bytes) -> Value | tuple[Value, ...]:
    found: Value | tuple[Value, ...] = marshal.loads(data)  # noqa: S302 - written above
    return found


def literals(values: tuple[Value, ...]) -> list[str]:
    """``sql.literal`` of each value; quicker where all of them are plain and of one class."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return list(map(str, values))
    if kinds == {str}:
        texts: tuple[str, ...] = values  # type: ignore[assignment]
        joined = "".join(texts)
        if joined.isprintable() and "BEGIN TRANSACTION" not in joined:
            # all at once: what is printable holds no line's end
            lines = "\n".join(texts).replace("'", "''").replace("\n", "'\n'")
            return f"'{lines}'".split("\n")
    return list(map(literal, values))


def cells(rows: Sequence[Row], place: int) -> Iterator[str]:
    """One column of any rows."""
    return rows.column(place) if isinstance(rows, Packed) else map(itemgetter(place), rows)


def holds_null(rows: Sequence[Row], place: int) -> bool:
    """Whether a column of any rows holds NULL."""
    return rows.holds_null(place) if isinstance(rows, Packed) else "NULL" in cells(rows, place)


def largest(rows: Sequence[Row], place: int) -> int:
    """The largest integer in a column of any rows that holds nothing else."""
    return rows.largest(place) if isinstance(rows, Packed) else max(map(int, cells(rows, place)))


def tally(rows: Sequence[Row], place: int) -> Counter[str]:
    """How often each literal stands in a column of any rows."""
    return rows.tally(place) if isinstance(rows, Packed) else Counter(cells(rows, place))


def alike(one: tuple[Sequence[Row], int], other: tuple[Sequence[Row], int]) -> bool:
    """Whether a column of some rows holds what a column of others does, row by row."""
    (rows, place), (others, there) = one, other
    if isinstance(rows, Packed) and isinstance(others, Packed) and rows.fits(others):
        return all(rows.same(others, number, place, there) for number, _ in enumerate(rows.bounds()))
    return len(rows) == len(others) and all(map(str.__eq__, cells(rows, place), cells(others, there)))


def blocks(rows: Sequence[Row], marks: Collection[int] = ()) -> Iterator[tuple[int, int, list[list[str]]]]:
    """Any rows by column, some at a time: from one to another, and none across one of the ``marks``."""
    packed = rows if isinstance(rows, Packed) else None
    bounds = enumerate([(0, len(rows))] if packed is None else packed.bounds())
    cuts = sorted(marks)
    for number, (start, stop) in bounds:
        columns = list(map(list, zip(*rows, strict=True))) if packed is None else packed.columns(number)
        inside = cuts[bisect_right(cuts, start) : bisect_left(cuts, stop)]
        for first, last in pairwise((start, *inside, stop) if start < stop else ()):
            part = slice(first - start, last - start)
            yield first, last, columns if not inside else [texts[part] for texts in columns]


def unlike(
    one: tuple[Sequence[Row], int], other: tuple[Sequence[Row], int]
) -> Iterator[tuple[int, str, str]]:
    """The rows in which a column of some differs from a column of as many others, and both literals."""
    (rows, place), (others, there) = one, other
    if isinstance(rows, Packed) and isinstance(others, Packed) and rows.fits(others):
        for number, (start, _) in enumerate(rows.bounds()):
            if not rows.same(others, number, place, there):
                yield from _unlike(start, rows.cells(number, place), others.cells(number, there))
        return
    yield from _unlike(0, cells(rows, place), cells(others, there))


def _unlike(start: int, one: Iterable[str], other: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    pairs = enumerate(zip(one, other, strict=True), start)
    return ((row, here, there) for row, (here, there) in pairs if here != there)
