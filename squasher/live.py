"""A live database against its chain: what its ledger says that it has applied, and whether it is so."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.chain import read_chain
from squasher.changes import Added, LedgerEntry, Removed, RowSet
from squasher.comparison import NOTHING, Comparison, Finding, Party, rank
from squasher.guard import place_of, transition_to
from squasher.history import read
from squasher.manifest import FILE, Manifest
from squasher.manifest import read as read_manifest
from squasher.model import EMPTY, Snapshot, Table, VirtualTable
from squasher.observe import ignoring, observe
from squasher.prove import Proof, prove
from squasher.rowdiff import Side
from squasher.schemadiff import LAYERS
from squasher.sql import fold

if TYPE_CHECKING:
    from squasher.chain import Chain
    from squasher.changes import Change
    from squasher.history import History
    from squasher.observe import Observed
    from squasher.target import Target

_OWNER: Final = ("ledger", "ledger")
NO_MANIFEST: Final = Manifest()


class Standing(NamedTuple):
    """How far in its chain a database is, by its own ledger."""

    applied: int
    """How many migrations of the chain, from the first, it should be made of."""
    pending: tuple[str, ...] = ()
    """The numbers of those behind them."""
    changes: tuple[Change, ...] = ()
    """Migrations that should be recorded and are not, and recorded ones that the chain does not have."""
    notes: tuple[str, ...] = ()


def standing(
    chain: Chain, target: Target, found: Snapshot, to: str | None = None, manifest: Manifest = NO_MANIFEST
) -> Standing:
    """Where a database stands. ``to``, a migration's number, overrides what it says itself.

    It may record the name of the target's fresh file too, what an archive of the ``manifest`` absorbed,
    and baselines that were taken back; another order is only told. Raises InputError when there is no
    migration ``to``.
    """
    names = [migration.name for migration in chain.migrations]
    if to is not None:
        return Standing(len(chain.until(to).migrations))
    ledger = target.profile.ledger
    if ledger is None:
        return Standing(len(names))
    recorded = [str(name) for name in found.ledger]
    absorbed = [one.name for archive in manifest.archives for one in archive.absorbed]
    allowed = {
        target.fresh.name,
        *absorbed,
        *(one for archive in manifest.archives for one in archive.allowed),
        *(one.name for one in manifest.retired),
    }
    unknown = [name for name in recorded if name not in names and name not in allowed]
    places = [names.index(name) for name in recorded if name in names]
    changes: list[Change] = [Added(_OWNER, LedgerEntry(name)) for name in unknown]
    before = _before_the_baseline(names, recorded, manifest)
    if before is not None:
        changes[:0] = [Removed(_OWNER, _missed(name, target, manifest)) for name in before]
        places = places or [names.index(manifest.archives[-1].baseline.name)]
    if not places:
        if not recorded and not found.objects:
            return Standing(0, _numbers(chain, 0))
        what = "records no migration of it" if found.ledger_sql is not None else "is not there"
        note = (
            f"its ledger {ledger} {what}, so that it is compared with the whole of {chain.directory}/,"
            " which wrangler would run on it from the first"
        )
        changes[:0] = [Removed(_OWNER, LedgerEntry(name)) for name in names]
        return Standing(len(names), changes=tuple(changes), notes=(note,))
    applied = max(places) + 1
    missing = [name for name in names[:applied] if name not in recorded]
    changes[:0] = [
        Removed(_OWNER, LedgerEntry(name) if before is None else _missed(name, target, manifest))
        for name in missing
    ]
    baselines = {archive.baseline.name for archive in manifest.archives}  # recorded late, where not new
    ran = [place for place in places if names[place] not in baselines]
    return Standing(applied, _numbers(chain, applied), tuple(changes), _out_of_order(names, ran))


def _before_the_baseline(names: list[str], recorded: list[str], manifest: Manifest) -> list[str] | None:
    """The absorbed migrations that a database lacks which has run others of them and not the baseline.

    None for one that has the baseline, and for one that has run none of them.
    """
    if not manifest.archives:
        return None
    baseline = manifest.archives[-1].baseline.name
    absorbed = [one.name for archive in manifest.archives for one in archive.absorbed]
    if baseline in recorded or baseline not in names or not set(absorbed).intersection(recorded):
        return None
    return [name for name in absorbed if name not in recorded]


def _missed(name: str, target: Target, manifest: Manifest) -> LedgerEntry:
    """A migration that a database before the baseline should record, with the file that is about it."""
    place = place_of(target.migrations)
    if name in {archive.baseline.name for archive in manifest.archives}:
        return LedgerEntry(name, "baseline", transition_to(name, place).as_posix())
    if any(name == one.name for archive in manifest.archives for one in archive.absorbed):
        return LedgerEntry(name, "absorbed", (place / name).as_posix())
    return LedgerEntry(name)


def _numbers(chain: Chain, start: int) -> tuple[str, ...]:
    return tuple(migration.number for migration in chain.migrations[start:])


def _out_of_order(names: list[str], places: list[int]) -> tuple[str, ...]:
    for before, after in pairwise(places):
        if after < before:
            return (f"it ran {names[after]} after {names[before]}, a new installation runs it before",)
    return ()


class Expected:
    """What a chain makes, cut anywhere; each cut is replayed once."""

    def __init__(self, chain: Chain, target: Target) -> None:
        self.chain = chain
        self._target = target
        self._manifest = read_manifest(place_of(target.migrations) / FILE) or NO_MANIFEST
        self._observed: dict[tuple[int, bool], Observed] = {}
        self._told: dict[int, History] = {}

    def standing(self, found: Snapshot, to: str | None = None) -> Standing:
        """Where in this chain a database stands: see ``standing``."""
        return standing(self.chain, self._target, found, to, self._manifest)

    def span(self, applied: int) -> str:
        """``0001 to 0034``."""
        return self._cut(applied).span if applied else NOTHING

    def tables(self, applied: int) -> frozenset[str]:
        """The folded names of the tables in which the chain leaves rows."""
        return frozenset(fold(part.table) for part in self._side(applied, rows=True).snapshots[0].rows)

    def compare(self, name: str, found: Snapshot, where: Standing, *, rows: bool = False) -> Comparison:
        """The database against the chain as far as it has applied it.

        With ``rows``, those that the chain leaves must be there. Raises SquasherError.
        """
        old = self._side(where.applied, rows=rows)
        new = Side.of([_restricted(found, rows=rows)] * len(old.snapshots))._replace(made="once")
        proof = self._proof(old, new, rows=rows)
        changes = tuple(change for change in proof.changes if _is_drift(change))
        proof = proof._replace(changes=(*where.changes, *changes))
        return Comparison(
            command="check",
            old=Party(self.chain.directory, "chain", self.span(where.applied), old.snapshots[0]),
            new=Party(name, "database", None, found),
            profile=self._target.profile.name,
            proof=proof,
            findings=self._findings(proof, where.applied),
            warnings=(
                *self.chain.skipped,
                *(f"{name}: {note}" for note in where.notes),
                *ignoring(self._target.ignored, old.snapshots[0], found),
            ),
            pending=where.pending,
        )

    def _cut(self, applied: int) -> Chain:
        return self.chain._replace(migrations=self.chain.migrations[:applied])

    def _side(self, applied: int, *, rows: bool) -> Side:
        if not applied:
            return Side.of([EMPTY])._replace(made="replayed")
        key = applied, rows
        if key not in self._observed:
            self._observed[key] = observe(self._cut(applied), self._target.scope, rows=rows)
        side = self._observed[key].side
        snapshots = tuple(_restricted(one, rows=rows) for one in side.snapshots)
        return side._replace(snapshots=snapshots, made="replayed")

    def _proof(self, old: Side, new: Side, *, rows: bool) -> Proof:
        profile = self._target.scope
        layers = {*LAYERS, *(["rows"] if rows else [])}
        proof, _ = prove(profile, old, new, lambda: None, layers, by_hand="")
        if proof.respelled:
            proof, _ = prove(profile, old, new, lambda: None, {*layers, "bytecode"}, by_hand="")
        return proof

    def _findings(self, proof: Proof, applied: int) -> tuple[Finding, ...]:
        """The differences, each with its cause in the chain, which is the newer side for who asks that."""
        if not proof.changes:
            return ()
        ordered = sorted(proof.changes, key=rank)
        if not applied or all(change.owner == _OWNER for change in ordered):
            return tuple(Finding(change, None, ()) for change in ordered)
        if applied not in self._told:
            self._told[applied] = read(self._cut(applied), self._target.profile)
        told = self._told[applied]
        return tuple(Finding(change, told.last(change.reverse()), ()) for change in ordered)


def _restricted(found: Snapshot, *, rows: bool) -> Snapshot:
    """What is compared of a database in use: no counters, and no index of its users' words."""
    tables = {item.name for item in found.objects if isinstance(item, Table | VirtualTable)}
    held = tuple(part for part in found.rows if part.table in tables) if rows else ()
    return found._replace(rows=held, terms=(), sequences=())


def reference_tables(target: Target) -> frozenset[str]:
    """The folded names of the tables in which the whole chain of ``target`` leaves rows."""
    chain = read_chain(target.migrations, target.pattern)
    return Expected(chain, target).tables(len(chain.migrations))


def _is_drift(change: Change) -> bool:
    """Whether a difference is one of a database in use: rows come to it, and its ledger was judged."""
    return change.owner[0] != "ledger" and not (isinstance(change, Added) and isinstance(change.new, RowSet))
