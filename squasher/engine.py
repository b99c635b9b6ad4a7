"""SQLite connections with a profile's rules and a universe's clock and randomness.

The only module that imports apsw. Its SQLite is the one that Cloudflare's local runtime bundles
(apsw 3.54.1.0 and workerd 1.20261117.1 have the same source id), so every machine computes the same.

The clock is pinned below SQL: the connection's VFS answers ``xCurrentTimeInt64``, so every date
function keeps its exact meaning, including where SQLite refuses ``'now'``, and each statement that
asks for the time is seen. ``random()`` and ``randomblob()`` are replaced; they are non-deterministic
functions as the built-in ones are, so they are refused in the same places.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeAlias

import apsw

from squasher import sql as text
from squasher.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.profiles import Profile

Value: TypeAlias = int | float | str | bytes | None
Found: TypeAlias = list[tuple[Any, ...]]
"""Rows of a query, each value of the class that the query gives."""

STEP_BUDGET: Final = 200_000_000
"""Virtual machine steps that one statement may take: some seconds, and no honest migration's need."""
_INT64: Final = 8
_LARGEST_REAL: Final = 2.0**63
_STEPS_PER_CHECK: Final = 1_000_000
_HEAP_LIMIT: Final = 2 << 30


class Universe(NamedTuple):
    """A pinned outside world: what a replay sees as the time and as randomness."""

    name: str
    clock: int
    """Milliseconds since noon in Greenwich on November 24, 4714 B.C. (Julian day 0)."""
    seed: int
    antithetic: bool = False
    """Every random bit is the complement of the stream that the seed alone gives."""


class Ran(NamedTuple):
    """One statement that ran: where it stood, and what the engine saw it do."""

    start: int
    """Byte offset of its first token in the text."""
    sql: str
    writes: tuple[str, ...]
    """The tables that it may have written, its triggers included, in the order first seen."""
    touches: tuple[str, ...]
    """Those, and what it read, made, altered or dropped: tables, views and triggers."""
    defines: bool
    """Whether it made, altered or dropped an object."""
    changes: int
    """How many rows it inserted, updated or deleted."""
    asked_clock: bool
    draws: tuple[int, int]
    """The numbers of the random values that it drew: from the first up to, and without, the last."""
    asked_counters: bool
    """Whether it may have asked what the statement before it did: ``changes()`` and the like."""

    @property
    def asked_random(self) -> bool:
        """Whether it drew a random value."""
        return self.draws[0] < self.draws[1]


class Stopped(Exception):  # noqa: N818 - it carries a result: how far a script came
    """A script that failed: the statements that ran, and the one that did not.

    ``start`` is the byte offset of the failing statement's first token, ``error.offset`` that of what
    SQLite complains about, both in the whole text.
    """

    def __init__(self, ran: tuple[Ran, ...], start: int, error: SqlError) -> None:
        super().__init__(error.message)
        self.ran = ran
        self.start = start
        self.error = error


_WRITES: Final = frozenset({apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})
_DEFINES_FIRST: Final = frozenset(
    {apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_CREATE_VTABLE}
    | {apsw.SQLITE_DROP_TABLE, apsw.SQLITE_DROP_VIEW, apsw.SQLITE_DROP_VTABLE}
    | {apsw.SQLITE_CREATE_TEMP_TABLE, apsw.SQLITE_CREATE_TEMP_VIEW}
    | {apsw.SQLITE_DROP_TEMP_TABLE, apsw.SQLITE_DROP_TEMP_VIEW}
)
_DEFINES_SECOND: Final = frozenset(
    {apsw.SQLITE_ALTER_TABLE, apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_DROP_INDEX}
    | {apsw.SQLITE_CREATE_TRIGGER, apsw.SQLITE_DROP_TRIGGER}
    | {apsw.SQLITE_CREATE_TEMP_INDEX, apsw.SQLITE_CREATE_TEMP_TRIGGER}
    | {apsw.SQLITE_DROP_TEMP_INDEX, apsw.SQLITE_DROP_TEMP_TRIGGER}
)
"""The table is the second argument: https://sqlite.org/c3ref/c_alter_table.html"""
_HARMLESS: Final = _WRITES | {apsw.SQLITE_READ, apsw.SQLITE_SELECT}
_CREATES_TEMPORARY: Final = frozenset(
    {apsw.SQLITE_CREATE_TEMP_INDEX, apsw.SQLITE_CREATE_TEMP_TABLE}
    | {apsw.SQLITE_CREATE_TEMP_TRIGGER, apsw.SQLITE_CREATE_TEMP_VIEW}
)
_NAMES_AN_OBJECT: Final = frozenset(
    {apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_TRIGGER}
    | {apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_CREATE_VTABLE, apsw.SQLITE_DROP_TABLE}
    | {apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE, apsw.SQLITE_READ}
)

_CONNECTION_SETTINGS: Final = (
    *("legacy_alter_table", "recursive_triggers", "ignore_check_constraints"),
    *("case_sensitive_like", "reverse_unordered_selects", "defer_foreign_keys", "query_only"),
    *("full_column_names", "read_uncommitted", "cell_size_check"),
)

_COUNTERS: Final = frozenset({"changes", "total_changes", "last_insert_rowid"})

_serial = itertools.count(1)


class _Clock(apsw.VFS):
    """A VFS whose only difference is the time it tells, and that it counts who asks."""

    def __init__(self, milliseconds: int) -> None:
        self.name = f"squasher-{next(_serial)}"
        self.reads = 0
        self._milliseconds = milliseconds
        super().__init__(self.name, "")

    def xCurrentTimeInt64(self) -> int:  # noqa: N802 - the VFS method's name
        self.reads += 1
        return self._milliseconds


class _Random:
    """``random()`` and ``randomblob()`` from a seeded stream, counting the draws."""

    def __init__(self, universe: Universe, length: int) -> None:
        self.draws = 0
        self._seed = universe.seed
        self._antithetic = universe.antithetic
        self._length = length

    def integer(self, *_: Value) -> int:
        return int.from_bytes(self.blob(_INT64), "big", signed=True)

    def blob(self, *values: Value) -> bytes:
        (size,) = values
        count = max(1, size if isinstance(size, int) else _number(size))
        if count > self._length:
            message = "string or blob too big"
            raise SqlError(message)
        # a hash is the same on every machine and Python, and gives any number of bytes
        drawn = hashlib.shake_256(f"{self._seed} {self.draws}".encode()).digest(count)
        self.draws += 1
        return bytes(255 - byte for byte in drawn) if self._antithetic else drawn


def _number(value: Value) -> int:
    """What ``sqlite3_value_int64()`` makes of a value that is no integer."""
    if isinstance(value, float):
        return int(value) if abs(value) < _LARGEST_REAL else 0
    text_value = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    digits = text_value.lstrip()
    sign = digits[:1] if digits[:1] in {"+", "-"} else ""
    digits = digits[len(sign) :]
    end = len(digits) - len(digits.lstrip("0123456789"))
    return int(sign + digits[:end]) if end else 0


class Database:
    """An in-memory SQLite database under a profile, in a universe. A context manager."""

    def __init__(self, profile: Profile, universe: Universe) -> None:
        if not apsw.hard_heap_limit(-1):
            apsw.hard_heap_limit(_HEAP_LIMIT)
        self.profile = profile
        self.universe = universe
        self._clock = _Clock(universe.clock)
        self._random = _Random(universe, profile.limits.length)
        self._refused_functions = profile.refused_functions
        self._refusal: SqlError | None = None
        self._pending = _Touched()
        self._checks = 0
        self._pragmas = False
        self._db = apsw.Connection(":memory:", vfs=self._clock.name, statementcachesize=0)
        self._db.create_scalar_function("random", self._random.integer, 0)
        self._db.create_scalar_function("randomblob", self._random.blob, 1)
        self._db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, int(profile.defensive))
        self._db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, int(profile.foreign_keys))
        self._db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1)
        self._db.execute("PRAGMA temp_store = memory")
        # VACUUM attaches a database of its own; D1 has neither
        self._db.limit(apsw.SQLITE_LIMIT_ATTACHED, 1 if profile.transactions else 0)
        self._db.limit(apsw.SQLITE_LIMIT_LENGTH, profile.limits.length)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """The profile's limits, for migrations; squasher's own statements may be larger."""
        limits = [
            (getattr(apsw, f"SQLITE_LIMIT_{name.upper()}"), value)
            for name, value in zip(self.profile.limits._fields, self.profile.limits, strict=True)
            if value is not None
        ]
        before = [(number, self._db.limit(number, value)) for number, value in limits]
        try:
            yield
        finally:
            for number, value in before:
                self._db.limit(number, value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the database is gone."""
        self._db.close(True)  # noqa: FBT003 - apsw's "force": a statement may have stopped half-way
        self._clock.unregister()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self._db.in_transaction)

    def draw_from(self, number: int) -> None:
        """Let the next random value be the one that was drawn as ``number`` in such a universe."""
        self._random.draws = number

    def execute(self, sql: str, values: tuple[Value, ...] = ()) -> Found:
        """Run one statement of squasher's own and return its rows. Raises SqlError."""
        try:
            return self._db.execute(sql, values).fetchall()
        except apsw.Error as error:
            raise _sql_error(error) from error

    def reset(self) -> None:
        """Undo the connection settings that a file made: the next one runs on a new connection."""
        if not self._pragmas:
            return
        self._pragmas = False
        for name in _CONNECTION_SETTINGS:
            self._db.execute(f"PRAGMA {name} = 0")
        self._db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, int(self.profile.foreign_keys))

    def metadata(self, table: str, column: str) -> tuple[str | None, bool]:
        """The collation and the AUTOINCREMENT flag of a column, which no PRAGMA tells."""
        _, collation, _, _, autoincrement = self._db.column_metadata("main", table, column)
        return collation, autoincrement

    def run(self, script: str) -> tuple[Ran, ...]:
        """Run a script under the profile's rules; SQLite itself says where statements end.

        Rows are read and dropped. Raises Stopped at the first statement that fails; what ran before
        it stays, in the open transaction if there is one.
        """
        runner = _Runner(self)
        cursor = self._db.cursor()
        cursor.exec_trace = runner.begin
        self._db.authorizer = self._authorize
        self._db.set_progress_handler(self._progress, _STEPS_PER_CHECK)
        try:
            with utc(), self._limited():
                try:
                    for _ in cursor.execute(script):
                        pass
                except (apsw.Error, SqlError, UnicodeDecodeError) as error:
                    stopped = runner.stopped(script, self._explain(error))
                    raise stopped from error
        finally:
            self._db.set_progress_handler(None)
            self._db.authorizer = None
        return runner.finish()

    def compile_error(self, sql: str) -> str | None:
        """What stops the first statement of ``sql`` from compiling; None when nothing does."""
        cursor = self._db.cursor()
        cursor.exec_trace = lambda *_: False
        try:
            cursor.execute(sql)
        except apsw.ExecTraceAbort:
            return None
        except apsw.Error as error:
            return self._explain(error).message
        return None

    def _explain(self, error: apsw.Error | SqlError | UnicodeDecodeError) -> SqlError:
        if self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            return refusal
        if isinstance(error, SqlError):
            return error
        if isinstance(error, UnicodeDecodeError):
            return SqlError(
                "the statement returns text that is not UTF-8",
                hint="Remove it: a migration returns rows to nobody.",
            )
        if isinstance(error, apsw.BindingsError):
            return SqlError("a migration cannot have parameters", hint="Write the value itself.")
        if isinstance(error, apsw.InterruptError):
            return SqlError(
                f"stopped after {STEP_BUDGET:,} steps of SQLite's virtual machine",
                hint="Look for a recursive query without an end, or a join without a condition.",
            )
        return _sql_error(error)

    def _progress(self) -> bool:
        self._checks += 1
        return self._checks * _STEPS_PER_CHECK > STEP_BUDGET

    def _authorize(
        self,
        code: int,
        first: str | None,
        second: str | None,
        database: str | None,
        accessor: str | None,
    ) -> int:
        if code == apsw.SQLITE_FUNCTION or code == apsw.SQLITE_SELECT:  # noqa: PLR1714 - a hot path
            return self._authorize_function(second) if second is not None else apsw.SQLITE_OK
        self._pending.note(code, first, second, accessor)
        if code not in _HARMLESS and (refusal := self._refuse(code, first, second, database)) is not None:
            return self._deny(refusal)
        if first and first[0] == "_" and code in _NAMES_AN_OBJECT:
            prefix = self.profile.reserved_prefix
            if prefix and text.fold(first).startswith(prefix):
                return self._deny(_reserved(first, prefix))
        return apsw.SQLITE_OK

    def _authorize_function(self, name: str) -> int:
        folded = text.fold(name)
        if folded in _COUNTERS:
            self._pending.counters = True
        if folded in self._refused_functions:
            return self._deny(SqlError(f"not authorized to use function: {name}"))
        return apsw.SQLITE_OK

    def _deny(self, refusal: SqlError) -> int:
        self._refusal = refusal
        return apsw.SQLITE_DENY

    def _refuse(
        self, code: int, first: str | None, second: str | None, database: str | None
    ) -> SqlError | None:
        profile = self.profile
        if code == apsw.SQLITE_PRAGMA and first is not None:
            self._pragmas = True
            name = text.fold(first)
            if name == "encoding" and profile.pragmas is None and _is_utf8(second):
                return None
            allowed = profile.pragmas is None or name in profile.pragmas
            if allowed and name not in profile.refused_pragmas:
                return None
            return SqlError(
                f"not authorized: PRAGMA {first}",
                hint=f"Remove it: the profile {profile.name} does not allow this PRAGMA.",
            )
        if code in {apsw.SQLITE_TRANSACTION, apsw.SQLITE_SAVEPOINT} and not profile.transactions:
            return SqlError(
                "a migration cannot control transactions on D1",
                hint="Remove BEGIN, COMMIT and SAVEPOINT: D1 runs each file in one transaction.",
            )
        temporary = code in _CREATES_TEMPORARY or (database == "temp" and code in _NAMES_AN_OBJECT)
        if temporary and not profile.temporary:
            return SqlError(
                "not authorized: D1 has no TEMP objects",
                hint="Use an ordinary table and drop it at the end of the migration.",
            )
        if code == apsw.SQLITE_CREATE_VTABLE and profile.modules is not None and second is not None:
            if text.fold(second) not in profile.modules:
                return SqlError(
                    f"not authorized: D1 has no virtual table module {second}",
                    hint=f"It has {', '.join(sorted(profile.modules))}.",
                )
            return None
        if code == apsw.SQLITE_ATTACH and not (first == "" and profile.transactions):
            return SqlError(
                "not authorized: a migration cannot ATTACH a database or write a file",
                hint="Remove it: a migration sees one database, and squasher opens no other.",
            )
        return None


def _reserved(name: str, prefix: str) -> SqlError:
    return SqlError(
        f"not authorized: names that begin with {prefix} belong to the platform",
        hint=f"Rename {name}.",
    )


def _is_utf8(encoding: str | None) -> bool:
    return encoding is None or text.fold(encoding).strip("'\"") in {"utf-8", "utf8"}


class _Touched:
    """What the statement that is being compiled touches, as the authorizer hears it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.names: dict[str, None] = {}
        self.writes: dict[str, None] = {}
        self.defines = False
        self.counters = False

    def note(self, code: int, first: str | None, second: str | None, accessor: str | None) -> None:
        name = first
        if code not in _HARMLESS:
            if code in _DEFINES_SECOND:
                name = second
            elif code not in _DEFINES_FIRST:
                return
            self.defines = True
        if accessor is not None:
            self.names[accessor] = None
        if name is not None and not name.startswith("sqlite_"):
            self.names[name] = None
            if code in _WRITES:
                self.writes[name] = None


class _Runner:
    """Turns what the engine's hooks tell while a script runs into Ran values."""

    def __init__(self, database: Database) -> None:
        self._of = database
        self._bytes = 0
        self._ran: list[Ran] = []
        self._open: tuple[int, str, _Touched, int, int, int] | None = None
        database._pending.clear()  # noqa: SLF001 - one mechanism in two classes

    def begin(self, _cursor: object, piece: str, _values: object) -> bool:
        """Called by the engine before each statement's first step (sqlite3_trace_v2)."""
        self._close()
        trivia = leading_trivia(piece)
        start = self._bytes + len(piece[:trivia].encode())
        self._bytes += len(piece.encode())
        of = self._of
        of._checks = 0  # noqa: SLF001
        touched, of._pending = of._pending, _Touched()  # noqa: SLF001
        self._open = (
            *(start, piece[trivia:], touched),
            *(of._db.total_changes(), of._clock.reads, of._random.draws),  # noqa: SLF001
        )
        return True

    def _close(self) -> None:
        if self._open is None:
            return
        start, statement, touched, changes, reads, draws = self._open
        self._open = None
        of = self._of
        if not statement:
            return
        self._ran.append(
            Ran(
                start=start,
                sql=statement,
                writes=tuple(touched.writes),
                touches=tuple(touched.names),
                defines=touched.defines,
                changes=of._db.total_changes() - changes,  # noqa: SLF001
                asked_clock=of._clock.reads > reads,  # noqa: SLF001
                draws=(draws, of._random.draws),  # noqa: SLF001
                asked_counters=touched.counters,
            )
        )

    def finish(self) -> tuple[Ran, ...]:
        """Every statement of a script that ran to its end."""
        self._close()
        return tuple(self._ran)

    def stopped(self, script: str, error: SqlError) -> Stopped:
        """Which statement failed: the one that ran last, or the next one, which does not compile."""
        raw = script.encode()
        rest = raw[self._bytes :].decode()
        if self._open is not None and self._of.compile_error(rest) != error.message:
            start = self._open[0]
            return Stopped(tuple(self._ran), start, SqlError(error.message, hint=error.hint))
        self._close()
        start = self._bytes + len(rest[: leading_trivia(rest)].encode())
        offset = None if error.offset is None else self._bytes + error.offset
        return Stopped(tuple(self._ran), start, SqlError(error.message, offset=offset, hint=error.hint))


def leading_trivia(sql: str) -> int:
    """How many characters of white space, comments and stray semicolons stand before a statement."""
    if sql[:1].isalpha():
        return 0
    for token in text.iterate(sql):
        if token.kind not in text.TRIVIA and token.text != ";":
            return token.start
    return len(sql)


def _sql_error(error: apsw.Error) -> SqlError:
    offset = getattr(error, "error_offset", -1)
    return SqlError(str(error), offset=offset if offset >= 0 else None)


@contextmanager
def utc() -> Iterator[None]:
    """'localtime' means UTC while migrations run, as it does on D1, whatever the machine says."""
    old = os.environ.get("TZ")
    if old == "UTC" or not hasattr(time, "tzset"):
        yield
        return
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if old is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = old
        time.tzset()
