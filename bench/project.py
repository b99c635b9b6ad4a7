"""A project to measure in: a chain in a folder, its fresh file, and squasher's cache in a known state."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bench import chains
from bench.process import ROOT, Process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ONE_MORE: Final = """\
CREATE TABLE one_more (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE INDEX one_more_name ON one_more (name);
"""


class Project:
    """A folder that a chain is written into. What is done to it comes before a process, untimed."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        self.folder = folder
        self.count = len(files)
        self._files = files
        self._cache = folder / ".squasher_cache"
        self._fresh = folder / "migrations-fresh" / "0001_complete_schema.sql"
        self._more = folder / "migrations" / chains.file_name(self.count + 1, self.count)
        chains.write(folder / "migrations", files)

    def squasher(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Process:
        """The command."""
        return Process((sys.executable, "-m", "squasher", *arguments), self.folder, codes)

    def raw(self, *database: str) -> Process:
        """The yardstick."""
        return Process((sys.executable, str(ROOT / "bench" / "raw.py"), "migrations", *database), self.folder)

    def sqlite3(self) -> Process:
        """The sqlite3 shell: the same files in the same transactions, and its dump of what came out."""
        script = self.folder / "replay.sql"
        names = sorted(path.name for path in (self.folder / "migrations").iterdir())
        read = "".join(f"BEGIN;\n.read migrations/{name}\nCOMMIT;\n" for name in names)
        script.write_text(f"PRAGMA foreign_keys = ON;\n{read}.dump\n", encoding="utf-8")
        return Process(("sqlite3", "-bail", ":memory:", ".read replay.sql"), self.folder)

    def dbmate(self) -> Process:
        """dbmate: the same files into a database file, and its dump."""
        if not (self.folder / "dbmate").exists():
            chains.write(self.folder / "dbmate", self._files, dbmate=True)
        options = (
            "--url",
            "sqlite:dbmate.sqlite",
            "--migrations-dir",
            "dbmate",
            "--schema-file",
            "dbmate.sql",
        )
        return Process(("dbmate", *options, "up"), self.folder)

    def without_dbmate(self) -> None:
        """Before dbmate has run."""
        for path in self.folder.glob("dbmate.*"):
            path.unlink()

    def cold(self) -> None:
        """Without squasher's cache."""
        shutil.rmtree(self._cache, ignore_errors=True)

    def unwritten(self) -> None:
        """Without the fresh file, so that it is to be written, and not only to be compared."""
        self._fresh.unlink(missing_ok=True)

    def new(self) -> None:
        """Without either."""
        self.cold()
        self.unwritten()

    def keep(self, name: str) -> None:
        """Put a copy of squasher's cache aside."""
        _copy(self._cache, self.folder / name)

    def warm(self, name: str) -> None:
        """Take squasher's cache from the copy, as it was then."""
        _copy(self.folder / name, self._cache)

    def lengthen(self) -> None:
        """Add one file to the chain."""
        self._more.write_text(_ONE_MORE, encoding="utf-8")

    def shorten(self) -> None:
        """Take it away again, with what squasher knows of it."""
        self._more.unlink(missing_ok=True)
        self.new()

    @contextmanager
    def cut(self, count: int) -> Iterator[None]:
        """The chain without its last ``count`` files."""
        migrations, aside = self.folder / "migrations", self.folder / "aside"
        aside.mkdir()
        last = sorted(migrations.iterdir())[-count:]
        for path in last:
            path.rename(aside / path.name)
        try:
            yield
        finally:
            for path in last:
                (aside / path.name).rename(path)
            aside.rmdir()


def _copy(source: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, to)
