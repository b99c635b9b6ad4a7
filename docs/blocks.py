"""The blocks of the documentation that show real output: `python docs/blocks.py` writes them anew.

A block follows a line `<!-- output: NAME -->`. With `--check` nothing is written, and the exit code is
1 when a block is out of date.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from squasher import d1state, wrangler

ROOT = Path(__file__).resolve().parent.parent
FILES = ("README.md", "docs/configuration.md", "docs/d1.md", "docs/formats.md", "docs/lint.md")
FRESH = "migrations-fresh/0001_complete_schema.sql"
COLUMN = "invitations.token"
D1 = {
    "d1_databases": "databases",
    "d1_squash": "squash",
    "d1_check": "check --exact",
    "d1_build": "build template.sqlite",
    "d1_archive": "archive --to 0036",
}
_BLOCK = re.compile(r"(<!-- output: (\w+) -->\n)```(\w+)\n.*?```\n", re.DOTALL)


def squasher(*arguments: str, directory: Path = ROOT) -> str:
    """What the command prints on standard output, run in ``directory``."""
    command = [sys.executable, "-m", "squasher", *arguments]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    return done.stdout


def refused() -> str:
    """What is said of a migration that works on any SQLite but D1's."""
    with tempfile.TemporaryDirectory() as folder:
        migrations = Path(folder, "migrations")
        migrations.mkdir()
        (migrations / "0001_users.sql").write_text("CREATE TABLE users (id INTEGER PRIMARY KEY);\n")
        (migrations / "0002_import.sql").write_text(
            "CREATE TABLE roles (name TEXT);\nBEGIN;\nINSERT INTO roles VALUES ('admin');\nCOMMIT;\n"
        )
        command = [sys.executable, "-m", "squasher", "squash"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return done.stderr


AFTER_ARCHIVE = {"d1_guard": "check", "d1_undo": "archive --undo"}
LIVE = {"d1_live": "check d1:DB", "d1_drift": "drift tenants/*.sqlite"}
"""The same of databases that exist, some of which somebody has changed."""
BY_HAND = "DROP INDEX idx_sessions_expires_at; ALTER TABLE users ADD COLUMN nickname TEXT;"
EDITED = "0002_add_sessions_table.sql"


def archived(name: str, directory: Path) -> None:
    """The chain squashed in place, and then an absorbed file edited."""
    squasher(*D1["d1_archive"].split(), directory=directory)
    if name == "d1_guard":
        with (directory / "migrations-archive" / EDITED).open("a", encoding="utf-8") as file:
            file.write("-- nobody will see this\n")


def exist(directory: Path) -> None:
    """Databases of tenants and wrangler's local state, in which somebody has been at work."""
    tenants = directory / "tenants"
    for name, options in (("acme", ()), ("globex", ()), ("hooli", ()), ("initech", ("--to", "0037"))):
        squasher("build", f"tenants/{name}.sqlite", *options, directory=directory)
    for name in ("umbrella", "wayne"):
        shutil.copy(tenants / "acme.sqlite", tenants / f"{name}.sqlite")
        by_hand(tenants / f"{name}.sqlite")
    (database,) = wrangler.databases(directory / "wrangler.toml")[:1]
    local = d1state.local_file(database)
    local.parent.mkdir(parents=True)
    shutil.copy(tenants / "umbrella.sqlite", local)


def by_hand(path: Path) -> None:
    """What somebody did to a database without a migration."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BY_HAND)


LINT = {"lint": "lint", "lint_statistics": "lint --statistics", "lint_rebuild": "lint"}
LINTED = {
    "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);\n",
    "0002_roles.sql": "CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n\nBEGIN;\n"
    "INSERT INTO roles (name) VALUES ('admin'), ('viewer');\nCOMMIT;\n",
    "0003_user_roles.sql": "CREATE TABLE IF NOT EXISTS users (\n  id INTEGER PRIMARY KEY,\n"
    "  email TEXT NOT NULL,\n  role_id INTEGER REFERENCES roles(id)\n);\n",
    "0004_index_user_roles.sql": "CREATE INDEX idx_users_role_id ON users(role_id);\n",
}
"""A chain with mistakes that look harmless."""
REBUILT = {
    "0001_users.sql": "CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);\n"
    "CREATE INDEX idx_users_email ON users(email);\n"
    "CREATE TABLE sessions (\n  token TEXT PRIMARY KEY,\n"
    "  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE\n);\n",
    "0002_email_may_be_null.sql": "PRAGMA foreign_keys = OFF;\n"
    "CREATE TABLE users_new (id TEXT PRIMARY KEY, email TEXT);\n"
    "INSERT INTO users_new SELECT id, email FROM users;\n"
    "DROP TABLE users;\nALTER TABLE users_new RENAME TO users;\n",
}
"""The rebuild that every page about SQLite shows, on D1."""


def linted(directory: Path, chain: dict[str, str]) -> None:
    """A project with that chain."""
    (directory / "migrations").mkdir()
    for name, text in chain.items():
        (directory / "migrations" / name).write_text(text, encoding="utf-8")


def lint_block(name: str, directory: Path) -> str:
    """The text of a block about lint."""
    linted(directory, REBUILT if name == "lint_rebuild" else LINTED)
    if name in LINT:
        return f"$ squasher {LINT[name]}\n{squasher(*LINT[name].split(), directory=directory)}"
    out = squasher("lint", "--format", name.removeprefix("lint_"), directory=directory)
    if name != "lint_json":
        return out
    document = json.loads(out)
    del document["diagnostics"][1:]
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def on_d1(directory: Path) -> None:
    """The project of docs/d1.md: the chain that tests/wrangler/ installs with the real wrangler."""
    (directory / "migrations").mkdir()
    for path in (*(ROOT / "migrations").glob("*.sql"), *(ROOT / "tests/wrangler/chain").glob("*.sql")):
        shutil.copy(path, directory / "migrations")
    page = (ROOT / "docs" / "d1.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- shown: wrangler.toml -->\n```toml\n")[2].partition("```")[0]
    (directory / "wrangler.toml").write_text(shown, encoding="utf-8")


def kept_by_hand(directory: Path) -> None:
    """A copy of the project's chain, with a fresh file that has fallen behind."""
    (directory / "migrations").symlink_to(ROOT / "migrations")
    (directory / "migrations-fresh").mkdir()
    paragraphs = (ROOT / FRESH).read_text(encoding="utf-8").split("\n\n")
    kept = [part for part in paragraphs if not part.startswith("-- audit_retention_policy")]
    gone = ("    email_verification_token ", "CREATE INDEX idx_users_email_verification_token ")
    lines = "\n\n".join(kept).splitlines(keepends=True)
    behind = "".join(line for line in lines if not line.startswith(gone))
    (directory / FRESH).write_text(behind, encoding="utf-8")


WRANGLER = """\
name = "app"
d1_databases = [{ binding = "DB", database_name = "app-db", database_id = "6f0c" }]

[env.staging]
d1_databases = [{ binding = "DB", database_name = "app-staging", database_id = "77aa" }]
"""


def configured(directory: Path) -> None:
    """A project of wrangler's with the settings that the page shows."""
    (directory / "migrations").symlink_to(ROOT / "migrations")
    (directory / "wrangler.toml").write_text(WRANGLER, encoding="utf-8")
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- shown: squasher.toml -->\n```toml\n")[2].partition("```")[0]
    (directory / "squasher.toml").write_text(shown, encoding="utf-8")


def d1_block(name: str, directory: Path) -> str:
    """The text of a block of docs/d1.md."""
    command = (D1 | AFTER_ARCHIVE | LIVE)[name]
    on_d1(directory)
    if name != "d1_squash":
        squasher("squash", directory=directory)
    if name in AFTER_ARCHIVE:
        archived(name, directory)
    if name in LIVE:
        exist(directory)
    *first, last = command.split()
    found = (
        sorted(path.relative_to(directory).as_posix() for path in directory.glob(last))
        if "*" in last
        else [last]
    )
    return f"$ squasher {command}\n{squasher(*first, *found, directory=directory)}"


def block(name: str) -> str:
    """The text of the block called ``name``."""
    if name == "help":
        return f"$ squasher check --help\n{squasher('check', '--help')}"
    if name == "diff_help":
        return f"$ squasher diff --help\n{squasher('diff', '--help')}"
    if name in {"diff", "history", "column"}:
        arguments = {
            "diff": "diff --from 0030 --to 0031",
            "history": "history",
            "column": f"history {COLUMN}",
        }
        lines = squasher(*arguments[name].split()).splitlines(keepends=True)
        shown = "".join(lines if name != "history" else [*lines[:3], "…\n", *lines[-6:]])
        return f"$ squasher {arguments[name]}\n{shown}"
    if name == "refused":
        return f"$ squasher squash\n{refused()}"
    if name in {"sql", "github"}:
        return squasher("diff", "--from", "0035", "--format", name)
    if name == "diff_json":
        document = json.loads(squasher("diff", "--from", "0035", "--format", "json"))
        del document["changes"][1:]
        return json.dumps(document, indent=2, sort_keys=True) + "\n"
    if name.startswith("lint"):
        with tempfile.TemporaryDirectory() as folder:
            return lint_block(name, Path(folder))
    if name in D1 | AFTER_ARCHIVE | LIVE:
        with tempfile.TemporaryDirectory() as folder:
            return d1_block(name, Path(folder))
    if name == "databases":
        with tempfile.TemporaryDirectory() as folder:
            configured(Path(folder))
            return f"$ squasher databases\n{squasher('databases', directory=Path(folder))}"
    with tempfile.TemporaryDirectory() as folder:
        kept_by_hand(Path(folder))
        if name == "check":
            return f"$ squasher check\n{squasher('check', directory=Path(folder))}"
        document = json.loads(squasher("check", "--format", "json", directory=Path(folder)))
    del document["differences"][1:]
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def updated(text: str) -> str:
    """The text of a page with its blocks as they should be."""
    return _BLOCK.sub(lambda match: f"{match[1]}```{match[3]}\n{block(match[2])}```\n", text)


def main() -> int:
    """Write the pages, or check them."""
    stale = []
    for name in FILES:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = updated(before)
        if after != before:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(after, encoding="utf-8")
    for name in stale:
        sys.stdout.write(
            f"{name} {'is out of date: run `make docs`' if '--check' in sys.argv else 'updated'}\n"
        )
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
