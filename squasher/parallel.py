"""Two computations at once, on two processors, where the system makes that easy."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Here = TypeVar("Here")
There = TypeVar("There")


def together(here: Callable[[], Here], there: Callable[[], There]) -> tuple[Here, There]:
    """The results of both; ``there`` runs in a child process meanwhile, if there can be one.

    Both must be pure, and the result of ``there`` picklable. When the child does not deliver, for
    whatever reason, ``there`` runs here: an error is raised as if there had been no child.
    """
    if not _possible():
        return here(), there()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _deliver(writing, there)
    os.close(writing)
    try:
        first = here()
        with os.fdopen(reading, "rb", closefd=False) as pipe:
            delivered = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(reading)
        os.waitpid(child, 0)
    if not delivered:
        return first, there()
    import pickle

    return first, pickle.loads(delivered)  # noqa: S301 - written by this very program


def _deliver(writing: int, there: Callable[[], object]) -> None:
    """The child's whole life: no clean-up of the parent's may run in it, so it ends at once."""
    try:
        import pickle

        data = memoryview(pickle.dumps(there(), pickle.HIGHEST_PROTOCOL))
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
