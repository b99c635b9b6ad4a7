"""The command line: options in, a call of ``run``, its exit code out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from squasher import complete, run
from squasher.choice import Options
from squasher.render import FLEETS, HISTORIES, LINTS, LISTS, RENDERERS
from squasher.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from squasher.d1state import Reach

app = typer.Typer(
    name="squasher",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Migrations = Annotated[
    str | None,
    typer.Option(
        "--migrations",
        metavar="DIR",
        help="The directory of the chain; without it those of the configuration, or migrations.",
    ),
]
_Databases = Annotated[
    list[str] | None,
    typer.Option(
        "--database",
        metavar="NAME",
        autocompletion=complete.databases,
        help="Only this database, by its binding or name; repeatable.",
    ),
]
_Environment = Annotated[
    str | None,
    typer.Option("--env", "-e", metavar="NAME", help="An environment of wrangler's configuration."),
]
_Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="squasher's or wrangler's configuration, instead of the nearest one.",
    ),
]
_Remote = Annotated[
    bool,
    typer.Option(
        "--remote", help="Read d1:NAME at Cloudflare, by your own wrangler, which is only told to read."
    ),
]
_PersistTo = Annotated[
    str | None,
    typer.Option(
        "--persist-to",
        metavar="DIR",
        help="The directory of wrangler's local state, as wrangler's own option names it.",
    ),
]
_Fresh = Annotated[
    str | None,
    typer.Option(
        "--fresh",
        metavar="FILE",
        help="The fresh file; without it DIR-fresh/0001_complete_schema.sql.",
    ),
]
_Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        autocompletion=complete.profiles,
        help="The target engine: d1 or sqlite; d1 unless configured.",
    ),
]

_MaxSteps = Annotated[
    int | None,
    typer.Option(
        "--max-steps",
        metavar="N",
        min=1,
        help="The steps of SQLite's virtual machine that one statement may take; 200 million unless given.",
    ),
]

_Cached = Annotated[
    bool | None,
    typer.Option(
        "--cache/--no-cache",
        help="Keep what was replayed in .squasher_cache, for the next run; not in CI unless given.",
    ),
]


def _options(
    migrations: str | None,
    fresh: str | None,
    profile: str | None,
    max_steps: int | None,
    config: str | None,
    database: list[str] | None,
    env: str | None,
) -> Options:
    return Options(migrations, fresh, profile, max_steps, config, tuple(database or ()), env)


def _reach(remote: bool, persist_to: str | None) -> Reach | None:
    """Which database d1:NAME is; None where nothing was said of it."""
    if not remote and persist_to is None:
        return None
    if remote and persist_to is not None:
        message = "--persist-to names a directory of local databases, --remote asks for those at Cloudflare."
        raise typer.BadParameter(message)
    from pathlib import Path

    from squasher.d1state import Reach

    return Reach(remote, None if persist_to is None else Path(persist_to))


def _format(name: str) -> str:
    return _one_of(name, RENDERERS)


def _history_format(name: str) -> str:
    return _one_of(name, HISTORIES)


def _fleet_format(name: str) -> str:
    return _one_of(name, FLEETS)


def _list_format(name: str) -> str:
    return _one_of(name, LISTS)


def _lint_format(name: str) -> str:
    return _one_of(name, LINTS)


def _severity(name: str) -> str:
    return _one_of(name, ("error", "warning"))


def _codes(given: Sequence[str] | None) -> tuple[str, ...]:
    """Codes with commas between them, or in several options."""
    return tuple(code.strip() for one in given or () for code in one.split(",") if code.strip())


def _one_of(name: str, names: Collection[str]) -> str:
    if name not in names:
        message = f"{name!r} is not one of {', '.join(names)}."
        raise typer.BadParameter(message)
    return name


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"squasher {VERSION}")
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
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    fresh: _Fresh = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
    cache: _Cached = None,
) -> None:
    """Write the fresh file, once it is proved equal to the chain."""
    raise typer.Exit(
        run.squash(
            _options(migrations, fresh, profile, max_steps, config, database, env)._replace(cache=cache),
            to=to,
            stdout=stdout,
        )
    )


@app.command()
def build(
    *,
    out: Annotated[str, typer.Argument(metavar="OUT", help="The database file, such as template.sqlite.")],
    to: Annotated[str | None, typer.Option("--to", metavar="NNNN", help="Stop after this migration.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that holds something else.")] = False,
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
) -> None:
    """Write the chain's database as a file for tests to copy.

    The same chain gives the same bytes: clock and chance are pinned.
    """
    raise typer.Exit(
        run.build(
            out,
            _options(migrations, None, profile, max_steps, config, database, env),
            to=to,
            force=force,
        )
    )


@app.command()
def check(
    *,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="A live database, d1:NAME or a file; without it the fresh file.",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="NNNN",
            help="Compare a database with the chain up to this migration, whatever its ledger says.",
        ),
    ] = None,
    rows: Annotated[
        bool, typer.Option("--rows", help="Look for the rows that the chain leaves in a database too.")
    ] = False,
    remote: _Remote = False,
    persist_to: _PersistTo = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Fail also when `squash` would write other bytes.")
    ] = False,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_format,
            autocompletion=complete.one_of(RENDERERS),
            metavar="F",
            help=f"{', '.join(RENDERERS)}.",
        ),
    ] = "text",
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    fresh: _Fresh = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
    cache: _Cached = None,
) -> None:
    """Tell whether the fresh file on disk is equivalent to the chain.

    With SOURCE, whether a live database is what its own ledger says that it has applied. It is only read.
    """
    raise typer.Exit(
        run.check(
            _options(migrations, fresh, profile, max_steps, config, database, env)._replace(cache=cache),
            source=source,
            to=to,
            rows=rows,
            reach=_reach(remote, persist_to),
            exact=exact,
            form=form,
        )
    )


@app.command()
def drift(
    *,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]...", help="Database files, or d1:NAME.", show_default=False),
    ] = None,
    listed: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="FILE", help="More of them, one a line, with # comments; - for standard input."
        ),
    ] = None,
    remote: _Remote = False,
    persist_to: _PersistTo = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", metavar="N", min=1, help="How many to ask at once with --remote; 4 unless given."
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_fleet_format,
            autocompletion=complete.one_of(FLEETS),
            metavar="F",
            help=f"{' or '.join(FLEETS)}.",
        ),
    ] = "text",
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
) -> None:
    """Compare a fleet of databases with the chain.

    Each is compared as far as its own ledger says that it has come. Those that are alike are one group,
    and each group is told once. They are only read.
    """
    raise typer.Exit(
        run.drift(
            sources or (),
            _options(migrations, None, profile, max_steps, config, database, env),
            listed=listed,
            jobs=jobs,
            form=form,
            reach=_reach(remote, persist_to),
        )
    )


@app.command()
def diff(
    *,
    old: Annotated[
        str | None,
        typer.Argument(
            metavar="[OLD]",
            help="The old side; without it the commit at which this branch left the default branch.",
            show_default=False,
        ),
    ] = None,
    new: Annotated[
        str | None,
        typer.Argument(metavar="[NEW]", help="The new side; without it the migrations.", show_default=False),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="NNNN", help="Cut the old side's chain after this migration."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="NNNN", help="Cut the new side's chain after this migration."),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_format,
            autocompletion=complete.one_of(RENDERERS),
            metavar="F",
            help=f"{', '.join(RENDERERS)}.",
        ),
    ] = "text",
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 when there is a difference, as git does.")
    ] = False,
    rows: Annotated[
        bool | None,
        typer.Option("--rows/--no-rows", help="Compare the rows too; without --remote that is the default."),
    ] = None,
    remote: _Remote = False,
    persist_to: _PersistTo = None,
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
) -> None:
    """Show what becomes of one schema when it turns into another.

    Without OLD and NEW: what this branch does, from where it left the default branch to the files here.
    With --from alone: what the migrations after that one do. OLD and NEW are each one of

    \b
      migrations            a directory of migrations
      schema.sql            a file of SQL
      app.sqlite            a database file, which is only read
      d1:DB                 a D1 database by its binding or name: the local one, or with --remote
      git:main              the migrations in a git revision
      git:main:schema.sql   any of these there, by its path from the root of the repository
      -                     SQL on standard input
    """  # noqa: D301 - click keeps the lines behind a backspace as they are
    raise typer.Exit(
        run.diff(
            _options(migrations, None, profile, max_steps, config, database, env),
            old=old,
            new=new,
            start=start,
            to=to,
            form=form,
            exit_code=exit_code,
            rows=rows,
            reach=_reach(remote, persist_to),
        )
    )


@app.command()
def show(
    *,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="What to show, as `diff` takes it.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="NNNN", help="Cut a chain after this migration.")
    ] = None,
    rows: Annotated[
        bool | None,
        typer.Option("--rows/--no-rows", help="Show the rows too; without --remote that is the default."),
    ] = None,
    remote: _Remote = False,
    persist_to: _PersistTo = None,
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
) -> None:
    """Print what a source holds as SQL text.

    The same text for the same content: for people, for `diff -u`, and for `git diff` on database files:
    see docs/git.md.
    """
    raise typer.Exit(
        run.show(
            source,
            _options(migrations, None, profile, max_steps, config, database, env),
            to=to,
            rows=rows,
            reach=_reach(remote, persist_to),
        )
    )


@app.command()
def history(
    *,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[WHAT]",
            help="A table or another object, table.column, or a migration's number or file name.",
        ),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="NNNN", help="Stop after this migration.")] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_history_format,
            autocompletion=complete.one_of(HISTORIES),
            metavar="F",
            help=f"{' or '.join(HISTORIES)}.",
        ),
    ] = "text",
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
) -> None:
    """Tell which migration made, changed, renamed or dropped what."""
    raise typer.Exit(
        run.history(
            _options(migrations, None, profile, max_steps, config, database, env),
            what=what,
            to=to,
            form=form,
        )
    )


@app.command()
def new(
    *,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help='What it does, in words: "add billing tables"; without it "rebuild TABLE".',
            show_default=False,
        ),
    ] = None,
    rebuild: Annotated[
        str | None,
        typer.Option(
            "--rebuild",
            metavar="TABLE",
            help="Write the rebuild of this table into it, as it is, for you to edit.",
        ),
    ] = None,
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
) -> None:
    """Write the next migration, and print its path.

    Its number is the next one here and on the default branch. With --rebuild, it drops a table and makes it
    anew with its rows, indexes and triggers, and keeps the rows that refer to it: what D1 needs for a change
    that ALTER TABLE cannot make. It is written once it is proved to change nothing.
    """
    raise typer.Exit(
        run.new(
            name,
            _options(migrations, None, profile, max_steps, config, database, env),
            rebuild=rebuild,
        )
    )


@app.command()
def lint(
    *,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Only what is found in these migrations, or below these directories.",
            show_default=False,
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="CODES",
            autocompletion=complete.codes,
            help="Only these rules, such as SQ3,SQ401; those that are off too.",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="CODES", autocompletion=complete.codes, help="Not these rules."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--changed-since",
            metavar="REV",
            help="Only what is found in migrations that a git revision, such as origin/main, does not have,"
            " or has with other bytes, and in those that are gone.",
        ),
    ] = None,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            callback=_severity,
            autocompletion=complete.one_of(("error", "warning")),
            metavar="SEVERITY",
            help="What makes the exit code 1: warning, or only error.",
        ),
    ] = "warning",
    form: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_lint_format,
            autocompletion=complete.one_of(LINTS),
            metavar="F",
            help=f"{', '.join(LINTS)}.",
        ),
    ] = "text",
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count what each rule finds, instead of showing it.")
    ] = False,
    relative_to: Annotated[
        str | None,
        typer.Option(
            "--relative-to",
            metavar="DIR",
            help="Write the paths of files as seen from there, such as from the root of the repository.",
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="CODE",
            autocompletion=complete.rules,
            help="Show the page of a rule, by its code or name.",
        ),
    ] = None,
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
) -> None:
    """Find mistakes in the migrations, by replaying them.

    Rules read what each statement did, not only what it says; `--explain CODE` shows the page of each.
    """
    if explain is not None:
        raise typer.Exit(run.explain(explain))
    from squasher.commands.lint import Wanted

    raise typer.Exit(
        run.lint(
            _options(migrations, None, profile, max_steps, config, database, env),
            wanted=Wanted(tuple(files or ()), _codes(select), _codes(ignore), since),
            form=form,
            fail_on=fail_on,
            statistics=statistics,
            relative_to=relative_to,
        )
    )


@app.command()
def databases(
    *,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_list_format,
            autocompletion=complete.one_of(LISTS),
            metavar="F",
            help=f"{' or '.join(LISTS)}.",
        ),
    ] = "text",
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
) -> None:
    """Show which databases and chains are configured."""
    options = Options(config=config, databases=tuple(database or ()), environment=env)
    raise typer.Exit(run.databases(options, form=form))


@app.command()
def archive(
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="NNNN", help="The last migration to absorb; all without it.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow", metavar="NAME", help="A name that ledgers may hold beside those of the chain."
        ),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last archive back.")] = False,
    database: _Databases = None,
    env: _Environment = None,
    config: _Config = None,
    migrations: _Migrations = None,
    fresh: _Fresh = None,
    profile: _Profile = None,
    max_steps: _MaxSteps = None,
) -> None:
    """Squash in place: a baseline instead of old migrations.

    The migrations up to --to go into an archive.

    \b
    It writes, beside the chain in DIR:
      DIR/NNNN_complete_schema.sql    the baseline, for new databases
      DIR-archive/                    the absorbed files, and the manifest that `check` guards
      DIR-archive/NNNN_ledger.sql     what every existing database gets before it sees the new chain
    A run that was stopped is finished by the next one, or taken back by --undo.
    """  # noqa: D301 - as above
    raise typer.Exit(
        run.archive(
            _options(migrations, fresh, profile, max_steps, config, database, env),
            to=to,
            allow=tuple(allow or ()),
            undo=undo,
        )
    )


def parse() -> None:
    """Parse the command line and run what it says."""
    app(prog_name="squasher")
