"""Time squasher beside a bare replay and what else a user would run: `python -m bench.run`.

Whole processes, in rounds, with a ratio taken within a round. The figures are for people to read: no
time measured here is ever a failure. A command that fails is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import figures, groups, page, peers, table
from bench.figures import described
from bench.measure import Bench
from bench.process import ROOT

if TYPE_CHECKING:
    from bench.figures import Figures

LAST: Final = ROOT / "bench" / "last.json"


def measured(*, quick: bool) -> Figures:
    """Measure everything in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), peers.found(), quick=quick, limit=groups.SECONDS)
        groups.measure(bench)
        return bench.figures(groups.length(quick=quick))


def shown(found: Figures) -> str:
    """The table and what belongs under it."""
    notes = [
        f"medians, on {described(found)}",
        f"peers: {'; '.join(peers.told(dict(found.peers)))}",
        *(f"left out, for there was no time: {what}" for what in found.left_out),
    ]
    return f"{table.text(found)}\n" + "".join(f"{note}\n" for note in notes)


def main() -> int:
    """Measure, print the table, and give the exit code: 2 when a command failed, else 0."""
    summary = (__doc__ or "").partition(":")[0]
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=f"{summary}.")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{groups.QUICK} files stand for a thousand, and the largest chains are left out",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", default=LAST, help=f"(default: bench/{LAST.name})"
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its plot too")
    parser.add_argument(
        "--from", dest="last", type=Path, metavar="FILE", help="measure nothing: the figures of another run"
    )
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("docs/performance.md holds the figures of a whole run: leave --quick out")
    if options.last is not None:
        found = figures.read(options.last.read_text(encoding="utf-8"))
    else:
        found = measured(quick=options.quick)
        options.json.write_text(figures.written(found, table.values(found)), encoding="utf-8")
    sys.stdout.write(shown(found))
    if options.write:
        page.write(found)
    for failure in found.failures:
        sys.stderr.write(f"error: {failure}\n")
    return 2 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())
