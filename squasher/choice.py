"""Choice: the chains that a command works on, by what the command line says of the configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from squasher.config import every, load, of_databases, said_of
from squasher.errors import InputError
from squasher.files import resolved
from squasher.settings import SECTION, suggestion
from squasher.target import Target, rules, target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from squasher.config import Configuration
    from squasher.settings import Settings
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
    """wrangler's ``--env``: '' for the top level, None for what CLOUDFLARE_ENV says."""
    cache: bool | None = None
    """Whether to keep what was computed for the next run; None for yes, but not in CI."""


class Chosen(NamedTuple):
    """The chains to work on, and what else a person should know."""

    targets: tuple[Target, ...]
    notes: tuple[str, ...] = ()
    several: bool = False
    """Whether more than one is configured, though others may have no migrations yet."""


def choose(options: Options) -> Chosen:
    """The chains that the options and the configuration around the current directory name.

    With ``migrations``, that one directory, with what the configuration says of it, if anything. Else
    the databases that are named, or else all; or ``migrations/`` where nothing is configured. Raises
    InputError for a configuration that is wrong, and for a name that it does not have.
    """
    configuration = load(options.config)
    found = every(configuration, environment_of(options, configuration))
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
    # a fresh file without its chain is a chain that is gone
    there = tuple(one for one in found if one.migrations.is_dir() or one.fresh.exists())
    missing = [one for one in found if one not in there]
    notes = (f"{one.name} has no migrations: {one.migrations.as_posix()}/ does not exist" for one in missing)
    return Chosen(there, tuple(notes), several=True) if there else Chosen(found[:1])


def environment_of(options: Options, configuration: Configuration) -> str | None:
    """The environment that is meant: the one of the options, else CLOUDFLARE_ENV's if it has a database."""
    if options.environment is not None:
        return options.environment or None
    name = os.environ.get("CLOUDFLARE_ENV")
    return name if name and any(one.environment == name for one in configuration.databases) else None


def meant(chosen: Chosen, sources: Sequence[str], *, against_chain: bool = False) -> Chosen:
    """The chains that somebody means who names ``sources``: one that is named itself, else all.

    ``d1:NAME`` and the directory of a chain name one; so does any other path, which needs only its rules,
    unless the sources are compared ``against_chain``. Raises InputError where it is not clear which is meant.
    """
    _refuse_unknown(chosen, sources)
    named: dict[str, Target] = {}
    for source in sources:
        found = [one for one in chosen.targets if _names(source, one)]
        _refuse_two_environments(found, source)
        if found:
            named[source] = found[0]
    if against_chain and len(set(named.values())) > 1:
        raise InputError(
            f"{' and '.join(named)} have different chains",
            hint="Compare the databases of one chain at a time.",
        )
    if named:
        return Chosen(tuple(named.values())[:1], chosen.notes)
    if any(is_place(source) for source in sources) and not (against_chain and len(chosen.targets) > 1):
        return Chosen(chosen.targets[:1], chosen.notes)
    return chosen


def _refuse_unknown(chosen: Chosen, sources: Sequence[str]) -> None:
    """Raise InputError for a d1:NAME that no chain has, where there are names to choose from."""
    every_one = [database for one in chosen.targets for database in one.databases]
    known = [f"d1:{name}" for one in every_one for name in (one.binding, one.name) if name]
    for source in sources:
        if source.startswith("d1:") and known and source not in known:
            raise InputError(
                f"{every_one[0].config.as_posix()} names no D1 database {source.removeprefix('d1:')}",
                hint=suggestion(source, dict.fromkeys(known)),
            )


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
        profile = rules(options.profile, profile.max_steps)
        if profile.ledger is not None and one.databases:
            profile = profile._replace(ledger=one.databases[0].ledger)
    if options.max_steps is not None:
        profile = profile._replace(max_steps=options.max_steps)
    cached = options.cache if options.cache is not None else os.environ.get("CI", "") in {"", "false"}
    return one._replace(fresh=made.fresh, profile=profile, cached=cached)


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


def _called(configuration: Configuration, found: tuple[Target, ...], name: str) -> Target:
    """The target of a binding, a name or a table of settings. Raises InputError."""
    matches = [one for one in found if one.name == name]
    matches = matches or [one for one in found if any(database.is_called(name) for database in one.databases)]
    if not matches:
        further: dict[Settings, D1Database] = {}
        for one in configuration.databases:
            if one.is_called(name):
                further.setdefault(said_of(configuration, one), one)
        matches = [of_databases(said, [one], configuration) for said, one in further.items()]
    _refuse_two_environments(matches, name)
    if matches:
        return matches[0]
    known = [*dict.fromkeys(one.name for one in found if one.name and not one.databases)]
    known += [title for one in configuration.databases for title in (one.binding, one.name) if title]
    where = configuration.wrangler or configuration.own
    said = f"{where.as_posix()} has no D1 database" if where else "there is no configuration with a database"
    hint = suggestion(name, known) if known else "Leave out --database, or write wrangler's d1_databases."
    raise InputError(f"{said} {name}", hint=hint)


def _refuse_two_environments(found: Iterable[Target], name: str) -> None:
    environments = list(dict.fromkeys(one.databases[0].environment for one in found if one.databases))
    if len(environments) > 1:
        raise InputError(
            f"the environments {', '.join(filter(None, environments))} each have a database {name}",
            hint="Name one of them with --env.",
        )
