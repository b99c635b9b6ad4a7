"""What an archive's manifest says of the files of a chain, against what is there."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, Literal

from squasher.chain import migration, number_of
from squasher.changes import Added, File, Modified, Removed
from squasher.errors import SquasherError
from squasher.files import read_regular
from squasher.manifest import FILE, digest, read
from squasher.prove import Proof
from squasher.target import beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from squasher.chain import Chain, Migration
    from squasher.changes import Change
    from squasher.manifest import Archive, Manifest

KIND: Final = "archive"
"""The kind of the changes' owner, which is the manifest."""
STEM: Final = "complete_schema"
"""What a baseline's name says after its number."""


def place_of(migrations: Path) -> Path:
    """Where the archive of a chain is. Raises InputError."""
    return beside(migrations, "archive")


def transition_to(baseline: str, place: Path) -> Path:
    """The path of the ledger transition to a baseline: ``0030_ledger.sql`` in the archive."""
    return place / f"{baseline.partition('/')[0].removesuffix('.sql').removesuffix(STEM)}ledger.sql"


class TouchedError(SquasherError):
    """Files that a manifest answers for are not as they were. Nothing was changed."""

    def __init__(self, changes: Iterable[Change]) -> None:
        message = "files are not as the manifest of the archive says"
        super().__init__(message, hint="Nothing was changed. Put these files right first.")
        self.proof = Proof(tuple(changes), (), ())


def guard(chain: Chain, migrations: Path) -> tuple[Change, ...]:
    """How the files of a chain and of its archive differ from its manifest; () when it has none.

    A file that is gone is Removed, one with other bytes Modified, one that should not be there Added.
    Raises InputError for a manifest or an archived file that cannot be read.
    """
    archive = place_of(migrations)
    manifest = read(archive / FILE)
    if manifest is None:
        return ()
    touched = _Guard(chain, archive, manifest).changes() if manifest.archives else ()
    return (*touched, *_retired(chain, archive, manifest))


def _retired(chain: Chain, archive: Path, manifest: Manifest) -> Iterator[Change]:
    """Migrations with the name of a baseline that was taken back: who records that would never run them."""
    names = {one.name for one in manifest.retired}
    for one in chain.migrations:
        if one.name in names:
            new = File(one.path, "retired", digest(one.data))
            yield Added(owner=(KIND, (archive / FILE).as_posix()), new=new)


def stops(change: Change) -> bool:
    """Whether a chain with this finding is another one than its databases have: nobody replays that."""
    file = change.latest
    if not isinstance(file, File):
        return False
    back = file.role in {"returned", "reused", "retired"}
    return back or (file.role == "baseline" and isinstance(change, Removed))


def without_manifest(chain: Chain, migrations: Path, recorded: Iterable[str]) -> tuple[Change, ...]:
    """The manifest, as a file that is gone, where a replay ``recorded`` migrations that are nowhere.

    Only a baseline does that; without its manifest, nothing would say what it absorbed.
    """
    path = place_of(migrations) / FILE
    names = {one.name for one in chain.migrations}
    if path.exists() or names.issuperset(recorded):
        return ()
    gone = File(path.as_posix(), "manifest", "", chain.migrations[0].path)
    return (Removed(owner=(KIND, path.as_posix()), old=gone),)


class _Guard:
    def __init__(self, chain: Chain, archive: Path, manifest: Manifest) -> None:
        self._owner = KIND, (archive / FILE).as_posix()
        self._archive = archive
        self._chain = chain
        self._present = {one.name: one for one in chain.migrations}
        self._absorbed: dict[str, str] = {}
        """The baseline that each absorbed file is in now, by the file's name."""
        self._wanted: dict[str, File] = {}
        self._baseline = manifest.archives[-1].baseline.name
        self._transitions = [each.transition for each in manifest.archives if each.transition]
        for each in manifest.archives:
            for one in each.released:
                self._wanted[one.name] = File(self._own(one.name), "released", one.digest)
            name, wanted = each.baseline
            self._wanted[name] = File(self._own(name), "baseline", wanted)
            for one in each.absorbed:
                self._wanted[one.name] = File((archive / one.name).as_posix(), "absorbed", one.digest)
                self._absorbed[one.name] = self._own(name)

    def _own(self, name: str) -> str:
        return f"{self._chain.directory}/{name}"

    def changes(self) -> Iterator[Change]:
        for name, wanted in self._wanted.items():
            found = self._digest(name)
            if found is None:
                yield Removed(owner=self._owner, old=wanted)
            elif found != wanted.digest:
                yield _edited(self._owner, wanted, found)
        for made in self._transitions:
            path = self._archive / made.name
            wanted, found = File(path.as_posix(), "transition", made.digest), _digest_of(path)
            if found is None:
                yield Removed(owner=self._owner, old=wanted)
            elif found != wanted.digest:
                yield _edited(self._owner, wanted, found)
        for one in self._chain.migrations:
            other = self._absorbed.get(one.name)
            if other is not None:
                now = digest(one.data)
                same = now == self._wanted[one.name].digest
                there = File(one.path, "returned" if same else "reused", now, other)
                yield Added(owner=self._owner, new=there)
        yield from self._new()

    def _digest(self, name: str) -> str | None:
        """What is in the file's place; None when nothing is."""
        if name in self._absorbed:
            return _digest_of(self._archive / name)
        there = self._present.get(name)
        return None if there is None else digest(there.data)

    def _new(self) -> Iterator[Change]:
        """What is wrong with migrations that the manifest does not know yet."""
        names = [one.name for one in self._chain.migrations]
        first = names.index(self._baseline) if self._baseline in names else -1
        taken: dict[str, str] = {}
        for name, wanted in self._wanted.items():
            number = number_of(name)
            if number is not None:
                taken.setdefault(number, wanted.path)
        for place, one in enumerate(self._chain.migrations):
            if one.name in self._wanted:
                continue
            number = number_of(one.name)
            if number is not None and number in taken:
                yield self._added(one, "twin", taken[number])
            elif place < first:
                yield self._added(one, "early", self._own(self._baseline))
            if number is not None:
                taken.setdefault(number, one.path)

    def _added(self, migration: Migration, role: Literal["twin", "early"], other: str) -> Change:
        new = File(migration.path, role, digest(migration.data), other)
        return Added(owner=self._owner, new=new)


def _digest_of(path: Path) -> str | None:
    """The digest of a regular file; None where there is none."""
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return None
    return digest(read_regular(path, follow=False)) if regular else None


def is_unfinished(last: Archive, chain: Chain) -> bool:
    """Whether the run that made an archive was stopped: to remove the absorbed files is the last it does."""
    present = {one.name for one in chain.migrations}
    return last.baseline.name not in present or any(one.name in present for one in last.absorbed)


def refuse_touched(chain: Chain, migrations: Path, begun: Archive | None = None) -> None:
    """Raise TouchedError for what ``guard`` finds, but for files that a run which was stopped is moving."""
    moving: set[str] | None = None
    if begun is not None:
        folders = migrations, place_of(migrations)
        names = (begun.baseline, *begun.absorbed)
        moving = {(folder / one.name).as_posix() for folder in folders for one in names}
    touched = guard(chain, migrations)
    wrong = [change for change in touched if moving is None or not _is_moving(change, moving)]
    if wrong:
        raise TouchedError(wrong)


def _is_moving(change: Change, moving: set[str]) -> bool:
    """Whether a file is only not yet in its place: gone from one, or the same in both."""
    file = change.latest
    if isinstance(file, File) and file.role == "transition":
        return True  # it is made again
    if not isinstance(file, File) or file.path not in moving:
        return False
    return isinstance(change, Removed) or file.role == "returned"


def absorbed_of(last: Archive, migrations: Path) -> tuple[Migration, ...]:
    """The absorbed files of an archive, from whichever of the two places they are in.

    Raises TouchedError where neither has one, or one has other bytes.
    """
    place = place_of(migrations)
    owner = KIND, (place / FILE).as_posix()
    found: list[Migration] = []
    wrong: list[Change] = []
    for one in last.absorbed:
        paths = place / one.name, migrations / one.name
        held = {path: read_regular(path, follow=False) for path in paths if os.path.lexists(path)}
        wanted = File(paths[0].as_posix(), "absorbed", one.digest)
        if not held:
            wrong.append(Removed(owner=owner, old=wanted))
        wrong += [
            _edited(owner, wanted._replace(path=path.as_posix()), digest(data))
            for path, data in held.items()
            if digest(data) != one.digest
        ]
        found += [migration(one.name, paths[1].as_posix(), data) for data in [*held.values()][:1]]
    if wrong:
        raise TouchedError(wrong)
    return tuple(found)


def refuse_edited_baseline(last: Archive, migrations: Path) -> None:
    """Raise TouchedError when the baseline of an archive is there with other bytes."""
    path = migrations / last.baseline.name
    now = digest(read_regular(path, follow=False)) if os.path.lexists(path) else last.baseline.digest
    if now != last.baseline.digest:
        owner = KIND, (place_of(migrations) / FILE).as_posix()
        raise TouchedError([_edited(owner, File(path.as_posix(), "baseline", last.baseline.digest), now)])


def _edited(owner: tuple[str, str], wanted: File, now: str) -> Change:
    return Modified(owner=owner, old=wanted, new=wanted._replace(digest=now), fields=("digest",))
