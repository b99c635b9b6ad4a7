"""``squasher show``: what a source holds, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher.observe import ignoring
from squasher.sources import open_source, parse
from squasher.view import view

if TYPE_CHECKING:
    from squasher.target import Target


class Shown(NamedTuple):
    """What a source holds, and what else a person should know."""

    text: str
    notes: tuple[str, ...]


def show(
    source: str,
    target: Target,
    *,
    to: str | None = None,
    rows: bool = True,
) -> Shown:
    """The same text for the same content, whatever the source is. Raises SquasherError.

    Values that the clock or chance made are those of the first universe.
    """
    opened = open_source(parse(source), target, to=to, rows=rows)
    snapshot = opened.side.snapshots[0]
    notes = (*opened.notes, *ignoring(target.ignored, snapshot))
    return Shown(view(snapshot, target.profile), notes)
