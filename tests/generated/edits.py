"""Edits of a fresh file that surely change what it means: SQLite says whether they did."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import apsw

from squasher import sql
from tests.generated import oracle
from tests.generated.oracle import quoted
from tests.generated.scratch import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.profiles import Profile


class Edit(NamedTuple):
    """What is done to a file: the text between two places is replaced."""

    kind: str
    text: str
    start: int = -1
    """Where the old text begins; -1 is the end of the file."""
    end: int = -1

    def apply(self, text: str) -> str:
        """The file after the edit."""
        if self.start < 0:
            return f"{text}\n{self.text}\n"
        return text[: self.start] + self.text + text[self.end :]


def appended(db: apsw.Connection, *, firm: bool) -> Iterator[Edit]:
    """Statements to append to the file that ``db`` was made of. With ``firm`` no row is volatile."""
    for kind, name, table, text in ask(
        db,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name <> ? ORDER BY rowid",
        (oracle.LEDGER,),
    ):
        yield Edit(f"drop {kind}", f"DROP {kind.upper()} {quoted(name)};")
        if kind == "trigger":
            yield Edit("trigger made again", f"DROP TRIGGER {quoted(name)};\n{text};")
            yield Edit(
                "trigger on the same event",
                f"CREATE TRIGGER another DELETE ON {quoted(table)} BEGIN SELECT 1; END;",
            )
        if kind == "index":
            yield Edit("index made again, unique", f"DROP INDEX {quoted(name)};\n{_unique(text)};")
    for name, columns, rowid in _tables(db):
        yield from _schema_edits(name, columns)
        if firm:
            yield from _row_edits(db, name, columns, rowid=rowid)
    yield Edit("new table", "CREATE TABLE one_more (x);")
    yield Edit("new view", "CREATE VIEW one_more AS SELECT 1;")
    yield from _sequence_edits(db)
    if ask(db, "SELECT 1 FROM sqlite_schema WHERE name = ?", (oracle.LEDGER,)):
        yield Edit("ledger row deleted", f"DELETE FROM {oracle.LEDGER} WHERE id = 1;")
    else:
        yield Edit("setting", "PRAGMA user_version = 100;\nPRAGMA application_id = 100;")


def _unique(text: str) -> str:
    words = sql.significant(text)
    head = "CREATE INDEX" if sql.is_word(words[1], "unique") else "CREATE UNIQUE INDEX"
    start = words[3 if sql.is_word(words[1], "unique") else 2].start
    return f"{head} {text[start:]}"


def _tables(db: apsw.Connection) -> Iterator[tuple[str, list[str], bool]]:
    for name, without_rowid in ask(
        db,
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> ? ORDER BY name",
        (oracle.LEDGER,),
    ):
        facts = ask(db, "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (name,))
        yield name, [column for (column,) in facts], not without_rowid


def _schema_edits(name: str, columns: list[str]) -> Iterator[Edit]:
    table = quoted(name)
    yield Edit("new column", f"ALTER TABLE {table} ADD COLUMN one_more INT;")
    yield Edit("table renamed", f"ALTER TABLE {table} RENAME TO one_more;")
    yield Edit("new trigger", f"CREATE TRIGGER one_more INSERT ON {table} BEGIN SELECT 1; END;")
    for column in columns:
        yield Edit("drop column", f"ALTER TABLE {table} DROP COLUMN {quoted(column)};")
        yield Edit("column renamed", f"ALTER TABLE {table} RENAME COLUMN {quoted(column)} TO one_more;")
        yield Edit("new index", f"CREATE INDEX one_more ON {table} ({quoted(column)});")


# each gives another value than it gets, or SQLite shows that it did not
CELLS: Final = (
    "'changed'",
    "NULL",
    "x'00'",
    "{0} + 1",
    "CAST({0} AS TEXT)",
    "CAST({0} AS BLOB)",
    "CAST({0} AS REAL)",
    "{0} || char(0)",
    "{0} || ' '",
    "upper({0})",
    "-{0}",
    "{0} * 1.0000000000000002",
)


def _row_edits(db: apsw.Connection, name: str, columns: list[str], *, rowid: bool) -> Iterator[Edit]:
    table = quoted(name)
    if not columns or not ask(db, f"SELECT 1 FROM {table}"):
        return
    key = "rowid" if rowid else quoted(columns[0])
    one = f"{key} = (SELECT max({key}) FROM {table})"
    yield Edit("row deleted", f"DELETE FROM {table} WHERE {one};")
    yield Edit("all rows deleted", f"DELETE FROM {table};")
    listed = ", ".join(map(quoted, columns))
    yield Edit("row written twice", f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {table} LIMIT 1;")
    for place, column in enumerate(columns):
        new = CELLS[(place + len(name)) % len(CELLS)].format(quoted(column))
        for value in dict.fromkeys((new, CELLS[(3 * place) % len(CELLS)].format(quoted(column)))):
            yield Edit("cell changed", f"UPDATE {table} SET {quoted(column)} = {value} WHERE {one};")


def _sequence_edits(db: apsw.Connection) -> Iterator[Edit]:
    if ask(db, "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"):
        for (name,) in ask(
            db, "SELECT name FROM sqlite_sequence WHERE name <> ? ORDER BY name", (oracle.LEDGER,)
        ):
            where = f"WHERE name = {sql.literal(name)}"
            yield Edit("counter bumped", f"UPDATE sqlite_sequence SET seq = seq + 1 {where};")
            yield Edit("counter forgotten", f"DELETE FROM sqlite_sequence {where};")


def literals(text: str) -> Iterator[Edit]:
    """The file with one literal of a CREATE statement changed."""
    words = [token for token in sql.tokens(text) if token.kind not in sql.TRIVIA]
    creating = False
    for before, token in pairwise(words):
        if before.text == ";":
            creating = False
        if sql.is_word(token, "create") or sql.is_word(before, "create"):
            creating = True
        if not creating or sql.is_word(before, "not", "exists"):
            continue
        new = {sql.STRING: _other_text, sql.NUMBER: _other_number, sql.BLOB: _other_blob}.get(token.kind)
        if new is not None:
            yield Edit(f"{token.kind} changed", new(token.text), token.start, token.end)


def _other_text(text: str) -> str:
    return text[:-1] + "~'"


def _other_number(text: str) -> str:
    return "8" if text == "7" else "7"


def _other_blob(_: str) -> str:
    return "x'abcdef'"


def meaningful(profile: Profile, text: str, edits: Sequence[Edit], start: int, *, firm: bool) -> Edit | None:
    """The first edit from ``start`` on that SQLite accepts and after which something differs.

    Without ``firm``, rows differ between any two installations, and do not count.
    """
    before = _observed(profile, text, firm=firm)
    for edit in (*edits[start:], *edits[:start]):
        try:
            after = _observed(profile, edit.apply(text), firm=firm)
        except apsw.Error:
            continue
        if after != before:
            return edit
    return None


_FIRM: Final = frozenset({"schema", "orders", "settings", "ledger"})


def _observed(profile: Profile, text: str, *, firm: bool) -> dict[str, object]:
    db = oracle.install(profile, [text])
    try:
        found = oracle.observable(profile, db)
        return found if firm else {what: value for what, value in found.items() if what in _FIRM}
    finally:
        db.close()


def edits_of(profile: Profile, text: str, *, firm: bool) -> list[Edit]:
    """Every edit there is for a file. With ``firm`` none of its values is volatile."""
    db = oracle.install(profile, [text])
    try:
        return [*appended(db, firm=firm), *literals(text)]
    finally:
        db.close()
