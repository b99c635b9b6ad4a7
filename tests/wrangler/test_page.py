"""docs/d1.md: what wrangler is shown to say is what it says."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

import squasher
from squasher.commands.archive import archive
from squasher.target import target
from tests.wrangler import installs, real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.wrangler.installs import Installs
    from tests.wrangler.real import Said

pytestmark = pytest.mark.wrangler

PAGE: Final = (installs.ROOT / "docs" / "d1.md").read_text(encoding="utf-8")
BLOCK: Final = re.compile(r"<!-- wrangler: (\w+) -->\n```console\n(.*?)```\n", re.DOTALL)
FILE: Final = re.compile(r"<!-- file: (\w+)/(\S+) -->\n```sql\n(.*?)```\n", re.DOTALL)
PROMPT: Final = "$ npx wrangler "


class Call(NamedTuple):
    """A command of the page, and what it is shown to print."""

    place: str
    command: str
    shown: str


class Mistake(NamedTuple):
    """A project in which somebody did what the page warns of, and what wrangler said to each command."""

    home: Path
    said: list[tuple[Call, Said]]


def calls() -> Iterator[Call]:
    """Every call of wrangler on the page, in order."""
    for place, text in BLOCK.findall(PAGE):
        for part in text.split(PROMPT)[1:]:
            command, _, shown = part.partition("\n")
            yield Call(place, command, shown)


def assert_shown(call: Call, said: str) -> None:
    """The lines follow each other as shown; a line with an ellipsis alone stands for any number of lines."""
    printed = "".join(f"{line.rstrip()}\n" for line in said.splitlines() if line.strip())
    parts = (
        "(?:.*\n)*?" if line == "…\n" else re.escape(line) for line in call.shown.splitlines(keepends=True)
    )
    assert re.fullmatch("".join(parts), printed), f"{call.command}\n{printed}"


@pytest.mark.parametrize("place", ["executed", "migrated"])
def test_installations(place: str, every_installs: dict[Path, Installs]) -> None:
    """What the page shows of the two fresh installs and the next migration is what wrangler printed."""
    said = every_installs[real.PACKAGES].said
    shown = [call for call in calls() if call.place == place]
    for call in shown:
        assert_shown(call, said[f"{place}: {call.command}"].out)
    assert len(shown) >= 2


MISTAKES: Final = ("in_place", "export", "reimport", "keys", "keys_kept")
ARCHIVES: Final = ("stamped", "behind", "early")


@pytest.fixture(scope="module")
def mistakes(
    every_installs: dict[Path, Installs], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Mistake]:
    """What wrangler says to each command that the page warns of, two projects at a time."""
    folder = tmp_path_factory.mktemp("mistakes")
    # a database that exists
    executed = every_installs[real.PACKAGES].executed.parents[len(installs.STATE.parts)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        said = pool.map(lambda place: make(folder / place, executed), (*MISTAKES, *ARCHIVES))
        return dict(zip((*MISTAKES, *ARCHIVES), said, strict=True))


def make(home: Path, executed: Path) -> Mistake:
    """Make the project of a block of the page, and run its commands."""
    if home.name in {"in_place", "export", *ARCHIVES}:
        shutil.copytree(executed, home)
    else:
        (home / "migrations").mkdir(parents=True)
        (home / "wrangler.toml").write_text(installs.CONFIG, encoding="utf-8")
    if home.name == "in_place":
        shutil.rmtree(home / "migrations")
        shutil.copytree(home / "migrations-fresh", home / "migrations")
    if home.name in ARCHIVES:
        archive(target(home / "migrations"), to="0036")
    if home.name == "behind":
        with closing(sqlite3.connect(installs.state(home))) as connection, connection:
            connection.execute("DELETE FROM d1_migrations WHERE name LIKE '0036%'")
    for owner, name, text in FILE.findall(PAGE):
        if owner == home.name:
            (home / name).write_text(text, encoding="utf-8")
    shown = [call for call in calls() if call.place == home.name]
    return Mistake(home, [(call, real.wrangler(home, *shlex.split(call.command))) for call in shown])


@pytest.mark.parametrize("place", MISTAKES)
def test_what_not_to_do(place: str, mistakes: dict[str, Mistake]) -> None:
    """What the page warns of happens as it says."""
    assert mistakes[place].said
    for call, said in mistakes[place].said:
        assert_shown(call, said.out)
        assert ("ERROR" in call.shown) == (said.code != 0)


@pytest.mark.parametrize("place", ARCHIVES)
def test_the_ledger_transition(place: str, mistakes: dict[str, Mistake]) -> None:
    """A database that ran the old chain is stamped; one that is behind, or too early, is refused."""
    assert mistakes[place].said
    for call, said in mistakes[place].said:
        assert_shown(call, said.out.replace(f"{mistakes[place].home}/", ""))
        assert ("ERROR" in call.shown) == (said.code != 0)


def test_a_dump_is_not_exact(mistakes: dict[str, Mistake]) -> None:
    """An integer beyond 2^53 is another one in the dump, and itself in the fresh file, parents first."""
    home = mistakes["reimport"].home
    dump = (home / "dump.sql").read_text(encoding="utf-8")
    assert ("9007199254740992" in dump, "9007199254740993" in dump) == (True, False)
    fresh = squasher.squash(home / "migrations", write=False).text
    assert ("9007199254740992" in fresh, "9007199254740993" in fresh) == (False, True)
    assert fresh.index("INSERT INTO teams") < fresh.index("INSERT INTO members")


def test_the_name_of_the_file(tmp_path: Path) -> None:
    """The function on the page computes the name under which wrangler and Miniflare keep a database."""
    (code,) = re.findall(r"```js\n(import \{ createHash.*?)```\n", PAGE, re.DOTALL)
    (tmp_path / "name.mjs").write_text(
        f"{code}\nconsole.log(databaseFile({installs.ID!r}))", encoding="utf-8"
    )
    done = subprocess.run(
        ["node", "name.mjs"],  # noqa: S607 - npm's
        cwd=tmp_path,
        env=real.environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{installs.state(tmp_path).name}\n"


def test_every_block_is_tried() -> None:
    """No block of the page is one that no test runs."""
    tried = {"executed", "migrated", *MISTAKES, *ARCHIVES}
    assert {call.place for call in calls()} == tried
    assert {owner for owner, _, _ in FILE.findall(PAGE)} <= tried
    assert PAGE.count(PROMPT) == len(list(calls()))
