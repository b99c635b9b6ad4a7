"""For programs: version 1 of the result of a check, described in docs/formats.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from squasher.commands.check import Checked, Finding

VERSION: Final = 1
_RESULTS: Final = {"equal": "equivalent", "different": "different", "unknown": "unknown"}
_CHANGES: Final = {"-": "missing", "+": "extra", "~": "different"}


def render(checked: Checked, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """The result of a check as a JSON object, its keys sorted."""
    document: dict[str, object] = {
        "command": "check",
        "version": VERSION,
        "result": _RESULTS[checked.proof.status],
        "exact": checked.exact,
        "fresh": checked.target.fresh.as_posix(),
        "migrations": checked.chain.directory,
        "profile": checked.target.profile.name,
        "differences": [_finding(finding) for finding in checked.findings],
        "respelled": [{"kind": kind, "name": name} for kind, name in checked.proof.respelled],
        "reasons": list(checked.proof.reasons),
        "warnings": list(checked.warnings),
    }
    return dump(document)


def dump(document: dict[str, object]) -> str:
    """A JSON object, its keys sorted, safe to print."""
    import json

    return _escaped(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)) + "\n"


def _escaped(text: str) -> str:
    """JSON without what terminals, logs of CI jobs and HTML take for a command; the same values."""
    # none of these can stand outside of a string
    text = text.replace("##[", "##\\u005b").replace("</", "<\\/").replace("<!--", "<\\u0021--")
    if all(line.isprintable() for line in text.split("\n")):
        return text
    return "".join(char if char.isprintable() or char == "\n" else _code(char) for char in text)


def _code(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _finding(finding: Finding) -> dict[str, object]:
    from squasher.render.words import words  # only differences need it

    said = words(finding.change)
    kind, name = finding.change.owner
    file, _, line = (finding.place or "").rpartition(":")
    return {
        "change": _CHANGES[said.mark],
        "object": {"kind": kind, "name": name},
        "element": {"kind": said.kind, "name": said.name},
        "message": said.says,
        "expected": said.expected,
        "actual": said.actual,
        "place": {"file": file, "line": int(line)} if finding.place else None,
    }
