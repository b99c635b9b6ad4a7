"""Replay: run a chain in memory as its target would, and see what every statement did."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, Self

from squasher import d1, progress
from squasher.engine import Database
from squasher.errors import ReplayError, SqlError
from squasher.hints import REBUILD, UNFINISHED, explain
from squasher.sql import TRIVIA, fold, iterate, printable
from squasher.statements import Stopped
from squasher.universe import Universe, utc
from squasher.watch import Watcher, changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from squasher.cache import Cache
    from squasher.chain import Chain, Migration
    from squasher.prefixes import Prefix, Prefixes, Told
    from squasher.profiles import Profile
    from squasher.statements import Ran
    from squasher.watch import Note, SchemaChange

_EXCERPT_LINES = 6
_EXCERPT_WIDTH = 160
_TRIGGER_HEAD = 3  # CREATE TEMP TRIGGER
_INTERNAL = "internal error; reference = …"  # of a failed COMMIT D1 says no more
_DEFERRED = "Insert the missing parent row, or delete the child, before the file ends."


class Step(NamedTuple):
    """What one migration did."""

    migration: Migration
    statements: tuple[Ran, ...]
    notes: tuple[Note, ...]
    """What each of them did to stored objects; () where nobody watched."""

    @property
    def changes(self) -> tuple[SchemaChange, ...]:
        """What all of them together did."""
        return changes(self.notes)


class Replay(NamedTuple):
    """A chain that ran to its end, and the database that came out. A context manager."""

    chain: Chain
    database: Database
    steps: tuple[Step, ...]
    asked: bool
    """Whether any statement asked for the time or for randomness, or read the ledger's times."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()


def replay(
    chain: Chain,
    profile: Profile,
    universe: Universe,
    *,
    observe: bool = True,
    facts: bool = False,
    cache: Cache | None = None,
) -> Replay:
    """Run ``chain`` from an empty database under ``profile`` in ``universe``.

    One migration is one transaction. With ``observe``, each step tells which objects it changed; with
    ``facts``, what SQLite said of each of them right after the statement that changed it too. With a
    ``cache``, which needs the first and not the second, files that ran in an earlier run do not run again.
    Raises ReplayError at the first statement that fails.
    """
    if not observe or facts:
        cache = None
    there = None if cache is None or cache.empty else _prefixes(cache, chain, profile, universe).longest()
    for kept in (there, None):
        database = Database(profile, universe)
        watcher = Watcher(database, facts=facts) if observe else None
        try:
            with utc():
                steps = tuple(_steps(database, chain, watcher, cache, kept))
        except BaseException:
            database.close()
            raise
        if kept is None or not _asks_of_the_connection(database, steps[kept.files :]):
            break
        database.close()
    asked = any(
        ran.asked_clock or ran.asked_random or profile.ledger in ran.touches
        for step in steps
        for ran in step.statements
    )
    return Replay(chain=chain, database=database, steps=steps, asked=asked)


def _asks_of_the_connection(database: Database, steps: tuple[Step, ...]) -> bool:
    """Whether what ran behind a kept prefix may have seen that the connection did not run the prefix."""
    counting = any(ran.asked_counters for step in steps for ran in step.statements)
    return counting or "data_version" in database.pragmas


def _steps(
    database: Database,
    chain: Chain,
    watcher: Watcher | None,
    cache: Cache | None,
    kept: Prefix | None,
) -> Iterator[Step]:
    done = 0
    if kept is None:
        begin(database)
    else:
        done = kept.files
        kept.restore(database)
        for migration, (statements, notes) in zip(chain.migrations, kept.told, strict=False):
            yield Step(migration=migration, statements=statements, notes=notes)
        if watcher is not None:
            watcher.resume(note for _, notes in kept.told for note in notes)
    fresh: list[Told] = []
    prefixes: Prefixes | None = None
    began = last = time.perf_counter()
    rest = progress.over(chain.migrations[done:], progress.REPLAYED, done)
    for index, migration in enumerate(rest, done):
        statements = apply(database, chain, index, watcher)
        notes = () if watcher is None else watcher.take()
        yield Step(migration=migration, statements=statements, notes=notes)
        if cache is None:
            continue
        fresh.append((statements, notes))
        now = time.perf_counter()
        if now - began > cache.worth:
            prefixes = prefixes or _prefixes(cache, chain, database.profile, database.universe)
            if prefixes.wants(index + 1, now - last, database):
                prefixes.keep(index + 1, database, fresh)
                fresh.clear()
                last = time.perf_counter()


def _prefixes(cache: Cache, chain: Chain, profile: Profile, universe: Universe) -> Prefixes:
    from squasher.prefixes import Prefixes  # most chains are replayed sooner than a cache is read

    return Prefixes(cache, chain.migrations, profile, universe, "chain")


def begin(database: Database) -> None:
    """Make what the migration tool makes before the first migration: its ledger, where there is one."""
    ledger = database.profile.ledger
    if ledger is not None:
        database.execute(d1.ledger_table(ledger))


def run_file(database: Database, migration: Migration) -> tuple[Ran, ...]:
    """Run one SQL file as its target would run it, in one transaction. Raises ReplayError.

    Under D1 as ``wrangler d1 execute --file`` does, which takes no file without a statement.
    """
    place = _Place(migration, "nothing else had been applied", database.profile)
    with progress.counting(progress.INSTALLED, len(migration.text)) as advance:
        ran = _run(database, place, about=lambda statement: advance(len(statement)))
    refusal = None if database.profile.ledger is None else _refusal(migration.text, ran, database.profile)
    if refusal is not None:
        raise _error(place, migration.text, (), 0, refusal)
    return ran


def _refusal(text: str, ran: tuple[Ran, ...], profile: Profile) -> SqlError | None:
    """Why ``wrangler d1 execute --file`` does not take a file whose statements run."""
    limit = profile.limits.sql_length
    if not ran:
        own = d1.trim_transaction(text)
        code = ";" in own or "/*" in own
        return SqlError(
            "the file holds no statement",
            hint="Write one, or remove the file.",
            said="SQL code did not contain a statement." if code else "No SQL statements detected.",
        )
    if limit is not None and d1.is_sent_whole(text) and len(text.encode()) > limit:
        too_long = "statement too long"  # with what surrounds it, since wrangler did not split the file
        return SqlError(too_long, said=f"{too_long}: SQLITE_TOOBIG")
    return None


class _Place(NamedTuple):
    migration: Migration
    applied: str
    profile: Profile


def apply(
    database: Database,
    chain: Chain,
    index: int,
    watcher: Watcher | None = None,
    past: Callable[[Stopped], bool] | None = None,
) -> tuple[Ran, ...]:
    """Run the migration of a chain at ``index``, in one transaction, on what those before it left.

    ``past`` is asked whether to leave out a statement that fails, and to go on behind it. Raises
    ReplayError, whose cause tells the statement where one failed (Stopped). Nothing of the file is left then,
    unless it controls its transactions itself.
    """
    migration = chain.migrations[index]
    place = _Place(migration, _applied(chain, index), database.profile)
    ledger = database.profile.ledger
    if ledger is None:
        return _run(database, place, "", watcher, past)
    statements = _run(database, place, d1.ledger_row(ledger, migration.name), watcher, past)
    if not statements or ledger not in statements[-1].writes:
        error = SqlError(
            "the file's last comment is not closed, so D1 would not record the migration",
            hint="End the comment with */.",
        )
        raise _error(place, migration.text, (), len(migration.data), error)
    return statements[:-1]


def _run(
    database: Database,
    place: _Place,
    appended: str = "",
    watcher: Watcher | None = None,
    past: Callable[[Stopped], bool] | None = None,
    about: Callable[[str], None] | None = None,
) -> tuple[Ran, ...]:
    """Run the place's file, and what the migration tool appends to it, in one transaction."""
    own = place.migration.text
    try:
        if not database.profile.transactions:
            own = d1.trim_transaction(own)
    except SqlError as error:
        raise _error(place, own, (), 0, error) from error
    script = own + appended
    managed = not (database.profile.transactions and controls_transactions(script))
    ran: tuple[Ran, ...] = ()
    try:
        if managed:
            database.execute("BEGIN")
        database.budget.file, database.budget.text = place.migration.path, script
        seen, about = (None, about) if watcher is None else (watcher.see, watcher.about)
        ran = database.run(script, seen, about, past, held=own)
        if managed and database.in_transaction:
            database.execute("COMMIT")
        database.budget.file = ""
    except Stopped as stopped:
        _roll_back(database)
        raise _error(place, own, stopped.ran, stopped.start, stopped.error, script) from stopped
    except SqlError as error:
        orphans = _orphans(database)
        _roll_back(database)
        hint = _DEFERRED if orphans else REBUILD
        at_end = SqlError(f"{error.message} at COMMIT{orphans}", hint=hint, said=_INTERNAL)
        raise _error(place, own, ran, len(script.encode()), at_end) from error
    if database.in_transaction:
        _roll_back(database)
        left_open = SqlError("the file leaves its transaction open", hint="End it with COMMIT;")
        raise _error(place, own, ran, len(script.encode()), left_open)
    database.reset()
    return ran


def _roll_back(database: Database) -> None:
    if database.in_transaction:
        database.execute("ROLLBACK")


def controls_transactions(script: str) -> bool:
    """Whether a file controls transactions itself: VACUUM anywhere, or BEGIN before any COMMIT."""
    first: str | None = None
    words: list[str] = []
    in_trigger = False
    for token in iterate(script):
        if token.kind in TRIVIA:
            continue
        if token.text == ";":
            in_trigger = in_trigger and words[:1] != ["end"]
            words = []
            continue
        if len(words) < _TRIGGER_HEAD:
            words.append(fold(token.text))
        if in_trigger:
            continue
        if words == ["vacuum"]:
            return True
        if first is None and len(words) == 1 and words[0] in {"begin", "commit", "end", "rollback"}:
            first = words[0]
        in_trigger = words[:1] == ["create"] and "trigger" in words[1:]
    return first == "begin"


def _applied(chain: Chain, index: int) -> str:
    if index == 0:
        return "nothing had been applied before it"
    first, last = chain.migrations[0].number, chain.migrations[index - 1].number
    return (
        f"{first} had been applied before it"
        if index == 1
        else f"{first} to {last} had been applied before it"
    )


def _orphans(database: Database) -> str:
    """The first row that refers to nothing, for a failed COMMIT, which does not say."""
    for child, rowid, parent, _ in database.execute("PRAGMA foreign_key_check"):
        where = "a row" if rowid is None else f"row {rowid}"
        return f": {where} of {child} refers to a row that {parent} does not have"
    return ""


def _error(
    place: _Place,
    own: str,
    ran: tuple[Ran, ...],
    start: int,
    error: SqlError,
    script: str | None = None,
) -> ReplayError:
    """The report of a failure at byte ``start`` of ``script``, of which the file wrote only ``own``."""
    raw = own.encode()
    inside = error.offset is not None and error.offset < len(raw)
    at = error.offset if inside and error.offset is not None else min(start, len(raw.rstrip()))
    offset = error.offset - start if inside and error.offset is not None else None
    if error.offset is not None and not inside and start < len(raw):
        offset = len(raw.rstrip()) - start  # SQLite read on, into what is appended
    message, hint = error.message, error.hint
    appended = script is not None and len(script) > len(own)
    if appended and error.offset is not None and not inside and message.endswith("syntax error"):
        message, hint = UNFINISHED
    elif hint is None:
        message, hint = explain(message, raw[start:].decode(), on_d1=place.profile.ledger is not None)
    kept = place.profile.transactions and controls_transactions(own)
    return ReplayError(
        message,
        path=place.migration.path,
        line=raw.count(b"\n", 0, at) + 1,
        excerpt=excerpt(raw[start:].decode(), offset),
        applied=place.applied + _ran_before(ran, kept=kept),
        hint=hint,
        said=_said(error, message) if place.profile.ledger is not None else None,
    )


def _said(error: SqlError, message: str) -> str | None:
    """D1's own message, unless ours is the same but for the code at the end."""
    said = error.said
    return None if said is None or said.partition(": SQLITE_")[0] == message else said


def _ran_before(ran: tuple[Ran, ...], *, kept: bool) -> str:
    if not ran:
        return ""
    one = len(ran) == 1
    fates = ("stays", "stay") if kept else ("was rolled back", "were rolled back")
    return f"; {len(ran)} statement{'' if one else 's'} of this file had run and {fates[not one]}"


def excerpt(statement: str, offset: int | None) -> str:
    """The first lines of a statement, and a marker under byte ``offset`` when there is one."""
    raw = statement.encode()
    before = raw[: offset or 0].decode(errors="replace")
    marked = before.count("\n")
    place = len(before.rpartition("\n")[2])
    lines = statement.removesuffix("\n").split("\n") if statement else []
    first = max(0, marked - _EXCERPT_LINES + 2)
    skipped = 0 if place <= _EXCERPT_WIDTH else place - _EXCERPT_WIDTH // 2
    shown: list[str] = []
    for number, text in enumerate(lines[first : first + _EXCERPT_LINES], first):
        start = skipped if number == marked else 0
        cut = text.removesuffix("\r")[start : start + _EXCERPT_WIDTH]
        shown.append("    | " + printable("…" * (start > 0) + cut + "…" * (len(text) > start + len(cut) + 1)))
        if offset is not None and number == marked:
            shown.append("    | " + " " * (place - start + (start > 0)) + "^")
        if text.rstrip().endswith(";") and number >= marked:
            break
    return "\n".join(shown)
