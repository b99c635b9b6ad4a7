"""wrangler's configuration: which D1 databases a project has, and where their migrations are.

Source: wrangler 4.164.0, ``d1_databases`` of wrangler.json, wrangler.jsonc and wrangler.toml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class D1Database(NamedTuple):
    """One entry of ``d1_databases``."""

    binding: str
    name: str | None
    """``database_name``, which wrangler's commands take too."""
    id: str
    """What the local state is kept under: ``preview_database_id``, ``database_id`` or the binding."""
    migrations: Path
    """``migrations_dir``, as a path that can be opened from the current directory."""
    pattern: str
    """Which files in it are migrations: a glob below it, ``*.sql`` or such as ``*/migration.sql``."""
    ledger: str
    """``migrations_table``."""
    config: Path
    """The file that says so."""
    environment: str | None = None
    """The name behind ``env.``; None for the top level."""
