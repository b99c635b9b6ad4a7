"""Writing a file so that a reader finds the old one or the new one, whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from squasher.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, data: bytes) -> bool:
    """Replace ``path`` by ``data`` through a temporary file beside it; False when it holds them already.

    Makes the directory when it is missing and follows a symbolic link. Raises InputError when the
    target cannot be written; it is unchanged then, and nothing is left beside it.
    """
    final = path.resolve()
    partial = final.with_name(f"{final.name}.{os.getpid()}.tmp")
    try:
        if final.exists() and not final.is_file() and not final.is_dir():
            raise InputError(
                f"cannot write {path.as_posix()}: it is not a regular file",
                hint="Choose another place with --fresh FILE, or print the text with --stdout.",
            )
        if final.is_file() and final.read_bytes() == data:
            return False
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(final)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write {path.as_posix()}: {error.strerror}",
            hint="Choose another place with --fresh FILE; the old file is unchanged.",
        ) from error
    return True
