"""Database files of others: read as they are, never written, never locked for long.

SQLite is asked first, with no right to write anything, the shared memory of a write-ahead log
included. What it cannot read so, because a crash left a journal to roll back or a log without its
index, is recovered in a copy in memory; the files stay as they are.
"""

from __future__ import annotations

import itertools
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

import apsw

from squasher.errors import InputError, SquasherError
from squasher.files import beginning, read_regular

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")

MAGIC: Final = b"SQLite format 3\0"
"""How every database file begins that holds anything: https://sqlite.org/fileformat.html#magic_header_string"""
_VERSIONS: Final = slice(18, 20)
_WAL: Final = 2
_HEAD: Final = 20
WAIT: Final[int] = 5
"""Seconds that a lock is waited for."""
_ATTEMPTS: Final = 5
_URI: Final = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
_RECOVER: Final = "Look at it with `PRAGMA integrity_check`; `sqlite3 FILE .recover` saves what can be read."
_MAIN: Final = "main"
_COPY: Final = "copy"
_PAGE: Final = 4096
"""SQLite's default, which workerd uses too."""
_JOURNALS: Final = ("-journal", "-wal")

_serial = itertools.count(1)


def read(path: Path, use: Callable[[apsw.Connection], _Result], called: str = "") -> _Result:
    """What ``use`` makes of a connection in a read transaction on the file at ``path``.

    Errors name the file, with what it is ``called`` if it has another name for people. Raises InputError
    when the file cannot be read, or stays locked for seconds.
    """
    shown = f"{called} ({path.as_posix()})" if called else path.as_posix()
    place = Path(os.path.realpath(path))  # beside it are its journals, wherever a link is
    for _ in range(_ATTEMPTS):
        before = _stamp(place)
        quiet = _is_wal(beginning(path, _HEAD)) and not _beside(place, "-wal").exists()
        try:
            result = _read(place, shown, use, quiet=quiet)
        except SquasherError:
            if not quiet or _stamp(place) == before:
                raise
            continue
        if not quiet or _stamp(place) == before:
            return result
    raise InputError(f"{shown} changes while it is read", hint="Try again, or name a copy of it.")


def _read(place: Path, shown: str, use: Callable[[apsw.Connection], _Result], *, quiet: bool) -> _Result:
    """With SQLite's own files; ``quiet``: nobody has the database open, so no lock is needed."""
    uri = f"file:{quote(place.as_posix())}?" + ("immutable=1" if quiet else "readonly_shm=1")
    try:
        with closing(apsw.Connection(uri, _URI, statementcachesize=0)) as file:
            _begin(file)
            return use(file)
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        return of_bytes(_consistent(place, shown), shown, use)
    except apsw.Error as error:
        raise _explain(error, shown) from error


def of_bytes(
    files: dict[str, bytearray] | bytes, shown: str, use: Callable[[apsw.Connection], _Result]
) -> _Result:
    """The same for a database that is bytes already, with the journals that lie beside it, if any."""
    held = {_MAIN: bytearray(files)} if isinstance(files, bytes) else files
    memory = _Memory(held)
    try:
        flags = apsw.SQLITE_OPEN_READWRITE
        with closing(apsw.Connection(_MAIN, flags, vfs=memory.name, statementcachesize=0)) as file:
            file.execute("PRAGMA locking_mode = exclusive")  # a log needs no shared memory then
            _begin(file)
            return use(file)
    except apsw.Error as error:
        raise _explain(error, shown) from error
    finally:
        memory.unregister()


def compact(data: bytes) -> bytes:
    """The same database as VACUUM INTO makes it: no free pages, 4,096 bytes a page, a rollback journal.

    Unlike VACUUM, it keeps every rowid. Raises InputError.
    """
    held = {_MAIN: bytearray(data)}
    memory = _Memory(held)
    try:
        with closing(apsw.Connection(_MAIN, apsw.SQLITE_OPEN_READWRITE, vfs=memory.name)) as file:
            file.execute(f"PRAGMA temp_store = memory; PRAGMA page_size = {_PAGE}; PRAGMA auto_vacuum = none")
            file.execute("VACUUM INTO ?", (_COPY,))
    except apsw.Error as error:
        raise _explain(error, "the database that was made") from error
    finally:
        memory.unregister()
    return bytes(held[_COPY])


def journals(path: Path) -> tuple[Path, ...]:
    """The journals that lie beside a database file: of a program that has it open, or that crashed."""
    place = Path(os.path.realpath(path))
    return tuple(beside for suffix in _JOURNALS if (beside := _beside(place, suffix)).exists())


def _begin(file: apsw.Connection) -> None:
    file.set_busy_timeout(WAIT * 1000)
    file.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    file.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    file.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    file.execute("PRAGMA temp_store = memory; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0")
    file.execute("BEGIN; PRAGMA schema_version").fetchall()


def _explain(error: apsw.Error, shown: str) -> InputError:
    match error:
        case apsw.BusyError() | apsw.LockedError():
            seconds = f"{WAIT} second{'' if WAIT == 1 else 's'}"
            return InputError(
                f"{shown} is locked: another process holds an exclusive lock on it, for {seconds} now",
                hint="Try again when that process has committed, or name a copy made with `.backup`.",
            )
        case apsw.NotADBError():
            return InputError(
                f"{shown} is no SQLite database that can be read: {error}",
                hint="Decrypt it first if it is encrypted.",
            )
        case apsw.CorruptError():
            return InputError(f"{shown} is damaged: {error}", hint=_RECOVER)
        case _:
            return InputError(f"{shown}: SQLite cannot read it: {error}")


def _is_wal(head: bytes) -> bool:
    return _WAL in head[_VERSIONS]


def _stamp(place: Path) -> tuple[object, ...]:
    """What changes when somebody writes the database, or opens it to write."""
    try:
        found = place.stat()
    except OSError:
        return ()
    journals = tuple(_beside(place, suffix).exists() for suffix in _JOURNALS)
    return found.st_ino, found.st_size, found.st_mtime_ns, journals


def _beside(place: Path, suffix: str) -> Path:
    return place.with_name(place.name + suffix)


def _consistent(place: Path, shown: str) -> dict[str, bytearray]:
    """The database and its journals as they were at one moment: the same bytes, twice in a row."""
    before: dict[str, bytes] = {}
    for _ in range(_ATTEMPTS):
        now = _all_bytes(place)
        if now == before:
            return {name: bytearray(data) for name, data in now.items()}
        before = now
    raise InputError(f"{shown} changes while it is read", hint="Try again, or name a copy of it.")


def _all_bytes(place: Path) -> dict[str, bytes]:
    found = {_MAIN: read_regular(place)}
    for suffix in _JOURNALS:
        beside = _beside(place, suffix)
        if beside.exists():
            found[_MAIN + suffix] = read_regular(beside)
    return found


class _Memory(apsw.VFS):
    """Files that are bytes in memory: whatever recovery writes or deletes, it is there."""

    def __init__(self, files: dict[str, bytearray]) -> None:
        self.name = f"squasher-files-{next(_serial)}"
        self._files = files
        super().__init__(self.name, "")

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> _Bytes:  # type: ignore[override]  # noqa: N802 - the VFS method's name
        wanted = name.filename() if isinstance(name, apsw.URIFilename) else name
        if wanted is not None and wanted not in self._files and not flags[0] & apsw.SQLITE_OPEN_CREATE:
            raise apsw.CantOpenError(wanted)
        flags[1] = flags[0]
        return _Bytes(self._files.setdefault(wanted or "", bytearray()))

    def xDelete(self, name: str, _: bool) -> None:  # noqa: FBT001, N802 - the same
        self._files.pop(name, None)

    def xAccess(self, name: str, _: int) -> bool:  # noqa: N802 - the same
        return name in self._files

    def xFullPathname(self, name: str) -> str:  # noqa: N802 - the same
        return name


class _Bytes:
    """One open file of these, with the methods of https://sqlite.org/c3ref/io_methods.html."""

    def __init__(self, data: bytearray) -> None:
        self._data = data

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - the method's name
        return bytes(self._data[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - the same
        if offset > len(self._data):
            self._data.extend(bytes(offset - len(self._data)))
        self._data[offset : offset + len(data)] = data

    def xTruncate(self, size: int) -> None:  # noqa: N802 - the same
        del self._data[size:]

    def xFileSize(self) -> int:  # noqa: N802 - the same
        return len(self._data)

    def xSync(self, _: int) -> None:  # noqa: N802 - the same
        return

    def xLock(self, _: int) -> None:  # noqa: N802 - the same
        return

    def xUnlock(self, _: int) -> None:  # noqa: N802 - the same
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802 - the same
        return False

    def xFileControl(self, *_: object) -> bool:  # noqa: N802 - the same
        return False

    def xSectorSize(self) -> int:  # noqa: N802 - the same
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802 - the same
        return 0

    def xClose(self) -> None:  # noqa: N802 - the same
        return
