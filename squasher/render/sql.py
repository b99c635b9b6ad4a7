"""For reviewers who read SQL: the statements of both versions of each changed object, as a unified diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.render.report import sections, verdict
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
        for section in sections(compared)
        for line in _diff(compared, section, statements.lines(section), color=color)
    ]
    if not out and (compared.command == "check" or compared.proof.status == "unknown"):
        out.append(f"-- {' '.join(map(printable, verdict(compared)))}")
    out += [f"-- {printable(reason)}" for reason in compared.proof.reasons]
    return "".join(line + "\n" for line in out)


def _diff(compared: Comparison, section: Section, lines: tuple[Line, ...], *, color: bool) -> Iterator[str]:
    name = printable(f"{section.name} ({section.kind})")
    yield _colored("head", f"--- {_label(compared.old.name, name, lines, '+')}", color=color)
    yield _colored("head", f"+++ {_label(compared.new.name, name, lines, '-')}", color=color)
    for head, part in hunks(lines):
        yield _colored("@", head, color=color)
        for line in part:
            yield _colored(line.mark, str(line), color=color)


def _label(side: str, name: str, lines: tuple[Line, ...], absent: str) -> str:
    """The side's name and the object's; ``/dev/null`` where the object is not, as git has it."""
    if all(line.mark == absent for line in lines):
        return "/dev/null"
    return printable(f"{side.rstrip('/')}/{name}")


def _colored(what: str, line: str, *, color: bool) -> str:
    code = _COLORS.get(what)
    return f"{code}{line}{_PLAIN}" if color and code else line
