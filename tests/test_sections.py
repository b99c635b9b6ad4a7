"""Table groups: the sections of a fresh file, which change how it reads and nothing of what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher.commands.check import check
from squasher.commands.squash import Squashed, squash
from squasher.errors import UnsupportedError
from squasher.profiles import PROFILES
from squasher.target import Group
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from squasher.target import Target

    WriteChain = Callable[[Mapping[str, str | bytes]], Path]

BOTH = pytest.mark.parametrize("profile", ["d1", "sqlite"])
CHAIN = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE event_b (x);
CREATE TABLE Event_A (x);
CREATE TABLE settings (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX users_by_name ON users (name);
CREATE VIRTUAL TABLE names USING fts5(name, content='users', content_rowid='id');
CREATE VIEW recent AS SELECT * FROM orders;
INSERT INTO users (id, name) VALUES (7, 'ada');
INSERT INTO orders VALUES (1, 7);
INSERT INTO names (names) VALUES ('rebuild');
CREATE TRIGGER no_orders BEFORE DELETE ON orders BEGIN SELECT RAISE(ABORT, 'no'); END;
"""


def target(write_chain: WriteChain, sql: str, *groups: Group, profile: str = "d1") -> Target:
    """A target with one migration and these groups."""
    return of(PROFILES[profile], write_chain({"0001_all.sql": sql}))._replace(groups=groups)


def heads(result: Squashed) -> list[str]:
    """The headings of a fresh file, and which objects its statements create."""
    lines = result.text.splitlines()
    words = (line.split() for line in lines)
    return [
        line.strip("-= ") + ":" if line.startswith("-- ==") else next(w for w in parts[2:] if w != "TABLE")
        for line, parts in zip(lines, words, strict=True)
        if line.startswith(("-- ==", "CREATE "))
    ]


@BOTH
def test_sections(write_chain: WriteChain, profile: str) -> None:
    """Each group has a heading and its tables by name, then come the others, and then everything else."""
    groups = (
        Group("Shop", ("ORDERS", "nameS")),
        Group("People; and more", ("users", "orders")),
        Group("Events", ("event_*",)),
    )
    grouped = target(write_chain, CHAIN, *groups, profile=profile)
    result = squash(grouped)
    expected = [
        "Shop:",
        "orders",  # of the first group that names it
        "People, and more:",  # no statement ends in a heading
        "users",
        "users_by_name",
        "names",  # behind the table that its text names
        "Events:",
        "Event_A",
        "event_b",
        "Other tables:",
        "settings",
        "Views:",
        "recent",
        "Rows:",
        "Triggers:",
        "no_orders",
    ]
    if profile == "d1":
        expected += ["Ledger:", "IF"]  # NOT EXISTS
    assert heads(result) == expected
    assert (result.proof.status, result.warnings) == ("equal", ())
    assert "-- users · made by 0001\nCREATE TABLE users (" in result.text
    checked = check(grouped)
    assert (checked.proof.status, checked.exact) == ("equal", True)
    plain = grouped._replace(groups=())
    elsewhere = check(plain)
    assert (elsewhere.proof.status, elsewhere.exact) == ("equal", False)
    assert sorted(statements(squash(plain, write=False))) == sorted(statements(result))


def statements(result: Squashed) -> list[str]:
    """The parts of a fresh file behind its header, without headings."""
    return [part for part in result.text.strip().split("\n\n")[1:] if not part.startswith("-- ==")]


def test_without_groups_there_are_no_headings(write_chain: WriteChain) -> None:
    """Nobody who did not ask for sections has any."""
    assert "==" not in squash(target(write_chain, CHAIN)).text


def test_a_group_without_tables(write_chain: WriteChain) -> None:
    """It has no heading, and each name or glob that no table has is told; those of views are none."""
    groups = (Group("Gone", ("user", "recent", "log_*")), Group("All", ("*",)))
    result = squash(target(write_chain, CHAIN, *groups))
    assert result.warnings == (
        "group Gone: no table is called user",
        "group Gone: no table is called recent",
        "group Gone: no table is called log_*",
    )
    assert [head for head in heads(result) if head.endswith(":")] == [
        "All:",
        "Views:",
        "Rows:",
        "Triggers:",
        "Ledger:",
    ]


def test_an_index_over_a_table_of_a_later_section(write_chain: WriteChain) -> None:
    """FTS4 asks its content table for the columns when it is made, so it waits for that table."""
    sql = (
        "CREATE TABLE mails (subject, body);\n"
        "CREATE VIRTUAL TABLE found USING fts4(content=mails);\n"
        "CREATE VIRTUAL TABLE words USING fts4aux(found);\n"
        "INSERT INTO mails VALUES ('hello', 'world');\n"
        "INSERT INTO found (found) VALUES ('rebuild');\n"
    )
    groups = (Group("Search", ("found", "words")), Group("Mail", ("mails",)))
    result = squash(target(write_chain, sql, *groups, profile="sqlite"))
    assert heads(result) == ["Mail:", "mails", "found", "words", "Rows:"]
    assert result.proof.status == "equal"


def test_titles_are_only_comments(write_chain: WriteChain) -> None:
    """Whatever a title holds, it ends with its line, and no splitter sees a statement in it."""
    title = "a\nDROP TABLE users; -- BEGIN TRANSACTION;"
    result = squash(target(write_chain, CHAIN, Group(title, ("users",))))
    (line,) = [line for line in result.text.splitlines() if "DROP" in line]
    assert line.startswith("-- == a")
    assert ";" not in line
    assert "BEGIN TRANSACTION" not in line
    assert result.proof.status == "equal"


def test_a_heading_counts_with_the_statement_below_it(write_chain: WriteChain) -> None:
    """SQLite counts what stands above an INSERT: a row fits and loads, or it is refused, at every length."""
    group = Group("One", ("t",))
    outcomes: list[str] = []
    for length in range(99_880, 99_960):
        sql = f"CREATE TABLE t (x); INSERT INTO t VALUES ('{'x' * length}');"
        try:
            outcomes.append(squash(target(write_chain, sql, group), write=False).proof.status)
        except UnsupportedError:
            outcomes.append("refused")
    fitting = outcomes.count("equal")
    assert outcomes == ["equal"] * fitting + ["refused"] * (len(outcomes) - fitting)
    assert 0 < fitting < len(outcomes)
