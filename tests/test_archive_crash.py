"""Crashes of archive: whatever moment a run ends at, no byte is lost, and the next one ends it either way."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any, Final

import pytest

from squasher import files
from squasher.commands import archive as command
from squasher.errors import InputError
from squasher.run import archive as run
from squasher.target import target
from tests.archives import CHAIN, everything, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALLS: Final = ("open", "write", "fsync", "replace", "mkdir", "unlink", "rmdir")
FINE: Final = 0
KILLED: Final = 9
MOST: Final = 200


class _Counter:
    """Counts the calls of the system that concern files, and ends the process in place of one of them."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        self.calls = 0
        for name in CALLS:
            self._wrap(name, at, act)

    def _wrap(self, name: str, at: int, act: Callable[[], None]) -> None:
        real = getattr(os, name)

        def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the real one
            # what is only read changes nothing
            reads = name == "open" and not args[1] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)
            self.calls += not reads
            if not reads and self.calls == at:
                if name == "write":
                    real(args[0], args[1][: len(args[1]) // 2])
                act()
            return real(*args, **options)

        setattr(os, name, call)


def in_child(work: Callable[[], int]) -> int:
    """The exit code of a copy of this process that does the work and ends at once, as a kill does."""
    child = os.fork()
    if child == 0:
        code = 77
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(call: int, work: Callable[[], object]) -> bool:
    """Do the work in a copy of this process that dies in place of its n-th call; whether it came so far."""

    def act() -> int:
        _Counter(call, lambda: os._exit(KILLED))
        work()
        return FINE

    code = in_child(act)
    assert code in {FINE, KILLED}
    return code == KILLED


def archive() -> object:
    """Archive the first three migrations."""
    return command.archive(target(), to="0003")


def undo() -> object:
    """Take the archive back."""
    return command.undo(target())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make a project of that name, and go there."""

    def make(name: str) -> Path:
        folder = tmp_path / name
        write(folder)
        monkeypatch.chdir(folder)
        return folder

    return make


def assert_nothing_is_lost(folder: Path) -> None:
    """Every migration is whole, in the chain or in the archive, and no whole file has other bytes."""
    held = everything(folder)
    for name, sql in CHAIN.items():
        found = [held[path] for path in (f"migrations/{name}", f"migrations-archive/{name}") if path in held]
        assert found
        assert set(found) == {sql.encode()}


@pytest.mark.parametrize("then", ["again", "undo"])
def test_a_kill_at_every_step_of_an_archive(place: Callable[[str], Path], then: str) -> None:
    """After a kill at any call a second run finishes the archive, or its undo leaves what was there before."""
    whole = place("whole")
    command.archive(target(), to=None)
    command.undo(target())
    before = everything(whole)
    archive()
    after = everything(whole)
    ended = set()
    for call in range(1, MOST):
        folder = place(f"{then}{call}")
        (folder / "migrations-fresh").mkdir()
        fresh = "migrations-fresh/0001_complete_schema.sql"
        (folder / fresh).write_bytes(before[fresh])
        if not killed_at(call, archive):
            break
        assert_nothing_is_lost(folder)
        begun = (folder / "migrations-archive" / "manifest.json").exists()
        if then == "again":
            result = command.archive(target(), to="0003")
            ended.add(result.resumed)
            assert everything(folder) == after
        elif begun:
            undo()
            assert everything(folder) == before
        else:
            with pytest.raises(InputError, match="records no archive"):
                undo()
            held = everything(folder)
            assert {name: held[name] for name in before} == before
    else:
        pytest.fail("the process never came to its end")
    assert call > 40
    assert ended == ({True, False} if then == "again" else set())


@pytest.mark.parametrize("then", ["again", "undo"])
def test_a_kill_at_every_step_of_an_undo(place: Callable[[str], Path], then: str) -> None:
    """After a kill at any call of an undo a second one ends it, and a second archive makes it again."""
    whole = place("whole")
    archive()
    after = everything(whole)
    undo()
    before = everything(whole)
    for call in range(1, MOST):
        folder = place(f"{then}{call}")
        archive()
        if not killed_at(call, undo):
            break
        assert_nothing_is_lost(folder)
        if then == "again":
            archive() if _is_undone(folder) or _is_begun(folder) else None
            assert everything(folder) == after
        else:
            undo() if not _is_undone(folder) else None
            assert without_litter(everything(folder)) == before
    else:
        pytest.fail("the process never came to its end")
    assert call > 40
    assert everything(folder) == before


def _is_undone(folder: Path) -> bool:
    """Whether the last that an undo does, to take the manifest away, has happened."""
    return not (folder / "migrations-archive" / "manifest.json").exists()


def _is_begun(folder: Path) -> bool:
    """Whether the undo has changed the chain already; before that there is nothing to archive again."""
    return any((folder / "migrations" / name).exists() for name in [*CHAIN][:3])


def without_litter(held: dict[str, bytes]) -> dict[str, bytes]:
    """Without an empty archive directory, which a kill between two calls leaves."""
    return {name: data for name, data in held.items() if name != "migrations-archive"}


def test_control_c_at_every_step(place: Callable[[str], Path]) -> None:
    """Ctrl-C ends with 130 and says whether anything was written; what it left, a second run finishes."""
    place("whole")
    archive()
    after = everything(place("whole").parent / "whole") if False else None
    del after
    said = set()
    for call in range(1, MOST):
        folder = place(str(call))
        errors = folder.parent / f"{call}.txt"

        def act(call: int = call, errors: Path = errors) -> int:
            os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
            _Counter(call, lambda: signal.raise_signal(signal.SIGINT))
            return run(to="0003")

        code = in_child(act)
        if code == FINE:
            break
        assert code == 130
        said.add(errors.read_text())
        assert_nothing_is_lost(folder)
        assert not [name for name in everything(folder) if name.endswith(".tmp")]
        command.archive(target(), to="0003")
        assert (folder / "migrations-archive" / "0003_ledger.sql").exists()
        assert not _is_begun(folder)
    else:
        pytest.fail("the process never came to its end")
    assert said == {
        "interrupted; the archive is not finished: run `squasher archive` again, or `squasher archive --undo`\n"
    }


def test_a_full_disk(place: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way is an error that says how to go on, and the next run goes on."""
    folder = place("full")
    real = files._replace  # noqa: SLF001 - the moment at which the disk is full
    left = [3]

    def replace(final: Path, data: bytes) -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        return real(final, data)

    monkeypatch.setattr(files, "_replace", replace)
    with pytest.raises(InputError, match="No space left on device") as caught:
        archive()
    assert caught.value.hint == (
        "Run `squasher archive` again to finish it, or `squasher archive --undo` to take it back."
    )
    assert_nothing_is_lost(folder)
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert command.archive(target(), to="0003").resumed


def test_another_release_cannot_finish_it(
    place: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A baseline of other bytes than the manifest promises is not written; the archive can be taken back."""
    folder = place("other")
    killed_at(12, archive)
    monkeypatch.setattr("squasher.emit._AGAIN", "Do not edit.")
    with pytest.raises(InputError, match=r"0003_complete_schema\.sql would not be what .* says"):
        archive()
    assert_nothing_is_lost(folder)
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    undo()
    assert {name: (folder / "migrations" / name).read_text() for name in CHAIN} == CHAIN
