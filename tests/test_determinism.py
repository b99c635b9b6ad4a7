"""The same input gives the same bytes: everywhere, every time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import squasher

ROOT = Path(__file__).parent.parent
CHAINS = {"rich": ROOT / "tests" / "cases" / "rich" / "migrations", "clearlift": ROOT / "migrations"}
SCRIPT = """\
import sys
import squasher
for folder in sys.argv[1:]:
    sys.stdout.buffer.write(squasher.squash(folder, write=False).text.encode())
"""


def written(
    chains: list[Path],
    *,
    variables: dict[str, str] | None = None,
    cwd: Path = ROOT,
    python: str = sys.executable,
    flags: tuple[str, ...] = (),
) -> bytes:
    """The fresh files of chains, made by another process in another environment."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(variables or {})}
    done = subprocess.run(
        [python, *flags, "-c", SCRIPT, *map(str, chains)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    assert done.returncode == 0
    return done.stdout


@pytest.fixture(scope="module")
def expected() -> bytes:
    """The fresh files of both chains, made in this process."""
    return "".join(squasher.squash(folder, write=False).text for folder in CHAINS.values()).encode()


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kolkata"},
        {"PYTHONHASHSEED": "random", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "0", "TZ": "America/St_Johns"},
        {"PYTHONOPTIMIZE": "2", "HOME": "/nonexistent", "TMPDIR": "/nonexistent"},
        {"COLUMNS": "20", "TERM": "dumb", "NO_COLOR": "1", "CI": "1"},
    ],
    ids=lambda variables: ",".join(f"{name}={value}" for name, value in variables.items()),
)
def test_the_environment_does_not_matter(variables: dict[str, str], expected: bytes) -> None:
    """Hash seed, locale, time zone, optimisation, home and terminal leave every byte as it is."""
    assert written(list(CHAINS.values()), variables=variables) == expected


def test_two_runs_in_one_process_give_the_same(expected: bytes) -> None:
    """Nothing is kept from one call to the next."""
    folders = [*CHAINS.values(), *CHAINS.values()]
    assert written(folders) == expected + expected


def test_the_order_of_calls_does_not_matter(expected: bytes) -> None:
    """A chain's file is the same after another chain was squashed."""
    rich = squasher.squash(CHAINS["rich"], write=False).text
    clearlift = squasher.squash(CHAINS["clearlift"], write=False).text
    assert (rich + clearlift).encode() == expected


def test_where_the_clone_is_does_not_matter(expected: bytes, tmp_path: Path) -> None:
    """Another path, an odd one, and copies made in another order give the same bytes."""
    folders = []
    for name, folder in CHAINS.items():
        copied = tmp_path / "a clone; it's ünusual" / name / "steps"
        copied.mkdir(parents=True)
        for file in sorted(folder.iterdir(), reverse=True):
            shutil.copyfile(file, copied / file.name)
        folders.append(copied)
    assert written(folders, cwd=tmp_path) == expected


def test_a_relative_path_from_elsewhere_gives_the_same(expected: bytes, tmp_path: Path) -> None:
    """Where the command runs does not matter, nor how the directory is spelled."""
    folders = [Path(os.path.relpath(folder, tmp_path)) for folder in CHAINS.values()]
    assert written(folders, cwd=tmp_path) == expected
    spelled = [ROOT / "tests" / ".." / folder.relative_to(ROOT) for folder in CHAINS.values()]
    assert written(spelled) == expected


def test_times_and_permissions_of_the_files_do_not_matter(expected: bytes, tmp_path: Path) -> None:
    """Only names and bytes of the migrations count."""
    folders = []
    for name, folder in CHAINS.items():
        copied = tmp_path / name
        shutil.copytree(folder, copied)
        for number, file in enumerate(sorted(copied.iterdir())):
            os.utime(file, (1_000_000_000 - number, 1_000_000_000 - number))
            file.chmod(0o755)
        folders.append(copied)
    assert written(folders) == expected


def test_other_files_in_the_directory_do_not_matter(expected: bytes, tmp_path: Path) -> None:
    """Notes, hidden files and editors' copies beside the migrations are not read."""
    folders = []
    for name, folder in CHAINS.items():
        copied = tmp_path / name
        shutil.copytree(folder, copied)
        for other in ("README.md", ".0001_x.sql", "0001_x.sql~", "0001_x.SQL.orig"):
            (copied / other).write_text("DROP TABLE everything;", encoding="utf-8")
        folders.append(copied)
    assert written(folders) == expected


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_every_python_gives_the_same(version: str, expected: bytes) -> None:
    """Each Python that is installed here, and has the engine, writes these bytes."""
    python = shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"no python{version} here")
    probe = [python, "-c", "import apsw, sys; print(apsw.apsw_version(), sys.version_info[:2])"]
    found = subprocess.run(probe, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip(f"python{version} has no apsw")
    assert written(list(CHAINS.values()), python=python, flags=("-B",)) == expected
