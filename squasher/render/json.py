"""For programs: version 1 of a comparison, described in docs/formats.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from squasher.comparison import Comparison, Finding, Party

VERSION: Final = 1
_RESULTS: Final = {
    "equal": "equivalent",
    "edited": "edited",
    "different": "different",
    "unknown": "unknown",
}
_CHANGES: Final = {
    "check": {"-": "missing", "+": "extra", "~": "different"},
    "live": {"-": "missing", "+": "extra", "~": "different"},
    "diff": {"-": "removed", "+": "added", "~": "changed"},
}
_SIDES: Final = {"check": ("expected", "actual"), "live": ("expected", "actual"), "diff": ("old", "new")}


def render(compared: Comparison, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """The comparison as a JSON object, its keys sorted."""
    document: dict[str, object] = {
        "command": compared.command,
        "version": VERSION,
        "profile": compared.profile,
        "result": _RESULTS[compared.status],
        "respelled": [{"kind": kind, "name": name} for kind, name in compared.proof.respelled],
        "reasons": list(compared.proof.reasons),
        "warnings": list(compared.warnings),
    }
    findings = [document_of(finding, compared.voice) for finding in compared.findings]
    if compared.voice == "live":
        document |= {
            "source": compared.new.name,
            "migrations": compared.old.name,
            "applied": compared.applied,
            "pending": list(compared.pending),
            "differences": findings,
        }
    elif compared.voice == "check":
        document |= {
            "exact": compared.exact,
            "fresh": compared.new.name,
            "migrations": compared.old.name,
            "differences": findings,
        }
    else:
        document |= {"old": _party(compared.old), "new": _party(compared.new), "changes": findings}
    return dumped(document)


def dumped(document: dict[str, object] | list[dict[str, object]]) -> str:
    """A document as every command writes it: its keys sorted, and nothing in it a command to its reader."""
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


def _party(party: Party) -> dict[str, object]:
    return {"source": party.name, "kind": party.kind, "span": party.span}


def document_of(finding: Finding, voice: str) -> dict[str, object]:
    """One difference, from a point of view: ``Comparison.voice``."""
    from squasher.render.words import VOICES, words  # only differences need it

    said = words(finding.change, VOICES[voice])
    kind, name = finding.change.owner
    old, new = _SIDES[voice]
    place = finding.place
    found: dict[str, object] = {
        "change": _CHANGES[voice][said.mark],
        "object": {"kind": kind, "name": name},
        "element": {"kind": said.kind, "name": said.name},
        "message": said.sentence,
        old: said.old,
        new: said.new,
        "place": {"file": place.file, "line": place.line} if place else None,
    }
    if voice == "diff":
        found["risks"] = [{"danger": risk.danger, "reason": risk.reason} for risk in finding.risks]
    return found
