"""Something to say of single cells, kept as runs: rows one below the other have much in common."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Cell: TypeAlias = tuple[str, int, str]
"""Table, row number in the first universe, column."""
Said = TypeVar("Said")
Other = TypeVar("Other")
_START = attrgetter("start")


class Run(NamedTuple, Generic[Said]):
    """Cells of one column from the row ``start`` to the one before ``stop``, of which the same is said."""

    table: str
    column: str
    start: int
    stop: int
    said: Said

    def saying(self, said: Other) -> Run[Other]:
        """Something else of the same cells."""
        return Run(self.table, self.column, self.start, self.stop, said)

    def single(self) -> Iterator[Run[Said]]:
        """Each of its cells as a run of its own."""
        return (self._replace(start=row, stop=row + 1) for row in range(self.start, self.stop))


class Cells(Mapping[Cell, Said]):
    """A mapping from cells, which are by table in it, by row there, and by column as first mentioned."""

    def __init__(self, runs: Iterable[Run[Said]] = ()) -> None:
        self._columns: dict[str, dict[str, list[Run[Said]]]] = {}
        for run in runs:
            self.add(run)

    def add(self, run: Run[Said]) -> None:
        """Say something of further cells, which stand below all others of their column."""
        known = self._columns.setdefault(run.table, {}).setdefault(run.column, [])
        if known and known[-1].stop == run.start and known[-1].said == run.said:
            run = known.pop()._replace(stop=run.stop)
        known.append(run)

    def __getitem__(self, cell: Cell) -> Said:
        """What is said of a cell. Raises KeyError."""
        table, row, column = cell
        known = self._columns[table][column]
        at = bisect_right(known, row, key=_START) - 1
        if at < 0 or row >= known[at].stop:
            raise KeyError(cell)
        return known[at].said

    def __iter__(self) -> Iterator[Cell]:
        """The cells, one by one."""
        for table, columns in self._columns.items():
            places = {column: place for place, column in enumerate(columns)}
            single = (one for runs in columns.values() for run in runs for one in run.single())
            for run in sorted(single, key=lambda one: (one.start, places[one.column])):
                yield table, run.start, run.column

    def __len__(self) -> int:
        """The number of cells."""
        return sum(run.stop - run.start for run in self.runs())

    def __eq__(self, other: object) -> bool:
        """Whether the same is said of the same cells."""
        return self._columns == other._columns if isinstance(other, Cells) else super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def runs(self) -> Iterator[Run[Said]]:
        """The cells column by column, without those of which nothing is said."""
        return (run for columns in self._columns.values() for runs in columns.values() for run in runs)

    def of(self, table: str) -> Mapping[str, list[Run[Said]]]:
        """What is said of the columns of one table."""
        return self._columns.get(table, {})

    def beside(self, run: Run[Other]) -> Iterator[tuple[Run[Other], Said | None]]:
        """The parts of a run of others, from the top, each with what is said of it here, if anything."""
        known = self.of(run.table).get(run.column, [])
        row = run.start
        for own in known[max(0, bisect_right(known, row, key=_START) - 1) :]:
            if own.start >= run.stop:
                break
            if own.stop <= row:
                continue
            if own.start > row:
                yield run._replace(start=row, stop=own.start), None
            stop = min(own.stop, run.stop)
            yield run._replace(start=max(row, own.start), stop=stop), own.said
            row = stop
        if row < run.stop:
            yield run._replace(start=row), None
