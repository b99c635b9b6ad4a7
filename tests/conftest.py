"""Fixtures that several test modules share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from squasher.chain import Migration
from squasher.engine import Database
from squasher.replay import run_file
from squasher.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from squasher.profiles import Profile

ROOT = Path(__file__).resolve().parent.parent

# how long an example takes says nothing about the code
settings.register_profile("squasher", deadline=None)
settings.load_profile("squasher")


@pytest.fixture(autouse=True, scope="session")
def _no_traces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a cache is sealed with is made for the tests, and not in the directory of who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def repository() -> Path:
    """The root of the checkout, where migrations/ and squasher/ are."""
    return ROOT


@pytest.fixture
def universe() -> Universe:
    """2026-11-22 12:34:56.789, and a stream of random bits."""
    return Universe(name="test", clock=212_662_110_896_789, seed=7)


@pytest.fixture
def connect(universe: Universe) -> Iterator[Callable[..., Database]]:
    """Open databases of a profile; ``sql``, if any, is run as one file. All are closed at the end."""
    opened: list[Database] = []

    def open_one(profile: Profile, sql: str = "", inside: Universe = universe) -> Database:
        database = Database(profile, inside)
        opened.append(database)
        if sql:
            run_file(database, Migration("file.sql", "file.sql", sql))
        return database

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def write_chain(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Write files by name into a directory called ``migrations`` and return it."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        directory = tmp_path / "migrations"
        directory.mkdir(exist_ok=True)
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (directory / name).write_bytes(data)
        return directory

    return write
