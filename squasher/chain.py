"""The chain: the ordered migrations of a directory, found and ordered as wrangler does."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.errors import InputError
from squasher.files import LARGEST_FILE, read_regular
from squasher.patterns import ANY, NESTED, glob

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


_BLANK: Final = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What JavaScript takes for white space (ECMA-262, StrWhiteSpaceChar)."""
_ALIKE: Final = 0.8
"""How much of two names of directories is the same where one may be the other, misspelled."""


class NoMigrationsError(InputError):
    """A directory that holds none."""


class Migration(NamedTuple):
    """One migration file."""

    name: str
    """The file's path below the directory of the migrations, as a ledger records it."""
    path: str
    """The path as the user would write it, for messages."""
    text: str
    """Line ends and a byte order mark stay: SQLite sees them too."""

    @property
    def data(self) -> bytes:
        """The file's bytes, made anew: a file may be large, and few ask for them."""
        return self.text.encode()

    def feed(self, digest: hashlib._Hash) -> None:
        """Tell a digest the file's name and bytes, so that no other files give the same."""
        data = self.data
        digest.update(f"{self.name}\0{len(data)}\0".encode())
        digest.update(data)

    @property
    def label(self) -> str:
        """The name without what it has in common with others: ``.sql``, or ``/migration.sql``."""
        return self.name.removesuffix(".sql").removesuffix("/migration")

    @property
    def number(self) -> str:
        """The name's leading digits as written, ``2024/0001`` in directories; the label when it has none."""
        first, *others = (_digits(part) for part in self.label.split("/"))
        return "/".join([first, *filter(None, others)]) if first else self.label

    def is_called(self, what: str) -> bool:
        """Whether ``what`` is its name, in full or without its ending."""
        return what in {self.name, self.name.removesuffix(".sql"), self.label}


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
            migration.feed(digest)
        return f"sha256:{digest.hexdigest()}"

    @property
    def span(self) -> str:
        """The numbers of the first and the last migration, for people: ``0001 to 0036``."""
        first, last = self.migrations[0].number, self.migrations[-1].number
        return first if first == last else f"{first} to {last}"

    def until(self, number: str) -> Chain:
        """The chain up to and including migration ``number`` (or a file name). Raises InputError."""
        wanted = number.lstrip("0") or "0" if number.isdecimal() else None
        last = -1
        for index, migration in enumerate(self.migrations):
            if migration.is_called(number):
                last = index
                break
            if migration.number == number or (wanted is not None and wanted == number_of(migration.name)):
                last = index
        if last < 0:
            message = f"no migration {number} in {self.directory}/"
            raise InputError(message, hint=f"Choose a number from {self.span}.")
        return Chain(self.directory, self.migrations[: last + 1], self.skipped)


def read_chain(directory: Path, pattern: str = ANY) -> Chain:
    """Find and read the migrations of a directory: the files below it that ``pattern`` matches.

    Raises InputError; NoMigrationsError when there are none.
    """
    if not directory.is_dir():
        what = "is not a directory" if directory.exists() else "does not exist"
        raise InputError(f"{directory}/ {what}", hint=_other_than(directory))
    entries = _listed(directory, pattern)
    if pattern == ANY and not any(entries.values()) and any(_listed(directory, NESTED).values()):
        raise NoMigrationsError(
            f"{directory}/ holds no migrations, but files that match {NESTED}",
            hint=f"Set migrations_pattern to {directory.as_posix()}/{NESTED} in wrangler's configuration.",
        )
    return assemble(
        directory.as_posix(), entries, lambda name: read_regular(directory / name, follow=False), pattern
    )


def _other_than(missing: Path) -> str:
    """Which directory somebody may have meant who named one that is not there."""
    import difflib

    near: list[str] = []
    with contextlib.suppress(OSError):
        near = [one.name for one in missing.parent.iterdir() if one.is_dir()]
    own = f"{missing.name}-"  # what squasher itself keeps beside it
    near = [name for name in near if not name.startswith(own)]
    close = difflib.get_close_matches(missing.name, near, n=1, cutoff=_ALIKE)
    if close:
        return f"Is it {missing.with_name(close[0]).as_posix()}?"
    return "Name the directory with --migrations DIR."


def _listed(directory: Path, pattern: str) -> dict[str, bool]:
    """What is below a directory and looks like a migration: by path, whether it is a regular file.

    No link is followed; one to a directory that could hold migrations looks like one.
    """
    wanted = glob(pattern)
    found: dict[str, bool] = {}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        try:
            with os.scandir(directory / inside) as entries:
                for entry in entries:
                    path = inside + entry.name
                    below = wanted.nested and wanted.may_hold(path) and _leads_to_a_directory(entry)
                    if below and not entry.is_symlink():
                        waiting.append(f"{path}/")
                    if wanted.matches(path) or (below and entry.is_symlink()):
                        found[path] = entry.is_file(follow_symlinks=False)
        except OSError as error:
            raise InputError(f"{(directory / inside).as_posix()}/: {error.strerror}") from error
    return found


def _leads_to_a_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # its links form a loop


def assemble(
    directory: str, entries: Mapping[str, bool], read: Callable[[str], bytes], pattern: str = ANY
) -> Chain:
    """The chain of a directory's ``entries``: by path below it, whether it is a regular file.

    Which files and in which order: wrangler 4.164.0, ``d1 migrations list``. Regular files that ``pattern``
    matches, no dot files, no symbolic links; directory by directory and then file, by leading integer, then
    without one, ties lexical. Raises InputError.
    """
    folder = PurePosixPath(directory)
    files = sorted((name for name in entries if entries[name]), key=lambda name: _order(_text(name)))
    holding = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    skipped = tuple(
        f"{folder / name} was skipped: it is no regular file, so wrangler does not see it"
        for name in sorted(entries)
        if not entries[name] and name not in holding
    )
    if not files:
        example = "0001_add_users_table.sql" if pattern == ANY else pattern
        raise NoMigrationsError(
            f"{directory}/ holds no migrations", hint=f"Migrations are files named like {example}."
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
    return Migration(_text(name), shown, decode(data, shown))


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


def looks_like_one(name: str, pattern: str = ANY) -> bool:
    """Whether an entry of this path below the directory is a migration, if it is a regular file."""
    return glob(pattern).matches(name)


def _digits(part: str) -> str:
    return part[: len(part) - len(part.lstrip("0123456789"))]


def _leading_integer(part: str) -> str:
    """What JavaScript's ``parseInt(part.split("_")[0], 10)`` reads, sign and digits; '' for NaN."""
    head = part.split("_", maxsplit=1)[0].lstrip(_BLANK)
    digits = _digits(head.removeprefix("-" if head.startswith("-") else "+"))
    return ("-" if head.startswith("-") else "") + digits if digits else ""


def number_of(name: str) -> str | None:
    """The number by which wrangler orders a name, without leading zeros; None where it has none."""
    found = _leading_integer(name)
    return (found.lstrip("0") or "0") if found else None


def _order(name: str) -> list[tuple[bool, float, bytes]]:
    """How wrangler compares paths: part by part, by number and then by JavaScript's order of letters."""
    found: list[tuple[bool, float, bytes]] = []
    for part in name.split("/"):
        number = float(_leading_integer(part) or "nan")
        finite = math.isfinite(number)
        found.append((not finite, number if finite else 0, part.encode("utf-16-be", "surrogatepass")))
    return found
