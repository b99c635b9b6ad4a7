"""How a table that is there differs from the one that somebody asked for, on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.changes import Added, Check, Clause, Modified, Option, Order, PrimaryKey, Removed
from squasher.model import Column, ForeignKey, Index
from squasher.sql import fold, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from squasher.changes import Change

_FEW: Final = 3
_SHOWN: Final = 2
_KINDS: Final = (
    (Check, "CHECKs"),
    (ForeignKey, "foreign keys"),
    (PrimaryKey, "another primary key"),
    (Index, "UNIQUE constraints"),
    (Order, "another order of its columns"),
    (Option, "options"),
    (Clause, "clauses"),
)


def differences(changes: Sequence[Change]) -> str:
    """What there is instead of what was asked for: ``lacks a and b; has c besides``.

    '' where all that was asked for is there, and nothing in the way of it: what is there besides are
    columns that an INSERT can leave out, with constraints of their own.
    """
    lacking = [one.old.name for one in changes if isinstance(one, Removed) and isinstance(one.old, Column)]
    extra = [one.new for one in changes if isinstance(one, Added) and isinstance(one.new, Column)]
    other = [one for one in changes if _is_other(one, {fold(name) for name in lacking}, extra)]
    if not lacking and not other and all(map(_can_be_left_out, extra)):
        return ""
    lacks = f"lacks {listed(lacking)}" if lacking else ""
    besides = f"has {listed(column.name for column in extra)} besides" if extra else ""
    # beside columns that one of them does not have, their constraints are no news
    parts = (lacks, besides) if lacking or extra else (_columns(other), _constraints(other))
    return "; ".join(filter(None, parts))


def listed(names: Iterable[str]) -> str:
    """``a``, ``a, b and c``, or ``a, b and 5 more``."""
    shown = list(map(printable, names))
    if len(shown) > _FEW:
        shown = [*shown[:_SHOWN], f"{len(shown) - _SHOWN} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _can_be_left_out(column: Column) -> bool:
    free = not column.not_null or column.default is not None or column.generated
    return free and not column.primary_key


def _is_other(change: Change, lacking: set[str], extra: list[Column]) -> bool:
    """Whether it is about what both sides have: not a column of one side, and nothing that came with it."""
    element = change.element
    if isinstance(change, Modified):
        return change.fields != ("name",)
    if isinstance(element, Column):
        return False
    own = {fold(column.name) for column in extra} if isinstance(change, Added) else lacking
    if isinstance(element, Check):
        return fold(element.column) not in own
    if isinstance(element, ForeignKey):
        return not own.issuperset(map(fold, element.columns))
    return True


def _columns(changes: list[Change]) -> str:
    """``differs in a (type) and b (default)``."""
    found = [
        f"{change.new.name} ({', '.join(field for field in change.fields if field != 'name')})"
        for change in changes
        if isinstance(change, Modified) and isinstance(change.new, Column)
    ]
    return f"differs in {listed(found)}" if found else ""


def _constraints(changes: list[Change]) -> str:
    found = [words for kind, words in _KINDS if any(isinstance(one.element, kind) for one in changes)]
    if not found:
        return ""
    plain = [words if words.startswith("another") else f"other {words}" for words in found]
    return f"has {listed(plain)}"
