"""Bulk: one row of each INSERT tells what all of them hold in another universe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher import volatile
from squasher.bulk import Bulk, bulk
from squasher.chain import read_chain
from squasher.introspect import introspect
from squasher.profiles import D1, PROFILES
from squasher.replay import replay
from squasher.slices import Slice, relations, ties

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.chain import Chain
    from squasher.model import Snapshot
    from squasher.replay import Replay

OTHERS = volatile.UNIVERSES[1:]
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP"


def rows(table: str = "t", columns: str = "id, a", start: int = 1, tail: str = "") -> str:
    """An INSERT of so many rows that they are packed."""
    values = ",\n".join(f"({number}, 'it''s {number}'{tail})" for number in range(start, start + 1500))
    return f"INSERT INTO {table} ({columns}) VALUES {values};\n"


def chain_of(folder: Path, text: str) -> Chain:
    """A chain of one file."""
    (folder / "0001_step.sql").write_text(text, encoding="utf-8")
    return read_chain(folder)


def looked_at(chain: Chain) -> tuple[Replay, Snapshot, Bulk]:
    """A chain's replay, what it left, and which of its tables literals alone fill."""
    with replay(chain, D1, volatile.UNIVERSES[0]) as first:
        whole = introspect(first.database)
    found = bulk([step.statements for step in first.steps], whole, ties, relations(whole))
    return first, whole, found


TOLD = {
    "default": f"{TABLE}); {rows()}",
    "two statements": f"{TABLE}); {rows()} {rows(start=5000)}",
    "column added": f"{TABLE}); ALTER TABLE t ADD COLUMN b DEFAULT 1.5; {rows()}",
    "column added to rows": f"{TABLE}); {rows()} ALTER TABLE t ADD COLUMN b DEFAULT 'x';",
    "unique with others": f"{TABLE}, UNIQUE (a)); CREATE INDEX i ON t (at, a); {rows()}",
    "index of another column": f"{TABLE}); CREATE INDEX i ON t (lower(a)) WHERE id > 3; {rows()}",
    "parent that nobody needs": f"CREATE TABLE p (id INTEGER PRIMARY KEY);"
    f"{TABLE}, p INTEGER REFERENCES p); {rows()}",
    "parent of literals": f"CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p (id) VALUES (7);"
    f"{TABLE}, p INTEGER REFERENCES p); {rows(columns='id, a, p', tail=', 7')}",
    "numbers of all kinds": f"{TABLE}, b); {rows(columns='id, a, b', tail=', -1.5e3')}"
    f" {rows(columns='id, a, b', start=5000, tail=', (3.0/4.0)')}",
    "a seconds' count": "CREATE TABLE t (id INTEGER PRIMARY KEY, a, at INT DEFAULT (unixepoch())); " + rows(),
    "without rowid": f"{TABLE}) WITHOUT ROWID; {rows()}",
    "implicit rowids": "CREATE TABLE t (id INT, a, at DEFAULT CURRENT_DATE, UNIQUE (id, a)); " + rows(),
}
"""Chains of which one row of each INSERT tells all."""
NOT_TOLD = {
    "check": f"{TABLE}, CHECK (at > a)); {rows().replace('it', '!')}",
    "generated": f"{TABLE}, year AS (substr(at, 1, 4) || a) UNIQUE); {rows()}",
    "partial index": f"{TABLE}); CREATE UNIQUE INDEX i ON t (a) WHERE at > '2090'; {rows()}",
    "dropped index": f"{TABLE}); CREATE UNIQUE INDEX i ON t (a) WHERE at > '2090'; {rows()} DROP INDEX i;",
    "expression": f"{TABLE}); CREATE INDEX i ON t (substr(at, 1, 4) || a); {rows()}",
    "trigger": f"{TABLE}); CREATE TRIGGER g BEFORE INSERT ON t WHEN new.at > '2090' AND new.id = 700"
    f" BEGIN SELECT RAISE(IGNORE); END; {rows()}",
    "dropped trigger": f"{TABLE}); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT new.at; END;"
    f" {rows()} DROP TRIGGER g;",
    "updated": f"{TABLE}); {rows()} UPDATE t SET a = at WHERE id > 40;",
    "read": f"{TABLE}); CREATE TABLE u (x); {rows()} INSERT INTO u SELECT count(*) FROM t;",
    "upsert": f"{TABLE}); {rows().rstrip().rstrip(';')} ON CONFLICT DO NOTHING;",
    "or ignore": f"{TABLE}); {rows().replace('INTO', 'OR IGNORE INTO')}",
    "the clock itself": f"{TABLE}); {rows(columns='id, a, at', tail=', CURRENT_TIMESTAMP')}",
    "a function": f"{TABLE}, b); {rows(columns='id, a, b', tail=', date()')}",
    "named once": f"{TABLE}); {rows()} INSERT INTO t (id, a, at) VALUES (9999, 'x', '2020');",
    "chance": "CREATE TABLE t (id INTEGER PRIMARY KEY, a, at DEFAULT (random() + unixepoch())); " + rows(),
    "renamed": f"{TABLE.replace(' t ', ' old ')}); {rows('old')} ALTER TABLE old RENAME TO t;",
    "tied to what is not told": f"CREATE TABLE p (id INTEGER PRIMARY KEY, at DEFAULT CURRENT_DATE);"
    f" INSERT INTO p (at) SELECT date(); {TABLE}, p REFERENCES p); {rows()}",
    "selected": f"{TABLE}); {rows().replace('VALUES', 'SELECT * FROM (VALUES').rstrip().rstrip(';')});",
    "few rows": f"{TABLE}); INSERT INTO t (id) VALUES (1), (2);",
}
"""Chains of which one row of each does not, or need not."""


@pytest.mark.parametrize("text", TOLD.values(), ids=TOLD.keys())
def test_first_rows_tell_all_of_them(tmp_path: Path, text: str) -> None:
    """What the first rows tell of another universe is what a replay of all rows leaves there."""
    chain = chain_of(tmp_path, text)
    first, whole, found = looked_at(chain)
    assert "t" in found.columns
    assert all(len(sql) < len(text) // 2 for sql in found.first.values())
    part = Slice(D1, [step.statements for step in first.steps], whole, volatile.UNIVERSES[0])
    assert part.sound
    assert part.bulk.columns == found.columns  # it did not have to run all of them
    for universe, told in zip(OTHERS, part.snapshots(OTHERS), strict=True):
        with replay(chain, D1, universe, observe=False) as other:
            assert told == introspect(other.database)


@pytest.mark.parametrize("text", NOT_TOLD.values(), ids=NOT_TOLD.keys())
def test_where_they_might_not_nobody_asks_them(tmp_path: Path, text: str) -> None:
    """A table at which anything else looks is filled as it was."""
    chain = chain_of(tmp_path, text)
    first, whole, found = looked_at(chain)
    assert not found.columns
    assert not found.first
    part = Slice(D1, [step.statements for step in first.steps], whole, volatile.UNIVERSES[0])
    for universe, told in zip(OTHERS, part.snapshots(OTHERS), strict=True):
        if told is not None:
            with replay(chain, D1, universe, observe=False) as other:
                assert told == introspect(other.database)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE p (id INTEGER PRIMARY KEY, a); "
        + rows("p")
        + f"{TABLE}, p INTEGER REFERENCES p); {rows(columns='id, a, p', tail=', 900')}",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, at DEFAULT (rtrim(date(), '0123456789-')"
        " || substr('xxxxx', 1, CAST(strftime('%m') AS INT) % 5))); " + rows(),
    ],
    ids=["a parent beyond the first rows", "another length"],
)
def test_what_first_rows_cannot_tell_runs_whole(tmp_path: Path, text: str) -> None:
    """Where the first rows do not load alone, or a value has another form elsewhere, all rows run."""
    chain = chain_of(tmp_path, text)
    first, whole, found = looked_at(chain)
    assert "t" in found.columns
    part = Slice(D1, [step.statements for step in first.steps], whole, volatile.UNIVERSES[0])
    for universe, told in zip(OTHERS, part.snapshots(OTHERS), strict=True):
        with replay(chain, D1, universe, observe=False) as other:
            assert told in (None, introspect(other.database))


def test_every_profile_has_bulk(tmp_path: Path) -> None:
    """The rules of an engine make no difference to rows of literals."""
    chain = chain_of(tmp_path, TOLD["default"])
    for profile in PROFILES.values():
        with replay(chain, profile, volatile.UNIVERSES[0]) as first:
            whole = introspect(first.database)
        part = Slice(profile, [step.statements for step in first.steps], whole, volatile.UNIVERSES[0])
        assert part.bulk.columns
