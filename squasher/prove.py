"""The proof: two databases in, equal, different or unknown out, layer by layer.

``objects``   what the PRAGMAs say of every object (``schemadiff``)
``text``      the token stream of every stored statement (``schemadiff``)
``order``     creation order where it is behaviour (``schemadiff``)
``rows``      typed values, keys, counters, full-text content; volatile cells by universe (``rowdiff``)
``bytecode``  what statements over every table and view compile to (``bytecode``)
``fixpoint``  emitting what was loaded gives the same bytes (``squash``'s part: it has the text)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from squasher import bytecode, schemadiff
from squasher.changes import Modified, Program
from squasher.errors import SqlError
from squasher.model import Index, Trigger, View, kind_of
from squasher.parallel import together
from squasher.rowdiff import diff_rows
from squasher.sql import canonical, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from squasher.bytecode import Compared, Difference
    from squasher.changes import Change
    from squasher.model import SchemaObject, Snapshot
    from squasher.probes import Probe
    from squasher.profiles import Profile
    from squasher.rowdiff import Side
    from squasher.schemadiff import SchemaDiff

Meanwhile = TypeVar("Meanwhile")
LAYERS: Final = (*schemadiff.LAYERS, "rows", "bytecode", "fixpoint")


class Proof(NamedTuple):
    """The result. ``changes`` are the differences; ``reasons`` say why nothing could be concluded."""

    changes: tuple[Change, ...]
    respelled: tuple[tuple[str, str], ...]
    """Objects (kind, name) that are written differently and mean the same."""
    reasons: tuple[str, ...]

    @property
    def status(self) -> Literal["equal", "different", "unknown"]:
        """Unknown is not equal: a difference weighs more, and a doubt more than none."""
        if self.changes:
            return "different"
        return "unknown" if self.reasons else "equal"


def prove(
    profile: Profile,
    old: Side,
    new: Side,
    meanwhile: Callable[[], Meanwhile],
    layers: Collection[str] = LAYERS,
    by_hand: str | None = None,
) -> tuple[Proof, Meanwhile]:
    """Compare two databases: ``old`` is what should be, ``new`` what is.

    ``meanwhile`` is computed while the bytecode layer has a processor of its own, and returned too.
    A proof has all ``layers``; without some of them it shows what these alone find. ``by_hand`` is the
    name of a file that anybody may have written: its ledger may hold that name too, and implicit
    rowids that nothing refers to are its own affair.
    """
    before, after = old.snapshots[0], new.snapshots[0]

    def look() -> tuple[SchemaDiff, tuple[Change, ...]]:
        rows = diff_rows(old, new, by_hand=by_hand is not None) if "rows" in layers else ()
        recorded = schemadiff.ledger(before, after, by_hand) if "rows" in layers else ()
        return schemadiff.diff(before, after, layers), (*rows, *recorded)

    def compiled() -> Compared | str:
        try:
            return bytecode.compare(profile, before, after, (old.programs, new.programs))
        except SqlError as error:
            return f"the stored schema does not load again: {error.message}"

    if "bytecode" not in layers:
        schema, rows = look()
        spelled = tuple((kind_of(one), one.name) for one, _ in schema.respelled)
        return Proof((*schema.changes, *rows), spelled, ()), meanwhile()
    if old.programs is None or new.programs is None:
        ((schema, rows), other), compared = together(lambda: (look(), meanwhile()), compiled)
    else:  # to compare what is compiled takes no time
        ((schema, rows), compared), other = together(lambda: (look(), compiled()), meanwhile)
    if isinstance(compared, str):
        return Proof((*schema.changes, *rows), (), (compared,)), other
    found, respelled = _judge(
        schema, compared, lambda probes: bytecode.differences(profile, before, after, probes)
    )
    reasons = _blind(before, after, compared)
    return Proof((*schema.changes, *rows, *found), respelled, tuple(reasons)), other


def _judge(
    schema: SchemaDiff,
    compared: Compared,
    told: Callable[[list[Probe]], tuple[Difference, ...]],
) -> tuple[list[Change], tuple[tuple[str, str], ...]]:
    """What the programs say of respelled objects, and of objects that look the same."""
    differing = {probe.owner: probe for probe in reversed(compared.differing)}
    blind = {probe.owner for probe, _ in compared.blind}
    changes: list[Change] = []
    respelled: list[tuple[str, str]] = []
    accused: set[tuple[str, str]] = set()
    for one, other in schema.respelled:
        owners = _owners(one)
        # with other differences about, a program may differ because of a table that it refers to
        explained = bool(schema.changes) and schemadiff.only_quotes_differ(str(one.sql), str(other.sql))
        if not explained and any(owner in differing or owner in blind for owner in owners):
            changes += schemadiff.clauses(one, other)
            accused.update(owners)
        else:
            respelled.append((kind_of(one), one.name))
    left = [probe for owner, probe in sorted(differing.items()) if owner not in accused]
    if left and not schema.changes:
        changes += [
            Modified(
                owner=difference.probe.owner,
                old=Program(statement=difference.probe.sql, instruction=difference.old),
                new=Program(statement=difference.probe.sql, instruction=difference.new),
                fields=("behaviour",),
            )
            for difference in told(left)
        ]
    return changes, tuple(respelled)


def _owners(item: SchemaObject) -> tuple[tuple[str, str], ...]:
    """Whose probes compile the object: an index's and a trigger's table, or the view it is on."""
    if isinstance(item, Index):
        return (("table", fold(item.table)),)
    if isinstance(item, Trigger):
        return (("table", fold(item.table)), ("trigger", fold(item.table)))
    if isinstance(item, View):
        return (("view", fold(item.name)), ("trigger", fold(item.name)))
    return ((kind_of(item), fold(item.name)),)


def _blind(old: Snapshot, new: Snapshot, compared: Compared) -> list[str]:
    """Probes that compile on neither side prove nothing.

    They are no doubt where the schema accounts for the failure and every text that they read is the same.
    """
    reasons: dict[tuple[str, str], str] = {}
    for probe, message in compared.blind:
        explained = bytecode.is_explained(old, probe, message)
        if not explained or _texts(old, probe.owner[1]) != _texts(new, probe.owner[1]):
            reasons.setdefault(probe.owner, f"{probe.owner[1]}: {message} ({probe.sql})")
    return list(reasons.values())


def _texts(snapshot: Snapshot, name: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """The tokens of an object and of what hangs on it."""
    return {
        (kind_of(item), fold(item.name)): canonical(str(item.sql))
        for item in snapshot.objects
        if fold(item.name) == name or (isinstance(item, Index | Trigger) and fold(item.table) == name)
    }
