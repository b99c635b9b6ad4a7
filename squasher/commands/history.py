"""``squasher history``: which migration made, changed, renamed or dropped what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher import manifest
from squasher.chain import number_of, read_chain
from squasher.errors import UnknownNameError
from squasher.guard import place_of
from squasher.history import History, read

if TYPE_CHECKING:
    from squasher.episodes import Episode, Event, Wrote
    from squasher.identity import Life
    from squasher.target import Target


class Lived(NamedTuple):
    """The life of an object, or of one of its columns."""

    life: Life
    column: str | None
    events: tuple[Event, ...]
    rows: tuple[Wrote, ...]


class Told(NamedTuple):
    """What was asked, and the answer: some migrations, or some lives."""

    target: Target
    history: History
    what: str | None
    episodes: tuple[Episode, ...]
    lives: tuple[Lived, ...]
    warnings: tuple[str, ...]


def history(target: Target, what: str | None = None, to: str | None = None) -> Told:
    """The history of a chain, up to ``to``: all of it, or that of an object, a column or a migration.

    Raises InputError where nothing is called ``what``, and ReplayError.
    """
    chain = read_chain(target.migrations, target.pattern)
    told = read(chain if to is None else chain.until(to), target.profile)
    answer = Told(target, told, what, (), (), chain.skipped)
    if what is None:
        return answer._replace(episodes=told.episodes)
    lives = tuple(Lived(life, None, told.events(life), told.rows(life)) for life in told.named(what))
    lives = lives or _columns(told, what)
    if lives:
        return answer._replace(lives=lives)
    episodes = tuple(one for one in told.episodes if _is_called(one, what))
    if episodes:
        return answer._replace(episodes=episodes)
    raise UnknownNameError(
        f"nothing in {told.chain.directory}/ is called {what}",
        hint=_absorbed(target, what) or _hint(told, what),
    )


def _columns(told: History, what: str) -> tuple[Lived, ...]:
    """``table.column``: either may have a dot in its name."""
    dots = [at for at, char in enumerate(what) if char == "."]
    return tuple(
        Lived(life, what[at + 1 :], events, ())
        for at in dots
        for life in told.named(what[:at])
        for events in told.column(life, what[at + 1 :])
    )


def _is_called(episode: Episode, what: str) -> bool:
    migration = episode.migration
    if migration.is_called(what) or what in {migration.path, migration.number}:
        return True
    both = what, migration.number
    return all(one.isascii() and one.isdecimal() for one in both) and int(what) == int(migration.number)


def _absorbed(target: Target, what: str) -> str | None:
    """Where a migration is that a baseline absorbed."""
    place = place_of(target.migrations)
    known = manifest.read(place / manifest.FILE) or manifest.Manifest()
    number = (what.lstrip("0") or "0") if what.isascii() and what.isdecimal() else None
    for archive in known.archives:
        for one in archive.absorbed:
            named = what in {one.name, one.name.removesuffix(".sql")}
            if named or (number is not None and number == number_of(one.name)):
                return f"{archive.baseline.name} absorbed it: it is {(place / one.name).as_posix()} now."
    return None


def _hint(told: History, what: str) -> str:
    import difflib

    names = [*told.names, *(one.migration.name for one in told.episodes)]
    table, dot, column = what.rpartition(".")
    for life in told.named(table) if dot else ():
        names += [f"{table}.{one}" for one in told.columns(life)]
    folded = {name.lower(): name for name in reversed(names)}
    close = difflib.get_close_matches(what.lower(), list(folded), n=3)
    if close:
        return f"Is it {' or '.join(folded[one] for one in close)}?"
    if dot and told.named(table):
        return f"Look at `squasher history {table}`: it has no column {column}."
    return "Run `squasher history` to see all migrations and what they did."
