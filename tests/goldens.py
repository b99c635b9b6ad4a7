"""Cases of ``squasher diff`` that are data: two inputs, and what every format makes of them.

``make goldens`` writes what the formats say now and shows what that changed; nothing else writes it,
and never in CI: what changed is for a person to read.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.commands.diff import Sides, diff
from squasher.profiles import PROFILES
from squasher.render import RENDERERS
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CASES: Final = Path(__file__).resolve().parent / "diff_cases"
FILES: Final = {
    "text": "expected.text",
    "json": "expected.json",
    "markdown": "expected.md",
    "html": "expected.html",
    "sql": "expected.diff",
    "github": "expected.github",
}
_KEYS: Final = {"why": str, "says": list, "profile": str, "from": str, "to": str}


class MistakeError(Exception):
    """A case that asks for nothing, or for something else than its author thought."""


class Case(NamedTuple):
    """One directory: see tests/diff_cases/README.md."""

    folder: Path
    why: str
    says: tuple[str, ...]
    profile: str = "sqlite"
    start: str | None = None
    to: str | None = None

    def made(self) -> dict[str, str]:
        """What the formats say, by the name of the file that holds it."""
        old, new = self._inputs()
        with chdir(self.folder):
            sides = Sides(old=old, new=new, start=self.start, to=self.to)
            compared = diff(sides, of(PROFILES[self.profile]))
            return {FILES[form]: _unstyled(render(compared)) for form, render in RENDERERS.items()}

    def expected(self) -> dict[str, str]:
        """What is written down, by the name of the file."""
        paths = (self.folder / name for name in FILES.values())
        return {path.name: path.read_bytes().decode() for path in paths if path.exists()}

    def _inputs(self) -> tuple[str, str]:
        if (self.folder / "migrations").is_dir():
            return "migrations", "migrations"
        inputs = [
            next((name for name in (side, f"{side}.sql") if (self.folder / name).exists()), "")
            for side in ("old", "new")
        ]
        if "" in inputs:
            raise MistakeError(f"{self.folder.name}: no old or no new side, and no migrations")
        return inputs[0], inputs[1]


def _unstyled(text: str) -> str:
    """A page without its style sheet, which is the same on all of them."""
    before, opening, rest = text.partition("<style>")
    _, closing, after = rest.partition("</style>")
    return before + opening + closing + after


def read_cases(folder: Path = CASES) -> Iterator[Case]:
    """The cases of a directory. Raises MistakeError."""
    for path in sorted(folder.glob("*/case.toml")):
        name, toml = path.parent.name, tomllib.loads(path.read_text("utf-8"))
        for key, value in toml.items():
            if type(value) is not _KEYS.get(key):
                raise MistakeError(f"{name}: {key} is not known, or of another type")
        if not toml.get("why"):
            raise MistakeError(f"{name}: no why")
        if "says" not in toml:
            raise MistakeError(f"{name}: says is missing; it is empty when nothing differs")
        profile = toml.get("profile", "sqlite")
        if profile not in PROFILES:
            raise MistakeError(f"{name}: there is no profile {profile}")
        yield Case(path.parent, toml["why"], tuple(toml["says"]), profile, toml.get("from"), toml.get("to"))


def write(cases: Iterator[Case], environment: Mapping[str, str]) -> int:
    """Write what the formats say, and show what that changed; the exit code.

    Refuses where CI is set: a pipeline that writes what it then compares proves nothing.
    """
    if environment.get("CI"):
        sys.stderr.write(
            "error: CI is set: expected output is not written there\n"
            "help: Run `make goldens` in a checkout of your own, and read what it changed.\n"
        )
        return 2
    made = [(case.folder, case.made()) for case in cases]
    for folder, texts in made:
        for name, text in texts.items():
            (folder / name).write_bytes(text.encode())
    folder = made[0][0].parent
    subprocess.run(["git", "add", "--intent-to-add", "."], cwd=folder, check=True)  # noqa: S607
    subprocess.run(["git", "--no-pager", "diff", "--stat", "--", "."], cwd=folder, check=True)  # noqa: S607
    return 0


if __name__ == "__main__":
    sys.exit(write(read_cases(), os.environ))
