"""wrangler's configuration files, as wrangler reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from squasher.errors import InputError
from squasher.wrangler import D1Database, databases

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOML = """\
name = "app"
compatibility_date = "2026-01-01"

[[d1_databases]]
binding = "DB"
database_name = "app-db"
database_id = "6f0c"
preview_database_id = "local"
migrations_dir = "./db/migrations/"
migrations_table = "applied"
migrations_pattern = "db/migrations/*/migration.sql"

[[d1_databases]]
binding = "LOGS"

[[env.staging.d1_databases]]
binding = "DB"
database_name = "app-staging"
database_id = "77aa"
"""
JSONC = """\
// the worker
{
  "name": "app", /* not its database */
  "d1_databases": [
    {
      "binding": "DB",
      "database_name": "a//b", // a comment's look inside a string
    },
  ],
}
"""


def written(folder: Path, name: str, text: str | bytes) -> Path:
    """A configuration file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def entry(**fields: object) -> Mapping[str, object]:
    """A configuration with one database."""
    return {"d1_databases": [{"binding": "DB", **fields}]}


def test_toml(tmp_path: Path) -> None:
    """Every key of an entry is read, and what is left out has wrangler's default."""
    config = written(tmp_path, "wrangler.toml", TOML)
    assert databases(config) == (
        D1Database(
            binding="DB",
            name="app-db",
            id="local",
            migrations=tmp_path / "db/migrations",
            pattern="*/migration.sql",
            ledger="applied",
            config=config,
        ),
        D1Database("LOGS", None, "LOGS", tmp_path / "migrations", "*.sql", "d1_migrations", config),
        D1Database(
            "DB", "app-staging", "77aa", tmp_path / "migrations", "*.sql", "d1_migrations", config, "staging"
        ),
    )


@pytest.mark.parametrize("name", ["wrangler.json", "wrangler.jsonc"])
def test_json_with_comments(tmp_path: Path, name: str) -> None:
    """Comments and trailing commas are taken in both, as wrangler takes them; strings stay whole."""
    (one,) = databases(written(tmp_path, name, JSONC))
    assert (one.binding, one.name) == ("DB", "a//b")


def test_a_byte_order_mark(tmp_path: Path) -> None:
    """It is no part of the document."""
    for name, text in (("wrangler.json", json.dumps(entry())), ("wrangler.toml", TOML)):
        assert databases(written(tmp_path, name, b"\xef\xbb\xbf" + text.encode()))


def test_what_wrangler_would_call_it(tmp_path: Path) -> None:
    """A database answers to its binding and to its name, and to nothing else."""
    one, other, _ = databases(written(tmp_path, "wrangler.toml", TOML))
    assert one.is_called("DB")
    assert one.is_called("app-db")
    assert not one.is_called("db")
    assert (one.title, other.title) == ("DB (app-db)", "LOGS")


def test_no_databases(tmp_path: Path) -> None:
    """A worker without D1 has none."""
    assert databases(written(tmp_path, "wrangler.toml", 'name = "app"\n')) == ()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("wrangler.toml", "name = \n", "at line 1"),
        ("wrangler.jsonc", '{\n  "a": }\n', "2 Unexpected"),
        ("wrangler.json", "[1]", "holds no table"),
        ("wrangler.json", "", "wrangler.json"),
        ("wrangler.json", b"\xff{}", "not UTF-8"),
        ("wrangler.json", "[" * 100_000, "wrangler.json"),
        ("wrangler.json", '{"d1_databases": {}}', "d1_databases is not a list"),
        ("wrangler.json", '{"d1_databases": ["DB"]}', "d1_databases[0] is not a table"),
        ("wrangler.json", '{"d1_databases": [{}]}', "d1_databases[0] has no binding"),
        ("wrangler.json", '{"env": []}', "env is not a table of environments"),
        ("wrangler.json", '{"env": {"a": {"d1_databases": [{}]}}}', "env.a.d1_databases[0] has no binding"),
        ("wrangler.json", json.dumps(entry(migrations_dir=1)), "migrations_dir is not a string"),
    ],
)
def test_a_broken_file(tmp_path: Path, name: str, text: str | bytes, says: str) -> None:
    """The error names the file and what is wrong in it."""
    with pytest.raises(InputError) as caught:
        databases(written(tmp_path, name, text))
    assert name in caught.value.message
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("directory", "pattern", "read"),
    [
        (".", "*.sql", (".", "*.sql")),
        ("./", "./*/migration.sql", (".", "*/migration.sql")),
        ("", None, (".", "*.sql")),
        ("db\\app", "db\\app\\*\\migration.sql", ("db/app", "*/migration.sql")),
        ("db//app/", "db/app/*.sql", ("db/app", "*.sql")),
        ("../shared", None, ("../shared", "*.sql")),
    ],
)
def test_every_way_to_write_a_directory(
    tmp_path: Path, directory: str, pattern: str | None, read: tuple[str, str]
) -> None:
    """Wrangler reads it with either slash and without what says nothing; an empty one is the file's own."""
    fields = {"migrations_dir": directory, **({"migrations_pattern": pattern} if pattern else {})}
    (found,) = databases(written(tmp_path, "wrangler.json", json.dumps(entry(**fields))))
    assert (found.migrations, found.pattern) == (tmp_path / read[0], read[1])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"migrations_pattern": "migrations/*.sql"}, "needs migrations_dir"),
        ({"migrations_dir": "db", "migrations_pattern": "migrations/*.sql"}, 'does not begin with "db/"'),
    ],
)
def test_a_pattern_without_its_directory(tmp_path: Path, fields: dict[str, str], says: str) -> None:
    """Wrangler refuses a pattern that does not begin with the directory, and so is it here."""
    with pytest.raises(InputError, match=says):
        databases(written(tmp_path, "wrangler.json", json.dumps(entry(**fields))))
