"""The list of databases: for people a block each, for programs JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.d1state import local_file
from squasher.render.json import dumped
from squasher.render.style import plural
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.commands.databases import Entry, Listed

VERSION: Final = 1
_WIDTH: Final = 14


def text(listed: Listed, *, color: bool = False) -> str:  # noqa: ARG001 - nothing in it is marked
    """For people."""
    blocks = ["\n".join(_block(entry)) for entry in listed.entries]
    files = " and ".join(printable(path.as_posix()) for path in listed.sources)
    blocks.append(f"from {files}" if files else "nothing is configured: this is what squasher looks for")
    return "\n\n".join(blocks) + "\n"


def _block(entry: Entry) -> Iterator[str]:
    target = entry.target
    where = f"env {entry.environment}: " if entry.environment else ""
    yield printable(f"{where}{target.name or target.migrations.as_posix()}")
    for label, value in _facts(entry):
        yield f"  {label:<{_WIDTH}} {printable(value)}"


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    target = entry.target
    files = (target.migrations / target.pattern).as_posix()
    count = f"{entry.files} file{plural(entry.files)}, {entry.span}"
    yield "migrations", f"{files} · {count if entry.problem is None else entry.problem}"
    if entry.installs is not None:
        yield "installs", f"the fresh file of {entry.installs}"
    else:
        yield "fresh file", target.fresh.as_posix() + ("" if target.fresh.exists() else " · not written yet")
    if entry.archive is not None:
        yield "archive", entry.archive
    yield "profile", target.profile.name
    if target.profile.ledger is not None:
        yield "ledger", target.profile.ledger
    if target.groups:
        yield "groups", ", ".join(group.title for group in target.groups)
    if target.ignored:
        yield "ignored", ", ".join(target.ignored)
    own = target.databases[0].environment if target.databases else None
    for one in target.databases:
        if one.environment == own:
            local = local_file(one)
            yield "local state", local.as_posix() + ("" if local.exists() else " · not there")
        elif one.environment is not None:
            yield "shared with", f"{one.title} in env {one.environment}"


def json(listed: Listed, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """For programs."""
    return dumped(
        {
            "command": "databases",
            "version": VERSION,
            "sources": [path.as_posix() for path in listed.sources],
            "databases": [_document(entry) for entry in listed.entries],
        }
    )


def _document(entry: Entry) -> dict[str, object]:
    target = entry.target
    return {
        "name": target.name,
        "environment": entry.environment,
        "migrations": target.migrations.as_posix(),
        "pattern": target.pattern,
        "files": entry.files,
        "problem": entry.problem,
        "fresh": target.fresh.as_posix() if entry.installs is None else None,
        "installs": entry.installs,
        "archive": entry.archive,
        "profile": target.profile.name,
        "ledger": target.profile.ledger,
        "groups": {group.title: list(group.tables) for group in target.groups},
        "ignored": list(target.ignored),
        "bindings": [
            {
                "binding": one.binding,
                "name": one.name,
                "environment": one.environment,
                "local": local_file(one).as_posix(),
            }
            for one in target.databases
        ],
    }
