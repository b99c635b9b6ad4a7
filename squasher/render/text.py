"""For people: grouped by object, aligned, the most important line last."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.comparison import Finding
from squasher.prove import LAYERS
from squasher.render.words import VOICES, words
from squasher.risks import DANGERS
from squasher.sql import printable

if TYPE_CHECKING:
    from squasher.commands.squash import Squashed
    from squasher.comparison import Comparison
    from squasher.lines import Place
    from squasher.prove import Proof
    from squasher.render.words import Voice, Words
    from squasher.risks import Risk

_WIDEST: Final = 48
_COLORS: Final = {"-": "\x1b[31m", "+": "\x1b[32m", "~": "\x1b[33m", "!": "\x1b[31m"}
_PLAIN: Final = "\x1b[0m"


def render(compared: Comparison, *, color: bool = False) -> str:
    """What differs, object by object; nothing when a diff finds nothing."""
    if compared.command == "diff":
        return _diff(compared, color=color)
    return _check(compared, color=color)


def _check(checked: Comparison, *, color: bool) -> str:
    fresh, chain = printable(checked.new.label), printable(checked.old.label)
    status = checked.proof.status
    if status == "equal":
        return _equal(checked, fresh, chain)
    if status == "unknown":
        lines = [f"{fresh} could not be compared with {chain}", "", *_doubts(checked.proof)]
        return "\n".join([*lines, "", "Unknown is not equal.", ""])
    voice = VOICES["check"]
    lines = [f"{fresh} is not equivalent to {chain}", "", *_shown(checked.findings, voice, color=color)]
    total = f"{_total(checked, 'difference')}."
    return "\n".join(
        [
            *(*lines, *_doubts(checked.proof), ""),
            f"{total} Run `squasher squash` to write the file anew.",
            "",
        ]
    )


def _diff(compared: Comparison, *, color: bool) -> str:
    shown = [*_shown(compared.findings, VOICES["diff"], color=color), *_doubts(compared.proof)]
    if not shown:
        return ""
    total = _total(compared, "change") if compared.findings else "Unknown is not equal"
    return "\n".join([*shown, "", f"{total}{_dangers(compared)}.", ""])


def _total(compared: Comparison, word: str) -> str:
    count, objects = len(compared.findings), len({finding.change.owner for finding in compared.findings})
    return f"{count} {word}{_s(count)} in {objects} object{_s(objects)}"


def _dangers(compared: Comparison) -> str:
    """``: 2 can destroy data, 1 can break readers``."""
    counts = Counter(
        danger for finding in compared.findings for danger in {risk.danger for risk in finding.risks}
    )
    parts = [f"{counts[danger]} {says}" for danger, says in DANGERS.items() if counts[danger]]
    return f": {', '.join(parts)}" if parts else ""


def unproved(proof: Proof) -> str:
    """Why a fresh file was not written: its differences from the chain, grouped by object."""
    findings = tuple(Finding(change, None, ()) for change in proof.changes)
    return "\n".join([*_shown(findings, VOICES["check"], color=False), *_doubts(proof), ""])


def nothing(compared: Comparison) -> str:
    """What to say on standard error of a diff that found nothing."""
    lines = _respelled(compared)
    return "\n".join([*lines, f"no difference between {compared.old.label} and {compared.new.label}", ""])


def _respelled(compared: Comparison) -> list[str]:
    names = [name for _, name in compared.proof.respelled]
    if not names:
        return []
    some = ", ".join(printable(name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004
    return [f"written differently, with the same meaning: {some}{more}"]


def _shown(findings: tuple[Finding, ...], voice: Voice, *, color: bool) -> list[str]:
    groups: dict[str, list[_Line]] = {}
    for finding in findings:
        kind, name = finding.change.owner
        heading = name if kind in {"table", "ledger"} else f"{kind} {name}"
        groups.setdefault(heading, []).append(
            _Line(words(finding.change, voice), finding.place, finding.risks)
        )
    return [line for name, found in groups.items() for line in _group(name, found, voice, color=color)]


def _doubts(proof: Proof) -> list[str]:
    return [f"  ? {printable(reason)}" for reason in proof.reasons]


def _equal(checked: Comparison, fresh: str, chain: str) -> str:
    lines = _respelled(checked)
    if not checked.exact:
        lines.append("the text is not what `squasher squash` would write now")
    lines.append(f"{fresh} is equivalent to {chain}")
    return "\n".join(lines) + "\n"


class _Line(NamedTuple):
    said: Words
    place: Place | None
    risks: tuple[Risk, ...]


def _group(name: str, found: list[_Line], voice: Voice, *, color: bool) -> list[str]:
    merged = _ledger(found) if name == "ledger" else found
    width = min(_WIDEST, max(len(printable(line.said.subject)) for line in merged))
    lines = [printable(name)]
    for said, place, risks in merged:
        mark = f"{_COLORS[said.mark]}{said.mark}{_PLAIN}" if color else said.mark
        origin = f" ({voice.origin(said)}{printable(str(place))})" if place else ""
        lines.append(f"  {mark} {printable(said.subject):<{width}}   {printable(said.says)}{origin}")
        lines += [f"      {printable(line)}" for line in said.details]
        lines += [_risk(risk, color=color) for risk in risks]
    return lines


def _risk(risk: Risk, *, color: bool) -> str:
    says = f"! {DANGERS[risk.danger]}: {printable(risk.reason)}"
    return f"      {_COLORS['!']}{says}{_PLAIN}" if color else f"      {says}"


def _ledger(found: list[_Line]) -> list[_Line]:
    """One line for all migrations that are not recorded: there may be hundreds."""
    missing = [line.said for line in found if line.said.mark == "-"]
    rest = [line for line in found if line.said.mark != "-"]
    if len(missing) < 2:  # noqa: PLR2004 - one is best named
        return found
    says = "not recorded as applied: a new installation would run them again"
    kind = f"{len(missing)} migrations"
    return [_Line(missing[0]._replace(kind=kind, name="", says=says, old=None), None, ()), *rest]


def squashed(result: Squashed) -> str:
    """The result of a squash, in three calm lines."""
    chain, snapshot = result.chain, result.snapshot
    kinds = [type(item).__name__ for item in snapshot.objects]
    tables = kinds.count("Table") + kinds.count("VirtualTable")
    rows = sum(len(part.rows) for part in snapshot.rows)
    counts = [
        f"{count} {word}{_s(count)}"
        for count, word in (
            (tables, "table"),
            (kinds.count("Index"), "index"),
            (kinds.count("View"), "view"),
            (kinds.count("Trigger"), "trigger"),
            (rows, "row"),
        )
        if count
    ]
    summary = " · ".join(counts).replace("indexs", "indexes")
    number = len(chain.migrations)
    layers = f"{len(LAYERS)} layers: {', '.join(LAYERS)}"
    return (
        f"replayed   {number} migration{_s(number)}, {chain.span}\n"
        f"{'wrote' if result.written else 'unchanged':<9}  {result.target.fresh.as_posix()}   {summary}\n"
        f"proved     {layers}\n"
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
