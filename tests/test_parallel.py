"""Two computations at once."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from squasher.parallel import together


def test_both_results_come_back() -> None:
    """Each result is what its computation gives, whatever the size."""
    assert together(lambda: 1, lambda: ("x" * 5_000_000, 2)) == (1, ("x" * 5_000_000, 2))


def test_an_error_here_is_raised() -> None:
    """An error of the first computation is raised as it is, and no child process is left."""
    with pytest.raises(ZeroDivisionError):
        together(lambda: 1 // 0, lambda: 2)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_an_error_there_is_raised() -> None:
    """An error of the second computation is raised as if it had run here."""
    empty: dict[str, int] = {}
    with pytest.raises(KeyError, match="missing"):
        together(lambda: 1, lambda: empty["missing"])


def test_a_child_that_dies_is_made_up_for() -> None:
    """When the child does not deliver, the second computation runs here."""
    parent = os.getpid()

    def dies_elsewhere() -> int:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return 2

    assert together(lambda: 1, dies_elsewhere) == (1, 2)


def test_a_program_with_threads_is_not_forked() -> None:
    """Forking a program that has threads is not safe: both run here, one after the other."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert together(os.getpid, os.getpid) == (os.getpid(), os.getpid())
    finally:
        done.set()
        thread.join()
