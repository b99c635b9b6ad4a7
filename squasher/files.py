"""Files: reading one without trusting what it is, and writing one so that a reader finds it whole."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from squasher.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_FILE: Final = 256 << 20
_PIECE: Final = 1 << 20
_PREFIX: Final = ".squasher-"
_SUFFIX: Final = ".tmp"
_MODE: Final = 0o666
_NOT_REGULAR: Final = "it is not a regular file"

replaced = False
"""Whether this process has put a new file in its place."""
unfinished = ""
"""What to say of several files, while only some of them are in their places."""


def read_regular(path: Path, *, follow: bool = True, most: int = LARGEST_FILE) -> bytes:
    """The bytes of a regular file of at most ``most`` bytes. Raises InputError.

    What is opened is what is looked at and read, so that nobody can put a pipe or a link in the place
    of a file meanwhile. Without ``follow``, a symbolic link is an error.
    """
    data, size = _read(path, most + 1, follow=follow, whole=True)
    if size > most or len(data) > most:
        raise InputError(
            f"{path.as_posix()}: larger than {most >> 20} MiB", hint="Split it, or load data elsewhere."
        )
    return data


def beginning(path: Path, length: int) -> bytes:
    """The first bytes of a regular file, however large it is. Raises InputError."""
    return _read(path, length, follow=True, whole=False)[0]


def _read(path: Path, length: int, *, follow: bool, whole: bool) -> tuple[bytes, int]:
    """At most ``length`` bytes, and the file's size; none when it is larger and ``whole`` was asked for."""
    shown = path.as_posix()
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_BINARY", 0) | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            mode = os.fstat(file.fileno())
            if stat.S_ISDIR(mode.st_mode):
                raise InputError(f"{shown}: Is a directory")
            if not stat.S_ISREG(mode.st_mode):
                raise InputError(f"{shown}: {_NOT_REGULAR}", hint="Name a file.")
            data = b"" if whole and mode.st_size >= length else file.read(length)
    except OSError as error:
        raise InputError(f"{shown}: {error.strerror}") from error
    return data, mode.st_size


def resolved(path: Path) -> Path:
    """The place that a path leads to, links followed. Raises InputError when they lead in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path.as_posix()}: {_reason(error)}") from error


def _reason(error: OSError | RuntimeError) -> str | None:
    """Why a path leads nowhere: before 3.13, Python raises RuntimeError for a loop of links."""
    return error.strerror if isinstance(error, OSError) else "its symbolic links form a loop"


def remove(path: Path) -> None:
    """Remove a file if it is there, for good. Raises InputError when that is not allowed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot remove {path.as_posix()}: {error.strerror}") from error
    _sweep(path.parent)
    _flush(path.parent)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a directory to this process, among those that ask here. Raises InputError when one has it."""
    with contextlib.ExitStack() as held:
        with contextlib.suppress(ImportError, OSError):  # no locks here, or no such directory
            import fcntl

            number = os.open(folder, os.O_RDONLY)
            held.callback(os.close, number)
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    f"another run of squasher is at work in {folder.as_posix()}/", hint="Wait for its end."
                ) from None
        yield


def write_atomically(path: Path, data: bytes, *, elsewhere: str = "with --fresh FILE") -> bool:
    """Replace ``path`` by ``data`` through a temporary file beside it; False when it holds them already.

    Makes the directory when it is missing, keeps the file's permissions and follows symbolic links
    that stay below the directory of the fresh file's own: a repository may hold links to anywhere.
    ``elsewhere`` tells a person how to name another place. Raises InputError when the target cannot be
    written; it is unchanged then, and nothing is left beside it. What a run that was killed left beside
    it goes with the next one.
    """
    try:
        final = _final(path, elsewhere)
        if final.is_file():
            _sweep(final.parent)
            if final.stat().st_size == len(data) and _holds(final, data):
                return False
        final.parent.mkdir(parents=True, exist_ok=True)
        while not _replace(final, data):
            pass  # a run that began at the same moment took the temporary file for a dead one's
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"cannot write {path.as_posix()}: {_reason(error)}",
            hint=f"Choose another place {elsewhere}; the old file is unchanged.",
        ) from error
    return True


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file holds these bytes, without a second copy of all of them."""
    view = memoryview(data)
    with path.open("rb") as file:
        return all(file.read(_PIECE) == view[start : start + _PIECE] for start in range(0, len(data), _PIECE))


def make_directory(path: Path) -> None:
    """Make a directory and those above it, where they are missing. Raises InputError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make {path.as_posix()}/: {error.strerror}") from error


def create(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, and the directory that it is in. Raises InputError.

    What is there already stays, whoever else writes it at the same moment.
    """
    make_directory(path.parent)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags, _MODE), "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise InputError(f"{path.as_posix()} is there already", hint="Choose another name.") from None
    except OSError as error:
        raise InputError(f"cannot write {path.as_posix()}: {error.strerror}") from error
    _flush(path.parent)


def _final(path: Path, elsewhere: str) -> Path:
    """The file that is written for a path. Raises InputError for one that must not be."""
    final = path.resolve()
    if not final.is_relative_to(Path(os.path.abspath(path)).parent.parent.resolve()):  # noqa: PTH100 - links stay
        raise InputError(
            f"cannot write {path.as_posix()}: a symbolic link leads out of here, to {final.as_posix()}",
            hint=f"Remove the link, or name the file that it leads to {elsewhere}.",
        )
    if final.exists() and not final.is_file() and not final.is_dir():
        raise InputError(
            f"cannot write {path.as_posix()}: {_NOT_REGULAR}",
            hint=f"Choose another place {elsewhere}.",
        )
    return final


def require_writable(path: Path, *, elsewhere: str = "with --fresh FILE") -> None:
    """Raise InputError where ``write_atomically`` would, as far as one can know without writing."""
    try:
        final = _final(path, elsewhere)
        near = next(one for one in final.parents if one.exists())
        what = "Is a directory" if final.is_dir() else "Not a directory" if not near.is_dir() else None
        if what is None and not os.access(near, os.W_OK | os.X_OK):
            what = os.strerror(errno.EACCES)
    except (OSError, RuntimeError) as error:
        what = str(_reason(error))
    if what is not None:
        raise InputError(f"cannot write {path.as_posix()}: {what}", hint="Nothing was written.")


def _replace(final: Path, data: bytes) -> bool:
    """Write and rename; False when the temporary file was swept away before it was locked."""
    global replaced  # noqa: PLW0603 - one process, one file
    # not named after the target, whose name may be as long as a name can be
    partial = final.with_name(f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}")
    try:
        number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _MODE)
        with open(number, "wb", buffering=0):  # noqa: PTH123 - the same
            _lock(number)
            if not _is(partial, number):
                return False
            if final.is_file() and hasattr(os, "fchmod"):
                os.fchmod(number, stat.S_IMODE(final.stat().st_mode) & 0o777)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(number, rest) :]
            os.fsync(number)
            os.replace(partial, final)  # noqa: PTH105 - while the lock is held
            replaced = True
    finally:
        partial.unlink(missing_ok=True)
    _sweep(final.parent)
    _flush(final.parent)
    return True


def _is(path: Path, number: int) -> bool:
    """Whether the path still names the open file."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(number))
    except FileNotFoundError:
        return False


def _lock(number: int, *, wait: bool = True) -> bool:
    """Lock an open file as long as it is open in this process; the system unlocks what a dead one held."""
    try:
        import fcntl
    except ImportError:
        return wait  # no locks, no sweeping
    try:
        fcntl.flock(number, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return wait  # a file system without locks, or another's lock
    return True


def _sweep(folder: Path) -> None:
    """Remove the temporary files of runs that were killed; those of living ones are locked."""
    for path in _leftovers(folder):
        with contextlib.suppress(OSError):
            number = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            try:
                if stat.S_ISREG(os.fstat(number).st_mode) and _lock(number, wait=False) and _is(path, number):
                    path.unlink()
            finally:
                os.close(number)


def _leftovers(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - names are all that is needed
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
                yield Path(folder, name)


def _flush(folder: Path) -> None:
    """Make the new name last: https://man7.org/linux/man-pages/man2/fsync.2.html."""
    with contextlib.suppress(OSError):  # not every system lets one open a directory
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
