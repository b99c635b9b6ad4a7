"""The file that ``squasher build`` writes, in the hands of the real wrangler and Miniflare."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import squasher
from tests.wrangler import installs, real

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.wrangler,
    pytest.mark.parametrize("packages", real.RELEASES, ids=real.version),
]


def test_wrangler_takes_the_file_for_its_own(project: Path, packages: Path) -> None:
    """Copied to where wrangler keeps its state, nothing is left to apply, and the next migration is."""
    built = squasher.build(project / "template.sqlite", project / "migrations")
    installs.state(project).parent.mkdir(parents=True)
    shutil.copyfile(project / "template.sqlite", installs.state(project))
    installs.add_next(project)
    said = real.wrangler(project, "d1", "migrations", "apply", installs.NAME, "--local", packages=packages)
    assert (said.code, "About to apply 1 migration(s)" in said.out) == (0, True), said.out
    with closing(sqlite3.connect(installs.state(project))) as file:
        recorded = file.execute("SELECT name FROM d1_migrations ORDER BY id").fetchall()
    assert [name for (name,) in recorded] == [
        *(migration.name for migration in built.chain.migrations),
        installs.NEXT,
    ]


def test_miniflare_opens_a_copy(project: Path, packages: Path) -> None:
    """Miniflare finds the whole ledger in a copy, writes through the triggers, and the template stays."""
    template = project / "template.sqlite"
    built = squasher.build(template, project / "migrations")
    state = installs.state(project)
    state.parent.mkdir(parents=True)
    shutil.copyfile(template, state)
    template.chmod(0o444)
    done = subprocess.run(
        ["node", str(installs.HERE / "template.mjs"), str(packages), str(state.parents[2])],  # noqa: S607 - npm's
        env=real.environment(project, packages),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "ledger": [migration.name for migration in built.chain.migrations],
        "found": [{"rowid": 5}],
    }
    assert template.read_bytes() == built.data
