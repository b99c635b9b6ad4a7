"""The line on a terminal that tells how far long work has come."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from squasher import progress
from squasher.parallel import together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

# what is long for a person is too long for a test: all work counts as long
AT_ONCE = (
    "import sys; from squasher import progress; progress._PATIENCE = progress._BETWEEN = 0;"
    " from squasher.__main__ import main; main()"
)
CHAIN = {
    "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);\n",
    "0002_index.sql": "CREATE INDEX by_email ON users (email);\nINSERT INTO users VALUES (1, 'a');\n",
    "0003_notes.sql": "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);\n",
}
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n;\n"


class Terminal:
    """A terminal, and a command that writes its errors there."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", AT_ONCE, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", **variables},
            stdout=subprocess.DEVNULL,
            stderr=theirs,
        )
        os.close(theirs)
        self.shown = ""

    def until(self, text: str) -> None:
        """Read until something stands there."""
        while text not in self.shown:
            self.shown += os.read(self._ours, 4096).decode()

    def end(self) -> str:
        """Everything that was written, after the end of the command."""
        while True:
            try:
                data = os.read(self._ours, 4096)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            self.shown += data.decode()
        os.close(self._ours)
        self.process.wait()
        return self.shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("squash",), "2 of 3 migrations replayed"),
        (("check",), "2 of 3 migrations replayed"),
        (("squash", "--stdout"), "1 of 1 rows written"),
        (("history",), "3 of 3 migrations replayed"),
        (("lint",), "3 of 3 migrations replayed"),
        (("show", "big.sql"), "of 47 characters installed"),
        (("drift", "a.sqlite", "b.sqlite"), "2 of 2 databases looked at"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_long_work_tells_how_far_it_is(
    tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path], arguments: tuple[str, ...], said: str
) -> None:
    """What is counted is told on the terminal, and nothing of it is left at the end."""
    write_chain(CHAIN)
    (tmp_path / "big.sql").write_text("CREATE TABLE a (b);\nINSERT INTO a VALUES (1);\n\n")
    for before in (("squash",), ("build", "a.sqlite"), ("build", "b.sqlite")):
        subprocess.run(
            [sys.executable, "-m", "squasher", *before],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    terminal = Terminal(tmp_path, *arguments)
    shown = terminal.end()
    assert terminal.process.returncode == 0
    assert said in shown
    assert shown.endswith(progress.ERASE)


def test_an_error_begins_a_line_of_its_own(
    tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]
) -> None:
    """The line is gone before what stopped the work is told."""
    write_chain({**CHAIN, "0004_wrong.sql": "CREATE TABLE notes (id);\n"})
    shown = Terminal(tmp_path, "squash").end()
    _, _, last = shown.rpartition(progress.ERASE)
    assert "3 of 4 migrations replayed" in shown
    assert last.startswith("error: migrations/0004_wrong.sql:1: table notes already exists")


def test_an_interrupt_leaves_a_clean_line(
    tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]
) -> None:
    """Ctrl-C in the middle of the work: what is left on the terminal is what was not done."""
    write_chain({**CHAIN, "0004_endless.sql": ENDLESS})
    terminal = Terminal(tmp_path, "squash", "--max-steps", "100000000000")
    terminal.until("3 of 4 migrations replayed")
    terminal.process.send_signal(signal.SIGINT)
    _, _, last = terminal.end().rpartition(progress.ERASE)
    assert last == "interrupted; nothing was written\r\n"
    assert terminal.process.returncode == 130


def test_a_dumb_terminal_and_a_pipe_see_nothing(
    tmp_path: Path, write_chain: Callable[[Mapping[str, str]], Path]
) -> None:
    """Where a line cannot be taken back, none is drawn."""
    write_chain(CHAIN)
    assert Terminal(tmp_path, "squash", TERM="dumb").end() == ""
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, "check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"},
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""


class Screen(io.StringIO):
    """A terminal within the test, without a size."""

    def isatty(self) -> bool:
        """It says that it is one."""
        return True

    @property
    def lines(self) -> list[str]:
        """What was drawn, one after the other."""
        return [part.removesuffix("\x1b[K") for part in self.getvalue().split("\r")[1:]]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """A terminal on which all is drawn, and at once."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr(progress, "_BETWEEN", 0)
    stream = Screen()
    with progress.on(stream):
        yield stream


def test_the_line(screen: Screen) -> None:
    """The filled part is what is done, and numbers are told as everywhere."""
    with progress.counting("rows written", 20_000) as advance:
        for _ in range(2):
            advance(10_000)
    assert screen.lines == [
        "━" * 15 + "─" * 15 + "  10,000 of 20,000 rows written",
        "━" * 30 + "  20,000 of 20,000 rows written",
        "",
    ]


def test_work_inside_of_work_tells_nothing(screen: Screen) -> None:
    """The line belongs to the outermost; the next one has it afterwards."""
    for _ in progress.over("ab", "outer"):
        assert list(progress.over("xyz", "inner")) == ["x", "y", "z"]
    assert not [line for line in screen.lines if "inner" in line]
    assert list(progress.over("xyz", "inner")) == ["x", "y", "z"]
    assert [line for line in screen.lines if "3 of 3 inner" in line]


def test_short_work_tells_nothing(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second goes by without a word, and then there are ten lines a second at most."""
    monkeypatch.undo()
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with progress.counting("things", 1000) as advance:
        for number in range(1, 951):
            now = number / 1000
            advance(1)
            assert progress.is_drawn() == (now >= 0.5)
    assert len(screen.lines) == 5 + 1  # and the one that takes it away


def test_a_child_process_draws_nothing(screen: Screen) -> None:
    """What runs in a copy of this process is part of work that this one tells of, or of none."""

    def work() -> str:
        with progress.counting("things", 2) as advance:
            advance(1)
            advance(1)
            drawn = progress.is_drawn()
        return f"{os.getpid() == parent} {drawn} {len(screen.lines)}"

    parent = os.getpid()
    here, there = together(work, work)
    assert here == "True True 3"
    if there.startswith("False"):  # on one processor there is no child
        assert there == "False False 0"


def test_a_terminal_that_is_gone_stops_nothing(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work goes on when nobody can see it."""

    def fail(_: str) -> int:
        raise OSError

    monkeypatch.setattr(screen, "write", fail)
    assert list(progress.over("ab", "things")) == ["a", "b"]
