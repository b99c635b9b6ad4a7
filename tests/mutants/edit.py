"""One edit of a fresh file."""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """Text that stands in the fresh file exactly once, what replaces it, and what it is done to."""

    title: str
    old: str
    new: str
    named: str = ""
    """What the check must name; '' for an edit that means nothing."""

    def of(self, text: str) -> str:
        """``text`` after the edit, which must apply in exactly one place."""
        found = text.count(self.old)
        assert found == 1, f"{self.title}: {self.old!r} stands {found} times in the fresh file"
        return text.replace(self.old, self.new)
