"""The rehearsal in a process of its own, beside the reading that tells it of each file that ran."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, TypeAlias

from squasher.lint.rehearsal import Rehearsal, rehearsed
from squasher.lint.study import File, Statement
from squasher.parallel import Fed, feed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.chain import Chain
    from squasher.profiles import Profile

_Place: TypeAlias = tuple[int, int | None]
"""A file, by its number, or one of its statements: what both processes have, and do not send twice."""


class Beside:
    """A rehearsal that runs while its chain is read; where there can be no other process, nothing."""

    def __init__(self, chain: Chain, profile: Profile) -> None:
        self._fed: Fed | None = feed(lambda pieces: _rehearse(chain, profile, pieces))

    def put(self, file: File) -> None:
        """Tell it of the next file that ran."""
        if self._fed is not None:
            self._fed.put(pickle.dumps(file, pickle.HIGHEST_PROTOCOL))

    def result(self, files: Sequence[File]) -> Rehearsal | None:
        """What was seen, told of ``files``, which were put; None where the process does not deliver it."""
        fed, self._fed = self._fed, None
        delivered = None if fed is None else fed.result()
        if delivered is None:
            return None
        found = _Reader(io.BytesIO(delivered), files).load()
        return found if isinstance(found, Rehearsal) else None

    def stop(self) -> None:
        """Nobody waits for it any more."""
        fed, self._fed = self._fed, None
        if fed is not None:
            fed.stop()


def _rehearse(chain: Chain, profile: Profile, pieces: Iterator[bytes]) -> bytes:
    """The life of the other process."""
    files: list[File] = []

    def told() -> Iterator[File]:
        for piece in pieces:
            files.append(pickle.loads(piece))  # noqa: S301 - written by this very program
            yield files[-1]

    seen = rehearsed(chain, profile, told())
    out = io.BytesIO()
    _Writer(out, files).dump(seen)
    return out.getvalue()


class _Writer(pickle.Pickler):
    """Writes files and their statements as the places at which the other process has them."""

    def __init__(self, out: io.BytesIO, files: Sequence[File]) -> None:
        super().__init__(out, pickle.HIGHEST_PROTOCOL)
        self._places: dict[int, _Place] = {}
        for number, file in enumerate(files):
            self._places[id(file)] = number, None
            for index, statement in enumerate(file.statements):
                self._places[id(statement)] = number, index

    def persistent_id(self, item: object) -> _Place | None:
        """The place of an object; None for one to be written."""
        return self._places[id(item)] if isinstance(item, File | Statement) else None


class _Reader(pickle.Unpickler):
    """Reads what a _Writer wrote."""

    def __init__(self, data: io.BytesIO, files: Sequence[File]) -> None:
        super().__init__(data)
        self._files = files

    def persistent_load(self, place: _Place) -> File | Statement:
        """The object at a place."""
        number, index = place
        file = self._files[number]
        return file if index is None else file.statements[index]
