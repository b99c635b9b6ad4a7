"""Cases of ``squasher diff``: what every format says of two inputs, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from squasher.render import RENDERERS
from tests.goldens import CASES, FILES, Case, MistakeError, read_cases, write

if TYPE_CHECKING:
    from pathlib import Path

ALL = tuple(read_cases())


def name_of(case: Case) -> str:
    """The case's directory."""
    return case.folder.name


def differing(case: Case) -> list[str]:
    """The files whose text is not what the formats say."""
    made, expected = case.made(), case.expected()
    return [name for name in sorted(FILES.values()) if made[name] != expected.get(name)]


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_formats(case: Case) -> None:
    """Each format says what is written down, and the text holds what a person reasoned of the inputs."""
    assert differing(case) == []
    text = case.expected()["expected.text"]
    squeezed = " ".join(text.split())
    for fact in case.says:
        assert " ".join(fact.split()) in squeezed, fact
    assert (text == "") == (case.says == ())


@pytest.fixture
def copied(tmp_path: Path) -> Case:
    """A case in a git checkout of its own."""
    shutil.copytree(ALL[0].folder, tmp_path / "cases" / "one")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)  # noqa: S607 - the one on the path
    (case,) = read_cases(tmp_path / "cases")
    return case


@pytest.mark.parametrize("file", list(FILES.values()))
def test_a_wrong_expectation_fails(copied: Case, file: str) -> None:
    """One character more in any file, or no such file, is a difference; and comparing writes nothing."""
    path = copied.folder / file
    right = path.read_bytes()
    assert differing(copied) == []
    path.write_bytes(right + b" ")
    assert differing(copied) == [file]
    assert path.read_bytes() == right + b" "
    path.unlink()
    assert differing(copied) == [file]
    assert not path.exists()


def test_writing(copied: Case, capfd: pytest.CaptureFixture[str]) -> None:
    """The one command writes what the formats say, and shows which files that changed."""
    path = copied.folder / "expected.md"
    right = path.read_bytes()
    path.write_bytes(b"wrong\n")
    folder = copied.folder.parent
    subprocess.run(["git", "add", "."], cwd=folder, check=True)  # noqa: S607 - the one on the path
    assert write(read_cases(folder), {}) == 0
    assert path.read_bytes() == right
    out = capfd.readouterr().out
    assert "expected.md" in out
    assert "expected.html" not in out


def test_nothing_is_written_in_ci(copied: Case, capfd: pytest.CaptureFixture[str]) -> None:
    """Where CI is set the command refuses, and the wrong file stays wrong."""
    path = copied.folder / "expected.md"
    path.write_bytes(b"wrong\n")
    assert write(read_cases(copied.folder.parent), {"CI": "true"}) == 2
    assert "CI is set" in capfd.readouterr().err
    assert path.read_bytes() == b"wrong\n"


def test_make_refuses_in_ci(repository: Path) -> None:
    """So does the command that ``make goldens`` runs."""
    assert "@$(PY) -m tests.goldens\n" in (repository / "Makefile").read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.goldens"],
        cwd=repository,
        env={**os.environ, "CI": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: CI is set")


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("says = []", "no why"),
        ("why = 'x'", "says is missing"),
        ("why = 'x'\nsays = 'x'", "says is not known, or of another type"),
        ("why = 'x'\nsays = []\nlacks = []", "lacks is not known"),
        ("why = 'x'\nsays = []\nprofile = 'postgres'", "there is no profile postgres"),
        ("why = 'x'\nsays = []", "no old or no new side"),
    ],
)
def test_a_case_with_a_mistake_in_it(toml: str, problem: str, tmp_path: Path) -> None:
    """A key that means nothing is an error, not a case that asks for less than its author thought."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "case.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(MistakeError, match=problem):
        [case.made() for case in read_cases(tmp_path)]


def test_every_case_is_read() -> None:
    """Every format has its file, every directory its case and its inputs, and no file besides."""
    assert set(FILES) == set(RENDERERS)
    folders = [path for path in CASES.iterdir() if path.is_dir()]
    assert len(folders) == len(ALL)
    inputs = ({"migrations"}, {"old", "new"}, {"old.sql", "new.sql"})
    for folder in folders:
        assert {path.name for path in folder.iterdir()} - {"case.toml", *FILES.values()} in inputs
