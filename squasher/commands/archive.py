"""``squasher archive``: squash in place. The absorbed files move, and a baseline stands where they were.

The manifest is written first and, by ``--undo``, taken away last: whatever stops a run in between, the
manifest says what was meant, and either command brings it to its end. A file is removed from one place
only when its bytes are in the other, and on the disk.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

from squasher import files, manifest, transition
from squasher.chain import Chain, Migration, NoMigrationsError, assemble, migration, read_chain
from squasher.changes import Added, File, LedgerEntry, Modified, Removed
from squasher.commands.squash import Squashed, UnprovedError, proved
from squasher.emit import as_baseline
from squasher.errors import InputError, ReplayError, SquasherError
from squasher.files import read_regular, remove, require_writable, write_atomically
from squasher.guard import KIND, guard, place_of
from squasher.manifest import Archive, Entry, Manifest, digest, entry
from squasher.observe import Observed, observe
from squasher.prove import Proof, prove
from squasher.sources import Opened, alike
from squasher.transition import Transition

if TYPE_CHECKING:
    from pathlib import Path
    from collections.abc import Collection, Iterable

    from squasher.changes import Change
    from squasher.target import Target

_BASELINE = "complete_schema"
_FINISH = "Run `squasher archive` again to finish it, or `squasher archive --undo` to take it back."
_UNFINISHED = "the archive is not finished: run `squasher archive` again, or `squasher archive --undo`"
_NOT_UNDONE = "the undo is not finished: run `squasher archive --undo` again"


class Archived(NamedTuple):
    """The result of an archive, or of its undo."""

    target: Target
    place: Path
    """The archive's directory."""
    baseline: str
    """The path of the baseline."""
    transition: str
    """The path of the ledger transition."""
    absorbed: Chain
    kept: tuple[Migration, ...]
    warnings: tuple[str, ...]
    resumed: bool = False
    """Whether it finished what another run had begun."""
    undone: bool = False


class TouchedError(SquasherError):
    """Files that a manifest answers for are not as they were. Nothing was changed."""

    def __init__(self, message: str, changes: Iterable[Change]) -> None:
        super().__init__(message, hint="Nothing was changed. Put these files right first.")
        self.proof = Proof(tuple(changes), (), ())


class _Job(NamedTuple):
    """What there is to do."""

    absorbed: tuple[Migration, ...]
    tail: tuple[Migration, ...]
    before: Manifest
    """The archives until now, without this one."""
    begun: Archive | None
    """What a run that was stopped wrote of it."""
    allowed: tuple[str, ...]
    skipped: tuple[str, ...]


class _Made(NamedTuple):
    baseline: Migration
    fresh: Squashed
    transition: str
    warnings: tuple[str, ...]


def archive(target: Target, *, to: str | None = None, allow: Collection[str] = ()) -> Archived:
    """Absorb the migrations up to ``to`` into a baseline, after the proof that nothing else changes.

    ``allow`` are names that ledgers may hold beside those of the chain. A run that was stopped is
    finished, whatever ``to`` says. Raises InputError for what cannot be done, ReplayError for a statement
    that fails, UnprovedError when the new chain is not equal to the old one, TouchedError for files that
    are not as the manifest says; nothing was touched then.
    """
    ledger = _ledger(target)
    place = place_of(target.migrations)
    job = _job(target, place, to, allow)
    name = _baseline_name(job)
    path = _beside(name, place)
    made = _made(target, place, job, name, path)
    if job.begun is not None and job.begun.baseline != entry(made.baseline):
        raise InputError(
            f"{name} would not be what {(place / manifest.FILE).as_posix()} says",
            hint="Finish it with the release of squasher that began it, or run `squasher archive --undo`.",
        )
    record = job.begun or Archive(
        baseline=entry(made.baseline),
        absorbed=tuple(map(entry, job.absorbed)),
        allowed=job.allowed,
        ledger=ledger,
        released=tuple(map(entry, job.tail)),
    )
    _refuse_others(target, place, job, made, path)
    _write(target, place, job, made, path, Manifest((*job.before.archives, record)))
    return Archived(
        target=target,
        place=place,
        baseline=made.baseline.path,
        transition=path.as_posix(),
        absorbed=Chain(target.migrations.as_posix(), job.absorbed),
        kept=job.tail,
        warnings=made.warnings,
        resumed=job.begun is not None,
    )


def _ledger(target: Target) -> str:
    ledger = target.profile.ledger
    if ledger is None:
        raise InputError(
            f"profile {target.profile.name} knows no ledger: nothing could tell which databases have run"
            " the absorbed migrations",
            hint="Archive under a profile that has one, or keep the chain and install from the fresh file.",
        )
    return ledger


def _job(target: Target, place: Path, to: str | None, allow: Collection[str]) -> _Job:
    known = manifest.read(place / manifest.FILE) or Manifest()
    chain = read_chain(target.migrations)
    if chain.skipped:
        raise InputError(chain.skipped[0], hint="Remove it, or make it a regular file.")
    last = known.archives[-1] if known.archives else None
    if last is not None and _is_unfinished(last, chain):
        _refuse_touched(target, place, chain, last)
        absorbed = _absorbed(target, place, last)
        own = {last.baseline.name, *(one.name for one in last.absorbed)}
        tail = tuple(one for one in chain.migrations if one.name not in own)
        return _Job(absorbed, tail, Manifest(known.archives[:-1]), last, last.allowed, chain.skipped)
    _refuse_touched(target, place, chain, None)
    head = chain if to is None else chain.until(to)
    count = len(head.migrations)
    if last is not None and [one.name for one in head.migrations] == [last.baseline.name]:
        raise InputError(
            f"{head.migrations[0].path} is a baseline already, and there is nothing to archive with it",
            hint="Name a later migration with --to NNNN.",
        )
    allowed = {*allow, *(last.allowed if last else ())} - {one.name for one in chain.migrations}
    if "" in allowed:
        raise InputError("a name that is allowed cannot be empty", hint="Write it as the ledger records it.")
    return _Job(head.migrations, chain.migrations[count:], known, None, tuple(sorted(allowed)), chain.skipped)


def _is_unfinished(last: Archive, chain: Chain) -> bool:
    """Whether a run was stopped: removing the absorbed files is the last that one does."""
    present = {one.name for one in chain.migrations}
    return last.baseline.name not in present or any(one.name in present for one in last.absorbed)


def _refuse_touched(target: Target, place: Path, chain: Chain, begun: Archive | None) -> None:
    """Refuse what ``check`` would report, but for the files that a run which was stopped is moving."""
    moving = set()
    if begun is not None:
        names = (begun.baseline, *begun.absorbed)
        moving = {(folder / one.name).as_posix() for folder in (target.migrations, place) for one in names}
    wrong = [
        change
        for change in guard(chain, target.migrations)
        if not (isinstance(change.latest, File) and change.latest.path in moving and _in_motion(change))
    ]
    if wrong:
        raise TouchedError("files are not as the manifest of the archive says", wrong)


def _in_motion(change: Change) -> bool:
    """Whether a file is only not yet in its place: gone from one, or the same in both."""
    return isinstance(change, Removed) or (
        isinstance(change, Added) and isinstance(change.new, File) and change.new.role == "returned"
    )


def _absorbed(target: Target, place: Path, last: Archive) -> tuple[Migration, ...]:
    """The absorbed files, from wherever they are. Raises TouchedError where neither place has them."""
    found: list[Migration] = []
    wrong: list[Change] = []
    for one in last.absorbed:
        paths = [folder / one.name for folder in (place, target.migrations)]
        held = {path: read_regular(path, follow=False) for path in paths if _exists(path)}
        edited = {path: data for path, data in held.items() if digest(data) != one.digest}
        wrong += [_edited(place, path, "absorbed", one, data) for path, data in edited.items()]
        if not held:
            gone = File(paths[0].as_posix(), "absorbed", one.digest)
            wrong.append(Removed(owner=(KIND, (place / manifest.FILE).as_posix()), old=gone))
        elif not edited:
            found.append(
                migration(one.name, (target.migrations / one.name).as_posix(), next(iter(held.values())))
            )
    if wrong:
        raise TouchedError("files are not as the manifest of the archive says", wrong)
    return tuple(found)


def _edited(
    place: Path, path: Path, role: Literal["absorbed", "baseline"], one: Entry, data: bytes
) -> Change:
    wanted = File(path.as_posix(), role, one.digest)
    now = wanted._replace(digest=digest(data))
    return Modified(owner=(KIND, (place / manifest.FILE).as_posix()), old=wanted, new=now, fields=("digest",))


def _exists(path: Path) -> bool:
    """Whether something is there, a link that leads nowhere too."""
    return os.path.lexists(path)


def _baseline_name(job: _Job) -> str:
    """The baseline's name: with the last absorbed number, so that whoever counts goes on from there."""
    if job.begun is not None:
        return job.begun.baseline.name
    last = job.absorbed[-1]
    if not last.number.isdecimal():
        raise InputError(
            f"{last.path} has no number that the baseline could carry",
            hint="Name a migration with a number with --to NNNN.",
        )
    _, slash, rest = last.name.rpartition("/")
    name = f"{last.number}_{_BASELINE}{slash}{rest}" if slash else f"{last.number}_{_BASELINE}.sql"
    taken = {one.name for one in (*job.absorbed, *job.tail)}
    taken |= {one.name for each in job.before.archives for one in (each.baseline, *each.absorbed)}
    if name in taken:
        raise InputError(f"the name {name} is taken", hint="Choose another migration with --to NNNN.")
    order = assemble("", dict.fromkeys([name, *(one.name for one in job.tail)], True), lambda _: b"")
    if order.migrations[0].name != name:
        raise InputError(
            f"{name} would not come before {order.migrations[0].name}",
            hint="Choose another migration with --to NNNN: of several with one number the last.",
        )
    return name


def _beside(baseline: str, place: Path) -> Path:
    """The path of the ledger transition."""
    return place / f"{baseline.partition('/')[0].removesuffix('.sql').removesuffix(_BASELINE)}ledger.sql"


def _made(target: Target, place: Path, job: _Job, name: str, path: Path) -> _Made:
    """Everything that is to be written, proved."""
    directory = target.migrations.as_posix()
    head = proved(observe(Chain(directory, job.absorbed), target.profile), target)
    names = head.snapshot.ledger
    others = (*(one.name for one in job.tail), *job.allowed)
    moved = Transition(name, path.as_posix(), str(target.profile.ledger), names, others)
    text = as_baseline(head.text, (place / manifest.FILE).as_posix(), transition.guard(moved))
    baseline = migration(name, (target.migrations / name).as_posix(), text.encode())
    whole = observe(Chain(directory, (*job.absorbed, *job.tail)), target.profile)
    try:
        short = observe(Chain(directory, (baseline, *job.tail)), target.profile)
    except ReplayError as error:
        _refuse(f"the new chain does not run: {error.message}")
    _prove_same(target, whole, short, name)
    fresh = proved(short, target)
    return _Made(baseline, fresh, transition.text(moved), (*head.warnings, *fresh.warnings))


def _refuse(message: str, proof: Proof | None = None) -> NoReturn:
    error = UnprovedError(message, proof)
    error.hint = "Nothing was written. Choose another migration with --to NNNN."
    raise error


def _prove_same(target: Target, old: Observed, new: Observed, baseline: str) -> None:
    """Both chains leave the same, but for the baseline's name in the ledger."""
    before, after = alike(*(Opened("", "chain", one.side, one.universes) for one in (old, new)))
    proof, _ = prove(target.profile, before, after, lambda: None)
    own = Added(owner=("ledger", "ledger"), new=LedgerEntry(name=baseline))
    proof = proof._replace(changes=tuple(change for change in proof.changes if change != own))
    if proof.status != "equal":
        _refuse("the new chain does not leave what the old one leaves", proof)


def _refuse_others(target: Target, place: Path, job: _Job, made: _Made, path: Path) -> None:
    """Refuse before the first write what would stop a later one, or lose a file of somebody's."""
    wanted = {one.name: one.data for one in job.absorbed}
    if path.name in wanted:
        hint = "Choose another migration with --to NNNN."
        raise InputError(f"{path.as_posix()} would be two files", hint=hint)
    wanted[path.name] = made.transition.encode()
    for root in (target.migrations, place):
        if root.is_symlink() or (_exists(root) and not root.is_dir()):
            raise InputError(f"{root.as_posix()} is not a directory", hint="Name one with --migrations DIR.")
    for name, data in wanted.items():
        _refuse_strange(place, name)
        there = place / name
        if job.begun is None and _exists(there) and read_regular(there, follow=False) != data:
            raise InputError(
                f"{there.as_posix()} is there already", hint="Move it away: it would be replaced."
            )
    _refuse_strange(target.migrations, made.baseline.name)
    for one in (place / manifest.FILE, target.fresh, target.migrations / made.baseline.name):
        require_writable(one)


def _refuse_strange(root: Path, name: str) -> None:
    """Refuse anything but directories on the way to a file, and anything but a regular file there."""
    parts = name.split("/")
    for depth in range(1, len(parts) + 1):
        one = root.joinpath(*parts[:depth])
        if not _exists(one):
            return
        what, fits = ("regular file", stat.S_ISREG) if depth == len(parts) else ("directory", stat.S_ISDIR)
        if not fits(one.lstat().st_mode):
            raise InputError(f"{one.as_posix()} is not a {what}", hint="Move it away.")


def _write(target: Target, place: Path, job: _Job, made: _Made, path: Path, record: Manifest) -> None:
    files.unfinished = _UNFINISHED
    try:
        write_atomically(place / manifest.FILE, manifest.text(record).encode())
        for one in job.absorbed:
            write_atomically(place / one.name, one.data)
        write_atomically(path, made.transition.encode())
        write_atomically(target.fresh, made.fresh.text.encode())
        write_atomically(target.migrations / made.baseline.name, made.baseline.data)
        for one in job.absorbed:
            _take(target.migrations, one.name)
    except InputError as error:
        error.hint = _FINISH
        raise
    files.unfinished = ""


def _take(root: Path, name: str) -> None:
    """Remove a file, and directories below the root that are empty then."""
    remove(root / name)
    for folder in (root / name).parents:
        if folder == root:
            return
        with suppress(OSError):
            folder.rmdir()


def undo(target: Target) -> Archived:
    """Put the absorbed files of the last archive back and take its baseline away.

    Raises InputError when there is no archive, TouchedError when one of its files was edited, and what
    ``squash`` raises for the chain that there would be; nothing was touched then.
    """
    _ledger(target)
    place = place_of(target.migrations)
    known = manifest.read(place / manifest.FILE)
    if known is None or not known.archives:
        raise InputError(
            f"{(place / manifest.FILE).as_posix()} records no archive", hint="There is nothing to undo."
        )
    last = known.archives[-1]
    absorbed = _absorbed(target, place, last)
    baseline = target.migrations / last.baseline.name
    if _exists(baseline):
        data = read_regular(baseline, follow=False)
        if digest(data) != last.baseline.digest:
            raise TouchedError(
                "the baseline was edited", [_edited(place, baseline, "baseline", last.baseline, data)]
            )
    whole = _restored(target, absorbed, last)
    fresh = proved(observe(whole, target.profile), target)
    for one in absorbed:
        _refuse_strange(target.migrations, one.name)
    require_writable(target.migrations / absorbed[0].name)
    require_writable(target.fresh)
    path = _beside(last.baseline.name, place)
    rest = Manifest(known.archives[:-1])
    files.unfinished = _NOT_UNDONE
    try:
        for one in absorbed:
            write_atomically(target.migrations / one.name, one.data)
        write_atomically(target.fresh, fresh.text.encode())
        _take(target.migrations, last.baseline.name)
        for name in (*(one.name for one in absorbed), path.name):
            _take(place, name)
        if rest.archives:
            write_atomically(place / manifest.FILE, manifest.text(rest).encode())
        else:
            remove(place / manifest.FILE)
    except InputError as error:
        error.hint = "Run `squasher archive --undo` again to finish it."
        raise
    files.unfinished = ""
    with suppress(OSError):
        place.rmdir()
    own = {one.name for one in absorbed}
    return Archived(
        target=target,
        place=place,
        baseline=baseline.as_posix(),
        transition=path.as_posix(),
        absorbed=Chain(whole.directory, absorbed),
        kept=tuple(one for one in whole.migrations if one.name not in own),
        warnings=fresh.warnings,
        undone=True,
    )


def _restored(target: Target, absorbed: tuple[Migration, ...], last: Archive) -> Chain:
    """The chain as it will be."""
    try:
        now = read_chain(target.migrations).migrations
    except NoMigrationsError:
        now = ()
    data = {one.name: one.data for one in (*now, *absorbed) if one.name != last.baseline.name}
    return assemble(target.migrations.as_posix(), dict.fromkeys(data, True), data.__getitem__)
