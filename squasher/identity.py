"""Identity: which object is which, followed through the statements of one file.

A rename is what the engine did: a row of the stored schema got another name. What else a rename wrote
anew, in indexes, triggers, views and keys of other tables, is no change of theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.changes import Modified
from squasher.model import Column, Snapshot, Table
from squasher.schema import resolved
from squasher.schemadiff import clauses, diff
from squasher.sql import fold, name_of, same_tokens, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from squasher.changes import Change
    from squasher.model import SchemaObject
    from squasher.statements import Ran
    from squasher.watch import Note, Version

    Key: TypeAlias = tuple[str, str]


_TRANSACTIONS: Final = ("begin", "commit", "end", "release", "rollback", "savepoint")


class Life:
    """One object from the migration that made it: its kind, and the names that it bore."""

    def __init__(self, number: int, kind: str, name: str) -> None:
        self.number = number
        self.kind = kind
        self.names = [name]


class Rename(NamedTuple):
    """A rename that a statement performed; ``table`` is the column's table, by its name at that time."""

    kind: str
    table: str
    old: str
    new: str

    def reverse(self) -> Rename:
        """The rename that undoes this one."""
        table = self.new if self.kind == "table" else self.table
        return Rename(self.kind, table, self.new, self.old)


class Found(NamedTuple):
    """A change, and which statement of its file made it."""

    statement: int
    change: Change


class _State(NamedTuple):
    """What is known of an object at one moment of a file."""

    now: Version
    gone: bool
    found: tuple[Found, ...]
    """What single statements changed of it."""
    statements: tuple[int, ...]
    """Those that made, changed or dropped it."""
    left: tuple[Version, int] | None
    """What it was when it lost its first name, and how many changes had been found until then."""
    named: tuple[Version, int, int]
    """What it was when it got its name, how many changes had been found, and in which statement."""


class Thing:
    """An object while a file runs. ``origin`` is what it was before the file; None if made in it."""

    def __init__(self, origin: Version | None, life: Life | None, now: Version, statement: int = -1) -> None:
        self.origin = origin
        self.life = life
        self.state = _State(now, gone=False, found=(), statements=(), left=None, named=(now, 0, statement))
        self.past: list[tuple[int, _State]] = []
        """The states that statements ended."""
        self.copied: dict[int, set[int]] = {}
        """By statement, the things whose rows it copied into this one."""
        self.before: Thing | None = None
        """Which one of those before the file it is, once the file has ended; None for a new one."""

    @property
    def now(self) -> Version:
        """What it is."""
        return self.state.now

    @property
    def sources(self) -> set[int]:
        """All the things whose rows were copied into it, by way of others too."""
        return {source for sources in self.copied.values() for source in sources}

    def become(self, statement: int, state: _State) -> None:
        """A statement did something with it."""
        self.past.append((statement, self.state))
        self.state = state

    def leaves(self, version: Version) -> _State:
        """Its state when it loses its name."""
        state = self.state
        return state if state.left is not None else state._replace(left=(version, len(state.found)))


class Cast:
    """The objects of one file. ``before`` are those that stood when it began."""

    def __init__(self, before: Mapping[Key, tuple[Version, Life]]) -> None:
        self._before = before
        self.things: dict[Key, Thing] = {}
        """Those that live, by their present names."""
        self.origins: dict[Key, Thing] = {}
        """Those of before that anything was asked of, by the names that they had."""
        self._made: dict[Thing, int] = {}
        self._renames: list[tuple[int, Rename]] = []

    @property
    def renames(self) -> tuple[Rename, ...]:
        """Those that the file performed, in order."""
        return tuple(rename for _, rename in self._renames)

    def thing(self, key: Key) -> Thing | None:
        """The object that bears a name now."""
        if key not in self.things and key in self._before and key not in self.origins:
            version, life = self._before[key]
            self.things[key] = self.origins[key] = Thing(version, life, version)
        return self.things.get(key)

    def table(self, name: str) -> Thing | None:
        """The table that bears a name now."""
        return self.thing(("table", fold(name)))

    def follow(self, index: int, notes: Iterable[Note]) -> list[Thing]:
        """Take up the notes of one statement; the things that it made."""
        moves: list[tuple[Thing | None, Note]] = []
        for note in notes:
            thing = self.thing(note.old.key) if note.old is not None else None
            if note.old is not None:
                self.things.pop(note.old.key, None)
            moves.append((thing, note))
        renames = any(_renames(note) for _, note in moves)
        made: list[Thing] = []
        for thing, note in moves:
            if note.new is None:
                if thing is not None and note.old is not None:
                    state = thing.leaves(note.old)
                    thing.become(index, state._replace(gone=True, statements=(*state.statements, index)))
                continue
            if thing is None or note.old is None:
                one = Thing(None, None, note.new, index)
                one.state = one.state._replace(statements=(index,))
                self._made[one] = index
                made.append(one)
            else:
                one = thing
                one.become(index, self._changed(one, index, note.old, note.new, renames=renames))
            self.things[note.new.key] = one
        return made

    def undo(self, since: int) -> None:
        """A ROLLBACK: what the statements did from that one on was not done."""
        everyone = dict.fromkeys([*self.things.values(), *self.origins.values(), *self._made])
        self.things = {}
        self._made = {thing: made for thing, made in self._made.items() if made < since}
        for thing in everyone:
            if thing.origin is None and thing not in self._made:
                continue
            undone = [state for statement, state in thing.past if statement >= since]
            if undone:
                thing.state = undone[0]
                thing.past = [one for one in thing.past if one[0] < since]
            thing.copied = {statement: ids for statement, ids in thing.copied.items() if statement < since}
            if not thing.state.gone:
                self.things[thing.now.key] = thing
        self._renames = [one for one in self._renames if one[0] < since]

    def _changed(self, thing: Thing, index: int, old: Version, new: Version, *, renames: bool) -> _State:
        state = thing.state._replace(now=new)
        if old.stored.name != new.stored.name:
            rename = Rename("table", old.stored.name, old.stored.name, new.stored.name)
            self._renames.append((index, rename))
            return thing.leaves(old)._replace(now=new, named=(new, len(state.found), index))
        if (columns := _renamed_column(old, new)) is not None:
            rename = Rename("column", new.stored.name, columns[0].name, columns[1].name)
            self._renames.append((index, rename))
            change = Modified(("table", fold(new.stored.name)), *columns, fields=("name",))
            found = (*state.found, Found(index, change))
        elif not renames:
            found = (*state.found, *(Found(index, change) for change in self.compare(old, new)))
        elif old.stored.table != new.stored.table and len(state.found) == state.named[1]:
            return state._replace(named=(new, *state.named[1:]))  # an index goes with its table
        else:
            return state
        return state._replace(found=found, statements=(*state.statements, index))

    def note_copies(self, index: int, targets: Iterable[Thing], ran: Ran) -> None:
        """A statement may have copied rows of all that it read into what it wrote."""
        for target in targets:
            for name in ran.touches:
                source = self.table(name)
                if source is not None and source is not target:
                    target.copied.setdefault(index, set()).update({id(source)}, source.sources)

    def compare(self, old: Version, new: Version) -> tuple[Change, ...]:
        """What is otherwise in one object; the same tokens mean the same."""
        if same_tokens(old.stored.sql, new.stored.sql):
            return ()
        one, other = Snapshot((self.facts(old),), ()), Snapshot((self.facts(new),), ())
        result = diff(one, other, ("objects", "text"))
        return (*result.changes, *(change for pair in result.respelled for change in clauses(*pair)))

    def facts(self, version: Version) -> SchemaObject:
        """What SQLite said of an object, with what its foreign keys mean now."""
        item = version.facts
        if item is None:
            message = "the chain was watched without facts"
            raise ValueError(message)
        if not isinstance(item, Table):
            return item
        return item._replace(foreign_keys=tuple(resolved(key, self._columns_of) for key in item.foreign_keys))

    def _columns_of(self, table: str) -> tuple[Column, ...]:
        thing = self.table(table)
        facts = None if thing is None else thing.now.facts
        return facts.columns if isinstance(facts, Table) else ()

    def settle(self) -> None:
        """Say of each living thing which one it was before the file: its ``before``.

        A name that stands before and after the file is one object, whatever happened between. One that
        got its name from another that is gone took its place; so did one that was made here while the
        other got another name, if it holds its rows.
        """
        things = list(self.things.values())
        for thing in things:
            other = self.origins.get(thing.now.key)
            thing.before = thing if thing.origin is not None else None
            if other is None or other is thing:
                continue
            if other.state.gone or (thing.origin is None and id(other) in thing.sources):
                thing.before = other
        taken = self.taken
        for thing in things:
            if thing.before is thing and id(thing) in taken:
                thing.before = None  # another one bears its name and holds its rows

    @property
    def taken(self) -> set[int]:
        """The things whose place another one has."""
        return {
            id(thing.before)
            for thing in self.things.values()
            if thing.before is not None and thing.before is not thing
        }


def _renames(note: Note) -> bool:
    old, new = note.old, note.new
    if old is None or new is None:
        return False
    return old.stored.name != new.stored.name or _renamed_column(old, new) is not None


def _renamed_column(old: Version, new: Version) -> tuple[Column, Column] | None:
    """The column that has another name in the same place: only a rename does that."""
    before, after = old.facts, new.facts
    if not (isinstance(before, Table) and isinstance(after, Table)):
        return None
    if len(before.columns) != len(after.columns):
        return None
    pairs = zip(before.columns, after.columns, strict=True)
    other = [pair for pair in pairs if pair[0].name != pair[1].name]
    return other[0] if len(other) == 1 else None


class Transactions:
    """Which statements of a file a ROLLBACK undoes."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []
        self._first = 0

    def undone(self, index: int, sql: str) -> int | None:
        """The first statement that this one undoes, with all that follow it; None where it does not."""
        if not sql[:9].lower().startswith(_TRANSACTIONS):
            return None
        words = [name_of(token) for token in significant(sql)]
        match words:
            case ["begin", *_]:
                self._open = [("", index)]
            case ["savepoint", name, *_]:
                self._open.append((name, index))
            case ["commit" | "end", *_]:
                self._open, self._first = [], index + 1
            case ["release", "savepoint", name, *_] | ["release", name, *_]:
                del self._open[self._at(name) :]
            case ["rollback", *rest] if "to" in rest[:2]:
                name = [word for word in rest if word][-1]
                at = self._at(name)
                del self._open[at + 1 :]
                return self._open[at][1] + 1
            case ["rollback", *_]:
                since = self._open[0][1] if self._open else self._first
                self._open, self._first = [], index + 1
                return since
        return None

    def _at(self, name: str) -> int:
        return max(at for at, one in enumerate(self._open) if one[0] == name)
