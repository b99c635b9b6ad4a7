"""The schema that a chain leaves, for the rules about its quality: what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from squasher.changes import Added
from squasher.engine import Database
from squasher.errors import SquasherError
from squasher.lint.rule import Span
from squasher.model import EMPTY, Index, Table, Trigger, kind_of
from squasher.reload import build
from squasher.sql import fold
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from squasher.changes import Element
    from squasher.lint.study import Study
    from squasher.model import SchemaObject, Snapshot


def final(study: Study) -> Snapshot:
    """What a new installation would hold; nothing where the chain does not run to its end.

    What the files behind the failure would have mended, nobody can say. Nor is there anything to say here
    of a schema that no fresh file can carry: `squasher squash` tells why.
    """
    return study.once(_final)


def _final(study: Study) -> Snapshot:
    try:
        return study.schema if study.complete else EMPTY
    except SquasherError:
        return EMPTY


def tables(study: Study) -> tuple[Table, ...]:
    """The ordinary tables of the final schema, in the order of their creation."""
    return tuple(item for item in final(study).objects if isinstance(item, Table))


def by_name(study: Study) -> Mapping[str, SchemaObject]:
    """The tables, virtual tables and views of the final schema, by folded name."""
    return study.once(_by_name)


def _by_name(study: Study) -> dict[str, SchemaObject]:
    return {fold(item.name): item for item in final(study).objects if not isinstance(item, Index | Trigger)}


def indexes(study: Study, table: Table) -> tuple[Index, ...]:
    """Every index of a table: those of its constraints first, then its own in the order of creation."""
    return (*table.constraint_indexes, *study.once(_indexes).get(fold(table.name), ()))


def _indexes(study: Study) -> dict[str, list[Index]]:
    found: dict[str, list[Index]] = {}
    for item in final(study).objects:
        if isinstance(item, Index):
            found.setdefault(fold(item.table), []).append(item)
    return found


def rebuilt(study: Study) -> Database:
    """The final schema in a database of its own, without rows and triggers; to be closed.

    Raises SqlError.
    """
    image = study.once(_image)
    database = Database(study.profile, UNIVERSES[0])
    database.restore(image)
    return database


def _image(study: Study) -> bytes:
    kept = tuple(item for item in final(study).objects if not isinstance(item, Trigger))
    with Database(study.profile, UNIVERSES[0]) as database:
        build(database, final(study)._replace(objects=kept))
        return database.serialized()


def place(study: Study, owner: SchemaObject, element: Element | None = None) -> Span:
    """The line that made an object of the final schema, or an element of it.

    Where it is not known, as of what a RENAME moved, the statement that last changed the object.
    """
    table = owner.table if isinstance(owner, Index | Trigger) else owner.name
    of = ("table", fold(table)) if isinstance(owner, Index | Trigger) else (kind_of(owner), fold(table))
    found = study.spot(Added(of, element if element is not None else owner))
    if found is not None:
        return found
    maker = study.makers.get((kind_of(owner), fold(owner.name)))
    return maker.span if maker is not None else Span(study.chain.migrations[-1])


def pair(study: Study, table: Table, index: Index, other: Index) -> tuple[Span, Span]:
    """Where to speak of an index of a table that another one makes needless, and of what else.

    That is the line that made it, unless a later migration made the other one.
    """
    order = {file.migration.name: number for number, file in enumerate(study.files)}
    own, its = (
        place(study, one) if one.sql is not None else place(study, table, one) for one in (index, other)
    )
    return (its, own) if order[its.migration.name] > order[own.migration.name] else (own, its)
