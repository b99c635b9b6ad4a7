"""The shape of the package: imports run downwards, and only what a call needs is imported."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A module may import from its own layer and from those below it; `imports_of` tells what it does.
LAYERS = {
    # values and text: no input or output, no database
    "version": 0,
    "errors": 0,
    "sql": 0,
    "model": 0,
    "changes": 0,
    "packed": 0,
    "cells": 0,
    "risks": 0,
    "layout": 0,
    "clauses": 0,
    "limited": 0,
    "profiles": 0,
    "patterns": 0,
    # one thing each: the engine, the files, wrangler's text, comparing values, advice
    "universe": 1,
    "authority": 1,
    "budget": 1,
    "statements": 1,
    "engine": 1,
    "chain": 1,
    "names": 1,
    "files": 1,
    "cache": 1,
    "git": 1,
    "dbfile": 1,
    "parallel": 1,
    "progress": 1,
    "d1": 1,
    "wrangler": 1,
    "wrangler_cli": 1,
    "d1state": 1,
    "target": 1,
    "settings": 2,
    "config": 2,
    "choice": 2,
    "manifest": 1,
    "schemadiff": 1,
    "tablediff": 1,
    "hints": 1,
    # running a chain, and reading a database
    "replay": 2,
    "prefixes": 2,
    "rows": 2,
    "watch": 2,
    "schema": 2,
    "introspect": 2,
    "ignored": 2,
    "fulltext": 2,
    # what is made of a replay: provenance, text, volatile cells, the proof
    "provenance": 3,
    "lines": 3,
    "identity": 3,
    "episodes": 3,
    "history": 3,
    "emit": 3,
    "rebuild": 3,
    "sections": 3,
    "transition": 3,
    "guard": 3,
    "view": 3,
    "volatile": 3,
    "choose": 3,
    "reload": 3,
    "probes": 3,
    "bytecode": 3,
    "rowdiff": 3,
    "observe": 3,
    "bulk": 3,
    "shard": 3,
    "slices": 3,
    "inert": 3,
    "sources": 3,
    "remote": 3,
    "live": 3,
    "prove": 3,
    "renames": 3,
    "comparison": 3,
    "lint": 3,
    "commands": 4,
    "render": 5,
    "console": 6,
    "each": 6,
    "run": 6,
    "complete": 6,
    "cli": 6,
    "__main__": 6,
    "__init__": 6,
}


def top(module: str) -> str:
    """The part of the package that a module belongs to: ``squasher.render.text`` gives ``render``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def modules(repository: Path) -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package with its dotted name."""
    for path in sorted((repository / "squasher").rglob("*.py")):
        parts = path.relative_to(repository).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)
        yield name, ast.parse(path.read_text())


def is_for_types(node: ast.stmt) -> bool:
    """Whether a statement is ``if TYPE_CHECKING:``, which runs never."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_of(tree: ast.AST, *, late: bool = True) -> set[str]:
    """The modules that a module imports when it runs; without ``late``, only while it is imported."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not late:
            continue
        elif not (isinstance(node, ast.stmt) and is_for_types(node)):
            found |= imports_of(node, late=late)
    return found


def own_imports(repository: Path, *, late: bool = True) -> dict[str, set[str]]:
    """For each module of the package, the modules of the package that it imports."""
    trees = dict(modules(repository))
    return {
        name: {other for other in imports_of(tree, late=late) if other in trees and other != name}
        for name, tree in trees.items()
    }


def test_every_module_has_a_layer(repository: Path) -> None:
    """A new module is given its place here."""
    assert {top(name) for name, _ in modules(repository)} == set(LAYERS)


def test_imports_run_downwards(repository: Path) -> None:
    """No module imports one of a higher layer."""
    upwards = [
        f"{name} imports {other}"
        for name, others in own_imports(repository).items()
        for other in sorted(others)
        if LAYERS[top(other)] > LAYERS[top(name)]
    ]
    assert upwards == []


def test_imports_have_no_cycles(repository: Path) -> None:
    """No module imports itself by way of others, within a layer either."""
    graph = own_imports(repository)
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " imports ".join([*path[path.index(name) :], name])
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_two_modules_know_the_engine(repository: Path) -> None:
    """The engine, apsw, is imported where SQL runs and where a database file is opened.

    squasher.engine never opens a file, squasher.dbfile never runs what a file says.
    """
    importers = [name for name, tree in modules(repository) if "apsw" in imports_of(tree)]
    assert importers == ["squasher.dbfile", "squasher.engine"]


def test_values_and_text_do_no_input_or_output(repository: Path) -> None:
    """The lowest layer imports no module that reaches outside of the process."""
    outside = {"os", "io", "pathlib", "subprocess", "socket", "sqlite3", "tempfile", "shutil", "time"}
    for name, tree in modules(repository):
        if LAYERS[top(name)] == 0:
            assert not imports_of(tree) & outside, name


def test_patterns_stay_in_the_lexer(repository: Path) -> None:
    """No module but the lexer applies a regular expression."""
    assert [name for name, tree in modules(repository) if "re" in imports_of(tree)] == ["squasher.sql"]


def imported(repository: Path, *arguments: str) -> set[str]:
    """The modules that a call of the command imports, and the packages that they are in."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "squasher", *arguments],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    names = {line.rpartition("|")[2].strip() for line in lines}
    return names | {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["check"], {"sqlglot", "jinja2", "rich", "subprocess", "squasher.git", "squasher.live"}),
        (["squash", "--stdout"], {"sqlglot", "jinja2", "rich"}),
        (["--version"], {"sqlglot", "jinja2", "rich", "apsw", "typer"}),
    ],
    ids=["check", "squash", "version"],
)
def test_a_command_imports_what_it_needs(repository: Path, arguments: list[str], unwanted: set[str]) -> None:
    """Packages that a command does not use are not imported: each would cost a tenth of a second."""
    found = imported(repository, *arguments)
    assert "squasher" in found
    assert not found & unwanted
