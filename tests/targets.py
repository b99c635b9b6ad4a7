"""Targets for tests that need no chain of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.target import Target, target

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.profiles import Profile


def of(profile: Profile, migrations: str | Path = "migrations") -> Target:
    """A target of this profile."""
    return target(migrations)._replace(profile=profile)
