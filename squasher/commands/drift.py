"""``squasher drift``: many databases of one schema, in groups of those that are alike."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from squasher import d1state, dbfile
from squasher.chain import read_chain
from squasher.engine import Database
from squasher.errors import InputError, SqlError, SquasherError
from squasher.introspect import recorded
from squasher.live import Expected
from squasher.model import EMPTY, Snapshot
from squasher.sources import LOCAL, open_source, parse
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    import apsw

    from squasher.comparison import Comparison
    from squasher.d1state import Reach
    from squasher.profiles import Profile
    from squasher.remote import Schema
    from squasher.sources import Source
    from squasher.target import Target

JOBS = 4
"""How many databases at Cloudflare are asked at once."""

_Stored: TypeAlias = "tuple[tuple[str, str, str, str | None], ...]"


class Group(NamedTuple):
    """Databases of which one comparison is true."""

    names: tuple[str, ...]
    compared: Comparison
    """Of the first one that could be read."""
    notes: tuple[str, ...] = ()
    """What else is to be said of each of them."""


class Fleet(NamedTuple):
    """What became of all that were named."""

    migrations: str
    profile: str
    groups: tuple[Group, ...]
    """As the chain makes them first, those that are furthest before others; then those that differ."""
    unread: tuple[tuple[str, SquasherError], ...]
    """Those that could not be read or compared, and why."""
    left: int = 0
    """How many nobody looked at, because it was interrupted."""
    warnings: tuple[str, ...] = ()

    @property
    def databases(self) -> int:
        """How many were looked at."""
        return sum(len(group.names) for group in self.groups) + len(self.unread)

    def count(self, status: str) -> int:
        """How many are ``equal``, ``different`` or ``unknown``."""
        return sum(len(group.names) for group in self.groups if group.compared.proof.status == status)


class _Seen(NamedTuple):
    """A database at first sight; two that are equal here are equal in all that is compared."""

    stored: _Stored
    ledger: tuple[object, ...]
    settings: tuple[object, ...]


class _Look(NamedTuple):
    """One database: its name, what was seen, and how to see all of it."""

    name: str
    seen: _Seen
    whole: Callable[[], Snapshot]


def drift(
    sources: Sequence[str],
    target: Target,
    reach: Reach = LOCAL,
    *,
    jobs: int = JOBS,
    progress: Callable[[], object] = lambda: None,
) -> Fleet:
    """Compare each database with the chain as far as its own ledger says it has run it.

    Databases that are alike are compared once. ``progress`` is called for each that was looked at. After
    an interrupt, what is known so far is the result. Raises InputError for a source that can be no
    database, and what the chain itself raises.
    """
    named: dict[object, Source] = {}
    for source in map(_parsed, sources):
        named.setdefault(_database(source, target), source)
    expected = Expected(read_chain(target.migrations, target.pattern), target)
    looks: list[_Look] = []
    known: dict[_Seen, _Seen] = {}
    unread: list[tuple[str, SquasherError]] = []
    left = len(named)
    try:
        for found in _looks(list(named.values()), target, reach, jobs):
            if isinstance(found, _Look):
                # of a thousand equal schemas one is kept
                looks.append(found._replace(seen=known.setdefault(found.seen, found.seen)))
            else:
                unread.append(found)
            left -= 1
            progress()
    except KeyboardInterrupt:
        pass  # whoever asks a second time ends the comparison too
    groups = _groups(sorted(looks, key=lambda look: look.name), expected, unread)
    return Fleet(
        migrations=expected.chain.directory,
        profile=target.profile.name,
        groups=tuple(sorted(groups, key=_order)),
        unread=tuple(sorted(unread, key=lambda one: one[0])),
        left=left,
        warnings=expected.chain.skipped,
    )


def _parsed(text: str) -> Source:
    if "\0" in text:
        raise InputError(
            "a name holds a NUL character", hint="Write a list as UTF-8, one name a line: no -print0."
        )
    source = parse(text)
    if source.kind not in {"path", "d1"}:
        raise InputError(f"{source.name} is no database file", hint="Name database files, or d1:NAME.")
    return source


def _database(source: Source, target: Target) -> object:
    """What is the same for two names of one database: a binding and its database_name, ``a`` and ``./a``."""
    if source.kind == "d1":
        with contextlib.suppress(InputError):  # looking at it says so too
            return d1state.find(target.databases, source.path)
    return source.name


def _order(group: Group) -> tuple[object, ...]:
    status = ("equal", "different", "unknown").index(group.compared.proof.status)
    return status, len(group.compared.pending), -len(group.names), group.names


def _looks(
    named: list[Source], target: Target, reach: Reach, jobs: int
) -> Iterator[_Look | tuple[str, SquasherError]]:
    """A first look at each, in the order in which they answer."""
    remote = [source for source in named if source.kind == "d1" and reach.remote]
    for source in named:
        if source not in remote:
            try:
                yield _look(source, target, reach)
            except SquasherError as error:
                yield source.name, error
            except OSError as error:  # such as a name that is too long
                yield source.name, InputError(f"{source.name}: {error.strerror}")
    if remote:
        yield from _asked(remote, target, jobs)


def _look(source: Source, target: Target, reach: Reach) -> _Look:
    from pathlib import Path

    path, called = Path(source.path), ""
    if source.kind == "d1":
        path = d1state.existing_file(d1state.find(target.databases, source.path), reach.persist_to)
        called = source.name
    elif not path.exists():
        raise InputError(f"{source.name} does not exist", hint="Name a database file, or d1:NAME.")
    elif path.is_dir():
        raise InputError(
            f"{source.name} is a directory", hint=f"Name its files: {source.name.rstrip('/')}/*.sqlite"
        )
    seen = dbfile.read(path, lambda file: _seen(file, target.profile), called)
    return _Look(source.name, seen, lambda: _whole(source, target, reach, seen))


def _whole(source: Source, target: Target, reach: Reach, seen: _Seen) -> Snapshot:
    """All of a database that was seen before. Raises InputError when it is another one by now."""
    found = open_source(source, target, rows=False, reach=reach).side.snapshots[0]
    if _look(source, target, reach).seen != seen:
        raise InputError(f"{source.name} changed after it was looked at", hint="Try again.")
    return found


def _seen(file: apsw.Connection, profile: Profile) -> _Seen:
    """The schema as it is stored and what the ledger records; the file's own SQL has its budget."""
    database = Database.of_file(file, profile, UNIVERSES[0], copied=False)
    try:
        stored = tuple(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"))
        has_ledger = any(row[:2] == ("table", profile.ledger) for row in stored)
        ledger, _ = recorded(database, profile.ledger if has_ledger else None)
        settings = tuple(database.execute(f"PRAGMA {name}")[0][0] for name in profile.settings)
    except SqlError as error:
        raise InputError(f"SQLite cannot read its schema: {error.message}") from error
    except UnicodeDecodeError as error:
        raise InputError("a name or a text of its schema is not UTF-8") from error
    return _Seen(stored, ledger, settings)


def _asked(named: list[Source], target: Target, jobs: int) -> Iterator[_Look | tuple[str, SquasherError]]:
    """The same for databases at Cloudflare, several at once: a call of wrangler takes seconds."""
    from concurrent.futures import ThreadPoolExecutor, as_completed

    from squasher import remote, wrangler_cli

    def ask(source: Source) -> Schema:
        database = d1state.find(target.databases, source.path)
        return remote.read_schema(wrangler_cli.Wrangler(database).ask, target.profile)

    pool = ThreadPoolExecutor(jobs)
    try:
        futures = {pool.submit(ask, source): source for source in named}
        for future in as_completed(futures):
            source = futures[future]
            try:
                yield _made(source, future.result(), target.scope)
            except SquasherError as error:
                yield source.name, error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        wrangler_cli.stop_all()
        pool.shutdown()


def _made(source: Source, schema: Schema, profile: Profile) -> _Look:
    from squasher import remote

    seen = _Seen(schema.stored, schema.ledger, ())
    return _Look(source.name, seen, lambda: remote.snapshot(schema, profile, source.name))


def _groups(looks: list[_Look], expected: Expected, unread: list[tuple[str, SquasherError]]) -> list[Group]:
    """The databases by what a comparison says of them; one comparison for all that are alike.

    Alike is what is stored byte for byte: the name of a view's column is its text, spaces and all.
    """
    alike: dict[_Seen, list[_Look]] = {}
    for look in looks:
        alike.setdefault(look.seen, []).append(look)
    found: dict[object, Group] = {}
    for several in alike.values():
        members = list(several)
        while members:
            try:
                compared, notes = _compare(members[0], expected)
            except SquasherError as error:
                # what is wrong with one file need not be wrong with the next
                unread.append((members.pop(0).name, error))
                continue
            proof = compared.proof
            key = compared.old.span, compared.pending, proof.changes, proof.reasons, notes
            before = found.get(key, Group((), compared, notes))
            names = sorted((*before.names, *(look.name for look in members)))
            found[key] = before._replace(names=tuple(names))
            break
    return list(found.values())


def _compare(look: _Look, expected: Expected) -> tuple[Comparison, tuple[str, ...]]:
    whole = look.whole()
    where = expected.standing(whole)
    compared = expected.compare(look.name, whole, where)
    # a thousand of them would be held until the end
    return compared._replace(new=compared.new._replace(snapshot=EMPTY)), where.notes
