"""A project with a rich chain, and the ways in which wrangler makes a database of it."""

from __future__ import annotations

import hashlib
import hmac
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import squasher
from tests.wrangler import real

if TYPE_CHECKING:
    from tests.wrangler.real import Said

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent
NAME: Final = "app-db"
ID: Final = "app"
FRESH: Final = "migrations-fresh/0001_complete_schema.sql"
NEXT: Final = "0040_add_labels.sql"
CLEAN: Final = "No migrations to apply"
CONFIG: Final = f"""\
name = "app"
compatibility_date = "2026-01-01"

[[d1_databases]]
binding = "DB"
database_name = "{NAME}"
database_id = "{ID}"

[[env.fresh.d1_databases]]
binding = "DB"
database_name = "{NAME}"
database_id = "{ID}"
migrations_dir = "migrations-fresh"
"""
STATE: Final = Path(".wrangler", "state", "v3", "d1", "miniflare-D1DatabaseObject")


class Installs(NamedTuple):
    """Three databases that should be the same, and what wrangler said while it made them."""

    chain: Path
    """Every migration, by `migrations apply`."""
    executed: Path
    """The fresh file by `execute --file`, then the next migration by `migrations apply`."""
    migrated: Path
    """The fresh file as a migration of the environment `fresh`, then the next one as before."""
    said: dict[str, Said]
    """By the directory of the project and the command: ``executed: d1 migrations list app-db --local``."""


def project(home: Path) -> None:
    """Write wrangler's configuration, the chain and its fresh file; the next migration is not there yet."""
    (home / "wrangler.toml").write_text(CONFIG, encoding="utf-8")
    (home / "migrations").mkdir()
    for path in (*(ROOT / "migrations").glob("*.sql"), *(HERE / "chain").glob("*.sql")):
        shutil.copy(path, home / "migrations")
    squasher.squash(home / "migrations")


def add_next(home: Path) -> None:
    """Somebody writes another migration."""
    shutil.copy(HERE / "next" / NEXT, home / "migrations")


def state(home: Path) -> Path:
    """Where miniflare keeps the database: the name is made of the class and the database's id."""
    key = hashlib.sha256(STATE.name.encode()).digest()
    name = hmac.digest(key, ID.encode(), "sha256")[:16]
    return home / STATE / f"{(name + hmac.digest(key, name, 'sha256')[:16]).hex()}.sqlite"


def make(home: Path, packages: Path) -> Installs:
    """Install in all three ways with one release. Raises AssertionError when a command fails."""
    said: dict[str, Said] = {}

    def call(place: str, *arguments: str) -> None:
        done = real.wrangler(home / place, "d1", *arguments, packages=packages)
        assert done.code == 0, done.out
        said[f"{place}: d1 {' '.join(arguments)}"] = done

    for place in ("chain", "executed", "migrated"):
        (home / place).mkdir()
        project(home / place)
    add_next(home / "chain")
    call("chain", "migrations", "apply", NAME, "--local")
    for place, first in (
        ("executed", ("execute", NAME, "--local", "--file", FRESH)),
        ("migrated", ("migrations", "apply", NAME, "--local", "--env", "fresh")),
    ):
        call(place, *first)
        call(place, "migrations", "list", NAME, "--local")
        add_next(home / place)
        call(place, "migrations", "apply", NAME, "--local")
    chain, executed, migrated = (state(home / place) for place in ("chain", "executed", "migrated"))
    return Installs(chain, executed, migrated, said)
