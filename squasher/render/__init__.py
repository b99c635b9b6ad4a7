"""Values to text, a format a module: ``RENDERERS`` names them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from squasher.render import json, text

if TYPE_CHECKING:
    from squasher.commands.check import Checked


class Renderer(Protocol):
    """A format: the result of a check in, its whole text out."""

    def __call__(self, checked: Checked, *, color: bool = False) -> str:
        """The text, with escape codes only when ``color`` is true."""
        ...


RENDERERS: Final[dict[str, Renderer]] = {"text": text.render, "json": json.render}
