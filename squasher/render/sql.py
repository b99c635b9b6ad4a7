"""For reviewers who read SQL: the statements of both versions of each changed object, as a unified diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.changes import Added, Modified, Removed
from squasher.model import Table, View, VirtualTable
from squasher.render.report import EDITED, sections, verdict
from squasher.render.statements import Statements, hunks
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.comparison import Comparison
    from squasher.render.report import Section
    from squasher.render.statements import Line

_PLAIN: Final = "\x1b[m"
_COLORS: Final = {"-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[36m", "head": "\x1b[1m"}
"""As ``git diff`` has them."""


def render(compared: Comparison, *, color: bool = False) -> str:
    """A diff per object, and each doubt as a comment; nothing when a diff finds nothing."""
    statements = Statements(compared)
    out = [
        line
        for section in sections(compared.voice, compared.findings)
        for line in _diff(compared, section, statements.lines(section), color=color)
    ]
    if compared.status == "edited":
        out.insert(0, f"-- {' '.join(map(printable, verdict(compared)))}, and {EDITED}")
    if not out and (compared.command == "check" or compared.proof.status == "unknown"):
        out.append(f"-- {' '.join(map(printable, verdict(compared)))}")
    out += [f"-- {printable(reason)}" for reason in compared.proof.reasons]
    return "".join(line + "\n" for line in out)


def _diff(compared: Comparison, section: Section, lines: tuple[Line, ...], *, color: bool) -> Iterator[str]:
    for start, label in zip(("---", "+++"), _labels(compared, section), strict=True):
        yield _colored("head", f"{start} {label}", color=color)
    for head, part in hunks(lines):
        yield _colored("@", head, color=color)
        for line in part:
            yield _colored(line.mark, str(line), color=color)


def _labels(compared: Comparison, section: Section) -> tuple[str, str]:
    """Each side's name with the object's; ``/dev/null`` where the object is not, as git has it."""
    names: list[str | None] = [section.name, section.name]
    for change in (finding.change for finding in section.findings):
        match change:
            case Added(new=Table() | VirtualTable() | View()):
                names[0] = None
            case Removed(old=Table() | VirtualTable() | View()):
                names[1] = None
            case Modified(old=Table() | VirtualTable() as old, new=Table() | VirtualTable() as new):
                names = [old.name, new.name]
            case _:
                pass
    if section.kind == "archive":
        return printable(section.name), printable(section.name)
    sides = compared.old.name, compared.new.name
    before, after = (
        "/dev/null" if name is None else printable(f"{side.rstrip('/')}/{name} ({section.kind})")
        for side, name in zip(sides, names, strict=True)
    )
    return before, after


def _colored(what: str, line: str, *, color: bool) -> str:
    code = _COLORS.get(what)
    return f"{code}{line}{_PLAIN}" if color and code else line
