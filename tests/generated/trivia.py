"""White space and comments of every kind, put between the tokens of a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from squasher import sql

if TYPE_CHECKING:
    from collections.abc import Sequence

TRIVIA: Final = (
    *(" ", "\n", "\t", "\r\n", "\f", "  \n\n  ", "\r", " \v", "\ufeff", " \ufeff\n", "-- plain\n"),
    *('-- it\'s; not "closed" `here` [\n', "-- /* not opened\n", "--\n", "/**/", "/* it's; \"x */", "/***/"),
    *(
        "/* -- */",
        "/* a\nb; */",
        "/* [ ` */",
        "/*;*/",
        "-- END;\n",
        "/* BEGIN; */",
        "-- naïve 日本\n",
        "/*/ */",
    ),
    *("-- cr\r\n", "--\ufeff\n", "/*\x1b[31m*/", "-- CREATE TABLE x (y);\n"),
)
pieces = st.sampled_from(TRIVIA)
places = st.lists(st.tuples(st.integers(0, 60), pieces), max_size=6)


def gaps(statement: str) -> int:
    """How many tokens may be parted: all but what a virtual table's module reads as raw text."""
    words = sql.significant(statement)
    if [sql.fold(word.text) for word in words[:2]] == ["create", "virtual"]:
        using = next(place for place, word in enumerate(words) if sql.is_word(word, "using"))
        return using + 2
    return len(words)


def scattered(statement: str, found: Sequence[tuple[int, str]]) -> str:
    """The statement with pieces of trivia between its tokens, beside the space that was there."""
    words = sql.significant(statement)
    allowed = gaps(statement)
    inside: dict[int, str] = {}
    for place, piece in found:
        at = place % allowed if allowed else 0
        # SQLite takes GENERATED ALWAYS for the end of the type, and what stands before it for a part
        # (sqlite3AddColumn in build.c): `TEXT /**/ GENERATED` is a type that no STRICT table may have
        if at and not sql.is_word(words[at], "generated", "always"):
            # behind a name U+FEFF would be part of it, and behind a minus so would be a comment's dashes
            parted = " " if piece[0] in "\ufeff-" else ""
            inside[words[at].start] = inside.get(words[at].start, "") + parted + piece
    out, position = "", 0
    for start in sorted(inside):
        out += statement[position:start] + inside[start]
        position = start
    return out + statement[position:]
