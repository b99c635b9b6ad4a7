"""What wrangler does around a migration: its ledger and how it changes a file's text."""

from __future__ import annotations

from typing import Final

from squasher.errors import SqlError
from squasher.sql import literal

_BEGIN: Final = "BEGIN TRANSACTION"
_COMMIT: Final = "COMMIT;"


def ledger_table(name: str) -> str:
    """The statement with which wrangler (4.105.0 and later) creates its ledger, byte for byte."""
    return (
        f'CREATE TABLE IF NOT EXISTS "{name}"(\n'
        "\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n"
        "\t\tname       TEXT UNIQUE,\n"
        "\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n"
        ")"
    )


def ledger_row(table: str, migration: str) -> str:
    """What wrangler appends to a migration's text to record it."""
    return f'\nINSERT INTO "{table}" (name)\nvalues ({literal(migration)});'


def trim_transaction(sql: str) -> str:
    """Delete the first BEGIN TRANSACTION; and COMMIT; as wrangler does, wherever they stand.

    Source: wrangler's trimmer.ts (4.86.0 and 4.164.0): exact upper case, comments and strings
    included. Raises SqlError when a second transaction is left, as wrangler then refuses the file.
    """
    if _BEGIN not in sql:
        return sql
    trimmed = sql.replace(f"{_BEGIN};", "", 1).replace(_COMMIT, "", 1)
    if _BEGIN in trimmed:
        message = "wrangler cannot process a file with several transactions"
        raise SqlError(message, hint=f"Remove {_BEGIN} and COMMIT: D1 runs a file in one transaction.")
    return trimmed
