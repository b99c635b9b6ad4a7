"""Prefixes: replaying a chain from where an earlier run has come to with the same files.

An image of the database is not all that a connection is. A prefix is kept only where the rest of the
chain cannot tell the difference, and the rest is run from the first file again when it asks for it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from squasher.cache import LARGEST
from squasher.engine import SOURCE_ID, Database
from squasher.errors import SqlError
from squasher.parallel import aside
from squasher.schema import Stored
from squasher.statements import Ran
from squasher.version import VERSION
from squasher.watch import Note, Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from squasher.cache import Cache
    from squasher.chain import Migration
    from squasher.profiles import Profile
    from squasher.universe import Universe

_PACE: Final = 150_000_000
"""Bytes of a database of which an image is kept in a second."""
_WORTH: Final = 4
"""So many times what it takes to keep a prefix is what it has to save."""
_BACK: Final = (0, 1, 4, 16, 64, 256, 1024)
"""How many files before the last one a prefix is kept: it is the last ones that are still edited."""

Told = tuple[tuple[Ran, ...], tuple[Note, ...]]
"""What a file did: its statements, and what was noted of them."""


class Prefix(NamedTuple):
    """The state behind the first so many files, and what each of them did."""

    files: int
    image: bytes
    draws: int
    steps: int
    """Those that all statements together have taken."""
    told: tuple[Told, ...]

    def restore(self, database: Database) -> None:
        """Put a new database into this state."""
        database.restore(self.image)
        database.draw_from(self.draws)
        database.budget.total = self.steps


class Prefixes:
    """The kept prefixes of some files, which run in one way: those of a chain, or a file alone."""

    def __init__(
        self,
        cache: Cache,
        migrations: tuple[Migration, ...],
        profile: Profile,
        universe: Universe,
        way: Literal["chain", "file"],
    ) -> None:
        self._cache = cache
        self._files = migrations
        self._way = (way, profile, universe)
        self._wanted = {len(migrations) - back for back in _BACK}

    @cached_property
    def _names(self) -> list[str]:
        """A digest for each prefix: of its files, and of all else that decides what they do."""
        digest = hashlib.sha256(circumstances(*self._way))
        names: list[str] = []
        for migration in self._files:
            migration.feed(digest)
            names.append(digest.hexdigest())
        return names

    def longest(self) -> Prefix | None:
        """The longest one that is kept whole."""
        there = self._cache.names()
        if not there:
            return None
        for files in range(len(self._names), 0, -1):
            if f"{self._names[files - 1]}.image" in there:
                found = self._prefix(files)
                if found is not None:
                    return found
        return None

    def _prefix(self, files: int) -> Prefix | None:
        kept = self._cache.get(f"{self._names[files - 1]}.image")
        if kept is None:
            return None
        image, draws, steps = kept
        told: list[tuple[Told, ...]] = []
        last = files
        while last:
            part = self._cache.get(f"{self._names[last - 1]}.steps")
            if part is None or len(part) > last:
                return None
            told.append(tuple(_told(one) for one in part))
            last -= len(part)
        return Prefix(files, image, draws, steps, tuple(one for part in reversed(told) for one in part))

    def wants(self, files: int, seconds: float, database: Database) -> bool:
        """Whether to keep a prefix of so many files, so many seconds after the last one that is kept."""
        if files not in self._wanted:
            return False
        # the last one always: what comes next is most often one more file
        size = database.size
        price = 0.0 if files == len(self._files) or self._cache.worth < 0 else size / _PACE
        # a module keeps statements on a connection; whatever compiles them is seen to touch its parts
        resumes = self._way[0] == "file" or not database.virtual
        return seconds > price * _WORTH and resumes and database.plain and size < LARGEST

    def keep(self, files: int, database: Database, told: Sequence[Told]) -> None:
        """Keep the prefix of so many files; ``told`` is what those did that no shorter kept one has."""
        name = self._names[files - 1]

        def put() -> None:
            with suppress(SqlError):  # there is no memory for another one
                image = (database.serialized(), database.draws, database.budget.total)
                steps = [_plain(one) for one in told]
                self._cache.put_all([(f"{name}.steps", steps), (f"{name}.image", image)])

        aside(put)


def circumstances(what: str, profile: Profile, universe: Universe) -> bytes:
    """All that decides what files do but the files: the engine, squasher, the rules, the universe."""
    rules = tuple(sorted(part) if isinstance(part, frozenset) else part for part in profile)
    return f"{what}\0{SOURCE_ID}\0{VERSION}\0{_own()}\0{sys.version}\0{rules!r}\0{universe!r}\0".encode()


@cache
def _own() -> str:
    """What tells this squasher from one that was edited: the sizes and times of its own files."""
    with os.scandir(Path(__file__).parent) as found:
        files = sorted(
            (entry.name, entry.stat().st_size, entry.stat().st_mtime_ns)
            for entry in found
            if entry.name.endswith(".py")
        )
    return repr(files)


def _plain(told: Told) -> tuple[Any, ...]:
    """As tuples and nothing else, which is what a cache keeps."""
    statements, notes = told
    versions = ((note.statement, *(_plain_version(one) for one in (note.old, note.new))) for note in notes)
    ran = (tuple(one._replace(said=one.sql)) for one in statements)
    return tuple(ran), tuple(versions)


def _plain_version(version: Version | None) -> tuple[Any, ...] | None:
    return None if version is None else (tuple(version.stored), version.part)


def _told(kept: tuple[Any, ...]) -> Told:
    statements, notes = kept
    return (
        tuple(map(Ran._make, statements)),
        tuple(Note(number, _version(old), _version(new)) for number, old, new in notes),
    )


def _version(kept: tuple[Any, ...] | None) -> Version | None:
    if kept is None:
        return None
    stored, part = kept
    return Version(Stored._make(stored), part, None)
