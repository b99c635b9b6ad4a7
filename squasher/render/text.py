"""For people: grouped by object, aligned, the most important line last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.prove import LAYERS
from squasher.sql import printable

if TYPE_CHECKING:
    from squasher.changes import Change
    from squasher.commands.check import Checked
    from squasher.commands.squash import Squashed
    from squasher.prove import Proof
    from squasher.render.words import Words

_WIDEST: Final = 48
_COLORS: Final = {"-": "\x1b[31m", "+": "\x1b[32m", "~": "\x1b[33m"}
_ORIGINS: Final = {"column": "added by", "row": "from", "rows": "from"}
_PLAIN: Final = "\x1b[0m"


def render(checked: Checked, *, color: bool = False) -> str:
    """The result of a check."""
    fresh = printable(checked.target.fresh.as_posix())
    chain = printable(f"{checked.chain.directory}/ ({checked.chain.span})")
    status = checked.proof.status
    if status == "equal":
        return _equal(checked, fresh, chain)
    if status == "unknown":
        lines = [f"{fresh} could not be compared with {chain}", "", *_doubts(checked.proof)]
        return "\n".join([*lines, "", "Unknown is not equal.", ""])
    groups = _groups([(finding.change, finding.place) for finding in checked.findings])
    shown = _shown(groups, color=color)
    count, objects = len(checked.findings), len(groups)
    total = f"{count} difference{_s(count)} in {objects} object{_s(objects)}."
    return "\n".join(
        [
            *(f"{fresh} is not equivalent to {chain}", "", *shown, *_doubts(checked.proof), ""),
            f"{total} Run `squasher squash` to write the file anew.",
            "",
        ]
    )


def unproved(proof: Proof) -> str:
    """Why a fresh file was not written: its differences from the chain, grouped by object."""
    groups = _groups([(change, None) for change in proof.changes])
    return "\n".join([*_shown(groups, color=False), *_doubts(proof), ""])


def _shown(groups: dict[str, list[tuple[Words, str | None]]], *, color: bool) -> list[str]:
    return [line for name, found in groups.items() for line in _group(name, found, color=color)]


def _doubts(proof: Proof) -> list[str]:
    return [f"  ? {printable(reason)}" for reason in proof.reasons]


def _groups(
    found: list[tuple[Change, str | None]],
) -> dict[str, list[tuple[Words, str | None]]]:
    from squasher.render.words import words  # only differences need it

    groups: dict[str, list[tuple[Words, str | None]]] = {}
    for change, place in found:
        kind, name = change.owner
        heading = name if kind in {"table", "ledger"} else f"{kind} {name}"
        groups.setdefault(heading, []).append((words(change), place))
    return groups


def _equal(checked: Checked, fresh: str, chain: str) -> str:
    lines: list[str] = []
    respelled = [name for _, name in checked.proof.respelled]
    if respelled:
        some = ", ".join(printable(name) for name in respelled[:5])
        more = f" and {len(respelled) - 5} more" if len(respelled) > 5 else ""  # noqa: PLR2004
        lines.append(f"written differently, with the same meaning: {some}{more}")
    if not checked.exact:
        lines.append("the text is not what `squasher squash` would write now")
    lines.append(f"{fresh} is equivalent to {chain}")
    return "\n".join(lines) + "\n"


def _group(name: str, found: list[tuple[Words, str | None]], *, color: bool) -> list[str]:
    merged = _ledger(found) if name == "ledger" else found
    width = min(_WIDEST, max(len(printable(said.subject)) for said, _ in merged))
    lines = [printable(name)]
    for said, place in merged:
        mark = f"{_COLORS[said.mark]}{said.mark}{_PLAIN}" if color else said.mark
        made = "dropped by" if said.mark == "+" else _ORIGINS.get(said.kind.split()[-1], "made by")
        origin = f" ({made} {printable(place)})" if place else ""
        lines.append(f"  {mark} {printable(said.subject):<{width}}   {printable(said.says)}{origin}")
        lines += [f"      {printable(line)}" for line in said.details]
    return lines


def _ledger(found: list[tuple[Words, str | None]]) -> list[tuple[Words, str | None]]:
    """One line for all migrations that are not recorded: there may be hundreds."""
    missing = [said for said, _ in found if said.mark == "-"]
    rest = [pair for pair in found if pair[0].mark != "-"]
    if len(missing) < 2:  # noqa: PLR2004 - one is best named
        return found
    says = "not recorded as applied: a new installation would run them again"
    kind = f"{len(missing)} migrations"
    one = missing[0]._replace(kind=kind, name="", says=says, expected=None)
    return [(one, None), *rest]


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
