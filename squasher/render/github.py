"""For GitHub's workflow log: an annotation on the line of the migration behind each difference.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.render.report import sections, verdict
from squasher.risks import DANGERS
from squasher.sql import printable

if TYPE_CHECKING:
    from squasher.comparison import Comparison
    from squasher.render.report import Entry


def render(compared: Comparison, *, color: bool = False) -> str:  # noqa: ARG001 - GitHub colours them
    """A workflow command per difference and per doubt; nothing when a diff finds nothing."""
    title = f"squasher {compared.command}"
    doubt = "error" if compared.command == "check" else "warning"
    out = [
        command(_level(compared, entry), section.name, _message(entry), _where(entry))
        for section in sections(compared.voice, compared.findings)
        for entry in section.entries
    ]
    out += [command(doubt, title, reason, {}) for reason in compared.proof.reasons]
    if not out and compared.command == "check":
        out.append(command("notice", title, " ".join(verdict(compared)), {}))
    return "".join(line + "\n" for line in out)


def _level(compared: Comparison, entry: Entry) -> str:
    if compared.command == "check":
        return "error"
    return "warning" if entry.risks else "notice"


def _message(entry: Entry) -> str:
    says = f": {entry.said.sentence}" if entry.says else ""
    risks = "".join(f"; {DANGERS[risk.danger]}: {risk.reason}" for risk in entry.risks)
    return f"{entry.word} {entry.said.subject}{says}{risks}"


def _where(entry: Entry) -> dict[str, str]:
    """The migration's line; or the file itself that the finding is about, where it is there."""
    if entry.place is not None:
        return {"file": entry.place.path.removeprefix("./"), "line": str(entry.place.line)}
    is_there = entry.said.kind == "file" and entry.said.mark != "-"
    return {"file": entry.said.name.removeprefix("./")} if is_there else {}


def command(level: str, title: str, message: str, where: dict[str, str]) -> str:
    """A workflow command. No text in it can end it, or begin another one."""
    properties = ",".join(f"{key}={_property(value)}" for key, value in {**where, "title": title}.items())
    return f"::{level} {properties}::{_data(message)}"


def _data(text: str) -> str:
    """A message on its one line: no control character is left, and ``%`` begins an escape."""
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
