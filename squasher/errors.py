"""Errors that squasher raises: each says where, what happened and what to do next."""

from __future__ import annotations

from typing import Final

from squasher.sql import printable

_LONGEST: Final = 1000


class SquasherError(Exception):
    """Something that squasher could not do. ``hint`` says what to do next, where that is known."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        # SQLite's messages repeat what strangers wrote, and that may be the rest of a file
        shown = printable(message if len(message) <= _LONGEST else message[:_LONGEST] + "…")
        super().__init__(shown)
        self.message = shown
        self.hint = None if hint is None else printable(hint)

    def diagnostics(self) -> str:
        """The error as a person should read it, over several lines."""
        return self.message if self.hint is None else f"{self.message}\nhelp: {self.hint}"


class InputError(SquasherError):
    """A file or directory that cannot be used as it is."""


class UnknownNameError(InputError):
    """Nothing in a chain is called so."""


class UnsupportedError(SquasherError):
    """Something in the database that a fresh file cannot carry."""


class SqlError(SquasherError):
    """What is wrong with one statement. ``offset`` counts bytes of that text, or is None.

    ``said`` is what SQLite or D1 itself says of it, with its code, where that is known. ``topic`` is the
    rule of the profile that it breaks, such as ``transactions``; '' where it is wrong for any SQLite.
    """

    def __init__(
        self,
        message: str,
        *,
        offset: int | None = None,
        hint: str | None = None,
        said: str | None = None,
        topic: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.offset = offset
        self.said = said
        self.topic = topic


class ReplayError(SquasherError):
    """A statement of a file that failed: where, which, why, and what had been applied before it.

    ``said`` is the target's own message, where the words above are others.
    """

    def __init__(  # noqa: PLR0913 - a report has as many parts
        self,
        message: str,
        *,
        path: str,
        line: int,
        excerpt: str,
        applied: str,
        hint: str | None,
        said: str | None = None,
    ) -> None:
        super().__init__(f"{path}:{line}: {message}", hint=hint)
        self.said = said
        self.path = path
        self.line = line
        self.excerpt = excerpt
        self.applied = printable(applied)

    def diagnostics(self) -> str:
        """The error, the statement with a marker, what was applied before, and the way out."""
        parts = [self.message, self.excerpt, self.applied]
        if self.said is not None:
            parts.append(f"D1 says: {self.said}")
        if self.hint is not None:
            parts.append(f"help: {self.hint}")
        return "\n".join(part for part in parts if part)
