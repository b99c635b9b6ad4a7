"""The D1 databases of a project: which one a name means, and where wrangler keeps its local state.

Source: wrangler 4.86.0 and 4.164.0, ``d1 execute --local``.
"""

from __future__ import annotations

import hashlib
import hmac
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from squasher.wrangler import D1Database

_KIND: Final = "miniflare-D1DatabaseObject"
_HALF: Final = 16


class Reach(NamedTuple):
    """Which database ``d1:NAME`` is: the local one, or the one that Cloudflare holds."""

    remote: bool = False
    """Whether the user's own wrangler is asked for the one at Cloudflare."""
    persist_to: Path | None = None
    """The directory of the local state, as wrangler's option of this name takes it."""


def find(databases: Iterable[D1Database], name: str) -> D1Database:
    """The database with this binding or ``database_name``, the first as wrangler takes it.

    Raises InputError when there is none.
    """
    known = tuple(databases)
    for database in known:
        if database.is_called(name):
            return database
    if not known:
        raise InputError(
            f"d1:{name}: there is no configuration of wrangler's that names a D1 database",
            hint="Run squasher beside wrangler.jsonc or wrangler.toml, or name the database file itself.",
        )
    names = list(dict.fromkeys(word for one in known for word in (one.binding, one.name) if word))
    close = get_close_matches(name, names, 1)
    raise InputError(
        f"d1:{name}: {known[0].config.as_posix()} names no such database",
        hint=f"Write d1:{close[0]}." if close else f"Choose one of {', '.join(names)}.",
    )


def local_file(database: D1Database, persist_to: Path | None = None) -> Path:
    """Where wrangler keeps a database in local mode: a SQLite file below ``.wrangler/state``.

    That directory is beside the configuration; ``persist_to`` is relative to the current directory.
    """
    state = database.config.parent / ".wrangler" / "state" if persist_to is None else persist_to
    return state / "v3" / "d1" / _KIND / f"{_object_id(database.id)}.sqlite"


def existing_file(database: D1Database, persist_to: Path | None = None) -> Path:
    """The same, of a database that was made. Raises InputError that says where it was looked for."""
    path = local_file(database, persist_to)
    if path.exists():
        return path
    name = database.name or database.binding
    options = "" if database.environment is None else f" --env {database.environment}"
    options += "" if persist_to is None else f" --persist-to {persist_to.as_posix()}"
    raise InputError(
        f"d1:{name}: it has no local state, {path.as_posix()} does not exist",
        hint=f"Make it with `npx wrangler d1 migrations apply {name} --local{options}`, or ask for the one"
        " at Cloudflare with --remote.",
    )


def _object_id(name: str) -> str:
    """The id of the Durable Object that holds a database of this name.

    Source: workerd's ``ActorIdFactoryImpl::idFromName`` for a namespace that miniflare names.
    """
    key = hashlib.sha256(_KIND.encode()).digest()
    head = hmac.digest(key, name.encode(), "sha256")[:_HALF]
    return (head + hmac.digest(key, head, "sha256")[:_HALF]).hex()
