"""diff(old, new): what differs between two snapshots. Pure and sorted; equal snapshots give ().

Facts first: what the PRAGMAs say. Where all facts of an object are equal and its tokens are not, the
object is *respelled*: whether that means anything is for the proof's bytecode layer to say.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher import layout
from squasher.changes import (
    Added,
    Check,
    Clause,
    LedgerEntry,
    Modified,
    Number,
    Option,
    Order,
    PrimaryKey,
    Removed,
)
from squasher.clauses import clauses as parse
from squasher.clauses import same_expression
from squasher.model import Column, ForeignKey, Index, Table, Trigger, View, VirtualTable, kind_of
from squasher.sql import (
    BLOB,
    NUMBER,
    STRING,
    TRIVIA,
    Token,
    canonical,
    fold,
    name_of,
    same_tokens,
    significant,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from squasher.changes import Change, Element
    from squasher.clauses import Clause as Constraint
    from squasher.model import IndexColumn, SchemaObject, Snapshot


class SchemaDiff(NamedTuple):
    """The differences between two schemas."""

    changes: tuple[Change, ...]
    respelled: tuple[tuple[SchemaObject, SchemaObject], ...]
    """Objects with equal facts and other tokens, old and new."""


LAYERS: Final = ("objects", "text", "order")
"""What is compared: facts, tokens, and creation order where it is behaviour."""


def diff(old: Snapshot, new: Snapshot, layers: Collection[str] = LAYERS) -> SchemaDiff:
    """Compare two schemas, in some of the layers or in all."""
    changes: list[Change] = []
    respelled: list[tuple[SchemaObject, SchemaObject]] = []
    before, after = _by_key(old), _by_key(new)
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        found = list(_facts(one, other)) if "objects" in layers else []
        changes += found
        if one is None or other is None or "text" not in layers or same_tokens(str(one.sql), str(other.sql)):
            continue
        if found:
            changes += _told_by_text(one, other)
        elif _same_words(one, other):
            respelled.append((one, other))
        else:
            changes += clauses(one, other)
    if "order" in layers:
        changes += _orders(old, new)
    if "objects" in layers:
        changes += _settings(old, new)
    return SchemaDiff(tuple(changes), tuple(respelled))


def _facts(old: SchemaObject | None, new: SchemaObject | None) -> Iterator[Change]:
    """What the PRAGMAs say differently of an object, or that only one side has it."""
    if old is not None and new is not None:
        yield from _compare(old, new)
    elif old is not None:
        yield Removed(owner=_owner(old), old=old)
    elif new is not None:
        yield Added(owner=_owner(new), new=new)


def ledger(old: Snapshot, new: Snapshot, own: str | None = None) -> tuple[Change, ...]:
    """The migrations that only one side records, and another ledger than the migration tool's.

    The new side may also record its ``own`` file.
    """
    owner = ("ledger", "ledger")
    tables = old.ledger_sql, new.ledger_sql
    missing = [name for name in old.ledger if name not in new.ledger]
    extra = [name for name in new.ledger if name not in old.ledger and name != own]
    return (
        *(Removed(owner=owner, old=LedgerEntry(name=name)) for name in missing),
        *(Added(owner=owner, new=LedgerEntry(name=name)) for name in extra),
        *(_other_ledger(owner, *map(str, tables)) if None not in tables else ()),
    )


def _other_ledger(owner: tuple[str, str], old: str, new: str) -> tuple[Change, ...]:
    if same_tokens(old, new):
        return ()
    whole = _modified(owner, Clause(text=" ".join(old.split())), Clause(text=" ".join(new.split())))
    return _table_clauses(owner, old, new) or (whole,)


def _by_key(snapshot: Snapshot) -> dict[tuple[str, str], SchemaObject]:
    return {(kind_of(item), fold(item.name)): item for item in snapshot.objects}


def _same_words(old: SchemaObject, new: SchemaObject) -> bool:
    """Whether two statements may mean the same at all: then their programs decide.

    Another string, blob or number is another meaning. In a view, trigger or index the words must be the
    same one by one: programs do not tell virtual tables apart, nor what a ``*`` or an OR clause will
    mean tomorrow. A virtual table's arguments go to its module as they are, and a view that does not
    compile has no program: of these no other spelling is known to be equal.
    """
    if isinstance(old, VirtualTable) or (isinstance(old, View) and old.problem is not None):
        return False
    one, other = significant(str(old.sql)), significant(str(new.sql))
    if _texts(one, {BLOB}) != _texts(other, {BLOB}):
        return False
    if isinstance(old, Table):
        return sorted(_texts(one, {STRING, NUMBER})) == sorted(_texts(other, {STRING, NUMBER}))
    return _spoken(one) == _spoken(other)


def _texts(words: list[Token], kinds: set[str]) -> list[str]:
    return [
        token.text if token.kind == STRING else fold(token.text) for token in words if token.kind in kinds
    ]


def _spoken(words: list[Token]) -> list[str]:
    """The words of a statement without those that only say the default."""
    texts = [_word(token) for token in words]
    if texts[:2] == ["create", "trigger"]:
        return [text for text in texts if text not in {"for", "each", "row"}]
    return [text for text in texts if text != "asc"]


def _word(token: Token) -> str:
    """A token without the quotes of a name."""
    return token.text if token.kind == STRING else name_of(token) or fold(token.text)


def _owner(item: SchemaObject) -> tuple[str, str]:
    """Indexes and triggers are shown under their table."""
    if isinstance(item, Index | Trigger):
        return "table", fold(item.table)
    return kind_of(item), fold(item.name)


def _compare(old: SchemaObject, new: SchemaObject) -> Iterator[Change]:
    owner = _owner(old)
    match old, new:
        case Table(), Table():
            if old.name != new.name:
                yield Modified(owner=owner, old=old, new=new, fields=("name",))
            yield from _columns(owner, old, new)
            yield from _primary_keys(owner, old, new)
            yield from _foreign_keys(owner, old, new)
            yield from _constraint_indexes(owner, old, new)
            yield from _options(owner, old, new)
        case VirtualTable(), VirtualTable():
            if old.name != new.name:
                yield Modified(owner=owner, old=old, new=new, fields=("name",))
        case Index(), Index():
            fields = _fields(_index_facts(old), _index_facts(new))
            if fields:
                yield Modified(owner=owner, old=old, new=new, fields=fields)
        case View(), View():
            fields = tuple(
                name
                for name, same in (
                    ("columns", old.columns == new.columns),
                    ("name", old.name == new.name),
                    ("problem", (old.problem is None) == (new.problem is None)),
                )
                if not same
            )
            if fields:
                yield Modified(owner=owner, old=old, new=new, fields=fields)
        case Trigger(), Trigger():
            if fold(old.table) != fold(new.table) or old.name != new.name:
                yield Modified(owner=owner, old=old, new=new, fields=("table",))
        case _:
            yield Modified(owner=owner, old=old, new=new, fields=("kind",))


def _fields(old: dict[str, object], new: dict[str, object]) -> tuple[str, ...]:
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
        elif column != other and (fields := _fields(column_facts(column), column_facts(other))):
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


def _index_facts(index: Index) -> dict[str, object]:
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
        return index.origin, index.unique, _index_facts(index)["columns"]

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


def _orders(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """Creation order where it is behaviour: unique indexes of a table, triggers of one event."""
    before, after = _ordered(old), _ordered(new)
    for key in sorted(before.keys() & after.keys()):
        common = set(before[key]) & set(after[key])
        one = tuple(name for name in before[key] if name in common)
        other = tuple(name for name in after[key] if name in common)
        if one != other:
            table, what = key
            yield Modified(
                owner=("table", table),
                old=Order(of=what, names=one),
                new=Order(of=what, names=other),
                fields=("order",),
            )


def _ordered(snapshot: Snapshot) -> dict[tuple[str, str], list[str]]:
    out: dict[tuple[str, str], list[str]] = {}
    for item in snapshot.objects:
        if isinstance(item, Index) and item.unique:
            out.setdefault((fold(item.table), "unique indexes"), []).append(fold(item.name))
        elif isinstance(item, Trigger):
            event = trigger_event(item.sql)
            out.setdefault((fold(item.table), f"{event} triggers"), []).append(fold(item.name))
    return out


def trigger_event(sql: str) -> str:
    """When a trigger fires: ``BEFORE INSERT``, ``AFTER UPDATE``, ``INSTEAD OF DELETE``."""
    time = "BEFORE"  # the default, https://sqlite.org/lang_createtrigger.html
    for token in significant(sql)[3:]:
        word = fold(token.text)
        if word in {"before", "after", "instead"}:
            time = "INSTEAD OF" if word == "instead" else word.upper()
        if word in {"insert", "update", "delete"}:
            return f"{time} {word.upper()}"
    return time


def updates_some_columns(sql: str) -> bool:
    """Whether a trigger fires on UPDATE OF some columns only."""
    words = [fold(token.text) for token in significant(sql)[3:]]
    return ("update", "of") in pairwise(words)


def _settings(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    before, after = dict(old.settings), dict(new.settings)
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name, 0), after.get(name, 0)
        if one != other:
            yield Modified(
                owner=("setting", name),
                old=Number(name="setting", value=one),
                new=Number(name="setting", value=other),
                fields=("value",),
            )


def clauses(old: SchemaObject, new: SchemaObject) -> tuple[Change, ...]:
    """What two respelled objects say differently, clause by clause."""
    owner = _owner(old)
    if not (isinstance(old, Table) and isinstance(new, Table)):
        return (Modified(owner=owner, old=old, new=new, fields=("definition",)),)
    return _table_clauses(owner, old.sql, new.sql) or (
        Modified(owner=owner, old=old, new=new, fields=("definition",)),
    )


def _table_clauses(owner: tuple[str, str], old: str, new: str) -> tuple[Change, ...]:
    found = [*_checks(owner, old, new), *_more(owner, old, new)]
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


def _told_by_text(old: SchemaObject, new: SchemaObject) -> Iterator[Change]:
    """What the text of a table with other facts says differently beside them."""
    if isinstance(old, Table) and isinstance(new, Table):
        yield from _checks(_owner(old), old.sql, new.sql)
        yield from _more(_owner(old), old.sql, new.sql)


def _checks(owner: tuple[str, str], old: str, new: str) -> Iterator[Change]:
    before, after = parse(old), parse(new)
    columns = {
        fold(item.column) for sql in (old, new) for item in layout.parse_table(sql).items if item.column
    }
    ones, others = ([clause for clause in said if clause.kind == "check"] for said in (before, after))

    def same(one: Constraint, other: Constraint) -> bool:
        return same_expression(one.expression, other.expression, columns)

    for alike in (
        lambda one, other: same(one, other) and fold(one.name) == fold(other.name),
        lambda one, other: bool(one.name) and fold(one.name) == fold(other.name),
        same,
        lambda one, other: one.column is not None and fold(one.column) == fold(other.column or ""),
    ):
        for one in list(ones):
            other = next((other for other in others if alike(one, other)), None)
            if other is not None:
                ones.remove(one)
                others.remove(other)
                if not same(one, other) or fold(one.name) != fold(other.name):
                    yield _modified(owner, _check(one), _check(other))
    yield from (Removed(owner=owner, old=_check(one)) for one in ones)
    yield from (Added(owner=owner, new=_check(other)) for other in others)


def _check(clause: Constraint) -> Check:
    return Check(name=clause.name, text=clause.expression, column=clause.column or "")


def _more(owner: tuple[str, str], old: str, new: str) -> Iterator[Change]:
    """Clauses with an ON CONFLICT, a MATCH or a name, which no fact tells."""
    ones, others = (
        {canonical(f"{one.column or ''} {one.text}"): one for one in parse(sql) if one.has_more}
        for sql in (old, new)
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


def only_quotes_differ(old: str, new: str) -> bool:
    """Whether two statements are the same but for the quotes around names."""
    return list(map(_word, significant(old))) == list(map(_word, significant(new)))
