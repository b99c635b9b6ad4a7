"""Globs: what wrangler's minimatch makes of each, and what is refused because nobody would guess that."""

from __future__ import annotations

import pytest

from squasher.errors import InputError
from squasher.patterns import glob, is_named


@pytest.mark.parametrize(
    ("pattern", "matched", "not_matched"),
    [
        ("*.sql", "0001_a.sql é.sql -.sql", ".sql .a.sql a.SQL a.sql.bak x/a.sql"),
        ("?.sql", "a.sql é.sql", "ab.sql 🙂.sql .sql"),  # JavaScript counts 🙂 as two letters
        ("??.sql", "🙂.sql", "a.sql"),
        ("*/migration.sql", "1_a/migration.sql", "migration.sql 1_a/b/migration.sql .a/migration.sql"),
        ("**/*.sql", "a.sql a/b.sql a/b/c.sql a.sql/b.sql", ".a/b.sql a/.b/c.sql a/.b.sql"),
        ("a/**", "a/b a/b/c", "a b/a a/.b a/b/.c"),
        ("a/**/b.sql", "a/b.sql a/x/b.sql a/x/y/b.sql", "b.sql a/x/c.sql a/.x/b.sql"),
        ("a**b", "ab axb", "a/b"),
        ("[ab]*.sql", "a.sql b1.sql", "c.sql [.sql"),
        ("[!ab].sql", "c.sql", "a.sql ..sql"),
        ("[^a-c].sql", "d.sql", "b.sql"),
        ("[a-]", "a -", "b"),
        ("{a,b}.sql", "a.sql b.sql", "c.sql {a,b}.sql"),
        ("{a,b/{c,d}}{,e}.sql", "a.sql ae.sql b/c.sql b/de.sql", "b.sql c.sql"),
        (".x/*.sql", ".x/a.sql", "x/a.sql .x/.a.sql"),
        ("./x//*.sql", "x/a.sql", "a.sql"),
        ("x\\*.sql", "x/a.sql", "x*.sql"),  # wrangler takes every backslash for a slash
        ("(a)+b|.sql", "(a)+b|.sql", "aab.sql"),
    ],
)
def test_what_a_pattern_matches(pattern: str, matched: str, not_matched: str) -> None:
    """A wildcard stands for no slash and no dot at a beginning, and braces for what they list."""
    wanted = glob(pattern)
    assert [path for path in matched.split() if not wanted.matches(path)] == []
    assert [path for path in not_matched.split() if wanted.matches(path)] == []


def test_a_line_end_at_the_beginning_of_a_name() -> None:
    """No wildcard sees it but **, which asks for no letter."""
    assert not glob("*.sql").matches("\na.sql")
    assert glob("*.sql").matches("a\n.sql")
    assert glob("**").matches("\na.sql")


@pytest.mark.parametrize(
    ("pattern", "directories", "others"),
    [
        ("*.sql", "", "a a.sql"),
        ("*/migration.sql", "a a.sql", ".a a/b"),
        ("**/*.sql", "a a/b a.sql", ".a a/.b"),
        ("{a,b/c}/*.sql", "a b b/c", "c a/c"),
    ],
)
def test_where_a_pattern_leads(pattern: str, directories: str, others: str) -> None:
    """Only directories that can hold a match are looked into."""
    wanted = glob(pattern)
    assert wanted.nested == bool(directories)
    assert all(wanted.may_hold(path) for path in directories.split())
    assert not any(wanted.may_hold(path) for path in others.split())


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "it names nothing below the directory"),
        (".", "it names nothing below the directory"),
        ("../*.sql", "it names nothing below the directory"),
        ("/a/*.sql", "it names nothing below the directory"),
        ("!*.sql", "a ! at its beginning"),
        ("#.sql", "a # at its beginning"),
        ("+(a|b).sql", "it has +("),
        ("a*|", "it has *|"),  # minimatch puts the star behind the bar
        ("[abc", "its brackets are no class"),
        ("[]a]", "its brackets are no class"),
        ("[[:digit:]]*", "its brackets are no class"),
        ("[b-a]", "its brackets are no class"),
        ("[!]", "its brackets are no class"),
        ("{a}.sql", "its braces are no list"),
        ("{1..3}.sql", "its braces are no list"),
        ("${a,b}.sql", "its braces are no list"),
        ("{a,b.sql", "a brace is not closed"),
        ("a}.sql", "a brace is closed that none opens"),
        ("{a,b}" * 10, "its braces stand for more than 1000 patterns"),
        ("**/a/**/b.sql", "it has ** more than once"),
        ("**/.a/b.sql", "it has both ** and a name that begins with a dot"),
    ],
)
def test_what_is_not_supported(pattern: str, why: str) -> None:
    """What minimatch reads in a way of its own is an error that says which part, and what can be written."""
    with pytest.raises(InputError) as caught:
        glob(pattern)
    assert caught.value.message.startswith(f"the pattern {pattern} of migrations is not supported: {why}")
    assert "*/migration.sql" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "pattern", "meant"),
    [
        ("users", "users", True),
        ("users", "user", False),
        ("event_a", "event_*", True),
        ("events", "event_*", False),
        ("a[1]", "a[1]", True),  # the name itself, although it is a glob too
        ("a1", "a[1]", True),
    ],
)
def test_names_of_tables(name: str, pattern: str, meant: bool) -> None:  # noqa: FBT001 - a case
    """A table is meant by its name, or by a glob."""
    assert is_named(name, pattern) is meant
