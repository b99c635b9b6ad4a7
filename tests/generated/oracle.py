"""Two installations side by side, made with bare SQLite connections and compared by SQLite's own answers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from squasher import sql
from tests.generated.names import lower
from tests.generated.scratch import ask, connect, settle

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

    from squasher.profiles import Profile

LEDGER: Final = "d1_migrations"
_ROWIDS: Final = ("rowid", "_rowid_", "oid")


def install(profile: Profile, files: Iterable[str]) -> apsw.Connection:
    """Run files, each in a transaction, as an installation does."""
    db = connect(profile)
    for script in files:
        for _ in db.execute(f"BEGIN;\n{script}\n;COMMIT"):
            pass
        settle(db, profile)
    return db


def quoted(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def schema(db: apsw.Connection) -> dict[tuple[str, str], object]:
    """The table and the tokens of every object."""
    shadows = {name for (name,) in ask(db, "SELECT name FROM pragma_table_list WHERE type = 'shadow'")}
    return {
        (kind, name): (lower(table), sql.canonical(text))
        for kind, name, table, text in ask(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema")
        if text is not None
        and not name.startswith("sqlite_")
        and table != LEDGER
        and not {name, table} & shadows
    }


def orders(db: apsw.Connection) -> dict[tuple[str, ...], list[str]]:
    """The triggers of each table, time and event, and the unique indexes of each table, as they were made."""
    found: dict[tuple[str, ...], list[str]] = {}
    for kind, name, table, text in ask(
        db, "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
    ):
        words = [lower(token.text) for token in sql.significant(text)]
        if kind == "trigger":
            place = next(
                i for i, word in enumerate(words) if i > 2 and word in {"insert", "update", "delete"}
            )
            time = next((word for word in words[3:place] if word in {"after", "instead"}), "before")
            found.setdefault((lower(table), time, words[place]), []).append(name)
        elif kind == "index" and words[1] == "unique":
            found.setdefault((lower(table), "unique"), []).append(name)
    return found


def settings(db: apsw.Connection) -> tuple[object, ...]:
    """What the header of the database file holds."""
    return tuple(ask(db, f"PRAGMA {name}") for name in ("user_version", "application_id"))


def contents(db: apsw.Connection, *, shadows: bool, rowids: bool = True) -> dict[str, object]:
    """Every row of every table, typed and to the last byte, with its rowid."""
    found: dict[str, object] = {}
    for name, kind, without_rowid in ask(
        db, "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND type <> 'view'"
    ):
        if name in {LEDGER, "sqlite_schema", "sqlite_sequence"} or (kind == "shadow" and not shadows):
            continue
        if kind == "virtual" and not shadows:
            found |= _virtual(db, name)
        elif kind != "virtual":
            found[name] = _rows(db, name, rowid=rowids and not without_rowid)
    found["next keys"] = _next_keys(db)
    return found


def _rows(db: apsw.Connection, table: str, *, rowid: bool) -> list[tuple[object, ...]]:
    columns = [
        name
        for name, hidden in ask(db, "SELECT name, hidden FROM pragma_table_xinfo(?)", (table,))
        if hidden != 1
    ]
    taken = {lower(column) for column in columns}
    free = next((name for name in _ROWIDS if name not in taken), None) if rowid else None
    cells = [_cell(quoted(column)) for column in columns]
    order = free or ", ".join(str(number) for number in range(1, 3 * len(columns) + 1))
    listed = ", ".join([*([free] if free else []), *cells])
    return ask(db, f"SELECT {listed} FROM {quoted(table)} ORDER BY {order}")


def _cell(column: str) -> str:
    """A value's storage class, its bytes, and for a real all its digits and its sign."""
    real = f"CASE typeof({column}) WHEN 'real' THEN printf('%!.20g', {column}) END"
    return f"typeof({column}), hex({column}), {real}"


def _virtual(db: apsw.Connection, table: str) -> dict[str, object]:
    """What an index answers, where its pages may be others."""
    ((text,),) = ask(db, "SELECT sql FROM sqlite_schema WHERE name = ?", (table,))
    found: dict[str, object] = {}
    if "content=" not in text:
        found[table] = _rows(db, table, rowid=True)
    if "fts5" in lower(text):
        ask(db, f"CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, {quoted(table)}, instance)")
        found[f"words of {table}"] = ask(
            db, "SELECT hex(term), doc, col, offset FROM temp.words ORDER BY 1, 2, 3, 4"
        )
        ask(db, "DROP TABLE temp.words")
    return found


def _next_keys(db: apsw.Connection) -> dict[str, int]:
    """The key below the next one of each AUTOINCREMENT table."""
    found: dict[str, int] = {}
    if not ask(db, "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"):
        return found
    for name, text in ask(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"):
        if name != LEDGER and text and any(sql.is_word(t, "autoincrement") for t in sql.significant(text)):
            ((used,),) = ask(db, "SELECT max(seq) FROM sqlite_sequence WHERE name = ?", (name,))
            ((held,),) = ask(db, f"SELECT max(rowid) FROM {quoted(name)}")
            found[name] = max(used or 0, held or 0, 0)
    return found


def everything(profile: Profile, db: apsw.Connection) -> dict[str, object]:
    """All that a fresh file has to carry."""
    return {
        **contents(db, shadows=not profile.defensive),
        "schema": schema(db),
        "orders": orders(db),
        "settings": settings(db) if profile.settings else None,
    }


def observable(profile: Profile, db: apsw.Connection) -> dict[str, object]:
    """What a difference must show in to be one: the order of rows, and the pages of an index, are free."""
    rows = {
        name: Counter(found) if isinstance(found, list) else found
        for name, found in contents(db, shadows=False, rowids=False).items()
    }
    recorded = ask(db, f"SELECT name FROM {LEDGER}") if profile.ledger is not None else []
    return {
        **rows,
        "schema": schema(db),
        "orders": orders(db),
        "settings": settings(db) if profile.settings else None,
        "ledger": Counter(recorded),
    }
