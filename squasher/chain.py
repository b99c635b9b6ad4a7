"""The chain: the ordered migrations of a directory, found and ordered as wrangler does."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from squasher.errors import InputError
from squasher.files import LARGEST_FILE, read_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class NoMigrationsError(InputError):
    """A directory that holds none."""


class Migration(NamedTuple):
    """One migration file."""

    name: str
    """The file's name, as a ledger records it."""
    path: str
    """The path as the user would write it, for messages."""
    data: bytes
    text: str
    """The bytes as text. Line ends and a byte order mark stay: SQLite sees them too."""

    @property
    def number(self) -> str:
        """The name's leading digits as written, or the whole name when it has none."""
        stem = self.name.removesuffix(".sql")
        digits = stem[: len(stem) - len(stem.lstrip("0123456789"))]
        return digits or stem


class Chain(NamedTuple):
    """The migrations of one directory in the order in which they run."""

    directory: str
    migrations: tuple[Migration, ...]
    skipped: tuple[str, ...] = ()
    """Why entries that look like migrations were left out, a sentence each."""

    @property
    def digest(self) -> str:
        """``sha256:…`` over the names and bytes of all files, in order."""
        digest = hashlib.sha256()
        for migration in self.migrations:
            digest.update(f"{migration.name}\0{len(migration.data)}\0".encode())
            digest.update(migration.data)
        return f"sha256:{digest.hexdigest()}"

    @property
    def span(self) -> str:
        """The numbers of the first and the last migration, for people: ``0001 to 0036``."""
        first, last = self.migrations[0].number, self.migrations[-1].number
        return first if first == last else f"{first} to {last}"

    def until(self, number: str) -> Chain:
        """The chain up to and including migration ``number`` (or a file name). Raises InputError."""
        wanted = int(number) if number.isdecimal() else None
        last = -1
        for index, migration in enumerate(self.migrations):
            if migration.name in {number, f"{number}.sql"}:
                last = index
                break
            if wanted is not None and leading_integer(migration.name) == wanted:
                last = index
        if last < 0:
            message = f"no migration {number} in {self.directory}/"
            raise InputError(message, hint=f"Choose a number from {self.span}.")
        return Chain(self.directory, self.migrations[: last + 1], self.skipped)


def read_chain(directory: Path) -> Chain:
    """Find and read the migrations of a directory. Raises InputError."""
    if not directory.is_dir():
        what = "is not a directory" if directory.exists() else "does not exist"
        raise InputError(f"{directory}/ {what}", hint="Name the directory with --migrations DIR.")
    try:
        entries = {
            entry.name: stat.S_ISREG(entry.lstat().st_mode)
            for entry in directory.iterdir()
            if looks_like_one(entry.name)
        }
    except OSError as error:
        raise InputError(f"{directory}/: {error.strerror}") from error
    return assemble(directory.as_posix(), entries, lambda name: read_regular(directory / name, follow=False))


def assemble(directory: str, entries: Mapping[str, bool], read: Callable[[str], bytes]) -> Chain:
    """The chain of a directory's ``entries``: by name, whether it is a regular file. Raises InputError.

    Which files and in which order: wrangler 4.164.0, ``d1 migrations list``. Regular files that end
    in ``.sql``, no dot files, no symbolic links; by leading integer, then without one, ties lexical.
    """
    names = sorted(name for name in entries if looks_like_one(name))
    folder = PurePosixPath(directory)
    skipped = tuple(
        f"{folder / name} was skipped: it is no regular file, so wrangler does not see it"
        for name in names
        if not entries[name]
    )
    files = sorted((name for name in names if entries[name]), key=lambda name: _order(_text(name)))
    if not files:
        raise NoMigrationsError(
            f"{directory}/ holds no migrations",
            hint="Migrations are files named like 0001_add_users_table.sql.",
        )
    migrations: list[Migration] = []
    size = 0
    for name in files:
        migrations.append(migration(name, str(folder / name), read(name)))
        size += len(migrations[-1].data)
        if size > LARGEST_FILE:
            raise InputError(
                f"{directory}/ holds more than {LARGEST_FILE >> 20} MiB of migrations",
                hint="Load large data with a program of its own.",
            )
    return Chain(directory, tuple(migrations), skipped)


def _text(name: str) -> str:
    """A file name as text, whatever the locale makes of its bytes. Raises InputError."""
    raw = os.fsencode(name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        shown = raw.decode("utf-8", "replace")
        raise InputError(f"{shown}: the file's name is not UTF-8", hint="Rename it.") from None


def read_migration(path: Path, *, follow: bool = True) -> Migration:
    """Read one SQL file. Raises InputError when it cannot be read or is not UTF-8 text."""
    return migration(path.name, path.as_posix(), read_regular(path, follow=follow))


def migration(name: str, path: str, data: bytes) -> Migration:
    """A file that was read from anywhere. Raises InputError when it is not UTF-8 text."""
    shown = _text(path)
    return Migration(_text(name), shown, data, decode(data, shown))


def decode(data: bytes, path: str) -> str:
    """UTF-8 text of a file. Raises InputError that names the line."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{path}:{line}: not UTF-8 text (byte 0x{data[error.start]:02x})"
        raise InputError(message, hint="Save the file as UTF-8.") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        message = f"{path}:{line}: a NUL character, which no SQL text may hold"
        raise InputError(message, hint="Save the file as UTF-8 (UTF-16 has a NUL in every letter).")
    return text


def looks_like_one(name: str) -> bool:
    """Whether an entry of this name is a migration, if it is a regular file."""
    return name.endswith(".sql") and not name.startswith(".")


def leading_integer(name: str) -> int | None:
    """What JavaScript's ``parseInt(name.split("_")[0], 10)`` gives; None for NaN."""
    head = name.split("_", maxsplit=1)[0].lstrip()
    sign = -1 if head.startswith("-") else 1
    digits = head[1:] if head[:1] in {"+", "-"} else head
    length = 0
    while length < len(digits) and digits[length] in "0123456789":
        length += 1
    return sign * int(digits[:length]) if length else None


def _order(name: str) -> tuple[bool, int, bytes]:
    number = leading_integer(name)
    return number is None, number or 0, name.encode("utf-16-be", "surrogatepass")
