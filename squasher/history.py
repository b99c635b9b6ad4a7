"""The history of a chain: the life of each object and column, and what caused a change."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from squasher.changes import Added, Cell, Check, Modified, Number, Order, Removed, RowSet, renamed
from squasher.episodes import Reader, column_of, text_of
from squasher.lines import Place, line_of
from squasher.model import Column, Index, Table, Trigger, VirtualTable, is_object, kind_of
from squasher.replay import replay
from squasher.sql import fold
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from squasher.chain import Chain
    from squasher.changes import Change, Element
    from squasher.episodes import Episode, Event, Wrote
    from squasher.identity import Life, Rename
    from squasher.profiles import Profile
    from squasher.renames import Named
    from squasher.replay import Step


class _ColumnLife(NamedTuple):
    """A column: the names that it bore, folded, and what was done to it."""

    names: set[str]
    events: list[Event]


class History:
    """What a chain did, migration by migration, and who is who in it."""

    def __init__(
        self, chain: Chain, steps: tuple[Step, ...], lives: list[Life], episodes: list[Episode]
    ) -> None:
        self.chain = chain
        self.episodes = tuple(episodes)
        self.lives = tuple(lives)
        self._steps = {step.migration.name: step for step in steps}
        self._events: dict[int, list[Event]] = defaultdict(list)
        self._lived: dict[int, list[_ColumnLife]] = {}
        self._rows: dict[int, list[Wrote]] = defaultdict(list)
        self._named: dict[str, list[Life]] = defaultdict(list)
        for episode in episodes:
            for event in episode.events:
                for number in {event.life, event.owner}:
                    self._events[number].append(event)
            for wrote in episode.rows:
                self._rows[wrote.life].append(wrote)
        for life in lives:
            for name in dict.fromkeys(map(fold, life.names)):
                self._named[name].append(life)

    @property
    def renames(self) -> tuple[Rename, ...]:
        """All that the chain performed, in order, those of a rebuild too."""
        return tuple(rename for episode in self.episodes for rename in episode.renames)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that an object ever bore, for people who look for one."""
        return tuple(sorted({name for life in self.lives for name in life.names}))

    def named(self, name: str) -> tuple[Life, ...]:
        """The lives of all objects that ever bore the name, in the order of their beginnings."""
        return tuple(self._named.get(fold(name), ()))

    def events(self, life: Life) -> tuple[Event, ...]:
        """What was done to an object, with its indexes and triggers, oldest first."""
        return tuple(self._events.get(life.number, ()))

    def rows(self, life: Life) -> tuple[Wrote, ...]:
        """The statements that wrote its rows, oldest first."""
        return tuple(self._rows.get(life.number, ()))

    def columns(self, life: Life) -> tuple[str, ...]:
        """The names of all columns that a table ever had, folded."""
        return tuple(sorted(set().union(*(names for names, _ in self._columns(life)))))

    def column(self, life: Life, name: str) -> tuple[tuple[Event, ...], ...]:
        """What was done to each column of a table that ever bore the name: one for each such life."""
        return tuple(tuple(events) for names, events in self._columns(life) if fold(name) in names)

    def _columns(self, life: Life) -> list[_ColumnLife]:
        """The lives of a table's columns, told once."""
        if life.number not in self._lived:
            self._lived[life.number] = self._column_lives(life)
        return self._lived[life.number]

    def _column_lives(self, life: Life) -> list[_ColumnLife]:
        lives: list[_ColumnLife] = []
        now: dict[str, _ColumnLife] = {}
        own = [event for event in self._events.get(life.number, ()) if event.life == life.number]
        for _, events in groupby(own, key=lambda event: event.migration.name):
            # what one migration did counts at once: two columns may have changed places
            begun: dict[str, _ColumnLife] = {}
            for event in events:
                change = event.change
                old = change.old
                new = change.new
                if isinstance(old, Column) or isinstance(new, Column):
                    one = now.pop(fold(old.name), None) if isinstance(old, Column) else None
                    if one is None:
                        one = _ColumnLife(set(), [])
                        lives.append(one)
                    one.names.update(fold(column.name) for column in (old, new) if isinstance(column, Column))
                    one.events.append(event)
                    if isinstance(new, Column):
                        begun[fold(new.name)] = one
                elif old is None and isinstance(new, Table | VirtualTable):
                    made = {
                        fold(column.name): _ColumnLife({fold(column.name)}, [self._with(event, column)])
                        for column in new.columns
                    }
                    lives += made.values()
                    now |= made
                elif isinstance(old, Table | VirtualTable) and (new is None or _is_rename_of_table(change)):
                    for one in (now | begun).values():
                        one.events.append(event)
                elif (of := column_of(change)) is not None and (
                    one := (now | begun).get(fold(of))
                ) is not None:
                    one.events.append(event)
            now |= begun
        return lives

    def _with(self, event: Event, column: Column) -> Event:
        """The making of a table as that of one of its columns."""
        change = Added(event.change.owner, column)
        return event._replace(line=self._line(event, column.name), change=change)

    def _line(self, event: Event, column: str | None, text: str = "") -> int:
        """The line of a part of a table in the statement that made it."""
        ran = self._steps[event.migration.name].statements[event.statement]
        return line_of(event.migration, ran, column, text)

    def bore(self, now: Named, once: Named) -> bool:
        """Whether what the chain calls ``now`` in the end was called ``once``: a table, or its column.

        What was made anew under a name is another thing than what bore it before.
        """
        lives = [life for life in self.named(now[0]) if life.kind == "table"]
        if not lives:
            return False
        if now[1] is None or once[1] is None:
            return fold(once[0]) in map(fold, lives[-1].names)
        found = [one.names for one in self._columns(lives[-1]) if fold(now[1]) in one.names]
        return bool(found) and fold(once[1]) in found[-1]

    def last(self, change: Change) -> Place | None:
        """The cause of a difference from this chain's side, the newer one: the last that it did there."""
        element = change.latest
        kind, name = change.owner
        if isinstance(element, Index | Trigger) and is_object(element):
            kind, name = kind_of(element), element.name
        lives = [life for life in self.named(name) if life.kind == kind]
        if not lives:
            return None
        life = lives[-1]
        if isinstance(element, RowSet | Cell | Number):
            verbs = {"insert", "update"} if isinstance(element, Cell) else {"insert"}
            return self._last_rows(life, {"delete"} if isinstance(change, Removed) else verbs)
        found = self._last_event(life, element)
        if found is None or isinstance(change, Removed) != isinstance(found.change, Removed):
            return None
        return Place.of(found.migration, found.line)

    def renamed_at(self, change: Change) -> Place | None:
        """Where the chain gave what a change is about its new name; None when it did not."""
        for episode in reversed(self.episodes):
            for event in episode.events:
                alike = kind_of(event.change.element) == kind_of(change.element)
                if alike and _new_name(event.change) == _new_name(change):
                    return Place.of(episode.migration, event.line)
        return None

    def _last_rows(self, life: Life, verbs: set[str]) -> Place | None:
        found = [wrote for wrote in self._rows.get(life.number, ()) if wrote.verb in verbs]
        return Place.of(found[-1].migration, found[-1].line) if found else None

    def _last_event(self, life: Life, element: Element) -> Event | None:
        if isinstance(element, Column):
            going = self.column(life, element.name)
            found = [event for event in going[-1] if _decides(event.change)] if going else []
            return found[-1] if found else None
        own = [event for event in self._events.get(life.number, ()) if event.life == life.number]
        for event in reversed(own):
            if _is_rename_of_table(event.change) and not isinstance(element, Table | VirtualTable):
                continue
            if any(_same(one, element) for one in (event.change.latest, event.change.element)):
                about = Removed(event.change.owner, element)
                made = isinstance(event.change, Added)
                line = self._line(event, column_of(about), text_of(about))
                return event._replace(line=line) if made else event
        return None


def _new_name(change: Change) -> str | None:
    """The name, folded, that a change gave, whatever else it changed."""
    if not isinstance(change, Modified):
        return None
    old, new = (str(getattr(one, "name", "")) for one in (change.old, change.new))
    return fold(new) if new != old else None


def _decides(change: Change) -> bool:
    """Whether a column is there, and as it is, since a change: of itself, or the end of its table."""
    element = change.latest
    return isinstance(element, Column | Table | VirtualTable) and not _is_rename_of_table(change)


def _is_rename_of_table(change: Change) -> bool:
    """Whether a table got another name."""
    of_table = not isinstance(change, Added) and isinstance(change.old, Table | VirtualTable)
    return of_table and renamed(change) is not None


def _same(one: Element, other: Element) -> bool:
    """Whether two values are of the same thing, or the first of the object that the second is in."""
    if is_object(one):
        return not isinstance(other, Order)  # many have a part in it
    if type(one) is not type(other):
        return False
    return _identity(one) == _identity(other)


def _identity(element: Element) -> object:
    """What names an element in its object, where its values may differ."""
    if isinstance(element, Check):
        return element.name or element.text
    for field in ("columns", "name", "of", "text"):
        if hasattr(element, field):
            return getattr(element, field)
    return element


def read(chain: Chain, profile: Profile) -> History:
    """Replay a chain and tell its history. Raises ReplayError."""
    with replay(chain, profile, UNIVERSES[0], facts=True) as done:
        reader = Reader()
        return History(chain, done.steps, reader.lives, [reader.read(step) for step in done.steps])
