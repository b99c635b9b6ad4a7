"""diff(old, new): what differs between two snapshots. Pure and sorted; equal snapshots give ().

Facts first: what the PRAGMAs say. Where all facts of an object are equal and its tokens are not, the
object is *respelled*: whether that means anything is for the proof's bytecode layer to say.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.changes import Added, Clause, LedgerEntry, Modified, Number, Order, Removed
from squasher.model import Index, Table, Trigger, View, VirtualTable, kind_of
from squasher.sql import BLOB, NUMBER, STRING, Token, fold, name_of, same_tokens, significant, words
from squasher.tablediff import beside_facts, differing, differing_clauses, differing_facts, index_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from squasher.changes import Change
    from squasher.model import SchemaObject, Snapshot


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
            if isinstance(one, Table) and isinstance(other, Table):
                changes += beside_facts(_owner(one), one.sql, other.sql)
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
    before, after = (Clause(text=" ".join(sql.split())) for sql in (old, new))
    whole = Modified(owner=owner, old=before, new=after, fields=("definition",))
    return differing_clauses(owner, old, new) or (whole,)


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
            yield from differing_facts(owner, old, new)
        case VirtualTable(), VirtualTable():
            if old.name != new.name:
                yield Modified(owner=owner, old=old, new=new, fields=("name",))
        case Index(), Index():
            alike = old._replace(sql=None) == new._replace(sql=None)
            if not alike and (fields := differing(index_facts(old), index_facts(new))):
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


_EVENTS: Final = frozenset({"insert", "update", "delete"})
_NAME_AT: Final = 2


def trigger_event(sql: str) -> str:
    """When a trigger fires: ``BEFORE INSERT``, ``AFTER UPDATE``, ``INSTEAD OF DELETE``."""
    time = "BEFORE"  # the default, https://sqlite.org/lang_createtrigger.html
    for word in _after_the_name(sql):
        if word in {"before", "after", "instead"}:
            time = "INSTEAD OF" if word == "instead" else word.upper()
        if word in _EVENTS:
            return f"{time} {word.upper()}"
    return time


def updates_some_columns(sql: str) -> bool:
    """Whether a trigger fires on UPDATE OF some columns only."""
    pairs = pairwise(_after_the_name(sql))
    return next((pair for pair in pairs if pair[0] in _EVENTS), None) == ("update", "of")


def _after_the_name(sql: str) -> Iterator[str]:
    """The words of a stored CREATE TRIGGER behind its name, of which few are looked at."""
    return (fold(token.text) for token in islice(words(sql), _NAME_AT + 1, None))


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
    return differing_clauses(owner, old.sql, new.sql) or (
        Modified(owner=owner, old=old, new=new, fields=("definition",)),
    )


def only_quotes_differ(old: str, new: str) -> bool:
    """Whether two statements are the same but for the quotes around names."""
    return list(map(_word, significant(old))) == list(map(_word, significant(new)))
