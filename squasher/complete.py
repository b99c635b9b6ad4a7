"""What a shell offers at the TAB key: names of databases, rules, formats.

A configuration that cannot be read offers nothing: the command itself will say why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer  # noqa: TC002 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_BESIDE_LETTERS: Final = "-_."


def one_of(names: Iterable[str]) -> Callable[[], list[str]]:
    """A completion by these names."""
    return lambda: list(names)


def profiles() -> list[str]:
    """Those that --profile takes."""
    from squasher.profiles import PROFILES

    return list(PROFILES)


def databases(ctx: typer.Context) -> list[str]:
    """The bindings and names of the databases that are configured."""
    from squasher.choice import Options, environment_of
    from squasher.config import every, load
    from squasher.errors import SquasherError

    options = Options(config=ctx.params.get("config"), environment=ctx.params.get("env"))
    try:
        configuration = load(options.config)
        targets = every(configuration, environment_of(options, configuration))
    except (SquasherError, OSError):
        return []
    named = [
        name for one in targets for database in one.databases for name in (database.binding, database.name)
    ]
    named += [one.name for one in targets if not one.databases]
    return sorted({name for name in named if name and _is_plain(name)})


def rules() -> list[tuple[str, str]]:
    """The codes of all rules, with their names for shells that show those too."""
    from squasher.lint.rules import RULES

    return [(rule.code, rule.name) for rule in RULES]


def codes(incomplete: str) -> list[tuple[str, str]]:
    """The same behind the last comma, and the beginnings of codes that stand for a group."""
    from squasher.lint.rules import GROUPS

    before = incomplete[: incomplete.rfind(",") + 1]
    return [(before + code, title) for code, title in (*GROUPS.items(), *rules())]


def _is_plain(name: str) -> bool:
    """Whether a shell takes it for nothing but a word: the completion of zsh evaluates what it is given."""
    return all((char.isascii() and char.isalnum()) or char in _BESIDE_LETTERS for char in name)
