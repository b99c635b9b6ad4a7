"""Crashes of archive: whatever moment a run ends at, no byte is lost, and the next one ends it either way."""

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

import squasher
from squasher import parallel
from squasher.commands import archive as command
from squasher.commands.baseline import make
from squasher.commands.squash import Squashed, proved
from squasher.errors import InputError
from squasher.observe import observe
from squasher.run import archive as run
from squasher.target import target
from tests.archives import CHAIN, everything, retired, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from squasher.chain import Chain
    from squasher.commands.baseline import Made
    from squasher.observe import Observed
    from squasher.target import Target

CALLS: Final = ("open", "write", "fsync", "replace", "mkdir", "unlink", "rmdir")
FINE: Final = 0
KILLED: Final = 9
MOST: Final = 200
TO: Final = "0002"
FEW: Final = [*CHAIN][:3]


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
    """Archive the first two migrations."""
    return command.archive(target(), to=TO)


def undo() -> object:
    """Take the archive back."""
    return command.undo(target())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make a project of that name, or of another's files, and go there.

    Every project has the same chain at the same relative path, so what is computed from it, which is not
    what is tried here, is computed once. The system may keep what is written to itself.
    """
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(command, "make", functools.cache(make))
    known: dict[Chain, Squashed] = {}

    def once(observed: Observed, chosen: Target) -> Squashed:
        chain = observed.replay.chain
        if chain not in known:
            known[chain] = proved(observed, chosen)
        return known[chain]

    monkeypatch.setattr(command, "observe", functools.cache(observe))
    monkeypatch.setattr(command, "proved", once)

    def project(name: str, like: Path | None = None) -> Path:
        folder = tmp_path / name
        if like is None:
            write(folder, {name: CHAIN[name] for name in FEW})
        else:
            shutil.copytree(like, folder)
        monkeypatch.chdir(folder)
        return folder

    return project


def assert_nothing_is_lost(folder: Path) -> None:
    """Every migration is whole, in the chain or in the archive, and no whole file has other bytes."""
    held = everything(folder)
    for name in FEW:
        found = [held[path] for path in (f"migrations/{name}", f"migrations-archive/{name}") if path in held]
        assert found
        assert set(found) == {CHAIN[name].encode()}


def states(place: Callable[..., Path], start: Path, work: Callable[[], object]) -> Iterator[Path]:
    """What a kill at each call of the work leaves of a project; the last is what the work itself does."""
    for call in range(1, MOST):
        folder = place(f"{start.name}-{call}", start)
        if not killed_at(call, work):
            assert call > 30  # it has so many calls to be killed at
            return
        assert_nothing_is_lost(folder)
        yield folder
    pytest.fail("the process never came to its end")


def is_recorded(folder: Path) -> bool:
    """Whether the manifest says that there is an archive: its first step, and the last of its undo."""
    path = folder / "migrations-archive" / "manifest.json"
    return path.exists() and bool(json.loads(path.read_text())["archives"])


def test_a_kill_at_every_step_of_an_archive(place: Callable[..., Path]) -> None:
    """After a kill at any call a second run finishes the archive, and its undo leaves what was before."""
    start = place("start")
    squasher.squash("migrations")
    before = everything(start)
    done = place("done", start)
    archive()
    after = everything(done)
    seen = set()
    for folder in states(place, start, archive):
        other = place(f"{folder.name}-undo", folder)
        if is_recorded(other):
            undo()
        else:
            with pytest.raises(InputError, match="records no archive"):
                undo()
        assert restored(other) == before
        place(f"{folder.name}-again", folder)
        left = without_litter(folder)
        if left == after:
            with pytest.raises(InputError, match="is a baseline already"):
                archive()
        else:
            assert command.archive(target(), to=TO).resumed is is_recorded(folder)
        assert everything(folder.with_name(f"{folder.name}-again")) == after
        seen.add((is_recorded(folder), left == before, left == after))
    assert seen >= {(False, True, False), (True, False, False), (True, False, True)}


def test_a_kill_at_every_step_of_an_undo(place: Callable[..., Path]) -> None:
    """After a kill at any call of an undo a second one ends it, and a second archive makes it again."""
    first = place("before")
    squasher.squash("migrations")
    before = everything(first)
    start = place("start", first)
    archive()
    after = everything(start)
    seen = set()
    for folder in states(place, start, undo):
        other = place(f"{folder.name}-undo", folder)
        if is_recorded(other):
            undo()
        assert restored(other) == before
        other = place(f"{folder.name}-again", folder)
        left = restored(folder)
        if left != after:
            archive()
        assert without_litter(other) == after
        seen.add((is_recorded(folder), left == before, left == after))
    assert seen >= {(True, False, True), (True, False, False), (False, True, False)}


def restored(folder: Path) -> dict[str, bytes]:
    """All files, without a manifest that only remembers what was taken back."""
    files = without_litter(folder)
    if "migrations-archive/manifest.json" in files and not is_recorded(folder):
        assert [*retired(folder)] == [f"{TO}_complete_schema.sql"]
        del files["migrations-archive/manifest.json"]
    return files


def without_litter(folder: Path) -> dict[str, bytes]:
    """All files, without the temporary ones of a killed run and a directory that it left empty."""
    held = everything(folder).items()
    return {name: data for name, data in held if not name.endswith((".tmp", "migrations-archive"))}


def test_control_c_at_every_step(place: Callable[..., Path]) -> None:
    """Ctrl-C ends with 130 and says how to go on; it leaves no temporary file, and a second run finishes."""
    start = place("start")
    done = place("done", start)
    archive()
    after = everything(done)
    said = set()
    for call in range(1, MOST):
        folder = place(str(call), start)
        errors = start.parent / f"{call}.txt"

        def act(call: int = call, errors: Path = errors) -> int:
            sys.stderr = errors.open("w", encoding="utf-8")
            _Counter(call, lambda: signal.raise_signal(signal.SIGINT))
            code = run(to=TO)
            sys.stderr.close()
            return code

        code = in_child(act)
        if code == FINE:
            break
        assert code == 130
        said.add(errors.read_text(encoding="utf-8"))
        assert_nothing_is_lost(folder)
        assert not [name for name in everything(folder) if name.endswith(".tmp")]
        if everything(folder) != after:
            archive()
        assert everything(folder) == after
    else:
        pytest.fail("the process never came to its end")
    again = "run `squasher archive` again, or `squasher archive --undo`"
    assert said == {f"interrupted; the archive is not finished: {again}\n"}


def test_a_full_disk(place: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way is an error that says how to go on, and the next run goes on."""
    folder = place("full")
    real, left = os.write, [3]

    def write_some(number: int, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(number, data)

    with monkeypatch.context() as patched:
        patched.setattr(parallel, "_possible", lambda: False)
        patched.setattr(os, "write", write_some)
        with pytest.raises(InputError, match="No space left on device") as caught:
            archive()
    assert caught.value.hint == (
        "Run `squasher archive` again to finish it, or `squasher archive --undo` to take it back."
    )
    assert_nothing_is_lost(folder)
    assert command.archive(target(), to=TO).resumed


def test_another_release_cannot_finish_it(
    place: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A baseline of other bytes than the manifest promises is not written; the archive can be taken back."""
    start = place("start")
    folder = next(one for one in states(place, start, archive) if is_recorded(one))

    def otherwise(*given: Any) -> Made:  # noqa: ANN401 - as the real one
        made = make(*given)
        return made._replace(baseline=made.baseline._replace(text=made.baseline.text + "-- more\n"))

    with monkeypatch.context() as patched:
        patched.setattr(command, "make", otherwise)
        with pytest.raises(InputError, match=r"0002_complete_schema\.sql would not be what .* says"):
            archive()
    assert_nothing_is_lost(folder)
    undo()
    assert {name: (folder / "migrations" / name).read_text() for name in FEW} == {
        name: CHAIN[name] for name in FEW
    }
