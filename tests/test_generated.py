"""Chains that hypothesis writes: the properties that hold for all of them, in a short run with a fixed seed.

``make fuzz`` runs the same properties with new seeds for as long as wanted.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from squasher.profiles import PROFILES
from tests.generated import lexing, properties, reviews
from tests.generated.chains import Chain, chains

# the same examples on every machine, whatever a database of examples holds
seeded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=10,
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


@profiles
def test_a_cut_is_told(profile: str) -> None:
    """Between two cuts diff finds what SQLite finds, the same both ways, and names no older cause."""
    seeded(given(chains(profile), st.data())(reviews.cuts_are_told))()


@profiles
def test_the_history_of_a_chain_leads_to_its_end(profile: str) -> None:
    """The events of a chain, done one after the other, make the objects and columns that SQLite has."""
    seeded(given(chains(profile))(reviews.history_is_told))()


# in how many of a hundred chains each kind of statement stands at least
SHARES = {
    **dict.fromkeys(("table", "insert", "hostile name", "comments", "several files"), 50),
    **dict.fromkeys(("index", "trigger", "view", "foreign key", "check", "unique", "add column"), 25),
    **dict.fromkeys(("rebuild", "rename column", "rename table", "drop column", "volatile", "crlf"), 10),
    **dict.fromkeys(("fts5", "update", "delete", "insert select", "autoincrement", "generated"), 10),
    **dict.fromkeys(("strict", "without rowid", "on conflict", "collate", "expression index"), 5),
    **dict.fromkeys(("nul text", "broken utf-8", "infinity", "negative zero", "17 digits"), 5),
    **dict.fromkeys(("trigger when", "instead of", "raise", "several statements", "upsert"), 5),
}
# what stands in some chain
FEATURES = frozenset(
    {
        *("named constraint", "default literal", "default expression", "default current", "empty file"),
        *("self reference", "forward reference", "deferrable", "value of a parent", "drop table"),
        *("rebuild legacy", "rebuild views", "unique index", "partial index", "index collation"),
        *("descending", "view on view", "aggregate view", "view with cte", "update of", "drop view"),
        *("before insert", "before update", "before delete", "after insert", "after update", "after delete"),
        *("instead of insert", "instead of update", "instead of delete", "drop index", "drop trigger"),
        *("fts5 external", "fts5 rows", "fts5 rebuild", "fts5 option", "contentless", "rtree rows"),
        *("default values", "explicit rowid", "insert or ignore", "insert or replace", "insert or fail"),
        *("carriage return", "begin transaction", "create table as", "setting", "deferred file"),
    }
)


def test_what_generated_chains_reach() -> None:
    """The strategy reaches every feature, and SQLite refuses few of the statements that it tries."""
    found: Counter[str] = Counter()
    count = tried = dropped = 0

    def look(chain: Chain) -> None:
        nonlocal count, tried, dropped
        count, tried, dropped = count + 1, tried + chain.tried, dropped + chain.dropped
        found.update(chain.features)

    # hypothesis varies what it has seen: more seeds are more different chains than more examples
    for number in range(8):
        for profile in sorted(PROFILES):
            seed(number)(settings(seeded, derandomize=False, max_examples=10)(given(chains(profile))(look)))()
    assert FEATURES - found.keys() == set()
    assert {name: found[name] for name, share in SHARES.items() if 100 * found[name] < share * count} == {}
    assert 100 * dropped < 10 * tried
