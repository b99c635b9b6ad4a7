"""Lint as a library: what a report holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]


def test_a_report(write_chain: Write) -> None:
    """Diagnostics come by file and place, each with its line; the files are counted."""
    directory = write_chain(
        {
            "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY);\n",
            "0002_é.sql": "-- é\n  BEGIN;\nCREATE TABLE roles (name TEXT);\n  COMMIT;\n",
        }
    )
    report = squasher.diagnose(directory, select=("SQ202",))
    assert report.files == 2
    assert [(one.line, one.column, one.end_line, one.end_column) for one in report.diagnostics] == [
        (2, 3, 2, 8),
        (4, 3, 4, 9),
    ]
    assert {one.source for one in report.diagnostics} == {"  BEGIN;", "  COMMIT;"}


def test_a_byte_order_mark_is_no_column(write_chain: Write) -> None:
    """Editors do not count the mark with which a file may begin, and it is not shown."""
    directory = write_chain({"0001_users.sql": "\ufeffBEGIN;\n\ufeffCOMMIT;\n"})
    found = squasher.diagnose(directory, select=("SQ101", "SQ202")).diagnostics
    assert [(one.line, one.column, one.end_column, one.source) for one in found] == [
        (1, 1, 6, "BEGIN;"),
        (2, 2, 8, "\ufeffCOMMIT;"),
    ]
    directory = write_chain({"users.sql": "\ufeffCREATE TABLE users (id INTEGER PRIMARY KEY);\n"})
    (named,) = squasher.diagnose(
        directory,
        select=("SQ101",),
    ).diagnostics
    assert (named.line, named.column, named.end_column) == (1, 1, 1)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A directory that is not there, and a rule that is none, are errors with a way out."""
    with pytest.raises(InputError, match="does not exist") as missing:
        squasher.diagnose(tmp_path / "migrations")
    assert missing.value.hint == "Name the directory with --migrations DIR."
    with pytest.raises(InputError, match="there is no rule SQ20x") as unknown:
        squasher.diagnose(tmp_path, select=("SQ20x",))
    assert unknown.value.hint is not None
    assert "SQ2" in unknown.value.hint
