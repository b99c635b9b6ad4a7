"""Configuration: which chains there are, from wrangler's files, from squasher's own, from the options."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from squasher.choice import Options, choose
from squasher.commands.lint import rules_of
from squasher.errors import InputError
from squasher.target import Group
from tests.repositories import Repository, isolate

if TYPE_CHECKING:
    from squasher.target import Target

TWO = """\
d1_databases = [
  { binding = "DB", database_name = "app-db", migrations_dir = "db/app" },
  { binding = "LOGS", database_name = "logs-db", migrations_dir = "db/logs", migrations_table = "done" },
]
"""
STATE = ".wrangler/state/v3/d1/miniflare-D1DatabaseObject"
# of a database without an id, whose binding is DB; the name under which wrangler 4.164.0 made it
HASH = "e7352547963de7050bd7d94658afc4fe78b61811b7815da12d90be8e863abf4d"
FRESH_ENVIRONMENT = """\
d1_databases = [{ binding = "DB", database_name = "app-db" }]

[env.fresh]
d1_databases = [{ binding = "DB", database_name = "app-db", migrations_dir = "migrations-fresh" }]

[env.staging]
d1_databases = [{ binding = "DB", database_name = "app-staging" }]
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files: str) -> None:
    """Write files; in their names two underscores stand for a slash and one for a dot."""
    for name, text in files.items():
        path = Path(name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def chain(folder: str, sql: str = "CREATE TABLE t (a);\n") -> None:
    """A directory with one migration."""
    Path(folder).mkdir(parents=True)
    Path(folder, "0001_a.sql").write_text(sql, encoding="utf-8")


def only(options: Options | None = None) -> Target:
    """The one target that is chosen."""
    (found,) = choose(options or Options()).targets
    return found


class Done(NamedTuple):
    """What a call ended with."""

    code: int
    out: str
    err: str


def squasher(*arguments: str) -> Done:
    """Call the command in the project."""
    done = subprocess.run(
        [sys.executable, "-m", "squasher", *arguments], capture_output=True, text=True, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_nothing_is_configured() -> None:
    """The chain is migrations/, for D1, and the fresh file is beside it."""
    found = only()
    assert (str(found.migrations), str(found.fresh)) == (
        "migrations",
        "migrations-fresh/0001_complete_schema.sql",
    )
    assert (found.profile.name, found.profile.ledger, found.name) == ("d1", "d1_migrations", "")


def test_a_worker_without_databases() -> None:
    """It is as if there were no configuration."""
    write(wrangler_toml='name = "app"\n')
    assert str(only().migrations) == "migrations"


def test_wranglers_databases() -> None:
    """Each has its directory, its fresh file beside it, and its ledger."""
    write(wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs")
    app, logs = choose(Options()).targets
    assert (app.name, str(app.migrations), app.profile.ledger) == ("DB (app-db)", "db/app", "d1_migrations")
    assert (logs.name, str(logs.migrations), logs.profile.ledger) == ("LOGS (logs-db)", "db/logs", "done")
    assert str(logs.fresh) == "db/logs-fresh/0001_complete_schema.sql"


def test_from_a_directory_below(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    """Configuration is looked for upwards, as wrangler does; paths are those of where one stands."""
    write(wrangler_toml=TWO, squasher_toml='[databases.DB]\nfresh = "new.sql"\n', src__deep__x="")
    monkeypatch.chdir(project / "src" / "deep")
    found = only(Options(databases=("DB",)))
    assert (str(found.migrations), str(found.fresh)) == ("../../db/app", "../../new.sql")


def test_the_projects_own_directory(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    """Where the migrations are beside the configuration, one fresh file is meant, wherever one stands."""
    write(wrangler_toml='d1_databases = [{ binding = "DB", migrations_dir = "." }]\n')
    found = set()
    for folder in (project, project / "src", project / "src" / "deep"):
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        found.add(only().fresh.resolve())
    assert found == {project / f"{project.name}-fresh" / "0001_complete_schema.sql"}


def test_wrangler_prefers_json_to_toml() -> None:
    """wrangler.json comes before wrangler.jsonc, and that before wrangler.toml."""
    write(wrangler_toml=TWO)
    for name in ("jsonc", "json"):
        text = json.dumps({"d1_databases": [{"binding": name}]})
        Path(f"wrangler.{name}").write_text(text, encoding="utf-8")
        assert only().name == name


def test_databases_that_share_a_chain() -> None:
    """One directory is one chain, however many databases run it."""
    other = '{ binding = "B", migrations_dir = "./migrations" }'
    write(wrangler_toml=f'd1_databases = [{{ binding = "A" }}, {other}]\n')
    found = only()
    assert (found.name, [one.binding for one in found.databases]) == ("A, B", ["A", "B"])


def test_environments() -> None:
    """The top level counts; another environment has to be named, and is known where it shares the chain."""
    write(wrangler_toml=FRESH_ENVIRONMENT)
    found = only()
    assert (str(found.migrations), [one.environment for one in found.databases]) == (
        "migrations",
        [None, "staging"],
    )
    assert str(only(Options(environment="fresh")).migrations) == "migrations-fresh"
    assert only(Options(environment="staging")).name == "DB (app-staging)"
    assert only(Options(databases=("app-staging",))) == found  # the same chain


def test_only_environments_have_databases() -> None:
    """Where the top level has none, all environments count."""
    write(
        wrangler_toml='env.a.d1_databases = [{ binding = "DB", database_name = "a" }]\n'
        'env.b.d1_databases = [{ binding = "DB", database_name = "b" }]\n'
    )
    assert only().name == "DB (a), DB (b)"


def test_one_name_in_several_environments() -> None:
    """Chains of one name are told apart, and one that is named without its environment is asked for."""
    for name in ("a", "b"):
        chain(name, f"CREATE TABLE {name} (a);\n")
    entry = '[[env.{0}.d1_databases]]\nbinding = "DB"\ndatabase_name = "app"\nmigrations_dir = "{0}"\n'
    write(wrangler_toml=entry.format("a") + entry.format("b"))
    assert [one.name for one in choose(Options()).targets] == ["DB (app) in env a", "DB (app) in env b"]
    assert "shared with" not in squasher("databases").out
    with pytest.raises(InputError, match="the environments a, b each have a database DB") as caught:
        choose(Options(databases=("DB",)))
    assert caught.value.hint == "Name one of them with --env."
    assert str(only(Options(databases=("DB",), environment="b")).migrations) == "b"
    assert str(only(Options(databases=("DB (app) in env b",))).migrations) == "b"


def test_a_further_database_in_several_environments() -> None:
    """One that the top level does not have is taken from its environment, if its chain is one."""
    chain("migrations")
    write(
        wrangler_toml='d1_databases = [{ binding = "DB" }]\n'
        'env.a.d1_databases = [{ binding = "LOGS", migrations_dir = "a" }, { binding = "EVENTS" }]\n'
        'env.b.d1_databases = [{ binding = "LOGS", migrations_dir = "b" }, { binding = "EVENTS" }]\n'
    )
    with pytest.raises(InputError, match="the environments a, b each have a database LOGS"):
        choose(Options(databases=("LOGS",)))
    assert str(only(Options(databases=("EVENTS",))).migrations) == "migrations"


def test_the_environment_without_a_name() -> None:
    """An empty --env is the top level, as wrangler's is."""
    chain("migrations")
    write(wrangler_toml=FRESH_ENVIRONMENT)
    assert squasher("squash", "--env", "").code == 0
    assert squasher("databases", "--env=").out == squasher("databases").out


def test_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """CLOUDFLARE_ENV counts where --env says nothing, as for wrangler, if it names one with a database."""
    write(wrangler_toml=FRESH_ENVIRONMENT)
    monkeypatch.setenv("CLOUDFLARE_ENV", "fresh")
    assert str(only().migrations) == "migrations-fresh"
    assert only(Options(environment="staging")).name == "DB (app-staging)"
    assert only(Options(environment="")).name == "DB (app-db)"
    monkeypatch.setenv("CLOUDFLARE_ENV", "of-another-worker")
    assert only().name == "DB (app-db)"


def test_another_profile_of_the_command_line() -> None:
    """It keeps what is configured beside it: the budget, and wrangler's name of the ledger."""
    write(wrangler_toml=TWO, squasher_toml='profile = "sqlite"\nmax-steps = 7\n')
    found = only(Options(databases=("LOGS",), profile="d1"))
    assert (found.profile.name, found.profile.ledger, found.profile.max_steps) == ("d1", "done", 7)


def test_one_name_in_two_chains() -> None:
    """A source d1:NAME that two environments have, each with its own chain, asks for --env."""
    write(
        wrangler_toml='env.a.d1_databases = [{ binding = "DB", migrations_dir = "a" }]\n'
        'env.b.d1_databases = [{ binding = "DB", migrations_dir = "b" }]\n'
    )
    chain("a")
    chain("b")
    done = squasher("show", "d1:DB")
    assert (done.code, done.out) == (2, "")
    assert (
        "the environments a, b each have a database d1:DB\nhelp: Name one of them with --env.\n" in done.err
    )


def test_an_unknown_environment() -> None:
    """It is an error with a suggestion."""
    write(wrangler_toml=FRESH_ENVIRONMENT)
    with pytest.raises(InputError, match="no D1 database in an environment stagin") as caught:
        choose(Options(environment="stagin"))
    assert caught.value.hint == "Is it staging?"


def test_a_database_by_name() -> None:
    """A binding and a name are both taken; an unknown one is an error with a suggestion."""
    write(wrangler_toml=TWO)
    assert only(Options(databases=("LOGS",))) == only(Options(databases=("logs-db", "LOGS")))
    with pytest.raises(InputError, match="no D1 database log-db") as caught:
        choose(Options(databases=("log-db",)))
    assert caught.value.hint == "Is it logs-db?"


def test_squashers_own_settings() -> None:
    """They go before what wrangler says: for all databases, and for one."""
    write(
        wrangler_toml=TWO,
        pyproject_toml="[tool.squasher]\n"
        'ignore = ["cache_*"]\nmax-steps = 5\n'
        "[tool.squasher.databases.LOGS]\n"
        'fresh = "logs.sql"\nprofile = "sqlite"\nignore = []\n'
        '[tool.squasher.databases.app-db.groups]\nPeople = ["users"]\n"And more" = ["event_*", "goals"]\n',
    )
    (app,) = choose(Options(databases=("DB",))).targets
    (logs,) = choose(Options(databases=("LOGS",))).targets
    assert app.groups == (Group("People", ("users",)), Group("And more", ("event_*", "goals")))
    assert (app.ignored, logs.ignored) == (("cache_*",), ())
    assert (str(logs.fresh), logs.profile.name, logs.profile.ledger) == ("logs.sql", "sqlite", None)
    assert (app.profile.max_steps, logs.profile.max_steps) == (5, 5)


def test_a_database_that_wrangler_does_not_know() -> None:
    """A table with migrations of its own is one more chain, with or without wrangler."""
    write(squasher_toml='profile = "sqlite"\n[databases.app]\nmigrations = "sql"\npattern = "*.up.sql"\n')
    found = only()
    assert (found.name, str(found.migrations), found.pattern) == ("app", "sql", "*.up.sql")
    assert found.profile.name == "sqlite"


def test_squasher_toml_goes_before_pyproject() -> None:
    """In one directory squasher.toml counts."""
    write(squasher_toml='migrations = "a"\n', pyproject_toml='[tool.squasher]\nmigrations = "b"\n')
    assert str(only().migrations) == "a"


@pytest.mark.parametrize(
    "text",
    [
        '[tool.squasher]\nmigrations = "b"\n',
        'tool.squasher.migrations = "b"\n',
        '[tool]\nsquasher = { migrations = "b" }\n',
        '[ tool ]\n[ tool . squasher ]\nmigrations = "b"\n',
        '[ tool ]\n\n"squasher".migrations = "b"\n',
    ],
)
def test_every_spelling_of_the_table(text: str) -> None:
    """TOML has many ways to write a table, and none is overlooked."""
    write(pyproject_toml=text)
    assert str(only().migrations) == "b"


def test_a_pyproject_of_others() -> None:
    """A project of Python's without a table of ours is no configuration, whatever else is wrong with it."""
    write(pyproject_toml='[project]\nname = "squasher-user"\nbroken =\n')
    assert str(only().migrations) == "migrations"


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ('profil = "d1"\n', "there is no setting profil", "Is it profile?"),
        ("max_steps = 1\n", "there is no setting max_steps", "Is it max-steps?"),
        ('[databases.DB]\nfrish = "x"\n', "there is no setting databases.DB.frish", "Is it fresh?"),
        ('[database.DB]\nfresh = "x"\n', "there is no setting database", "Is it databases?"),
        ('profile = "d2"\n', "profile: no profile d2", "Choose one of d1, sqlite."),
        ("profile = 1\n", "profile is not a string", None),
        ("max-steps = 0\n", "max-steps is not a number from 1", None),
        ("max-steps = true\n", "max-steps is not a number from 1", None),
        ('ignore = "a"\n', "ignore is not a list", 'Write it like ["one", "other"].'),
        ("ignore = [1]\n", "ignore[0] is not a string", None),
        ("groups = []\n", "groups is not a table", None),
        ('[databases.LOG]\nfresh = "x"\n', "there is no database LOG", "Is it LOGS?"),
        ('fresh = "x"\n', "one setting fresh cannot be that of 2 databases", None),
        ('migrations = "x"\n', "one setting migrations cannot be that of 2 databases", None),
        (
            "x = \n",
            "squasher.toml: Invalid value",
            'Write it as TOML: key = "text", or key = ["one", "other"].',
        ),
    ],
)
def test_a_setting_that_is_wrong(text: str, says: str, hint: str | None) -> None:
    """The error names the file, the key, and what may have been meant."""
    write(wrangler_toml=TWO, squasher_toml=text)
    with pytest.raises(InputError) as caught:
        choose(Options())
    assert caught.value.message.startswith("squasher.toml: ")
    assert says in caught.value.message
    assert hint is None or caught.value.hint == hint


def test_options_go_before_the_files() -> None:
    """A fresh file, a profile and a budget of the command line count."""
    write(squasher_toml='migrations = "a"\nfresh = "b.sql"\nprofile = "sqlite"\nmax-steps = 7\n')
    found = only(Options(fresh="c.sql", profile="d1", max_steps=9))
    assert (str(found.fresh), found.profile.name, found.profile.max_steps) == ("c.sql", "d1", 9)


def test_a_directory_of_the_command_line() -> None:
    """It is the configured chain when there is one, with all its settings; else one without settings."""
    write(wrangler_toml=TWO, squasher_toml='ignore = ["x"]\n')
    known = only(Options(migrations="./db/../db/logs"))
    assert (known.name, known.profile.ledger, known.ignored) == ("LOGS (logs-db)", "done", ("x",))
    other = only(Options(migrations="elsewhere"))
    assert (other.name, str(other.migrations), other.ignored) == ("", "elsewhere", ())
    with pytest.raises(InputError, match="name the same thing"):
        choose(Options(migrations="db/logs", databases=("DB",)))


def test_a_named_configuration() -> None:
    """--config replaces the file of its kind."""
    write(wrangler_toml=TWO, other__wrangler_toml='d1_databases = [{ binding = "X" }]\n')
    write(other__squasher_toml='fresh = "f.sql"\n')
    found = only(Options(config="other/wrangler.toml"))
    assert (found.name, str(found.migrations)) == ("X", "other/migrations")
    with pytest.raises(InputError, match="one setting fresh"):
        choose(Options(config="other/squasher.toml"))
    with pytest.raises(InputError, match=r"nowhere.toml does not exist"):
        choose(Options(config="nowhere.toml"))


def test_two_chains_with_one_fresh_file() -> None:
    """They would overwrite each other's: an error that names both."""
    write(
        squasher_toml='[databases.a]\nmigrations = "a"\nfresh = "x/f.sql"\n'
        '[databases.b]\nmigrations = "b"\nfresh = "x/../x/f.sql"\n'
    )
    with pytest.raises(InputError, match="fresh file of both a and b"):
        choose(Options())


@pytest.mark.parametrize("fresh", ["", 'fresh = "db/out/fresh.sql"'])
def test_a_fresh_file_that_would_be_a_migration(fresh: str, project: Path) -> None:
    """Where the pattern would find it, wrangler would apply it: an error, and nothing is written."""
    chain("db/a")
    write(squasher_toml=f'migrations = "{"db" if fresh else "."}"\npattern = "**/*.sql"\n{fresh}\n')
    before = sorted(project.rglob("*"))
    done = squasher("squash")
    assert (done.code, done.out) == (2, "")
    assert "would be a migration of " in done.err
    assert sorted(project.rglob("*")) == before


def test_a_database_without_migrations() -> None:
    """Among others it is left out with a note; named, or alone, its directory is missing."""
    write(wrangler_toml=TWO)
    chain("db/app")
    found = choose(Options())
    assert [one.name for one in found.targets] == ["DB (app-db)"]
    assert found.notes == ("LOGS (logs-db) has no migrations: db/logs/ does not exist",)
    assert squasher("squash", "--stdout").out.startswith("-- The complete schema of migration 0001_a.\n")
    assert squasher("squash").out.startswith("DB (app-db)\nreplayed ")
    (told,) = json.loads(squasher("check", "--format", "json").out)
    assert told["database"] == "DB (app-db)"
    done = squasher("check", "--database", "LOGS")
    assert (done.code, done.out) == (2, "")
    assert "db/logs/ does not exist" in done.err


def test_several_databases_in_one_run() -> None:
    """Each is worked on and named; the exit code is that of the worst."""
    write(wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs", "CREATE TABLE entries (a);\n")
    done = squasher("squash")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("DB (app-db)\nreplayed   1 migration, 0001\n")
    assert "\n\nLOGS (logs-db)\nreplayed   1 migration, 0001\n" in done.out
    assert "INSERT OR IGNORE INTO done (name)" in Path("db/logs-fresh/0001_complete_schema.sql").read_text(
        "utf-8"
    )
    assert squasher("check").code == 0
    Path("db/app/0002_b.sql").write_text("ALTER TABLE t ADD b;\n", encoding="utf-8")
    different = squasher("check", "--format", "json")
    assert different.code == 1
    told = {one["database"]: one["result"] for one in json.loads(different.out)}
    assert told == {"DB (app-db)": "different", "LOGS (logs-db)": "equivalent"}
    one = squasher("check", "--database", "LOGS")
    assert (one.code, one.out.count("\n")) == (0, 1)


@pytest.mark.parametrize("ledger", ['it\'s "the" ledger; --', "select", "D1_Migrations"])
def test_a_ledger_of_any_name(ledger: str) -> None:
    """Whatever migrations_table is, wrangler writes it in quotes: the chain runs and its file is checked."""
    chain("migrations")
    entry = {"binding": "DB", "migrations_table": ledger}
    write(wrangler_json=json.dumps({"d1_databases": [entry]}))
    assert squasher("squash").code == 0
    checked = squasher("check", "--exact")
    assert (checked.code, checked.err) == (0, "")


def test_what_fails_for_one_database_does_not_stop_the_others() -> None:
    """Its error names it, the other is done, and the exit code is 2."""
    write(wrangler_toml=TWO)
    chain("db/app", "CREATE TABLE t (a;\n")
    chain("db/logs")
    done = squasher("squash")
    assert done.code == 2
    assert done.err.startswith("error: DB (app-db): db/app/0001_a.sql:1: ")
    assert done.out.startswith("LOGS (logs-db)\n")
    assert Path("db/logs-fresh/0001_complete_schema.sql").exists()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("squash", "--stdout"), "--stdout is"),
        (("squash", "--to", "1"), "--to is"),
        (("history", "--to", "1"), "--to is"),
        (("build", "app.sqlite"), "squasher build is"),
        (("diff", "--from", "1", "--to", "1"), "--from and --to are"),
        (("diff", "--from", "1"), "--from is"),
    ],
)
def test_what_makes_sense_for_one_database_only(arguments: tuple[str, ...], what: str) -> None:
    """It says what does, and asks which one is meant."""
    write(wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs")
    done = squasher(*arguments)
    assert (done.code, done.out) == (2, "")
    which = "DB (app-db), LOGS (logs-db)\nhelp: Name it with --database.\n"
    assert done.err == f"error: {what} for one database, and there are {which}"
    named = squasher(*arguments, "--database", "DB")
    assert "--database" not in named.err


def test_databases_are_listed() -> None:
    """Where each comes from, what it has, and which environments there are beside it."""
    write(wrangler_toml=FRESH_ENVIRONMENT, squasher_toml='ignore = ["cache"]\n')
    chain("migrations")
    done = squasher("databases")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "DB (app-db)\n"
        "  migrations     migrations/*.sql · 1 file, 0001\n"
        "  fresh file     migrations-fresh/0001_complete_schema.sql · not written yet\n"
        "  profile        d1\n"
        "  ledger         d1_migrations\n"
        "  ignored        cache\n"
        f"  local state    {STATE}/{HASH}.sqlite · not there\n"
        "  shared with    DB (app-staging) in env staging\n"
        "\n"
        "env fresh: DB (app-db)\n"
        "  migrations     migrations-fresh/*.sql · migrations-fresh/ does not exist\n"
        "  installs       the fresh file of DB (app-db)\n"
        "  profile        d1\n"
        "  ledger         d1_migrations\n"
        "  ignored        cache\n"
        f"  local state    {STATE}/{HASH}.sqlite · not there\n"
        "\n"
        "from wrangler.toml and squasher.toml\n"
    )
    told = json.loads(squasher("databases", "--format", "json").out)
    assert [(one["name"], one["environment"], one["files"]) for one in told["databases"]] == [
        ("DB (app-db)", None, 1),
        ("DB (app-db)", "fresh", 0),
    ]


def test_nothing_to_list() -> None:
    """Without configuration it says what squasher looks for."""
    done = squasher("databases")
    assert done.code == 0
    assert done.out.startswith("migrations\n  migrations     migrations/*.sql · migrations/ does not exist\n")
    assert done.out.endswith("\nnothing is configured: this is what squasher looks for\n")


def test_a_diff_means_the_chain_that_it_names(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory of a chain brings its settings; a revision alone is that of every chain."""
    write(wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs", "CREATE TABLE entries (a);\n")
    isolate(monkeypatch)
    Repository.new(project).commit({})
    Path("db/logs/0002_b.sql").write_text("ALTER TABLE entries ADD b;\n", encoding="utf-8")
    one = squasher("diff", "git:HEAD:db/logs", "db/logs")
    assert one.out.startswith("entries\n  + column b ")
    both = squasher("diff", "git:HEAD")
    assert both.out.startswith("LOGS (logs-db)\nentries\n  + column b ")
    assert both.err == "DB (app-db): no difference between git:HEAD:db/app/ (0001) and db/app/ (0001)\n"
    told = json.loads(squasher("diff", "--format", "json").out)
    assert [(one["database"], len(one["changes"])) for one in told] == [
        ("DB (app-db)", 0),
        ("LOGS (logs-db)", 1),
    ]


def test_names_of_databases_are_only_names() -> None:
    """In a report that GitHub shows the name of a database is neither markup nor a mention."""
    chain("a")
    chain("b")
    names = ["<img src=x>", "@team [x](https://example.org) `y"]
    entries = [{"binding": name, "migrations_dir": place} for name, place in zip(names, "ab", strict=True)]
    write(wrangler_json=json.dumps({"d1_databases": entries}))
    assert squasher("squash").code == 0
    shown = squasher("check", "--format", "markdown").out
    heads = [line for line in shown.split("\n") if line.startswith("## `")]
    assert heads == ["## `<img src=x>`", "## ``@team [x](https://example.org) `y``"]


def test_one_page_for_several_databases() -> None:
    """The HTML format says of each what it is, and no anchor is there twice."""
    write(wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs", "CREATE TABLE entries (a);\n")
    assert squasher("squash").code == 0
    for folder in ("db/app", "db/logs"):
        Path(folder, "0002_b.sql").write_text("CREATE TABLE more (a);\n", encoding="utf-8")
    done = squasher("check", "--format", "html")
    assert done.code == 1
    assert done.out.count("<html") == done.out.count("<main>") == 1
    assert '<p class="database">DB (app-db)</p>' in done.out
    assert '<p class="database">LOGS (logs-db)</p>' in done.out
    anchors = [part.partition('"')[0] for part in done.out.split(' id="')[1:]]
    assert len(anchors) == len(set(anchors)) == 4  # the table and the ledger of each


def test_a_name_is_looked_for_in_every_chain() -> None:
    """A history is told wherever something is called so, and it is an error where nothing is."""
    write(wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs", "CREATE TABLE entries (a);\n")
    done = squasher("history", "entries")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("LOGS (logs-db)\ntable entries\n")
    nowhere = squasher("history", "nothing")
    assert (nowhere.code, nowhere.out) == (2, "")
    assert nowhere.err.startswith("error: nothing in db/app/ is called nothing\n")


def test_a_chain_that_is_gone() -> None:
    """A fresh file without its chain is no database without migrations: it fails, and the others do not."""
    write(wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs")
    assert squasher("squash").code == 0
    Path("db/logs").rename("db/elsewhere")
    done = squasher("check")
    assert done.code == 2
    assert done.out.startswith("DB (app-db)\n")
    assert "LOGS (logs-db): db/logs/ does not exist" in done.err


def test_which_chain_a_file_is_compared_with() -> None:
    """Of several it is asked for; d1:NAME says it; and nothing is called as nobody wrote it."""
    write(wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs", "CREATE TABLE entries (a);\n")
    assert squasher("build", "logs.sqlite", "--database", "LOGS").code == 0
    for command in ("check", "drift"):
        asked = squasher(command, "logs.sqlite")
        assert (asked.code, asked.out) == (2, "")
        assert asked.err.endswith("help: Name it with --database.\n")
        assert squasher(command, "logs.sqlite", "--database", "LOGS").code == 0
    two = squasher("drift", "d1:DB", "d1:LOGS")
    assert "d1:DB and d1:LOGS have different chains" in two.err
    wrong = squasher("check", "d1:LOG")
    assert "names no D1 database LOG\nhelp: Is it d1:LOGS?\n" in wrong.err


def test_an_empty_copy(project: Path) -> None:
    """A file that holds nothing is said to be empty: its log may have been left behind."""
    chain("migrations")
    (project / "copy.sqlite").touch()
    done = squasher("check", "copy.sqlite")
    assert done.err == "warning: copy.sqlite is empty: was it copied without the -wal file beside it?\n"


def test_an_archive_is_listed() -> None:
    """So that nobody looks for the old migrations in vain."""
    chain("migrations")
    assert squasher("archive").code == 0
    assert "\n  archive        migrations-archive/\n" in squasher("databases").out


def test_severities_that_the_page_shows(repository: Path) -> None:
    """The tables of docs/lint.md are read; that of a database stands in place of the one for all."""
    page = (repository / "docs" / "lint.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- shown: lint.toml -->\n```toml\n")[2].partition("```")[0]
    write(pyproject_toml=shown, wrangler_toml=TWO)
    chain("db/app")
    chain("db/logs")
    app, logs = choose(Options()).targets
    assert app.lint is not None
    assert app.lint.key == "tool.squasher.lint"
    assert app.lint.said == (("SQ6", "warning"), ("SQ602", "off"), ("unused-ignore", "error"))
    assert logs.lint is not None
    assert logs.lint.said == (("SQ3", "warning"),)
    assert all(rules_of(said) for said, _ in (*app.lint.said, *logs.lint.said))
