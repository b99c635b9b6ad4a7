"""wrangler's configuration: which D1 databases a project has, and where their migrations are.

Source: wrangler 4.164.0, the binding ``d1_databases`` of wrangler.json, wrangler.jsonc and wrangler.toml.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from squasher.errors import InputError
from squasher.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES: Final = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
"""In the order in which wrangler looks for them, each in the current directory and all above it."""
LEDGER: Final = "d1_migrations"
DIRECTORY: Final = "migrations"
PATTERN: Final = "*.sql"


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

    @property
    def title(self) -> str:
        """What people call it: ``DB (app-db)``."""
        return self.binding if self.name in {None, self.binding} else f"{self.binding} ({self.name})"

    def is_called(self, name: str) -> bool:
        """Whether wrangler would take ``name`` for it."""
        return name in {self.binding, self.name}


def databases(config: Path) -> tuple[D1Database, ...]:
    """The databases that a configuration file names, those of the top level first.

    Raises InputError when the file cannot be read, or when wrangler would not take an entry.
    """
    document = _document(config)
    environments = document.get("env", {})
    if not isinstance(environments, dict):
        raise _wrong(config, "env", "a table of environments")
    found = list(_entries(config, document, None))
    for name, environment in environments.items():
        if not isinstance(environment, dict):
            raise _wrong(config, f"env.{name}", "a table")
        found += _entries(config, environment, name)
    return tuple(found)


def _document(config: Path) -> dict[str, Any]:
    shown = config.as_posix()
    try:
        text = read_regular(config).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{shown}: not UTF-8 text", hint="Save the file as UTF-8.") from error
    try:
        document = _toml(text) if config.suffix == ".toml" else _jsonc(text)
    except (ValueError, RecursionError) as error:
        reason = str(error).removeprefix("<string>:").rstrip(".") or "nested too deeply"
        raise InputError(f"{shown}: {reason}", hint="wrangler could not read it either.") from error
    if not isinstance(document, dict):
        raise InputError(f"{shown} is no configuration of wrangler: it holds no table")
    return document


def _toml(text: str) -> object:
    import tomllib

    return tomllib.loads(text)


def _jsonc(text: str) -> object:
    import json

    try:
        return json.loads(text)
    except ValueError:
        import json5  # comments and trailing commas, which wrangler takes in wrangler.json too

        return json5.loads(text)


def _entries(config: Path, document: dict[str, Any], environment: str | None) -> Iterator[D1Database]:
    prefix = "" if environment is None else f"env.{environment}."
    entries = document.get("d1_databases", [])
    if not isinstance(entries, list):
        raise _wrong(config, f"{prefix}d1_databases", "a list")
    for number, entry in enumerate(entries):
        field = f"{prefix}d1_databases[{number}]"
        if not isinstance(entry, dict):
            raise _wrong(config, field, "a table")
        yield _database(config, field, entry, environment)


def _database(config: Path, field: str, entry: dict[str, Any], environment: str | None) -> D1Database:
    def text(key: str) -> str | None:
        value = entry.get(key)
        if value is None or _is_text(value):
            return value
        raise _wrong(config, f"{field}.{key}", "a string")

    binding = text("binding")
    if binding is None:
        raise InputError(f"{config.as_posix()}: {field} has no binding", hint='Give it one: binding = "DB".')
    written, pattern = text("migrations_dir"), text("migrations_pattern")
    directory = None if written is None else _normal(written)
    return D1Database(
        binding=binding,
        name=text("database_name"),
        id=text("preview_database_id") or text("database_id") or binding,
        migrations=config.parent / (DIRECTORY if directory is None else directory),
        pattern=PATTERN
        if pattern is None
        else _below(config, f"{field}.migrations_pattern", pattern, directory),
        ledger=text("migrations_table") or LEDGER,
        config=config,
        environment=environment,
    )


def _below(config: Path, field: str, pattern: str, directory: str | None) -> str:
    """The pattern without the directory that it has to begin with (wrangler 4.98.0 and later)."""
    if directory is None:
        raise InputError(
            f"{config.as_posix()}: {field} needs migrations_dir beside it",
            hint="wrangler takes no pattern without the directory that it begins with.",
        )
    start = "" if directory == "." else f"{directory}/"
    whole = _normal(pattern)
    if not whole.startswith(start):
        raise InputError(
            f'{config.as_posix()}: {field} = "{pattern}" does not begin with "{start}", the migrations_dir',
            hint=f'Write it like "{start}*/migration.sql".',
        )
    return whole.removeprefix(start)


def _normal(path: str) -> str:
    """A path as wrangler reads it, with slashes on every system; one that says nothing is the file's own."""
    return posixpath.normpath(path.replace("\\", "/"))


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _wrong(config: Path, field: str, wanted: str) -> InputError:
    return InputError(f"{config.as_posix()}: {field} is not {wanted}")
