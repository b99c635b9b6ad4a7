"""Episodes: what each migration did on the whole, told from what its statements did one by one.

Whether two objects are the same one is decided within a file. A rename is what the engine did: the row
of the stored schema that got another name. A name that stands before and after the file is one object,
whatever happened between: made anew under the same name it was rebuilt, not dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.changes import Added, Modified, Removed
from squasher.lines import line_of, names
from squasher.model import Column, ForeignKey, Index, Snapshot, Table, Trigger
from squasher.schema import resolved
from squasher.schemadiff import clauses, column_facts, diff
from squasher.sql import fold, is_word, same_tokens, significant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from squasher.chain import Migration
    from squasher.changes import Change
    from squasher.model import SchemaObject
    from squasher.replay import Step
    from squasher.statements import Ran
    from squasher.watch import Note, Version

    Key = tuple[str, str]

_WRITES: Final = ("insert", "replace", "update", "delete")


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


class Event(NamedTuple):
    """One thing that a migration did on the whole, and the line that did it."""

    migration: Migration
    line: int
    change: Change
    life: int
    """The number of the life of the object that it is about."""
    owner: int
    """That of the object under which people look for it: for an index, its table."""
    statement: int
    """Which one of its file did it."""


class Wrote(NamedTuple):
    """Rows that a statement wrote; not those that a rebuild copied."""

    migration: Migration
    line: int
    table: str
    verb: str
    """``insert``, ``update`` or ``delete``; of a trigger's writes, that of the statement that fired it."""
    number: int | None
    """How many; None where it wrote into several tables: SQLite counts them together."""
    life: int


class Episode(NamedTuple):
    """What one migration did."""

    migration: Migration
    events: tuple[Event, ...]
    rows: tuple[Wrote, ...]
    renames: tuple[Rename, ...]


class Life:
    """One object from the migration that made it: its kind, and the names that it bore."""

    def __init__(self, number: int, kind: str, name: str) -> None:
        self.number = number
        self.kind = kind
        self.names = [name]


class _Found(NamedTuple):
    """A change that one statement made."""

    statement: int
    change: Change


class _Thing:
    """An object while a file runs. ``origin`` is what it was before the file; None if made in it."""

    def __init__(self, origin: Version | None, life: Life | None, now: Version) -> None:
        self.origin = origin
        self.life = life
        self.now = now
        self.gone = False
        self.found: list[_Found] = []
        self.statements: list[int] = []
        """Those that made or changed it."""
        self.left: tuple[Version, int] | None = None
        """What it was when it lost its first name, and how many changes had been found until then."""
        self.named: tuple[Version, int, int] = (now, 0, 0)
        """What it was when it got its name, how many changes had been found, and in which statement."""
        self.copied: dict[int, set[int]] = {}
        """By statement, the things whose rows it copied into this one."""
        self.before: _Thing | None = None
        """Which one of those before the file it is, once the file has ended; None for a new one."""

    @property
    def sources(self) -> set[int]:
        """All the things whose rows were copied into it, by way of others too."""
        return {source for sources in self.copied.values() for source in sources}

    def leave(self, version: Version) -> None:
        """It loses its name."""
        if self.left is None:
            self.left = version, len(self.found)


class Reader:
    """Reads the steps of a chain, one after the other."""

    def __init__(self) -> None:
        self.lives: list[Life] = []
        self._now: dict[Key, tuple[Version, Life]] = {}
        self._things: dict[Key, _Thing] = {}
        """Those of this file that live, by their present names."""
        self._origins: dict[Key, _Thing] = {}
        self._renames: list[Rename] = []

    def read(self, step: Step) -> Episode:
        """What the next step did."""
        self._things, self._origins, self._renames = {}, {}, []
        notes: dict[int, list[Note]] = {}
        for note in step.notes:
            if not any(one is not None and one.part for one in (note.old, note.new)):
                notes.setdefault(note.statement, []).append(note)
        wrote: list[tuple[int, _Thing, int | None]] = []
        for index, ran in enumerate(step.statements):
            made = self._follow(index, notes.get(index, ()))
            targets = [thing for name in ran.writes if (thing := self._table(name)) is not None]
            self._note_copies(index, [*made, *targets], ran)
            if ran.changes:
                count = ran.changes if len(ran.writes) == 1 else None
                wrote += [(index, thing, count) for thing in targets]
        events = self._settle(step)
        rows = [one for index, thing, count in wrote for one in _wrote(step, index, thing, count)]
        return Episode(step.migration, tuple(events), tuple(rows), tuple(self._renames))

    def _thing(self, key: Key) -> _Thing | None:
        """The object that bears a name now."""
        if key not in self._things and key in self._now and key not in self._origins:
            version, life = self._now[key]
            self._things[key] = self._origins[key] = _Thing(version, life, version)
        return self._things.get(key)

    def _table(self, name: str) -> _Thing | None:
        return self._thing(("table", fold(name)))

    # following the statements

    def _follow(self, index: int, notes: Iterable[Note]) -> list[_Thing]:
        """Take up the notes of one statement; the things that it made."""
        moves: list[tuple[_Thing | None, Note]] = []
        for note in notes:
            thing = self._thing(note.old.key) if note.old is not None else None
            if note.old is not None:
                self._things.pop(note.old.key, None)
            moves.append((thing, note))
        renames = any(_renames(note) for _, note in moves)
        made: list[_Thing] = []
        for thing, note in moves:
            if note.new is None:
                if thing is not None and note.old is not None:
                    thing.gone = True
                    thing.leave(note.old)
                    thing.statements.append(index)
                continue
            one = thing or _Thing(None, None, note.new)
            if note.old is None:
                one.statements.append(index)
                one.named = note.new, 0, index
                made.append(one)
            else:
                self._change(one, index, note.old, note.new, renames=renames)
            one.now = note.new
            self._things[note.new.key] = one
        return made

    def _change(self, thing: _Thing, index: int, old: Version, new: Version, *, renames: bool) -> None:
        """A statement changed a thing. What a rename wrote anew elsewhere is no change."""
        if old.stored.name != new.stored.name:
            self._renames.append(Rename("table", old.stored.name, old.stored.name, new.stored.name))
            thing.leave(old)
            thing.named = new, len(thing.found), index
        elif (columns := _renamed_column(old, new)) is not None:
            self._renames.append(Rename("column", new.stored.name, columns[0].name, columns[1].name))
            change = Modified(("table", fold(new.stored.name)), *columns, fields=("name",))
            thing.found.append(_Found(index, change))
            thing.statements.append(index)
        elif not renames:
            thing.found += [_Found(index, change) for change in self._compare(old, new)]
            thing.statements.append(index)

    def _compare(self, old: Version, new: Version) -> tuple[Change, ...]:
        """What is otherwise; the same tokens mean the same."""
        if old.facts is None or new.facts is None or same_tokens(old.stored.sql, new.stored.sql):
            return ()
        before, after = self._resolved(old.facts), self._resolved(new.facts)
        result = diff(Snapshot((before,), ()), Snapshot((after,), ()), ("objects", "text"))
        return (*result.changes, *(one for pair in result.respelled for one in clauses(*pair)))

    def _resolved(self, item: SchemaObject) -> SchemaObject:
        if not isinstance(item, Table):
            return item
        return item._replace(foreign_keys=tuple(resolved(key, self._columns_of) for key in item.foreign_keys))

    def _columns_of(self, table: str) -> tuple[Column, ...]:
        thing = self._table(table)
        facts = None if thing is None else thing.now.facts
        return facts.columns if isinstance(facts, Table) else ()

    def _note_copies(self, index: int, targets: Iterable[_Thing], ran: Ran) -> None:
        for target in targets:
            for name in ran.touches:
                source = self._table(name)
                if source is not None and source is not target:
                    target.copied.setdefault(index, set()).update({id(source)}, source.sources)

    # what is left at the end of the file

    def _settle(self, step: Step) -> list[Event]:
        """Who is who, and what became of each."""
        things = list(self._things.values())
        for thing in things:
            thing.before = self._before(thing)
        taken = {id(thing.before) for thing in things if thing.before is not thing}
        told: list[tuple[Life, SchemaObject, _Found]] = []
        for thing in list(self._origins.values()):
            if thing.origin is None or thing.life is None or id(thing) in taken or thing.before is thing:
                continue
            last = thing.statements[-1] if thing.gone else thing.named[2]
            change = self._alone(thing.origin, Removed)
            told.append((thing.life, _facts(thing.origin), _Found(last, change)))
        old = dict(self._now) if told else self._now
        for key in self._origins:
            del self._now[key]
        for thing in things:
            if thing.before is thing and id(thing) in taken:
                thing.before = None  # another one bears its name and holds its rows
            life, found = self._changes(step, thing)
            thing.life = life
            told += [(life, _facts(thing.now), one) for one in found]
        for key, thing in self._things.items():
            if thing.life is not None:
                self._now[key] = thing.now, thing.life
        told.sort(key=lambda one: one[2].statement)
        return [self._event(step, *one, old) for one in told]

    def _before(self, thing: _Thing) -> _Thing | None:
        """Which one of the objects before the file a living one is; None for a new one.

        One that got its name from another that is gone took its place. So did one that was made here
        while the other got another name, if it holds its rows.
        """
        if thing.origin is not None and thing.origin.key == thing.now.key:
            return thing
        other = self._origins.get(thing.now.key)
        if other is not None and (other.gone or (thing.origin is None and id(other) in thing.sources)):
            return other
        return None if thing.origin is None else thing

    def _changes(self, step: Step, thing: _Thing) -> tuple[Life, list[_Found]]:
        """What the file made of an object, on the whole, in the life that goes on or begins."""
        before = thing.before
        name = thing.now.stored.name
        if before is None or before.life is None or before.origin is None:
            life = Life(len(self.lives), thing.now.stored.kind, name)
            self.lives.append(life)
            made = thing.statements[0] if thing.origin is None else thing.named[2]
            return life, [_Found(made, self._alone(thing.now, Added))]
        life = before.life
        if life.names[-1] != name:
            life.names.append(name)
        if before is not thing:
            version, count = before.left or (before.now, len(before.found))
            again = [
                _Found(self._where(step, thing, one), one) for one in self._compare(version, thing.named[0])
            ]
            found = [*before.found[:count], *again, *thing.found[thing.named[1] :]]
        else:
            found = list(thing.found)
            if before.origin.stored.name != name:
                found.append(_Found(thing.named[2], self._renamed(before.origin, thing.now)))
        return life, _net(found)

    def _where(self, step: Step, thing: _Thing, change: Change) -> int:
        """Which statement of those that made a rebuilt table changed this of it."""
        column = column_of(change)
        made = [index for index in thing.statements if index <= thing.named[2]]
        naming = [index for index in made if column is not None and names(step.statements[index], column)]
        return (naming or made[:1] or [thing.named[2]])[-1]

    def _alone(self, version: Version, side: type[Added | Removed]) -> Change:
        facts = self._resolved(_facts(version))
        one, none = Snapshot((facts,), ()), Snapshot((), ())
        pair = (none, one) if side is Added else (one, none)
        return diff(*pair, ("objects",)).changes[0]

    def _renamed(self, old: Version, new: Version) -> Change:
        owner = new.stored.kind, fold(new.stored.name)
        return Modified(owner, self._resolved(_facts(old)), self._resolved(_facts(new)), fields=("name",))

    def _event(
        self, step: Step, life: Life, facts: SchemaObject, found: _Found, old: dict[Key, tuple[Version, Life]]
    ) -> Event:
        change, owner = found.change, life
        if isinstance(facts, Index | Trigger):
            keys = [("table", fold(facts.table)), ("view", fold(facts.table))]
            places = (old, self._now) if isinstance(change, Removed) else (self._now, old)
            owner = next((place[key][1] for place in places for key in keys if key in place), life)
        else:
            change = change._replace(owner=(change.owner[0], fold(life.names[-1])))
        line = line_of(step.migration, step.statements[found.statement], column_of(change))
        return Event(step.migration, line, change, life.number, owner.number, found.statement)


def _facts(version: Version) -> SchemaObject:
    if version.facts is None:
        message = "the chain was watched without facts"
        raise ValueError(message)
    return version.facts


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


def column_of(change: Change) -> str | None:
    """The column that a change is about, or that it names first."""
    element = change.old if isinstance(change, Removed) else change.new
    match element:
        case Column():
            return element.name
        case ForeignKey():
            return element.columns[0]
        case Index(sql=None):
            return next((part.name for part in element.columns if part.name is not None), None)
    return None


def _net(found: list[_Found]) -> list[_Found]:
    """What changes of columns come to when one follows another: added and renamed is added."""
    out: list[_Found] = []
    for one in found:
        change = one.change
        old = None if isinstance(change, Added) else change.old
        at = next(
            (n for n, prior in enumerate(out) if isinstance(old, Column) and _made(prior.change, old)), None
        )
        if at is None:
            out.append(one)
            continue
        prior = out.pop(at)
        if (both := _both(prior.change, change)) is not None:
            out.append(_Found(prior.statement if isinstance(both, Added) else one.statement, both))
    return out


def _made(change: Change, column: Column) -> bool:
    """Whether the change left this column."""
    left = None if isinstance(change, Removed) else change.new
    return isinstance(left, Column) and fold(left.name) == fold(column.name)


def _both(first: Change, second: Change) -> Change | None:
    """Two changes of one column as one; None when the second undoes the first."""
    match first, second:
        case Added(), Modified(new=new):
            return Added(second.owner, new)
        case Modified(old=old), Removed():
            return Removed(second.owner, old)
        case Modified(old=Column() as old), Modified(new=Column() as new):
            before, after = column_facts(old), column_facts(new)
            fields = tuple(name for name, value in before.items() if after[name] != value)
            return Modified(second.owner, old, new, fields) if fields else None
    return None


def _wrote(step: Step, index: int, thing: _Thing, count: int | None) -> list[Wrote]:
    """The rows that a statement wrote, unless it is the copying of a rebuild or the table is gone."""
    life, before = thing.life, thing.before
    if life is None or (
        before is not None and before is not thing and id(before) in thing.copied.get(index, ())
    ):
        return []
    ran = step.statements[index]
    line = line_of(step.migration, ran)
    return [Wrote(step.migration, line, life.names[-1], _verb(ran.sql), count, life.number)]


def _verb(sql: str) -> str:
    """What a statement does with rows; a WITH may stand before."""
    depth = 0
    for token in significant(sql):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and is_word(token, *_WRITES):
            return "insert" if is_word(token, "replace") else fold(token.text)
    return "insert"
