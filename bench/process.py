"""One whole process, seen from outside: how long it took, and how much memory it held at most."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.sql import printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parent.parent
_KEPT: Final = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
_BETWEEN: Final = 0.02
"""Seconds between two looks at a process's memory: a look at a large one takes a tenth of that."""


class FailedError(Exception):
    """A process that was to be measured did not do its work."""


class Process(NamedTuple):
    """What runs where, and the exit codes that mean that it did its work."""

    command: tuple[str, ...]
    folder: Path
    codes: tuple[int, ...] = (0,)


def environment(cache: Path) -> Mapping[str, str]:
    """What a measured process sees: this checkout, a folder for Python's bytecode, and few of our variables.

    The caller's settings of Python would be measured too, and so would what a command does otherwise in CI.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(cache)}


def seconds(process: Process, environ: Mapping[str, str]) -> float:
    """How long a process takes, from its start to its end. Raises FailedError."""
    start = time.perf_counter()
    running = _started(process, environ)
    _, said = running.communicate()
    taken = time.perf_counter() - start
    _require(process, running.returncode, said)
    return taken


def peak(process: Process, environ: Mapping[str, str]) -> int:
    """How many bytes a process and those that it starts hold at most, together. Raises FailedError.

    What they share is counted once: that is the sum of the proportional set sizes (man 5 proc, smaps_rollup),
    looked at again and again while they run.
    """
    running = _started(process, environ)
    most = 0
    while running.poll() is None:
        most = max(most, sum(map(_proportional, _family(running.pid))))
        time.sleep(_BETWEEN)
    said = running.stderr.read() if running.stderr is not None else b""
    running.communicate()
    _require(process, running.returncode, said)
    return most


def can_see_memory() -> bool:
    """Whether the system tells the proportional set size of a process."""
    return sys.platform == "linux" and _proportional(os.getpid()) > 0


def _started(process: Process, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        process.command,
        cwd=process.folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _require(process: Process, code: int, said: bytes) -> None:
    if code not in process.codes:
        name = " ".join((Path(process.command[0]).name, *process.command[1:]))
        text = printable_lines(said.decode(errors="replace")).rstrip()
        raise FailedError(f"{name}: ended with exit code {code}\n{text}")


def _family(pid: int) -> Iterator[int]:
    """A process and all that come from it."""
    yield pid
    with suppress(OSError):  # it has just ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))


def _proportional(pid: int) -> int:
    """The proportional set size of a process in bytes; 0 of one that has ended, and where nobody tells."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
