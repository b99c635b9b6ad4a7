"""Volatile cells: values that differ between universes, and what to write for them.

A chain that asks for the time or for randomness is replayed in more universes. The cells that differ
are volatile. For each, the first of these that gives the chain's own values in every universe is
written: nothing, so that the column's DEFAULT fires; the migration's own expression; else the
literal of the first universe, with a warning.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from squasher.engine import Database, Universe
from squasher.errors import SqlError, UnsupportedError
from squasher.introspect import fetch
from squasher.model import Rows, Table
from squasher.sql import NAME, TRIVIA, WORD, Token, fold, is_word, iterate, literal, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.model import Row, Snapshot
    from squasher.profiles import Profile
    from squasher.replay import Replay

# Nearly every digit of the clocks differs, all have Unix times of ten digits, and any moment that a
# migration is likely to name lies between two of them. The second universe has the complement of the
# first one's random bits; the third has the second's bits and another clock, so what differs between
# those two comes from the clock alone.
UNIVERSES: Final = (
    Universe(name="first", clock=211_951_452_519_145, seed=1),  # 2004-05-16 07:28:39.145
    Universe(name="past", clock=211_876_497_712_603, seed=1, antithetic=True),  # 2001-12-30 18:41:52
    Universe(name="future", clock=214_931_534_164_972, seed=1, antithetic=True),  # 2098-10-21 23:56:04
)
FURTHER: Final = (
    Universe(name="fourth", clock=212_323_507_517_281, seed=4),
    Universe(name="fifth", clock=213_470_769_600_000, seed=5),
    Universe(name="sixth", clock=212_912_746_245_618, seed=6),
)
"""Asked when a statement asked for randomness and nothing that it wrote differs."""


def elsewhere(universe: Universe) -> Universe:
    """The same universe with other random bits: what was drawn here must not be drawn again there."""
    return universe._replace(seed=universe.seed + 1000)


NO_VALUE: Final = ""
"""No literal: what a cell that does not vary is compared with, and found wrong."""

Variants: TypeAlias = tuple[str, ...]
"""The values of one cell, by universe."""
Cell: TypeAlias = tuple[str, int, str]
"""Table, row number in the first universe, column."""


class Decision(NamedTuple):
    """What to write for volatile cells, and what to tell the user about them."""

    choices: dict[tuple[str, int], dict[str, str | None]]
    warnings: tuple[str, ...]


def variants(snapshots: Sequence[Snapshot]) -> dict[Cell, Variants]:
    """The cells that differ between snapshots of the same file or chain in several universes.

    Raises UnsupportedError when the number of a table's rows differs.
    """
    first, *others = snapshots
    by_table = [{rows.table: rows for rows in snapshot.rows} for snapshot in others]
    tables = {item.name: item for item in first.objects if isinstance(item, Table)}
    names = {rows.table for rows in first.rows}.union(*by_table)
    found: dict[Cell, Variants] = {}
    for name in sorted(names):
        table = tables.get(name)
        base = next((rows for rows in first.rows if rows.table == name), None)
        aligned = [_align(table, base, rows.get(name)) for rows in by_table]
        if base is None or any(rows is None for rows in aligned):
            raise UnsupportedError(
                f"how many rows {name} holds depends on the clock or on chance",
                hint="Make the migration write the same rows at any time.",
            )
        for index, row in enumerate(base.rows):
            for position, column in enumerate(base.columns):
                values = (
                    row[position],
                    *(rows[index][position] for rows in aligned if rows is not None),
                )
                if len(set(values)) > 1:
                    found[name, index, column] = values
    return found


def _align(table: Table | None, base: Rows | None, other: Rows | None) -> list[Row] | None:
    """``other``'s rows in the order of ``base``'s; None when they cannot be the same rows."""
    if base is None or other is None or len(base.rows) != len(other.rows):
        return None
    if base.rowids == other.rowids and _keys(table, base) == _keys(table, other):
        if base.rows != other.rows and Counter(base.rows) == Counter(other.rows):
            return list(base.rows)  # the same rows in another order: nothing is volatile
        return list(other.rows)
    columns = range(len(base.columns))
    stable = [
        column
        for column in columns
        if Counter(row[column] for row in base.rows) == Counter(row[column] for row in other.rows)
    ]

    def key(row: Row) -> tuple[str, ...]:
        return tuple(row[column] for column in stable)

    order = sorted(range(len(base.rows)), key=lambda index: key(base.rows[index]))
    out: list[Row] = [()] * len(order)
    for index, row in zip(order, sorted(other.rows, key=key), strict=True):
        out[index] = row
    return out


def _keys(table: Table | None, rows: Rows) -> list[tuple[str, ...]]:
    """What identifies each row where there is no implicit rowid: the primary key."""
    if table is None or rows.rowids is not None:
        return []
    keys = [rows.columns.index(column.name) for column in table.columns if column.primary_key]
    return [tuple(row[key] for key in keys) for row in rows.rows]


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
    """Whether a cell of the fresh file is right for a volatile cell of the chain.

    What the clock made must be equal in every universe. What chance made cannot be: it must differ
    where the chain's differs, in the same storage class and length. A constant is right when it has
    the form of the chain's values: it is one moment, or one random value, of many.
    """
    if chain == fresh:
        return True
    if NO_VALUE in fresh or [kind(value) for value in chain] != [kind(value) for value in fresh]:
        return False
    if len(set(fresh)) == 1:
        return _has_form(fresh[0], chain)
    if kind(chain[0]) in {"integer", "real"}:
        return chain[1] == chain[2] and fresh[1] == fresh[2] and fresh[0] != fresh[1]
    if [len(value) for value in chain] != [len(value) for value in fresh]:
        return False
    if len(chain[1]) != len(chain[2]):
        return False
    by_chance = False
    for index, (one, other) in enumerate(zip(chain[1], chain[2], strict=True)):
        seen = {value[index] for value in chain if index < len(value)}
        made = {value[index] for value in fresh if index < len(value)}
        if one != other or fresh[1][index] != fresh[2][index]:
            if (one, other) != (fresh[1][index], fresh[2][index]):
                return False  # the clock's characters are equal in every universe
        elif len(made) > 1:
            by_chance = True
            if len(seen) == 1 and not _same_class(seen, made):
                return False
        elif len(seen) == 1 and seen != made:
            return False
    # without a character that chance made, equality in every universe was due
    return by_chance


def _same_class(seen: set[str], made: set[str]) -> bool:
    """Whether what looks constant may be chance too: a digit among digits."""
    classes = ("0123456789", "0123456789abcdef", "0123456789ABCDEF")
    return any(all(char in chars for char in seen | made) for chars in classes)


def _has_form(value: str, chain: Variants) -> bool:
    if kind(value) in {"integer", "real"}:
        return True
    lengths = {len(other) for other in chain}
    if len(lengths) > 1:
        return True
    if len(value) not in lengths:
        return False
    return all(_class(value[index], {other[index] for other in chain}) for index in range(len(value)))


def _class(char: str, seen: set[str]) -> bool:
    if all(other in "0123456789" for other in seen):
        return char in "0123456789"
    if len(seen) == 1:
        return char in seen
    for letters in ("0123456789abcdef", "0123456789ABCDEF"):
        if all(other in letters for other in seen):
            return char in letters
    return True


def unexplained(replay: Replay, snapshot: Snapshot, found: dict[Cell, Variants]) -> tuple[str, ...]:
    """Tables with rows that a statement which asked for randomness wrote, and in which nothing differs."""
    written = {
        fold(table)
        for step in replay.steps
        for ran in step.statements
        if ran.asked_random and ran.changes
        for table in ran.writes
    }
    explained = {fold(table) for table, _, _ in found}
    return tuple(rows.table for rows in snapshot.rows if fold(rows.table) in written - explained)


def candidates(replay: Replay, table: str) -> list[str]:
    """The expressions in the chain that may have made the volatile values of ``table``."""
    bodies = {
        fold(change.name): change.new or ""
        for step in replay.steps
        for change in step.changes
        if change.kind in {"trigger", "view"}
    }
    out: dict[str, None] = {}
    for step in replay.steps:
        for ran in step.statements:
            touched = {fold(name) for name in ran.touches}
            if (ran.asked_clock or ran.asked_random) and fold(table) in touched:
                for sql in (ran.sql, *(bodies[name] for name in sorted(touched & bodies.keys()))):
                    out.update(dict.fromkeys(expressions(sql)))
    return list(out)


_VOLATILE: Final = (
    *("datetime", "date", "time", "julianday", "unixepoch", "strftime", "timediff", "random"),
    *("randomblob", "current_timestamp", "current_date", "current_time"),
)
_SEPARATORS: Final = (
    *(
        "values",
        "select",
        "set",
        "from",
        "where",
        "on",
        "as",
        "returning",
        "order",
        "limit",
        "group",
    ),
    *(
        "union",
        "do",
        "then",
        "else",
        "end",
        "when",
        "case",
        "having",
        "except",
        "intersect",
        "distinct",
    ),
)


def expressions(sql: str) -> Iterator[str]:
    """The parts of a statement that hold a call for time or chance, the widest first.

    A hint only: what an expression is good for is decided by running it.
    """
    words = [token for token in iterate(sql) if token.kind not in TRIVIA]
    for index, token in enumerate(words):
        if is_word(token, *_VOLATILE):
            spans = list(_enclosing(words, index))
            for start, end in reversed(spans):
                yield sql[words[start].start : words[end].end]


def _enclosing(words: list[Token], index: int) -> Iterator[tuple[int, int]]:
    """The spans around a token, from the call itself outwards, as inclusive token indexes."""
    low = high = index
    if index + 1 < len(words) and words[index + 1].text == "(":
        high = _matching(words, index + 1)
    yield low, high
    while True:
        low, high = _widen(words, low, -1), _widen(words, high, 1)
        start = low
        if start + 1 < high and words[start].kind in {WORD, NAME} and words[start + 1].text == "=":
            start += 2  # column = expression
        yield start, high
        outer = _unmatched(words, low, -1), _unmatched(words, high, 1)
        if None in outer:
            return
        low, high = outer[0] or 0, outer[1] or 0


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


def _matching(words: list[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(words)):
        depth += (words[index].text == "(") - (words[index].text == ")")
        if depth == 0:
            return index
    return len(words) - 1


class Trial:
    """Scratch databases, one per universe, in which an expression shows what a column would get."""

    def __init__(self, profile: Profile, universes: Sequence[Universe]) -> None:
        self.defensive = profile.defensive
        self._databases = [Database(profile, elsewhere(universe)) for universe in universes]
        self._seen: dict[tuple[str, str], Variants | None] = {}

    def close(self) -> None:
        """Close the databases."""
        for database in self._databases:
            database.close()

    def values(self, column_type: str, expression: str) -> Variants | None:
        """What ``expression`` stores in a column of this type, by universe; None if it does not run."""
        key = (column_type, expression)
        if key not in self._seen:
            self._seen[key] = self._run(column_type, expression)
        return self._seen[key]

    def _run(self, column_type: str, expression: str) -> Variants | None:
        out: list[str] = []
        for database in self._databases:
            try:
                database.execute("DROP TABLE IF EXISTS scratch")
                database.execute(f"CREATE TABLE scratch (c {quote(column_type) if column_type else ''})")
                database.execute(f"INSERT INTO scratch VALUES ({expression})")
                out.append(literal(fetch(database, ["c"], " FROM scratch")[0][0]))
            except SqlError:
                return None
        return tuple(out)


class _Choice(NamedTuple):
    """What to write for a cell: an expression, or None for the column's DEFAULT."""

    expression: str | None
    exact: bool
    """Whether it gives the chain's very values: chance has no part in it then."""


def decide(replay: Replay, snapshot: Snapshot, found: dict[Cell, Variants], trial: Trial) -> Decision:
    """Choose for each volatile cell what to write, by trying it in the universes.

    Cells that share a value which chance made belong together (a key and its references, or a text
    that holds the key), and would come apart if each drew its own: they are written as literals.
    """
    tables = {item.name: item for item in snapshot.objects if isinstance(item, Table)}
    if any(name not in tables for name, _, _ in found) and not trial.defensive:
        # the pages of an index are copied: they fit one set of values
        return Decision({}, _warnings(set(found)))
    chosen: dict[Cell, _Choice] = {}
    for cell, values in found.items():
        table = tables.get(cell[0])
        choice = _choose(replay, table, cell[2], values, trial) if table is not None else None
        if choice is not None:
            chosen[cell] = choice
    for cell in _tied(found, chosen):
        chosen.pop(cell, None)
    choices: dict[tuple[str, int], dict[str, str | None]] = {}
    for (name, row, column), choice in chosen.items():
        choices.setdefault((name, row), {})[column] = choice.expression
    return Decision(choices, _warnings(found.keys() - chosen.keys()))


def _choose(replay: Replay, table: Table, name: str, values: Variants, trial: Trial) -> _Choice | None:
    column = next(column for column in table.columns if column.name == name)
    tries = [*candidates(replay, table.name)]
    for expression in [column.default, *tries]:
        if expression is None:
            continue
        tried = trial.values(column.type, expression)
        if tried is not None and len(set(tried)) > 1 and agrees(values, tried):
            written = None if expression is column.default else expression
            return _Choice(written, tried == values)
    return None


def _tied(found: dict[Cell, Variants], chosen: dict[Cell, _Choice]) -> set[Cell]:
    """The cells whose value by chance is another cell's too, whole or as a part of it."""
    groups: dict[Variants, list[Cell]] = {}
    for cell, values in found.items():
        groups.setdefault(values, []).append(cell)
    tied: set[Cell] = set()
    for cells in groups.values():
        by_chance = any(cell in chosen and not chosen[cell].exact for cell in cells)
        if len(cells) > 1 and by_chance:
            tied.update(cells)
    literals = [values for cell, values in found.items() if cell not in chosen or cell in tied]
    for cell, choice in chosen.items():
        if not choice.exact and any(_holds(values, found[cell]) for values in literals):
            tied.add(cell)
    return tied


_SHORTEST_KEY: Final = 6


def _holds(outer: Variants, inner: Variants) -> bool:
    """Whether text holds another text in every universe."""
    texts = [value.strip("'") for value in inner]
    return all(len(text) >= _SHORTEST_KEY and text in value for text, value in zip(texts, outer, strict=True))


def confirm(decision: Decision, found: dict[Cell, Variants], fresh: dict[Cell, Variants]) -> Decision:
    """Take back what the loaded file did not confirm.

    ``fresh`` are the volatile cells of the file that was written by ``decision``.
    """
    wrong = {
        cell
        for cell, values in found.items()
        if cell[2] not in decision.choices.get(cell[:2], {})
        or not agrees(values, fresh.get(cell, (NO_VALUE,) * len(values)))
    }
    choices = {
        key: {column: text for column, text in row.items() if (*key, column) not in wrong}
        for key, row in decision.choices.items()
    }
    return Decision({key: row for key, row in choices.items() if row}, _warnings(wrong))


def literals(found: dict[Cell, Variants]) -> Decision:
    """Every volatile cell as a literal, for a file that does not load otherwise."""
    return Decision({}, _warnings(set(found)))


def aligned(base: Snapshot, other: Snapshot) -> Snapshot:
    """``other`` with each table's rows in the order of ``base``'s rows, as far as they can be matched.

    A volatile key orders rows differently in every database.
    """
    tables = {item.name: item for item in base.objects if isinstance(item, Table)}
    ours = {rows.table: rows for rows in base.rows}
    rows = []
    for theirs in other.rows:
        found = _align(tables.get(theirs.table), ours.get(theirs.table), theirs)
        rows.append(theirs if found is None else theirs._replace(rows=tuple(found)))
    return replace(other, rows=tuple(rows))


def _warnings(literals: set[Cell]) -> tuple[str, ...]:
    columns = sorted({(table, column) for table, _, column in literals})
    return tuple(
        f"{table}.{column} differs on every replay and no expression gives it again:"
        " every new installation gets the same literal value"
        for table, column in columns
    )
