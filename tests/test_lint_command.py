"""``squasher lint`` as a process: what is looked at, what is found, exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from squasher.lint.rules import RULES
from squasher.render.lint.page import render
from tests.test_cli import on_a_terminal, run

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.lint.rule import Rule

GOOD = "CREATE TABLE users (id INTEGER PRIMARY KEY);\n"
UNUSED = "-- squasher: ignore SQ202 the runner wants it\nCREATE TABLE roles (id INTEGER PRIMARY KEY);\n"
REFUSED = "BEGIN;\nCREATE TABLE notes (id INTEGER PRIMARY KEY);\nCOMMIT;\n"
FAILS = "CREATE TABLE more (id INTEGER PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\n"


def project(folder: Path, *scripts: str, directory: str = "migrations") -> Path:
    """A project with a chain of these files."""
    (folder / directory).mkdir(parents=True, exist_ok=True)
    for number, script in enumerate(scripts, 1):
        (folder / directory / f"{number:04}_step.sql").write_text(script, encoding="utf-8")
    return folder


def found(folder: Path, *arguments: str) -> list[str]:
    """The codes of what is found, each with the name of its file and the line."""
    _, out, _ = run(folder, "lint", "--format", "json", *arguments)
    return [
        f"{one['code']} {one['path'].rpartition('/')[2][:4]}:{one['line']}"
        for one in json.loads(out)["diagnostics"]
    ]


def test_nothing_is_found(tmp_path: Path) -> None:
    """One line and exit code 0."""
    assert run(project(tmp_path, GOOD), "lint") == (0, "No problems in 1 file.\n", "")


def test_something_is_found(tmp_path: Path) -> None:
    """The findings on standard output, nothing on standard error, exit code 1; the count comes last."""
    code, out, err = run(project(tmp_path, GOOD, REFUSED), "lint")
    assert (code, err) == (1, "")
    assert out.startswith("migrations/0002_step.sql:1:1: SQ202 error transaction-control: ")
    assert out.endswith("\n\n2 errors in 1 of 2 files.\n")


@pytest.mark.parametrize(
    ("scripts", "severity", "expected"),
    [
        ([GOOD, UNUSED], "warning", 1),
        ([GOOD, UNUSED], "error", 0),
        ([GOOD, REFUSED], "warning", 1),
        ([GOOD, REFUSED], "error", 1),
        ([GOOD], "error", 0),
    ],
)
def test_what_makes_it_fail(scripts: list[str], severity: str, expected: int, tmp_path: Path) -> None:
    """Warnings do, unless only errors are to; what is found is shown all the same."""
    project(tmp_path, *scripts)
    code, out, err = run(tmp_path, "lint", "--fail-on", severity)
    assert (code, err) == (expected, "")
    assert ("No problems" in out) == (scripts == [GOOD])


def test_a_chain_that_fails_is_a_finding(tmp_path: Path) -> None:
    """The first statement that fails is an error; the files behind it are read, and that is said."""
    code, out, err = run(project(tmp_path, GOOD, FAILS, GOOD), "lint")
    assert code == 1
    assert "migrations/0002_step.sql:2:1: SQ201 error statement-fails: no such table: nowhere" in out
    assert err == "warning: 0003 was read only: migrations/0002_step.sql fails before\n"


def test_files_with_one_number_that_are_only_read(tmp_path: Path) -> None:
    """A number that stands for two files does not tell them apart: each is named."""
    project(tmp_path, FAILS)
    for name in ("0002_roles.sql", "0002_teams.sql"):
        (tmp_path / "migrations" / name).write_text(GOOD)
    _, _, err = run(tmp_path, "lint")
    assert err == (
        "warning: 0002_roles.sql to 0002_teams.sql were read only: migrations/0001_step.sql fails before\n"
    )


def test_nothing_is_claimed_of_a_chain_that_is_not_there(tmp_path: Path) -> None:
    """The count says that a chain is missing from it, in each format for people."""
    for options in ((), ("--statistics",)):
        code, out, _ = run(tmp_path, "lint", *options)
        assert (code, out) == (2, "No problems in 0 files, and 1 chain could not be read.\n")


def test_a_chain_that_is_not_there(tmp_path: Path) -> None:
    """It could not be looked at: exit code 2, the reason on standard error, and a document that says so."""
    code, out, err = run(tmp_path, "lint", "--format", "json")
    assert code == 2
    assert err.startswith("error: migrations/ does not exist\nhelp: ")
    (failed,) = json.loads(out)["failed"]
    assert failed["message"] == "migrations/ does not exist"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["SQ202 0002:1", "SQ202 0002:3", "SQ901 0003:1"]),
        (("--select", "SQ2"), ["SQ202 0002:1", "SQ202 0002:3"]),
        (("--select", "sq201"), []),
        (("--select", "unused-ignore,SQ201"), []),
        (("--select", "unused-ignore,SQ202"), ["SQ202 0002:1", "SQ202 0002:3", "SQ901 0003:1"]),
        (("--ignore", "SQ9"), ["SQ202 0002:1", "SQ202 0002:3"]),
        (("--ignore", "SQ2", "--ignore", "SQ9"), []),
        (("--select", "SQ2", "--ignore", "transaction-control"), []),
        (("migrations/0003_step.sql",), ["SQ901 0003:1"]),
        (("migrations",), ["SQ202 0002:1", "SQ202 0002:3", "SQ901 0003:1"]),
        (("migrations/0001_step.sql", "migrations/0003_step.sql"), ["SQ901 0003:1"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_rules_and_files_are_chosen(options: tuple[str, ...], expected: list[str], tmp_path: Path) -> None:
    """By codes, beginnings of codes and names; by files and directories. Ignores need their rule asked."""
    project(tmp_path, GOOD, REFUSED, UNUSED)
    assert found(tmp_path, *options) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--select", "SQ299"), "error: there is no rule SQ299\nhelp: Is it SQ2"),
        (("--ignore", "nonsense"), "error: there is no rule nonsense\nhelp: "),
        (("migrations/0009_step.sql",), "error: migrations/0009_step.sql does not exist\nhelp: "),
        (("README.md",), "error: README.md is no migration of the chain\nhelp: "),
        (
            ("--statistics", "--format", "sarif"),
            "error: --statistics has no format sarif\nhelp: Choose one of",
        ),
        (
            ("--select", "transaction-controls"),
            "error: there is no rule transaction-controls\nhelp: Is it transaction-control?",
        ),
        (("--select", "drop_column"), "error: there is no rule drop_column\nhelp: Is it drop-column?"),
        (("--explain", "SQ299"), "error: there is no rule SQ299\nhelp: Is it SQ2"),
        (
            ("--explain", "transaction-controls"),
            "error: there is no rule transaction-controls\nhelp: Is it tr",
        ),
        (
            ("--explain", "sq5"),
            "error: sq5 is a group: each rule has a page\nhelp: Choose one of SQ501, SQ502.\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_not_there(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """An error and a way out on standard error, exit code 2, nothing on standard output."""
    project(tmp_path, GOOD)
    (tmp_path / "README.md").touch()
    code, out, err = run(tmp_path, "lint", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)


@pytest.mark.parametrize("arguments", [("--fail-on", "off"), ("--format", "xml"), ("--nonsense",)])
def test_wrong_usage(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Usage errors are told on standard error, with exit code 2."""
    code, out, err = run(project(tmp_path, GOOD), "lint", *arguments)
    assert (code, out) == (2, "")
    assert arguments[-1] in err


TWO = """\
d1_databases = [
  { binding = "DB", database_name = "app-db", migrations_dir = "db/app" },
  { binding = "LOGS", database_name = "logs-db", migrations_dir = "db/logs" },
]
"""


def test_several_databases(tmp_path: Path) -> None:
    """All are one report; a file chooses its chain, --database one of them; one that fails stops none."""
    project(tmp_path, GOOD, UNUSED, directory="db/app")
    project(tmp_path, REFUSED, directory="db/logs")
    (tmp_path / "wrangler.toml").write_text(TWO, encoding="utf-8")
    code, out, _ = run(tmp_path, "lint")
    assert code == 1
    assert out.endswith("\n2 errors and 1 warning in 2 of 3 files.\n")
    assert found(tmp_path, "--database", "DB") == ["SQ901 0002:1"]
    assert found(tmp_path, "db/logs/0001_step.sql") == ["SQ202 0001:1", "SQ202 0001:3"]
    assert run(tmp_path, "lint", "db/app/0001_step.sql") == (0, "No problems in 1 file.\n", "")
    (tmp_path / "db" / "app" / "0003_step.sql").write_bytes(b"\xff")
    code, out, err = run(tmp_path, "lint")
    assert code == 2
    assert err.startswith("error: DB (app-db): db/app/0003_step.sql")
    assert out.endswith("\n2 errors in 1 of 1 file, and 1 chain could not be read.\n")


def test_severities_are_configured(tmp_path: Path) -> None:
    """A name or a code goes before a beginning of codes, whatever comes first; a database has its own."""
    project(tmp_path, GOOD, REFUSED, UNUSED)
    settings = tmp_path / "squasher.toml"
    settings.write_text('[lint]\nSQ202 = "warning"\nSQ2 = "off"\nSQ9 = "error"\n', encoding="utf-8")
    _, out, _ = run(tmp_path, "lint", "--statistics")
    assert [line.split()[1:3] for line in out.splitlines()[:2]] == [["SQ202", "warning"], ["SQ901", "error"]]
    settings.write_text('[lint]\nSQ2 = "off"\nunused-ignore = "off"\n', encoding="utf-8")
    assert run(tmp_path, "lint")[0] == 0
    # named on the command line, a rule that is off is a warning
    _, out, _ = run(tmp_path, "lint", "--statistics", "--select", "SQ202")
    assert out.splitlines()[0].split()[1:3] == ["SQ202", "warning"]
    settings.write_text(
        '[databases.x]\nmigrations = "migrations"\nlint = { SQ2 = "off" }\n', encoding="utf-8"
    )
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            'lint = "off"',
            "error: squasher.toml: lint is not a table\n",
        ),
        (
            '[lint]\nSQ202 = "info"',
            (
                "error: squasher.toml: lint.SQ202 is none of error, warning, off\n"
                'help: Write it like SQ601 = "warning".\n'
            ),
        ),
        (
            '[lint]\nSQ299 = "off"',
            "error: squasher.toml: lint: there is no rule SQ299\n",
        ),
    ],
)
def test_a_configuration_that_is_wrong(said: str, message: str, tmp_path: Path) -> None:
    """The file and the key are named; exit code 2."""
    project(tmp_path, GOOD)
    (tmp_path / "squasher.toml").write_text(said, encoding="utf-8")
    code, out, err = run(tmp_path, "lint")
    assert (code, out) == (2, "")
    assert err.startswith(message)


def test_statistics(tmp_path: Path) -> None:
    """Counts stand in place of the findings, with the same exit code."""
    code, out, err = run(project(tmp_path, GOOD, REFUSED, UNUSED), "lint", "--statistics")
    assert (code, err) == (1, "")
    assert out == (
        "2  SQ202  error    transaction-control\n"
        "1  SQ901  warning  unused-ignore\n"
        "\n"
        "2 errors and 1 warning in 2 of 3 files.\n"
    )


@pytest.mark.parametrize("said", ["SQ202", "sq202", "transaction-control"])
def test_explain(said: str, tmp_path: Path) -> None:
    """The page of a rule as Markdown, by code or name; no chain is needed for it."""
    code, out, err = run(tmp_path, "lint", "--explain", said)
    assert (code, err) == (0, "")
    assert out.startswith("# SQ202 transaction-control\n\nA migration that begins or ends a transaction.\n")
    assert "\n## Way out\n```sql\n" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_explain_every_rule(rule: Rule) -> None:
    """Each page says how the rule is set, and which profiles it is for."""
    page = render(rule)
    assert page.startswith(f"# {rule.code} {rule.name}\n")
    assert f"\n- Ignore: `-- squasher: ignore {rule.code} REASON`" in page
    assert all(profile in page for profile in rule.profiles)


def test_explain_on_a_terminal(tmp_path: Path) -> None:
    """There the marks of Markdown become colours, and lines keep to its width; with NO_COLOR they stay."""
    shown = on_a_terminal(tmp_path, "lint", "--explain", "SQ202", COLUMNS="60")
    assert "SQ202 transaction-control" in shown
    assert "\x1b[" in shown
    assert "```" not in shown
    assert "##" not in shown
    plain = on_a_terminal(tmp_path, "lint", "--explain", "SQ202", NO_COLOR="1")
    assert "\x1b" not in plain
    assert "## Way out" in plain


def test_paths_from_the_root_of_a_repository(tmp_path: Path) -> None:
    """In a subdirectory, --relative-to says what a platform expects; without it they are as they were."""
    project(tmp_path, GOOD, REFUSED, directory="backend/migrations")
    folder = tmp_path / "backend"
    _, out, _ = run(folder, "lint", "--format", "github")
    assert "::error file=migrations/0002_step.sql," in out
    _, out, _ = run(folder, "lint", "--format", "github", "--relative-to", "..")
    assert "::error file=backend/migrations/0002_step.sql," in out
