"""``squasher show``: what a source holds, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher.observe import ignoring
from squasher.sources import LOCAL, open_source, parse
from squasher.view import view

if TYPE_CHECKING:
    from squasher.d1state import Reach
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
    rows: bool | None = None,
    reach: Reach = LOCAL,
) -> Shown:
    """The same text for the same content, whatever the source is. Raises SquasherError.

    Rows are shown unless ``rows`` is false; of a database at Cloudflare only where it is true, and only
    those of the tables in which the chain of ``target`` leaves some.
    Values that the clock or chance made are those of the first universe.
    """
    named = parse(source)
    remote = reach.remote and named.kind == "d1"
    rows = not remote if rows is None else rows
    tables = None
    if remote and rows:
        from squasher.live import reference_tables

        tables = reference_tables(target)
    opened = open_source(named, target, to=to, rows=rows, reach=reach, tables=tables)
    snapshot = opened.side.snapshots[0]
    notes = (*opened.notes, *ignoring(target.ignored, snapshot))
    return Shown(view(snapshot, target.profile), notes)
