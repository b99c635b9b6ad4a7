"""Real git repositories for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

GIT = shutil.which("git") or "git"


def isolate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let git know nothing of the machine that runs the tests, nor of a repository around them."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A Tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.org")
        monkeypatch.setenv(f"GIT_{role}_DATE", "2026-11-22T12:00:00Z")


class Repository:
    """A repository in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def new(cls, root: Path, branch: str = "main") -> Repository:
        """Make one without a commit."""
        root.mkdir(parents=True, exist_ok=True)
        repository = cls(root)
        repository.git("init", "--quiet", f"--initial-branch={branch}")
        return repository

    def git(self, *arguments: str) -> str:
        """What a command of git prints; it must succeed."""
        done = subprocess.run([GIT, *arguments], cwd=self.root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files by their paths."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: Mapping[str, str | bytes], message: str = "a change") -> str:
        """Write files, commit everything, and give the commit's name."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def clone(self, to: Path, *options: str) -> Repository:
        """Clone it as from another machine."""
        self.git("clone", "--quiet", *options, f"file://{self.root}", str(to))
        return Repository(to)
