"""``squasher archive``: squash in place. The absorbed files move, and a baseline stands where they were.

The manifest learns of an archive first and, by ``--undo``, forgets it last: whatever stops a run in
between, the manifest says what was meant, and either command brings it to its end. What it never forgets
is the name of a baseline that was taken back: there are databases that record it. A file is removed from
one place only when its bytes are in the other, and on the disk.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import files, manifest
from squasher.chain import Chain, Migration, NoMigrationsError, assemble, read_chain
from squasher.commands.baseline import Made, make, name_of
from squasher.commands.squash import proved
from squasher.errors import InputError
from squasher.files import alone, read_regular, remove, require_writable, write_atomically
from squasher.guard import (
    absorbed_of,
    is_unfinished,
    place_of,
    refuse_edited_baseline,
    refuse_touched,
    transition_to,
)
from squasher.manifest import Archive, Entry, Manifest, digest, entry
from squasher.observe import observe

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from squasher.target import Target

_FINISH: Final = "Run `squasher archive` again to finish it, or `squasher archive --undo` to take it back."
_UNFINISHED: Final = "the archive is not finished: run `squasher archive` again, or `squasher archive --undo`"
_NOT_UNDONE: Final = "the undo is not finished: run `squasher archive --undo` again"


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


class _Job(NamedTuple):
    """What there is to do."""

    absorbed: tuple[Migration, ...]
    tail: tuple[Migration, ...]
    before: Manifest
    """The archives until now, without this one."""
    begun: Archive | None
    """What a run that was stopped wrote of it."""
    allowed: tuple[str, ...]


def archive(target: Target, *, to: str | None = None, allow: Collection[str] = ()) -> Archived:
    """Absorb the migrations up to ``to`` into a baseline, after the proof that nothing else changes.

    ``allow`` are names that ledgers may hold beside those of the chain. A run that was stopped is
    finished, whatever ``to`` says. Raises InputError for what cannot be done, ReplayError for a statement
    that fails, UnprovedError when the new chain is not equal to the old one, TouchedError for files that
    are not as the manifest says; nothing was touched then.
    """
    with alone(target.migrations):
        return _archive(target, to, allow)


def _archive(target: Target, to: str | None, allow: Collection[str]) -> Archived:
    ledger = _ledger(target)
    place = place_of(target.migrations)
    job = _job(target, place, to, allow)
    name = _name(job, target.pattern)
    job = job._replace(allowed=tuple(one for one in job.allowed if one != name))
    made = make(target, place, name, job.absorbed, job.tail, job.allowed)
    path = transition_to(name, place)
    if job.begun is not None and job.begun.baseline != entry(made.baseline):
        raise InputError(
            f"{name} would not be what {(place / manifest.FILE).as_posix()} says",
            hint="Finish it with the release of squasher that began it, or run `squasher archive --undo`.",
        )
    _refuse_retired(job, made.baseline)
    record = job.begun or Archive(
        baseline=entry(made.baseline),
        absorbed=tuple(map(entry, job.absorbed)),
        allowed=job.allowed,
        ledger=ledger,
        released=tuple(map(entry, job.tail)),
    )
    # whoever finishes an archive may have written migrations since, which the transition lets pass
    record = record._replace(transition=Entry(path.name, digest(made.transition.encode())))
    retired = tuple(one for one in job.before.retired if one.name != name)
    _refuse_others(target, place, job, made, path)
    _write(target, place, job, made, path, Manifest((*job.before.archives, record), retired))
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
    chain = read_chain(target.migrations, target.pattern)
    if chain.skipped:
        raise InputError(chain.skipped[0], hint="Remove it, or make it a regular file.")
    last = known.archives[-1] if known.archives else None
    if last is not None and last.ledger != _ledger(target):
        raise InputError(
            f"{(place / manifest.FILE).as_posix()} is about the ledger {last.ledger}, not {_ledger(target)}",
            hint="A chain has one ledger: archive under the profile and the name that it had.",
        )
    if last is not None and is_unfinished(last, chain):
        refuse_touched(chain, target.migrations, last)
        absorbed = absorbed_of(last, target.migrations)
        own = {last.baseline.name, *(one.name for one in last.absorbed)}
        tail = tuple(one for one in chain.migrations if one.name not in own)
        before = known._replace(archives=known.archives[:-1])
        return _Job(absorbed, tail, before, last, last.allowed)
    refuse_touched(chain, target.migrations)
    head = chain if to is None else chain.until(to)
    count = len(head.migrations)
    if last is not None and [one.name for one in head.migrations] == [last.baseline.name]:
        raise InputError(
            f"{head.migrations[0].path} is a baseline already, and there is nothing to archive with it",
            hint="Name a later migration with --to NNNN.",
        )
    allowed = {*allow, *(last.allowed if last else ()), *(one.name for one in known.retired)}
    allowed -= {one.name for one in chain.migrations}
    if "" in allowed:
        raise InputError("a name that is allowed cannot be empty", hint="Write it as the ledger records it.")
    return _Job(head.migrations, chain.migrations[count:], known, None, tuple(sorted(allowed)))


def _name(job: _Job, pattern: str) -> str:
    if job.begun is not None:
        return job.begun.baseline.name
    archives = job.before.archives
    taken = {one.name for each in archives for one in (each.baseline, *each.absorbed)}
    return name_of(job.absorbed, job.tail, pattern, taken)


def _refuse_retired(job: _Job, baseline: Migration) -> None:
    """Refuse the name of a baseline that was taken back for another: databases that record it would pass."""
    if any(one.name == baseline.name and one != entry(baseline) for one in job.before.retired):
        raise InputError(
            f"{baseline.name} was the name of another baseline, which was taken back and which databases"
            " may record",
            hint="Choose another migration with --to NNNN.",
        )


def _exists(path: Path) -> bool:
    """Whether something is there, a link that leads nowhere too."""
    return os.path.lexists(path)


def _refuse_others(target: Target, place: Path, job: _Job, made: Made, path: Path) -> None:
    """Refuse before the first write what would stop a later one, or lose a file of somebody's."""
    wanted = {one.name: one.data for one in job.absorbed}
    for own in (path, place / manifest.FILE):
        if own.name in wanted:
            hint = "Choose another migration with --to NNNN."
            raise InputError(f"{own.as_posix()} would be two files", hint=hint)
    wanted[path.name] = made.transition.encode()
    for root in (target.migrations, place):
        if root.is_symlink():
            hint = "Name the directory itself with --migrations DIR."
            raise InputError(f"{root.as_posix()} is a symbolic link", hint=hint)
        if _exists(root) and not root.is_dir():
            raise InputError(f"{root.as_posix()} is not a directory", hint="Move it away.")
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
    for one in (target.fresh, *(place / name for name in wanted)):
        target.require_outside(one)
    for file in job.absorbed:
        _refuse_changed(target.migrations, entry(file))


def _refuse_changed(root: Path, one: Entry) -> None:
    """Refuse where somebody wrote a file since it was read: what is in it then is nowhere else."""
    path = root / one.name
    if _exists(path) and digest(read_regular(path, follow=False)) != one.digest:
        raise InputError(
            f"{path.as_posix()} was changed meanwhile", hint="Nothing was written: run it again."
        )


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


def _write(target: Target, place: Path, job: _Job, made: Made, path: Path, record: Manifest) -> None:
    files.unfinished = _UNFINISHED
    try:
        write_atomically(place / manifest.FILE, manifest.text(record).encode())
        for one in job.absorbed:
            write_atomically(place / one.name, one.data)
        write_atomically(path, made.transition.encode())
        write_atomically(target.fresh, made.fresh.text.encode())
        write_atomically(target.migrations / made.baseline.name, made.baseline.data)
        for one in job.absorbed:
            _take(target.migrations, entry(one))
    except InputError as error:
        error.hint = _FINISH
        raise
    files.unfinished = ""


def _take(root: Path, one: Entry) -> None:
    """Remove a file that is still what it was, and directories below the root that are empty then."""
    _refuse_changed(root, one)
    remove(root / one.name)
    for folder in (root / one.name).parents:
        if folder == root:
            return
        with suppress(OSError):
            folder.rmdir()


def undo(target: Target) -> Archived:
    """Put the absorbed files of the last archive back and take its baseline away.

    Raises InputError when there is no archive, TouchedError when one of its files was edited, and what
    ``squash`` raises for the chain that there would be; nothing was touched then.
    """
    with alone(target.migrations):
        return _undo(target)


def _undo(target: Target) -> Archived:
    _ledger(target)
    place = place_of(target.migrations)
    known = manifest.read(place / manifest.FILE)
    if known is None or not known.archives:
        raise InputError(
            f"{(place / manifest.FILE).as_posix()} records no archive", hint="There is nothing to undo."
        )
    last = known.archives[-1]
    absorbed = absorbed_of(last, target.migrations)
    baseline = target.migrations / last.baseline.name
    refuse_edited_baseline(last, target.migrations)
    whole = _restored(target, absorbed, last)
    fresh = proved(observe(whole, target.scope), target)
    for one in absorbed:
        _refuse_strange(target.migrations, one.name)
    for path in (target.migrations / absorbed[0].name, target.fresh, place / manifest.FILE):
        require_writable(path)
    path = transition_to(last.baseline.name, place)
    rest = Manifest(known.archives[:-1], (*known.retired, last.baseline))
    files.unfinished = _NOT_UNDONE
    try:
        for one in absorbed:
            write_atomically(target.migrations / one.name, one.data)
        write_atomically(target.fresh, fresh.text.encode())
        _take(target.migrations, last.baseline)
        for old in last.absorbed:
            _take(place, old)
        remove(path)
        write_atomically(place / manifest.FILE, manifest.text(rest).encode())
    except InputError as error:
        error.hint = "Run `squasher archive --undo` again to finish it."
        raise
    files.unfinished = ""
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
        now = read_chain(target.migrations, target.pattern).migrations
    except NoMigrationsError:
        now = ()
    data = {one.name: one.data for one in (*now, *absorbed) if one.name != last.baseline.name}
    return assemble(target.migrations.as_posix(), dict.fromkeys(data, True), data.__getitem__)
