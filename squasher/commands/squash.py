"""``squasher squash``: replay, emit, prove, and only then write."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher import choose, volatile
from squasher.bytecode import programs
from squasher.cells import Cells
from squasher.chain import Chain, Migration, read_chain
from squasher.changes import Modified, RowSet
from squasher.emit import Source, emit
from squasher.errors import ReplayError, SquasherError, UnsupportedError
from squasher.files import write_atomically
from squasher.fulltext import TERMS
from squasher.guard import TouchedError, guard, stops, without_manifest
from squasher.model import View
from squasher.observe import Observed, ignoring, load, observe
from squasher.packed import Packed
from squasher.parallel import together
from squasher.prove import LAYERS, Proof, prove
from squasher.rowdiff import Side
from squasher.sections import unmatched

if TYPE_CHECKING:
    from collections.abc import Collection

    from squasher.changes import Change
    from squasher.choose import Decision
    from squasher.model import Rows, Snapshot
    from squasher.target import Target


class UnprovedError(SquasherError):
    """The text that was made is not what the chain means. Nothing was written."""

    def __init__(self, message: str, proof: Proof | None = None) -> None:
        super().__init__(message, hint="Nothing was written. This is a fault of squasher: report it.")
        self.proof = proof


class Composed(NamedTuple):
    """The text of a fresh file, and the side that loading it gave."""

    text: str
    side: Side
    decision: Decision


class Squashed(NamedTuple):
    """The result of a squash: the proved text, and whether the file on disk was replaced by it."""

    target: Target
    chain: Chain
    snapshot: Snapshot
    text: str
    proof: Proof
    warnings: tuple[str, ...]
    written: bool
    """False when the file already held these bytes, or when writing was not asked for."""
    touched: tuple[Change, ...] = ()
    """What is wrong with files that a manifest answers for, and keeps nobody from making the fresh file."""


def squash(target: Target, *, to: str | None = None, write: bool = True) -> Squashed:
    """Make the fresh file of ``target`` and prove it; with ``write``, replace the file on disk.

    ``to`` is the number of the last migration to include. Raises ReplayError for a statement that
    fails, InputError and UnsupportedError for what cannot be done, TouchedError for a chain that is not
    the one of its manifest, UnprovedError when the proof does not hold; the file on disk is untouched then.
    """
    whole = read_chain(target.migrations, target.pattern)
    touched = guard(whole, target.migrations)
    stopping = tuple(filter(stops, touched))
    if stopping:
        raise TouchedError(stopping)
    chain = whole if to is None else whole.until(to)
    if write:
        target.require_outside(target.fresh)
    made = proved(observe(chain, target.scope, cache=target.cache, proving=True), target)
    touched = touched or without_manifest(chain, target.migrations, made.snapshot.ledger)
    made = made._replace(warnings=(*cut_short(whole, chain), *made.warnings), touched=touched)
    return made._replace(written=write and write_atomically(target.fresh, made.text.encode()))


def proved(observed: Observed, target: Target) -> Squashed:
    """The fresh file of a chain, proved equal to it and not written. Raises as ``squash`` does."""
    side = observed.side
    composed, compiled = together(
        lambda: compose(observed, target),
        None if side.programs else lambda: programs(target.profile, side.snapshots[0]),
    )
    if compiled is not None:
        observed = observed._replace(side=side._replace(programs=compiled))
    proof = verify(observed, composed, target)
    if proof.changes:
        _refuse_stale_indexes(proof)
        refuse_views_of_what_is_left_out(proof, "the fresh file")
        raise UnprovedError("the fresh file that was made is not equal to the chain", proof)
    if proof.status != "equal":
        raise UnprovedError("the fresh file that was made could not be proved equal", proof)
    chain = observed.replay.chain
    return Squashed(
        target=target,
        chain=chain,
        snapshot=observed.side.snapshots[0],
        text=composed.text,
        proof=proof,
        warnings=(
            *chain.skipped,
            *observed.notes,
            *ignoring(target.ignored, observed.side.snapshots[0]),
            *unmatched(observed.side.snapshots[0], target.groups),
            *composed.decision.warnings,
        ),
        written=False,
    )


def cut_short(whole: Chain, chain: Chain) -> tuple[str, ...]:
    """A warning when ``chain`` is the beginning of ``whole`` and no more."""
    missing = len(whole.migrations) - len(chain.migrations)
    if not missing:
        return ()
    later = f"{missing} later migration{'s are' if missing > 1 else ' is'} not in it"
    return (f"the file stops at {chain.migrations[-1].number}: {later}",)


def _refuse_stale_indexes(proof: Proof) -> None:
    """An index that does not hold what its table holds cannot be rebuilt as it is."""
    elements = [change.element for change in proof.changes]
    if all(isinstance(one, RowSet) and one.columns == TERMS for one in elements):
        raise UnsupportedError(
            f"the full-text index {proof.changes[0].owner[1]} does not hold what its content table holds",
            hint="Fill it with INSERT INTO name (name) VALUES ('rebuild') in a migration.",
        )


def refuse_views_of_what_is_left_out(proof: Proof, made: str) -> None:
    """Statistics are left out, and so is sqlite_sequence where no table counts: a view of them dangles."""
    for change in proof.changes:
        if isinstance(change, Modified) and isinstance(change.new, View) and change.new.problem is not None:
            table = change.new.problem.removeprefix("no such table: main.")
            if table.startswith("sqlite_"):
                raise UnsupportedError(
                    f"view {change.new.name} reads {table}, which {made} does not carry",
                    hint="Drop the view in a migration.",
                )


def _refuse_mismatch(error: ReplayError) -> None:
    """With foreign keys on, SQLite lets nobody insert the rows of tables that a key ties wrongly."""
    _, mismatch, tables = error.message.partition("foreign key mismatch - ")
    if mismatch:
        raise UnsupportedError(
            f"{mismatch}{tables}: nobody can insert the rows that these tables hold",
            hint="Make the columns that the key refers to UNIQUE, or drop the key, in a migration.",
        ) from error


def compose(observed: Observed, target: Target) -> Composed:
    """Emit the text, with volatile cells as the universes confirm them."""
    decision = decide(observed, target)
    found = observed.side.volatile
    if not found:
        return _attempt(observed, target, decision)
    try:
        composed = _attempt(observed, target, decision)
    except UnprovedError:
        composed = _with_literals(observed, target, decision)
    confirmed = choose.confirm(composed.decision, found, composed.side.volatile)
    if confirmed.choices != composed.decision.choices:
        return _attempt(observed, target, confirmed)
    return Composed(composed.text, composed.side, confirmed)


def _with_literals(observed: Observed, target: Target, decision: Decision) -> Composed:
    """Where a key or a constraint ties values in some way: as few literals as make the file load."""
    found = observed.side.volatile
    try:
        return _attempt(observed, target, choose.literals(found, decision))
    except UnprovedError:
        return _attempt(observed, target, choose.literals(found))


def decide(observed: Observed, target: Target) -> Decision:
    """What to write for the volatile cells, before the loaded file has confirmed it."""
    found = observed.side.volatile
    if not found:
        return choose.Decision(Cells(), ())
    trial = choose.Trial(target.profile, observed.universes)
    try:
        return choose.decide(observed.replay, observed.side.snapshots[0], found, trial)
    finally:
        trial.close()


def text_of(observed: Observed, snapshot: Snapshot, target: Target, decision: Decision) -> str:
    """The text for a snapshot: the chain's own, or one that a loaded file gave."""
    migrations = observed.replay.chain.migrations
    source = Source(
        first=migrations[0].label,
        last=migrations[-1].label,
        migrations=len(migrations),
        digest=observed.replay.chain.digest,
    )
    return emit(snapshot, target.profile, source, observed.provenance, decision.choices, target.groups)


def _attempt(observed: Observed, target: Target, decision: Decision) -> Composed:
    return loaded(observed, text_of(observed, observed.side.snapshots[0], target, decision), target, decision)


def loaded(observed: Observed, text: str, target: Target, decision: Decision) -> Composed:
    """A text and what a new installation makes of it. Raises UnprovedError when it does not load."""
    file = Migration(target.fresh.name, target.fresh.as_posix(), text)
    try:
        side = load(file, target.scope, observed.universes, cache=target.cache, proving=True)
    except ReplayError as error:
        _refuse_mismatch(error)
        raise UnprovedError(f"the fresh file that was made does not load: {error.message}") from error
    if side.volatile:
        first = volatile.aligned(observed.side.snapshots[0], side.snapshots[0])
        side = Side.of((first, *side.snapshots[1:]))._replace(programs=side.programs)
    return Composed(text, side, decision)


def verify(observed: Observed, composed: Composed, target: Target, layers: Collection[str] = LAYERS) -> Proof:
    """The whole proof of a text: what ``check`` compares, and the fixpoint."""

    def differs() -> int | None:
        """The first line in which the text differs when it is written again; None where none does."""
        first, second = observed.side.snapshots[0], composed.side.snapshots[0]
        short = _shortened(first, second)
        # many equal rows make the same text again, so that only the rest of it can differ
        if short != (first, second) and len({again(part) for part in short}) == 1:
            return None
        text = again(second)
        if text == composed.text:
            return None
        lines = zip(composed.text.splitlines(), text.splitlines(), strict=False)
        return next((number for number, (one, other) in enumerate(lines, 1) if one != other), 0)

    def again(snapshot: Snapshot) -> str:
        return text_of(observed, snapshot, target, composed.decision)

    proof, line = prove(target.profile, observed.side, composed.side, differs, layers)
    if "fixpoint" not in layers or line is None:
        return proof
    reason = "loading the file and writing it again gives another text" + (
        f" from line {line}" if line else ""
    )
    return proof._replace(reasons=(*proof.reasons, reason))


def _shortened(one: Snapshot, other: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Two snapshots with the first row alone of each large table that has equal rows in both."""
    large = {part.table: part for part in one.rows if isinstance(part.rows, Packed)}
    same = {part.table for part in other.rows if large.get(part.table) == part}

    def short(part: Rows) -> Rows:
        numbers = None if part.rowids is None else part.rowids[:1]
        return part._replace(rows=part.rows[:1], rowids=numbers) if part.table in same else part

    return (
        one._replace(rows=tuple(map(short, one.rows))),
        other._replace(rows=tuple(map(short, other.rows))),
    )
