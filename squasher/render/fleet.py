"""What ``squasher drift`` found, in text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.render.json import document_of, dumped
from squasher.render.report import pending
from squasher.render.style import plural
from squasher.render.text import section_lines
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.commands.drift import Fleet, Group

VERSION: Final = 1
_RESULTS: Final = {"equal": "equivalent", "different": "different", "unknown": "unknown"}
_SHOWN: Final = 3


def text(fleet: Fleet, *, color: bool = False) -> str:
    """A line per group, the names where there is something to do, and the differences of each group."""
    counts = [(f"{len(group.names):,}", f"database{plural(len(group.names))}") for group in fleet.groups]
    width = max((len(number) for number, _ in counts), default=0)
    lines: list[str] = []
    for group, (number, word) in zip(fleet.groups, counts, strict=True):
        head = f"{number:>{width}} {word:<9}   "
        beside = " " * len(head)
        below: list[str] = []
        if group.compared.proof.status != "equal" or group.compared.pending or group.notes:
            below.append(printable(_names(group.names)))
        below += map(printable, group.notes)
        below += _differences(group, color=color)
        lines.append(head + printable(_says(group)))
        lines += [beside + line for line in below]
        lines += [""] if below else []
    return "\n".join([*lines, _total(fleet), ""])


def _says(group: Group) -> str:
    compared = group.compared
    pronoun = "it" if len(group.names) == 1 else "them"
    verb = "differs" if len(group.names) == 1 else "differ"
    applied = compared.applied
    if applied is None:
        says = {"equal": "empty", "different": f"{verb} from an empty one"}
    else:
        says = {"equal": f"as {applied} {_make(applied)} {pronoun}", "different": f"{verb} from {applied}"}
    whole = says.get(compared.proof.status, f"could not be compared with {applied or 'an empty one'}")
    left = pending(compared).replace(" is pending", " pending").replace(" are pending", " pending")
    return f"{whole}, {left}" if left else whole


def _make(span: str) -> str:
    return "make" if " to " in span else "makes"


def _names(names: tuple[str, ...]) -> str:
    more = f" … and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _differences(group: Group, *, color: bool) -> Iterator[str]:
    from squasher.render.report import sections

    for one in sections("live", group.compared.findings):
        for line in section_lines(one, color=color):
            yield f"  {line}"
    for reason in group.compared.proof.reasons:
        yield f"  ? {printable(reason)}"


def _total(fleet: Fleet) -> str:
    groups = len(fleet.groups)
    differ, unknown, unread = fleet.count("different"), fleet.count("unknown"), len(fleet.unread)
    parts = [f"{differ:,} differ{'' if differ > 1 else 's'}"] if differ else []
    parts += ["none differs"] if not differ and fleet.count("equal") else []
    parts += [f"{unknown:,} could not be compared"] if unknown else []
    parts += [f"{unread:,} could not be read"] if unread else []
    many = f"{fleet.databases:,} database{plural(fleet.databases)} in {groups:,} group{plural(groups)}"
    return f"{many}{': ' if parts else ''}{', '.join(parts)}."


def json(fleet: Fleet, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """The same for programs, with the names of all databases."""
    return dumped(
        {
            "command": "drift",
            "version": VERSION,
            "migrations": fleet.migrations,
            "profile": fleet.profile,
            "databases": fleet.databases,
            "left": fleet.left,
            "groups": [
                {
                    "databases": list(group.names),
                    "result": _RESULTS[group.compared.proof.status],
                    "applied": group.compared.applied,
                    "pending": list(group.compared.pending),
                    "differences": [document_of(one, "live") for one in group.compared.findings],
                    "reasons": list(group.compared.proof.reasons),
                    "notes": list(group.notes),
                }
                for group in fleet.groups
            ],
            "unread": [
                {"database": name, "message": error.message, "help": error.hint}
                for name, error in fleet.unread
            ],
            "warnings": list(fleet.warnings),
        }
    )
