"""The ledger transition: SQL by which a database that ran the absorbed migrations learns of the baseline.

It knows three states: a new database, one that has the baseline, and one that recorded exactly the
absorbed migrations. It stamps the third and leaves the others; any other state it refuses, saying how it
differs. D1 has neither variables nor procedures, and RAISE() is for triggers: what a statement can fail
with, in words of its own making, is a bad path of json_extract(). One INSERT that fails writes nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import d1
from squasher.sql import literal, printable, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LIST_BYTES: Final = 80_000
"""The names of one statement: D1 allows 100,000 bytes for the whole of it."""
_SHOWN: Final = 300


class Transition(NamedTuple):
    """What the SQL is about."""

    baseline: str
    """The baseline's name, as a ledger records it."""
    path: str
    """The file of the SQL, as the user would write it."""
    ledger: str
    absorbed: tuple[str, ...]
    """What every database records that stands where the baseline does."""
    others: tuple[str, ...]
    """What it may record beside that: later migrations, and names that were allowed."""


class _Part(NamedTuple):
    """The names from one to before another, in SQLite's order: what one statement can hold."""

    absorbed: list[str]
    others: list[str]
    lower: str | None
    upper: str | None


def guard(of: Transition) -> str:
    """The statements with which a baseline begins: a database that ran the absorbed migrations refuses it.

    Without them it would fail at a table that is there already, but not where later migrations renamed
    or dropped all that it makes.
    """
    ledger, first = quote(of.ledger), of.absorbed[0]
    refusal = f"{literal('squasher refuses: this database has run ')} || name || " + literal(
        f", so it has what {of.baseline} makes. Run {of.path} on it first."
    )
    return (
        f"-- only for a new database: {comment(of.path)} is for one that ran the absorbed migrations\n"
        f"{d1.ledger_table(of.ledger)};\n"
        f"SELECT json_extract('{{}}', {refusal})\nFROM main.{ledger}\nWHERE name = {literal(first)};"
    )


def text(of: Transition) -> str:
    """The whole file."""
    parts = list(_parts(of))
    blocks = [
        _head(of),
        f"{d1.ledger_table(of.ledger)};",
        *(_statement(of, part, last=part is parts[-1]) for part in parts),
        _result(of),
    ]
    return "\n\n".join(blocks) + "\n"


def comment(name: str) -> str:
    """A name in a comment that splitters read: no semicolon, no words of a transaction."""
    return printable(name).replace(";", ",").replace("BEGIN TRANSACTION", "begin transaction")


def _head(of: Transition) -> str:
    baseline, count = comment(of.baseline), len(of.absorbed)
    return (
        f"-- The ledger transition to {baseline}, for every database that exists.\n"
        "-- Run it before the database sees the new chain:\n"
        f"--     npx wrangler d1 execute DB --remote --file {comment(of.path)}\n"
        "-- A new database, and one that records the baseline already, stay as they are. One that recorded\n"
        f"-- exactly the {f'{count:,} absorbed migrations' if count > 1 else 'absorbed migration'}"
        " gets the baseline's name in its ledger. Any other is refused\n"
        "-- with the difference, and nothing is written. Nothing is ever dropped. To run it again is safe.\n"
        "-- For one that has not run all of them: `squasher archive --undo`, let wrangler apply what is\n"
        "-- pending there, archive again as before, which makes the same baseline, and run this file."
    )


def _parts(of: Transition) -> Iterator[_Part]:
    """The names in as many parts as statements are needed; together they cover all names there can be."""
    absorbed = set(of.absorbed)
    names = sorted(absorbed | {of.baseline, *of.others})
    cuts: list[list[str]] = [[]]
    size = 0
    for name in names:
        length = len(_json(name).encode()) + len(",\n    ")
        if size + length > _LIST_BYTES and cuts[-1]:
            cuts.append([])
            size = 0
        cuts[-1].append(name)
        size += length
    for number, cut in enumerate(cuts):
        yield _Part(
            [name for name in cut if name in absorbed],
            [name for name in cut if name not in absorbed],
            cut[0] if number else None,
            cuts[number + 1][0] if number + 1 < len(cuts) else None,
        )


def _statement(of: Transition, part: _Part, *, last: bool) -> str:
    """Refuse what is wrong with the names of a part; the last statement stamps what none refused."""
    ledger = f"main.{quote(of.ledger)}"
    head = f"INSERT INTO {ledger} (name)\nSELECT {literal(of.baseline)}" if last else "SELECT refusal"
    return f"""\
WITH absorbed(name) AS (SELECT value FROM json_each({_names(part.absorbed)})),
others(name) AS (SELECT value FROM json_each({_names(part.others)})),
missing(name) AS (
    SELECT name FROM absorbed
    WHERE name NOT IN (SELECT name FROM {ledger} WHERE name IS NOT NULL)
    ORDER BY name
),
unknown(name) AS (
    SELECT coalesce(name, '(a row without a name)') FROM {ledger}
    WHERE {" AND ".join(_bounds(part))}
    ORDER BY name
),
tables(name) AS (
    SELECT name FROM main.sqlite_schema
    WHERE type IN ('table', 'view') AND lower(name) <> lower({literal(of.ledger)})
        AND substr(lower(name), 1, 4) <> '_cf_' AND substr(lower(name), 1, 7) <> 'sqlite_'
    ORDER BY name
),
state(new, squashed) AS (
    SELECT NOT EXISTS (SELECT 1 FROM {ledger}),
        EXISTS (SELECT 1 FROM {ledger} WHERE name = {literal(of.baseline)})
),
difference(says, names) AS (
    SELECT {literal(f"{of.ledger} records no migration, but there are tables (")} || count(*) || '): ',
        group_concat(name, ', ')
    FROM tables WHERE (SELECT new FROM state) HAVING count(*) > 0
    UNION ALL
    SELECT 'absorbed, but not recorded (' || count(*) || '): ', group_concat(name, ', ')
    FROM missing WHERE NOT (SELECT new FROM state) HAVING count(*) > 0
    UNION ALL
    SELECT 'recorded, but neither absorbed nor known (' || count(*) || '): ', group_concat(name, ', ')
    FROM unknown WHERE NOT (SELECT new OR squashed FROM state) HAVING count(*) > 0
),
found(refusal, old) AS (
    SELECT 'squasher refuses this database: ' || (
            SELECT group_concat(
                says || iif(length(names) > {_SHOWN}, substr(names, 1, {_SHOWN}) || ' …', names), '. And '
            ) FROM difference
        ),
        NOT new AND NOT squashed
    FROM state
)
{head}
FROM found
WHERE iif(refusal IS NULL, {"old" if last else "0"}, json_extract('{{}}', refusal));"""


def _bounds(part: _Part) -> Iterator[str]:
    """The names of a part's range that it does not list; one that is NULL counts to the first."""
    strange = "name NOT IN (SELECT name FROM absorbed) AND name NOT IN (SELECT name FROM others)"
    if part.lower is not None:
        yield f"name >= {literal(part.lower)}"
    if part.upper is not None:
        before = f"name < {literal(part.upper)}"
        yield before if part.lower is not None else f"(name IS NULL OR {before})"
    yield strange if part.lower is not None else f"(name IS NULL OR ({strange}))"


def _names(names: Sequence[str]) -> str:
    """Names as a JSON array in an SQL literal, a name on a line."""
    return "'[" + ",".join(f"\n    {_json(name).replace(chr(39), chr(39) * 2)}" for name in names) + "\n]'"


def _json(name: str) -> str:
    """A JSON string that no splitter, editor or terminal changes or is misled by."""
    written = json.dumps(name, ensure_ascii=False).replace("BEGIN TRANSACTION", "BEGIN\\u0020TRANSACTION")
    return "".join(_characters(written))


def _characters(written: str) -> Iterable[str]:
    return (char if char.isprintable() else json.dumps(char)[1:-1] for char in written)


def _result(of: Transition) -> str:
    ledger, baseline = f"main.{quote(of.ledger)}", literal(of.baseline)
    stamped = literal(f"stamped: {of.ledger} now records {of.baseline}")
    known = literal(f"nothing to do: {of.ledger} records {of.baseline} already")
    new = literal(f"nothing to do: this is a new database, which {of.baseline} will build")
    kept = literal(f"squasher could not stamp this database: something keeps {of.baseline} from {of.ledger}")
    return (
        f"SELECT iif(changes() > 0, {stamped}, iif(EXISTS (SELECT 1 FROM {ledger} WHERE name = {baseline}),\n"
        f"    {known},\n    iif(EXISTS (SELECT 1 FROM {ledger}), json_extract('{{}}', {kept}),\n"
        f"    {new}))) AS result;"
    )
