"""The real wrangler, as npm installed it: its command line, and its D1 in a process of ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.d1_cases import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.d1_cases import Case

HERE: Final = Path(__file__).resolve().parent
_GIVEN: Final = os.environ.get("WRANGLER_PACKAGES", os.pathsep.join((str(HERE), str(HERE / "node20"))))
RELEASES: Final = tuple(Path(path).resolve() for path in _GIVEN.split(os.pathsep))
"""For each release of wrangler, the directory above its node_modules."""
PACKAGES: Final = RELEASES[0]
"""The release that the profile follows."""
_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
_SECONDS: Final = 240


def environment(home: Path, packages: Path = PACKAGES) -> dict[str, str]:
    """What wrangler is run with: Node from npm first, and nothing of the user's."""
    modules = packages / "node_modules"
    nodes = [str(path.parent) for path in sorted(modules.glob("node-*/bin/node"))]
    return {
        "PATH": os.pathsep.join([*nodes, str(modules / ".bin"), os.environ["PATH"]]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "CI": "1",
        "NO_COLOR": "1",
        "WRANGLER_SEND_METRICS": "false",
        "WRANGLER_HIDE_BANNER": "true",
        "WRANGLER_WRITE_LOGS": "false",
    }


class Said(NamedTuple):
    """What a call of wrangler ended with."""

    code: int
    out: str
    """Both streams, without colours."""


def wrangler(home: Path, *arguments: str, packages: Path = PACKAGES) -> Said:
    """Call wrangler in ``home``, where its configuration is."""
    done = subprocess.run(
        ["wrangler", *arguments],  # noqa: S607 - the one in the PATH above
        cwd=home,
        env=environment(home, packages),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return Said(done.returncode, _COLOR.sub("", done.stdout))


def run(cases: Sequence[Case]) -> list[Outcome]:
    """What D1 does with each file, in a database of its own."""
    given = json.dumps([{"sql": case.sql, "queries": case.queries} for case in cases])
    with TemporaryDirectory(prefix="squasher-d1-") as home:
        done = subprocess.run(
            ["node", str(HERE / "d1.mjs"), str(PACKAGES)],  # noqa: S607 - as above
            env=environment(Path(home)),
            input=given,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    if done.returncode:
        message = f"d1.mjs failed:\n{done.stderr}"
        raise RuntimeError(message)
    return [Outcome(**outcome) for outcome in json.loads(done.stdout)]


def version(packages: Path) -> str:
    """The release of wrangler that a directory's package.json asks for."""
    return str(json.loads((packages / "package.json").read_text())["devDependencies"]["wrangler"])


def versions() -> str:
    """``wrangler 4.164.0, workerd 1.20261117.1``."""
    modules = PACKAGES / "node_modules"
    found = (json.loads((modules / name / "package.json").read_text()) for name in ("wrangler", "workerd"))
    return ", ".join(f"{package['name']} {package['version']}" for package in found)
