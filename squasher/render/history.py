"""The history of a chain: for people a line per event or per migration, for programs JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.changes import Modified, Removed, renamed
from squasher.model import Index, is_object, kind_of
from squasher.render.json import dumped
from squasher.render.style import painted
from squasher.render.words import VOICES, Words
from squasher.render.words import words as say
from squasher.sql import printable

if TYPE_CHECKING:
    from squasher.changes import Change
    from squasher.commands.history import Lived, Told
    from squasher.episodes import Episode, Event, Wrote

VERSION: Final = 1
_WIDEST: Final = 60
_DONE: Final = {"insert": "+", "update": "~", "delete": "-"}
_MARKED: Final = {VOICES["diff"].added, VOICES["diff"].removed}
"""What the mark says already."""
_NAMES: Final = {"+": "added", "-": "removed", "~": "changed"}


def words(change: Change) -> Words:
    """A change in words, as a diff says it."""
    return say(change, VOICES["diff"])


class _Line(NamedTuple):
    """One event in words."""

    place: str
    mark: str
    subject: str
    says: str
    details: tuple[str, ...] = ()


def text(told: Told, *, color: bool = False) -> str:
    """For people."""
    if told.lives:
        order = {one.name: at for at, one in enumerate(told.history.chain.migrations)}
        parts = [part for lived in told.lives for part in ["", *_lived(lived, order, color=color)]][1:]
    elif told.what is None:
        parts = _summary(told.episodes)
    else:
        parts = [part for episode in told.episodes for part in ["", *_episode(episode, color=color)]][1:]
    return "\n".join([*parts, ""])


# one line for each migration


def _summary(episodes: tuple[Episode, ...]) -> list[str]:
    heads = [printable(one.migration.label) for one in episodes]
    width = min(_WIDEST, max(map(len, heads)))
    return [f"{head:<{width}}   {_brief(one)}" for head, one in zip(heads, episodes, strict=True)]


def _brief(episode: Episode) -> str:
    whole = {event.life: event for event in episode.events if _is_whole(event)}
    parts: list[str] = []
    for owner in dict.fromkeys(event.owner for event in episode.events):
        events = [event for event in episode.events if event.owner == owner]
        head = whole.get(owner)
        if head is None:
            names = [
                _subject(event.change)[1]
                for event in events
                if is_object(event.change.element) and renamed(event.change)
            ]
            name = (names or [events[0].change.owner[1]])[0]
            parts.append(f"{printable(name)}: {', '.join(_counted(events))}")
        elif isinstance(head.change, Removed):
            parts.append(f"- {_object(head)}")
        else:
            with_it = Counter(_kind(event.change) for event in events if event is not head)
            parts.append(
                " · ".join([f"+ {_object(head)}", *(_count(n, kind) for kind, n in with_it.items())])
            )
    written: dict[tuple[str, str], list[int | None]] = {}
    for wrote in episode.rows:
        written.setdefault((wrote.verb, wrote.table), []).append(wrote.number)
    parts += [_rows(verb, _sum(numbers), printable(table)) for (verb, table), numbers in written.items()]
    return "; ".join(parts) or "changes nothing"


def _sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _is_whole(event: Event) -> bool:
    return (
        event.life == event.owner
        and not isinstance(event.change, Modified)
        and is_object(event.change.element)
    )


def _object(event: Event) -> str:
    kind, name = _subject(event.change)
    return printable(name if kind == "table" else f"{kind} {name}")


def _subject(change: Change) -> tuple[str, str]:
    """The kind and the name of what a change is about."""
    element = change.element
    if is_object(element):
        return kind_of(element), element.name
    said = words(change)
    return said.kind, said.name if isinstance(element, Index) else str(
        getattr(element, "name", "")
    ) or said.name


def _kind(change: Change) -> str:
    return _subject(change)[0]


def _counted(events: list[Event]) -> list[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for event in events:
        kind, name = _subject(event.change)
        change = event.change
        if (new := renamed(change)) is not None:
            of = "" if is_object(change.element) else f"{printable(name)} "
            groups.setdefault(("renamed", kind), []).append(f"{of}renamed to {printable(new)}")
            continue
        groups.setdefault((words(change).mark, kind), []).append(printable(name))
    out: list[str] = []
    for (mark, kind), names in groups.items():
        if mark == "renamed":
            out += names
        elif len(names) > 1:
            out.append(f"{mark} {_count(len(names), kind)}")
        else:
            out.append(f"{mark} {names[0] if kind == 'column' else f'{kind} {names[0]}'.strip()}")
    return out


def _count(number: int, kind: str) -> str:
    many = {"index": "indexes"}.get(kind, f"{kind}s")
    return f"{number} {kind if number == 1 else many}"


def _rows(verb: str, number: int | None, table: str) -> str:
    some = "rows" if number is None else _count(number, "row")
    how = {"insert": f"{some} in {table}", "update": f"{some} changed in {table}"}
    return how.get(verb, f"{some} deleted from {table}")


# a line for each event


def _lived(lived: Lived, order: dict[str, int], *, color: bool) -> list[str]:
    life = lived.life
    former = ", ".join(map(printable, life.names[:-1]))
    name = printable(life.names[-1])
    title = f"{life.kind} {name}" if lived.column is None else f"column {printable(lived.column)} of {name}"
    lines = [(event.migration.name, event.line, _line(event)) for event in lived.events]
    lines += [(wrote.migration.name, wrote.line, _wrote(wrote)) for wrote in lived.rows]
    lines.sort(key=lambda line: (order[line[0]], line[1]))
    return [
        title + (f" (once {former})" if former else ""),
        *_laid([line for *_, line in lines], color=color),
    ]


def _episode(episode: Episode, *, color: bool) -> list[str]:
    found = sorted(
        [*((event.line, _line(event, whole=True)) for event in episode.events)]
        + [(wrote.line, _wrote(wrote)) for wrote in episode.rows],
        key=lambda one: one[0],
    )
    lines = _laid([line._replace(place=f"{number}") for number, line in found], color=color)
    return [printable(episode.migration.name), *(lines or ["  changes nothing"])]


def _laid(lines: list[_Line], *, color: bool) -> list[str]:
    width = min(_WIDEST, max((len(printable(line.place)) for line in lines), default=0))
    out: list[str] = []
    for line in lines:
        mark = painted(line.mark, line.mark, color=color)
        said = f"  {printable(line.says)}" if line.says else ""
        out.append(f"  {printable(line.place):<{width}}   {mark} {printable(line.subject)}{said}")
        out += [f"  {'':<{width}}       {printable(detail)}" for detail in line.details]
    return out


def _line(event: Event, *, whole: bool = False) -> _Line:
    """An event in words; ``whole`` where nothing says of which object it is."""
    change = event.change
    kind, name = _subject(change)
    said = words(change)
    own = isinstance(change, Modified) or is_object(change.element)
    subject = f"{kind} {name}" if own else said.subject
    if whole and not (event.life == event.owner and is_object(change.element)):
        subject = f"{change.owner[1]}: {subject}"
    says = "" if said.says in _MARKED else said.says
    if (new := renamed(change)) is not None:
        says = f"renamed to {new}"
    return _Line(f"{event.migration.name}:{event.line}", said.mark, subject, says, said.details)


def _wrote(wrote: Wrote) -> _Line:
    some = "rows" if wrote.number is None else _count(wrote.number, "row")
    says = {"update": "changed", "delete": "deleted"}.get(wrote.verb, "")
    return _Line(f"{wrote.migration.name}:{wrote.line}", _DONE[wrote.verb], f"{some} of {wrote.table}", says)


# for programs


def json(told: Told, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """Version 1 of a history, described in docs/formats.md."""
    return dumped(
        {
            "command": "history",
            "version": VERSION,
            "migrations": told.history.chain.directory,
            "profile": told.target.profile.name,
            "what": told.what,
            "episodes": [
                {
                    "file": one.migration.name,
                    "events": [_event(event) for event in one.events],
                    "rows": [_written(wrote) for wrote in one.rows],
                }
                for one in told.episodes
            ],
            "lives": [
                {
                    "kind": one.life.kind,
                    "name": one.life.names[-1],
                    "names": one.life.names,
                    "column": one.column,
                    "events": [_event(event) for event in one.events],
                    "rows": [_written(wrote) for wrote in one.rows],
                }
                for one in told.lives
            ],
        }
    )


def _event(event: Event) -> dict[str, object]:
    change = event.change
    kind, name = _subject(change)
    owner_kind, owner = change.owner
    said = words(change)
    return {
        "change": "renamed" if renamed(change) is not None else _NAMES[said.mark],
        "object": {"kind": owner_kind, "name": owner},
        "element": {"kind": kind, "name": name},
        "old": said.old,
        "new": said.new,
        "place": {"file": event.migration.name, "line": event.line},
    }


def _written(wrote: Wrote) -> dict[str, object]:
    return {
        "table": wrote.table,
        "verb": wrote.verb,
        "rows": wrote.number,
        "place": {"file": wrote.migration.name, "line": wrote.line},
    }
