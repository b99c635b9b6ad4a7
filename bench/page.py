"""The figures of a run in docs/performance.md, between `<!-- bench: NAME -->` and an end, and the plot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bench import plot, table
from bench.figures import described
from bench.process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from bench.figures import Figures

PAGE: Final = ROOT / "docs" / "performance.md"
PLOT: Final = "performance.svg"
BLOCKS: Final = ("machine", "table", "plot")
_BLOCK: Final = re.compile(r"(<!-- bench: (?!end)(\w+) -->\n).*?(<!-- bench: end -->\n)", re.DOTALL)


def updated(text: str, figures: Figures) -> str:
    """The text of the page with other figures in it."""
    blocks = {
        "machine": f"Measured on {described(figures)}.\n",
        "table": table.markdown(figures),
        "plot": f"![Seconds over files, as lines for squasher, raw and others]({PLOT})\n",
    }
    return _BLOCK.sub(lambda match: f"{match[1]}\n{blocks[match[2]]}\n{match[3]}", text)


def write(figures: Figures, page: Path = PAGE) -> None:
    """Write the figures into the page, and the plot beside it where there is one."""
    page.write_text(updated(page.read_text(encoding="utf-8"), figures), encoding="utf-8")
    drawn = plot.svg(figures)
    if drawn:
        (page.parent / PLOT).write_text(drawn, encoding="utf-8")
