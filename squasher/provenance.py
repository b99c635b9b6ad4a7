"""Provenance: which migrations made and changed what, read off a replay's steps."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from squasher import layout
from squasher.sql import fold

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
