"""Two computations at once, on two processors, where the system makes that easy."""

from __future__ import annotations

import _pickle
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar, overload

from squasher import budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PROTOCOL: Final = 5
"""Of Python 3.8 and later."""
Here = TypeVar("Here")
There = TypeVar("There")
_LENGTH: Final = 8
_beside: set[int] = set()
"""The processes beside this one: its parent, and what that one had beside itself."""
_aside: set[int] = set()
"""The children that do what nobody waits for."""
_ENDING: Final = frozenset(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Signals at which Python raises an error, which a child must not meet in its parent's work."""
_COMPUTES: Final = b"RD"
"""The states of a process that has something to do: it runs, or reads from a disk (proc_pid_stat(5))."""


@overload
def together(here: Callable[[], Here], there: Callable[[], There]) -> tuple[Here, There]: ...
@overload
def together(here: Callable[[], Here], there: Callable[[], There] | None) -> tuple[Here, There | None]: ...
def together(here: Callable[[], Here], there: Callable[[], There] | None) -> tuple[Here, There | None]:
    """The results of both; ``there``, unless it is None, runs in a child process meanwhile, if one can.

    Both must be pure, and the result of ``there`` picklable. When the child does not deliver, for
    whatever reason, ``there`` runs here: an error is raised as if there had been no child.
    """
    if there is None:
        return here(), None
    if not _possible():
        return here(), there()
    try:
        reading, writing = os.pipe()
    except OSError:  # as many files are open as may be
        return here(), there()
    try:
        child = _fork()
    except OSError:  # as many processes run as may, or there is too little memory
        os.close(reading)
        os.close(writing)
        return here(), there()
    if child == 0:
        os.close(reading)  # or a child whose parent was killed would wait for it for ever
        _live(lambda: _send(writing, there()))
    budget.children.add(child)
    os.close(writing)
    try:
        first = here()
        with os.fdopen(reading, "rb", closefd=False) as pipe:
            delivered = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        budget.children.discard(child)
        os.close(reading)
        with contextlib.suppress(ChildProcessError):  # SIGCHLD is ignored: the system waits itself
            os.waitpid(child, 0)
    return first, *_received(delivered, there)


def aside(work: Callable[[], object]) -> None:
    """Do what nobody waits for: in a child process if one can, else here. It must not raise."""
    for child in [*_aside]:
        _reap(child, os.WNOHANG)
    # a child of a child would hold the pipe on which its parent's parent waits
    if _beside or not _possible():
        work()
        return
    try:
        child = _fork()
    except OSError:
        work()
        return
    if child == 0:
        _live(work)
    budget.children.add(child)
    _aside.add(child)


def settle() -> None:
    """Wait for what is done aside: before a process ends, and before another looks at what it left."""
    for child in [*_aside]:
        _reap(child, 0)


def abandon() -> None:
    """Nobody wants any more what is done aside."""
    for child in [*_aside]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)


def _reap(child: int, options: int) -> None:
    ended = child
    with contextlib.suppress(ChildProcessError):
        ended, _ = os.waitpid(child, options)
    if ended:
        _aside.discard(child)
        budget.children.discard(child)


def feed(work: Callable[[Iterator[bytes]], bytes]) -> Fed | None:
    """Begin a computation in a child process, which gets its pieces while they are made here.

    None where there can be no child.
    """
    if not _possible():
        return None
    opened: list[int] = []
    try:
        opened.append(os.memfd_create("squasher"))  # a pipe would hold few of them
        opened += os.pipe()
        opened += os.pipe()
        child = _fork()
    except OSError:
        for one in opened:
            os.close(one)
        return None
    pieces, told, telling, reading, writing = opened
    if child == 0:
        os.close(telling)
        os.close(reading)
        _live(lambda: _send(writing, work(_pieces(pieces, told))))
    os.close(told)
    os.close(writing)
    return Fed(child, pieces, telling, reading)


class Fed:
    """A child process that waits for pieces of data, as ``feed`` gives it."""

    def __init__(self, child: int, pieces: int, telling: int, reading: int) -> None:
        self._child = child
        self._pieces = pieces
        self._telling = telling
        self._reading = reading
        self._open = True
        budget.children.add(child)

    def put(self, piece: bytes) -> None:
        """Give it the next piece. One that has ended is not told, and delivers nothing."""
        with _unsignalled(), contextlib.suppress(OSError):
            left = memoryview(piece)
            while left:
                left = left[os.write(self._pieces, left) :]
            os.write(self._telling, len(piece).to_bytes(_LENGTH, "big"))

    def result(self) -> bytes | None:
        """What the computation gives after the last piece; None when the child does not deliver."""
        os.close(self._telling)
        self._telling = -1
        try:
            with os.fdopen(self._reading, "rb", closefd=False) as pipe:
                delivered = pipe.read()
        finally:
            self.stop()
        return _received(delivered, lambda: None)[0]

    def stop(self) -> None:
        """End it, if it has not ended."""
        if not self._open:
            return
        self._open = False
        for one in (self._pieces, self._telling, self._reading):
            if one >= 0:
                os.close(one)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
        budget.children.discard(self._child)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._child, 0)


@contextlib.contextmanager
def _unsignalled() -> Iterator[None]:
    """While to write to a pipe that nobody reads is an error, and not the end of the process."""
    before = signal.getsignal(signal.SIGPIPE)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGPIPE, before)


def _pieces(data: int, told: int) -> Iterator[bytes]:
    """The pieces in a file, each as soon as its length is told."""
    at = 0
    with os.fdopen(told, "rb") as lengths:
        while length := int.from_bytes(lengths.read(_LENGTH), "big"):
            yield os.pread(data, length, at)
            at += length


def _fork() -> int:
    """A copy of this process: its number, and 0 in the copy, which hears no signal before it begins."""
    import warnings

    heard = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    child = -1
    try:
        with warnings.catch_warnings():
            # the thread that watches sleeps and holds no lock, so the copy can do without it
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
            return child
    finally:
        if child != 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def _begin() -> None:
    """Begin a child's life: its parent's children are not its own."""
    _beside.update(budget.children, {os.getppid()})
    budget.children.clear()
    _aside.clear()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)  # now that it ends where it began
    if budget.watched:  # a thread is not forked
        budget.watch()


def busy() -> int:
    """How many of squasher's processes compute now: the others wait for something, or to be heard."""
    return 1 + sum(map(_computes, _beside | budget.children))


def _computes(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", "rb") as file:  # noqa: PTH123 - pathlib costs an import
            said = file.read()
    except OSError:  # it has ended
        return False
    return said.rpartition(b")")[2].strip()[:1] in _COMPUTES


def _received(delivered: bytes, there: Callable[[], There]) -> tuple[There]:
    """What the child sent, or the same computed here when that is nothing or not all of it."""
    try:
        return (_pickle.loads(delivered),)
    except (EOFError, _pickle.UnpicklingError):
        return (there(),)


def _live(work: Callable[[], object]) -> NoReturn:
    """A child's whole life: no clean-up of the parent's may run in it, so it ends at once."""
    try:
        _begin()
        work()
    finally:
        os._exit(0)


def _send(writing: int, result: object) -> None:
    data = memoryview(_pickle.dumps(result, _PROTOCOL))
    while data:
        data = data[os.write(writing, data) :]


def _possible() -> bool:
    """Whether forking is safe and pays: Linux, no other thread, a processor that has nothing to do."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) <= busy():
        return False
    threading = sys.modules.get("threading")
    return threading is None or bool(threading.active_count() == 1)
