"""A comparison as a report: its verdict, its totals, and a section per object. Each format lays it out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.changes import LedgerEntry
from squasher.render.style import plural
from squasher.render.words import VOICES, words
from squasher.risks import DANGERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from squasher.comparison import Comparison, Finding
    from squasher.lines import Place
    from squasher.render.words import Words
    from squasher.risks import Risk

_WORDS: Final = {
    "check": {"-": "missing", "+": "extra", "~": "different"},
    "live": {"-": "missing", "+": "extra", "~": "different"},
    "diff": {"-": "dropped", "+": "added", "~": "changed"},
}
_FEW: Final = 2
_SOME: Final = 8
_UNRECORDED: Final = {"live": "wrangler would run them now"}


class Entry(NamedTuple):
    """One difference in words, where it comes from, and what it can do."""

    said: Words
    word: str
    """What happened, in one word: ``dropped``."""
    says: str
    """What there is to say beyond that word; often nothing."""
    place: Place | None
    origin: str
    """The place with what happened there: ``added by 0026_x.sql:9``; '' when there is none."""
    risks: tuple[Risk, ...]
    pair: bool
    """Whether it says nothing but what was and what is."""


class Section(NamedTuple):
    """What differs of one object."""

    kind: str
    name: str
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...]

    @property
    def heading(self) -> tuple[str, str]:
        """The kind, where it has to be said, and the name: tables are what people expect."""
        return "" if self.kind in {"table", "ledger", "archive"} else self.kind, self.name


def sections(voice: str, findings: Iterable[Finding]) -> tuple[Section, ...]:
    """The findings by object, in the order of the report, from a point of view: ``Comparison.voice``."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.change.owner, []).append(finding)
    return tuple(
        Section(kind, name, tuple(found), tuple(_entries(voice, kind, found)))
        for (kind, name), found in groups.items()
    )


def _entries(voice: str, kind: str, found: list[Finding]) -> list[Entry]:
    entries = [_entry(voice, one) for one in found]
    told = [entry for entry, one in zip(entries, found, strict=True) if _missed(one)]
    missing = [entry for entry in entries if entry.said.mark == "-" and entry not in told]
    if kind != "ledger" or len(missing) < _FEW:
        return entries
    # one line for all migrations that are not recorded: there may be hundreds
    says = f"not recorded as applied: {_UNRECORDED.get(voice, 'a new installation would run them again')}"
    said = missing[0].said._replace(kind=f"{len(missing)} migrations", name="", says=says, old=None)
    return [
        *told,
        missing[0]._replace(said=said, says=says, place=None, origin="", risks=()),
        *(entry for entry in entries if entry.said.mark != "-"),
    ]


def _missed(finding: Finding) -> str:
    """What a migration is to an archive that a live database has missed, if it is any."""
    element = finding.change.element
    return element.missed if isinstance(element, LedgerEntry) else ""


def _entry(name: str, finding: Finding) -> Entry:
    voice = VOICES[name]
    said = words(finding.change, voice)
    says = "" if said.says in {voice.removed, voice.added} else said.says
    origin = f"{voice.origin(said)}{finding.place}" if finding.place else ""
    pair = said.mark == "~" and said.says == voice.modified.format(old=said.old, new=said.new)
    return Entry(said, _WORDS[name][said.mark], says, finding.place, origin, finding.risks, pair)


def verdict(compared: Comparison) -> tuple[str, str, str]:
    """What came out, around the names of both sides: the one, the words between, the other."""
    old, new = compared.old.label, compared.new.label
    status = compared.status
    if compared.command == "diff":
        between = {"equal": "no schema changes", "different": "schema changes"}
        return old, between.get(status, "could not be compared"), new
    same = "is equivalent to"
    between = {"equal": same, "edited": same, "different": "is not equivalent to"}
    return new, between.get(status, "could not be compared with"), old


EDITED: Final = "the files of its archive are not as they were"
"""What there is to say beside a verdict of equivalence."""


def advice(compared: Comparison) -> str:
    """What to do about a check that found differences; the names of commands in backquotes."""
    if compared.voice == "live":
        missed = [_missed(finding) for finding in compared.findings]
        if "absorbed" in missed:
            return (
                "Run what it missed first: `squasher archive --undo`, `npx wrangler d1 migrations apply`,"
                " the same `squasher archive` again, and then the ledger transition."
            )
        if missed and all(missed):
            return "Run the ledger transition before wrangler applies anything."
        return "Mend the database with a migration, or write one for what it has."
    return "Run `squasher squash` to write the file anew."


def pending(compared: Comparison) -> str:
    """``2 migrations are pending: 0035, 0036``, or nothing."""
    count = len(compared.pending)
    if not count:
        return ""
    verb = "migration is" if count == 1 else "migrations are"
    return f"{count:,} {verb} pending: {some(compared.pending)}"


def some(names: Sequence[str]) -> str:
    """The names, or the first ones and how many more there are."""
    more = f" … and {len(names) - _SOME:,} more" if len(names) > _SOME else ""
    return ", ".join(names[:_SOME]) + more


def total(compared: Comparison) -> str:
    """``7 changes in 3 objects``; ``2 files to put right``."""
    if compared.status == "edited":
        files = len(compared.findings)
        return f"{files} file{plural(files)} to put right"
    count, objects = len(compared.findings), len({finding.change.owner for finding in compared.findings})
    word = "difference" if compared.command == "check" else "change"
    return f"{count} {word}{plural(count)} in {objects} object{plural(objects)}"


def endangered(found: Iterable[Section], danger: str) -> Iterator[tuple[Section, Entry, Risk]]:
    """What is in a danger, in the order of the report."""
    for section in found:
        for entry in section.entries:
            for risk in entry.risks:
                if risk.danger == danger:
                    yield section, entry, risk


def dangers(compared: Comparison) -> dict[str, int]:
    """How many changes are in each danger, the worst first: ``can destroy data``: 2."""
    counts = Counter(
        danger for finding in compared.findings for danger in {risk.danger for risk in finding.risks}
    )
    return {says: counts[danger] for danger, says in DANGERS.items() if counts[danger]}
