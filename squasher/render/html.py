"""For people to read and keep: one page in one file, without scripts, that asks for nothing else.

What the page looks like is in ``templates/``; every value in it is escaped there.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from squasher.render.report import EDITED, advice, dangers, endangered, pending, sections, total, verdict
from squasher.render.statements import Line, Statements, hunks
from squasher.risks import DANGERS
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from squasher.comparison import Comparison
    from squasher.render.report import Entry, Section

_LINES: Final = 2_000
_WIDEST: Final = 2_000
_MANY: Final = 4
_TITLES: Final = {"check": "Schema check", "diff": "Schema changes"}
_CLASSES: Final = {"-": "old", "+": "new", "~": "both", " ": "same", "@": "at"}


class _Risk(NamedTuple):
    """Why something is in danger; ``place`` is '' when it is not known."""

    anchor: str
    object: str
    kind: str
    name: str
    reason: str
    place: str


class _Change(NamedTuple):
    """One line of an object's list."""

    style: str
    mark: str
    word: str
    kind: str
    name: str
    old: str
    new: str
    row: str
    says: str
    is_sql: bool
    details: tuple[str, ...]
    risks: tuple[tuple[str, str], ...]
    origin: str
    place: str


class _Part(NamedTuple):
    """The section of one object; ``lines`` are of its diff, each with its class."""

    anchor: str
    kind: str
    name: str
    changes: tuple[_Change, ...]
    lines: tuple[tuple[str, str], ...]
    more: int


def render(compared: Comparison, *, color: bool = False) -> str:  # noqa: ARG001 - the page has its own colours
    """The whole page."""
    one, _, other = verdict(compared)
    title = f"{_TITLES[compared.command]}: {_cut(one)}"
    if compared.command == "diff":
        title += f" → {_cut(other)}"
    environment = _environment()
    return _page(environment, title, [_body(environment, compared)])


def several(parts: Sequence[tuple[str, Comparison]]) -> str:
    """One page for the comparisons of several databases, each under its name."""
    environment = _environment()
    bodies = [
        _body(environment, compared, name, f"d{number}-") for number, (name, compared) in enumerate(parts, 1)
    ]
    command = parts[0][1].command
    return _page(environment, f"{_TITLES[command]}: {', '.join(_cut(name) for name, _ in parts)}", bodies)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("squasher.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _page(environment: Environment, title: str, parts: list[Markup]) -> str:
    return environment.get_template("page.html.j2").render(title=title, parts=parts)


def _body(environment: Environment, compared: Comparison, database: str = "", prefix: str = "") -> Markup:
    """What the page says of one comparison; ``prefix`` keeps its anchors apart from those of others."""
    found = sections(compared.voice, compared.findings)
    statements = Statements(compared)
    anchors = {(section.kind, section.name): f"{prefix}o{number}" for number, section in enumerate(found, 1)}
    parts = [
        _part(section, anchor, statements.lines(section))
        for section, anchor in zip(found, anchors.values(), strict=True)
    ]
    one, between, other = verdict(compared)
    text = environment.get_template("comparison.html.j2").render(
        database=_cut(database),
        prefix=prefix,
        command=compared.command,
        status=compared.status,
        edited=EDITED,
        exact=compared.exact,
        live=compared.voice == "live",
        advice=advice(compared).split("`"),
        pending=_cut(pending(compared)),
        one=_cut(one),
        between=between,
        other=_cut(other),
        total=total(compared) if found else "",
        dangers=dangers(compared),
        risks={says: tuple(_risks(found, anchors, danger)) for danger, says in DANGERS.items()},
        parts=parts,
        listed=len(parts) > _MANY,
        respelled=[_cut(name) for _, name in compared.proof.respelled],
        reasons=[_cut(reason) for reason in compared.proof.reasons],
        warnings=[_cut(warning) for warning in compared.warnings],
    )
    return Markup(text)  # noqa: S704 - the template has escaped every value


def _cut(text: str) -> str:
    line = printable(text)
    return line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"


def _risks(found: tuple[Section, ...], anchors: dict[tuple[str, str], str], danger: str) -> Iterator[_Risk]:
    for section, entry, risk in endangered(found, danger):
        yield _Risk(
            anchor=anchors[section.kind, section.name],
            object=_cut(section.name),
            kind=entry.said.kind,
            name=_cut(entry.said.name),
            reason=_cut(risk.reason),
            place=_place(entry),
        )


def _place(entry: Entry) -> str:
    return _cut(str(entry.place)) if entry.place else ""


def _part(section: Section, anchor: str, lines: tuple[Line, ...]) -> _Part:
    kind, name = section.heading
    shown = ((line[:1], line) for at, part in hunks(lines) for line in (at, *map(str, part)))
    first = tuple((_CLASSES[mark], _cut(line)) for mark, line in islice(shown, _LINES))
    return _Part(
        anchor=anchor,
        kind=kind or section.kind,
        name=_cut(name),
        changes=tuple(_change(entry) for entry in section.entries),
        lines=first,
        more=_count(shown),
    )


def _count(rest: Iterable[object]) -> int:
    return sum(1 for _ in rest)


def _change(entry: Entry) -> _Change:
    said = entry.said
    return _Change(
        style=_CLASSES[said.mark],
        mark=said.mark,
        word=entry.word,
        kind=said.kind,
        name=_cut(said.name),
        old=_cut(str(said.old)) if entry.pair else "",
        new=_cut(str(said.new)) if entry.pair else "",
        row=_cut(said.row),
        says="" if entry.pair else _cut(entry.says),
        is_sql=said.mark != "~" and said.kind not in {"table", "view", "file"},
        details=tuple(map(_cut, said.details)) if said.kind.endswith(("row", "rows")) else (),
        risks=tuple((DANGERS[risk.danger], _cut(risk.reason)) for risk in entry.risks),
        origin=printable(entry.origin),
        place=_place(entry),
    )
