"""The sections of a fresh file: which tables belong together, and the headings above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.model import Table, VirtualTable
from squasher.patterns import is_named
from squasher.sql import fold, name_of, significant

if TYPE_CHECKING:
    from squasher.model import Snapshot
    from squasher.target import Group

_REST: Final = "Other tables"


class Section(NamedTuple):
    """Tables by name, and virtual tables in the order of their creation."""

    title: str
    tables: list[Table]
    virtual: list[VirtualTable]


def sections(snapshot: Snapshot, groups: tuple[Group, ...]) -> list[Section]:
    """Each group with the tables that no group before it has, and then a section of all other tables.

    A virtual table stands behind the tables that its text names, in their section if that is a later
    one: FTS4 reads the columns of its content table when it is made (fts3.html, section 6.2.2).
    """
    found = [Section(group.title, [], []) for group in groups]
    found.append(Section(_REST, [], []))
    meant = [[fold(pattern) for pattern in group.tables] for group in groups]
    places: dict[str, int] = {}
    for item in snapshot.of(Table, VirtualTable):
        name = fold(item.name)
        named = (number for number, names in enumerate(meant) if any(is_named(name, one) for one in names))
        places[name] = next(named, len(groups))
    for item in snapshot.objects:
        if isinstance(item, Table):
            found[places[fold(item.name)]].tables.append(item)
        elif isinstance(item, VirtualTable):
            name = fold(item.name)
            places[name] = max(places.get(name_of(token), 0) for token in significant(item.sql))
            found[places[name]].virtual.append(item)
    for section in found:
        section.tables.sort(key=lambda item: (fold(item.name), item.name))
    return found


def unmatched(snapshot: Snapshot, groups: tuple[Group, ...]) -> tuple[str, ...]:
    """For each name or glob of a group that no table has, a sentence."""
    names = [fold(item.name) for item in snapshot.of(Table, VirtualTable)]
    return tuple(
        f"group {group.title}: no table is called {pattern}"
        for group in groups
        for pattern in group.tables
        if not any(is_named(name, fold(pattern)) for name in names)
    )
