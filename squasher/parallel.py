"""Two computations at once, on two processors, where the system makes that easy."""

from __future__ import annotations

import _pickle
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, TypeVar, overload

from squasher import budget

if TYPE_CHECKING:
    from collections.abc import Callable

_PROTOCOL: Final = 5
"""Of Python 3.8 and later."""
Here = TypeVar("Here")
There = TypeVar("There")


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
        if budget.watched:  # a thread is not forked
            budget.watch()
        _deliver(writing, there)
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


def _fork() -> int:
    """A copy of this process: its number, and 0 in the copy."""
    import warnings

    with warnings.catch_warnings():
        # the thread that watches sleeps and holds no lock, so the copy can do without it
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _received(delivered: bytes, there: Callable[[], There]) -> tuple[There]:
    """What the child sent, or the same computed here when that is nothing or not all of it."""
    try:
        return (_pickle.loads(delivered),)
    except (EOFError, _pickle.UnpicklingError):
        return (there(),)


def _deliver(writing: int, there: Callable[[], object]) -> None:
    """The child's whole life: no clean-up of the parent's may run in it, so it ends at once."""
    try:
        data = memoryview(_pickle.dumps(there(), _PROTOCOL))
        while data:
            data = data[os.write(writing, data) :]
    finally:
        os._exit(0)


def _possible() -> bool:
    """Whether forking is safe and pays: Linux, no other thread, a second processor."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1:
        return False
    threading = sys.modules.get("threading")
    return threading is None or bool(threading.active_count() == 1)
