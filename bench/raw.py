"""The yardstick of the bench: replay the migrations of a directory through apsw, and nothing else.

It does what any replay has to do (foreign keys on, one transaction per file with the ledger row in
it) and imports as little as Python allows, so that it is the shortest time a squasher could take. The
database is in memory, or in the file whose name comes second.
"""

import os
import sys

import apsw

LEDGER = """CREATE TABLE d1_migrations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT UNIQUE,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)"""


def replay(directory: str, database: str = ":memory:") -> None:
    """Apply every .sql file of the directory, in order of name, to a new database."""
    connection = apsw.Connection(database)
    connection.execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF")
    connection.execute(LEDGER)
    for name in sorted(entry.name for entry in os.scandir(directory)):
        if not name.endswith(".sql"):
            continue
        with open(f"{directory}/{name}", encoding="utf-8") as file:  # noqa: PTH123 (pathlib costs an import)
            text = file.read()
        connection.execute("BEGIN")
        for _ in connection.execute(text):
            pass
        connection.execute("INSERT INTO d1_migrations (name) VALUES (?)", (name,))
        connection.execute("COMMIT")


if __name__ == "__main__":
    replay(*sys.argv[1:])
