"""A fresh install by the real wrangler and a database that went through every migration are the same.

Asked twice: of squasher's own comparison, and of the sqlite3 module with nothing of squasher's.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import pytest

import squasher
from squasher.chain import read_chain
from squasher.observe import observe
from squasher.profiles import D1
from tests.test_cases import tokens
from tests.wrangler import installs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.wrangler.installs import Installs

pytestmark = pytest.mark.wrangler

WAYS: Final = pytest.mark.parametrize("way", ["executed", "migrated"])
TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
RANDOM_ID: Final = re.compile("[0-9a-f]{32}")
VOLATILE: Final = {
    # 0025 leaves all three to their defaults: lower(hex(randomblob(16))) and CURRENT_TIMESTAMP
    ("audit_retention_policy", "id"): RANDOM_ID,
    ("audit_retention_policy", "created_at"): TIME,
    ("audit_retention_policy", "updated_at"): TIME,
    # 0009 and 0010 leave them to their default, datetime('now')
    ("connector_configs", "created_at"): TIME,
    ("connector_configs", "updated_at"): TIME,
    # 0034 writes datetime('now', '-1 hour'), and leaves the other one to its default
    ("global_events_watermark", "last_event_at"): TIME,
    ("global_events_watermark", "updated_at"): TIME,
    ("d1_migrations", "applied_at"): TIME,
}
"""Cells that are other ones in every installation, by what the migrations say, and their form."""
QUESTIONS: Final = {
    "help_search": ("password", "run", "etiquettes", '"forgot"', "title: labels", "reset* NOT delta", "csv"),
    "notes_search": ("alpha", "al*", "gamma", "soup OR beta", "title: fifth", "gone", "deleted"),
}
VISIBLE: Final = "name NOT LIKE '\\_cf\\_%' ESCAPE '\\'"


@pytest.fixture
def connections(installed: Installs, way: str) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    """The database that ran the chain, and the one that was installed afresh."""
    with closing(connect(installed.chain)) as chain, closing(connect(getattr(installed, way))) as fresh:
        yield chain, fresh


def connect(path: Path) -> sqlite3.Connection:
    """Open wrangler's own file, which keeps what it holds; text comes as bytes, whatever is in it."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = bytes
    return connection


def names(connection: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    """Rows of text, as text."""
    rows = connection.execute(query).fetchall()
    return [tuple(cell.decode() if isinstance(cell, bytes) else cell for cell in row) for row in rows]


def test_wrangler_has_nothing_left_to_apply(installed: Installs) -> None:
    """After a fresh install `migrations list` is empty, and the next migration alone is applied."""
    for place in ("executed", "migrated"):
        listed = installed.said[f"{place}: d1 migrations list {installs.NAME} --local"].out
        assert installs.CLEAN in listed
        applied = installed.said[f"{place}: d1 migrations apply {installs.NAME} --local"].out
        assert set(re.findall(r"\d{4}_\w+\.sql", applied)) == {installs.NEXT}
        assert "About to apply 1 migration(s)" in applied


@WAYS
def test_the_ledger(connections: tuple[sqlite3.Connection, sqlite3.Connection], way: str) -> None:
    """Every migration is recorded once, in order; the fresh file too where it was applied as one."""
    query = "SELECT id, name FROM d1_migrations ORDER BY id"
    chain, fresh = ([name for _, name in names(connection, query)] for connection in connections)
    assert len(chain) == 38
    assert chain == sorted(chain)
    if way == "migrated":
        fresh.remove("0001_complete_schema.sql")
    assert fresh == chain


@WAYS
def test_every_stored_text(connections: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
    """Both have the same objects, token by token: an old wrangler strips comments before it sends a file."""
    query = f"SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE {VISIBLE}"
    chain, fresh = (
        {(kind, name, table, tokens(sql)) for kind, name, table, sql in names(connection, query)}
        for connection in connections
    )
    assert fresh == chain
    kinds = [kind for kind, *_ in chain]
    assert [kinds.count(kind) for kind in ("view", "trigger")] == [2, 11]
    assert sum(text[:2] == ("create", "virtual") for _, _, _, text in chain) == 2
    assert sum("where" in text for kind, _, _, text in chain if kind == "index") > 0


@WAYS
def test_every_cell(connections: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
    """Both have the same rows under the same rowids, cell by cell with storage classes.

    A volatile cell, of which VOLATILE says why, has the same form in both instead.
    """
    compared = 0
    for table, columns, rowid in tables(connections[0]):
        both = [cells(connection, table, columns, rowid=rowid) for connection in connections]
        chain, fresh = both
        assert [len(rows) for rows in both] == [len(chain)] * 2, table
        for one, other in zip(chain, fresh, strict=True):
            for column, cell, found in zip(["rowid", *columns], one, other, strict=True):
                form = VOLATILE.get((table, column))
                if form is None:
                    assert found == cell, (table, column)
                else:
                    assert all(
                        kind == b"text" and form.fullmatch(text.decode()) for kind, text in (cell, found)
                    )
                compared += 1
    assert compared > 300


def tables(connection: sqlite3.Connection) -> Iterator[tuple[str, list[str], bool]]:
    """The ordinary tables but the ledger, their columns, and whether rowids order them."""
    query = f"SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND {VISIBLE}"
    for name, kind, without_rowid in names(connection, query):
        if kind == "table" and name not in {"d1_migrations", "sqlite_schema", "sqlite_sequence"}:
            columns = names(connection, f"SELECT name FROM pragma_table_xinfo('{name}')")
            yield name, [column for (column,) in columns], not without_rowid


def cells(
    connection: sqlite3.Connection, table: str, columns: list[str], *, rowid: bool
) -> list[tuple[tuple[bytes, Any], ...]]:
    """The rows of a table in the order of their keys, each cell with its storage class."""
    quoted = ['"' + column.replace('"', '""') + '"' for column in columns]
    wanted = ["rowid" if rowid else "0", *quoted]
    asked = ", ".join(f"typeof({one}), {one}" for one in wanted)
    order = "rowid" if rowid else "1"
    keys = order if rowid else ", ".join(quoted)
    found = connection.execute(f'SELECT {asked} FROM "{table}" ORDER BY {keys}').fetchall()
    return [tuple(zip(row[::2], row[1::2], strict=True)) for row in found]


@WAYS
def test_the_next_keys(connections: tuple[sqlite3.Connection, sqlite3.Connection], way: str) -> None:
    """Every AUTOINCREMENT counter stands where it stood; the ledger's counts the rows that it has."""
    # a counter at 0 gives the same next key as none
    query = "SELECT name, seq FROM sqlite_sequence WHERE seq <> 0"
    chain, fresh = (dict(names(connection, query)) for connection in connections)
    assert (chain["counters"], chain["notes"]) == (5000000001, 5)
    fresh["d1_migrations"] -= way == "migrated"
    assert fresh == chain


@WAYS
def test_full_text_answers(connections: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
    """Both answer every question with the same rows, ranks and passages, and hold the same terms."""
    for index, questions in QUESTIONS.items():
        passage = f"snippet({index}, -1, '<', '>', '…', 4)"
        asked = f"SELECT rowid, rank, {passage} FROM {index}(?) ORDER BY rank, rowid"
        answers = []
        for connection in connections:
            found = [connection.execute(asked, (question,)).fetchall() for question in questions]
            connection.execute(
                f"CREATE VIRTUAL TABLE temp.of_{index} USING fts5vocab(main, {index}, instance)"
            )
            terms = connection.execute(f'SELECT term, doc, col, "offset" FROM of_{index} ORDER BY 1, 2, 3, 4')
            answers.append((found, terms.fetchall()))
        assert answers[0] == answers[1]
        assert sum(map(bool, answers[0][0])) >= 5, "most questions have an answer"


@WAYS
def test_squasher_finds_no_difference(installed: Installs, way: str, tmp_path: Path) -> None:
    """Every layer of squasher's proof holds between the two files, once their volatile cells are alike."""
    for name, path in (("chain", installed.chain), ("fresh", getattr(installed, way))):
        with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(tmp_path / name)) as copy:
            file.backup(copy)
            for table, column in VOLATILE:
                value = "table_name" if (table, column) == ("audit_retention_policy", "id") else "'a moment'"
                copy.execute(f"UPDATE {table} SET {column} = {value}")
            copy.commit()
    compared = squasher.diff(str(tmp_path / "chain"), str(tmp_path / "fresh"))
    assert (compared.proof.status, compared.findings, compared.proof.reasons) == ("equal", (), ())


def test_what_is_volatile_is_what_squasher_found(project: Path) -> None:
    """The cells that are not compared are those that differ between squasher's universes, and no other."""
    installs.add_next(project)
    found = observe(read_chain(project / "migrations"), D1).side.volatile_columns
    assert {(table, column) for table, columns in found.items() for column in columns} == {
        cell for cell in VOLATILE if cell[0] != "d1_migrations"
    }


@WAYS
def test_a_lost_index_is_seen(installed: Installs, way: str, tmp_path: Path) -> None:
    """The comparison compares: without one index, one row or one trigger the files differ."""
    for lost in (
        "DROP INDEX tickets_open",
        "DELETE FROM samples WHERE name = 'nul'",
        "DROP TRIGGER tickets_state",
    ):
        path = tmp_path / "copy"
        path.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(getattr(installed, way))) as file,
            closing(sqlite3.connect(path)) as copy,
        ):
            file.backup(copy)
            copy.execute(lost)
            copy.commit()
        assert len(squasher.diff(str(getattr(installed, way)), str(path)).findings) == 1
