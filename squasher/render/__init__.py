"""Values to text, a format a module: ``RENDERERS`` names them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.render import json, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.commands.check import Checked

RENDERERS: Final[dict[str, Callable[[Checked], str]]] = {"text": text.render, "json": json.render}
