"""Which files are migrations, and in which order: the real `d1 migrations list` against the chain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from squasher.chain import read_chain
from tests.wrangler import real

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.wrangler

FILES = (
    "0001_a.sql",
    "2_b.sql",
    "10_c.sql",
    "init.sql",
    ".hidden.sql",
    "UP.SQL",
    "notes.md",
    "2_b/0001_x.sql",
    "2_b/migration.sql",
    "2_b/notes.md",
    "2_b/.hidden.sql",
    "0003_it's/migration.sql",
    "0003_It/migration.sql",
    "0011_deep/0002_y/migration.sql",
    "0011_deep/10_z.sql",
    "20240101120000_brave_hulk/migration.sql",
    "+4_plus/migration.sql",
    "-5_minus/migration.sql",
    "é_ümlaut/migration.sql",
    "sp ace/migration.sql",
    "[x]/migration.sql",
    ".git/migration.sql",
    "0009_directory.sql/migration.sql",
)
PATTERNS = {
    "drizzle": "*/migration.sql",
    "all": "**/*.sql",
    "some": "{0003_*,2_b,[!.0-9]*}/{migration,0001_?}.[rs]ql",
}


def test_the_order_of_the_real_list(tmp_path: Path) -> None:
    """The files of a directory are listed in the order in which the chain has them, and no others."""
    for name in FILES:
        path = tmp_path / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("SELECT 1;\n", encoding="utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "migration.sql").write_text("SELECT 1;\n", encoding="utf-8")
    (tmp_path / "migrations" / "0007_link").symlink_to(outside)
    (tmp_path / "migrations" / "0008_link.sql").symlink_to(outside / "migration.sql")
    databases = [
        {
            "binding": name.upper(),
            "database_name": name,
            "database_id": name,
            "migrations_dir": "migrations",
            "migrations_pattern": f"migrations/{pattern}",
        }
        for name, pattern in PATTERNS.items()
    ]
    config = {"name": "app", "compatibility_date": "2026-01-01", "d1_databases": databases}
    (tmp_path / "wrangler.json").write_text(json.dumps(config), encoding="utf-8")
    for name, pattern in PATTERNS.items():
        said = real.wrangler(tmp_path, "d1", "migrations", "list", name, "--local")
        assert said.code == 0, said.out
        listed = [line.strip("│ ") for line in said.out.splitlines() if line.startswith("│")]
        chain = read_chain(tmp_path / "migrations", pattern)
        assert [migration.name for migration in chain.migrations] == listed[1:], pattern
        assert len(listed) > 4  # a heading, and more than the order of two
