"""Two computations at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from squasher.parallel import abandon, aside, feed, settle, together

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


one_process = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1, reason="there is no child here"
)


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


@one_process
def test_no_more_processes_than_processors() -> None:
    """A computation is given to a child only while a processor has nothing to do."""
    processors = os.sched_getaffinity(0)
    reading, writing = os.pipe()
    end = time.monotonic() + 60

    def both() -> tuple[int, int]:
        return together(os.getpid, os.getpid)

    def first() -> tuple[tuple[int, int], tuple[int, int]]:
        early = both()
        os.write(writing, b".")
        late = both()
        while late[0] == late[1] and time.monotonic() < end:  # until the child delivers
            late = both()
        return early, late

    def second() -> tuple[int, int]:
        inside = both()
        os.set_blocking(reading, False)
        while time.monotonic() < end:  # one that waits would leave its processor to others
            with contextlib.suppress(BlockingIOError):
                os.read(reading, 1)
                break
        return inside

    os.sched_setaffinity(0, sorted(processors)[:2])
    try:
        (early, late), inside = together(first, second)
    finally:
        os.sched_setaffinity(0, processors)
        os.close(reading)
        os.close(writing)
    own = os.getpid()
    assert early == (own, own)
    assert inside[0] == inside[1] != own
    assert late[0] == own != late[1]


def test_what_is_done_aside_is_there_once_it_is_settled(tmp_path: Path) -> None:
    """Nobody waits for it before, and no process is left."""
    place = tmp_path / "pid"
    aside(lambda: place.write_text(str(os.getpid())))
    settle()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert place.read_text().isdecimal()


@one_process
def test_what_is_done_aside_can_be_abandoned(tmp_path: Path) -> None:
    """It ends without having come to its end; what is done here has come to it already."""
    place = tmp_path / "done"
    own = os.getpid()

    def work() -> None:
        if os.getpid() != own:
            time.sleep(60)
            place.touch()

    aside(work)
    abandon()
    settle()
    assert not place.exists()


@one_process
def test_a_child_that_is_ended_at_once_does_nothing_of_its_parents(tmp_path: Path) -> None:
    """A signal that raises an error is heard where the child's own work is, and not in the middle of this."""
    strayed = tmp_path / "strayed"
    own = os.getpid()

    def ended(*_: object) -> None:
        raise SystemExit

    before = signal.signal(signal.SIGTERM, ended)
    try:
        for _ in range(20):
            try:
                aside(lambda: time.sleep(60 * (os.getpid() != own)))
                abandon()
                settle()
            except SystemExit:
                strayed.touch()
                os._exit(1)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not strayed.exists()


@one_process
def test_what_is_done_aside_is_done_here_where_no_processor_is_free(tmp_path: Path) -> None:
    """Another process would only take this one's time."""
    place = tmp_path / "pid"
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(processors)[:1])
    try:
        aside(lambda: place.write_text(str(os.getpid())))
    finally:
        os.sched_setaffinity(0, processors)
    assert place.read_text() == str(os.getpid())


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


@one_process
def test_a_child_takes_pieces_while_they_are_made() -> None:
    """Each piece comes as it was put, large ones and many of them; the answer comes behind the last."""
    fed = feed(lambda pieces: b",".join(str(len(piece)).encode() for piece in pieces))
    assert fed is not None
    lengths = [1, 3_000_000, *range(2, 2_000)]
    for length in lengths:
        fed.put(b"x" * length)
    assert fed.result() == ",".join(map(str, lengths)).encode()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@one_process
def test_a_child_that_dies_of_a_piece_delivers_nothing() -> None:
    """Whoever fed it may go on feeding it, and learns at the end that there is no answer."""

    def dies(pieces: Iterator[bytes]) -> bytes:
        raise ValueError(next(pieces))

    before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as the command line has it
    try:
        fed = feed(dies)
        assert fed is not None
        for _ in range(20_000):  # more than are told at once
            fed.put(b"x")
        assert fed.result() is None
        assert signal.getsignal(signal.SIGPIPE) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGPIPE, before)


@one_process
def test_a_child_for_which_nobody_waits_is_ended() -> None:
    """Stopped in the middle of its work, or before its first piece, it leaves nothing behind."""
    for pieces in ([], [b"x"]):
        fed = feed(b"".join)
        assert fed is not None
        for piece in pieces:
            fed.put(piece)
        fed.stop()
        fed.stop()
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
