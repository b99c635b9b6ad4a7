"""Values to text, a format a module: ``RENDERERS`` names them all."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.commands.databases import Listed
    from squasher.commands.history import Told
    from squasher.comparison import Comparison
    from squasher.lint.diagnostic import Report


class Renderer(Protocol):
    """A format: a comparison in, its whole text out."""

    def __call__(self, compared: Comparison, *, color: bool = False) -> str:
        """The text, with escape codes only when ``color`` is true."""
        ...


def _late(module: str, name: str = "render") -> Callable[..., str]:
    """A format: its module is imported when it is used, with all that it needs."""

    def render(value: Comparison | Told | Listed | Report, *, color: bool = False) -> str:
        renderer: Callable[..., str] = getattr(import_module(f"{__name__}.{module}"), name)
        return renderer(value, color=color)

    return render


RENDERERS: Final[dict[str, Renderer]] = {
    name: _late(name)
    for name in (
        "text",
        "json",
        "markdown",
        "html",
        "sql",
        "github",
    )
}

HISTORIES: Final = {name: _late("history", name) for name in ("text", "json")}
"""The same of ``squasher history``."""

FLEETS: Final = {name: _late("fleet", name) for name in ("text", "json")}
"""The same of ``squasher drift``."""

LISTS: Final = {name: _late("databases", name) for name in ("text", "json")}
"""The same of ``squasher databases``."""

LINTS: Final = {
    name: _late(f"lint.{name}")
    for name in (
        "text",
        "json",
        "github",
        "sarif",
        "gitlab",
    )
}
"""The same of ``squasher lint``."""

STATISTICS: Final = {name: _late("lint.statistics", name) for name in ("text", "json")}
"""The same of ``squasher lint --statistics``."""

COMMANDS: Final = frozenset({"json", "github", "sarif", "gitlab"})
"""Formats that programs take at their word: every character in them is escaped by their own rules, and
``printable_lines`` would change what they say. All others are lines for people."""
