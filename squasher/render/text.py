"""For people: grouped by object, aligned, the most important line last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.chain import Chain
from squasher.comparison import Finding
from squasher.prove import LAYERS
from squasher.render.style import painted, plural
from squasher.risks import DANGERS
from squasher.sql import printable

if TYPE_CHECKING:
    from squasher.commands.archive import Archived
    from squasher.commands.build import Built
    from squasher.commands.squash import Squashed
    from squasher.comparison import Comparison
    from squasher.model import Snapshot
    from squasher.prove import Proof
    from squasher.render.report import Section
    from squasher.risks import Risk

_WIDEST: Final = 48


def render(compared: Comparison, *, color: bool = False) -> str:
    """What differs, object by object; nothing when a diff finds nothing."""
    if compared.command == "diff":
        return _diff(compared, color=color)
    return _check(compared, color=color)


def _check(checked: Comparison, *, color: bool) -> str:
    fresh, chain = printable(checked.new.label), printable(checked.old.label)
    status = checked.status
    if status == "equal":
        return _equal(checked, fresh, chain)
    shown = _shown(checked.voice, checked.findings, color=color)
    if status == "unknown":
        lines = [f"{fresh} could not be compared with {chain}", "", *shown, *_doubts(checked.proof)]
        return "\n".join([*lines, "", "Unknown is not equal.", ""])
    if status == "edited":
        from squasher.render.report import EDITED

        lines = [f"{fresh} is equivalent to {chain}, and {EDITED}", "", *shown]
        return "\n".join([*lines, "", f"{_total(checked)}.", ""])
    from squasher.render.report import advice

    return "\n".join(
        [
            *(f"{fresh} is not equivalent to {chain}", "", *shown, *_doubts(checked.proof), ""),
            *_pending(checked),
            f"{_total(checked)}. {advice(checked)}",
            "",
        ]
    )


def _pending(checked: Comparison) -> list[str]:
    if not checked.pending:
        return []
    from squasher.render.report import pending  # of a live database alone

    return [printable(pending(checked))]


def _diff(compared: Comparison, *, color: bool) -> str:
    shown = [*_shown("diff", compared.findings, color=color), *_doubts(compared.proof)]
    if not shown:
        return ""
    return "\n".join([*shown, "", f"{_total(compared)}.", ""])


def _total(compared: Comparison) -> str:
    """``7 changes in 3 objects: 2 can destroy data, 1 can break readers``."""
    from squasher.render.report import dangers, total

    if not compared.findings:
        return "Unknown is not equal"
    counts = ", ".join(f"{count} {says}" for says, count in dangers(compared).items())
    return f"{total(compared)}{f': {counts}' if counts else ''}"


def unproved(proof: Proof) -> str:
    """Why a fresh file was not written: its differences from the chain, grouped by object."""
    findings = tuple(Finding(change, None, ()) for change in proof.changes)
    return "\n".join([*_shown("check", findings, color=False), *_doubts(proof), ""])


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


def _shown(voice: str, findings: tuple[Finding, ...], *, color: bool) -> list[str]:
    from squasher.render.report import sections  # only differences need it

    return [line for section in sections(voice, findings) for line in section_lines(section, color=color)]


def _doubts(proof: Proof) -> list[str]:
    return [f"  ? {printable(reason)}" for reason in proof.reasons]


def _equal(checked: Comparison, fresh: str, chain: str) -> str:
    lines = [*_respelled(checked), *_pending(checked)]
    if not checked.exact and checked.voice != "live":
        lines.append("the text is not what `squasher squash` would write now")
    lines.append(f"{fresh} is equivalent to {chain}")
    return "\n".join(lines) + "\n"


def inexact(checked: Comparison) -> str:
    """What to say on standard error of an equivalent file that had to be the same byte for byte."""
    fresh, chain = printable(checked.new.label), printable(checked.old.label)
    lines = [
        f"error: {fresh} is equivalent to {chain}, but not what `squasher squash` writes",
        *_respelled(checked),
        "help: Run `squasher squash` to write it anew.",
    ]
    return "\n".join(lines) + "\n"


def section_lines(section: Section, *, color: bool) -> list[str]:
    """What differs of one object, below its name."""
    entries = section.entries
    width = min(_WIDEST, max(len(printable(entry.said.subject)) for entry in entries))
    lines = [printable(" ".join(section.heading).strip())]
    for entry in entries:
        said = entry.said
        mark = painted(said.mark, said.mark, color=color)
        origin = f" ({printable(entry.origin)})" if entry.origin else ""
        lines.append(f"  {mark} {printable(said.subject):<{width}}   {printable(said.sentence)}{origin}")
        lines += [f"      {printable(line)}" for line in said.details]
        lines += [_risk(risk, color=color) for risk in entry.risks]
    return lines


def _risk(risk: Risk, *, color: bool) -> str:
    says = f"! {DANGERS[risk.danger]}: {printable(risk.reason)}"
    return f"      {painted(says, '!', color=color)}"


def squashed(result: Squashed) -> str:
    """The result of a squash, in three calm lines."""
    return (
        f"{_replayed(result.chain)}\n"
        f"{_wrote(result)}  {result.target.fresh.as_posix()}   {_summary(result.snapshot)}\n"
        f"proved     {len(LAYERS)} layers: {', '.join(LAYERS)}\n"
    )


def touched(result: Squashed) -> tuple[str, ...]:
    """A line for each file that is not as its manifest says, as a check words it."""
    if not result.touched:
        return ()
    from squasher.render.words import VOICES, words

    found = [words(change, VOICES["check"]) for change in result.touched]
    return tuple(f"{said.name} {said.says}" for said in found)


def built(result: Built) -> str:
    """The result of a build, in the same three lines."""
    return (
        f"{_replayed(result.chain)}\n"
        f"{_wrote(result)}  {result.path.as_posix()}   {_summary(result.snapshot)}\n"
        f"proved     {len(result.data):,} bytes, read again: equal to the replay\n"
    )


def _replayed(chain: Chain) -> str:
    number = len(chain.migrations)
    return f"replayed   {number} migration{plural(number)}, {chain.span}"


def _wrote(result: Squashed | Built) -> str:
    return f"{'wrote' if result.written else 'unchanged':<9}"


def _summary(snapshot: Snapshot) -> str:
    """``34 tables · 70 indexes · 14 rows``."""
    kinds = [type(item).__name__ for item in snapshot.objects]
    tables = kinds.count("Table") + kinds.count("VirtualTable")
    rows = sum(len(part.rows) for part in snapshot.rows)
    counts = [
        f"{count} {word}{plural(count)}"
        for count, word in (
            (tables, "table"),
            (kinds.count("Index"), "index"),
            (kinds.count("View"), "view"),
            (kinds.count("Trigger"), "trigger"),
            (rows, "row"),
        )
        if count
    ]
    return " · ".join(counts).replace("indexs", "indexes")


def archived(result: Archived) -> str:
    """The result of an archive or of its undo: what happened, and what to do next."""
    import shlex  # no other command needs it

    absorbed, place = result.absorbed, f"{result.place.as_posix()}/"
    many = f"{_migrations(len(absorbed.migrations))}, {absorbed.span}"
    fresh = result.target.fresh.as_posix()
    if result.undone:
        return (
            f"restored   {many}, to {absorbed.directory}/\n"
            f"removed    {result.baseline} and its transition\n"
            f"wrote      {fresh}\n"
            "next       nothing: a database that records the baseline records the old names too\n"
        )
    kept = result.kept
    span = f", {Chain(absorbed.directory, kept).span}" if kept else ": the baseline is the whole chain"
    calls = [
        [one.name or one.binding, *(["--env", one.environment] if one.environment else [])]
        for one in result.target.databases
    ]
    commands = [
        shlex.join(["npx", "wrangler", "d1", "execute", *call, "--remote", "--file", result.transition])
        for call in calls or [["DB"]]
    ]
    lines = [
        f"{'finished' if result.resumed else 'absorbed':<9}  {many}, into {result.baseline}",
        f"kept       {_migrations(len(kept))}{span}",
        f"proved     {len(LAYERS)} layers: {', '.join(LAYERS)}",
        f"moved      the absorbed files to {place}",
        f"wrote      {fresh}",
        f"next       run {result.transition} on every existing database before it sees the new chain:",
        *(f"           {command}" for command in commands),
        "           then deploy, or run `npx wrangler d1 migrations apply` as ever",
    ]
    return "\n".join([*lines, ""])


def _migrations(count: int) -> str:
    return f"{count} migration{plural(count)}"
