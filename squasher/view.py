"""Viewing: a snapshot in, text for the eye out, in the layout of the fresh file.

It says what is there: no words of squasher's own, nothing that would help to load it, and nothing is
refused. The same content gives the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher import fulltext
from squasher.cells import Cells
from squasher.emit import Writer
from squasher.provenance import Provenance
from squasher.sql import quote, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.model import SchemaObject, Snapshot, VirtualTable
    from squasher.profiles import Profile


def view(snapshot: Snapshot, profile: Profile) -> str:
    """Everything that ``snapshot`` holds but its ledger; '' for nothing."""
    return visible("".join(f"{block}\n\n" for block in _Viewer(snapshot, profile).blocks())).removesuffix(
        "\n"
    )


class _Viewer(Writer):
    cuts = False
    """A cut after so many bytes would move with every row above it."""

    def __init__(self, snapshot: Snapshot, profile: Profile) -> None:
        endless = profile._replace(limits=profile.limits._replace(sql_length=None))
        super().__init__(snapshot._replace(ledger=()), endless, Provenance((), {}, {}), Cells())

    def _preamble(self) -> Iterator[str]:
        lines = [f"PRAGMA {name} = {value};" for name, value in self._snapshot.settings]
        if lines:
            yield "\n".join(lines)

    def _made(self, _: SchemaObject) -> tuple[str, ...]:
        return ()

    def _contents(self) -> Iterator[str]:
        for name in self._parents_first():
            if name in self._rows:
                yield "\n".join(self._inserts(self._rows[name]))
        for table in self._virtual:
            text = "\n".join(self._virtual_content(table))
            if text:
                yield text
        sequences = list(self._sequences())
        if sequences:
            yield "\n".join(sequences)

    def _virtual_content(self, table: VirtualTable) -> Iterator[str]:
        name = quote(table.name)
        for key, value in fulltext.configuration(self._snapshot.terms, table):
            yield f"INSERT INTO {name} ({name}, rank) VALUES ({key}, {value});"
        for part in (table.name, *table.shadows):
            if part in self._rows:
                yield from self._inserts(self._rows[part])
        if table.name not in self._rows:
            yield from self._index(table)

    def _index(self, table: VirtualTable) -> Iterator[str]:
        """What an index holds whose text is elsewhere, or nowhere."""
        for term, document, column, place in fulltext.words(self._snapshot.terms, table):
            yield f"-- {quote(table.name)}: {term} in row {document}, column {column}, place {place}"
