"""``squasher diff``: what becomes of one side when it turns into the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import history
from squasher.changes import Content, Modified, RowSet, renamed
from squasher.comparison import Comparison, Finding, Party, rank
from squasher.errors import InputError
from squasher.fulltext import TERMS
from squasher.model import VirtualTable, kind_of
from squasher.observe import ignoring
from squasher.parallel import together
from squasher.prove import LAYERS, Proof, prove
from squasher.renames import follow
from squasher.risks import assess
from squasher.sources import LOCAL, alike, branch_point, open_source, parse
from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from squasher.changes import Change
    from squasher.d1state import Reach
    from squasher.history import History
    from squasher.lines import Place
    from squasher.model import Snapshot
    from squasher.profiles import Profile
    from squasher.renames import Followed, Named
    from squasher.rowdiff import Side
    from squasher.sources import Opened, Source
    from squasher.target import Target

_SCHEMA: Final = frozenset(LAYERS) - {"bytecode", "fixpoint"}
_STDIN: Final = "-"
_MOST: Final = 5


class Sides(NamedTuple):
    """What to compare, as the user wrote it."""

    old: str | None = None
    """None for the commit at which this branch left the default branch."""
    new: str | None = None
    """None for the migrations as they stand."""
    start: str | None = None
    """The number of the last migration of the old side, when that is a chain."""
    to: str | None = None
    """The same for the new side."""
    rows: bool | None = None
    """None for whatever can be read at once: not the rows of a database at Cloudflare."""
    reach: Reach = LOCAL
    """Which database ``d1:NAME`` is."""


def diff(sides: Sides, target: Target) -> Comparison:
    """Compare two sides; what the profile's target would make of each is what counts.

    Raises InputError for a side that cannot be read, ReplayError for one that does not run,
    UnsupportedError for what cannot be compared.
    """
    profile = target.scope
    old, new, tables = _opened(sides, target)
    before, after = (
        _of_tables(side, tables)._replace(made="replayed" if opened.kind == "chain" else "once")
        for opened, side in zip((old, new), alike(old, new), strict=True)
    )
    proof = _proof(profile, before, after)
    caused = history.read(new.chain, profile) if proof.changes and new.chain is not None else None
    stood = before
    if _may_be_renamed(proof.changes):
        followed = _followed(profile, (old, before), after, caused)
        if followed.changes:
            stood = followed.side
            proof = _proof(profile, stood, after)
            proof = proof._replace(changes=(*followed.changes, *proof.changes))
    return Comparison(
        command="diff",
        old=_party(old, before),
        new=_party(new, after),
        profile=profile.name,
        proof=proof,
        findings=tuple(_findings(_readable(proof.changes, stood, after), caused, _run_by_both(old, new))),
        warnings=(
            *_rewritten(old, new),
            *old.notes,
            *(note for note in new.notes if note not in old.notes),
            *ignoring(target.ignored, old.side.snapshots[0], new.side.snapshots[0]),
        ),
    )


def _opened(sides: Sides, target: Target) -> tuple[Opened, Opened, frozenset[str] | None]:
    """Both sides, and the tables whose rows alone were read, if not all were."""
    if sides.old == sides.new == _STDIN:
        raise InputError("both sides are standard input", hint="Name a file for one of them.")
    own = target.migrations.as_posix()
    old, new = _old(sides, own), parse(sides.new or own)

    remote = sides.reach.remote and "d1" in {old.kind, new.kind}
    rows = not remote if sides.rows is None else sides.rows
    tables = _reference_tables(target) if remote and rows else None

    def one() -> Opened:
        return open_source(old, target, to=sides.start, rows=rows, reach=sides.reach, tables=tables)

    def other() -> Opened:
        return open_source(new, target, to=sides.to, rows=rows, reach=sides.reach, tables=tables)

    if remote:
        return one(), other(), tables  # the process that calls wrangler is the one that is interrupted
    if sides.new != _STDIN:
        return *together(one, other), None
    second, first = together(other, one)  # what is read once is read in this process
    return first, second, None


def _reference_tables(target: Target) -> frozenset[str]:
    from squasher.live import reference_tables  # for a database at Cloudflare alone

    return reference_tables(target)


def _of_tables(side: Side, tables: frozenset[str] | None) -> Side:
    """A side with the rows of some tables only, where only these were asked for."""
    if tables is None:
        return side
    return side._replace(
        snapshots=tuple(
            one._replace(
                rows=tuple(part for part in one.rows if fold(part.table) in tables),
                sequences=tuple(part for part in one.sequences if fold(part[0]) in tables),
                terms=(),
            )
            for one in side.snapshots
        )
    )


def _old(sides: Sides, migrations: str) -> Source:
    if sides.old is not None:
        return parse(sides.old)
    return branch_point(migrations) if sides.start is None else parse(migrations)


def _proof(profile: Profile, old: Side, new: Side) -> Proof:
    """What differs; ledgers and the rowids that nobody can see are each side's own affair."""
    proof, _ = prove(profile, old, new, lambda: None, _SCHEMA, by_hand="")
    if proof.respelled:
        proof, _ = prove(profile, old, new, lambda: None, {*_SCHEMA, "bytecode"}, by_hand="")
    return proof._replace(changes=tuple(change for change in proof.changes if change.owner[0] != "ledger"))


def _may_be_renamed(changes: Iterable[Change]) -> bool:
    """Whether something is gone and something like it is new: what a rename looks like."""
    kinds = {(type(change).__name__, kind_of(change.element)) for change in changes}
    return any({("Added", kind), ("Removed", kind)} <= kinds for kind in ("table", "column"))


def _followed(profile: Profile, old: tuple[Opened, Side], new: Side, caused: History | None) -> Followed:
    """The old side after what the new side's chain renamed, and what the old side's did, backwards."""
    opened, side = old
    past = history.read(opened.chain, profile) if opened.chain is not None else None
    forward = caused.renames if caused is not None else ()
    back = reversed(past.renames) if past is not None else ()

    def same(one: Named, other: Named) -> bool:
        """Whether a chain knows what the old side calls ``one`` and the new side ``other`` as one thing."""
        return (caused is not None and caused.bore(other, one)) or (
            past is not None and past.bore(one, other)
        )

    return follow(side, new, (*forward, *(rename.reverse() for rename in back)), profile, same)


def _party(opened: Opened, side: Side) -> Party:
    span = opened.chain.span if opened.chain is not None else None
    return Party(opened.name, opened.kind, span, side.snapshots[0])


def _readable(changes: tuple[Change, ...], old: Side, new: Side) -> tuple[Change, ...]:
    """The changes, with one for all that a virtual table keeps in its own form; none if its rows tell it."""
    one, other = old.snapshots[0], new.snapshots[0]
    virtual = (item for side in (one, other) for item in side.objects if isinstance(item, VirtualTable))
    tables = {fold(item.name): item for item in virtual}
    parts = {fold(part): name for name, item in tables.items() for part in item.shadows}
    kept: list[Change] = []
    inside: list[str] = []
    for change in changes:
        element = change.element
        terms = isinstance(element, RowSet) and element.columns == TERMS
        owner = parts.get(change.owner[1], change.owner[1] if terms else None)
        if owner is None:
            kept.append(change)
        else:
            inside.append(owner)
    whole = {one.owner for one in kept if not isinstance(one, Modified) and kind_of(one.element) == "table"}
    kept = [one for one in kept if one.owner not in whole or kind_of(one.element) != "number"]
    telling = (change for change in kept if renamed(change) is None)
    told = {change.owner[1] for change in telling if kind_of(change.element) in {"table", "rowset", "cell"}}
    for name in sorted({*inside} - told):
        before, after = (_entries(tables[name], side) for side in (one, other))
        kept.append(Modified(owner=("table", name), old=before, new=after, fields=("content",)))
    return tuple(kept)


def _entries(table: VirtualTable, snapshot: Snapshot) -> Content:
    held = (part for part in snapshot.rows if part.table in table.shadows)
    terms = (part for part in snapshot.terms if fold(part.table) == fold(table.name))
    return Content(sum(len(part.rows) for part in (*held, *terms)))


def _rewritten(old: Opened, new: Opened) -> tuple[str, ...]:
    """What the new chain did to migrations of the old one, which no database runs a second time."""
    if old.chain is None or new.chain is None:
        return ()
    before = {one.name: one.data for one in old.chain.migrations}
    after = {one.name: one.data for one in new.chain.migrations}
    recorded = new.side.snapshots[0].ledger
    absorbed = [name for name in before if name not in after and name in recorded]
    baseline = next((name for name in after if name not in before), None)
    if not absorbed or baseline is None:
        return _changed(before, after)
    them = f"{absorbed[0]} to {absorbed[-1]}" if len(absorbed) > 1 else absorbed[0]
    stands = f"{baseline} stands for {them}: a database that has run them needs the ledger transition first"
    before = {name: data for name, data in before.items() if name not in absorbed}
    return (stands, *_changed(before, {name: data for name, data in after.items() if name != baseline}))


def _changed(before: dict[str, bytes], after: dict[str, bytes]) -> tuple[str, ...]:
    """What is not as it was, or not where a database that ran the old migrations would run it."""
    places = [place for place, name in enumerate(after) if name in before]
    if not places:
        return ()
    cut = list(before)[: len(after)] == list(after)
    keeps = "a database that has run it keeps what it did"
    late = "a database that has run those runs it after them"
    early = [name for name in list(after)[: places[-1]] if name not in before]
    found = [
        *(f"{name} was edited: {keeps}" for name in before if before[name] != after.get(name, before[name])),
        *(f"{name} is gone: {keeps}" for name in before if name not in after and not cut),
        *(f"{name} is new and comes before others: {late}" for name in early),
    ]
    more = [f"and {len(found) - _MOST} more"] if len(found) > _MOST else []
    return (*found[:_MOST], *more)


def _run_by_both(old: Opened, new: Opened) -> frozenset[str]:
    """The paths of the migrations that the old side ran too, where the new one only goes on from there."""
    if old.chain is None or new.chain is None:
        return frozenset()
    ran = [(one.name, one.data) for one in old.chain.migrations]
    again = new.chain.migrations[: len(ran)]
    return frozenset(one.path for one in again if [(one.name, one.data) for one in again] == ran)


def _findings(changes: tuple[Change, ...], caused: History | None, ran: frozenset[str]) -> Iterable[Finding]:
    """Each change with its cause, which cannot be a migration that both sides ``ran``."""
    ordered = sorted(changes, key=rank)
    for change, dangers in zip(ordered, assess(ordered), strict=True):
        place = _cause(change, caused)
        yield Finding(change, None if place is None or place.path in ran else place, dangers)


def _cause(change: Change, caused: History | None) -> Place | None:
    if caused is None:
        return None
    return caused.last(change) if renamed(change) is None else caused.renamed_at(change)
