"""What a command says of several databases, one after the other; ``html`` has a page for them itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.sql import printable

if TYPE_CHECKING:
    from collections.abc import Sequence


def joined(form: str, parts: Sequence[tuple[str, str]]) -> str:
    """The texts of several databases under their names; JSON is an array with the name in each object."""
    if form == "json":
        return _array(parts)
    if form == "github":
        return "".join(text for _, text in parts)  # each line names its file
    return "\n".join(_head(form, name) + text for name, text in parts if text)


def _head(form: str, name: str) -> str:
    if form == "markdown":
        from squasher.render.markdown import code

        return f"## {code(name)}\n\n"
    return f"-- {printable(name)}\n\n" if form == "sql" else f"{printable(name)}\n"


def _array(parts: Sequence[tuple[str, str]]) -> str:
    import json

    from squasher.render.json import dumped

    return dumped([{**json.loads(text), "database": name} for name, text in parts])
