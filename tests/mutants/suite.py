"""The suite that proves the prover: edited fresh files, and which layers of the proof reject them.

``python -m tests.mutants`` (``make mutants``) runs all of it and prints the figures.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from squasher.chain import read_chain
from squasher.commands.squash import Composed, compose, loaded, verify
from squasher.observe import Observed, observe
from squasher.prove import LAYERS, prove
from squasher.target import Target, target
from tests.mutants import behaviour, broken, harmless, plain, rows, schema, volatile

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.mutants.edit import Edit

HERE = Path(__file__).parent
COMPARED = tuple(layer for layer in LAYERS if layer != "fixpoint")
"""The layers of ``check``: it compares what a file means, and the fixpoint asks how it is written."""


class Family(NamedTuple):
    """A chain, the profile that it is for, and the edits of its fresh file."""

    name: str
    migrations: Path
    profile: str
    telling: tuple[Edit, ...]
    """Edits that change what the file does or holds: each must be rejected."""
    harmless: tuple[Edit, ...]
    """Edits that change how it is written: none may be rejected."""


FAMILIES = (
    Family(
        "rich",
        HERE.parent / "cases" / "rich" / "migrations",
        "d1",
        (
            *(*schema.COLUMNS, *schema.CONSTRAINTS, *schema.FOREIGN_KEYS, *schema.INDEXES),
            *(*behaviour.VIEWS_AND_TRIGGERS, *behaviour.FULL_TEXT, *rows.ROWS),
        ),
        harmless.HARMLESS,
    ),
    Family("plain", HERE / "plain" / "migrations", "sqlite", plain.TELLING, plain.HARMLESS),
    Family("broken", HERE / "broken" / "migrations", "d1", broken.TELLING, broken.HARMLESS),
    Family("volatile", HERE / "volatile" / "migrations", "d1", volatile.TELLING, volatile.HARMLESS),
)


class Ground(NamedTuple):
    """A chain that was replayed once, and its own fresh file: what the edits are made to."""

    target: Target
    observed: Observed
    own: Composed

    def load(self, text: str) -> Composed:
        """An edited text, loaded as a new installation would. Raises UnprovedError."""
        return loaded(self.observed, text, self.target, self.own.decision)

    def accepts(self, text: Composed, layers: Collection[str] = LAYERS) -> bool:
        """Whether these layers of the proof, and no others, find nothing against the text."""
        return verify(self.observed, text, self.target, layers).status == "equal"


@cache
def ground(family: Family) -> Ground:
    """Replay the family's chain and make its fresh file."""
    at = target(family.migrations, profile=family.profile)
    observed = observe(read_chain(at.migrations), at.profile)
    return Ground(at, observed, compose(observed, at))


class Verdict(NamedTuple):
    """What the proof says of one edit that means something."""

    title: str
    rejected: bool
    finds: tuple[str, ...]
    """The layers that reject it by themselves."""
    needs: tuple[str, ...]
    """The layers without which it would be accepted."""


def judge(family: Family, edit: Edit) -> Verdict:
    """Prove an edited file with all layers, with each alone, and without each."""
    on = ground(family)
    edited = on.load(edit.of(on.own.text))
    return Verdict(
        title=f"{family.name}: {edit.title}",
        rejected=not on.accepts(edited),
        finds=tuple(layer for layer in LAYERS if not on.accepts(edited, {layer})),
        needs=tuple(layer for layer in LAYERS if on.accepts(edited, {*LAYERS} - {layer})),
    )


def passes(family: Family, edit: Edit) -> bool:
    """Whether ``check`` would call a file equivalent after an edit that means nothing."""
    on = ground(family)
    new = on.load(edit.of(on.own.text)).side
    proof, _ = prove(on.target.profile, on.observed.side, new, lambda: None, by_hand=on.target.fresh.name)
    return proof.status == "equal"


def stands(family: Family, edit: Edit) -> bool:
    """Whether ``squash`` could have written a file after an edit that means nothing."""
    on = ground(family)
    return on.accepts(on.load(edit.of(on.own.text)))
