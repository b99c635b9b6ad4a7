"""A small project that can be archived, for the tests of what `squasher archive` does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CHAIN: Final = {
    "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);\n",
    "0002_roles.sql": "CREATE TABLE roles (name PRIMARY KEY);\nINSERT INTO roles VALUES ('it''s');\n",
    "0003_email.sql": "ALTER TABLE users ADD COLUMN email;\nCREATE INDEX users_email ON users (email);\n",
    "0004_teams.sql": "CREATE TABLE teams (id INTEGER PRIMARY KEY, owner REFERENCES users (id));\n",
    "0005_rename.sql": "ALTER TABLE users RENAME TO people;\n",
}
BASELINE: Final = "0003_complete_schema.sql"


def write(folder: Path, chain: Mapping[str, str] = CHAIN, name: str = "migrations") -> Path:
    """A directory with a chain."""
    directory = folder / name
    directory.mkdir(parents=True)
    for file, sql in chain.items():
        (directory / file).parent.mkdir(exist_ok=True)
        (directory / file).write_bytes(sql.encode())
    return directory


def retired(folder: Path) -> dict[str, str]:
    """The manifest's baselines that were taken back, each with its sha256; it has nothing else."""
    document = json.loads((folder / "migrations-archive" / "manifest.json").read_text())
    assert (document["version"], document["archives"]) == (1, [])
    return dict(document["retired"])


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their paths from there; a directory that is empty too."""
    return {
        path.relative_to(folder).as_posix(): b"" if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }
