"""What a command works on: a chain, the fresh file beside it, and the profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from squasher.errors import InputError
from squasher.files import resolved
from squasher.patterns import glob
from squasher.profiles import PROFILES, Profile
from squasher.sql import fold

if TYPE_CHECKING:
    from squasher.cache import Cache
    from squasher.wrangler import D1Database


class Severities(NamedTuple):
    """What a table of the configuration says of the rules of lint, as it stands there."""

    path: Path
    key: str
    """The table, such as ``tool.squasher.lint``, for messages."""
    said: tuple[tuple[str, Literal["error", "warning", "off"]], ...]
    """By code, or the beginning of codes, or name."""


FRESH_NAME: Final = "0001_complete_schema.sql"


class Group(NamedTuple):
    """Tables that belong together: a section of the fresh file."""

    title: str
    tables: tuple[str, ...]
    """Names, or globs such as ``event_*``."""


class Target(NamedTuple):
    """One chain: its migrations directory, its fresh file, its profile, and the databases that run it."""

    migrations: Path
    fresh: Path
    profile: Profile
    """The rules of the engine; its ``ledger`` is the name that these databases use."""
    pattern: str = "*.sql"
    """Which files in the directory are migrations: a glob below it, such as ``*/migration.sql``."""
    groups: tuple[Group, ...] = ()
    """The sections of the fresh file, in their order."""
    ignored: tuple[str, ...] = ()
    """Tables, by name or glob, that are neither compared nor carried."""
    lint: Severities | None = None
    """What the configuration says of the rules of lint."""
    databases: tuple[D1Database, ...] = ()
    """Those of wrangler's configuration that run it, those of the chosen environment first."""
    name: str = ""
    """What people call it, such as ``DB (app-db)``; '' where nothing is configured."""
    cached: bool = False
    """Whether what a run computes is kept for the next one, in a folder beside the migrations."""

    @property
    def cache(self) -> Cache | None:
        """The cache beside the migrations; None where nothing is to be kept."""
        if not self.cached:
            return None
        from squasher.cache import Cache

        return Cache.of(self.migrations)

    @property
    def scope(self) -> Profile:
        """The profile under which databases are read to be compared or carried: without ignored tables."""
        return self.profile._replace(ignored=tuple(map(fold, self.ignored)))

    def require_outside(self, path: Path) -> None:
        """Raise InputError where a file of this path would be a migration of the chain."""
        place, root = resolved(path), resolved(self.migrations)
        if place.is_relative_to(root) and glob(self.pattern).matches(place.relative_to(root).as_posix()):
            raise InputError(
                f"{path.as_posix()} would be a migration of {self.migrations.as_posix()}/ itself",
                hint="Keep the migrations in a directory of their own, or this file where"
                f" {self.pattern} does not find it.",
            )


def target(
    migrations: str | Path = "migrations",
    fresh: str | Path | None = None,
    profile: str = "d1",
    max_steps: int | None = None,
) -> Target:
    """The target for these options. The fresh file of ``DIR`` is ``DIR-fresh/0001_complete_schema.sql``.

    ``max_steps`` is the budget of one statement, for a migration that needs more than the profile
    allows. Raises InputError for an unknown profile.
    """
    chosen = rules(profile, max_steps)
    directory = Path(migrations)
    if fresh is not None:
        if resolved(Path(fresh)).parent == resolved(directory):
            raise InputError(
                f"{Path(fresh).as_posix()} would be a migration of {directory.as_posix()}/ itself",
                hint="Keep the fresh file in a directory of its own.",
            )
        return Target(directory, Path(fresh), chosen)
    return Target(directory, beside(directory, "fresh") / FRESH_NAME, chosen)


def beside(migrations: Path, what: str) -> Path:
    """The directory ``DIR-what`` for a chain in ``DIR``. Raises InputError when ``DIR`` leads nowhere."""
    if migrations.name in {"", ".."}:  # written without its name: what is beside it is in it
        return migrations / f"{resolved(migrations).name}-{what}"
    return migrations.parent / f"{migrations.name}-{what}"


def rules(profile: str = "d1", max_steps: int | None = None) -> Profile:
    """The profile of this name, with the budget of one statement. Raises InputError for an unknown one."""
    if profile not in PROFILES:
        raise InputError(f"no profile {profile}", hint=f"Choose one of {', '.join(PROFILES)}.")
    chosen = PROFILES[profile]
    return chosen if max_steps is None else chosen._replace(max_steps=max_steps)
