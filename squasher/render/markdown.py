"""For the comment on a pull request: a summary, what can go wrong, a table per object, the SQL folded away.

Names and values of strangers stand in code spans and fences alone, where nothing is markup, a mention,
an issue or a link: https://github.github.com/gfm/
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from squasher.render.report import EDITED, advice, dangers, endangered, pending, sections, total
from squasher.render.statements import Statements, hunks
from squasher.render.style import plural
from squasher.render.words import VOICES
from squasher.risks import DANGERS
from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from squasher.comparison import Comparison, Party
    from squasher.render.report import Entry, Section
    from squasher.render.statements import Line

LONGEST: Final = 65_000
"""What GitHub takes is 65,536 characters; a program that adds a line of its own has room for it."""
_FOOTER: Final = 400
_WIDEST: Final = 160
_LIST: Final = 30
_LONGEST_LIST: Final = 8_000
_TITLES: Final = {
    "check": {
        "equal": "The fresh file is equivalent",
        "edited": f"The fresh file is equivalent, and {EDITED}",
        "different": "The fresh file is not equivalent",
        "unknown": "Could not be compared",
    },
    "live": {
        "equal": "The database is equivalent",
        "different": "The database is not equivalent",
        "unknown": "Could not be compared",
    },
    "diff": {
        "equal": "No schema changes",
        "different": "Schema changes",
        "unknown": "Could not be compared",
    },
}
_SIMPLE: Final = frozenset("→·–…=")
_HEX: Final = frozenset("abcdefABCDEF")
_COMMIT: Final = 7
"""The shortest name of a commit."""


def render(compared: Comparison, *, color: bool = False) -> str:  # noqa: ARG001 - Markdown has no colours
    """A document of at most ``LONGEST`` characters; it ends with what was left out for that."""
    found = sections(compared.voice, compared.findings)
    head = "\n\n".join(_head(compared, found)) + "\n"
    out, left = _body(compared, found, LONGEST - _FOOTER - _size(head))
    if not left:
        return head + "".join(out)
    why = "Left out, because a comment has no room for it"
    return f"{head}{''.join(out)}\n{why}: {' and '.join(left)}. `--format text` shows all.\n"


def _body(compared: Comparison, found: tuple[Section, ...], room: int) -> tuple[list[str], list[str]]:
    """As many rows as there is room for, then as many details; and what is left out, in words."""
    tables: list[str] = []
    rows = 0
    for section in found:
        head, lines = _table(compared, section)
        room -= _size(head)
        shown = _fitting(lines, room)
        room -= sum(map(_size, lines[:shown]))
        rows += shown
        tables.append(head + "".join(lines[:shown]) if shown else "")
        if shown < len(lines):
            break
    folded = 0
    statements = Statements(compared)
    while folded < len(tables) and (room > 0 or not tables[folded]):
        details = _details(statements.lines(found[folded]), room)
        if details is None:
            break
        room -= _size(details)
        tables[folded] += details
        folded += 1
    counts = {
        "change": sum(len(section.entries) for section in found) - rows,
        "the SQL of": len(found) - folded,
    }
    left = [f"{counts['change']} change{plural(counts['change'])}"] if counts["change"] else []
    objects = counts["the SQL of"]
    return tables, [*left, f"the SQL of {objects} object{plural(objects)}"] if objects else left


def _fitting(lines: tuple[str, ...], room: int) -> int:
    """How many of the lines there is room for."""
    for number, line in enumerate(lines):
        room -= _size(line)
        if room < 0:
            return number
    return len(lines)


def _table(compared: Comparison, section: Section) -> tuple[str, tuple[str, ...]]:
    """The heading of an object with that of its table, and the table's rows."""
    kind, name = section.heading
    placed = any(entry.place for entry in section.entries)
    columns = ["change", "what", "how", *(["migration"] if placed else [])]
    head = f"\n### {f'{kind} ' if kind else ''}{code(name)}\n\n{_row(columns)}{_row(['---'] * len(columns))}"
    rows = (
        _row([*_cells(compared, entry), *([_place(entry)] if placed else [])]) for entry in section.entries
    )
    return head, tuple(rows)


def _details(lines: Sequence[Line], room: int) -> str | None:
    """The SQL of an object, folded; None when there is no room for it."""
    shown: list[str] = []
    for head, part in hunks(lines):
        for line in (head, *map(str, part)):
            room -= _size(line) + 1
            if room < 0:
                return None
            shown.append(line)
    fence = "`" * max(3, 1 + max(map(_backticks, shown), default=0))
    text = "\n".join([f"{fence}diff", *shown, fence])
    details = f"\n<details><summary>SQL</summary>\n\n{text}\n\n</details>\n"
    return details if room >= _size(details) - sum(_size(line) + 1 for line in shown) else None


def _head(compared: Comparison, found: tuple[Section, ...]) -> Iterator[str]:
    status = compared.status
    yield f"<!-- squasher {compared.command}: {_marker(compared.new)} -->"
    yield f"## {_TITLES[compared.voice][status]}"
    old, new = (code(side.label) for side in (compared.old, compared.new))
    sides = f"From {old} to {new}." if compared.command == "diff" else f"{new} against {old}."
    counts = ", ".join(f"{count} {says}" for says, count in dangers(compared).items())
    many = f"**{total(compared)}**{f': {counts}' if counts else ''}. " if compared.findings else ""
    yield many + sides
    if compared.command == "check" and status == "different":
        yield advice(compared)
    if compared.pending:
        yield sentence(f"{pending(compared)}.")
    if compared.voice == "check" and status == "equal" and not compared.exact:
        yield "The text is not what `squasher squash` would write now."
    yield from _list("Look at these first:", _first(found))
    yield from _list("Unknown is not equal:", map(sentence, compared.proof.reasons))
    yield from _list("Warnings:", map(sentence, compared.warnings))
    names = [code(name) for _, name in compared.proof.respelled]
    if names:
        more = f" and {len(names) - _LIST} more" if len(names) > _LIST else ""
        yield f"Written differently, with the same meaning: {', '.join(names[:_LIST])}{more}."


def _list(title: str, items: Iterable[str]) -> Iterator[str]:
    lines, shown = [f"- {item}" for item in items], 0
    room = _LONGEST_LIST
    while shown < min(len(lines), _LIST) and room >= _size(lines[shown]):
        room -= _size(lines[shown])
        shown += 1
    more = [f"- … and {len(lines) - shown} more"] if shown < len(lines) else []
    if lines:
        yield "\n".join([f"{title}\n", *lines[:shown], *more])


def _first(found: tuple[Section, ...]) -> Iterator[str]:
    """What can destroy data or break something, the worst first."""
    for danger, says in DANGERS.items():
        for section, entry, risk in endangered(found, danger):
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
    return [entry.word, _subject(entry), "<br>".join(part for part in how if part)]


def _how(compared: Comparison, entry: Entry) -> str:
    said, voice = entry.said, VOICES[compared.voice]
    if said.mark != "~":
        in_words = said.kind in {"table", "view", "file"} or not entry.says
        return sentence(entry.says) if in_words else code(entry.says)
    if entry.pair:
        row = f" in the row with {code(said.row)}" if said.row else ""
        return voice.modified.format(old=code(str(said.old)), new=code(str(said.new))) + row
    return sentence(said.says)


def _detail(line: str) -> str:
    """A row in brackets, or how many more there are."""
    return code(line) if line.startswith("(") else sentence(line)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


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
    if "`" not in text:
        return 0
    return max(sum(1 for _ in run) for char, run in groupby(text) if char == "`")


def sentence(text: str) -> str:
    """Words with names among them: whatever is no plain word, or in brackets, goes into a code span."""
    out: list[str] = []
    odd: list[str] = []
    depth = 0
    for word in printable(text)[: 2 * _WIDEST].split():
        if depth <= 0 and _is_plain(word):
            out += [_odd(" ".join(odd))] if odd else []
            odd, depth = [], 0
            out.append(word)
        else:
            odd.append(word)
            depth += word.count("(") - word.count(")")
    return " ".join([*out, *([_odd(" ".join(odd))] if odd else [])])


def _odd(text: str) -> str:
    """A code span, and behind it what the sentence goes on with."""
    bare = text.rstrip(",:;")
    return code(bare) + text[len(bare) :] if bare and text[len(bare) :] in {",", ":", ";"} else code(text)


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
