"""What must hold when a chain is cut and reviewed: the properties of ``diff`` and ``history``."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import note
from hypothesis import strategies as st

from squasher import history
from squasher.chain import read_chain
from squasher.changes import Added, Modified, Removed, renamed
from squasher.commands.diff import Sides, diff
from squasher.errors import UnsupportedError
from squasher.model import Column, Index, Table, Trigger, View, VirtualTable
from squasher.profiles import PROFILES
from squasher.sql import canonical, fold
from tests.generated import oracle
from tests.generated.chains import name
from tests.generated.properties import is_documented, tally
from tests.generated.scratch import ask
from tests.targets import of

if TYPE_CHECKING:
    import apsw
    from hypothesis.strategies import DataObject

    from squasher.comparison import Comparison
    from squasher.episodes import Event
    from squasher.profiles import Profile
    from tests.generated.chains import Chain

_WHOLE = (Table, VirtualTable, View, Trigger)


def cuts_are_told(chain: Chain, data: DataObject) -> None:
    """Diff finds between two cuts what SQLite finds, the same both ways, and names no older cause."""
    with tempfile.TemporaryDirectory() as parent:
        folder = chain.write(Path(parent) / "migrations")
        whole = len(chain.files)
        cut = data.draw(st.integers(1, whole), label="cut")
        tally["chains"] += 1
        forth, back = _between(chain, folder, cut, whole), _between(chain, folder, whole, cut)
        if forth is None or back is None:
            tally["refused"] += 1
            return
        changes = [finding.change for finding in forth.findings]
        note("\n".join(f"{finding.place} {finding.change}" for finding in forth.findings))
        others = [finding.change for finding in back.findings]
        # a rename has other names on the way back, and SQLite may refuse it there
        if all(renamed(change) is None for change in (*changes, *others)):
            assert {change.reverse() for change in changes} == {*others}
        behind = {name(number) for number in range(cut + 1, whole + 1)}
        assert {finding.place.file for finding in forth.findings if finding.place is not None} <= behind
        if not chain.volatile:
            profile = PROFILES[chain.profile]
            ends = [_held(profile, chain.files[:number]) for number in (cut, whole)]
            told = forth.findings or forth.proof.respelled or forth.proof.reasons
            assert (ends[0] != ends[1]) == bool(told)
        tally["proved"] += 1


def _between(chain: Chain, folder: Path, start: int, to: int) -> Comparison | None:
    """A diff of two cuts; None when the chain holds what is documented not to be carried."""
    sides = Sides(str(folder), str(folder), f"{start:04}", f"{to:04}")
    try:
        return diff(sides, of(PROFILES[chain.profile]))
    except UnsupportedError as error:
        if not is_documented(error):
            raise
        return None


def _held(profile: Profile, files: tuple[str, ...]) -> dict[str, object]:
    db = oracle.install(profile, files)
    rows = oracle.contents(db, shadows=False, rowids=False)
    held = {part: Counter(found) if isinstance(found, list) else found for part, found in rows.items()}
    of_header = oracle.settings(db) if profile.settings else None
    found = {**held, "schema": oracle.schema(db), "orders": oracle.orders(db), "settings": of_header}
    db.close()
    return found


def history_is_told(chain: Chain) -> None:
    """The events of a chain, one after the other, make the objects and columns that SQLite has at its end."""
    with tempfile.TemporaryDirectory() as parent:
        folder = chain.write(Path(parent) / "migrations")
        tally["chains"] += 1
        told = history.read(read_chain(folder), PROFILES[chain.profile])
    living: dict[int, str] = {}
    columns: dict[int, dict[str, Column]] = {}
    for episode in told.episodes:
        note("\n".join(f"{event.migration.name}:{event.line} {event.change}" for event in episode.events))
        for event in episode.events:
            _happen(event, living, columns)
        _change_columns(episode.events, columns)
    db = oracle.install(PROFILES[chain.profile], chain.files)
    assert {(told.lives[life].kind, called) for life, called in living.items()} == set(oracle.schema(db))
    for life, held in columns.items():
        found = {(one.name, canonical(one.type), one.not_null) for one in held.values()}
        assert found == _columns(db, living[life])
    db.close()
    tally["proved"] += 1


def _happen(event: Event, living: dict[int, str], columns: dict[int, dict[str, Column]]) -> None:
    """Make, rename or end an object."""
    change = event.change
    element = change.old if isinstance(change, Removed) else change.new
    if not (isinstance(element, _WHOLE) or (isinstance(element, Index) and element.sql is not None)):
        return
    assert (event.life in living) != isinstance(change, Added)
    if isinstance(change, Removed):
        del living[event.life]
        columns.pop(event.life, None)
        return
    living[event.life] = element.name
    if isinstance(change, Added) and isinstance(element, Table):
        columns[event.life] = {fold(column.name): column for column in element.columns}


def _change_columns(events: tuple[Event, ...], columns: dict[int, dict[str, Column]]) -> None:
    """What a migration made of columns, all at once: two may have changed places."""
    changed = [(columns[event.life], event.change) for event in events if event.life in columns]
    for held, change in changed:
        if isinstance(change, Removed | Modified) and isinstance(change.old, Column):
            del held[fold(change.old.name)]
    for held, change in changed:
        if isinstance(change, Added | Modified) and isinstance(change.new, Column):
            assert fold(change.new.name) not in held
            held[fold(change.new.name)] = change.new


def _columns(db: apsw.Connection, table: str) -> set[tuple[str, tuple[str, ...], bool]]:
    found = ask(db, 'SELECT name, type, "notnull" FROM pragma_table_xinfo(?)', (table,))
    return {(column, canonical(kind), bool(needed)) for column, kind, needed in found}
