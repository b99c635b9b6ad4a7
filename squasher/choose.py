"""Choosing what to write for a volatile cell: its DEFAULT, the migration's expression, or a literal.

An expression is chosen only when it gives the chain's own values, to the bit, in every universe, with
the very random values that its statement drew.
"""

from __future__ import annotations

import contextlib
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeAlias, TypeVar

from squasher.cells import Cells, Run
from squasher.emit import DEFAULT
from squasher.engine import Database
from squasher.errors import SqlError
from squasher.layout import renamed
from squasher.model import Column, Table
from squasher.rows import fetch
from squasher.sql import NAME, WORD, Token, fold, is_word, literal, quote, significant
from squasher.universe import Universe, utc
from squasher.volatile import agrees, by_chance, by_clock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from squasher.model import Snapshot
    from squasher.profiles import Profile
    from squasher.replay import Replay
    from squasher.statements import Ran
    from squasher.volatile import Variants


_Made = TypeVar("_Made")


class Decision(NamedTuple):
    """What to write for volatile cells, and what to tell the user about them."""

    choices: Cells[str]
    """An expression, or ``emit.DEFAULT`` where a cell is left to its DEFAULT."""
    warnings: tuple[str, ...]


class Source(NamedTuple):
    """Something that may have made a value: an expression, and which random values it may have drawn."""

    expression: str
    draws: tuple[int, int]


Spot: TypeAlias = tuple[int, int]
"""The numbers of the random values that an expression drew, the last one excluded."""
_MOST_DRAWS: Final = 5000


class Trial:
    """Scratch databases, one per universe, in which an expression shows what a column would get."""

    def __init__(self, profile: Profile, universes: Sequence[Universe]) -> None:
        self.defensive = profile.defensive
        self._databases = [Database(profile, universe) for universe in universes]
        self._seen: dict[tuple[str, bool, Source], dict[Variants, list[Spot]]] = {}

    def close(self) -> None:
        """Close the databases."""
        for database in self._databases:
            database.close()

    def values(self, kind: str, source: Source, *, strict: bool) -> dict[Variants, list[Spot]]:
        """What the source stores in a column of type ``kind``, and with which of its random values."""
        key = (kind, strict, source)
        if key not in self._seen:
            first, last = source.draws
            numbers = range(first, max(first + 1, min(last, first + _MOST_DRAWS)))
            table = f"CREATE TABLE scratch (c {_type(kind)})" + (" STRICT" if strict else "")
            found: dict[Variants, list[Spot]] = {}
            with contextlib.suppress(SqlError):  # not every part of a statement is an expression
                spots = list[Spot]()
                columns = list(self._columns(table, source.expression, numbers, spots))
                for number, values in enumerate(zip(*columns, strict=True)):
                    found.setdefault(values, []).append(spots[number])
            self._seen[key] = found
        return self._seen[key]

    def _columns(self, table: str, expression: str, numbers: range, spots: list[Spot]) -> Iterator[list[str]]:
        """For each universe the value at each number; ``spots`` gets what was drawn for it."""
        for database in self._databases:
            spots.clear()
            with utc():
                database.execute("DROP TABLE IF EXISTS scratch")
                database.execute(table)
                for number in numbers:
                    database.draw_from(number)
                    database.execute(f"INSERT INTO scratch VALUES ({expression})")
                    spots.append((number, database.draws))
            yield [literal(value) for (value,) in fetch(database, ["c"], " FROM scratch ORDER BY rowid")]


def _type(kind: str) -> str:
    """A declared type as it can be declared again: words and sizes as they are."""
    plain = kind.replace(" ", "").replace("(", "").replace(")", "").replace(",", "").replace("_", "")
    return kind if not plain or plain.isalnum() else quote(kind)


def decide(replay: Replay, snapshot: Snapshot, found: Cells[Variants], trial: Trial) -> Decision:
    """Choose for each volatile cell what to write, by trying it in the universes."""
    tables = {item.name: item for item in snapshot.objects if isinstance(item, Table)}
    if any(run.table not in tables for run in found.runs()) and not trial.defensive:
        return literals(found)  # the pages of an index are copied: they fit one set of values
    sources = Sources(replay)
    tries = _Tries(tables, sources, trial)
    chosen: dict[Run[Variants], str] = {}
    drawn: dict[int, Run[Variants]] = {}
    torn: set[Run[Variants]] = set()
    runs = list(_by_row(found, tries))
    for run in runs:
        match = tries.match(run)
        if match is not None:
            text, spots = match
            chosen[run] = text
            torn |= _draw(run, spots, drawn)
    for run in torn | tied(runs, set(chosen), sources):
        chosen.pop(run, None)
    choices = Cells(run.saying(chosen[run]) for run in runs if run in chosen)
    return Decision(choices, _warnings(run for run in runs if run not in chosen))


class _Tries:
    """What writes a cell's own values, of all that may have made it."""

    def __init__(self, tables: dict[str, Table], sources: Sources, trial: Trial) -> None:
        self._tables = tables
        self._sources = sources
        self._trial = trial
        self._known: dict[tuple[str, str], tuple[Column, list[Source]]] = {}

    def match(self, run: Run[Variants]) -> tuple[str, list[Spot]] | None:
        """The nearest text that gives the values, and the random values with which it does."""
        table = self._tables.get(run.table)
        if table is None:
            return None
        key = run.table, run.column
        if key not in self._known:
            column = next(column for column in table.columns if column.name == run.column)
            self._known[key] = column, self._sources.of(table, column)
        column, tries = self._known[key]
        for source in tries:
            spots = self._trial.values(column.type, source, strict=table.strict).get(run.said)
            if spots is not None:
                return DEFAULT if source.expression is column.default else source.expression, spots
        return None


def _by_row(found: Cells[Variants], tries: _Tries) -> Iterator[Run[Variants]]:
    """The runs of volatile cells by table and row; cells for which values are drawn each alone."""
    for table in dict.fromkeys(run.table for run in found.runs()):
        places = {column: place for place, column in enumerate(found.of(table))}
        runs = [
            part
            for known in found.of(table).values()
            for run in known
            for part in (run.single() if _draws(tries.match(run)) else (run,))
        ]
        yield from sorted(runs, key=lambda run: (run.start, places[run.column]))


def _draws(match: tuple[str, list[Spot]] | None) -> bool:
    return match is not None and any(first < last for first, last in match[1])


def _draw(cell: Run[Variants], spots: list[Spot], drawn: dict[int, Run[Variants]]) -> set[Run[Variants]]:
    """Take the random values of a cell; the cells that would share them when all are taken."""
    for first, last in spots:
        if not any(number in drawn for number in range(first, last)):
            drawn.update(dict.fromkeys(range(first, last), cell))
            return set()
    return {cell, *(drawn[number] for number in range(*spots[0]) if number in drawn)}


def tied(
    found: Collection[Run[Variants]], chosen: set[Run[Variants]], sources: Sources
) -> set[Run[Variants]]:
    """The cells that must stay literals because others do.

    Values by chance that are shared would come apart if each drew its own. A literal that is no copy may
    be made of anything: it keeps every value of its kind, chance or clock, in the tables that some
    statement connects with its own.
    """
    out = _sharing(found)
    made = [run for run in found if run not in chosen and run not in out]
    for by_kind in (by_chance, by_clock):
        kept = {sources.component(run.table) for run in made if by_kind(run.said)}
        if kept:
            out |= {run for run in found if by_kind(run.said) and sources.component(run.table) in kept}
    return out


_SHORTEST_KEY: Final = 6


def _sharing(found: Iterable[Run[Variants]]) -> set[Run[Variants]]:
    """The cells with a value by chance that another cell has too.

    In one universe is enough, since rows may come in another order in each; but two short values, such
    as tosses of a coin, are equal by accident unless they are in all of them.
    """
    first: dict[tuple[int, str] | Variants, Run[Variants]] = {}
    out: set[Run[Variants]] = set()
    for run in found:
        if not by_chance(run.said):
            continue
        if run.stop - run.start > 1:
            out.add(run)
        keys: list[tuple[int, str] | Variants] = [run.said]
        keys += [pair for pair in enumerate(run.said) if len(pair[1].strip("'")) >= _SHORTEST_KEY]
        for key in keys:
            other = first.setdefault(key, run)
            if other != run:
                out |= {run, other}
    return out


def confirm(decision: Decision, found: Cells[Variants], fresh: Cells[Variants]) -> Decision:
    """Take back what the loaded file did not confirm.

    ``fresh`` are the volatile cells of the file that was written by ``decision``.
    """
    choices = Cells[str]()
    wrong: list[Run[Variants]] = []
    for run in found.runs():
        for part, text in decision.choices.beside(run):
            for cells, values in fresh.beside(part):
                if text is None or values is None or not agrees(run.said, values):
                    wrong.append(cells)
                else:
                    choices.add(cells.saying(text))
    return Decision(choices, _warnings(wrong))


def literals(found: Cells[Variants], decision: Decision | None = None) -> Decision:
    """Volatile cells as literals, for a file that does not load otherwise.

    All of them, or those by chance only, when the ``decision`` about the others is to stand.
    """
    choices = Cells[str]()
    kept: list[Run[Variants]] = []
    for run in found.runs():
        for part, text in (decision.choices if decision else choices).beside(run):
            if decision is None or text is None or by_chance(part.said):
                kept.append(part)
            else:
                choices.add(part.saying(text))
    return Decision(choices, _warnings(kept))


def _warnings(cells: Iterable[Run[Variants]]) -> tuple[str, ...]:
    columns: dict[tuple[str, str], bool] = {}
    for run in cells:
        key = run.table, run.column
        columns[key] = columns.get(key, False) or by_chance(run.said)
    return tuple(
        f"{table}.{column} differs on every replay and no expression gives it again:"
        " every new installation gets the same literal value"
        + (", which is no secret then" if chance else "")
        for (table, column), chance in sorted(columns.items())
    )


class Sources:
    """What in a chain may have made its volatile values: the expressions of the statements that asked."""

    def __init__(self, replay: Replay) -> None:
        bodies = {
            fold(change.name): change.new or ""
            for step in replay.steps
            for change in step.changes
            if change.kind in {"trigger", "view"}
        }
        self._found = _Touching[Source]()
        self._spans = _Touching[Spot]()
        self._roots: dict[str, str] = {}
        self._former: dict[str, set[str]] = {}
        for step in replay.steps:
            for ran in step.statements:
                touched = frozenset(map(fold, ran.touches))
                self._connect(ran, touched)
                if not (ran.asked_clock or ran.asked_random):
                    continue
                self._spans.add(touched, ran.draws)
                for sql in (ran.sql, *(bodies[name] for name in sorted(touched & bodies.keys()))):
                    for text in expressions(sql):
                        self._found.add(touched, Source(text, ran.draws))
        timed = (source for source in self._found.every if source.draws[0] == source.draws[1])
        self._far = tuple(islice(timed, _MOST_FAR))

    def _connect(self, ran: Ran, touched: frozenset[str]) -> None:
        moved = renamed(ran.sql)
        if moved is not None:
            old, new = moved
            self._former.setdefault(new, {new}).update(self._former.get(old, {old}))
        # CREATE TABLE … AS writes nothing that the engine would name
        names = [*touched, *(moved or ())] if ran.writes or ran.defines or moved is not None else []
        if ran.asked_counters:
            names.append("")  # what the statement before did is everybody's
        for name in names[1:]:
            self._roots[self.component(names[0])] = self.component(name)

    def component(self, table: str) -> str:
        """The name that stands for all tables which statements connect with this one."""
        name = fold(table)
        while self._roots.get(name, name) != name:
            name = self._roots[name]
        return name

    def of(self, table: Table, column: Column) -> list[Source]:
        """What to try for a column: its DEFAULT, then expressions, the nearer ones first.

        A random value comes from a statement that touches the table; a time may come from any.
        """
        names = self._former.get(fold(table.name), {fold(table.name)})
        spans = dict.fromkeys(self._spans.of(names))
        defaults = (
            [] if column.default is None else [Source(column.default, span) for span in (*spans, (0, 0))]
        )
        return [*defaults, *dict.fromkeys([*self._found.of(names), *self._far])]


class _Touching(Generic[_Made]):
    """What statements made, in their order, by the names of the tables that they touched."""

    def __init__(self) -> None:
        self.every: list[_Made] = []
        self._places: dict[str, list[int]] = {}

    def add(self, touched: Iterable[str], made: _Made) -> None:
        """What the next statement made."""
        for name in touched:
            self._places.setdefault(name, []).append(len(self.every))
        self.every.append(made)

    def of(self, names: Iterable[str]) -> list[_Made]:
        """What statements made that touched one of these."""
        places = {place for name in names for place in self._places.get(name, ())}
        return [self.every[place] for place in sorted(places)]


_MOST_FAR: Final = 500
_VOLATILE: Final = (
    *("datetime", "date", "time", "julianday", "unixepoch", "strftime", "timediff", "random"),
    *("randomblob", "current_timestamp", "current_date", "current_time"),
)
_SEPARATORS: Final = (
    *("values", "select", "set", "from", "where", "on", "as", "returning", "order", "limit"),
    *("group", "union", "do", "then", "else", "end", "when", "case", "having", "except"),
    *("intersect", "distinct"),
)


def expressions(sql: str) -> Iterator[str]:
    """The parts of a statement that hold a call for time or chance, the widest first.

    A hint only: what an expression is good for is decided by running it.
    """
    lower = sql.lower()
    if not any(word in lower for word in _VOLATILE):
        return  # only a DEFAULT asked, and this may be a megabyte of rows
    words = significant(sql)
    for index, token in enumerate(words):
        if is_word(token, *_VOLATILE):
            spans = list(_enclosing(words, index))
            for number, (start, end) in reversed(list(enumerate(spans))):
                if not number or spans[number - 1] != (start + 1, end - 1):  # only brackets more
                    yield _plain(words[start : end + 1])


def _plain(words: list[Token]) -> str:
    """Tokens as text again, with a space for whatever stood between two of them."""
    return words[0].text + "".join(
        (" " if before.end < token.start else "") + token.text for before, token in pairwise(words)
    )


def _enclosing(words: list[Token], index: int) -> Iterator[tuple[int, int]]:
    """The spans around a token, from the call itself outwards, as inclusive token indexes."""
    low = high = index
    if index + 1 < len(words) and words[index + 1].text == "(":
        high = _unmatched(words, index + 1, 1) or high
    yield low, high
    while True:
        low, high = _widen(words, low, -1), _widen(words, high, 1)
        start = low
        if start + 1 < high and words[start].kind in {WORD, NAME} and words[start + 1].text == "=":
            start += 2  # column = expression
        yield start, high
        opening, closing = _unmatched(words, low, -1), _unmatched(words, high, 1)
        if opening is None or closing is None:
            return
        low, high = opening, closing


def _unmatched(words: list[Token], at: int, step: int) -> int | None:
    """The bracket that encloses a token on one side."""
    depth = 0
    opening, closing = ("(", ")") if step > 0 else (")", "(")
    at += step
    while 0 <= at < len(words):
        if depth == 0 and words[at].text == closing:
            return at
        depth += (words[at].text == opening) - (words[at].text == closing)
        at += step
    return None


def _widen(words: list[Token], at: int, step: int) -> int:
    """The last token in one direction before a separator at the same depth."""
    depth = 0
    opening, closing = ("(", ")") if step > 0 else (")", "(")
    while 0 <= at + step < len(words):
        token = words[at + step]
        if depth == 0 and (token.text in {closing, ",", ";"} or is_word(token, *_SEPARATORS)):
            break
        depth += (token.text == opening) - (token.text == closing)
        at += step
    return at
