"""Laying out stored statements: text in, text out, the same tokens.

A table gets a line per column and constraint, a trigger its BEGIN and END on lines of their own.
Everything else stays byte for byte: the white space of an unnamed CHECK is in its error message, and
that of an unaliased view expression is the column's name.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.sql import (
    COMMENT,
    SPACE,
    TRIVIA,
    WHITE,
    Token,
    cells,
    is_word,
    name_of,
    printable_lines,
    quote,
    significant,
    tokens,
    unquote,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

INDENT: Final = "    "
_CONSTRAINTS: Final = ("constraint", "primary", "unique", "check", "foreign")
_NAME_AT: Final = 2  # CREATE TRIGGER name
_BODY_STARTS: Final = ("update", "insert", "delete", "select", "replace", "with", "values")


class Item(NamedTuple):
    """One column or table constraint of a CREATE TABLE, with the comments that describe it."""

    above: tuple[str, ...]
    text: str
    """Its exact text, without the comments around it."""
    body: tuple[Token, ...]
    beside: tuple[str, ...]
    below: tuple[str, ...]

    @property
    def column(self) -> str | None:
        """The column's name, or None for a table constraint."""
        first = self.body[0]
        return None if is_word(first, *_CONSTRAINTS) else unquote(first.text)


class TableText(NamedTuple):
    """A stored CREATE TABLE, cut at its commas."""

    name: str
    items: tuple[Item, ...]
    options: str


def view(sql: str, columns: tuple[str, ...]) -> str:
    """A stored CREATE VIEW; byte for byte when its text shows in the names of its columns."""
    shows = any("\n" in name or "--" in name or "/*" in name for name in columns)
    return sql[: significant(sql)[-1].end] if shows else statement(sql)


def statement(sql: str) -> str:
    """A stored CREATE statement as the fresh file writes it, without the final semicolon."""
    # the first two words are SQLite's own: it stores CREATE TABLE, CREATE TRIGGER … in this form
    if sql.startswith("CREATE TABLE"):
        return _plain_table(sql) or _table(parse_table(sql))
    if sql.startswith("CREATE TRIGGER"):
        return _trigger(tokens(sql))
    if sql.startswith("CREATE VIRTUAL TABLE") or not ("--" in sql or "/*" in sql or "\r" in sql):
        return sql.rstrip()
    return _trim(tokens(sql))


def parse_table(sql: str) -> TableText:
    """Cut a stored CREATE TABLE into its columns and constraints."""
    parts = tokens(sql)
    opening = next(index for index, token in enumerate(parts) if token.text == "(")
    name = [token for token in parts[:opening] if token.kind not in TRIVIA][-1]
    depth, start = 1, opening + 1
    cells: list[list[Token]] = []
    closing = len(parts)
    for index in range(opening + 1, len(parts)):
        text = parts[index].text
        depth += (text == "(") - (text == ")")
        if depth == 0 or (depth == 1 and text == ","):
            cells.append(parts[start:index])
            start = index + 1
        if depth == 0:
            closing = index
            break
    options = " ".join(token.text for token in parts[closing + 1 :] if token.kind not in TRIVIA)
    return TableText(unquote(name.text), _items(sql, cells), options.replace(" ,", ","))


def _items(sql: str, cells: list[list[Token]]) -> tuple[Item, ...]:
    items: list[Item] = []
    for cell in cells:
        first = next((i for i, token in enumerate(cell) if token.kind not in TRIVIA), len(cell))
        before, rest = cell[:first], cell[first:]
        if items:
            beside, before = _split_line(before)
            last = items[-1]
            items[-1] = last._replace(beside=(*last.beside, *beside))
        while rest and rest[-1].kind in TRIVIA:
            rest = rest[:-1]
        after = cell[first + len(rest) :]
        beside, after = _split_line(after, closed=True)
        text = sql[rest[0].start : rest[-1].end] if rest else ""
        items.append(Item(_comments(before), text, tuple(rest), beside, _comments(after)))
    return tuple(items)


def _split_line(trivia: list[Token], *, closed: bool = False) -> tuple[tuple[str, ...], list[Token]]:
    """The comments before the end of the line, and what follows. ``closed``: the end counts as one."""
    for index, token in enumerate(trivia):
        if token.kind == SPACE and "\n" in token.text:
            return _comments(trivia[:index]), trivia[index:]
    if closed:
        return _comments(trivia), []
    return (), trivia


def _comments(trivia: list[Token]) -> tuple[str, ...]:
    return tuple(_comment(token.text) for token in trivia if token.kind == COMMENT)


def _comment(text: str) -> str:
    """A comment without what a statement splitter trips over, or a reader is misled by.

    D1's remote splitter counts semicolons in comments; wrangler deletes the words of a transaction
    wherever they stand.
    """
    clean = _readable(text.replace("\r\n", "\n").rstrip()).replace(";", ",")
    clean = clean.replace("BEGIN TRANSACTION", "begin transaction")
    if clean.startswith("/*") and not clean.endswith("*/"):
        clean += " */"
    return clean


def _readable(text: str) -> str:
    """Lines that show what they hold; a tab is harmless."""
    return text if text.isprintable() else "\t".join(map(printable_lines, text.split("\t")))


def _table(table: TableText) -> str:
    lines = [f"CREATE TABLE {quote(table.name)} ("]
    for number, item in enumerate(table.items, 1):
        lines += [INDENT + comment for comment in item.above]
        comma = "," if number < len(table.items) else ""
        beside = "".join("  " + comment for comment in item.beside)
        lines.append(INDENT + _body(item.text, item.body) + comma + beside)
        lines += [INDENT + comment for comment in item.below]
    return "\n".join(lines) + "\n)" + (f" {table.options}" if table.options else "")


def _plain_table(sql: str) -> str | None:
    """What ``_table`` makes of a text that has no comments, which takes no look at each token; else None."""
    found = cells(sql)
    if found is None:
        return None
    texts = [sql[start:end] for start, end in pairwise(found)]
    *_, name = significant(sql[: found[0]])
    bodies = [INDENT + _body(text[1:].strip(WHITE)) for text in texts]
    options = " ".join(token.text for token in significant(sql[found[-1] + 1 :])).replace(" ,", ",")
    head = f"CREATE TABLE {quote(unquote(name.text))} (\n"
    return head + ",\n".join(bodies) + "\n)" + (f" {options}" if options else "")


def _body(text: str, body: Iterable[Token] | None = None) -> str:
    """One item's text: byte for byte inside parentheses, continuation lines indented outside."""
    if "\n" not in text and "--" not in text and "/*" not in text:
        return text
    out: list[str] = []
    depth = 0
    for token in tokens(text) if body is None else body:
        depth += (token.text == "(") - (token.text == ")")
        if token.kind == SPACE and "\n" in token.text:
            out.append("\n" + INDENT * 2 if depth == 0 else token.text.replace("\r\n", "\n"))
        elif token.kind == COMMENT:
            out.append(_comment(token.text))
        else:
            out.append(token.text)
    return "".join(out)


def _trigger(parts: list[Token]) -> str:
    begin = _trigger_begin(parts)
    end = max(index for index, token in enumerate(parts) if is_word(token, "end"))
    body = parts[begin + 1 : end]
    return f"{_clean(parts[:begin]).rstrip()}\nBEGIN\n{_trigger_body(body)}\nEND"


def _trigger_begin(parts: list[Token]) -> int:
    """Where the body begins: BEGIN is also a legal name, so the place and the next word decide."""
    found, seen = -1, 0
    for index, token in enumerate(parts):
        if token.kind in TRIVIA:
            continue
        if found >= 0 and is_word(token, *_BODY_STARTS):
            return found
        found = index if seen > _NAME_AT and is_word(token, "begin") else -1
        seen += 1
    message = "a trigger without a body"
    raise ValueError(message)


def _trigger_body(body: list[Token]) -> str:
    text = _clean(body)
    if "\n" in text.strip():
        return text.strip("\n").rstrip()
    statements = [""]
    for token in body:
        statements[-1] += _comment(token.text) if token.kind == COMMENT else token.text
        if token.text == ";":
            statements.append("")
    return "\n".join(INDENT + part.strip() for part in statements if part.strip())


def _trim(parts: list[Token]) -> str:
    while parts and parts[-1].kind in TRIVIA:
        parts = parts[:-1]
    return _clean(parts)


def _clean(parts: list[Token]) -> str:
    return "".join(
        _comment(part.text)
        if part.kind == COMMENT
        else part.text.replace("\r\n", "\n")
        if part.kind == SPACE
        else part.text
        for part in parts
    )


def index_target(sql: str) -> str:
    """What a stored CREATE INDEX is on: ``ON users (email) WHERE …``, byte for byte."""
    words = significant(sql)
    name = 3 if is_word(words[1], "unique") else 2
    return sql[words[name].end : words[-1].end].strip()


def renamed(sql: str) -> tuple[str, str] | None:
    """The old and the new table of ``ALTER TABLE [schema.]old RENAME TO new``, folded; else None."""
    if sql[:5].lower() != "alter":
        return None
    words = significant(sql)
    if len(words) < 6 or not (is_word(words[0], "alter") and is_word(words[1], "table")):  # noqa: PLR2004
        return None
    if words[3].text == ".":
        words = words[:2] + words[4:]
    if not (is_word(words[3], "rename") and is_word(words[4], "to")):
        return None
    return name_of(words[2]), name_of(words[5])
