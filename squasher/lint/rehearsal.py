"""Rehearsal: the chain once more, on a database that holds rows, as one in production does.

After each migration the tables that are empty get probe rows, and the next one runs on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from squasher import progress
from squasher.engine import Database
from squasher.errors import ReplayError, SqlError
from squasher.lint.failures import failure_of, without
from squasher.lint.observer import Observer, follow
from squasher.lint.probes import fill
from squasher.lint.rebuilds import rebuilds
from squasher.replay import apply, begin
from squasher.universe import utc
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from squasher.lint.failures import Failure
    from squasher.lint.observer import Loss, Moved
    from squasher.lint.probes import Known
    from squasher.lint.study import Study
    from squasher.model import Table
    from squasher.schema import Stored
    from squasher.statements import Stopped


class Rehearsal(NamedTuple):
    """What was seen."""

    losses: tuple[Loss, ...]
    failures: tuple[Failure, ...]
    moved: tuple[Moved, ...]
    unknown: tuple[str, ...]
    """The files that say nothing: they fail with probe rows, and it may be the probes' fault."""


def rehearse(study: Study) -> Rehearsal:
    """Replay the files of a study that ran, on rows; computed through ``study.once(rehearse)``."""
    with utc():
        return _Stage(study).play()


class _Stage:
    def __init__(self, study: Study) -> None:
        self._files = study.files[: len(study.steps)]
        self._chain = study.as_run
        self._profile = study.profile
        self._rebuilt = {one.dropped: one for one in study.once(rebuilds)}
        self._tables: dict[str, Table] = {}
        self._empty: dict[str, None] = {}
        """The tables that no probe row could be put into so far."""
        self._known: dict[Stored, Known] = {}
        self._given_up: set[str] = set()
        self._clean: Database | None = None
        self._cleaned = 0
        self._losses: list[Loss] = []
        self._failures: list[Failure] = []
        self._moved: list[Moved] = []
        self._unknown: list[str] = []

    def play(self) -> Rehearsal:
        """Run all files."""
        database = self._new()
        try:
            for index, file in enumerate(progress.over(self._files, progress.REHEARSED)):
                try:
                    database = self._file(database, index)
                except ReplayError:  # not even without rows: what the study saw cannot be had again
                    self._unknown += [one.migration.name for one in self._files[index:] if one is not file]
                    break
        finally:
            database.close()
            if self._clean is not None:
                self._clean.close()
        return Rehearsal(tuple(self._losses), tuple(self._failures), tuple(self._moved), tuple(self._unknown))

    def _new(self) -> Database:
        database = Database(self._profile, UNIVERSES[0])
        begin(database)
        return database

    def _file(self, database: Database, index: int) -> Database:
        """Run a file and fill what it left empty; where it fails with rows, without them."""
        file = self._files[index]
        observer = Observer(database, file, self._tables, self._rebuilt)
        failures: list[Failure] = []
        touched: list[str] | None = None
        try:
            apply(database, self._chain, index, observer, lambda stopped: _past(observer, stopped, failures))
        except ReplayError as error:
            _take(failure_of(observer, error.__cause__), failures)
            if not failures:
                self._unknown.append(file.migration.name)
                self._moved += observer.moved
        else:
            self._losses += observer.losses()
            if not failures:
                self._moved += observer.moved
                touched = [*observer.touched, *self._empty]
        self._failures += failures
        if touched is None:
            without_rows = self._without_rows(index)
            database.close()
            database = without_rows
        for statement in file.statements:
            follow(statement, self._tables)
        filled = fill(database, touched, self._known, self._given_up)
        self._empty = dict.fromkeys(name for name, count in filled.items() if not count)
        return database

    def _without_rows(self, index: int) -> Database:
        """What the files up to and with that one make without any probe row."""
        if self._clean is None:
            self._clean = self._new()
        for number in range(self._cleaned, index + 1):
            apply(self._clean, self._chain, number)
        self._cleaned = index + 1
        return self._clean.clone()


def _past(observer: Observer, stopped: Stopped, failures: list[Failure]) -> bool:
    """Whether the file goes on behind a statement that fails for some of the rows: without those."""
    failure = failure_of(observer, stopped)
    instead = None if failure is None else without(failure)
    if failure is None or instead is None or not observer.database.in_transaction:
        return False
    try:
        if instead:
            observer.database.execute(instead)
    except SqlError:
        return False
    failures.append(failure)
    observer.go_on()
    return True


def _take(failure: Failure | None, failures: list[Failure]) -> None:
    """Keep a failure that ended a file; behind another one, only that of a DROP TABLE.

    What else fails there may miss the rows that were left out.
    """
    if failure is not None and (not failures or failure.statement.head.verb == "drop"):
        failures.append(failure)
