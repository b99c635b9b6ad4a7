"""For the comment on a pull request: a summary, what can go wrong, a table per object, the SQL folded away.

Names and values of strangers stand in code spans and fences alone, where nothing is markup, a mention,
an issue or a link: https://github.github.com/gfm/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.render.report import dangers, plural, sections, total
from squasher.render.statements import Statements, hunks
from squasher.render.words import VOICES
from squasher.risks import DANGERS
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from squasher.comparison import Comparison, Party
    from squasher.render.report import Entry, Section

LONGEST: Final = 65_000
"""What GitHub takes is 65,536 characters; a program that adds a line of its own has room for it."""
_FOOTER: Final = 400
_WIDEST: Final = 160
_LIST: Final = 30
_WORDS: Final = {
    "check": {"-": "missing", "+": "extra", "~": "different"},
    "diff": {"-": "dropped", "+": "added", "~": "changed"},
}
_TITLES: Final = {
    "check": ("The fresh file is equivalent", "The fresh file is not equivalent", "Could not be compared"),
    "diff": ("No schema changes", "Schema changes", "Could not be compared"),
}
_STATUS: Final = ("equal", "different", "unknown")
_SIMPLE: Final = frozenset("→·–…=")
_HEX: Final = frozenset("abcdefABCDEF")
_COMMIT: Final = 7
"""The shortest name of a commit."""


def render(compared: Comparison, *, color: bool = False) -> str:  # noqa: ARG001 - Markdown has no colours
    """A document of at most ``LONGEST`` characters; it ends with what was left out for that."""
    head = "\n\n".join(_head(compared)) + "\n"
    statements = Statements(compared)
    parts = [_Part.of(compared, section, statements) for section in sections(compared)]
    room = LONGEST - _FOOTER - _size(head)
    out, hidden = _fitted(parts, room)
    return head + "".join(out) + ("\n" + hidden + "\n" if hidden else "")


class _Part(NamedTuple):
    """The section of one object."""

    head: str
    rows: tuple[str, ...]
    details: str

    @classmethod
    def of(cls, compared: Comparison, section: Section, statements: Statements) -> _Part:
        kind, name = section.heading
        columns = ["change", "what", "how"]
        placed = any(entry.place for entry in section.entries)
        columns += ["migration"] if placed else []
        head = (
            f"\n### {f'{kind} ' if kind else ''}{code(name)}\n\n{_row(columns)}{_row(['---'] * len(columns))}"
        )
        rows = tuple(
            _row([*_cells(compared, entry), *([_place(entry)] if placed else [])])
            for entry in section.entries
        )
        lines = [text for at, part in hunks(statements.lines(section)) for text in (at, *map(str, part))]
        return cls(head, rows, _folded("SQL", lines))


def _fitted(parts: list[_Part], room: int) -> tuple[list[str], str]:
    """As many rows as there is room for, then as many details; and what was left out, in words."""
    shown: list[tuple[_Part, int]] = []
    for part in parts:
        room -= _size(part.head)
        count = 0
        for row in part.rows:
            if room < _size(row):
                break
            room -= _size(row)
            count += 1
        shown.append((part, count))
        if count < len(part.rows):
            break
    out: list[str] = []
    folded = 0
    for number, (part, count) in enumerate(shown):
        if count:
            out.append(part.head + "".join(part.rows[:count]))
        if folded == number and room >= _size(part.details) and count == len(part.rows):
            room -= _size(part.details)
            out.append(part.details)
            folded += 1
    rows = sum(len(part.rows) for part in parts) - sum(count for _, count in shown)
    left = [
        *([f"{rows} change{plural(rows)}"] if rows else []),
        *(
            [f"the SQL of {len(parts) - folded} object{plural(len(parts) - folded)}"]
            if folded < len(parts)
            else []
        ),
    ]
    if not left:
        return out, ""
    return (
        out,
        f"Left out, because a comment has no room for it: {' and '.join(left)}. `--format text` shows all.",
    )


def _head(compared: Comparison) -> Iterator[str]:
    status = compared.proof.status
    yield f"<!-- squasher {compared.command}: {_marker(compared.new)} -->"
    yield f"## {_TITLES[compared.command][_STATUS.index(status)]}"
    old, new = (code(side.label) for side in (compared.old, compared.new))
    sides = f"From {old} to {new}." if compared.command == "diff" else f"{new} against {old}."
    counts = ", ".join(f"{count} {says}" for says, count in dangers(compared).items())
    many = f"**{total(compared)}**{f': {counts}' if counts else ''}. " if compared.findings else ""
    yield many + sides
    if compared.command == "check" and status == "different":
        yield "Run `squasher squash` to write the file anew."
    if compared.command == "check" and status == "equal" and not compared.exact:
        yield "The text is not what `squasher squash` would write now."
    yield from _list("Look at these first:", _first(compared))
    yield from _list("Unknown is not equal:", map(sentence, compared.proof.reasons))
    yield from _list("Warnings:", map(sentence, compared.warnings))
    names = [code(name) for _, name in compared.proof.respelled]
    if names:
        more = f" and {len(names) - _LIST} more" if len(names) > _LIST else ""
        yield f"Written differently, with the same meaning: {', '.join(names[:_LIST])}{more}."


def _list(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = [f"- {item}" for item in items]
    if lines:
        more = len(lines) - _LIST
        yield "\n".join([f"{title}\n", *lines[:_LIST], *([f"- … and {more} more"] if more > 0 else [])])


def _first(compared: Comparison) -> Iterator[str]:
    """What can destroy data or break something, the worst first."""
    for danger, says in DANGERS.items():
        for section in sections(compared):
            for entry in section.entries:
                for risk in entry.risks:
                    if risk.danger == danger:
                        what = f"{code(section.name)} {_subject(entry)}".strip()
                        yield f"**{says}**: {what}: {sentence(risk.reason)}{_from(entry)}"


def _from(entry: Entry) -> str:
    return f" ({_place(entry)})" if entry.place else ""


def _place(entry: Entry) -> str:
    return code(str(entry.place)) if entry.place else ""


def _subject(entry: Entry) -> str:
    return f"{entry.said.kind} {code(entry.said.name)}" if entry.said.name else entry.said.kind


def _cells(compared: Comparison, entry: Entry) -> list[str]:
    how = [
        _how(compared, entry),
        *(_detail(line) for line in entry.said.details if entry.said.kind.endswith(("row", "rows"))),
        *(f"*{DANGERS[risk.danger]}*" for risk in entry.risks),
    ]
    word = _WORDS[compared.command][entry.said.mark]
    return [word, _subject(entry), "<br>".join(part for part in how if part)]


def _how(compared: Comparison, entry: Entry) -> str:
    said, voice = entry.said, VOICES[compared.command]
    if said.says in {voice.removed, voice.added}:
        return ""
    if said.mark != "~":
        return sentence(said.says) if said.kind in {"table", "view"} else code(said.says)
    if said.says == voice.modified.format(old=said.old, new=said.new):
        return voice.modified.format(old=code(str(said.old)), new=code(str(said.new)))
    return sentence(said.says)


def _detail(line: str) -> str:
    """A row in brackets, or how many more there are."""
    return code(line) if line.startswith("(") else sentence(line)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _folded(title: str, lines: list[str]) -> str:
    fence = "`" * max(3, 1 + max(map(_backticks, lines), default=0))
    text = "\n".join([f"{fence}diff", *lines, fence])
    return f"\n<details><summary>{title}</summary>\n\n{text}\n\n</details>\n"


def _marker(side: Party) -> str:
    """A name by which a program finds its comment again, of characters that end no comment."""
    name = side.name.rstrip("/")
    name = name.rpartition("/")[2] if name.startswith("/") else name
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "/._:") else "-" for char in name)
    return "-".join(part for part in plain.split("-") if part)[:_WIDEST]


def code(text: str) -> str:
    """A stranger's text on one line, for a code span that ends where it should, in a table too."""
    line = printable(text)
    line = line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"
    # a backslash before a pipe is read in two ways: the pipe stands between two spans there
    pieces = line.split("\\|")
    spans = [_span(f"{piece}\\") for piece in pieces[:-1]]
    return "\\|".join([*spans, *([_span(pieces[-1])] if pieces[-1] or not spans else [""])])


def _span(text: str) -> str:
    fence = "`" * (_backticks(text) + 1)
    bare = text.strip(" ")
    pad = " " if bare and (text[0] in " `" or text[-1] in " `") else ""
    inner = text.replace("|", "\\|") or " "
    return f"{fence}{pad}{inner}{pad}{fence}"


def _backticks(text: str) -> int:
    """The longest run of backticks."""
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest


def sentence(text: str) -> str:
    """Words with names among them: whatever is no plain word goes into a code span."""
    out: list[str] = []
    odd: list[str] = []
    for word in printable(text)[: 2 * _WIDEST].split():
        if _is_plain(word):
            out += [code(" ".join(odd))] if odd else []
            odd = []
            out.append(word)
        else:
            odd.append(word)
    return " ".join([*out, *([code(" ".join(odd))] if odd else [])])


def _is_plain(word: str) -> bool:
    """Whether no reader of Markdown makes markup, a mention, a link or a commit of a word."""
    bare = word[:-1] if word[-1:] in {",", ".", ":", ";"} else word
    if bare in _SIMPLE:
        return word == bare
    if bare.isascii() and bare.isdigit():
        return word == bare and len(bare) < _COMMIT
    whole = bare[:1].isalpha() and bare[-1:].isalpha()
    letters = bare.replace("'", "").replace("-", "") if whole else bare
    is_commit = len(letters) >= _COMMIT and _HEX.issuperset(letters)
    return letters.isascii() and letters.isalpha() and not is_commit


def _size(text: str) -> int:
    """Characters as JavaScript counts them, which is never fewer than GitHub does."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
