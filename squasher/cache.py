"""The cache: what one run computed, kept for the next one in ``.squasher_cache/`` beside the migrations.

An entry is named by a digest of all that it was computed from, so that it never has to be told that it is
out of date. It is sealed with a secret of the user's: a folder that came with somebody's repository is not
believed, and an entry that is damaged is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import stat
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from squasher.errors import InputError
from squasher.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER: Final = ".squasher_cache"
LARGEST: Final = 64 << 20
"""Bytes of one entry; a larger one is not kept."""
MOST: Final = 512 << 20
"""Bytes of all entries; beyond them those go that were not used for the longest time."""
_SEAL: Final = 32
_SECRET: Final = 32
_PARTIAL: Final = ".tmp"
_ENDINGS: Final = frozenset({"image", "steps", "rows"})
_DIGITS: Final = 64
_PARTIAL_DIGITS: Final = 16
_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_STALE: Final = 3600.0
"""Seconds after which a file that is only begun belongs to a run that was killed."""
_IGNORE: Final = "# Written by squasher: what is here can be made again.\n*\n"
_TAG: Final = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag: https://bford.info/cachedir/\n"
)


class Cache:
    """A folder of entries. Whatever goes wrong with it is no error: it holds nothing then."""

    def __init__(self, folder: Path, *, worth: float = 0.2) -> None:
        self.worth = worth
        """Seconds that a computation takes before its result is kept."""
        self._folder = folder
        self._secret = b""

    @classmethod
    def of(cls, migrations: Path) -> Self:
        """The cache beside a directory of migrations."""
        return cls(migrations.parent / FOLDER)

    def names(self) -> frozenset[str]:
        """The entries that are there."""
        with contextlib.suppress(OSError):
            return frozenset(os.listdir(self._folder))  # noqa: PTH208 - names are all that is needed
        return frozenset()

    @property
    def empty(self) -> bool:
        """Whether nothing was kept here, as far as is seen at a glance."""
        return not self._folder.exists()

    def get(self, name: str) -> Any:  # noqa: ANN401 - what ``put`` was given
        """What was kept under this name; None where there is nothing, or nothing that can be believed."""
        with contextlib.suppress(OSError, InputError, ValueError, EOFError, TypeError, zlib.error):
            path = self._folder / name
            if not self._is_own():
                return None
            data = memoryview(read_regular(path, follow=False, most=LARGEST + _SEAL))
            if data[:_SEAL] == self._seal(name, data[_SEAL:], make=False):
                os.utime(path)
                return marshal.loads(zlib.decompress(data[_SEAL:]))  # noqa: S302 - sealed: this user's own run wrote it
        return None

    def _is_own(self) -> bool:
        """Whether the folder is one: a link in a repository may lead anywhere."""
        return stat.S_ISDIR(os.lstat(self._folder).st_mode)

    def put(self, name: str, value: Any) -> None:  # noqa: ANN401 - what marshal takes
        """Keep a value of tuples, texts, bytes and numbers under a name."""
        self.put_all([(name, value)])

    def put_all(self, entries: Iterable[tuple[str, Any]]) -> None:
        """Keep values under their names."""
        with contextlib.suppress(OSError):
            for name, value in entries:
                with contextlib.suppress(ValueError):
                    # an image is mostly pages that hold next to nothing
                    self._write(name, zlib.compress(marshal.dumps(value), 1))
            self._bound()

    def _write(self, name: str, data: bytes) -> None:
        if len(data) > LARGEST or not (seal := self._seal(name, data, make=True)):
            return
        self._begin()
        partial = self._folder / f"{os.urandom(8).hex()}{_PARTIAL}"
        try:
            with partial.open("xb") as file:
                file.write(seal)
                file.write(data)
            partial.replace(self._folder / name)
        finally:
            partial.unlink(missing_ok=True)

    def _begin(self) -> None:
        with contextlib.suppress(FileExistsError):
            self._folder.mkdir()
            (self._folder / ".gitignore").write_text(_IGNORE, encoding="utf-8")
            (self._folder / "CACHEDIR.TAG").write_text(_TAG, encoding="utf-8")
        if not self._is_own():
            raise OSError

    def _bound(self) -> None:
        """Remove what was not used for the longest time, and what a run that was killed began."""
        with os.scandir(self._folder) as found:
            entries = [
                (entry.stat().st_mtime, entry.stat().st_size, entry.path)
                for entry in found
                if _is_entry(entry.name) and entry.is_file(follow_symlinks=False)
            ]
        size = sum(size for _, size, _ in entries)
        now = time.time()
        for used, own, path in sorted(entries):
            if size > MOST or (path.endswith(_PARTIAL) and now - used > _STALE):
                Path(path).unlink(missing_ok=True)
                size -= own

    def _seal(self, name: str, data: bytes | memoryview, *, make: bool) -> bytes:
        """A keyed digest of an entry; none where the user has no secret, and none is to be made."""
        if not self._secret:
            self._secret = _secret(make=make)
        if not self._secret:
            return b""
        digest = hashlib.blake2b(name.encode(), key=self._secret, digest_size=_SEAL)
        digest.update(data)
        return digest.digest()


def _is_entry(name: str) -> bool:
    """Whether a name is one that ``put`` gives: of an entry, or of one that is being written."""
    digest, _, ending = name.partition(".")
    length = _PARTIAL_DIGITS if f".{ending}" == _PARTIAL else _DIGITS if ending in _ENDINGS else 0
    return len(digest) == length > 0 and set(digest) <= _HEXADECIMAL


def _secret(*, make: bool) -> bytes:
    """The user's secret, which no repository knows: in the directory for what users' programs keep.

    https://specifications.freedesktop.org/basedir-spec/latest/; b'' where there is none.
    """
    for path in _places():
        with contextlib.suppress(OSError):
            if make and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                partial = path.with_name(f"{os.urandom(8).hex()}{_PARTIAL}")
                try:
                    number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    with open(number, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                        file.write(os.urandom(_SECRET))
                    with contextlib.suppress(FileExistsError):
                        os.link(partial, path)  # another run's stays
                finally:
                    partial.unlink(missing_ok=True)
            found = path.read_bytes()
            if len(found) == _SECRET:
                return found
    return b""


def _places() -> Iterator[Path]:
    with contextlib.suppress(RuntimeError):  # a user without a home
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        else:
            given = os.environ.get("XDG_CACHE_HOME", "")
            base = Path(given) if given.startswith("/") else Path.home() / ".cache"
        yield base / "squasher" / "secret"
