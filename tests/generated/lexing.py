"""What white space and comments between tokens may not change: SQLite's verdict, rows and stored tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
from hypothesis import note
from hypothesis import strategies as st

from squasher import sql
from squasher.profiles import PROFILES
from tests.generated import oracle
from tests.generated.properties import tally
from tests.generated.scratch import settle
from tests.generated.trivia import places, scattered

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

    from squasher.profiles import Profile
    from tests.generated.chains import Chain


def trivia_means_nothing(chain: Chain, data: DataObject) -> None:
    """With trivia of all kinds between its tokens, a statement of a chain does what it did without."""
    profile = PROFILES[chain.profile]
    db = oracle.install(profile, [])
    chosen = set(data.draw(st.lists(st.integers(0, 60), max_size=6), label="statements"))
    number = 0
    for file in chain.statements:
        db.execute("BEGIN")
        for statement in file:
            # what a PRAGMA does is not undone by a ROLLBACK
            if number in chosen and not statement.startswith("PRAGMA"):
                injected = scattered(statement, data.draw(places))
                note(f"-- the statement\n{statement}\n-- with trivia\n{injected}")
                same_tokens(statement, injected)
                db.execute("SAVEPOINT before")
                after = outcome(db, injected, profile)
                db.execute("ROLLBACK TO before; RELEASE before")
                assert outcome(db, statement, profile) == after
                tally["statements"] += 1
            else:
                outcome(db, statement, None)
            number += 1
        db.execute("COMMIT")
        settle(db, profile)
    db.close()


def same_tokens(statement: str, injected: str) -> None:
    """The lexer finds the same tokens in both texts, and nothing of either is lost."""
    found = sql.tokens(injected)
    assert "".join(token.text for token in found) == injected
    words = [(token.kind, token.text) for token in found if token.kind not in sql.TRIVIA]
    assert words == [(token.kind, token.text) for token in sql.significant(statement)]
    assert sql.canonical(injected) == sql.canonical(statement)
    assert sql.same_tokens(injected, statement)


def outcome(db: apsw.Connection, statement: str, profile: Profile | None) -> object:
    """What there is after a statement, if a ``profile`` is given; or the class of SQLite's refusal."""
    try:
        for _ in db.execute(statement, can_cache=False):
            pass
    except apsw.Error as error:
        return type(error)
    return None if profile is None else oracle.everything(profile, db)
