"""Installations by the real wrangler, made once for all tests: two releases at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.wrangler import installs, real

SHARING = ("test_fresh_install.py", "test_page.py", "test_template.py", "test_wrangler.py")

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wrangler.installs import Installs


class _Together(LoadScopeScheduling):  # type: ignore[misc] # the same
    """A file of tests runs in one worker, and so do the files that share what wrangler made in a minute."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "installs" if file.endswith(SHARING) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _Together:
    """Which tests go to which worker, where there are several."""
    return _Together(config, log)


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """There is a wrangler to compare with."""
    missing = [path for path in real.RELEASES if not (path / "node_modules" / "wrangler").is_dir()]
    if missing:
        pytest.fail(f"no wrangler in {missing[0]}: run `make test-wrangler`")


@pytest.fixture(scope="session")
def every_installs(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Installs]:
    """What each release made of the chain, and of the fresh file in both ways."""
    homes = [tmp_path_factory.mktemp("installs") for _ in real.RELEASES]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(real.RELEASES, pool.map(installs.make, homes, real.RELEASES), strict=True))


@pytest.fixture(params=real.RELEASES, ids=real.version)
def installed(request: pytest.FixtureRequest, every_installs: dict[Path, Installs]) -> Installs:
    """The installations of one release."""
    return every_installs[request.param]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of wrangler's with the chain and its fresh file; no database exists yet."""
    installs.project(tmp_path)
    return tmp_path
