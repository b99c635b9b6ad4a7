"""Which statement an ignore comment is on, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher.chain import read_chain
from squasher.lint.ignores import ignores
from squasher.lint.reading import read
from squasher.lint.rule import Span
from squasher.target import target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]


def covered(directory: Path) -> list[list[int]]:
    """For each ignore of a chain of one file, the statements that it is on, from 0."""
    with read(target(directory), read_chain(directory)) as study:
        (file,) = study.files
        return [
            [one.index for one in file.statements if ignore.covers("SQ201", one.span)]
            for ignore in ignores(file)
        ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("-- squasher: ignore SQ201 why\nCREATE TABLE a (b);\nCREATE TABLE c (d);\n", [[0]]),
        ("CREATE TABLE a (b); -- squasher: ignore SQ201 why\nCREATE TABLE c (d);\n", [[0]]),
        ("CREATE TABLE a (b);\n-- squasher: ignore SQ201 why\nCREATE TABLE c (d);\n", [[1]]),
        ("CREATE TABLE a (\n  b -- squasher: ignore SQ201 why\n);\nCREATE TABLE c (d);\n", [[0]]),
        ("CREATE TABLE a (b); CREATE TABLE c (d); -- squasher: ignore SQ201 why\n", [[1]]),
        ("CREATE TABLE a (b) -- squasher: ignore SQ201 why\n;\nCREATE TABLE c (d);\n", [[0]]),
        ("/* squasher: ignore SQ201 why */ CREATE TABLE a (b);\nCREATE TABLE c (d);\n", [[0]]),
        ("CREATE TABLE a (b);\n-- squasher: ignore SQ201 why\n", [[]]),
        ("CREATE TABLE a (b DEFAULT '-- squasher: ignore SQ201 why');\n", []),
        ("-- squasher: ignore SQ202 why\nCREATE TABLE a (b);\n", [[]]),
        ("-- squasher:ignore SQ202, SQ201: why\nCREATE TABLE a (b);\n", [[0]]),
    ],
)
def test_which_statement_it_is_on(sql: str, expected: list[list[int]], write_chain: Write) -> None:
    """It stands before the statement, in it, or at the end of its last line."""
    assert covered(write_chain({"0001_a.sql": sql})) == expected


@pytest.mark.parametrize(
    ("comment", "codes", "reason"),
    [
        ("ignore SQ104 reason", ("SQ104",), "reason"),
        ("ignore SQ104, SQ201 two of them", ("SQ104", "SQ201"), "two of them"),
        ("ignore SQ104,SQ201: two of them", ("SQ104", "SQ201"), "two of them"),
        ("ignore SQ104: see SQ201", ("SQ104",), "see SQ201"),
        ("ignore SQ104 - see SQ201", ("SQ104",), "see SQ201"),
        ("ignore\tSQ104\treason", ("SQ104",), "reason"),
        ("ignore SQ104", ("SQ104",), ""),
        ("IGNORE sq104 reason", ("SQ104",), "reason"),
        ("ignore SQL that is old", (), "SQL that is old"),
        ("ignore because", (), "because"),
        ("ignore", (), ""),
    ],
)
def test_what_it_says(comment: str, codes: tuple[str, ...], reason: str, write_chain: Write) -> None:
    """Codes with commas or spaces between them, and the reason behind them."""
    directory = write_chain({"0001_a.sql": f"-- squasher: {comment}\nCREATE TABLE a (b);\n"})
    with read(target(directory), read_chain(directory)) as study:
        (found,) = ignores(study.files[0])
    assert (found.codes, found.reason) == (codes, reason)


def test_the_first_one_is_on_the_file_too(write_chain: Write) -> None:
    """What is said of a file as a whole, at its first character, can be ignored in its header."""
    directory = write_chain({"0001_a.sql": "-- Users.\n-- squasher: ignore SQ201 why\nCREATE TABLE a (b);\n"})
    with read(target(directory), read_chain(directory)) as study:
        (found,) = ignores(study.files[0])
        assert found.covers("SQ201", Span(study.files[0].migration))
