"""What tells one diagnostic from all others, and stays when lines move."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from squasher.lint.diagnostic import Report


def fingerprints(report: Report) -> tuple[str, ...]:
    """One for each diagnostic: 64 digits, unique in the report.

    They are made of the rule, the file, the words of the line, and how many like it came before.
    """
    seen: Counter[str] = Counter()
    found: list[str] = []
    for one in report.diagnostics:
        same = "\n".join((one.code, one.path, " ".join(one.source.split())))
        seen[same] += 1
        # a name of a file may be no text
        found.append(sha256(f"{same}\n{seen[same]}".encode(errors="surrogateescape")).hexdigest())
    return tuple(found)
