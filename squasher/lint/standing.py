"""Where a branch stands: which migrations the default branch has, so that databases may have applied them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import git, manifest
from squasher.chain import NoMigrationsError
from squasher.errors import InputError
from squasher.guard import guard, place_of
from squasher.names import named
from squasher.sources import in_git, in_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from squasher.chain import Chain, Migration
    from squasher.changes import Change
    from squasher.lint.study import Study
    from squasher.manifest import Manifest
    from squasher.names import Named
    from squasher.target import Target

ASKING: Final = ("SQ103", "SQ104", "SQ105")
"""The rules that ask git."""
SHORT: Final = 12
"""How many digits of a commit's name people write."""


class Branch(NamedTuple):
    """What git knows of a chain on the default branch: its migrations, by name."""

    name: str
    """The default branch as people write it: ``origin/main``."""
    base: str
    """The commit from which HEAD parted."""
    parted: Mapping[str, Migration]
    """As they were there."""
    tip: Mapping[str, Migration]
    """As they are on the default branch now."""


class Standing:
    """A chain as it is here, beside what git and the manifest of an archive say of it."""

    def __init__(self, target: Target, chain: Chain) -> None:
        self._target = target
        self._chain = chain
        self.here = {one.name: one for one in chain.migrations}
        self.branch = branch(target)

    @cached_property
    def archived(self) -> frozenset[str]:
        """The names that the manifest answers for, and those that it did before an archive was taken back."""
        known = manifest.read(_manifest(self._target))
        found = {*_names(known)}
        if known is not None and known.retired and self.branch is not None:
            found.update(_names(_manifest_at(self.branch.base, self._target)))
        return frozenset(found)

    @cached_property
    def moved(self) -> frozenset[str]:
        """Those that an archive took out of the chain, and baselines that were taken back."""
        known = manifest.read(_manifest(self._target)) or manifest.Manifest()
        absorbed = {one.name for each in known.archives for one in each.absorbed}
        return frozenset({*absorbed, *(one.name for one in known.retired)})

    @cached_property
    def recorded(self) -> tuple[Change, ...]:
        """How the files differ from what the manifest says of them."""
        return guard(self._chain, self._target.migrations)

    def is_known(self, name: str) -> bool:
        """Whether the default branch or the manifest has a migration, so that it is no new one."""
        there = self.branch is not None and (name in self.branch.parted or name in self.branch.tip)
        return there or name in self.archived

    @cached_property
    def new(self) -> tuple[Named, ...]:
        """The migrations that the default branch does not have, in the order of the chain."""
        if self.branch is None:
            return ()
        return tuple(self.named(name) for name in self.here if not self.is_known(name))

    @cached_property
    def there(self) -> tuple[Named, ...]:
        """Those that it has."""
        return () if self.branch is None else tuple(map(self.named, self.branch.tip))

    def named(self, name: str) -> Named:
        """A migration's name, taken apart."""
        return named(name, self._target.pattern)


def standing(study: Study) -> Standing:
    """For ``Study.once``."""
    return Standing(study.target, study.chain)


def branch(target: Target) -> Branch | None:
    """What git knows of a chain; None where there is no git, no repository around, or no default branch.

    A shallow clone may not know where HEAD parted: then nothing is known, too.
    """
    try:
        base, full = git.parted_from()
        tip = git.commit(full)
        with git.Blobs() as blobs:
            parted = _migrations(base, target, blobs)
            return Branch(
                git.short(full),
                base,
                parted,
                parted if tip == base else _migrations(tip, target, blobs),
            )
    except InputError:
        return None


def blind(target: Target) -> str | None:
    """Why nothing is known of the default branch, where that is a shallow clone's fault; else None."""
    try:
        if not git.has_commits() or not git.is_shallow():
            return None
        git.below_the_root(in_git(target.migrations.as_posix()), "")
        git.parted_from()
    except InputError as error:
        shallow = error.hint is not None and "shallow" in error.hint
        return f"{ASKING[0]} to {ASKING[-1]} know of no default branch: {error.hint}" if shallow else None
    return None


def changed_since(revision: str, target: Target, chain: Chain) -> frozenset[str]:
    """The paths of the migrations that a revision does not have, or has with other bytes.

    Line ends do not count, which git turns on some machines. Raises InputError for what git cannot read.
    """
    with git.Blobs() as blobs:
        before = _migrations(git.commit(revision), target, blobs)
    known = {(one.name, manifest.digest(one.data)) for one in before.values()}
    return frozenset(
        one.path for one in chain.migrations if (one.name, manifest.digest(one.data)) not in known
    )


def _migrations(commit: str, target: Target, blobs: git.Blobs) -> dict[str, Migration]:
    """The migrations of a commit. Raises InputError for what cannot be read."""
    directory = target.migrations.as_posix()
    try:
        place = git.locate(commit, in_git(directory), directory)
        chain = in_tree(place, blobs, target.pattern)
    except (git.MissingError, NoMigrationsError):
        return {}
    return {one.name: one for one in chain.migrations}


def _manifest(target: Target) -> Path:
    return place_of(target.migrations) / manifest.FILE


def _manifest_at(commit: str, target: Target) -> Manifest | None:
    path = _manifest(target).as_posix()
    try:
        place = git.locate(commit, in_git(path), path)
        with git.Blobs() as blobs:
            return manifest.parse(blobs.read(place.oid, path), path)
    except InputError:
        return None


def _names(known: Manifest | None) -> Iterable[str]:
    if known is None:
        return
    for each in known.archives:
        yield each.baseline.name
        yield from (one.name for one in (*each.absorbed, *each.released))
    yield from (one.name for one in known.retired)
