"""Values to text, a format a module: ``RENDERERS`` names them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from squasher.render import json, text

if TYPE_CHECKING:
    from squasher.comparison import Comparison


class Renderer(Protocol):
    """A format: a comparison in, its whole text out."""

    def __call__(self, compared: Comparison, *, color: bool = False) -> str:
        """The text, with escape codes only when ``color`` is true."""
        ...


RENDERERS: Final[dict[str, Renderer]] = {"text": text.render, "json": json.render}
