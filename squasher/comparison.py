"""A comparison as a value: two sides, what differs, where that came from and what it can do.

``check`` and ``diff`` both give one; every format lays it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from squasher.changes import Check, Clause, File, Option, Order, PrimaryKey
from squasher.model import Column, ForeignKey, Index, Table, Trigger, View, VirtualTable

if TYPE_CHECKING:
    from squasher.changes import Change
    from squasher.lines import Place
    from squasher.model import Snapshot
    from squasher.prove import Proof
    from squasher.risks import Risk


class Finding(NamedTuple):
    """A difference, the line that made it so when a chain did, and what it can do to those who have data."""

    change: Change
    place: Place | None
    risks: tuple[Risk, ...]


NOTHING: Final = "nothing applied"
"""The span of a chain that a live database has yet to begin."""


class Party(NamedTuple):
    """One side of a comparison."""

    name: str
    """As the user wrote it: ``migrations``, ``git:main:migrations``, ``app.sqlite``."""
    kind: Literal["chain", "sql", "database", "empty"]
    span: str | None
    """The numbers of a chain's first and last migration: ``0001 to 0036``."""
    snapshot: Snapshot

    @property
    def label(self) -> str:
        """For people: ``migrations/ (0001 to 0036)``."""
        return self.name if self.span is None else f"{self.name}/ ({self.span})"


class Comparison(NamedTuple):
    """Two sides and what differs between them."""

    command: Literal["check", "diff"]
    old: Party
    """For a check the chain: what should be."""
    new: Party
    """For a check the fresh file or a live database: what is."""
    profile: str
    proof: Proof
    findings: tuple[Finding, ...]
    """The changes of the proof, object by object; then those of the files that a manifest answers for."""
    warnings: tuple[str, ...]
    exact: bool = False
    """For a check, whether the file is, byte for byte, what ``squash`` would write now."""
    pending: tuple[str, ...] = ()
    """For a check of a live database, the numbers of the migrations that it has yet to run."""

    @property
    def applied(self) -> str | None:
        """For a check of a live database, the numbers of the migrations that it has run, if any."""
        return None if self.old.span == NOTHING else self.old.span

    @property
    def voice(self) -> Literal["check", "diff", "live"]:
        """The point of view: of whoever wrote the new side, or of whoever has a live database."""
        live = self.command == "check" and self.new.kind in {"database", "empty"}
        return "live" if live else self.command

    @property
    def status(self) -> Literal["equal", "edited", "different", "unknown"]:
        """That of the proof; edited where it is equal, but files that a manifest answers for are not."""
        edited = any(isinstance(finding.change.latest, File) for finding in self.findings)
        return "edited" if edited and self.proof.status == "equal" else self.proof.status


_RANKS: Final = (
    *(Table, VirtualTable, View, Option, Column, Order, PrimaryKey),
    *(Check, Clause, ForeignKey, Index, Trigger),
)


def rank(change: Change) -> tuple[bool, str, str, int]:
    """The place of a change in a report: by object; there the object, its columns, its keys, its rows.

    The ledger, which is no object of the chain, comes last.
    """
    kind, name = change.owner
    element = change.element
    place = next((n for n, one in enumerate(_RANKS) if isinstance(element, one)), len(_RANKS))
    return kind == "ledger", "" if kind == "table" else kind, name, place
