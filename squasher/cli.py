"""The command line: parse, call, print, exit code. Nothing else.

Exit codes: 0 fine · 1 differences or findings · 2 could not do it · 130 interrupted.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from squasher.errors import SquasherError
from squasher.render import RENDERERS
from squasher.render.text import squashed, unproved
from squasher.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

DIFFERENT: Final = 1
TROUBLE: Final = 2
INTERRUPTED: Final = 130

app = typer.Typer(
    name="squasher",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Migrations = Annotated[str, typer.Option("--migrations", metavar="DIR", help="The directory of the chain.")]
_Fresh = Annotated[
    str | None,
    typer.Option(
        "--fresh",
        metavar="FILE",
        help="The fresh file; without it DIR-fresh/0001_complete_schema.sql.",
    ),
]
_Profile = Annotated[str, typer.Option("--profile", metavar="NAME", help="The target engine: d1 or sqlite.")]


def _format(name: str) -> str:
    if name not in RENDERERS:
        message = f"{name!r} is not one of {', '.join(RENDERERS)}."
        raise typer.BadParameter(message)
    return name


def _version(wanted: bool) -> None:
    if wanted:
        _say(f"squasher {VERSION}\n")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Squash a chain of SQL migrations into one fresh file, and prove that both mean the same."""


@app.command()
def squash(
    *,
    to: Annotated[str | None, typer.Option("--to", metavar="NNNN", help="Stop after this migration.")] = None,
    stdout: Annotated[
        bool, typer.Option("--stdout", help="Print the fresh file instead of writing it.")
    ] = False,
    migrations: _Migrations = "migrations",
    fresh: _Fresh = None,
    profile: _Profile = "d1",
) -> None:
    """Write the fresh file, once it is proved equal to the chain."""
    from squasher.commands.squash import squash as run
    from squasher.commands.target import target

    with _reported():
        result = run(target(migrations, fresh, profile), to=to, write=not stdout)
        _warn(result.warnings)
        _say(result.text if stdout else squashed(result))


@app.command()
def check(
    *,
    exact: Annotated[
        bool, typer.Option("--exact", help="Fail also when `squash` would write other bytes.")
    ] = False,
    form: Annotated[
        str,
        typer.Option("--format", callback=_format, metavar="F", help=f"{' or '.join(RENDERERS)}."),
    ] = "text",
    migrations: _Migrations = "migrations",
    fresh: _Fresh = None,
    profile: _Profile = "d1",
) -> None:
    """Tell whether the fresh file on disk is equivalent to the chain."""
    from squasher.commands.check import check as run
    from squasher.commands.target import target

    with _reported():
        result = run(target(migrations, fresh, profile))
        _warn(result.warnings)
        _say(RENDERERS[form](result, color=_color()))
    status = result.proof.status
    if status == "unknown":
        raise typer.Exit(TROUBLE)
    if status == "different" or (exact and not result.exact):
        raise typer.Exit(DIFFERENT)


def _say(text: str) -> None:
    sys.stdout.write(text)


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        sys.stderr.write(f"warning: {warning}\n")


def _color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


@contextmanager
def _reported() -> Iterator[None]:
    """Errors as a person should read them, on standard error, and the exit code that they mean."""
    try:
        yield
    except SquasherError as error:
        sys.stderr.write(f"error: {error.diagnostics()}\n")
        proof = getattr(error, "proof", None)
        if proof is not None:
            sys.stderr.write(unproved(proof))
        raise typer.Exit(TROUBLE) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing was written\n")
        raise typer.Exit(INTERRUPTED) from None


def run() -> None:
    """Run the command line: UTF-8 and LF on every machine, and a quiet end when a pipe closes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    app(prog_name="squasher")
