"""Names that SQL text has to quote, and the ways to quote them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.generated.context import Context

PLAIN: Final = ("a", "b", "t", "users", "orders", "Notes", "log", "item_2", "name", "code", "total", "v")
# words that SQLite also reads as names where no keyword can stand
FALLBACK: Final = (
    *("key", "action", "begin", "end", "replace", "row", "temp", "view", "trigger", "match", "of"),
    *("no", "desc", "after", "like", "virtual", "without", "do", "if", "ignore", "explain", "plan"),
)
HOSTILE: Final = (
    *("select", "order", "table", "constraint", "check", "as", "values", "null", "true", "unique"),
    *("it's", 'say "hi"', "a b", " lead", "x]y", "[x", "tick`", "semi;colon", "a.b", "1st", "$d", "%s"),
    *("--dash", "/*c*/", "new\nline", "cr\rlf\r\n", "tab\tname", "naïve", "Ünïcode", "日本", "🙂"),
    *("rowid", "oid", "_rowid_", "NEW", "old", "main", "excluded", "rank", "current_timestamp", "İ"),
    *("\ufeff", "a\u2028b", "\x1b[31m", "a,b", "(x)", "'q'", "\\", "é", "É", "BEGIN", "sqlite", "\x7f"),
)
_BARE: Final = re.compile("[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*")
_KEYWORDS: Final = {word.lower() for word in apsw.keywords} - set(FALLBACK)


def lower(name: str) -> str:
    """A name as SQLite compares it."""
    return "".join(char.lower() if char.isascii() else char for char in name)


def new_name(g: Context, taken: Iterable[str]) -> str:
    """A name that is none of those taken."""
    used = {lower(name) for name in taken}
    pool: tuple[str, ...] = PLAIN
    if g.maybe(35):
        pool = HOSTILE if g.maybe(70) else FALLBACK
        g.note("hostile name")
    name = g.pick(pool)
    number = 2
    while lower(name) in used:
        name = f"{name.rstrip('0123456789')}{number}"
        number += 1
    return name


def new_object(g: Context) -> str:
    """A name for a table, view, index or trigger."""
    taken = [name for (name,) in g.scratch.db.execute("SELECT name FROM main.sqlite_schema")]
    return new_name(g, [*taken, *([g.wanted[0]] if g.wanted else [])])


def styles(name: str) -> list[str]:
    """The ways to write a name, the plainest first."""
    found = ['"' + name.replace('"', '""') + '"', "`" + name.replace("`", "``") + "`"]
    if "]" not in name:
        found.append(f"[{name}]")
    if _BARE.fullmatch(name) and lower(name) not in _KEYWORDS and "\ufeff" not in name:
        found.insert(0, name)
    return found


def quoted(g: Context, name: str) -> str:
    """A name in one of the styles that SQLite has; in a reference, in upper case at times."""
    found = styles(name)
    return g.pick(found) if g.maybe(25) else found[0]


def referred(g: Context, name: str) -> str:
    """A name that refers to something: its case is free."""
    if name.isascii() and g.maybe(5):
        name = name.upper()
    return quoted(g, name)


def strings(text: str) -> str:
    """A string literal, raw."""
    return "'" + text.replace("'", "''") + "'"
