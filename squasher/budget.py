"""What strangers' SQL may cost: steps of SQLite's virtual machine, and processor time.

Steps are counted because they are the same on every machine. They say little where one of them is
long, such as ``trim()`` of two megabytes, so that each is also given a share of processor time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import ClassVar, Final, NoReturn

from squasher import progress
from squasher.errors import SqlError
from squasher.sql import printable

STEPS_PER_CHECK: Final = 4000
_STATEMENTS: Final = 10
"""All statements of one connection together may take as much as so many single ones."""
_STEPS_PER_SECOND: Final = 4_000_000
"""A tenth of what a slow machine manages when no step is long."""
_LEAST: Final = 2.0
_FIRST: Final = os.getpid()
_GRACE: Final = 3.0
_RAISE: Final = "raise the limit with --max-steps N"


class Budget:
    """The budget of one connection: ``begin`` and ``end`` a statement, ``spent`` while it runs."""

    running: ClassVar[Budget | None] = None
    """The budget of the statement that runs now in this process."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._most = steps
        self._taken = 0
        self.total = 0
        """The steps that all statements of the connection have taken."""
        self._seconds = 0.0
        self._began = 0.0
        self.deadline = 0.0
        """The processor time at which the statement is stopped."""
        self.file = ""
        """The path of the file that is run, for a message."""
        self.text = ""
        self.start = 0
        """The byte of ``text`` at which the statement begins."""
        self.problem: SqlError | None = None
        """Why the last statement was stopped."""

    def begin(self, least: int = 0, most: int | None = None) -> None:
        """A statement begins, which may take ``least`` steps in any case, or ``most`` where that is said."""
        self.end()
        self._most = max(self._steps, least) if most is None else most
        self._taken = 0
        self._began = time.thread_time()
        self.deadline = self._began + _seconds(self._most)
        Budget.running = self

    def end(self) -> None:
        """The statement that was running has ended, if there was one."""
        if Budget.running is self:
            Budget.running = None
            self._seconds += time.thread_time() - self._began

    @property
    def place(self) -> str:
        """``migrations/0007_x.sql:12: ``, or nothing outside of any file."""
        line = self.text.encode().count(b"\n", 0, self.start) + 1
        return f"{self.file}:{line}: " if self.file else ""

    def spent(self) -> bool:
        """The progress handler: whether to stop. Called once in STEPS_PER_CHECK steps."""
        self._taken += STEPS_PER_CHECK
        self.total += STEPS_PER_CHECK
        now = time.thread_time()
        if self._taken <= self._most and now <= self.deadline and not self._all_spent(now):
            return False
        self.problem = self._say(now)
        return True

    def _all_spent(self, now: float) -> bool:
        steps = max(self._steps, self._most)
        seconds = self._seconds + now - self._began
        return self.total > steps * _STATEMENTS or seconds > _seconds(steps) * _STATEMENTS

    def _say(self, now: float) -> SqlError:
        look = "Look for a recursive query without an end, or a join without a condition"
        if self._taken > self._most:
            message = f"stopped after {self._most:,} steps of SQLite's virtual machine"
        elif now > self.deadline:
            message = f"stopped after {_seconds(self._most):,.0f} seconds of processor time"
            look = "Look for functions of very long values"
        else:
            message = "stopped: all statements together took far more steps or time than one may take"
        return SqlError(message, hint=f"{look}, or {_RAISE}.")


def _seconds(steps: int) -> float:
    """The processor time for so many steps; a small number of them is not cut short by a slow machine."""
    return max(_LEAST, steps / _STEPS_PER_SECOND)


alone = False
"""Whether only one thread of this process uses SQLite, which needs no locks then; said before any use."""
watched = False
"""Whether ``watch`` was called, here or in the process that this one was forked from."""
children: set[int] = set()
"""The processes to end with this one."""


def watch() -> None:
    """End this process when one step of SQLite's has no end: nothing inside of SQLite stops it then."""
    import _thread

    global watched  # noqa: PLW0603 - one process, one thread that watches
    watched = True
    with contextlib.suppress(RuntimeError):  # no thread can be had: the other limits stay
        _thread.start_new_thread(_watch, ())


def _watch() -> NoReturn:
    while True:
        time.sleep(1)
        running = Budget.running
        if running is not None and time.process_time() > running.deadline + _GRACE:
            text = (
                f"error: {printable(running.place)}stopped: one call of an SQL function has no end\n"
                f"help: Look for functions of very long values, or {_RAISE}.\n"
            )
            for child in children:
                with contextlib.suppress(OSError):
                    os.kill(child, signal.SIGKILL)
            if os.getpid() == _FIRST:  # else the parent meets it too, and tells
                text = (progress.ERASE if progress.is_drawn() else "") + text
                os.write(2, text.encode("utf-8", "backslashreplace"))
            os._exit(2)
