"""Indexes that nothing in a slice can notice: to make ten thousand of them takes longer than all else."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final

from squasher.layout import renamed
from squasher.sql import NAME, WORD, fold, significant, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from squasher.shard import Place
    from squasher.statements import Ran

_READS: Final = ("select", "replace", "conflict", "returning", "with")
_INSERTS: Final = ("insert into", "insert or ignore into")


def unnoticed(kept: Mapping[Place, Ran], related: Mapping[str, set[str]]) -> set[Place]:
    """The statements that make an index of a table which others only fill; ``related`` are tied by keys.

    Which index is used decides the order in which rows are read, and so the rowids of what is made of them.
    Who inserts values reads nothing but the unique index of a parent's key. What looks in the least like
    more than that makes its tables count as read.
    """
    made: dict[str, list[Place]] = defaultdict(list)
    read: set[str] = set()
    for place, ran in kept.items():
        touched = set(map(fold, ran.touches))
        sql = ran.sql.lower()
        if sql.startswith("create index") and len(touched) == 1:
            if _of_columns(ran.sql):
                made[touched.pop()].append(place)
        elif not (_only_fills(ran, sql, touched, related) or _only_makes(ran.sql, touched)):
            read |= touched.union(renamed(ran.sql) or ())
    return {place for table, places in made.items() if table not in read for place in places}


def _only_fills(ran: Ran, sql: str, touched: set[str], related: Mapping[str, set[str]]) -> bool:
    """Whether a statement inserts values, and fires no trigger: whose name would be among the touched."""
    if len(ran.writes) != 1 or not sql.startswith(_INSERTS) or any(word in sql for word in _READS):
        return False
    table = fold(ran.writes[0])
    return touched - {table} <= related.get(table, set())


def _only_makes(sql: str, touched: set[str]) -> bool:
    """Whether a statement makes a table, an index or a column, and reads no other table for it."""
    beginning = [fold(token.text) for token in islice(words(sql), 4)]
    if len(touched) != 1:
        return False
    match beginning:
        case ["alter", "table", _, "add"] | ["create", "table" | "index", *_] | ["create", "unique", *_]:
            return True
        case _:
            return False


def _of_columns(sql: str) -> bool:
    """Whether an index is one of columns alone: an expression may fail for some values."""
    found = significant(sql)
    start = next((place for place, token in enumerate(found) if token.text == "("), len(found))
    listed = found[start + 1 : -1] if found[-1].text == ")" else found[start + 1 : -2]
    return bool(listed) and all(token.kind in {WORD, NAME} or token.text == "," for token in listed)
