"""Shards: statements of a slice that share no table with its others, so that they run in a database alone.

A CREATE takes as long as the schema is large: many small databases take less time than one. What runs
before the first statement that asks for the time or for chance runs once: other universes start from an
image of what it left.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from squasher.bulk import NOTHING, expanded
from squasher.engine import Database
from squasher.errors import SqlError, SquasherError
from squasher.introspect import contents
from squasher.statements import Stopped
from squasher.universe import utc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from squasher.bulk import Bulk
    from squasher.model import Rows, Snapshot
    from squasher.profiles import Profile
    from squasher.statements import Ran
    from squasher.universe import Universe

Place: TypeAlias = tuple[int, int]
"""A statement: the number of its file, and which one of it."""

_NOT_TOLD: Final = "the first rows do not tell what all of them hold"
_LARGE: Final = 64
"""Statements that have a database of their own: to open one takes longer than to run a few more."""
_NEAR: Final = 256
"""Statements of all files among which few begin together."""


class Found(NamedTuple):
    """What statements gave in one universe."""

    names: set[str]
    """Their tables."""
    rows: tuple[Rows, ...]
    terms: tuple[Rows, ...]
    """Those of their full-text indexes."""
    changes: tuple[int, ...]
    """How many rows each statement changed, of those that ran again; () where nobody counts."""


class File(NamedTuple):
    """The statements of one file that belong to a shard, up to the first that asks, and from there on."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    places: tuple[Place, ...]
    """Of all of them."""


class _Image(NamedTuple):
    """What stood before the first statement that asks, or before its file."""

    file: int
    data: bytes
    inside: bool
    """Whether the statements of the file before that one have run."""


class Shard:
    """Some ``files`` in a database of their own; ``whole`` is the snapshot of all there is."""

    def __init__(
        self, profile: Profile, files: Iterable[File], whole: Snapshot, large: Bulk, *, counted: bool
    ) -> None:
        self.files = tuple(files)
        self._profile = profile
        self._whole = whole
        self._bulk = large
        self._counted = counted
        self._image: _Image | None = None

    def found(self, universe: Universe) -> Found | None:
        """What the statements leave in a universe; None where one fails."""
        # few statements need the profile's own ways, in which alone they are counted
        for plainly in (False,) if self._counted else (True, False):
            with Database(self._profile, universe) as database, utc():
                try:
                    ran = self._replay(database, plainly=plainly)
                    held = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
                    objects = tuple(item for item in self._whole.objects if item.name in held)
                    rows, terms = contents(database, objects)
                    if self._bulk is not NOTHING:
                        rows = self._expanded(database, rows)
                    changes = tuple(one.changes for one in ran) if self._counted else ()
                    return Found({item.name for item in objects}, rows, terms, changes)
                except (Stopped, SquasherError):
                    continue
        return None

    def _expanded(self, database: Database, found: tuple[Rows, ...]) -> tuple[Rows, ...]:
        """All rows of large tables, of which the first ones ran. Raises SqlError where they do not tell."""
        whole = {part.table: part for part in self._whole.rows}
        rows: list[Rows] = []
        for part in found:
            places = self._bulk.columns.get(part.table)
            all_of_it = part if places is None else expanded(database, part, whole[part.table], places)
            if all_of_it is None:
                raise SqlError(_NOT_TOLD)
            rows.append(all_of_it)
        return tuple(rows)

    def _replay(self, database: Database, *, plainly: bool) -> list[Ran]:
        """Run all that has to run again; what is told of it, where it does not run plainly."""
        image, asked = self._image, False
        ran: list[Ran] = []
        if image is not None:
            database.restore(image.data)
        for number, file in enumerate(self.files):
            if image is not None and number < image.file:
                continue
            first = image is None and self._image is None and bool(file.after) and not asked
            # a module keeps to itself what it writes when the transaction ends
            if first and database.virtual and database.plain:
                self._image = _Image(number, database.serialized(), inside=False)
            database.execute("BEGIN")
            if image is not None and number == image.file and image.inside:
                # what a PRAGMA sets is no part of an image
                _run(database, filter(is_pragma, file.before), plainly=plainly)
            else:
                ran += _run(database, file.before, plainly=plainly)
            if first and not database.virtual and database.plain:
                self._image = _Image(number, database.serialized(), inside=True)
            asked = asked or bool(file.after)
            ran += _run(database, file.after, plainly=plainly)
            database.execute("COMMIT")
            database.reset()
        return ran


def _run(database: Database, statements: Iterable[str], *, plainly: bool) -> tuple[Ran, ...]:
    texts = tuple(statements)
    if not texts:
        return ()
    # what a PRAGMA sets, the end of its file takes back, once it was seen
    if not plainly or any(map(is_pragma, texts)):
        return database.run("\n;\n".join(texts))
    database.again("\n;\n".join(texts))
    return ()


def is_pragma(sql: str) -> bool:
    """Whether a statement is a PRAGMA."""
    return sql[:6].lower() == "pragma"


def sliced(files: Sequence[tuple[Ran, ...]], kept: Collection[Place], large: Bulk) -> Iterator[File]:
    """The statements of each file that are ``kept``, with the PRAGMAs beside them."""
    asked = False
    wanted = frozenset(kept)
    for number in sorted({number for number, _ in kept}):
        before: list[str] = []
        after: list[str] = []
        places: list[Place] = []
        for index, ran in enumerate(files[number]):
            if (number, index) in wanted or is_pragma(ran.sql):
                asked = asked or ran.asked_clock or ran.asked_random
                (after if asked else before).append(large.first.get(id(ran)) or ran.sql)
                places.append((number, index))
        yield File(tuple(before), tuple(after), tuple(places))


def apart(
    files: Sequence[tuple[Ran, ...]], kept: Sequence[Place], names: Mapping[Place, Iterable[str]]
) -> list[list[Place]]:
    """The ``kept`` statements, in order, in groups of which no two have one of their ``names`` in common.

    Few statements join others that begin near them: what a later file adds leaves most groups as they are.
    """
    if len(kept) < 2 * _LARGE:
        return [list(kept)]
    above: dict[str, str] = {}

    def top(name: str) -> str:
        """The name that stands for all that are tied to this one."""
        while (up := above.setdefault(name, name)) != name:
            above[name] = name = above[up]
        return name

    tied = {place: tuple(names[place]) or ("",) for place in kept}
    for first, *others in tied.values():
        for other in others:
            above[top(other)] = top(first)
    components: dict[str, list[Place]] = {}
    for place, (name, *_) in tied.items():
        components.setdefault(top(name), []).append(place)
    before = list(accumulate(map(len, files), initial=0))
    alone: list[list[Place]] = []
    groups: dict[int, list[Place]] = {}
    for members in components.values():
        if len(members) < _LARGE:
            number, index = members[0]
            groups.setdefault((before[number] + index) // _NEAR, []).extend(members)
        else:
            alone.append(members)
    return [*alone, *groups.values()]
