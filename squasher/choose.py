"""Choosing what to write for a volatile cell: its DEFAULT, the migration's expression, or a literal.

An expression is chosen only when it gives the chain's own values, to the bit, in every universe, with
the very random values that its statement drew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.engine import Database
from squasher.errors import SqlError
from squasher.introspect import fetch
from squasher.model import Table
from squasher.sql import NAME, WORD, Token, fold, is_word, literal, quote, significant
from squasher.universe import Universe, utc
from squasher.volatile import agrees, by_chance, by_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.model import Snapshot
    from squasher.profiles import Profile
    from squasher.replay import Replay
    from squasher.volatile import Cell, Variants


class Decision(NamedTuple):
    """What to write for volatile cells, and what to tell the user about them."""

    choices: dict[tuple[str, int], dict[str, str | None]]
    """By table and row, a column's expression, or None to leave it to its DEFAULT."""
    warnings: tuple[str, ...]


class Source(NamedTuple):
    """Something that may have made a value: an expression, and which random values it may have drawn."""

    expression: str
    draws: tuple[int, int]


_MOST_DRAWS: Final = 5000


class Trial:
    """Scratch databases, one per universe, in which an expression shows what a column would get."""

    def __init__(self, profile: Profile, universes: Sequence[Universe]) -> None:
        self.defensive = profile.defensive
        self._databases = [Database(profile, universe) for universe in universes]
        self._seen: dict[tuple[str, bool, Source], set[Variants]] = {}

    def close(self) -> None:
        """Close the databases."""
        for database in self._databases:
            database.close()

    def values(self, kind: str, source: Source, *, strict: bool) -> set[Variants]:
        """What the source stores in a column of type ``kind``, for each random value it may begin with."""
        key = (kind, strict, source)
        if key not in self._seen:
            first, last = source.draws
            numbers = range(first, max(first + 1, min(last, first + _MOST_DRAWS)))
            table = f"CREATE TABLE scratch (c {_type(kind)})" + (" STRICT" if strict else "")
            try:
                self._seen[key] = set(zip(*self._columns(table, source.expression, numbers), strict=True))
            except SqlError:
                self._seen[key] = set()
        return self._seen[key]

    def _columns(self, table: str, expression: str, numbers: range) -> Iterator[list[str]]:
        """For each universe the value at each number."""
        for database in self._databases:
            with utc():
                database.execute("DROP TABLE IF EXISTS scratch")
                database.execute(table)
                for number in numbers:
                    database.draw_from(number)
                    database.execute(f"INSERT INTO scratch VALUES ({expression})")
            yield [literal(value) for (value,) in fetch(database, ["c"], " FROM scratch ORDER BY rowid")]


def _type(kind: str) -> str:
    """A declared type as it can be declared again: words and sizes as they are."""
    plain = kind.replace(" ", "").replace("(", "").replace(")", "").replace(",", "").replace("_", "")
    return kind if not plain or plain.isalnum() else quote(kind)


def decide(replay: Replay, snapshot: Snapshot, found: dict[Cell, Variants], trial: Trial) -> Decision:
    """Choose for each volatile cell what to write, by trying it in the universes."""
    tables = {item.name: item for item in snapshot.objects if isinstance(item, Table)}
    if any(name not in tables for name, _, _ in found) and not trial.defensive:
        return literals(found)  # the pages of an index are copied: they fit one set of values
    chosen: dict[Cell, str | None] = {}
    for cell, values in found.items():
        table = tables.get(cell[0])
        if table is not None:
            choice = _choose(replay, table, cell[2], values, trial)
            if choice is not _NOTHING:
                chosen[cell] = choice or None
    for cell in tied(found, set(chosen)):
        chosen.pop(cell, None)
    choices: dict[tuple[str, int], dict[str, str | None]] = {}
    for (name, row, column), text in chosen.items():
        choices.setdefault((name, row), {})[column] = text
    return Decision(choices, _warnings(found.keys() - chosen.keys()))


_NOTHING: Final = "\0"


def _choose(replay: Replay, table: Table, name: str, values: Variants, trial: Trial) -> str:
    """'' for the DEFAULT, an expression, or _NOTHING."""
    column = next(column for column in table.columns if column.name == name)
    spans = [ran.draws for step in replay.steps for ran in step.statements if ran.asked_random] or [(0, 0)]
    if column.default is not None:
        for span in spans if by_chance(values) else spans[:1]:
            if values in trial.values(column.type, Source(column.default, span), strict=table.strict):
                return ""
    for source in sources(replay, table.name):
        if values in trial.values(column.type, source, strict=table.strict):
            return source.expression
    return _NOTHING


def tied(found: dict[Cell, Variants], chosen: set[Cell]) -> set[Cell]:
    """The cells that must stay literals because others hold the same value, whole or in part.

    Chance: a key and its references, or a text that holds the key, would come apart if each drew its
    own. Clock: moments of one row belong together, so one that stays a literal keeps the others.
    """
    groups: dict[Variants, list[Cell]] = {}
    for cell, values in found.items():
        if by_chance(values):
            groups.setdefault(values, []).append(cell)
    out = {cell for cells in groups.values() if len(cells) > 1 for cell in cells}
    fixed = [(cell, values) for cell, values in found.items() if cell not in chosen or cell in out]
    rows = {cell[:2] for cell, values in fixed if by_clock(values) and cell not in chosen}
    for cell in chosen - out:
        values = found[cell]
        if (by_chance(values) and any(_holds(outer, values) for _, outer in fixed)) or (
            by_clock(values) and cell[:2] in rows
        ):
            out.add(cell)
    return out


_SHORTEST_KEY: Final = 6


def _holds(outer: Variants, inner: Variants) -> bool:
    """Whether text holds another text, or the beginning of it, in every universe."""
    texts = [value.strip("'")[:_SHORTEST_KEY] for value in inner]
    return all(len(text) >= _SHORTEST_KEY and text in value for text, value in zip(texts, outer, strict=True))


def confirm(decision: Decision, found: dict[Cell, Variants], fresh: dict[Cell, Variants]) -> Decision:
    """Take back what the loaded file did not confirm.

    ``fresh`` are the volatile cells of the file that was written by ``decision``.
    """
    wrong = {
        cell
        for cell, values in found.items()
        if cell[2] not in decision.choices.get(cell[:2], {})
        or cell not in fresh
        or not agrees(values, fresh[cell])
    }
    choices = {
        key: {column: text for column, text in row.items() if (*key, column) not in wrong}
        for key, row in decision.choices.items()
    }
    return Decision({key: row for key, row in choices.items() if row}, _warnings(wrong))


def literals(found: dict[Cell, Variants]) -> Decision:
    """Every volatile cell as a literal, for a file that does not load otherwise."""
    return Decision({}, _warnings(set(found)))


def _warnings(cells: set[Cell]) -> tuple[str, ...]:
    columns = sorted({(table, column) for table, _, column in cells})
    return tuple(
        f"{table}.{column} differs on every replay and no expression gives it again:"
        " every new installation gets the same literal value"
        for table, column in columns
    )


def sources(replay: Replay, table: str) -> list[Source]:
    """What in the chain may have made the volatile values of ``table``, likelier ones first."""
    bodies = {
        fold(change.name): change.new or ""
        for step in replay.steps
        for change in step.changes
        if change.kind in {"trigger", "view"}
    }
    near: dict[Source, None] = {}
    far: dict[Source, None] = {}
    for step in replay.steps:
        for ran in step.statements:
            if not (ran.asked_clock or ran.asked_random):
                continue
            touched = {fold(name) for name in ran.touches}
            into = near if fold(table) in touched else far
            for sql in (ran.sql, *(bodies[name] for name in sorted(touched & bodies.keys()))):
                into.update(dict.fromkeys(Source(text, ran.draws) for text in expressions(sql)))
    return list(near | far)


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
    words = significant(sql)
    for index, token in enumerate(words):
        if is_word(token, *_VOLATILE):
            spans = list(_enclosing(words, index))
            for start, end in reversed(spans):
                yield sql[words[start].start : words[end].end]


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
