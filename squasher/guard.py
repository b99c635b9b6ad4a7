"""What an archive's manifest says of the files of a chain, against what is there."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final, Literal

from squasher.chain import leading_integer
from squasher.changes import Added, File, Modified, Removed
from squasher.files import read_regular
from squasher.manifest import FILE, digest, read
from squasher.target import beside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from squasher.chain import Chain, Migration
    from squasher.changes import Change
    from squasher.manifest import Manifest

KIND: Final = "archive"
"""The kind of the changes' owner, which is the manifest."""


def place_of(migrations: Path) -> Path:
    """Where the archive of a chain is. Raises InputError."""
    return beside(migrations, "archive")


def guard(chain: Chain, migrations: Path) -> tuple[Change, ...]:
    """How the files of a chain and of its archive differ from its manifest; () when it has none.

    A file that is gone is Removed, one with other bytes Modified, one that should not be there Added.
    Raises InputError for a manifest or an archived file that cannot be read.
    """
    archive = place_of(migrations)
    manifest = read(archive / FILE)
    if manifest is None or not manifest.archives:
        return ()
    return tuple(_Guard(chain, archive, manifest).changes())


class _Guard:
    def __init__(self, chain: Chain, archive: Path, manifest: Manifest) -> None:
        self._owner = KIND, (archive / FILE).as_posix()
        self._archive = archive
        self._chain = chain
        self._present = {migration.name: migration for migration in chain.migrations}
        self._absorbed: dict[str, str] = {}
        """The baseline that each absorbed file is in now, by the file's name."""
        self._wanted: dict[str, File] = {}
        self._baseline = manifest.archives[-1].baseline.name
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
                there = wanted._replace(digest=found)
                yield Modified(owner=self._owner, old=wanted, new=there, fields=("digest",))
        for migration in self._chain.migrations:
            other = self._absorbed.get(migration.name)
            if other is not None:
                now = digest(migration.data)
                same = now == self._wanted[migration.name].digest
                role = File(migration.path, "returned" if same else "reused", now, other)
                yield Added(owner=self._owner, new=role)
        yield from self._new()

    def _digest(self, name: str) -> str | None:
        """What is in the file's place; None when nothing is."""
        if name in self._absorbed:
            path = self._archive / name
            try:
                regular = stat.S_ISREG(path.lstat().st_mode)
            except OSError:
                return None
            return digest(read_regular(path, follow=False)) if regular else None
        migration = self._present.get(name)
        return None if migration is None else digest(migration.data)

    def _new(self) -> Iterator[Change]:
        """What is wrong with migrations that the manifest does not know yet."""
        names = [migration.name for migration in self._chain.migrations]
        first = names.index(self._baseline) if self._baseline in names else -1
        taken: dict[int, str] = {}
        for name, wanted in self._wanted.items():
            number = leading_integer(name)
            if number is not None:
                taken.setdefault(number, wanted.path)
        for place, migration in enumerate(self._chain.migrations):
            if migration.name in self._wanted:
                continue
            number = leading_integer(migration.name)
            if number is not None and number in taken:
                yield self._added(migration, "twin", taken[number])
            elif place < first:
                yield self._added(migration, "early", self._own(self._baseline))
            if number is not None:
                taken.setdefault(number, migration.path)

    def _added(self, migration: Migration, role: Literal["twin", "early"], other: str) -> Change:
        new = File(migration.path, role, digest(migration.data), other)
        return Added(owner=self._owner, new=new)
