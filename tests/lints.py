"""Chains for the rules of lint: one text file a rule in tests/lint_cases/, and the examples of its page.

A file holds cases. ``== finds: TITLE`` and ``== passes: TITLE`` begin one, ``@@ NAME.sql`` a migration of
it, ``@@ NAME.sql crlf`` one with Windows line ends, and ``=> NAME.sql:LINE TEXT`` says what the rule finds:
in which line, and words of its message.

In a case about branches, ``@@ both: NAME.sql`` is a migration from before the branch left main, which has it
too, ``@@ main: NAME.sql`` one that main got since, and ``@@ gone: NAME.sql`` takes one away on the branch.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from squasher.chain import read_chain
from squasher.lint.linter import diagnose
from squasher.lint.reading import read
from squasher.lint.rules import RULES
from squasher.target import target
from tests.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from squasher.lint.diagnostic import Diagnostic, Severity
    from squasher.lint.rule import Rule

CASES = Path(__file__).resolve().parent / "lint_cases"
_SECTIONS = ("## Problem", "## Why it bites", "## Example", "## Way out")


class Case(NamedTuple):
    """A chain, and what a rule is to find in it."""

    title: str
    files: Mapping[str, str]
    expected: tuple[tuple[str, str], ...]
    """``NAME.sql:LINE`` and words of the message, in order."""
    finds: bool


def cases(rule: Rule) -> list[Case]:
    """The cases of a rule. Raises ValueError for a file that is not laid out as it should be."""
    found: list[Case] = []
    name, end = "", "\n"
    for line in (CASES / f"{rule.code}.txt").read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        match mark:
            case "==":
                kind, _, title = rest.partition(": ")
                if kind not in {"finds", "passes"}:
                    message = f"{rule.code}.txt: {line}"
                    raise ValueError(message)
                found.append(Case(title, {}, (), finds=kind == "finds"))
            case "@@":
                name = rest.removesuffix(" crlf")
                end = "\n" if name == rest else "\r\n"
                found[-1] = found[-1]._replace(files={**found[-1].files, name: ""})
            case "=>":
                place, _, words = rest.partition(" ")
                found[-1] = found[-1]._replace(expected=(*found[-1].expected, (place, words)))
            case _:
                files = {**found[-1].files, name: f"{found[-1].files[name]}{line}{end}"}
                found[-1] = found[-1]._replace(files=files)
    return found


def diagnosed(
    directory: Path, files: Mapping[str, str | bytes], rule: Rule, profile: str = "d1"
) -> list[Diagnostic]:
    """What one rule finds in a chain of these files; the rules about ignores see the others met, too."""
    directory.mkdir(parents=True, exist_ok=True)
    if any(": " in name for name in files):
        _branch(directory, files)
        files = {name: content for name, content in files.items() if ": " not in name}
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (directory / name).write_bytes(data)
    aim = target(directory, profile=profile)
    severities: dict[str, Severity] = {
        one.code: "error" if one is rule or rule.code.startswith("SQ9") else "off" for one in RULES
    }
    with contextlib.chdir(directory.parent), read(aim, read_chain(directory)) as study:
        return [one for one in diagnose(study, RULES, severities) if one.code == rule.code]


def _branch(directory: Path, files: Mapping[str, str | bytes]) -> None:
    """Make a repository around a chain, with what main has, and a branch on which a file may be gone."""

    def of(mark: str) -> dict[str, str | bytes]:
        begin = f"{mark}: "
        found = {name.removeprefix(begin): text for name, text in files.items() if name.startswith(begin)}
        return {f"{directory.name}/{name}": text for name, text in found.items()}

    repository = Repository.new(directory.parent)
    repository.commit(of("both"))
    repository.git("branch", "work")
    repository.commit(of("main"))
    repository.git("checkout", "--quiet", "work")
    directory.mkdir(exist_ok=True)
    for name in of("gone"):
        (directory.parent / name).unlink()


def section(rule: Rule, heading: str) -> str:
    """The text under a heading of a rule's page; '' where it has none."""
    return rule.documentation.partition(f"{heading}\n")[2].partition("\n## ")[0].strip()


def sections(rule: Rule) -> tuple[str, ...]:
    """The text under each heading that a page must have."""
    return tuple(section(rule, heading) for heading in _SECTIONS)


def example(rule: Rule, heading: str) -> dict[str, str]:
    """The migrations of the first block of SQL under a heading of a rule's page; {} where there is none.

    A line ``-- NAME.sql`` begins another file.
    """
    _, begins, block = section(rule, heading).partition("```sql\n")
    files: dict[str, str] = {}
    name = "0001_example.sql"
    for line in block.partition("```")[0].splitlines() if begins else ():
        if line.startswith("-- ") and line.endswith(".sql") and " " not in line.removeprefix("-- "):
            name = line.removeprefix("-- ")
            continue
        files[name] = f"{files.get(name, '')}{line}\n"
    return files
