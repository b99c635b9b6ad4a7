"""``squasher check``: whether the fresh file on disk means the same as the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.chain import Chain, read_chain, read_migration
from squasher.changes import Added, Clause, Option, Order
from squasher.commands.squash import compose, decide, text_of
from squasher.errors import InputError
from squasher.model import Column, ForeignKey, Index, Table, Trigger, View, VirtualTable
from squasher.observe import Observed, load, observe
from squasher.parallel import together
from squasher.prove import Proof, prove
from squasher.rowdiff import Side
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from squasher.changes import Change
    from squasher.commands.target import Target


class Finding(NamedTuple):
    """A difference, and where in the chain the side that is right came from."""

    change: Change
    place: str | None


class Checked(NamedTuple):
    """The result of a check."""

    target: Target
    chain: Chain
    proof: Proof
    findings: tuple[Finding, ...]
    exact: bool
    """Whether the file is, byte for byte, what ``squash`` would write now."""
    warnings: tuple[str, ...]


def check(target: Target) -> Checked:
    """Compare the fresh file of ``target`` with its chain.

    Raises InputError when there is no such file, ReplayError when either does not run, and
    UnsupportedError for what cannot be compared.
    """
    chain = read_chain(target.migrations)
    if not target.fresh.exists():
        raise InputError(
            f"{target.fresh.as_posix()} does not exist",
            hint="Write it with `squasher squash`, or name it with --fresh FILE.",
        )
    file = read_migration(target.fresh)
    observed, fresh = together(
        lambda: observe(chain, target.profile), lambda: load(file, target.profile, UNIVERSES)
    )
    if len(fresh.snapshots) < len(observed.universes):
        fresh = load(file, target.profile, observed.universes)
    side = observed.side
    if len(side.snapshots) < len(fresh.snapshots):
        side = Side.of(side.snapshots * len(fresh.snapshots))  # the same in every universe
    proof, exact = prove(
        target.profile,
        side,
        fresh,
        lambda: _is_exact(observed, target, file.text),
        by_hand=target.fresh.name,
    )
    return Checked(
        target=target,
        chain=chain,
        proof=proof,
        findings=_findings(chain, target, proof),
        exact=exact and proof.status == "equal",
        warnings=(*chain.skipped, *observed.notes),
    )


def _is_exact(observed: Observed, target: Target, text: str) -> bool:
    first = text_of(observed, observed.side.snapshots[0], target, decide(observed, target))
    if first == text or not observed.side.volatile:
        return first == text
    return text.startswith(first.partition("\n\n")[0]) and compose(observed, target).text == text


_RANKS: Final = (Table, VirtualTable, View, Option, Column, Order, Clause, ForeignKey, Index, Trigger)


def _rank(change: Change) -> tuple[str, str, int]:
    """By object; there the object itself, its columns, its keys, what hangs on it, its rows."""
    kind, name = change.owner
    element = change.new if isinstance(change, Added) else change.old
    rank = next((n for n, one in enumerate(_RANKS) if isinstance(element, one)), len(_RANKS))
    return "" if kind == "table" else kind, name, rank


def _findings(chain: Chain, target: Target, proof: Proof) -> tuple[Finding, ...]:
    """The differences in the order in which people look at them, each with its cause in the chain."""
    if not proof.changes:
        return ()
    from squasher.history import read  # only differences need it

    told = read(chain, target.profile)
    ordered = sorted(proof.changes, key=_rank)
    places = [told.last(change) for change in ordered]
    return tuple(
        Finding(change, None if place is None else str(place))
        for change, place in zip(ordered, places, strict=True)
    )
