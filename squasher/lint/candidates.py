"""Values that a probe row may hold, and the search for some that satisfy a table's constraints."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from squasher.clauses import clauses
from squasher.risks import affinity
from squasher.sql import NUMBER, STRING, fold, name_of, significant, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from squasher.model import Column, Table, Value
    from squasher.sql import Token

    Choice: TypeAlias = tuple[Value, ...]

MOST_TRIES: Final = 300
"""For one row. Whoever needs more has constraints that only their author can satisfy."""
_MOST_OTHERS: Final = 3
"""So many units at once are given other values than their first."""
_LONGEST: Final = 64
_EPOCH: Final = 1_000_000_000
"""Numbers begin here: far from the keys that migrations write, and moments when they are read as such."""
_NUMBERS: Final = (1, 0, -1, 2, 10, 100, 0.5)
_TIMES: Final = ("date", "time")
_LARGEST: Final = (1 << 63) - 1
_HOPELESS: Final = ("no such", "foreign key mismatch", "stopped", "out of memory", "interrupted")
_STRICT: Final[dict[str, tuple[type, ...]]] = {
    "INT": (int,),
    "INTEGER": (int,),
    "REAL": (int, float),
    "TEXT": (str,),
    "BLOB": (bytes,),
}


class Unit(NamedTuple):
    """Columns that get their values together, and what they can be, the best first."""

    columns: tuple[str, ...]
    choices: list[Choice]


class _Spoken(NamedTuple):
    """What is said of the values of one column."""

    literals: list[Value]
    asked: bool
    """Whether a CHECK speaks of it."""
    affinity: str
    is_time: bool
    is_json: bool


class Said(NamedTuple):
    """What the text of a table says of the values in it."""

    table: Table
    words: dict[str, list[Token]]
    """By folded column, the tokens of the constraints that speak of it."""
    checks: list[tuple[str, list[str], frozenset[str]]]
    """Each CHECK: its name, the tokens of its expression, and the columns in it, folded."""
    spoken: dict[str, _Spoken]
    """By column, once anybody asked."""


def said_of(table: Table) -> Said:
    """Read the text of a table."""
    columns = {fold(column.name) for column in table.columns}
    said = Said(table, {name: [] for name in columns}, [], {})
    for clause in clauses(table.sql):
        if clause.kind not in {"check", "as", "default"}:
            continue
        names = columns & {*map(name_of, clause.words), fold(clause.column or "")}
        for name in names:
            said.words[name] += clause.words
        if clause.kind == "check":
            names = columns & set(map(name_of, clause.words))
            said.checks.append((clause.name, _words(clause.expression)[1:-1], frozenset(names)))
    return said


def unit_of(said: Said, column: Column, row: int, *, sparse: bool = False) -> Unit:
    """One column: a value that tells it from other columns, what its constraints speak of, what is usual.

    Another ``row`` has other values; ``sparse`` prefers NULL.
    """
    spoken = said.spoken.get(column.name)
    if spoken is None:
        spoken = said.spoken[column.name] = _spoken(said, column)
    at = row % len(spoken.literals) if spoken.literals else 0
    literals = [*spoken.literals[at:], *spoken.literals[:at]]
    found = _usual(f"{said.table.name}.{column.name}", column, spoken, literals, row)
    if said.table.strict:
        kinds = _STRICT.get(column.type.upper())
        found = [one for one in found if kinds is None or isinstance(one, kinds)]
    choices: list[Choice] = [(value,) for value in dict.fromkeys(found)]
    if not (column.not_null or column.primary_key):
        choices.insert(0 if sparse else len(choices), (None,))
    return Unit((column.name,), choices)


def _spoken(said: Said, column: Column) -> _Spoken:
    words = said.words[fold(column.name)]
    literals: list[Value] = [
        value
        for before, token in zip((None, *words), words, strict=False)
        if (value := _literal(token.kind, token.text, negative=before is not None and before.text == "-"))
        is not None
    ]
    return _Spoken(
        literals,
        any(fold(column.name) in columns for _, _, columns in said.checks),
        affinity(column.type),
        _is_time(column),
        _is_json(column, literals),
    )


def _literal(kind: str, text: str, *, negative: bool) -> Value:
    if kind == STRING:
        return unquote(text)
    if kind != NUMBER:
        return None
    plain = text.replace("_", "")
    try:
        number: int | float = int(plain, 16) if plain[:2].lower() == "0x" else int(plain)
    except ValueError:
        number = float(plain)
    number = -number if negative else number
    return number if abs(number) <= _LARGEST else None


def _usual(tag: str, column: Column, said: _Spoken, literals: list[Value], row: int) -> list[Value]:
    """Values for a column, the best first; only a CHECK can ask for one of many forms."""
    number = _EPOCH + crc32(fold(tag).encode()) % 10**8 * 10 + row
    numbers = [one for one in literals if isinstance(one, int | float)]
    between = [(one + other) / 2 for one, other in pairwise(numbers)]
    near = [other for one in numbers for other in (one + 1, one - 1)]
    counts: list[Value] = [*numbers, *between, *near, number + _EPOCH, *_NUMBERS]
    spoken = [one for one in literals if isinstance(one, str)]
    texts = (
        _texts(tag, row, number, spoken, numbers) if said.asked else [_own(tag, row), *spoken, str(number)]
    )
    if said.is_time:
        texts = [*_moments(number), *texts]
    elif said.is_json:
        texts = [*_documents(tag, row), *texts]
    data = [text.encode() for text in texts]
    match said.affinity:
        case "INTEGER":
            return [number, *counts, *spoken]
        case "REAL":
            return [number + 0.5, *counts, *spoken]
        case "TEXT":
            return [*texts, *counts]
        case "BLOB":
            return [*texts, number, *counts, *data] if not column.type else [*data, *texts, number, *counts]
        case _ if "BOOL" in column.type.upper():
            return [(row + 1) % 2, row % 2, *counts, number, *spoken]
        case _ if said.is_time or "JSON" in column.type.upper():
            return [*texts, number, *counts]
        case _:
            return [number, *counts, *spoken]


def _texts(tag: str, row: int, number: int, literals: list[str], numbers: list[int | float]) -> list[str]:
    """Texts of every form that a CHECK is likely to ask for."""
    own = _own(tag, row)
    sizes = [size for one in numbers for size in (int(one), int(one) + 1, int(one) - 1)]
    sized = [
        (char * size)[: -len(str(row))] + str(row) if row else char * size
        for size in dict.fromkeys(sizes)
        if 0 < size <= _LONGEST
        for char in ("a", "A", "1")
    ]
    return [
        own,
        *literals,
        *(f"{one}{own}" for one in literals),
        f"probe-{number}",
        *_documents(tag, row),
        *_moments(number),
        f"probe{number}@example.org",
        f"https://example.org/{number}",
        f"00000000-0000-4000-8000-{number:012d}",
        *sized,
        str(number),
        f"#{number % 0x1000000:06x}",
        "",
    ]


def _own(tag: str, row: int) -> str:
    return f"probe-{tag}-{row}" if row else f"probe-{tag}"


def _documents(tag: str, row: int) -> list[str]:
    return [json.dumps({"probe": tag, "row": row}), json.dumps([tag, row]), "{}"]


def _moments(number: int) -> list[str]:
    moment = datetime.fromtimestamp(number, UTC)
    return [f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%Y-%m-%d}"]


def _is_time(column: Column) -> bool:
    """Whether its type, its default or its name speaks of a time: a later migration may compute with it."""
    spoken = fold(f"{column.type} {column.default or ''}")
    last = fold(column.name).rpartition("_")[2]
    return any(word in spoken for word in _TIMES) or last in {"at", "on", "date", "time", "timestamp"}


def _is_json(column: Column, literals: list[Value]) -> bool:
    said = [column.default.strip("'") if column.default else "", *map(str, literals)]
    return "JSON" in column.type.upper() or any(text[:1] in {"{", "["} for text in said)


class Search:
    """Assignments of values to units, one after the other; ``learn`` what was wrong with the last."""

    def __init__(self, said: Said, units: list[Unit]) -> None:
        self._table = said.table
        self._choices = [list(unit.choices) for unit in units]
        self._at = {fold(name): place for place, unit in enumerate(units) for name in unit.columns}
        self._picked = [choices[:1] for choices in self._choices]
        self._walks: dict[frozenset[int], Iterator[None]] = {}
        self._checks = [
            (name, words, frozenset(self._at[column] for column in columns if column in self._at))
            for name, words, columns in said.checks
        ]

    def __iter__(self) -> Iterator[Choice]:
        """Assignments, as long as there is another one to try."""
        for _ in range(MOST_TRIES):
            if not all(self._picked):
                return
            yield tuple(value for (choice,) in self._picked for value in choice)

    def learn(self, problem: str) -> bool:
        """Choose other values than those of which SQLite said this; False when there are none."""
        if problem.startswith(_HOPELESS):
            return False
        places = self._places(problem)
        only = next(iter(places)) if len(places) == 1 else None
        together = self._together(places)
        if only is not None and not problem.startswith("UNIQUE"):
            bad = self._picked[only]
            self._choices[only] = [one for one in self._choices[only] if [one] != bad]
            if len(together) == 1 or together not in self._walks:
                self._picked[only] = self._choices[only][:1]
                return bool(self._choices[only])
        if together not in self._walks:
            self._walks[together] = self._walk(sorted(together))
        return next(self._walks[together], self) is None

    def _walk(self, places: list[int]) -> Iterator[None]:
        """Other values for one of the units, then for two of them, and so on."""
        for size in range(1, _MOST_OTHERS + 1):
            for group in combinations(places, size):
                for picks in product(*(self._choices[place][1:] for place in group)):
                    if any(
                        pick not in self._choices[place] for place, pick in zip(group, picks, strict=True)
                    ):
                        continue
                    for place in places:
                        self._picked[place] = self._choices[place][:1]
                    for place, pick in zip(group, picks, strict=True):
                        self._picked[place] = [pick]
                    yield None

    def _places(self, problem: str) -> frozenset[int]:
        """The units that a message of SQLite's speaks of; all of them where it does not say."""
        everything = frozenset(range(len(self._choices)))
        kind, _, rest = problem.partition(" failed: ")
        if kind == "CHECK constraint":
            words = _words(rest)
            found = next((units for name, said, units in self._checks if rest == name or said == words), None)
            return found or everything
        said = rest or problem.rpartition(" column ")[2]
        names = [fold(one.removeprefix(f"{self._table.name}.")) for one in said.split(", ")]
        return frozenset(self._at[name] for name in names if name in self._at) or everything

    def _together(self, places: frozenset[int]) -> frozenset[int]:
        """Those units, and what CHECKs of several columns tie to them."""
        found = places
        while True:
            more = found.union(*(units for _, _, units in self._checks if units & found))
            if more == found:
                return found
            found = more


def _words(sql: str) -> list[str]:
    return [token.text for token in significant(sql)]
