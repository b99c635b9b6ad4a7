"""Provenance: which migrations made and changed what, read off a replay's steps."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from squasher import layout
from squasher.sql import fold, is_word, name_of, significant

if TYPE_CHECKING:
    from squasher.replay import Replay, Step


class Provenance(NamedTuple):
    """For each object (kind, folded name): the steps that made and changed it; for tables, the rows too."""

    steps: tuple[Step, ...]
    objects: dict[tuple[str, str], tuple[int, ...]]
    rows: dict[str, tuple[int, ...]]

    def history(self, kind: str, name: str) -> str:
        """``made by 0004, changed by 0030, 0035``, or '' for an object that no step made."""
        steps = self.objects.get((kind, fold(name)), ())
        if not steps:
            return ""
        numbers = self._numbers(steps)
        made = f"made by {numbers[0]}"
        return made if len(numbers) == 1 else f"{made}, changed by {', '.join(numbers[1:])}"

    def sources(self, table: str) -> str:
        """The migrations that wrote rows of ``table``: ``0009, 0015``."""
        return ", ".join(self._numbers(self.rows.get(fold(table), ())))

    def place(self, kind: str, name: str, column: str | None = None) -> str | None:
        """Where the object, or one of its columns, came from: ``0026_x.sql:9``; None when unknown."""
        for index in self.objects.get((kind, fold(name)), ()):
            found = _find(self.steps[index], name, column)
            if found is not None:
                return f"{self.steps[index].migration.name}:{found}"
        return None

    def rows_place(self, table: str) -> str | None:
        """Where the rows of ``table`` were written first; None when unknown."""
        for index in self.rows.get(fold(table), ()):
            step = self.steps[index]
            for ran in step.statements:
                if ran.changes and any(fold(name) == fold(table) for name in ran.writes):
                    return f"{step.migration.name}:{_line(step, ran.start)}"
        return None

    def _numbers(self, steps: tuple[int, ...]) -> list[str]:
        return list(dict.fromkeys(self.steps[index].migration.number for index in steps))


def trace(replay: Replay) -> Provenance:
    """Follow every object through creation, change, rename and rebuild."""
    objects: dict[tuple[str, str], list[int]] = {}
    rows: dict[str, list[int]] = defaultdict(list)
    for index, step in enumerate(replay.steps):
        for ran in step.statements:
            if ran.changes:
                for table in ran.writes:
                    rows[fold(table)].append(index)
        _rename_tables(step, objects, rows)
        for change in step.changes:
            key = (change.kind, fold(change.name))
            if change.new is None:
                objects.pop(key, None)
            else:
                objects.setdefault(key, []).append(index)
    return Provenance(
        replay.steps,
        {key: tuple(dict.fromkeys(steps)) for key, steps in objects.items()},
        {table: tuple(dict.fromkeys(steps)) for table, steps in rows.items()},
    )


def _rename_tables(step: Step, objects: dict[tuple[str, str], list[int]], rows: dict[str, list[int]]) -> None:
    """A renamed table keeps its history; in a rebuild the replaced table's history goes on."""
    for ran in step.statements:
        names = layout.renamed(ran.sql)
        if names is None:
            continue
        old, new = ("table", names[0]), ("table", names[1])
        if new not in objects and old in objects:
            objects[new] = objects.pop(old)
            rows[names[1]] = rows.pop(names[0], [])


def _find(step: Step, name: str, column: str | None) -> int | None:
    """The line of the statement of ``step`` that made or changed the object, or of the column in it."""
    names = {fold(name)}
    for ran in step.statements:
        moved = layout.renamed(ran.sql)
        if moved is not None and moved[1] in names:
            names.add(moved[0])
    for ran in step.statements:
        words = significant(ran.sql)
        if not words or not is_word(words[0], "create", "alter"):
            continue
        head = {name_of(token) for token in words[1:8]}
        if not head & names:
            continue
        if column is None:
            return _line(step, ran.start)
        for token in words[3:]:
            if name_of(token) == fold(column):
                return _line(step, ran.start + len(ran.sql[: token.start].encode()))
    return None


def _line(step: Step, offset: int) -> int:
    return step.migration.data.count(b"\n", 0, offset) + 1
