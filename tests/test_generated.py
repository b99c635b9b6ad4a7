"""Chains that hypothesis writes: the properties that hold for all of them, in a short run with a fixed seed.

``make fuzz`` runs the same properties with new seeds for as long as wanted.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from squasher.profiles import PROFILES
from tests.generated import lexing, properties
from tests.generated.chains import Chain, chains

# the same examples on every machine, whatever a database of examples holds
seeded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=15,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
profiles = pytest.mark.parametrize("profile", sorted(PROFILES))


@profiles
def test_a_chain_is_carried(profile: str) -> None:
    """A chain is proved, check finds its file equal and exact, and squashing the file gives it again."""
    seeded(given(chains(profile))(properties.is_carried))()


@profiles
def test_a_file_installs_what_its_chain_does(profile: str) -> None:
    """Bare SQLite finds the same objects and rows, to the last byte, after the chain and after the file."""
    seeded(given(chains(profile, volatile=False))(properties.installs_alike))()


@profiles
def test_an_edit_that_means_something_is_found(profile: str) -> None:
    """Whatever single change of the fresh file SQLite can tell, check tells too."""
    seeded(given(chains(profile), st.data())(properties.edits_are_found))()


@profiles
def test_trivia_between_tokens_means_nothing(profile: str) -> None:
    """A statement with hostile white space and comments between its tokens does what it did without."""
    seeded(given(chains(profile, volatile=False), st.data())(lexing.trivia_means_nothing))()


# what a run of a hundred chains of each profile must meet at least once
FEATURES = frozenset(
    {
        *("table", "strict", "without rowid", "generated", "autoincrement", "unique", "check", "collate"),
        *("named constraint", "on conflict", "default literal", "default expression", "foreign key"),
        *("self reference", "forward reference", "deferrable", "value of a parent", "hostile name"),
        *("add column", "rename column", "rename table", "drop column", "drop table", "create table as"),
        *("rebuild", "rebuild legacy", "rebuild views", "index", "unique index", "partial index"),
        *("expression index", "index collation", "descending", "view", "view on view", "aggregate view"),
        *("view with cte", "trigger", "trigger when", "update of", "raise", "several statements"),
        *("before insert", "before update", "before delete", "after insert", "after update", "after delete"),
        *("instead of insert", "instead of update", "instead of delete", "drop index", "drop view"),
        *("fts5", "fts5 external", "fts5 rows", "fts5 rebuild", "fts5 option", "contentless", "rtree rows"),
        *("insert", "insert select", "upsert", "update", "delete", "default values", "explicit rowid"),
        *("insert or ignore", "insert or replace", "insert or fail", "nul text", "broken utf-8", "infinity"),
        *("negative zero", "carriage return", "begin transaction", "17 digits", "volatile", "comments"),
        *("crlf", "empty file", "several files", "drop trigger", "default current"),
    }
)


@profiles
def test_what_generated_chains_reach(profile: str) -> None:
    """The strategy reaches every feature, and SQLite refuses few of the statements that it tries."""
    features: Counter[str] = Counter()
    tried = dropped = 0

    @settings(seeded, max_examples=120)
    @given(chains(profile))
    def look(chain: Chain) -> None:
        nonlocal tried, dropped
        features.update(chain.features)
        tried += chain.tried
        dropped += chain.dropped

    look()
    assert FEATURES - features.keys() == set()
    assert dropped / tried < 0.1
