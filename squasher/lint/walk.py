"""What stood where when a statement ran: the stored objects of a chain, statement by statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from squasher.sql import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from squasher.lint.diagnostic import Related
    from squasher.lint.study import Statement, Study
    from squasher.watch import Version

Key: TypeAlias = tuple[str, str]
"""Kind and folded name of an object."""
_NAMESPACE = {"table": ("table", "view"), "view": ("view", "table")}
"""A table and a view cannot have the same name: CREATE … IF NOT EXISTS takes one for the other."""


class Present(NamedTuple):
    """An object as it is stored at some moment, and the statement that made it."""

    version: Version
    made: Statement

    @property
    def related(self) -> Related:
        """The line that made it."""
        return self.made.span.related("made here")


def walk(study: Study) -> Iterator[tuple[Statement, Mapping[Key, Present]]]:
    """Each statement, and the objects that stand before it, in the order of their creation.

    The mapping is the same one each time: what the statement does is in it as soon as the next is asked for.
    """
    now: dict[Key, Present] = {}
    for statement in study.statements:
        yield statement, now
        gone = {note.old.key: now.pop(note.old.key, None) for note in statement.notes if note.old is not None}
        for note in statement.notes:
            if note.new is not None:
                before = gone.get(note.old.key) if note.old is not None else None
                made = before.made if before is not None else statement
                now[note.new.key] = Present(note.new, made)


def named(now: Mapping[Key, Present], kind: str, name: str) -> Present | None:
    """What a CREATE of this kind and name would meet."""
    folded = fold(name)
    return next((now[one, folded] for one in _NAMESPACE.get(kind, (kind,)) if (one, folded) in now), None)


def is_temporary(statement: Statement) -> bool:
    """Whether a CREATE or DROP speaks of the schema ``temp``, of which no notes are taken."""
    head = statement.head
    if head.temporary or head.name is None:
        return head.temporary
    place = statement.tokens.index(head.name)
    return statement.tokens[place - 1].text == "." and fold(statement.tokens[place - 2].text) == "temp"
