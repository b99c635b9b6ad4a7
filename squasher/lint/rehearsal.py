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
from squasher.lint.rebuilds import Rebuilds
from squasher.replay import apply, begin
from squasher.universe import utc
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from squasher.chain import Chain
    from squasher.lint.failures import Failure
    from squasher.lint.observer import Loss, Moved
    from squasher.lint.probes import Known
    from squasher.lint.study import File, Study
    from squasher.model import Table
    from squasher.profiles import Profile
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
    found = None if study.beside is None else study.beside.result(study.files)
    if found is not None:
        return found
    files = progress.over(study.files[: len(study.steps)], progress.REHEARSED)
    return rehearsed(study.chain, study.profile, files)


def rehearsed(chain: Chain, profile: Profile, files: Iterable[File]) -> Rehearsal:
    """The rehearsal of a chain, of which ``files`` ran, and can be read no earlier than that."""
    with utc():
        return _Stage(chain, profile).play(files)


class _Stage:
    def __init__(self, chain: Chain, profile: Profile) -> None:
        self._chain = chain
        """With the texts that were run, as far as that is known."""
        self._profile = profile
        self._rebuilds = Rebuilds()
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

    def play(self, files: Iterable[File]) -> Rehearsal:
        """Run all files."""
        database: Database | None = self._new()
        try:
            for index, file in enumerate(files):
                if database is None:
                    self._unknown.append(file.migration.name)
                    continue
                self._take_text(index, file)
                try:
                    database = self._file(database, index, file)
                except ReplayError:  # not even without rows: what the study saw cannot be had again
                    database.close()
                    database = None
        finally:
            if database is not None:
                database.close()
            if self._clean is not None:
                self._clean.close()
        return Rehearsal(tuple(self._losses), tuple(self._failures), tuple(self._moved), tuple(self._unknown))

    def _take_text(self, index: int, file: File) -> None:
        """Keep what was run of a file: without what is refused in it."""
        migrations = self._chain.migrations
        if file.text != migrations[index].text:
            own = file.migration._replace(text=file.text)
            self._chain = self._chain._replace(
                migrations=(*migrations[:index], own, *migrations[index + 1 :])
            )

    def _new(self) -> Database:
        database = Database(self._profile, UNIVERSES[0])
        begin(database)
        return database

    def _file(self, database: Database, index: int, file: File) -> Database:
        """Run a file and fill what it left empty; where it fails with rows, without them."""
        rebuilt = {one.dropped: one for one in self._rebuilds.of(file)}
        observer = Observer(database, file, self._tables, rebuilt)
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
