"""What one index does for another: whether it finds all that the other finds."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from squasher import layout
from squasher.sql import canonical, fold, is_word, outermost, printable, significant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.model import Index

    _Column = tuple[str, bool, str]


def columns(index: Index) -> tuple[_Column, ...] | None:
    """Name, direction and collation of each column, folded; None where one is an expression."""
    found = [
        (fold(part.name), part.descending, fold(part.collation))
        for part in index.columns
        if part.name is not None
    ]
    return tuple(found) if len(found) == len(index.columns) else None


def condition(index: Index) -> tuple[str, ...]:
    """The tokens of its WHERE; () where it holds all rows."""
    if not index.partial or index.sql is None:
        return ()
    return _where(index.sql)


@lru_cache(maxsize=1 << 12)
def _where(sql: str) -> tuple[str, ...]:
    for _, token in outermost(significant(sql)):
        if is_word(token, "where"):
            return canonical(sql[token.start :])
    return ()


def replaces(other: Index, index: Index) -> bool:
    """Whether ``other`` does all that ``index`` does: the same columns and rows, and UNIQUE if that is."""
    if index.unique and not other.unique:
        return False
    one, two = columns(index), columns(other)
    if one is None or two is None:
        both = index.sql is not None and other.sql is not None
        return both and _target(str(index.sql)) == _target(str(other.sql))
    return one == two and condition(index) == condition(other)


def repeated(every: Sequence[Index], index: Index) -> Iterator[Index]:
    """Those of a table's indexes that make ``index`` needless; of two equal ones, the first."""
    for other in every:
        later = every.index(other) > every.index(index)
        if other is not index and replaces(other, index) and not (replaces(index, other) and later):
            yield other


def contains(other: Index, index: Index) -> bool:
    """Whether the columns of ``index`` are the first of more columns of ``other``, over the same rows."""
    one, two = columns(index), columns(other)
    if one is None or two is None or len(one) >= len(two):
        return False
    return one == two[: len(one)] and condition(index) == condition(other)


@lru_cache(maxsize=1 << 12)
def _target(sql: str) -> tuple[str, ...]:
    """The tokens of an index behind its name: each is compared with all others of its table."""
    return canonical(layout.index_target(sql))


def described(index: Index) -> str:
    """``index idx_users_email``, ``the PRIMARY KEY``, ``UNIQUE (email)``."""
    if index.sql is not None:
        return f"index {printable(index.name)}"
    if index.origin == "pk":
        return "the PRIMARY KEY"
    return f"UNIQUE ({', '.join(printable(part.name or '…') for part in index.columns)})"
