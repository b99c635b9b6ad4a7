"""UPDATE and DELETE with LIMIT, in the form that every SQLite takes.

D1's SQLite is built with SQLITE_ENABLE_UPDATE_DELETE_LIMIT, which changes the grammar; apsw's is not.
Such a build compiles ``DELETE FROM t WHERE a ORDER BY b LIMIT n`` as ``DELETE FROM t WHERE rowid IN
(SELECT rowid FROM t WHERE a ORDER BY b LIMIT n)``, with the columns of the primary key for a table
without rowid (sqlite3LimitWhere() in SQLite's delete.c). The same is done here, with the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.errors import SqlError
from squasher.sql import is_word, name_of, outermost, significant, unquote

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.sql import Token

    Key = Callable[[str | None, str], tuple[str, ...]]
    """The names of what identifies a row of a table, given its schema's name and its own."""

_ADDED: Final = -1
_INCOMPLETE: Final = "incomplete input"


class Form(NamedTuple):
    """Another text for a statement, and where its parts stand in the statement itself."""

    text: str
    parts: tuple[tuple[int, int], ...] = ((0, 0),)
    """The bytes at which a part begins here, and there; -1 for one that was added."""

    def original(self, error: SqlError, before: str) -> SqlError:
        """An error of this text as one of the statement, with its place counted from ``before`` it."""
        if error.offset is None:
            return error
        here, there = max(part for part in self.parts if part[0] <= error.offset)
        if there == _ADDED:
            error.offset = None
            if error.message.endswith("syntax error"):
                return SqlError(_INCOMPLETE, said=f"{_INCOMPLETE}: SQLITE_ERROR")
            return error
        error.offset += len(before.encode()) + there - here
        return error


class _Clauses(NamedTuple):
    """Where the clauses of the statement begin, as characters; the end of it for one that is missing."""

    schema: str | None
    table: str
    source: int
    """The table's name, its alias and INDEXED BY: from here …"""
    source_end: int
    indexed: int
    """INDEXED BY, up to the end of the source."""
    where: int
    returning: int
    tail: int
    """ORDER BY or LIMIT."""
    end: int
    joins: bool
    """Whether UPDATE has a FROM."""
    hidden: bool
    """Whether WITH gives the table's name to something else."""


def rewrite(statement: str, key: Key) -> Form | None:
    """The other form of an UPDATE or DELETE with ORDER BY or LIMIT; None for any other statement.

    Raises SqlError for ORDER BY without LIMIT, as D1 does, and where there is no other form.
    """
    words = significant(statement)
    clauses = _clauses(words)
    if clauses is None:
        return None
    if clauses.joins:
        raise _unknown("UPDATE … FROM")
    if clauses.hidden:
        raise _unknown("UPDATE or DELETE, behind a WITH that hides its table,")
    names = key(clauses.schema, clauses.table)
    if not names:
        raise _unknown("UPDATE or DELETE of a table that hides its rowids")
    columns = ", ".join(names)
    where, returning = min(clauses.where, clauses.tail), min(clauses.returning, clauses.tail)
    head = min(where, returning)
    one = columns if len(names) == 1 else f"({columns})"
    pieces = (
        (statement[: min(clauses.indexed, head)], 0),
        (statement[clauses.source_end : head], clauses.source_end),
        (f" WHERE {one} IN (SELECT {columns} FROM ", _ADDED),
        (statement[clauses.source : clauses.source_end], clauses.source),
        (" ", _ADDED),
        (statement[where:returning], where),
        (statement[clauses.tail : clauses.end], clauses.tail),
        (") ", _ADDED),
        (statement[returning : clauses.tail], returning),
    )
    parts: list[tuple[int, int]] = []
    text = ""
    for piece, there in pieces:
        if piece:
            place = there if there == _ADDED else len(statement[:there].encode())
            parts.append((len(text.encode()), place))
            text += piece
    return Form(text, tuple(parts))


def _clauses(words: list[Token]) -> _Clauses | None:
    outer = [place for place, _ in outermost(words)]
    verb = next((at for at in outer if is_word(words[at], "select", "insert", "update", "delete")), -1)
    if verb < 0 or not is_word(words[0], "update", "delete", "with", "explain"):
        return None
    deletes, end = is_word(words[verb], "delete"), words[-1].end
    at = verb + 1
    if is_word(words[verb], "update") and is_word(words[at], "or"):
        at += 2
    if not (deletes or is_word(words[verb], "update")) or len(words) <= (at := at + deletes):
        return None
    source = at
    dotted = len(words) > at + 2 and words[at + 1].text == "."
    table = at + 2 * dotted
    at = table + 1
    if at < len(words) and is_word(words[at], "as"):
        at += 2
    indexed = at
    if at < len(words) and is_word(words[at], "indexed"):
        at += 3
    elif at < len(words) and is_word(words[at], "not"):
        indexed = at = at + 2
    starts = _starts(words, [index for index in outer if index >= at])
    tail = min((starts[name] for name in ("order", "limit") if name in starts), default=None)
    if tail is None:
        return None
    if "limit" not in starts:
        message = f"ORDER BY without LIMIT on {words[verb].text.upper()}"
        raise SqlError(message, said=f"{message}: SQLITE_ERROR")
    return _Clauses(
        schema=unquote(words[source].text) if dotted else None,
        table=unquote(words[table].text),
        source=words[source].start,
        source_end=words[at - 1].end,
        indexed=words[indexed - 1].end,
        where=starts.get("where", end),
        returning=starts.get("returning", end),
        tail=tail,
        end=end,
        joins=not deletes and "from" in starts and starts["from"] < min(tail, starts.get("where", end)),
        hidden=not dotted
        and name_of(words[table]) in {name_of(words[index]) for index in outer if index < verb},
    )


def _starts(words: list[Token], outer: list[int]) -> dict[str, int]:
    """The first character of each clause behind the table. All these words are reserved."""
    starts: dict[str, int] = {}
    for at in outer:
        if not is_word(words[at], "from", "where", "returning", "order", "limit"):
            continue
        if not is_word(words[at - 1], "distinct"):  # IS DISTINCT FROM
            starts.setdefault(words[at].text.lower(), words[at].start)
    return starts


def _unknown(what: str) -> SqlError:
    return SqlError(
        f"squasher cannot run {what} with LIMIT",
        hint="Choose the rows with WHERE … IN (SELECT … LIMIT …) instead: it means the same.",
    )


def on_view() -> SqlError:
    """The error for a view: its rows have nothing that identifies them."""
    return _unknown("UPDATE or DELETE on a view")
