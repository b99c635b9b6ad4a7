"""Crashes: whatever happens while a fresh file is written, a reader finds the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import squasher
from squasher import files
from squasher.errors import InputError
from squasher.files import read_regular, write_atomically

ROOT = Path(__file__).parent.parent
OLD = b"-- an old file\n"
NOBODY = 65534

# Runs squash in a process that does `act` in place of its n-th call of the system that concerns files.
STOPPED = """
import os, signal, sys
at, act = int(sys.argv[1]), sys.argv[2]
calls = 0

def wrap(name):
    real = getattr(os, name)
    def call(*args, **options):
        global calls
        counts = name != "open" or str(args[0]).endswith((".tmp", "-fresh"))
        calls += counts
        if counts and calls == at:
            if name == "write":
                real(args[0], args[1][: len(args[1]) // 2])
            os.kill(os.getpid(), getattr(signal, act))
        return real(*args, **options)
    setattr(os, name, call)

import squasher.files
for name in ("open", "write", "fsync", "fchmod", "replace", "mkdir", "unlink", "listdir"):
    wrap(name)
from squasher import run
code = run.squash()
print("calls", calls)
sys.exit(code)
"""


def environment() -> dict[str, str]:
    """The environment of a process of ours."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def stopped_at(folder: Path, call: int, act: str) -> subprocess.CompletedProcess[bytes]:
    """Squash in a process that a signal ends at its n-th call."""
    return subprocess.run(
        [sys.executable, "-c", STOPPED, str(call), act],
        cwd=folder,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )


def project(folder: Path, table: str = "t") -> Path:
    """A directory with a chain of one migration."""
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "0001_a.sql").write_text(f"CREATE TABLE {table} (a);\n", encoding="utf-8")
    return folder


def fresh_of(folder: Path) -> Path:
    """Where squash writes."""
    return folder / "migrations-fresh" / "0001_complete_schema.sql"


def names(folder: Path) -> list[str]:
    """What a directory holds."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("old", [OLD, None], ids=["over-an-old-file", "new"])
@pytest.mark.parametrize("act", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_a_signal_at_every_step(act: str, old: bytes | None, tmp_path: Path) -> None:
    """After a signal at any call the file is the old or the new one, and the next run leaves no litter.

    SIGTERM and SIGINT, which a process hears, leave none themselves.
    """
    new = squasher.squash(project(tmp_path / "whole") / "migrations", write=False).text.encode()
    seen: set[bytes | None] = set()
    litter = 0
    for call in range(1, 60):
        folder = project(tmp_path / str(call))
        fresh = fresh_of(folder)
        if old is not None:
            fresh.parent.mkdir()
            fresh.write_bytes(old)
        done = stopped_at(folder, call, act)
        if done.returncode == 0:
            break
        assert done.returncode in {-signal.SIGKILL, -signal.SIGTERM, 130}, done.stderr
        assert b"Traceback" not in done.stderr
        found = fresh.read_bytes() if fresh.exists() else None
        assert found in {old, new}
        seen.add(found)
        if act == "SIGINT":
            what = b"the new file was written" if found == new else b"nothing was written"
            assert done.stderr == b"interrupted; " + what + b"\n"
        left = set(names(fresh.parent)) - {fresh.name} if fresh.parent.exists() else set()
        litter += len(left)
        assert act == "SIGKILL" or not left
        squasher.squash(folder / "migrations")
        assert names(fresh.parent) == [fresh.name]
        assert fresh.read_bytes() == new
    else:
        pytest.fail("the process never came to its end")
    assert done.stdout.splitlines()[-1] == b"calls %d" % (call - 1)
    assert seen == {old, new}, "the steps reach from before the file was replaced to after it"
    assert (litter > 0) == (act == "SIGKILL")


def test_a_living_runs_temporary_file_stays(tmp_path: Path) -> None:
    """What another run is writing at the moment is not swept away, and what a dead one left is."""
    living, dead = tmp_path / ".squasher-1.tmp", tmp_path / ".squasher-2.tmp"
    other = tmp_path / "notes.tmp"
    dead.write_bytes(b"half")
    other.write_bytes(b"mine")
    code = (
        "import fcntl, sys\n"
        f"file = open({str(living)!r}, 'wb')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        assert write_atomically(tmp_path / "f.sql", b"one")
        assert names(tmp_path) == [living.name, "f.sql", "notes.tmp"]
        process.kill()
    assert not write_atomically(tmp_path / "f.sql", b"one")
    assert names(tmp_path) == ["f.sql", "notes.tmp"]


def test_a_swept_temporary_file_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose file was taken for a dead one's, between making and locking it, makes another."""
    real = files._lock  # noqa: SLF001 - the moment between two calls
    swept: list[str] = []

    def lock(number: int, *, wait: bool = True) -> bool:
        if wait and not swept:
            swept.extend(path.name for path in tmp_path.glob(".squasher-*.tmp"))
            (tmp_path / swept[0]).unlink()
        return real(number, wait=wait)

    monkeypatch.setattr(files, "_lock", lock)
    assert write_atomically(tmp_path / "f.sql", b"one")
    assert len(swept) == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"f.sql": b"one"}


def test_eight_at_once(tmp_path: Path) -> None:
    """Eight runs with eight chains on one target: all succeed, the file is one of theirs, no litter."""
    target = tmp_path / "fresh" / "schema.sql"
    folders = [project(tmp_path / str(number), f"t{number}") for number in range(8)]
    texts = {squasher.squash(folder / "migrations", write=False).text.encode() for folder in folders}
    assert len(texts) == 8
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "squasher", "squash", "--fresh", str(target)],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for folder in folders
    ]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 8
    assert target.read_bytes() in texts
    assert names(target.parent) == ["schema.sql"]


def limited(folder: Path, most: int) -> subprocess.CompletedProcess[bytes]:
    """Squash in a process whose files may not be larger than ``most`` bytes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.run(
        [sys.executable, "-B", "-m", "squasher", "squash"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        preexec_fn=limit,
        check=False,
    )


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """A write that the system cuts short is an error, the old file stays, and nothing lies beside it."""
    folder = project(tmp_path)
    fresh_of(folder).parent.mkdir()
    fresh_of(folder).write_bytes(OLD)
    done = limited(folder, 100)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"cannot write migrations-fresh/0001_complete_schema.sql: File too large" in done.stderr
    assert names(fresh_of(folder).parent) == ["0001_complete_schema.sql"]
    assert fresh_of(folder).read_bytes() == OLD


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; others: test_squash")
def test_somebody_who_may_not_write(tmp_path: Path) -> None:
    """For a user without permission the error says so, and the old file stays."""
    for place in (*tmp_path.parents[:2], tmp_path):
        place.chmod(place.stat().st_mode | 0o055)
    target = tmp_path / "fresh" / "schema.sql"
    target.parent.mkdir()
    target.write_bytes(OLD)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(NOBODY)
            write_atomically(target, b"new")
        except InputError as error:
            code = 0 if error.message.endswith("schema.sql: Permission denied") else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert {path.name: path.read_bytes() for path in target.parent.iterdir()} == {"schema.sql": OLD}


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_permissions_are_kept(mode: int, tmp_path: Path) -> None:
    """Replacing a file does not change who may read it."""
    target = tmp_path / "f.sql"
    target.write_bytes(OLD)
    target.chmod(mode)
    write_atomically(target, b"new")
    assert stat.S_IMODE(target.stat().st_mode) == mode


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    """A file that was not there is readable as far as the user's umask says."""
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "f.sql", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f.sql").stat().st_mode) == 0o640


def test_strange_targets(tmp_path: Path) -> None:
    """A directory, a link to one, a loop of links and a pipe are errors and stay; a hard link is cut."""
    (tmp_path / "directory").mkdir()
    (tmp_path / "to-directory").symlink_to(tmp_path / "directory")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "one").write_bytes(OLD)
    (tmp_path / "other").hardlink_to(tmp_path / "one")
    for name in ("directory", "to-directory", "loop", "pipe"):
        with pytest.raises(InputError, match=f"cannot write .*{name}"):
            write_atomically(tmp_path / name, b"new")
    assert write_atomically(tmp_path / "one", b"new")
    assert (tmp_path / "other").read_bytes() == OLD
    assert names(tmp_path) == ["directory", "loop", "one", "other", "pipe", "to-directory"]


def test_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    """A file name of 255 bytes leaves room for the temporary file."""
    target = tmp_path / ("n" * 251 + ".sql")
    assert write_atomically(target, b"new")
    assert read_regular(target) == b"new"


def processor_time(process: int) -> float:
    """The seconds that a process has computed (proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_sqlite_runs(sent: signal.Signals, tmp_path: Path) -> None:
    """A signal ends a long statement at once, and both processes with it."""
    folder = project(tmp_path)
    fresh_of(folder).parent.mkdir()
    for place in (folder / "migrations" / "0002_b.sql", fresh_of(folder)):
        place.write_text(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;",
            encoding="utf-8",
        )
    command = [sys.executable, "-m", "squasher", "check", "--max-steps", "100000000000"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, process_group=0
    ) as process:
        try:
            while processor_time(process.pid) < 1:
                time.sleep(0.05)
            process.send_signal(sent)
            _, err = process.communicate(timeout=20)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # where SIGINT is ignored nothing else ends it
    assert process.returncode == (-signal.SIGTERM if sent == signal.SIGTERM else 130)
    assert b"Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
