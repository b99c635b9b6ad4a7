"""Completion: what a shell offers at the TAB key, asked as shells ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from squasher.lint.rules import GROUPS, RULES
from squasher.profiles import PROFILES
from squasher.render import HISTORIES, LINTS, RENDERERS

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parent.parent
CODES: Final = [rule.code for rule in RULES]
TWO: Final = """\
d1_databases = [
  { binding = "DB", database_name = "app-db", migrations_dir = "db/app" },
  { binding = "LOGS", database_name = "logs-db", migrations_dir = "db/logs" },
]
[env.staging]
d1_databases = [{ binding = "STAGE", database_name = "app-staging" }]
"""
HOSTILE: Final = r'a\\$(touch pwned)`touch pwned`; "x" *'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with two databases, and a directory with the command in it."""
    (tmp_path / "wrangler.toml").write_text(TWO, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "squasher"
    command.write_text(
        f"#!{sys.executable}\nfrom squasher.__main__ import main\nmain()\n",
        encoding="utf-8",
    )
    command.chmod(0o755)
    return tmp_path


def shell(folder: Path, *command: str, **variables: str) -> str:
    """What a process prints that finds the command by its name; nothing on standard error."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


BASH: Final = """
eval "$(_SQUASHER_COMPLETE=source_bash squasher)"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_squasher_completion squasher
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(folder: Path, *words: str) -> list[str]:
    """What bash offers for the last of the words, by the script that it is given."""
    return shell(folder, "bash", "--norc", "-c", BASH, "bash", "squasher", *words).splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("li",), ["lint"]),
        (("lint", "--expl"), ["--explain"]),
        (("lint", "--explain", ""), CODES),
        (("lint", "--explain", "SQ9"), [code for code in CODES if code.startswith("SQ9")]),
        (("lint", "--select", ""), [*GROUPS, *CODES]),
        (("lint", "--select", "SQ3,SQ20"), [f"SQ3,{code}" for code in CODES if code.startswith("SQ20")]),
        (("lint", "--format", ""), list(LINTS)),
        (("lint", "--format", "g"), [name for name in LINTS if name.startswith("g")]),
        (("lint", "--fail-on", ""), ["error", "warning"]),
        (("check", "--format", ""), list(RENDERERS)),
        (("history", "--format", ""), list(HISTORIES)),
        (("squash", "--profile", ""), list(PROFILES)),
        (("squash", "--database", ""), ["DB", "LOGS", "app-db", "logs-db"]),
        (("squash", "--database", "L"), ["LOGS"]),
        (("squash", "--env", "staging", "--database", ""), ["STAGE", "app-staging"]),
        (("squash", "--config", "nowhere.toml", "--database", ""), []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_bash(words: Sequence[str], expected: list[str], folder: Path) -> None:
    """A real bash, with the script that squasher gives it, offers these."""
    assert [word for word in offered(folder, *words) if word] == expected


def test_a_configuration_that_cannot_be_read_offers_nothing(folder: Path) -> None:
    """Nothing is said at the TAB key; the command itself will say what is wrong."""
    (folder / "wrangler.toml").write_text("d1_databases = [", encoding="utf-8")
    assert offered(folder, "squash", "--database", "") == [""]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_each_shell_is_given_a_script(name: str, folder: Path) -> None:
    """The script names the command, and the variable by which it asks."""
    script = shell(folder, "squasher", _SQUASHER_COMPLETE=f"source_{name}")
    assert f"_SQUASHER_COMPLETE=complete_{name}" in script


def test_zsh_and_fish_are_told_what_a_code_means(folder: Path) -> None:
    """They show the name of a rule beside its code."""
    rule = RULES[0]
    asked = {"_TYPER_COMPLETE_ARGS": "squasher lint --explain "}
    zsh = shell(folder, "squasher", _SQUASHER_COMPLETE="complete_zsh", **asked)
    assert f'"{rule.code}":"{rule.name}"' in zsh
    asked["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    fish = shell(folder, "squasher", _SQUASHER_COMPLETE="complete_fish", **asked)
    assert f"{rule.code}\t{rule.name}" in fish.splitlines()


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_names_of_strangers_are_not_run(name: str, folder: Path) -> None:
    """A name that a shell could take for more than a word is not offered: zsh evaluates what it is given."""
    config = f"[databases.'{HOSTILE}']\nmigrations = 'a'\n[databases.plain-1]\nmigrations = 'b'\n"
    (folder / "wrangler.toml").unlink()
    (folder / "squasher.toml").write_text(config, encoding="utf-8")
    said = shell(
        folder,
        "squasher",
        _SQUASHER_COMPLETE=f"complete_{name}",
        _TYPER_COMPLETE_ARGS="squasher check --database ",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        COMP_WORDS="squasher check --database ",
        COMP_CWORD="3",
    )
    assert "plain-1" in said
    assert "touch" not in said


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not on every machine")
def test_zsh_takes_the_script(folder: Path) -> None:
    """A real zsh loads the script and defines its function."""
    load = 'autoload -Uz compinit; compinit -u -D; eval "$(_SQUASHER_COMPLETE=source_zsh squasher)"'
    said = shell(folder, "zsh", "-f", "-c", f"{load}; whence -w _squasher_completion")
    assert said == "_squasher_completion: function\n"


def test_completion_is_installed_for_the_shell_that_runs(folder: Path) -> None:
    """--show-completion prints the script of the shell around it, --install-completion writes it."""
    shown = shell(folder, "bash", "--norc", "-c", "squasher --show-completion; true")
    assert shown.strip() == shell(folder, "squasher", _SQUASHER_COMPLETE="source_bash").strip()
    home = folder / "home"
    home.mkdir()
    said = shell(folder, "bash", "--norc", "-c", "squasher --install-completion; true", HOME=str(home))
    assert said.startswith("bash completion installed in ")
    (script,) = home.glob(".bash_completions/*")
    assert "_SQUASHER_COMPLETE=complete_bash" in script.read_text(encoding="utf-8")
    assert str(script) in (home / ".bashrc").read_text(encoding="utf-8")
