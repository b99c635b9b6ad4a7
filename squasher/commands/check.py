"""``squasher check``: whether the fresh file on disk means the same as the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.chain import read_chain, read_migration
from squasher.changes import Added, Check, Clause, Modified, Removed, RowSet
from squasher.commands.squash import compose, decide, text_of
from squasher.comparison import Comparison, Finding, Party, Place, rank
from squasher.errors import InputError
from squasher.model import Column, ForeignKey, Index, Table, Trigger, View, VirtualTable
from squasher.observe import Observed, load, observe
from squasher.parallel import together
from squasher.prove import prove
from squasher.rowdiff import Side
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from squasher.changes import Change
    from squasher.commands.target import Target


def check(target: Target) -> Comparison:
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
    found = sorted(proof.changes, key=rank)
    return Comparison(
        command="check",
        old=Party(chain.directory, "chain", chain.span, observed.side.snapshots[0]),
        new=Party(target.fresh.as_posix(), "sql", None, fresh.snapshots[0]),
        profile=target.profile.name,
        proof=proof,
        findings=tuple(Finding(change, _place(observed, change), ()) for change in found),
        warnings=(*chain.skipped, *observed.notes),
        exact=exact and proof.status == "equal",
    )


def _is_exact(observed: Observed, target: Target, text: str) -> bool:
    first = text_of(observed, observed.side.snapshots[0], target, decide(observed, target))
    if first == text or not observed.side.volatile:
        return first == text
    return text.startswith(first.partition("\n\n")[0]) and compose(observed, target).text == text


def _place(observed: Observed, change: Change) -> Place | None:
    said = _said(observed, change)
    if said is None:
        return None
    file, _, line = said.rpartition(":")
    return Place(f"{observed.replay.chain.directory}/{file}", int(line))


def _said(observed: Observed, change: Change) -> str | None:
    """The migration and line of what the fresh file lacks or has differently."""
    provenance = observed.provenance
    _, owner = change.owner
    match change:
        case Added():
            return None
        case Removed(old=RowSet()):
            return provenance.rows_place(owner)
        case Removed(old=old) | Modified(old=old):
            match old:
                case Column():
                    return provenance.place("table", owner, old.name)
                case ForeignKey():
                    return provenance.place("table", owner, old.columns[0])
                case Index() if old.sql is not None:
                    return provenance.place("index", old.name)
                case Trigger():
                    return provenance.place("trigger", old.name)
                case View():
                    return provenance.place("view", old.name)
                case Table() | VirtualTable() | Clause() | Check():
                    return provenance.place("table", owner)
                case _:
                    return None
