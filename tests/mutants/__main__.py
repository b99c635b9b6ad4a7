"""``make mutants``: run the whole suite, print its figures, and fail where the proof does."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from squasher.prove import LAYERS
from tests.mutants import tokens
from tests.mutants.suite import FAMILIES, judge, passes, stands


def main() -> int:
    """Print what was rejected and by which layers; 1 when something was judged wrongly."""
    verdicts = [judge(family, edit) for family in FAMILIES for edit in family.telling]
    harmless = [(family, edit) for family in FAMILIES for edit in family.harmless]
    finds = Counter(layer for verdict in verdicts for layer in verdict.finds)
    needs = Counter(layer for verdict in verdicts for layer in verdict.needs)
    # what means nothing passes `check`, and only the fixpoint keeps `squash` from writing it so
    needs["fixpoint"] += sum(not stands(*pair) for pair in harmless)
    wrong = [f"accepted: {verdict.title}" for verdict in verdicts if not verdict.rejected]
    rejected = [
        f"rejected: {family.name}: {edit.title}" for family, edit in harmless if not passes(family, edit)
    ]
    tallies = [tokens.run(family) for family in FAMILIES]
    through = [f"accepted: {attack}" for tally in tallies for attack in tally.through]
    refused, found, spare = (sum(column) for column in list(zip(*tallies, strict=True))[:3])
    unneeded = [f"no edit needs the layer {layer}" for layer in LAYERS if not needs[layer]]
    layers = "\n".join(f"{layer:<10} {finds[layer]:>7} {needs[layer]:>13}" for layer in LAYERS)
    figures = (
        f"layer      rejects   alone rejects\n{layers}\n\n"
        f"tokens removed or replaced: {found + spare + len(through)} loaded, {found} rejected,"
        f" {spare} spare in SQLite's grammar, {len(through)} got through; {refused} did not load\n"
        f"edits that mean nothing:    {len(harmless)}, {len(harmless) - len(rejected)} accepted\n"
        f"edits that mean something:  {len(verdicts)}, {len(verdicts) - len(wrong)} rejected\n"
    )
    sys.stdout.write(figures)
    stale = [] if shown(figures) else ["README.md shows other figures: put these in their place"]
    faults = [*wrong, *rejected, *through, *unneeded, *stale]
    sys.stderr.write("".join(f"{line}\n" for line in faults))
    return 1 if faults else 0


def shown(figures: str) -> bool:
    """Whether the README shows these figures."""
    readme = Path(__file__).parents[2] / "README.md"
    return f"$ make mutants\n{figures}```\n" in readme.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
