"""What wrangler does around a migration: its ledger and how it changes a file's text."""

from __future__ import annotations

from itertools import islice
from typing import Final

from squasher.errors import SqlError
from squasher.sql import TRIVIA, fold, iterate, literal

BEGIN: Final = "BEGIN TRANSACTION"
"""What wrangler looks for in the text of a file."""
_COMMIT: Final = "COMMIT;"


def ledger_table(name: str) -> str:
    """The statement with which wrangler (4.105.0 and later) creates its ledger, byte for byte."""
    return (
        f"CREATE TABLE IF NOT EXISTS {_quoted(name)}(\n"
        "\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n"
        "\t\tname       TEXT UNIQUE,\n"
        "\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n"
        ")"
    )


def ledger_row(table: str, migration: str) -> str:
    """What wrangler appends to a migration's text to record it."""
    return f"\nINSERT INTO {_quoted(table)} (name)\nvalues ({literal(migration)});"


def _quoted(name: str) -> str:
    """A name as wrangler writes it, in quotes even where it needs none."""
    return '"' + name.replace('"', '""') + '"'


def trim_transaction(sql: str) -> str:
    """Delete the first BEGIN TRANSACTION; and COMMIT; as wrangler does, wherever they stand.

    Source: wrangler's trimmer.ts (4.86.0 and 4.164.0): exact upper case, comments and strings
    included. Raises SqlError when a second transaction is left, as wrangler then refuses the file.
    """
    if BEGIN not in sql:
        return sql
    trimmed = sql.replace(f"{BEGIN};", "", 1).replace(_COMMIT, "", 1)
    if BEGIN in trimmed:
        message = "wrangler cannot process a file with several transactions"
        raise SqlError(
            message,
            hint=f"Remove {BEGIN} and COMMIT: D1 runs a file in one transaction.",
            said="Wrangler could not process the provided SQL file, as it contains several transactions. …",
        )
    return trimmed


_TRIMMED: Final = " \t\n\v\f\r\xa0\ufeff\u2028\u2029"


def first_statement(sql: str) -> tuple[int, int, int]:
    """Where the first statement that wrangler would send begins and ends, and where the next may begin.

    Comments before it belong to it, white space around it does not, nor does its semicolon. When
    there is none, all three are the end of the text. Source: wrangler's d1-splitter.ts (4.164.0), which
    follows sqlite3_complete(): a trigger ends with ``; END ;``.
    """
    start = 0
    words: list[str] = []
    trigger = ended = False
    for token in iterate(sql):
        if token.kind in TRIVIA:
            continue
        if token.text != ";":
            word = fold(token.text)
            ended = trigger and word == "end" and words[-1:] == [";"]
            words = [*words[-_HEAD:], word]
            trigger = trigger or " ".join(words).removeprefix("explain ") in _TRIGGERS
        elif not words:
            start = token.end  # a stray semicolon, with the comments before it
        elif trigger and not ended:
            words.append(";")
        else:
            return _trimmed(sql, start, token.start, token.end)
    return _trimmed(sql, start, len(sql), len(sql)) if words else (len(sql),) * 3


_TRIGGERS: Final = frozenset({"create trigger", "create temp trigger", "create temporary trigger"})
_HEAD: Final = 4


def _trimmed(sql: str, start: int, end: int, after: int) -> tuple[int, int, int]:
    piece = sql[start:end]
    return start + len(piece) - len(piece.lstrip(_TRIMMED)), start + len(piece.rstrip(_TRIMMED)), after


def is_sent_whole(sql: str) -> bool:
    """Whether wrangler does not split a file: it has no semicolon before its last character."""
    at = sql.find(";")  # a copy of the text may be a large one
    return at < 0 or all(char in _TRIMMED for char in islice(sql, at + 1, None))
