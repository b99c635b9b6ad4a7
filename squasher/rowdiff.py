"""Comparing rows: by key where there is one, volatile cells by what they do in every universe."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from squasher import fulltext, volatile
from squasher.cells import Cells
from squasher.changes import Added, Cell, Modified, Number, Removed, RowSet
from squasher.model import Table, VirtualTable
from squasher.packed import alike, holds_null, unlike
from squasher.rows import largest_key
from squasher.sql import ROWID_NAMES, fold, significant, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.bytecode import Programs
    from squasher.changes import Change
    from squasher.model import Row, Rows, Snapshot
    from squasher.volatile import Variants

_VOLATILE = "…"


class Side(NamedTuple):
    """One database in every universe that was looked at."""

    snapshots: tuple[Snapshot, ...]
    volatile: Cells[Variants]
    volatile_columns: dict[str, set[str]]
    """By folded table, the folded columns that hold volatile cells."""
    made: Literal["once", "replayed"] | None = None
    """How its values came to be, for who compares any two sides. What was made once, a database or a
    file, may hold a constant where each replay of the other side makes another value; a chain not.
    Without it, as for a check: the new side may, the old one not."""
    programs: Programs | None = None
    """What ``bytecode`` compiled over its schema, where that was done before the proof."""

    @classmethod
    def of(cls, snapshots: Sequence[Snapshot]) -> Side:
        """Compare the universes. Raises UnsupportedError when row counts differ between them."""
        found = volatile.variants(snapshots) if len(snapshots) > 1 else Cells()
        columns: dict[str, set[str]] = {}
        for run in found.runs():
            columns.setdefault(fold(run.table), set()).add(fold(run.column))
        return cls(tuple(snapshots), found, columns)

    def values(self, table: str, row: int, column: str, value: str) -> Variants:
        """A cell in every universe: its variants, or the same value everywhere."""
        constant = (value,) * len(self.snapshots)
        return self.volatile.get((table, row, column), constant)


def diff_rows(old: Side, new: Side, *, by_hand: bool = False) -> tuple[Change, ...]:
    """The rows and cells that differ, by table; full-text content too.

    ``by_hand``: implicit rowids that nothing refers to are the new side's own affair.
    """
    before, after = old.snapshots[0], new.snapshots[0]
    tables = {fold(item.name): item for item in before.objects if isinstance(item, Table)}
    matter = rowids_matter(before) | rowids_matter(after) if by_hand else frozenset[str]()
    changes: list[Change] = []
    one = {fold(rows.table): rows for rows in before.rows}
    other = {fold(rows.table): rows for rows in after.rows}
    matched: list[_Match] = []
    for name in sorted(one.keys() | other.keys()):
        compare = _Table(
            name, tables.get(name), one.get(name), other.get(name), not by_hand or name in matter
        )
        changes += compare.changes(old, new, matched)
    changes += _relations(matched)
    changes += _terms(old, new)
    changes += _sequences(old, new)
    return tuple(changes)


def rowids_matter(snapshot: Snapshot) -> frozenset[str]:
    """The tables whose implicit rowids something depends on.

    An external-content index refers to rows by rowid, a full-text table answers with it, and whatever
    names one may refer to the tables that it names.
    """
    tables: set[str] = set()
    for item in snapshot.objects:
        if isinstance(item, VirtualTable):
            content = fulltext.option(item.sql, "content")
            tables |= {fold(item.name)} | ({fold(content)} if content else set())
        else:
            text = str(item.sql).lower()
            if any(name in text for name in ROWID_NAMES):  # few texts hold one, within a word or as one
                words = {fold(unquote(token.text)) for token in significant(str(item.sql))}
                tables |= words if words.intersection(ROWID_NAMES) else set()
    return frozenset(tables)


class _Match(NamedTuple):
    """A volatile cell of the chain and the cell that stands for it in the fresh file."""

    table: str
    key: str
    column: str
    old: Variants
    new: Variants


def _relations(matched: list[_Match]) -> Iterator[Change]:
    """Values by chance that are one on one side and several on the other: a key that lost its row.

    Rows may come in another order in each universe, so values are compared within one. Literals are
    those of the first.
    """
    by_old: dict[tuple[int, str], _Match] = {}
    by_new: dict[tuple[str, str, str], _Match] = {}
    for match in matched:
        if not volatile.by_chance(match.old):
            continue
        varies = len(set(match.new)) > 1
        found = False
        for universe in range(len(match.old)) if varies else (0,):
            one = by_old.setdefault((universe, match.old[universe]), match)
            same_kind = universe == 0 or len(set(one.new)) > 1
            found = found or (same_kind and match.new[universe] != one.new[universe])
        # two literals may be equal by accident, but not where the chain has different keys
        other = by_new.setdefault((match.table, match.column, match.new[0]), match)
        if found or match.old[0] != other.old[0]:
            yield _modified_cell(match)


def _modified_cell(match: _Match) -> Change:
    one, other = (_VOLATILE if len(set(values)) > 1 else values[0] for values in (match.old, match.new))
    if one == other:
        one, other = match.old[0], match.new[0]
    return Modified(
        owner=("table", match.table),
        old=Cell(key=match.key, column=match.column, value=one),
        new=Cell(key=match.key, column=match.column, value=other),
        fields=("value",),
    )


def _sequences(old: Side, new: Side) -> Iterator[Change]:
    """The AUTOINCREMENT counters; where keys are volatile, how far they are beyond the largest one."""
    before, after = (dict(side.snapshots[0].sequences) for side in (old, new))
    shaky = {
        fold(item.name)
        for side in (old, new)
        for item in side.snapshots[0].objects
        if isinstance(item, Table)
        and fold(str(item.rowid_alias)) in side.volatile_columns.get(fold(item.name), set())
    }
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name, 0), after.get(name, 0)
        if one != other and not (
            fold(name) in shaky and one - _largest(old, name) == other - _largest(new, name)
        ):
            yield Modified(
                owner=("table", fold(name)),
                old=Number(name="sequence", value=one),
                new=Number(name="sequence", value=other),
                fields=("value",),
            )


def _largest(side: Side, name: str) -> int:
    """The largest key of a table of this name."""
    first = side.snapshots[0]
    rows = {part.table: part for part in first.rows}
    tables = (item for item in first.objects if isinstance(item, Table) and item.name == name)
    return max((largest_key(table, rows.get(table.name)) for table in tables), default=0)


class _Table(NamedTuple):
    name: str
    table: Table | None
    old: Rows | None
    new: Rows | None
    rowids: bool

    def changes(self, old: Side, new: Side, matched: list[_Match]) -> Iterator[Change]:
        owner = ("table", self.name)
        if self.old is None or self.new is None:
            if self.old is not None:
                yield Removed(owner=owner, old=_row_set(old, self.old, range(len(self.old.rows))))
            elif self.new is not None:
                yield Added(owner=owner, new=_row_set(new, self.new, range(len(self.new.rows))))
            return
        places = {fold(column): place for place, column in enumerate(self.new.columns)}
        columns = [column for column in self.old.columns if fold(column) in places]
        shaky = old.volatile_columns.get(self.name, set()) | new.volatile_columns.get(self.name, set())
        key = self._key(columns, shaky)
        common = [
            (place, places[fold(column)])
            for place, column in enumerate(self.old.columns)
            if fold(column) in places
        ]
        label = next((place for place, one in enumerate(self.old.columns) if one in key), 0)
        if self._in_step(key, places):
            yield from self._columns((old, new), common, matched, label)
            return
        pairs, missing, extra = _pair(self._keyed(self.old, key), self._keyed(self.new, key))
        for pair in pairs:
            yield from self._cells((old, new), common, pair, matched, label)
        if missing:
            yield Removed(owner=owner, old=_row_set(old, self.old, missing))
        if extra:
            yield Added(owner=owner, new=_row_set(new, self.new, extra))

    def _key(self, columns: list[str], shaky: set[str]) -> list[str]:
        """The columns that tell rows apart: the primary key, else a unique key, else all that are firm."""
        firm = [column for column in columns if fold(column) not in shaky]
        keys: list[list[str]] = []
        if self.table is not None:
            keys.append([column.name for column in self.table.columns if column.primary_key])
            keys += [
                [part.name for part in index.columns if part.name is not None]
                for index in self.table.constraint_indexes
            ]
        for key in keys:
            if key and all(column in firm for column in key) and not self._holds_null(key):
                return key
        return firm

    def _holds_null(self, key: list[str]) -> bool:
        """Whether a key identifies nothing in some row: UNIQUE allows any number of NULLs."""
        sides = [rows for rows in (self.old, self.new) if rows is not None]
        return any(holds_null(rows.rows, _place(rows, column)) for rows in sides for column in key)

    def _keyed(self, rows: Rows, key: list[str]) -> list[Row]:
        keyed = _cut(rows, key)
        if self.rowids and rows.rowids is not None:
            return [(str(rowid), *cells) for rowid, cells in zip(rows.rowids, keyed, strict=True)]
        return keyed

    def _in_step(self, key: list[str], places: dict[str, int]) -> bool:
        """Whether the keys of both sides are the same ones in the same order: rows need no pairing then."""
        if self.old is None or self.new is None or len(self.old.rows) != len(self.new.rows):
            return False
        if self.rowids and self.old.rowids != self.new.rowids:
            return False
        ours = [place for place, column in enumerate(self.old.columns) if column in key]
        return all(
            alike((self.old.rows, our), (self.new.rows, places[fold(self.old.columns[our])])) for our in ours
        )

    def _columns(
        self, sides: tuple[Side, Side], common: list[tuple[int, int]], matched: list[_Match], label: int
    ) -> Iterator[Change]:
        """As ``_cells`` for every row and the one in its place, looking at one column after the other."""
        old, new = sides
        if self.old is None:
            return
        found: list[tuple[int, int, bool, _Match]] = []
        for number, (our, their) in enumerate(common):
            column = self.old.columns[our]
            for start, stop, before, after in self._unlike(sides, our, their):
                verdict = _judge(old, new, before, after)
                if verdict == "same" or (verdict == "match" and not volatile.by_chance(before)):
                    continue  # of matches, ``_relations`` wants those by chance
                for row in range(start, stop):
                    key = f"{self.old.columns[label]} {self.old.rows[row][label]}"
                    match = _Match(self.name, key, column, before, after)
                    found.append((row, number, verdict == "match", match))
        found.sort(key=lambda one: one[:2])
        matched += [match for _, _, agreed, match in found if agreed]
        yield from (_modified_cell(match) for _, _, agreed, match in found if not agreed)

    def _unlike(
        self, sides: tuple[Side, Side], our: int, their: int
    ) -> Iterator[tuple[int, int, Variants, Variants]]:
        """The cells of a column that differ or are volatile: the rows from one to another, their values."""
        old, new = sides
        if self.old is None or self.new is None:
            return
        table, column, other = self.old.table, self.old.columns[our], self.new.columns[their]
        here, there = (self.old.rows, our), (self.new.rows, their)
        for row, one, two in unlike(here, there):
            if (table, row, column) not in old.volatile and (self.new.table, row, other) not in new.volatile:
                yield row, row + 1, (one,) * len(old.snapshots), (two,) * len(new.snapshots)
        runs = (old.volatile.of(table).get(column, ()), new.volatile.of(self.new.table).get(other, ()))
        marks = sorted({row for known in runs for run in known for row in (run.start, run.stop)})
        for start, stop in pairwise(marks):
            before = old.volatile.get((table, start, column))
            after = new.volatile.get((self.new.table, start, other))
            if before is not None and after is not None:
                yield start, stop, before, after
            elif before is not None or after is not None:
                for row in range(start, stop):
                    one, two = self.old.rows[row][our], self.new.rows[row][their]
                    yield (
                        *(row, row + 1),
                        *(before or (one,) * len(old.snapshots), after or (two,) * len(new.snapshots)),
                    )

    def _cells(
        self,
        sides: tuple[Side, Side],
        common: list[tuple[int, int]],
        pair: tuple[int, int],
        matched: list[_Match],
        label: int,
    ) -> Iterator[Change]:
        """Compare two rows; ``common`` are the places of each column that both tables have.

        ``label`` is the place of the column by which people know the row.
        """
        old, new = sides
        if self.old is None or self.new is None:
            return
        here, there = pair
        ours, theirs = self.old.rows[here], self.new.rows[there]
        for our, their in common:
            column = self.old.columns[our]
            before = old.values(self.old.table, here, column, ours[our])
            after = new.values(self.new.table, there, self.new.columns[their], theirs[their])
            verdict = _judge(old, new, before, after)
            match = _Match(self.name, f"{self.old.columns[label]} {ours[label]}", column, before, after)
            if verdict == "match":
                matched.append(match)
            elif verdict == "differs":
                yield _modified_cell(match)


def _judge(old: Side, new: Side, before: Variants, after: Variants) -> Literal["same", "match", "differs"]:
    """What a cell of the old side is to one of the new side; a match has to keep its relations, too."""
    varies, other_varies = len(set(before)) > 1, len(set(after)) > 1
    if before == after and not varies:
        return "same"
    if varies and (other_varies or new.made != "replayed") and volatile.agrees(before, after):
        return "match"
    if other_varies and not varies and old.made == "once" and volatile.agrees(after, before):
        return "same"
    return "differs"


def _place(rows: Rows, name: str) -> int:
    """Where a column stands."""
    return [fold(column) for column in rows.columns].index(fold(name))


def _cut(rows: Rows, columns: list[str]) -> list[Row]:
    """Some columns of all rows."""
    places = {fold(column): place for place, column in enumerate(rows.columns)}
    wanted = [places[fold(column)] for column in columns]
    return [tuple(row[place] for place in wanted) for row in rows.rows]


def _places(terms: Rows) -> Rows:
    """Where the terms of an index stand, without the words: those differ on every replay."""
    return terms._replace(rows=tuple(("", *row[1:]) for row in terms.rows))


def _row_set(side: Side, rows: Rows, indexes: Sequence[int]) -> RowSet:
    """Some rows, without the values that are others on every replay."""
    return RowSet(
        columns=rows.columns,
        rows=tuple(
            tuple(
                _VOLATILE if (rows.table, index, column) in side.volatile else value
                for column, value in zip(rows.columns, rows.rows[index], strict=True)
            )
            for index in indexes
        ),
    )


def _pair(old: list[Row], new: list[Row]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Row numbers with equal keys, in pairs, and those that are left on each side."""
    places: dict[Row, list[int]] = defaultdict(list)
    for index in range(len(new) - 1, -1, -1):
        places[new[index]].append(index)
    pairs: list[tuple[int, int]] = []
    missing: list[int] = []
    for index, key in enumerate(old):
        if places.get(key):
            pairs.append((index, places[key].pop()))
        else:
            missing.append(index)
    extra = sorted(index for rest in places.values() for index in rest)
    return pairs, missing, extra


def _terms(old: Side, new: Side) -> Iterator[Change]:
    indexes = [item for item in old.snapshots[0].objects if isinstance(item, VirtualTable)]
    shaky = {
        fold(item.name)
        for item in indexes
        if {fold(column.name) for column in item.columns}
        & old.volatile_columns.get(fold(fulltext.external_content(item) or item.name), set())
    }
    one = {fold(rows.table): rows for rows in old.snapshots[0].terms}
    other = {fold(rows.table): rows for rows in new.snapshots[0].terms}
    for name in sorted(one.keys() | other.keys()):
        some = one.get(name) or other[name]
        before, after = one.get(name, some._replace(rows=())), other.get(name, some._replace(rows=()))
        if name in shaky:
            before, after = _places(before), _places(after)
        missing = Counter(before.rows) - Counter(after.rows)
        extra = Counter(after.rows) - Counter(before.rows)
        owner = ("table", name)
        if missing:
            yield Removed(owner=owner, old=RowSet(columns=before.columns, rows=tuple(sorted(missing))))
        if extra:
            yield Added(owner=owner, new=RowSet(columns=after.columns, rows=tuple(sorted(extra))))
