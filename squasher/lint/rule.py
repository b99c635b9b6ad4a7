"""What a rule is: a code, a name, a default severity, and a function that reads a study."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.lint.diagnostic import Related

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from squasher.chain import Migration
    from squasher.lint.diagnostic import Severity
    from squasher.lint.study import Study

EVERY: Final = frozenset({"d1", "sqlite"})
ONLY_D1: Final = frozenset({"d1"})


class Span(NamedTuple):
    """A part of a file: the characters from ``start`` up to, and without, ``end``."""

    migration: Migration
    start: int = 0
    end: int = 0

    def related(self, text: str) -> Related:
        """The line at which it begins, for a diagnostic that speaks of it."""
        return Related(self.migration.path, self.migration.text.count("\n", 0, self.start) + 1, text)


class Violation(NamedTuple):
    """What a rule found, and where."""

    span: Span
    message: str
    """What is wrong: it names the object, and has no full stop at its end."""
    help: str
    """What to do: a sentence that begins with a verb."""
    related: tuple[Related, ...] = ()


class Rule(NamedTuple):
    """One rule. The docstring of the module that defines it is its documentation page."""

    code: str
    name: str
    severity: Severity
    """Unless the configuration says otherwise."""
    check: Callable[[Study], Iterable[Violation]]
    profiles: frozenset[str] = EVERY
    """Under which profiles it makes sense."""
    topic: str = ""
    """Which refusals of the engine it speaks of: ``SqlError.topic``."""
    rehearses: bool = False
    """Whether it asks what the rehearsal saw."""
    of_ignores: bool = False
    """Whether it asks which ignores were met."""

    @property
    def documentation(self) -> str:
        """The page: Markdown, whose first line says what the rule finds."""
        return (sys.modules[self.check.__module__].__doc__ or "").strip()

    @property
    def summary(self) -> str:
        """What the rule finds, in one sentence without a full stop at its end."""
        return self.documentation.partition("\n")[0].removesuffix(".")
