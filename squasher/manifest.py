"""The manifest of an archive: which migrations a baseline absorbed, and which were released beside it.

A manifest comes from a repository that strangers may write to: a name in it is only taken when it stays
below the directory that it is looked for in.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from squasher.errors import InputError
from squasher.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from squasher.chain import Migration

FILE: Final = "manifest.json"
VERSION: Final = 1
_HEX: Final = frozenset("0123456789abcdef")
_DIGITS: Final = 64
_RESTORE: Final = "Get it back from version control."


class Entry(NamedTuple):
    """One file: its name as a ledger records it, and its digest."""

    name: str
    digest: str


class Archive(NamedTuple):
    """One squash in place."""

    baseline: Entry
    absorbed: tuple[Entry, ...]
    """The files that were moved, in the order of the chain; an older baseline may be among them."""
    allowed: tuple[str, ...]
    """Names that a ledger may hold beside those of the chain."""
    ledger: str
    released: tuple[Entry, ...]
    """The migrations after the absorbed ones at that moment."""
    transition: Entry | None = None
    """The ledger transition in the archive; None where an older squasher wrote the manifest."""


class Manifest(NamedTuple):
    """All archives of a chain, the oldest first."""

    archives: tuple[Archive, ...] = ()
    retired: tuple[Entry, ...] = ()
    """Baselines that were taken back; ledgers may record them for ever, so no other file has their names."""


def entry(migration: Migration) -> Entry:
    """What a manifest holds of a migration."""
    return Entry(migration.name, digest(migration.data))


def digest(data: bytes) -> str:
    """The sha256 of a file with LF as its line ends, which git turns on some machines, in hexadecimal."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def read(path: Path) -> Manifest | None:
    """The manifest in a file; None when there is none. Raises InputError."""
    if path.is_symlink():
        raise InputError(f"{path.as_posix()}: it is a symbolic link", hint=_RESTORE)
    if not path.exists():
        return None
    return parse(read_regular(path, follow=False), path.as_posix())


def parse(data: bytes, path: str) -> Manifest:
    """A manifest's bytes. Raises InputError when they are not what ``text`` makes."""
    import json  # most chains have no manifest

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        _refuse_twice(path, [key for key, _ in found])
        return dict(found)

    try:
        document = json.loads(data.decode(), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a manifest: {error}", hint=_RESTORE) from error
    version = document.get("version") if isinstance(document, dict) else None
    if type(version) is int and version != VERSION:
        raise InputError(
            f"{path}: version {version} of a manifest, and this squasher knows version {VERSION}",
            hint="Use the squasher that wrote it.",
        )
    found = _Reader(path).fields(document, "version", "archives", optional="retired")
    if type(version) is not int or not isinstance(found["archives"], list):
        _broken(path, "it has no version, or no list of archives")
    archives = tuple(_Reader(path).archive(one) for one in found["archives"])
    _refuse_twice(path, [one.name for archive in archives for one in archive.absorbed])
    return Manifest(archives, _Reader(path).entries(found.get("retired", {})))


def _refuse_twice(path: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            _broken(path, f"{name!r} stands in it twice")
        seen.add(name)


def _broken(path: str, what: str) -> NoReturn:
    raise InputError(f"{path}: not a manifest: {what}", hint=_RESTORE)


class _Reader(NamedTuple):
    """Takes a document apart; whatever is not as it should be is an error that names it."""

    path: str

    def fields(self, value: object, *keys: str, optional: str) -> dict[str, object]:
        if not isinstance(value, dict) or set(value) - {optional} != set(keys):
            _broken(self.path, f"an object with {', '.join(keys)} is missing")
        return value

    def archive(self, value: object) -> Archive:
        keys = "baseline", "ledger", "allowed", "absorbed", "released"
        found = self.fields(value, *keys, optional="transition")
        baseline = self.entries(found["baseline"])
        absorbed = self.entries(found["absorbed"])
        allowed = found["allowed"]
        if len(baseline) != 1 or not absorbed:
            _broken(self.path, "an archive has one baseline, and absorbed at least one migration")
        if not isinstance(allowed, list):
            _broken(self.path, "allowed is no list")
        names = tuple(self.text(one) for one in allowed)
        ledger = self.text(found["ledger"])
        transition = self.entries(found["transition"]) if "transition" in found else (None,)
        if len(transition) != 1:
            _broken(self.path, "an archive has one ledger transition")
        return Archive(baseline[0], absorbed, names, ledger, self.entries(found["released"]), transition[0])

    def entries(self, value: object) -> tuple[Entry, ...]:
        if not isinstance(value, dict):
            _broken(self.path, "files are an object of names, each with its sha256")
        for name, said in value.items():
            if not _is_below(name):
                _broken(self.path, f"{name!r} is no name of a migration")
            if not isinstance(said, str) or len(said) != _DIGITS or not _HEX.issuperset(said):
                _broken(self.path, f"{name!r} has no sha256")
        return tuple(Entry(name, str(said)) for name, said in value.items())

    def text(self, value: object) -> str:
        if not isinstance(value, str) or not value or not _is_text(value):
            _broken(self.path, "a name is missing")
        return value


def _is_below(name: str) -> bool:
    """Whether a name is that of a file below the directory that it is looked for in."""
    strange = {"", ".", ".."}.intersection(name.split("/")) or "\\" in name or "\0" in name
    return not strange and name != FILE and _is_text(name)


def _is_text(name: str) -> bool:
    """Whether a name is UTF-8: JSON can say half of a character."""
    return name.isprintable() or not any("\ud800" <= char <= "\udfff" for char in name)


def text(manifest: Manifest) -> str:
    """The manifest as it is stored: the same archives, the same bytes."""
    import json  # as above

    document = {
        "version": VERSION,
        "archives": [
            {
                "baseline": _files([archive.baseline]),
                "ledger": archive.ledger,
                "allowed": list(archive.allowed),
                "absorbed": _files(archive.absorbed),
                "released": _files(archive.released),
                **({"transition": _files([archive.transition])} if archive.transition else {}),
            }
            for archive in manifest.archives
        ],
        **({"retired": _files(manifest.retired)} if manifest.retired else {}),
    }
    return json.dumps(document, indent=2) + "\n"


def _files(entries: Iterable[Entry]) -> dict[str, str]:
    return {one.name: one.digest for one in entries}
