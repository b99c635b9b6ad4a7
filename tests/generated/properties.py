"""What must hold for every chain: the properties that the tests and ``make fuzz`` run."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hypothesis import event, note
from hypothesis import strategies as st

import squasher
from squasher.errors import UnsupportedError
from squasher.profiles import PROFILES
from squasher.schemadiff import SchemaDiff, diff
from squasher.target import FRESH_NAME
from tests.generated import oracle
from tests.generated.edits import edits_of, meaningful

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

    from squasher.commands.squash import Squashed
    from tests.generated.chains import Chain

# docs/how-it-works.md, "What is not carried": nothing else may be refused
DOCUMENTED: Final = (
    "how many rows .* depends on the clock or on chance",
    "TEMP .* is left when the chain ends",
    "is a contentless full-text index that holds rows",
    "does not hold what its content table holds",
    "cannot read its content table",
    "foreign key mismatch - ",
    "refers to a row that .* does not have",
    "SQLite cannot read the schema that is left",
    "needs a statement of .* bytes",
    "is on the ledger",
    "holds the largest possible rowid",
    "has rows and refers to .*, which does not exist",
)
tally: Final[Counter[str]] = Counter()
"""What became of the chains so far, by property."""


def is_documented(error: UnsupportedError) -> bool:
    """Whether a refusal is one of those that the documentation lists."""
    reason = next((one for one in DOCUMENTED if re.search(one, error.message, re.DOTALL)), None)
    if reason is not None:
        event(f"refused: {reason}")
        tally[f"refused: {reason}"] += 1
    return reason is not None


def squashed(chain: Chain, folder: Path) -> Squashed | None:
    """Squash a chain into ``folder``; None when it holds what is documented not to be carried."""
    tally["chains"] += 1
    directory = chain.write(folder / "migrations")
    try:
        result = squasher.squash(directory, profile=chain.profile)
    except UnsupportedError as error:
        if not is_documented(error):
            raise
        tally["refused"] += 1
        return None
    assert result.proof.status == "equal"
    tally["proved"] += 1
    return result


def is_carried(chain: Chain) -> None:
    """Squash proves, check finds the result equal and exact, and squashing the result gives it again."""
    with tempfile.TemporaryDirectory() as folder:
        result = squashed(chain, Path(folder))
        if result is None:
            return
        note(f"-- the fresh file\n{result.text}")
        checked = squasher.check(result.target.migrations, profile=chain.profile)
        assert checked.findings == ()
        assert (checked.proof.status, checked.exact) == ("equal", True)
        assert (checked.proof.respelled, checked.proof.reasons) == ((), ())
        only = Path(folder) / "only"
        only.mkdir()
        (only / FRESH_NAME).write_bytes(result.text.encode())
        again = squasher.squash(only, profile=chain.profile)
        if not result.warnings and not again.warnings:  # no value that chance made was frozen
            assert statements(again.text) == statements(result.text)
        nothing = SchemaDiff((), ())
        assert diff(result.snapshot, result.snapshot) == nothing
        assert diff(result.snapshot, again.snapshot) == nothing


def statements(text: str) -> list[str]:
    """A fresh file without the comments between its statements and without the ledger."""
    body = text.partition("\n-- the ledger")[0]
    return [line for line in body.splitlines() if line and not line.startswith("--")]


def installs_alike(chain: Chain) -> None:
    """SQLite alone, without the tool, has the same objects and rows after the chain and the fresh file."""
    with tempfile.TemporaryDirectory() as folder:
        result = squashed(chain, Path(folder))
        if result is None:
            return
        note(f"-- the fresh file\n{result.text}")
        profile = PROFILES[chain.profile]
        upgraded, fresh = oracle.install(profile, chain.files), oracle.install(profile, [result.text])
        assert oracle.everything(profile, fresh) == oracle.everything(profile, upgraded)
        fresh.close()
        upgraded.close()


def edits_are_found(chain: Chain, data: DataObject) -> None:
    """An edit of the fresh file that changes what SQLite makes of it is different for check."""
    with tempfile.TemporaryDirectory() as folder:
        result = squashed(chain, Path(folder))
        if result is None:
            return
        note(f"-- the fresh file\n{result.text}")
        profile = PROFILES[chain.profile]
        edits = edits_of(profile, result.text, firm=not chain.volatile)
        for _ in range(2):
            start = data.draw(st.integers(0, len(edits) - 1), label="edit")
            edit = meaningful(profile, result.text, edits, start, firm=not chain.volatile)
            if edit is None:
                return
            event(f"edit: {edit.kind}")
            tally[f"edit: {edit.kind}"] += 1
            note(f"-- the edit: {edit.kind}, at {edit.start}\n{edit.text}")
            result.target.fresh.write_bytes(edit.apply(result.text).encode())
            checked = squasher.check(result.target.migrations, profile=chain.profile)
            assert checked.proof.status == "different"
            assert checked.findings
