"""Rebuilds: tables that a migration made anew, and that bear the name of one that it dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher.model import Index, Table, Trigger
from squasher.sql import WORD, fold, is_word, name_of, outermost

if TYPE_CHECKING:
    from squasher.lint.study import File, Statement, Study
    from squasher.sql import Token
    from squasher.watch import Version


class Rebuild(NamedTuple):
    """A table that one migration dropped and made anew under the same name."""

    file: File
    old: Table
    """As it was before it was dropped, by the name that it had then."""
    new: Table
    """As it is when the file ends."""
    made: Statement
    dropped: Statement
    copies: tuple[Statement, ...]
    """The INSERTs that filled the new one before the file ended."""
    lost: tuple[Index | Trigger, ...]
    """What was dropped with the old one."""
    left: tuple[Index | Trigger, ...]
    """What stands on the new one when the file ends."""


class _Half(NamedTuple):
    origin: str
    """The folded name that it had before the file; '' for one that was made in it."""
    now: Version
    made: Statement | None
    names: frozenset[str]
    """All that it had since, folded."""


def rebuilds(study: Study) -> tuple[Rebuild, ...]:
    """Those of a chain, in order."""
    reader = Rebuilds()
    return tuple(one for file in study.files for one in reader.of(file))


class Rebuilds:
    """Reads the files of a chain, one after the other."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str], Index | Trigger] = {}
        """The indexes and triggers that stand, by kind and folded name."""

    def of(self, file: File) -> list[Rebuild]:
        """Those of the next file."""
        halves: dict[str, _Half] = {}
        gone: dict[str, tuple[Version, Statement]] = {}
        for statement in file.statements:
            _follow(statement, halves, gone, self._parts)
        found: list[Rebuild] = []
        for name, half in halves.items():
            if half.made is None or half.made.head.verb != "create" or name not in gone:
                continue
            (old, dropped), new = gone[name], half.now.facts
            if not (isinstance(old.facts, Table) and isinstance(new, Table)):
                continue
            found.append(
                Rebuild(
                    file,
                    old.facts,
                    new,
                    half.made,
                    dropped,
                    tuple(
                        one
                        for one in file.statements[half.made.index :]
                        if one.head.verb == "insert" and fold(one.head.called) in half.names
                    ),
                    tuple(
                        note.old.facts
                        for note in dropped.notes
                        if note.old is not None and isinstance(note.old.facts, Index | Trigger)
                    ),
                    tuple(one for one in self._parts.values() if fold(one.table) == name),
                )
            )
        return found


def _follow(
    statement: Statement,
    halves: dict[str, _Half],
    gone: dict[str, tuple[Version, Statement]],
    parts: dict[tuple[str, str], Index | Trigger],
) -> None:
    """Take up what a statement did to tables, indexes and triggers."""
    for note in statement.notes:
        if note.old is not None and note.old.stored.kind != "table":
            parts.pop(note.old.key, None)
        if note.new is not None and isinstance(note.new.facts, Index | Trigger):
            parts[note.new.key] = note.new.facts
        before = note.old if note.old is not None and note.old.stored.kind == "table" else None
        after = note.new if note.new is not None and note.new.stored.kind == "table" else None
        half = None
        if before is not None:
            name = before.key[1]
            half = halves.pop(name, None) or _Half(name, before, None, frozenset({name}))
            if after is None and half.origin:
                gone[half.origin] = before, statement
        if after is not None:
            name = after.key[1]
            half = half or _Half("", after, statement, frozenset())
            halves[name] = half._replace(now=after, names=half.names | {name})


def copied(statement: Statement) -> dict[str, tuple[Token, ...]] | None:
    """What an ``INSERT INTO t (…) SELECT … FROM`` writes into each column: the tokens, by folded name.

    None where that cannot be told from the text: without a list of columns, with ``*``, with more than
    one SELECT.
    """
    words = statement.tokens
    place = statement.head.rest
    if place >= len(words) or words[place].text != "(":
        return None
    end = next((at for at in range(place, len(words)) if words[at].text == ")"), len(words))
    names = [name_of(token) for token in words[place + 1 : end] if token.text != ","]
    if end + 1 >= len(words) or not is_word(words[end + 1], "select"):
        return None
    cells: list[list[Token]] = [[]]
    depth = 0
    for token in words[end + 2 :]:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and is_word(token, "from", "union", "except", "intersect"):
            break
        if depth == 0 and token.text == ",":
            cells.append([])
        else:
            cells[-1].append(token)
    if cells[0] and is_word(cells[0][0], "distinct", "all"):
        del cells[0][0]
    if len(cells) != len(names):
        return None
    return dict(zip(names, map(tuple, cells), strict=True))


def outside(statement: Statement) -> set[str]:
    """The bare words of a statement that stand in no parentheses, folded."""
    return {fold(token.text) for _, token in outermost(statement.tokens) if token.kind == WORD}
