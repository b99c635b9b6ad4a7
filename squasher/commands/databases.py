"""``squasher databases``: what is configured, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher.chain import read_chain
from squasher.choice import choose, environment_of
from squasher.config import every, load
from squasher.errors import InputError
from squasher.files import resolved
from squasher.guard import place_of
from squasher.manifest import FILE

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.choice import Options
    from squasher.target import Target


class Entry(NamedTuple):
    """One chain, and what is found in its directory."""

    target: Target
    environment: str | None
    """The environment of wrangler's that has to be named to work on it; None for none."""
    files: int
    span: str
    """The numbers of the first and the last migration."""
    problem: str | None
    """Why there is no chain; None when there is one."""
    archive: str | None = None
    """The directory of what was absorbed, where there is one."""
    installs: str | None = None
    """The name of the chain of which the only migration is the fresh file."""


class Listed(NamedTuple):
    """The chains, and the files that name them."""

    entries: tuple[Entry, ...]
    sources: tuple[Path, ...]


def databases(options: Options) -> Listed:
    """The chains that the other commands would work on, then those of further environments.

    Raises InputError for a configuration that is wrong, and for a name that it does not have.
    """
    configuration = load(options.config)
    own = environment_of(options, configuration)
    chosen = every(configuration, own)
    named = choose(options).targets if options.databases else chosen
    entries = [_entry(one, own) for one in named]
    if own is None and not options.databases:
        shown = {database for one in chosen for database in one.databases}
        for environment in dict.fromkeys(one.environment for one in configuration.databases):
            further = every(configuration, environment) if environment else ()
            entries += [_entry(one, environment) for one in further if not shown.issuperset(one.databases)]
    owners = {resolved(entry.target.fresh.parent): entry.target.name for entry in entries}
    entries = [one._replace(installs=owners.get(resolved(one.target.migrations))) for one in entries]
    sources = (configuration.wrangler, configuration.own)
    return Listed(tuple(entries), tuple(path for path in sources if path is not None))


def _entry(target: Target, environment: str | None) -> Entry:
    try:
        chain = read_chain(target.migrations, target.pattern)
    except InputError as error:
        return Entry(target, environment, 0, "", error.message)
    place = place_of(target.migrations)
    archive = f"{place.as_posix()}/" if (place / FILE).exists() else None
    return Entry(target, environment, len(chain.migrations), chain.span, None, archive)
