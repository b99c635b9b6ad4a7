"""The head of a statement: its verb and what it names."""

from __future__ import annotations

import pytest

from squasher.lint.head import head
from squasher.sql import significant


@pytest.mark.parametrize(
    ("sql", "verb", "kind", "name"),
    [
        ("CREATE TABLE users (id)", "create", "table", "users"),
        ("create table if not exists main.[my table](id)", "create", "table", "my table"),
        ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t(a)", "create", "index", "i"),
        ("CREATE VIRTUAL TABLE f USING fts5(a)", "create", "table", "f"),
        ("CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "create", "trigger", "r"),
        ('DROP TABLE IF EXISTS "a""b"', "drop", "table", 'a"b'),
        ("DROP VIEW v", "drop", "view", "v"),
        ("ALTER TABLE t ADD COLUMN a", "alter", "table", "t"),
        ("INSERT INTO t VALUES (1)", "insert", "", "t"),
        ("REPLACE INTO t VALUES (1)", "insert", "", "t"),
        ("INSERT OR IGNORE INTO main.t VALUES (1)", "insert", "", "t"),
        ("WITH a AS (SELECT 1), b AS (DELETE) INSERT INTO t SELECT * FROM a", "insert", "", "t"),
        ("UPDATE OR IGNORE t SET a = 1", "update", "", "t"),
        ("DELETE FROM `t` WHERE a", "delete", "", "t"),
        ("PRAGMA foreign_keys = off", "pragma", "", ""),
        ("", "", "", ""),
        ("CREATE", "create", "", ""),
        ("DROP TABLE", "drop", "table", ""),
    ],
)
def test_what_a_statement_names(sql: str, verb: str, kind: str, name: str) -> None:
    """The verb, the kind and the name without quotes; what is cut off gives what could be read."""
    found = head(significant(sql))
    assert (found.verb, found.kind, found.called) == (verb, kind, name)


def test_words_around_the_name() -> None:
    """IF EXISTS, OR IGNORE, UNIQUE, TEMP and VIRTUAL are told, and where the rest begins."""
    assert head(significant("DROP INDEX IF EXISTS i")).guarded
    assert not head(significant("DROP INDEX i")).guarded
    assert head(significant("REPLACE INTO t VALUES (1)")).conflict == "replace"
    assert head(significant("UPDATE OR ROLLBACK t SET a = 1")).conflict == "rollback"
    assert head(significant("CREATE UNIQUE INDEX i ON t(a)")).unique
    assert head(significant("CREATE TEMPORARY VIEW v AS SELECT 1")).temporary
    assert head(significant("CREATE VIRTUAL TABLE f USING fts5(a)")).virtual
    tokens = significant("CREATE TABLE main.t (a)")
    assert tokens[head(tokens).rest].text == "("


def test_a_table_called_if() -> None:
    """A word that is not reserved may be a name: SQLite takes ``if`` for one where no EXISTS follows."""
    assert head(significant("DROP TABLE if")).called == "if"
    assert head(significant("CREATE TABLE if (a)")).called == "if"
