"""A command for every chain that is meant: what it says of each, and the exit code of all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.console import FINE, TROUBLE, complain, warn, write
from squasher.errors import InputError, SquasherError, UnknownNameError
from squasher.sql import printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from squasher.choice import Options
    from squasher.comparison import Comparison
    from squasher.d1state import Reach
    from squasher.target import Target


class Ended(NamedTuple):
    """What a command ended with for one chain."""

    code: int
    text: str
    """For standard output."""
    said: str = ""
    """For standard error, after it."""
    warnings: tuple[str, ...] = ()
    compared: Comparison | None = None


class Named(NamedTuple):
    """What a command looks at besides the chains."""

    sources: tuple[str | None, ...] = ()
    reach: Reach | None = None
    against_chain: bool = False
    """Whether it compares the sources with a chain, so that it matters which."""


NOTHING: Final = Named()


def each(
    options: Options,
    one: Callable[[Target], Ended],
    form: str = "text",
    *,
    alone: str | None = None,
    named: Named = NOTHING,
) -> int:
    """Run a command for every chain that is meant, and print what it says of each.

    ``alone`` is what makes sense for one chain only. What fails for one does not stop the others.
    """
    from squasher.choice import choose, meant

    refuse_to_reach(named.reach, named.sources)
    sources = [source for source in named.sources if source is not None]
    chosen = meant(choose(options), sources, against_chain=named.against_chain)
    warn(chosen.notes)
    if len(chosen.targets) == 1 and (alone is not None or not chosen.several):
        ended = one(chosen.targets[0])
        warn(ended.warnings)
        write(ended.text)
        sys.stderr.write(printable_lines(ended.said))
        return ended.code
    if alone is not None:
        names = ", ".join(target.name for target in chosen.targets)
        raise InputError(
            f"{alone} {'are' if ' and ' in alone else 'is'} for one database, and there are {names}",
            hint="Name it with --database.",
        )
    return _several(chosen.targets, one, form)


def refuse_to_reach(reach: Reach | None, sources: Sequence[str | None]) -> None:
    """Raise InputError where --remote or --persist-to was given and would change nothing."""
    if reach is not None and not any(source is not None and source.startswith("d1:") for source in sources):
        raise InputError(
            "--remote and --persist-to are for d1:NAME, and no source is one",
            hint="Write d1:NAME, with the binding or the database_name of a D1 database.",
        )


def _several(targets: tuple[Target, ...], one: Callable[[Target], Ended], form: str) -> int:
    from squasher.render import several

    parts: list[tuple[str, str]] = []
    compared: list[tuple[str, Comparison]] = []
    worst = FINE
    unknown: list[UnknownNameError] = []
    for target in targets:
        try:
            ended = one(target)
        except UnknownNameError as error:
            unknown.append(error)  # another chain may know it
            continue
        except SquasherError as error:
            complain(error, f"{target.name}: ")
            worst = TROUBLE
            continue
        warn(ended.warnings, f"{target.name}: ")
        sys.stderr.write(printable_lines(f"{target.name}: {ended.said}" if ended.said else ""))
        parts.append((target.name, ended.text))
        compared += [(target.name, ended.compared)] if ended.compared is not None else []
        worst = max(worst, ended.code)
    if len(unknown) == len(targets):
        raise unknown[0]
    if form == "html" and compared:
        from squasher.render import html

        write(printable_lines(html.several(compared)))
    else:
        write(several.joined(form, parts))
    return worst
