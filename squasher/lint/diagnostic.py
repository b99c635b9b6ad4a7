"""What lint says of a chain, as values."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from squasher.errors import SquasherError

Severity: TypeAlias = Literal["error", "warning", "off"]


class Related(NamedTuple):
    """A line elsewhere that a diagnostic speaks of."""

    path: str
    line: int
    text: str
    """What is there, such as ``made here``."""


class Diagnostic(NamedTuple):
    """One problem, at its place. Lines and columns count from 1, columns in characters."""

    code: str
    name: str
    """The rule's name, such as ``file-name``."""
    severity: Literal["error", "warning"]
    path: str
    """The file, as the user would write it."""
    line: int
    column: int
    end_line: int
    end_column: int
    """Just behind the last character."""
    message: str
    """What is wrong, in one sentence without a full stop at its end."""
    help: str
    """What to do, in a sentence that begins with a verb."""
    source: str
    """The line of the file, without its end; '' for a file that is not there."""
    related: tuple[Related, ...] = ()


class Report(NamedTuple):
    """What lint says of one or more chains."""

    diagnostics: tuple[Diagnostic, ...]
    """By file in the order of the chain, then by place and code."""
    files: int
    """How many files were looked at."""
    warnings: tuple[str, ...] = ()
    failed: tuple[tuple[str, SquasherError], ...] = ()
    """The chains that could not be looked at: the name of the database, and why."""

    def seen_from(self, directory: str) -> Report:
        """The same with the paths of files as they are seen from a directory."""

        def seen(path: str) -> str:
            # the files need not be there, and what a link leads to is not what somebody wrote
            return PurePath(os.path.relpath(path, os.path.realpath(directory))).as_posix()

        return self._replace(
            diagnostics=tuple(
                one._replace(
                    path=seen(one.path),
                    related=tuple(related._replace(path=seen(related.path)) for related in one.related),
                )
                for one in self.diagnostics
            )
        )

    def count(self, severity: Severity) -> int:
        """How many diagnostics are of a severity."""
        return sum(one.severity == severity for one in self.diagnostics)
