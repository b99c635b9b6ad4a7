"""A universe: what a replay sees as the time, as randomness, and as the local time zone."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.model import Value

_INT64: Final = 8
_LARGEST_REAL: Final = 2.0**63
_UNIX_EPOCH: Final = 210_866_760_000_000  # Julian day 2,440,587.5 in milliseconds


class Universe(NamedTuple):
    """A pinned outside world: what a replay sees as the time and as randomness."""

    name: str
    clock: int
    """Milliseconds since noon in Greenwich on November 24, 4714 B.C. (Julian day 0)."""
    seed: int
    antithetic: bool = False
    """Every random bit is the complement of the stream that the seed alone gives."""

    @property
    def day(self) -> str:
        """The date that the clock shows, for messages: ``2032-02-29``."""
        from datetime import UTC, datetime

        return datetime.fromtimestamp((self.clock - _UNIX_EPOCH) / 1000, UTC).date().isoformat()


class Randomness:
    """``random()`` and ``randomblob()`` from a seeded stream, counting the draws."""

    def __init__(self, universe: Universe, length: int) -> None:
        self.draws = 0
        self._seed = universe.seed
        self._antithetic = universe.antithetic
        self._length = length

    def integer(self, *_: Value) -> int:
        """What ``random()`` gives: a signed integer of 64 bits."""
        return int.from_bytes(self.blob(_INT64), "big", signed=True)

    def blob(self, *values: Value) -> bytes:
        """What ``randomblob(n)`` gives: n bytes, at least one. Raises SqlError beyond the length limit."""
        (size,) = values
        count = max(1, size if isinstance(size, int) else _number(size))
        if count > self._length:
            message = "string or blob too big"
            raise SqlError(message, said=f"{message}: SQLITE_TOOBIG")
        # a hash is the same on every machine and Python, and gives any number of bytes
        drawn = hashlib.shake_256(f"{self._seed} {self.draws}".encode()).digest(count)
        self.draws += 1
        return bytes(255 - byte for byte in drawn) if self._antithetic else drawn


def _number(value: Value) -> int:
    """What ``sqlite3_value_int64()`` makes of a value that is no integer."""
    if isinstance(value, float):
        return int(value) if abs(value) < _LARGEST_REAL else 0
    text_value = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    digits = text_value.lstrip()
    sign = digits[:1] if digits[:1] in {"+", "-"} else ""
    digits = digits[len(sign) :]
    end = len(digits) - len(digits.lstrip("0123456789"))
    return int(sign + digits[:end]) if end else 0


@contextmanager
def utc() -> Iterator[None]:
    """'localtime' means UTC while migrations run, as it does on D1, whatever the machine says."""
    old = os.environ.get("TZ")
    if old == "UTC" or not hasattr(time, "tzset"):
        yield
        return
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if old is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = old
        time.tzset()
