"""What an archive consists of: the baseline, the ledger transition and the fresh file, and their proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from squasher import manifest, transition
from squasher.chain import Chain, Migration, assemble, looks_like_one, migration
from squasher.changes import Added, LedgerEntry
from squasher.commands.squash import Squashed, UnprovedError, proved
from squasher.emit import as_baseline
from squasher.errors import InputError, ReplayError
from squasher.guard import STEM, transition_to
from squasher.observe import Observed, observe
from squasher.prove import Proof, prove
from squasher.sources import Opened, alike
from squasher.transition import Transition

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from squasher.target import Target

_OTHER: Final = "Choose another migration with --to NNNN."


class Made(NamedTuple):
    """The files of an archive, proved and not written."""

    baseline: Migration
    fresh: Squashed
    transition: str
    warnings: tuple[str, ...]


def name_of(
    absorbed: tuple[Migration, ...], tail: tuple[Migration, ...], pattern: str, taken: Collection[str]
) -> str:
    """The baseline's name: with the last absorbed number, so that whoever counts goes on from there.

    Raises InputError where there is no number, where the name is ``taken`` or one of the chain's, and
    where the baseline would be no migration to ``pattern``, or not run before the ``tail``.
    """
    last = absorbed[-1]
    if not last.number.isdecimal():
        hint = "Name a migration with a number with --to NNNN."
        raise InputError(f"{last.path} has no number that the baseline could carry", hint=hint)
    _, slash, rest = last.name.partition("/")
    endings = [slash + rest] if slash else [".sql", "." + last.name.partition(".")[2]]
    names = [f"{last.number}_{STEM}{ending}" for ending in endings]
    name = next((one for one in names if looks_like_one(one, pattern)), None)
    if name is None:
        raise InputError(f"{names[0]} would be no migration to {pattern}", hint=_OTHER)
    if name in taken or name in {one.name for one in (*absorbed, *tail)}:
        raise InputError(f"the name {name} is taken", hint=_OTHER)
    ordered = assemble("", dict.fromkeys([name, *(one.name for one in tail)], True), lambda _: b"")
    first = ordered.migrations[0].name
    if first != name:
        raise InputError(f"the baseline {name} would not come before {first}", hint=_OTHER)
    return name


def make(
    target: Target,
    place: Path,
    name: str,
    absorbed: tuple[Migration, ...],
    tail: tuple[Migration, ...],
    allowed: tuple[str, ...],
) -> Made:
    """Everything that an archive in ``place`` consists of.

    Three proofs: the baseline is what the absorbed migrations leave; with the tail it leaves what the
    chain left, in every universe that either asked for; and the fresh file is what that leaves. Raises
    what ``squash`` raises, and UnprovedError where the new chain is not equal to the old one.
    """
    # what a chain makes, whoever looks at it, its baseline makes too
    everything = target._replace(ignored=())
    directory, listed = target.migrations.as_posix(), (place / manifest.FILE).as_posix()
    head = proved(observe(Chain(directory, absorbed), target.profile), everything)
    moved = Transition(
        baseline=name,
        path=transition_to(name, place).as_posix(),
        ledger=str(target.profile.ledger),
        absorbed=head.snapshot.ledger,
        # the fresh file may have been applied as a migration of its own
        others=(*(one.name for one in tail), target.fresh.name, *allowed),
    )
    text = as_baseline(head.text, listed, transition.guard(moved))
    baseline = migration(name, f"{directory}/{name}", text.encode())
    old = observe(Chain(directory, (*absorbed, *tail)), target.profile)
    try:
        new = observe(Chain(directory, (baseline, *tail)), target.profile)
    except ReplayError as error:
        _refuse(f"the new chain does not run: {error.message}")
    _prove_same(target, old, new, name)
    fresh = proved(_in_scope(new, target), target)
    return Made(baseline, fresh, transition.text(moved), (*head.warnings, *fresh.warnings))


def _in_scope(observed: Observed, target: Target) -> Observed:
    return observe(observed.replay.chain, target.scope) if target.ignored else observed


def _prove_same(target: Target, old: Observed, new: Observed, baseline: str) -> None:
    """Both chains leave the same, but for the baseline's name in the ledger."""
    before, after = alike(*(Opened("", "chain", one.side, one.universes) for one in (old, new)))
    proof, _ = prove(target.profile, before, after, lambda: None)
    own = Added(owner=("ledger", "ledger"), new=LedgerEntry(name=baseline))
    proof = proof._replace(changes=tuple(change for change in proof.changes if change != own))
    if proof.status != "equal":
        _refuse("the new chain does not leave what the old one leaves", proof)


def _refuse(message: str, proof: Proof | None = None) -> NoReturn:
    error = UnprovedError(message, proof)
    error.hint = f"Nothing was written. {_OTHER}"
    raise error
