"""Configuration: which chains a project has, from wrangler's files and from squasher's own.

What squasher's own says goes before what wrangler's says, and what the command line says before both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from squasher import settings, wrangler
from squasher.errors import InputError
from squasher.settings import Settings, suggestion
from squasher.target import Target, target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from squasher.wrangler import D1Database


class Configuration(NamedTuple):
    """What the files say, as it stands in them."""

    wrangler: Path | None = None
    databases: tuple[D1Database, ...] = ()
    """wrangler's, of all environments."""
    own: Path | None = None
    common: Settings = Settings()
    """For every database."""
    each: tuple[tuple[str, Settings], ...] = ()
    """By the binding or the name of a database."""


def every(configuration: Configuration, environment: str | None = None) -> tuple[Target, ...]:
    """The chains of an environment, or of the top level, or of all environments where that has none.

    Databases that share a directory, its pattern and the name of the ledger share a chain. Raises
    InputError where the files contradict each other.
    """
    selected = _selected(configuration, environment)
    found: dict[Settings, list[D1Database]] = {}
    for one in selected:
        found.setdefault(said_of(configuration, one), []).append(one)
    _refuse_one_setting_for_all(configuration, found)
    targets = [of_databases(said, ones, configuration) for said, ones in found.items()]
    targets += _of_sections(configuration)
    targets = [_told_apart(one, targets) for one in targets]
    return tuple(targets) or (_made(configuration.common),)


def _told_apart(target: Target, targets: list[Target]) -> Target:
    """The target, with its environments behind its name where another one has the same name."""
    environments = dict.fromkeys(one.environment for one in target.databases if one.environment)
    if not environments or [one.name for one in targets].count(target.name) == 1:
        return target
    return target._replace(name=f"{target.name} in env {', '.join(environments)}")


def _selected(configuration: Configuration, environment: str | None) -> tuple[D1Database, ...]:
    known = list(dict.fromkeys(one.environment for one in configuration.databases if one.environment))
    if environment is not None and environment not in known:
        where = (
            configuration.wrangler.as_posix() if configuration.wrangler else "no configuration of wrangler"
        )
        hint = suggestion(environment, known) if known else "Leave out --env."
        raise InputError(f"{where} has no D1 database in an environment {environment}", hint=hint)
    wanted = tuple(one for one in configuration.databases if one.environment == environment)
    return wanted or configuration.databases


def said_of(configuration: Configuration, one: D1Database) -> Settings:
    """What all files together say of the chain of a database."""
    sections = (said for name, said in configuration.each if one.is_called(name))
    own = next(sections, Settings()).over(configuration.common)
    return own.over(Settings(migrations=one.migrations, pattern=one.pattern, ledger=one.ledger))


def _refuse_one_setting_for_all(configuration: Configuration, found: Mapping[Settings, object]) -> None:
    common = configuration.common
    for key in ("migrations", "fresh"):
        if getattr(common, key) is not None and len(found) > 1 and configuration.own is not None:
            raise InputError(
                f"{configuration.own.as_posix()}: one setting {key} cannot be that of {len(found)} databases",
                hint="Say it for each, in a table databases.NAME.",
            )


def of_databases(said: Settings, ones: list[D1Database], configuration: Configuration) -> Target:
    """The target of databases that share a chain, with those of other environments that share it too."""
    others = [
        one for one in configuration.databases if one not in ones and said_of(configuration, one) == said
    ]
    name = ", ".join(dict.fromkeys(one.title for one in ones))
    return _made(said)._replace(name=name, databases=(*ones, *others))


def _of_sections(configuration: Configuration) -> Iterator[Target]:
    """The chains of which wrangler knows nothing."""
    for name, said in configuration.each:
        if any(one.is_called(name) for one in configuration.databases):
            continue
        if said.migrations is None:
            known = [one.binding for one in configuration.databases]
            raise InputError(
                f"{configuration.own}: there is no database {name}",
                hint=suggestion(name, known) if known else "Say where its migrations are: migrations = …",
            )
        yield _made(said.over(configuration.common))._replace(name=name)


def _made(said: Settings) -> Target:
    made = target(said.migrations or wrangler.DIRECTORY, said.fresh, said.profile or "d1", said.max_steps)
    profile = made.profile
    if said.ledger is not None and profile.ledger is not None:
        profile = profile._replace(ledger=said.ledger)
    return made._replace(
        profile=profile,
        pattern=said.pattern or made.pattern,
        groups=said.groups or (),
        ignored=said.ignore or (),
        lint=said.lint,
    )


def load(config: str | None = None) -> Configuration:
    """The configuration in the current directory or above it. Raises InputError.

    ``config`` is the path of a file to use in the place of the one of its kind that would be found.
    """
    named = None if config is None else Path(config)
    if named is not None and not named.exists():
        raise InputError(f"{named.as_posix()} does not exist", hint="Name a file with --config FILE.")
    is_own = named is not None and named.name.endswith((settings.OWN, settings.PYPROJECT))
    own, document = settings.nearest() if named is None or not is_own else (named, settings.table_of(named))
    common, each = settings.read(own, document or {}) if own is not None else (Settings(), ())
    wranglers = named if named is not None and not is_own else _nearest_of_wrangler()
    databases = wrangler.databases(wranglers) if wranglers is not None else ()
    return Configuration(wranglers, databases, own, common, each)


def _nearest_of_wrangler() -> Path | None:
    """The file that wrangler would take: it looks for each name in all folders before the next name."""
    places = (folder / name for name in wrangler.NAMES for folder in settings.folders())
    return next((path for path in places if path.is_file()), None)
