"""The proof: two databases in, equal, different or unknown out, layer by layer.

``objects``   what the PRAGMAs say of every object (``diff``)
``text``      the token stream of every stored statement (``diff``)
``order``     creation order where it is behaviour (``diff``)
``rows``      typed values, keys, counters, full-text content; volatile cells by universe (``rowdiff``)
``bytecode``  what statements over every table and view compile to (``bytecode``)
``fixpoint``  emitting what was loaded gives the same bytes (the caller's part: it has the text)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from squasher import bytecode
from squasher.changes import Modified, Program
from squasher.diff import clauses, diff, only_quotes_differ
from squasher.errors import SqlError
from squasher.model import Index, Trigger, View, kind_of
from squasher.parallel import together
from squasher.rowdiff import diff_rows
from squasher.sql import canonical, fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.bytecode import Compared
    from squasher.changes import Change
    from squasher.diff import SchemaDiff
    from squasher.model import SchemaObject, Snapshot
    from squasher.profiles import Profile
    from squasher.rowdiff import Side

Meanwhile = TypeVar("Meanwhile")
LAYERS: Final = ("objects", "text", "order", "rows", "bytecode", "fixpoint")


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
    profile: Profile, old: Side, new: Side, meanwhile: Callable[[], Meanwhile]
) -> tuple[Proof, Meanwhile]:
    """Compare two databases: ``old`` is what should be, ``new`` what is.

    ``meanwhile`` is computed while the bytecode layer has a processor of its own, and returned too.
    """
    before, after = old.snapshots[0], new.snapshots[0]
    reasons: list[str] = []
    respelled: tuple[tuple[str, str], ...] = ()
    try:
        (schema, rows, other), compared = together(
            lambda: (diff(before, after), diff_rows(old, new), meanwhile()),
            lambda: bytecode.compare(profile, before, after),
        )
    except SqlError as error:
        reasons.append(f"the stored schema does not load again: {error.message}")
        schema, rows, other = diff(before, after), diff_rows(old, new), meanwhile()
        changes = [*schema.changes, *rows]
    else:
        found, respelled = _judge(schema, compared)
        changes = [*schema.changes, *rows, *found]
        reasons += _blind(before, after, compared)
    return Proof(tuple(changes), respelled, tuple(reasons)), other


def _judge(schema: SchemaDiff, compared: Compared) -> tuple[list[Change], tuple[tuple[str, str], ...]]:
    """What the programs say of respelled objects, and of objects that look the same."""
    differing = {difference.probe.owner: difference for difference in reversed(compared.differences)}
    blind = {probe.owner for probe, _ in compared.blind}
    changes: list[Change] = []
    respelled: list[tuple[str, str]] = []
    accused: set[tuple[str, str]] = set()
    changed = {change.owner for change in schema.changes}
    for one, other in schema.respelled:
        owners = _owners(one)
        explained = bool(changed.intersection(owners)) and only_quotes_differ(str(one.sql), str(other.sql))
        if not explained and any(owner in differing or owner in blind for owner in owners):
            changes += clauses(one, other)
            accused.update(owners)
        else:
            respelled.append((kind_of(one), one.name))
    if not schema.changes:
        # with other differences about, a program may differ because of a table that it refers to
        changes += [
            Modified(
                owner=owner,
                old=Program(statement=difference.probe.sql, instruction=difference.old),
                new=Program(statement=difference.probe.sql, instruction=difference.new),
                fields=("behaviour",),
            )
            for owner, difference in sorted(differing.items())
            if owner not in accused
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
    """Probes that compile on neither side prove nothing, unless every text that they read is the same."""
    reasons: dict[tuple[str, str], str] = {}
    for probe, message in compared.blind:
        if _texts(old, probe.owner[1]) != _texts(new, probe.owner[1]):
            reasons.setdefault(probe.owner, f"{probe.owner[1]}: {message} ({probe.sql})")
    return list(reasons.values())


def _texts(snapshot: Snapshot, name: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """The tokens of an object and of what hangs on it."""
    return {
        (kind_of(item), fold(item.name)): canonical(str(item.sql))
        for item in snapshot.objects
        if fold(item.name) == name or (isinstance(item, Index | Trigger) and fold(item.table) == name)
    }
