"""What a change can do to those who have data, or code that reads and writes it.

Only what is sure to follow from SQLite's rules is said, each with its reason. A change that comes
from nothing but a new object harms nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from squasher.changes import Change

Danger: TypeAlias = Literal["data", "rows", "readers", "writers"]
DANGERS: Final[dict[Danger, str]] = {
    "data": "can destroy data",
    "rows": "can fail on existing rows",
    "readers": "can break readers",
    "writers": "can break writers",
}
"""What is in danger, the worst first, in words for people."""


class Risk(NamedTuple):
    """What is in danger, and why."""

    danger: Danger
    reason: str


def risks(change: Change) -> tuple[Risk, ...]:
    """What can go wrong when a database goes from the old side of ``change`` to the new one."""
    del change
    return ()
