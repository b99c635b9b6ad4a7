"""Configuration: which chains a project has, from wrangler's files and from squasher's own.

What squasher's own says goes before what wrangler's says, and what the command line says before both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from squasher import settings, wrangler
from squasher.errors import InputError
from squasher.files import resolved
from squasher.settings import SECTION, Settings, suggestion
from squasher.target import Target, rules, target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from squasher.wrangler import D1Database


class Options(NamedTuple):
    """What the command line says of the chains to work on; None and () where it says nothing."""

    migrations: str | None = None
    fresh: str | None = None
    profile: str | None = None
    max_steps: int | None = None
    config: str | None = None
    """The configuration file to use instead of those that are found: squasher's or wrangler's."""
    databases: tuple[str, ...] = ()
    """Bindings or names."""
    environment: str | None = None
    """wrangler's ``--env``."""


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


class Chosen(NamedTuple):
    """The chains to work on, and what else a person should know."""

    targets: tuple[Target, ...]
    notes: tuple[str, ...] = ()


def choose(options: Options) -> Chosen:
    """The chains that the options and the configuration around the current directory name.

    With ``migrations``, that one directory, with what the configuration says of it, if anything. Else
    the databases that are named, or else all; or ``migrations/`` where nothing is configured. Raises
    InputError for a configuration that is wrong, and for a name that it does not have.
    """
    configuration = load(options.config)
    found = every(configuration, options.environment)
    if options.migrations is not None:
        if options.databases:
            raise InputError("--migrations and --database name the same thing", hint="Leave one of them out.")
        here = resolved(Path(options.migrations))
        known = [one for one in found if resolved(one.migrations) == here]
        given = known[0] if len(known) == 1 else target(options.migrations)
        found = (given._replace(migrations=Path(options.migrations)),)
    elif options.databases:
        found = tuple(dict.fromkeys(_called(configuration, found, name) for name in options.databases))
    found = tuple(_overridden(one, options) for one in found)
    _refuse_one_fresh_file_for_two(found)
    if len(found) == 1 or options.databases:
        return Chosen(found)
    there = tuple(one for one in found if one.migrations.is_dir())
    missing = [one for one in found if not one.migrations.is_dir()]
    notes = (f"{one.name} has no migrations: {one.migrations.as_posix()}/ does not exist" for one in missing)
    return Chosen(there, tuple(notes)) if there else Chosen(found[:1])


def meant(chosen: Chosen, sources: Sequence[str]) -> Chosen:
    """The chains that somebody means who names ``sources``: one that is named itself, else all.

    ``d1:NAME`` and the directory of a chain name one; so does any other path, which needs only its rules.
    """
    for source in sources:
        for one in chosen.targets:
            if _names(source, one):
                return chosen._replace(targets=(one,))
    if any(is_place(source) for source in sources):
        return chosen._replace(targets=chosen.targets[:1])
    return chosen


def _names(source: str, one: Target) -> bool:
    kind, _, name = source.partition(":")
    if kind == "d1":
        return any(database.is_called(name) for database in one.databases)
    return is_place(source) and resolved(Path(source)) == resolved(one.migrations)


def is_place(source: str) -> bool:
    """Whether a source is what it is for every chain: not standard input, not the chain in a revision."""
    kind, _, rest = source.partition(":")
    return source != "-" if kind != "git" else ":" in rest


def _overridden(one: Target, options: Options) -> Target:
    """The target with what the command line says of it."""
    fresh = options.fresh if options.fresh is not None else one.fresh
    made = target(one.migrations, fresh, one.profile.name)
    profile = one.profile
    if options.profile is not None and options.profile != profile.name:
        profile = rules(options.profile)
    if options.max_steps is not None:
        profile = profile._replace(max_steps=options.max_steps)
    return one._replace(fresh=made.fresh, profile=profile)


def _refuse_one_fresh_file_for_two(found: tuple[Target, ...]) -> None:
    owners: dict[Path, Target] = {}
    for one in found:
        other = owners.setdefault(resolved(one.fresh), one)
        if other is not one:
            raise InputError(
                f"{one.fresh.as_posix()} would be the fresh file of both {other.name} and {one.name}",
                hint=f"Give each its own: [{SECTION}.databases.{one.databases[0].binding}] fresh = …"
                if one.databases
                else "Give each its own with fresh = … in its table.",
            )


def every(configuration: Configuration, environment: str | None = None) -> tuple[Target, ...]:
    """The chains of an environment, or of the top level, or of all environments where that has none.

    Databases that share a directory, its pattern and the name of the ledger share a chain. Raises
    InputError where the files contradict each other.
    """
    selected = _selected(configuration, environment)
    found: dict[Settings, list[D1Database]] = {}
    for one in selected:
        found.setdefault(_said_of(configuration, one), []).append(one)
    _refuse_one_setting_for_all(configuration, found)
    targets = [_of_databases(said, ones, configuration) for said, ones in found.items()]
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


def _said_of(configuration: Configuration, one: D1Database) -> Settings:
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


def _of_databases(said: Settings, ones: list[D1Database], configuration: Configuration) -> Target:
    """The target of databases that share a chain, with those of other environments that share it too."""
    others = [
        one for one in configuration.databases if one not in ones and _said_of(configuration, one) == said
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
    )


def _called(configuration: Configuration, found: tuple[Target, ...], name: str) -> Target:
    """The target of a binding, a name or a table of settings. Raises InputError."""
    matches = [one for one in found if one.name == name]
    matches = matches or [one for one in found if any(database.is_called(name) for database in one.databases)]
    if not matches:
        further: dict[Settings, D1Database] = {}
        for one in configuration.databases:
            if one.is_called(name):
                further.setdefault(_said_of(configuration, one), one)
        matches = [_of_databases(said, [one], configuration) for said, one in further.items()]
    environments = dict.fromkeys(one.databases[0].environment for one in matches if one.databases)
    if len(matches) > 1 and len(environments) > 1:
        raise InputError(
            f"the environments {', '.join(filter(None, environments))} each have a database {name}",
            hint="Name one of them with --env.",
        )
    if matches:
        return matches[0]
    known = [*dict.fromkeys(one.name for one in found if one.name and not one.databases)]
    known += [title for one in configuration.databases for title in (one.binding, one.name) if title]
    where = configuration.wrangler or configuration.own
    said = f"{where.as_posix()} has no D1 database" if where else "there is no configuration with a database"
    hint = suggestion(name, known) if known else "Leave out --database, or write wrangler's d1_databases."
    raise InputError(f"{said} {name}", hint=hint)


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
