"""What differs between two versions of a table: facts first, and what only their texts tell."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import layout
from squasher.changes import Added, Check, Clause, Modified, Option, Order, PrimaryKey, Removed
from squasher.clauses import clauses, plain
from squasher.sql import TRIVIA, canonical, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from squasher.changes import Change, Element
    from squasher.clauses import Clause as Constraint
    from squasher.model import Column, ForeignKey, Index, IndexColumn, Table
    from squasher.sql import Token

    Said = tuple[Constraint, ...]


def differing_facts(owner: tuple[str, str], old: Table, new: Table) -> Iterator[Change]:
    """What SQLite reports differently: columns, keys, constraints, options."""
    if old._replace(sql="") == new._replace(sql=""):
        return
    yield from _columns(owner, old, new)
    yield from _primary_keys(owner, old, new)
    yield from _foreign_keys(owner, old, new)
    yield from _constraint_indexes(owner, old, new)
    yield from _options(owner, old, new)


def differing(old: dict[str, object], new: dict[str, object]) -> tuple[str, ...]:
    """The names of the facts that differ."""
    return tuple(name for name, value in old.items() if new[name] != value)


def _default(column: Column) -> tuple[str, ...] | None:
    if column.default is None or fold(column.default) == "null":
        return None
    return canonical(column.default)


def column_facts(column: Column) -> dict[str, object]:
    """What makes two columns the same: types and collations by name, defaults by tokens."""
    return {
        "name": column.name,
        "type": canonical(column.type),
        "not null": column.not_null,
        "default": _default(column),
        "generated": column.hidden,
        "expression": None if column.expression is None else canonical(column.expression),
        "collation": None if column.collation is None else fold(column.collation),
    }


def _columns(owner: tuple[str, str], old: Table, new: Table) -> Iterator[Change]:
    before = {fold(column.name): column for column in old.columns}
    after = {fold(column.name): column for column in new.columns}
    for name, column in before.items():
        other = after.get(name)
        if other is None:
            yield Removed(owner=owner, old=column)
        elif column != other and (fields := differing(column_facts(column), column_facts(other))):
            yield Modified(owner=owner, old=column, new=other, fields=fields)
    for name, column in after.items():
        if name not in before:
            yield Added(owner=owner, new=column)
    common_old = tuple(name for name in before if name in after)
    common_new = tuple(name for name in after if name in before)
    if common_old != common_new:
        yield Modified(
            owner=owner,
            old=Order(of="columns", names=common_old),
            new=Order(of="columns", names=common_new),
            fields=("order",),
        )


def primary_key(table: Table) -> PrimaryKey:
    """The primary key of a table, as its index orders it; without columns when it has none."""
    collations = {fold(column.name): fold(column.collation or "binary") for column in table.columns}
    for index in table.constraint_indexes:
        if index.origin == "pk":
            return PrimaryKey(tuple(_key_part(part, collations) for part in index.columns), rowid=False)
    keys = sorted((column.primary_key, column.name) for column in table.columns if column.primary_key)
    return PrimaryKey(tuple(name for _, name in keys), rowid=table.rowid_alias is not None)


def _key_part(part: IndexColumn, collations: dict[str, str]) -> str:
    other = fold(part.collation) != collations.get(fold(str(part.name)), "binary")
    return f"{part.name}{f' COLLATE {part.collation}' if other else ''}{' DESC' if part.descending else ''}"


def _primary_keys(owner: tuple[str, str], old: Table, new: Table) -> Iterator[Change]:
    before, after = primary_key(old), primary_key(new)
    if (list(map(fold, before.columns)), before.rowid) != (list(map(fold, after.columns)), after.rowid):
        yield Modified(owner=owner, old=before, new=after, fields=("columns",))


def _foreign_key_facts(key: ForeignKey) -> tuple[object, ...]:
    return (
        fold(key.parent),
        tuple(map(fold, key.columns)),
        tuple(None if name is None else fold(name) for name in key.parent_columns),
    )


def _foreign_keys(owner: tuple[str, str], old: Table, new: Table) -> Iterator[Change]:
    before = {_foreign_key_facts(key): key for key in old.foreign_keys}
    after = {_foreign_key_facts(key): key for key in new.foreign_keys}
    for facts, key in before.items():
        other = after.get(facts)
        if other is None:
            yield Removed(owner=owner, old=key)
        elif fields := tuple(
            name
            for name, same in (
                ("on update", key.on_update == other.on_update),
                ("on delete", key.on_delete == other.on_delete),
                ("deferred", key.deferred == other.deferred),
            )
            if not same
        ):
            yield Modified(owner=owner, old=key, new=other, fields=fields)
    for facts, key in after.items():
        if facts not in before:
            yield Added(owner=owner, new=key)


def index_facts(index: Index) -> dict[str, object]:
    """What makes two indexes the same."""
    return {
        "name": index.name,
        "table": fold(index.table),
        "unique": index.unique,
        "partial": index.partial,
        "columns": tuple(
            (None if part.name is None else fold(part.name), part.descending, fold(part.collation))
            for part in index.columns
        ),
    }


def _constraint_indexes(owner: tuple[str, str], old: Table, new: Table) -> Iterator[Change]:
    def facts(index: Index) -> tuple[object, ...]:
        return index.origin, index.unique, index_facts(index)["columns"]

    before = [facts(index) for index in old.constraint_indexes]
    after = [facts(index) for index in new.constraint_indexes]
    if before == after:
        return
    for index in old.constraint_indexes:
        if index.origin != "pk" and facts(index) not in after:
            yield Removed(owner=owner, old=index)
    for index in new.constraint_indexes:
        if index.origin != "pk" and facts(index) not in before:
            yield Added(owner=owner, new=index)
    if sorted(map(repr, before)) == sorted(map(repr, after)):
        yield Modified(
            owner=owner,
            old=Order(of="unique constraints", names=tuple(map(_key_columns, old.constraint_indexes))),
            new=Order(of="unique constraints", names=tuple(map(_key_columns, new.constraint_indexes))),
            fields=("order",),
        )


def _key_columns(index: Index) -> str:
    return "(" + ", ".join(part.name or "…" for part in index.columns) + ")"


def _options(owner: tuple[str, str], old: Table, new: Table) -> Iterator[Change]:
    for name, one, other in (
        ("STRICT", old.strict, new.strict),
        ("WITHOUT ROWID", old.without_rowid, new.without_rowid),
        ("AUTOINCREMENT", old.autoincrement, new.autoincrement),
    ):
        if one and not other:
            yield Removed(owner=owner, old=Option(name=name))
        elif other and not one:
            yield Added(owner=owner, new=Option(name=name))


def beside_facts(owner: tuple[str, str], old: str, new: str) -> Iterator[Change]:
    """What two texts say differently that no fact tells: CHECKs, and names and conflict clauses."""
    before, after = clauses(old), clauses(new)
    items = [item for sql in (old, new) for item in layout.parse_table(sql).items]
    columns = {fold(item.column) for item in items if item.column}
    yield from _checks(owner, before, after, columns)
    yield from _more(owner, before, after)


def differing_clauses(owner: tuple[str, str], old: str, new: str) -> tuple[Change, ...]:
    """What two texts say differently, clause by clause; where no clause tells it, column by column."""
    found = list(beside_facts(owner, old, new))
    if found:
        return tuple(found)
    before, after = layout.parse_table(old), layout.parse_table(new)
    columns = {item.column: _words(item.body) for item in after.items if item.column is not None}
    for item in before.items:
        other = columns.get(item.column) if item.column is not None else None
        if other is not None and canonical(other) != canonical(_words(item.body)):
            found.append(_modified(owner, Clause(text=_words(item.body)), Clause(text=other)))
    ones = [_words(item.body) for item in before.items if item.column is None]
    others = [_words(item.body) for item in after.items if item.column is None]
    seen = {canonical(text) for text in ones}, {canonical(text) for text in others}
    found += [Removed(owner=owner, old=Clause(text=t)) for t in ones if canonical(t) not in seen[1]]
    found += [Added(owner=owner, new=Clause(text=t)) for t in others if canonical(t) not in seen[0]]
    return tuple(found)


class _Checked(NamedTuple):
    """A CHECK, and what its expression is without layout and needless quotes."""

    clause: Constraint
    plain: tuple[str, ...]

    @property
    def name(self) -> str | None:
        return fold(self.clause.name) or None

    @property
    def column(self) -> str | None:
        return None if self.clause.column is None else fold(self.clause.column)


_ALIKE: Final[tuple[Callable[[_Checked], object], ...]] = (
    lambda one: (one.plain, one.name),
    lambda one: one.name,
    lambda one: one.plain,
    lambda one: one.column,
)
"""What makes two CHECKs the same one, the strongest first."""


def _checks(owner: tuple[str, str], old: Said, new: Said, columns: set[str]) -> Iterator[Change]:
    ones, others = (
        [_Checked(one, plain(one.expression, columns)) for one in said if one.kind == "check"]
        for said in (old, new)
    )
    for alike in _ALIKE:
        pairs, ones, others = _paired(ones, others, alike)
        for one, other in pairs:
            if (one.plain, one.name) != (other.plain, other.name):
                yield _modified(owner, _check(one.clause), _check(other.clause))
    yield from (Removed(owner=owner, old=_check(one.clause)) for one in ones)
    yield from (Added(owner=owner, new=_check(other.clause)) for other in others)


def _paired(
    ones: list[_Checked], others: list[_Checked], alike: Callable[[_Checked], object]
) -> tuple[list[tuple[_Checked, _Checked]], list[_Checked], list[_Checked]]:
    """Those of equal keys in pairs, and what is left of each side; a key of None is equal to nothing."""
    places: dict[object, deque[_Checked]] = defaultdict(deque)
    for other in others:
        places[alike(other)].append(other)
    pairs: list[tuple[_Checked, _Checked]] = []
    rest: list[_Checked] = []
    for one in ones:
        key = alike(one)
        if key is not None and places[key]:
            pairs.append((one, places[key].popleft()))
        else:
            rest.append(one)
    left = {id(other) for queue in places.values() for other in queue}
    return pairs, rest, [other for other in others if id(other) in left]


def _check(clause: Constraint) -> Check:
    return Check(name=clause.name, text=clause.expression, column=clause.column or "")


def _more(owner: tuple[str, str], old: Said, new: Said) -> Iterator[Change]:
    """Clauses with an ON CONFLICT, a MATCH or a name, which no fact tells."""
    ones, others = (
        {canonical(f"{one.column or ''} {one.text}"): one for one in said if one.has_more}
        for said in (old, new)
    )
    for words, one in ones.items():
        if words not in others:
            yield Removed(owner=owner, old=Clause(text=one.described))
    for words, other in others.items():
        if words not in ones:
            yield Added(owner=owner, new=Clause(text=other.described))


def _modified(owner: tuple[str, str], old: Element, new: Element) -> Change:
    return Modified(owner=owner, old=old, new=new, fields=("definition",))


def _words(body: tuple[Token, ...]) -> str:
    """A clause on one line, without its comments."""
    return " ".join("".join(" " if token.kind in TRIVIA else token.text for token in body).split())
