"""A rule's page: Markdown, the same in docs/rules/ and in a terminal."""

from __future__ import annotations

import shutil
from io import StringIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from squasher.lint.rule import Rule

_WIDEST: Final = 100


def render(rule: Rule, *, color: bool = False) -> str:
    """The page, laid out for a terminal where there are colours."""
    return _shown(page(rule)) if color else page(rule)


def page(rule: Rule) -> str:
    """Its code and name, how it is set, and what its module says of it."""
    summary, _, body = rule.documentation.partition("\n\n")
    profiles = " and ".join(f"`{profile}`" for profile in sorted(rule.profiles))
    default = "off" if rule.severity == "off" else f"`{rule.severity}`"
    other = "warning" if rule.severity != "warning" else "off"
    return (
        f"# {rule.code} {rule.name}\n\n"
        f"{summary}\n\n"
        f'- Severity: {default}, unless `[tool.squasher.lint]` says otherwise: `{rule.code} = "{other}"`\n'
        f"- Profiles: {profiles}\n"
        f"- Ignore: `-- squasher: ignore {rule.code} REASON`, a comment on the statement\n\n"
        f"{body}\n"
    )


def _shown(text: str) -> str:
    """Markdown as rich lays it out. The pages are squasher's own: nothing in them is a stranger's."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    width = min(shutil.get_terminal_size().columns, _WIDEST)
    out = StringIO()
    # rich's own style puts it on black, on light terminals too
    theme = Theme({"markdown.code": "cyan"})
    console = Console(file=out, force_terminal=True, color_system="standard", width=width, theme=theme)
    console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))
