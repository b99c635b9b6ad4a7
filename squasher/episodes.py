"""Episodes: what each migration did on the whole, told from what its statements did one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.changes import Added, Check, Modified, Removed
from squasher.identity import Cast, Found, Life, Transactions
from squasher.lines import line_of, names
from squasher.model import EMPTY, Column, ForeignKey, Index, Snapshot, Trigger
from squasher.schemadiff import diff
from squasher.sql import fold, is_word, iterate, outermost
from squasher.tablediff import column_facts

if TYPE_CHECKING:
    from squasher.chain import Migration
    from squasher.changes import Change
    from squasher.identity import Key, Rename, Thing
    from squasher.model import SchemaObject
    from squasher.replay import Step
    from squasher.watch import Note, Version

_WRITES: Final = ("insert", "replace", "update", "delete")


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


class _Write(NamedTuple):
    """A statement that wrote rows of a thing."""

    statement: int
    thing: Thing
    number: int | None


class Reader:
    """Reads the steps of a chain, one after the other."""

    def __init__(self) -> None:
        self.lives: list[Life] = []
        self._now: dict[Key, tuple[Version, Life]] = {}

    def read(self, step: Step) -> Episode:
        """What the next step did."""
        notes: dict[int, list[Note]] = {}
        for note in step.notes:
            if not any(one is not None and one.part for one in (note.old, note.new)):
                notes.setdefault(note.statement, []).append(note)
        cast, transactions = Cast(self._now), Transactions()
        writes: list[_Write] = []
        for index, ran in enumerate(step.statements):
            undone = transactions.undone(index, ran.sql)
            if undone is not None:
                cast.undo(undone)
                writes = [one for one in writes if one.statement < undone]
                continue
            made = cast.follow(index, notes.get(index, ()))
            targets = [thing for name in ran.writes if (thing := cast.table(name)) is not None]
            cast.note_copies(index, [*made, *targets], ran)
            if ran.changes:
                number = ran.changes if len(ran.writes) == 1 else None
                writes += [_Write(index, thing, number) for thing in targets]
        cast.settle()
        events = self._events(step, cast)
        rows = (wrote for one in writes if (wrote := _wrote(step, one)) is not None)
        return Episode(step.migration, tuple(events), tuple(rows), cast.renames)

    def _events(self, step: Step, cast: Cast) -> list[Event]:
        """What became of each object."""
        told: list[tuple[Life, SchemaObject, Found]] = []
        for thing in list(cast.origins.values()):
            if thing.origin is None or thing.life is None or id(thing) in cast.taken or thing.before is thing:
                continue
            state = thing.state
            last = state.statements[-1] if state.gone else state.named[2]
            told.append(
                (thing.life, cast.facts(thing.origin), Found(last, _alone(cast, thing.origin, Removed)))
            )
        old = dict(self._now) if told else self._now
        lives: list[tuple[Thing, Life]] = []
        for thing in list(cast.things.values()):
            life, found = self._changes(step, cast, thing)
            told += [(life, cast.facts(thing.now), one) for one in found]
            lives.append((thing, life))
        for thing, life in lives:  # not before: one may have taken the place, and the life, of another
            thing.life = life
        for key in cast.origins:
            del self._now[key]
        self._now |= {key: (thing.now, thing.life) for key, thing in cast.things.items() if thing.life}
        told.sort(key=lambda one: one[2].statement)
        return [self._event(step, *one, old) for one in told]

    def _changes(self, step: Step, cast: Cast, thing: Thing) -> tuple[Life, list[Found]]:
        """What the file made of an object, on the whole, in the life that goes on or begins."""
        before, state, name = thing.before, thing.state, thing.now.stored.name
        if before is None or before.life is None or before.origin is None:
            life = Life(len(self.lives), thing.now.stored.kind, name)
            self.lives.append(life)
            made = state.statements[0] if thing.origin is None else state.named[2]
            return life, [Found(made, _alone(cast, thing.now, Added))]
        if before.life.names[-1] != name:
            before.life.names.append(name)
        found = list(state.found)
        if before is not thing:
            version, count = before.state.left or (before.now, len(before.state.found))
            again = cast.compare(version, state.named[0])
            rebuilt = [Found(_where(step, thing, change), change) for change in again]
            found = [*before.state.found[:count], *rebuilt, *found[state.named[1] :]]
        elif before.origin.stored.name != name:
            owner = thing.now.stored.kind, fold(name)
            change = Modified(owner, cast.facts(before.origin), cast.facts(thing.now), fields=("name",))
            found.append(Found(state.named[2], change))
        return before.life, _net(found)

    def _event(
        self, step: Step, life: Life, facts: SchemaObject, found: Found, old: dict[Key, tuple[Version, Life]]
    ) -> Event:
        change, owner = found.change, life
        if isinstance(facts, Index | Trigger):
            keys = [("table", fold(facts.table)), ("view", fold(facts.table))]
            places = (old, self._now) if isinstance(change, Removed) else (self._now, old)
            owner = next((place[key][1] for place in places for key in keys if key in place), life)
        else:
            change = change._replace(owner=(change.owner[0], fold(life.names[-1])))
        ran = step.statements[found.statement]
        line = line_of(step.migration, ran, column_of(change), text_of(change))
        return Event(step.migration, line, change, life.number, owner.number, found.statement)


def _where(step: Step, thing: Thing, change: Change) -> int:
    """Which statement of those that made a rebuilt object changed this of it."""
    column, named = column_of(change), thing.state.named[2]
    made = [index for index in thing.state.statements if index <= named]
    naming = [index for index in made if column is not None and names(step.statements[index], column)]
    return (naming or made[:1] or [named])[-1]


def _alone(cast: Cast, version: Version, side: type[Added | Removed]) -> Change:
    """An object that is only there before, or only after."""
    one, none = Snapshot((cast.facts(version),), ()), EMPTY
    pair = (none, one) if side is Added else (one, none)
    return diff(*pair, ("objects",)).changes[0]


def column_of(change: Change) -> str | None:
    """The column that a change is about, or that it names first."""
    element = change.latest
    match element:
        case Column():
            return element.name
        case ForeignKey():
            return element.columns[0]
        case Check(column=column) if column:
            return column
        case Index(sql=None):
            return next((part.name for part in element.columns if part.name is not None), None)
    return None


def text_of(change: Change) -> str:
    """The text by which a statement shows what a change is about; '' where nothing does."""
    element = change.latest
    return element.text if isinstance(element, Check) else ""


def _net(found: list[Found]) -> list[Found]:
    """What changes of columns come to when one follows another: added and renamed is added."""
    out: list[Found] = []
    for one in found:
        change = one.change
        old = change.old
        at = next(
            (n for n, prior in enumerate(out) if isinstance(old, Column) and _made(prior.change, old)), None
        )
        if at is None:
            out.append(one)
            continue
        prior = out.pop(at)
        if (both := _both(prior.change, change)) is not None:
            out.append(Found(prior.statement if isinstance(both, Added) else one.statement, both))
    return out


def _made(change: Change, column: Column) -> bool:
    """Whether the change left this column."""
    left = change.new
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


def _wrote(step: Step, write: _Write) -> Wrote | None:
    """The rows that a statement wrote, unless it is the copying of a rebuild or the table is gone."""
    thing = write.thing
    before = thing.before
    copied = thing.copied.get(write.statement, ())
    if thing.life is None or (before is not None and before is not thing and id(before) in copied):
        return None
    ran = step.statements[write.statement]
    line, table = line_of(step.migration, ran), thing.life.names[-1]
    return Wrote(step.migration, line, table, _verb(ran.sql), write.number, thing.life.number)


def _verb(sql: str) -> str:
    """What a statement does with rows; a WITH may stand before."""
    for _, token in outermost(iterate(sql)):
        if is_word(token, *_WRITES):
            return "insert" if is_word(token, "replace") else fold(token.text)
    return "insert"
