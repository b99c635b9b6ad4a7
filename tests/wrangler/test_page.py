"""docs/d1.md: what wrangler is shown to say is what it says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

import squasher
from tests.wrangler import installs, real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.wrangler.installs import Installs

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


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path, every_installs: dict[Path, Installs]) -> Path:
    """The project that a block of the page is about."""
    place: str = request.node.callspec.params["place"]
    home = tmp_path / place
    if place in {"in_place", "export"}:
        # a database that exists
        executed = every_installs[real.PACKAGES].executed
        shutil.copytree(executed.parents[len(installs.STATE.parts)], home)
    else:
        (home / "migrations").mkdir(parents=True)
        (home / "wrangler.toml").write_text(installs.CONFIG, encoding="utf-8")
    if place == "in_place":
        shutil.rmtree(home / "migrations")
        shutil.copytree(home / "migrations-fresh", home / "migrations")
    for owner, name, text in FILE.findall(PAGE):
        if owner == place:
            (home / name).write_text(text, encoding="utf-8")
    return home


@pytest.mark.parametrize("place", ["in_place", "export", "reimport", "keys", "keys_kept"])
def test_what_not_to_do(place: str, home: Path) -> None:
    """What the page warns of happens as it says."""
    shown = [call for call in calls() if call.place == place]
    assert shown
    for call in shown:
        said = real.wrangler(home, *shlex.split(call.command))
        assert_shown(call, said.out)
        assert ("ERROR" in call.shown) == (said.code != 0)
    if place == "reimport":
        dump = (home / "dump.sql").read_text(encoding="utf-8")
        assert "9007199254740992" in dump
        assert "9007199254740993" not in dump
        fresh = squasher.squash(home / "migrations").text
        assert "9007199254740993" in fresh
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
    tried = {"executed", "migrated", "in_place", "export", "reimport", "keys", "keys_kept"}
    assert {call.place for call in calls()} == tried
    assert {owner for owner, _, _ in FILE.findall(PAGE)} <= tried
    assert PAGE.count(PROMPT) == len(list(calls()))
