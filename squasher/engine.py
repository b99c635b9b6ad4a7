"""SQLite connections with a profile's rules and a universe's clock and randomness.

The only module that imports apsw. Its SQLite is the one that Cloudflare's local runtime bundles
(apsw 3.54.1.0 and workerd 1.20261117.1 have the same source id), so every machine computes the same.

The clock is pinned below SQL: the connection's VFS answers ``xCurrentTimeInt64``, so every date
function keeps its exact meaning, including where SQLite refuses ``'now'``, and each statement that
asks for the time is seen. ``random()`` and ``randomblob()`` are replaced; they are non-deterministic
functions as the built-in ones are, so they are refused in the same places.
"""

from __future__ import annotations

import itertools
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, TypeAlias

import apsw

from squasher import budget, limited
from squasher import sql as text
from squasher.authority import OK, TOUCHES, Authority, Touched
from squasher.budget import STEPS_PER_CHECK, Budget
from squasher.d1 import first_statement
from squasher.errors import SqlError
from squasher.profiles import STEP_BUDGET
from squasher.statements import Ran, Runner, Stopped, leading_trivia
from squasher.universe import Randomness, Universe, utc

if budget.alone:  # https://sqlite.org/threadsafe.html; nothing is open yet
    apsw.shutdown()
    apsw.config(apsw.SQLITE_CONFIG_SINGLETHREAD)
    apsw.initialize()

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from squasher.model import Value
    from squasher.profiles import Profile

Found: TypeAlias = list[tuple[Any, ...]]
"""Rows of a query, each value of the class that the query gives."""

_HEAP_LIMIT: Final = 1 << 30
_LARGEST_VALUE: Final = 1_000_000_000
"""SQLite's own limit for one value or row."""


_CONNECTION_SETTINGS: Final = (
    *("legacy_alter_table", "recursive_triggers", "ignore_check_constraints"),
    *("case_sensitive_like", "reverse_unordered_selects", "defer_foreign_keys", "query_only"),
    *("full_column_names", "read_uncommitted", "cell_size_check"),
)

_TOLD_BY_IMAGES: Final = frozenset(
    {"foreign_keys", "user_version", "application_id", "schema_version", "page_size"}
    | {"foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo"}
    | {"integrity_check", "quick_check", "table_info", "table_list", "table_xinfo"}
    | {"journal_mode", "synchronous", *_CONNECTION_SETTINGS}
) - {"case_sensitive_like"}
"""The PRAGMAs that leave nothing behind on a connection that ``reset`` and an image do not tell."""

_TOO_BIG: Final = "string or blob too big"
_TOO_LONG: Final = "statement too long"
_AT_LIMIT: Final = frozenset({'near "limit": syntax error', 'near "order": syntax error'})

SOURCE_ID: Final = f"{apsw.sqlite3_sourceid()} apsw {apsw.apsw_version()}"
"""Which engine this is."""

_serial = itertools.count(1)
_LARGE: Final = 16 << 20
"""Bytes that a database had, after which memory is given back."""
_PART: Final = 1 << 20
"""Characters of a script after which it is parted, where a statement ends."""
_BEHIND: Final = frozenset(" \t\r\n;")
"""What apsw counts to the statement before it."""
_SHOWN: Final = 80
_NO_FILES: Final = "a migration cannot open a file"


_MEMORY: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_MEMORY
"""Without SQLITE_OPEN_URI: a name is never a URI, which could choose another VFS."""


class _Clock(apsw.VFS):
    """A VFS that tells a time of its own, counts who asks, and opens no file.

    A database in memory needs none. Whatever a statement tries, this is where it ends.
    """

    def __init__(self, milliseconds: int) -> None:
        self.name = f"squasher-{next(_serial)}"
        self.reads = 0
        self._milliseconds = milliseconds
        super().__init__(self.name, "")

    def xCurrentTimeInt64(self) -> int:  # noqa: N802 - the VFS method's name
        self.reads += 1
        return self._milliseconds

    def xOpen(self, *_: object) -> NoReturn:  # noqa: N802 - the VFS method's name
        raise apsw.CantOpenError(_NO_FILES)

    def xDelete(self, *_: object) -> NoReturn:  # noqa: N802 - the same
        raise apsw.IOError(_NO_FILES)

    def xAccess(self, *_: object) -> NoReturn:  # noqa: N802 - the same
        raise apsw.IOError(_NO_FILES)

    def xDlOpen(self, *_: object) -> NoReturn:  # noqa: N802 - the same
        raise apsw.CantOpenError(_NO_FILES)


class Database:
    """An in-memory SQLite database under a profile, in a universe. A context manager.

    With ``file``, the connection to a database file that somebody else made, to be looked at only.
    """

    def __init__(self, profile: Profile, universe: Universe, file: apsw.Connection | None = None) -> None:
        if not apsw.hard_heap_limit(-1):
            apsw.hard_heap_limit(_HEAP_LIMIT)
        self.profile = profile
        self.universe = universe
        self._clock = _Clock(universe.clock)
        self._random = Randomness(universe, profile.limits.length)
        self._authority = Authority(profile)
        self.budget = Budget(profile.max_steps)
        self.pragmas: set[str] = set()
        """The PRAGMAs that files have named so far, folded."""
        self._db = file or apsw.Connection(":memory:", _MEMORY, vfs=self._clock.name, statementcachesize=0)
        self._db.set_progress_handler(self.budget.spent, STEPS_PER_CHECK)
        # innocuous, as the built-in ones are: a schema that is not trusted may call them too
        self._db.create_scalar_function("random", self._random.integer, 0, flags=apsw.SQLITE_INNOCUOUS)
        self._db.create_scalar_function("randomblob", self._random.blob, 1, flags=apsw.SQLITE_INNOCUOUS)
        self._db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, int(profile.defensive))
        self._db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, int(profile.foreign_keys))
        self._db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1)
        self._db.execute("PRAGMA temp_store = memory")
        # VACUUM attaches a database of its own; D1 has neither
        self._db.limit(apsw.SQLITE_LIMIT_ATTACHED, 1 if profile.transactions else 0)
        self._db.limit(apsw.SQLITE_LIMIT_LENGTH, profile.limits.length)
        self._limits = [
            (getattr(apsw, f"SQLITE_LIMIT_{name.upper()}"), value)
            for name, value in profile.limits._asdict().items()
            if value is not None
        ]

    @classmethod
    def of_file(
        cls, file: apsw.Connection, profile: Profile, universe: Universe, *, copied: bool = True
    ) -> Self:
        """A database file's content, which nobody trusts: a copy in memory, or the file as it is open."""
        database = cls(profile, universe, None if copied else file)
        own = database._db
        if copied:
            database._take(file)
        own.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        own.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        own.collation_needed(_lend_collation)
        own.limit(apsw.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
        own.execute("PRAGMA cell_size_check = ON")
        return database

    def clone(self) -> Self:
        """Another database that holds the same, in the same universe, its next random value included."""
        other = type(self)(self.profile, self.universe)
        other._take(self._db)  # noqa: SLF001 - one of this class
        other.draw_from(self.draws)
        return other

    def restore(self, image: bytes) -> None:
        """Hold what ``serialized`` gave of another one; what was held is gone."""
        with closing(apsw.Connection(":memory:", _MEMORY, vfs=self._clock.name)) as other:
            other.deserialize("main", image)
            version = other.pragma("schema_version")
            self._take(other)
        with self._configured({apsw.SQLITE_DBCONFIG_DEFENSIVE: 0}):
            self._db.pragma("schema_version", version)  # a backup counts it on

    def _take(self, file: apsw.Connection) -> None:
        self._db.execute(f"PRAGMA encoding = '{file.pragma('encoding')}'")
        with self._db.backup("main", file, "main") as backup:
            backup.step(-1)

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """While nothing of the schema runs, a stranger's views compile as those of a chain do."""
        with self._configured({apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA: 1}):
            yield

    @contextmanager
    def strict_about_names(self) -> Iterator[None]:
        """While a name in double quotes that names nothing is an error, and no string (quirks.html#dblquote).

        Not while a script runs: what it has compiled already would be compiled anew.
        """
        with self._configured({apsw.SQLITE_DBCONFIG_DQS_DDL: 0, apsw.SQLITE_DBCONFIG_DQS_DML: 0}):
            yield

    @contextmanager
    def writable_schema(self) -> Iterator[None]:
        """While ``sqlite_schema`` is a table like any other; SQLite reads the whole schema again behind it.

        Raises SqlError for what it cannot read.
        """
        with self._configured({apsw.SQLITE_DBCONFIG_DEFENSIVE: 0}):
            self.execute("PRAGMA writable_schema = ON")
            yield
            self.execute("PRAGMA writable_schema = RESET")
        self.execute("SELECT 1 FROM sqlite_schema LIMIT 1")

    @contextmanager
    def _configured(self, settings: dict[int, int]) -> Iterator[None]:
        """While the connection is configured so (https://sqlite.org/c3ref/c_dbconfig_defensive.html)."""
        before = [(setting, self._db.config(setting, -1)) for setting in settings]
        try:
            for setting, value in settings.items():
                self._db.config(setting, value)
            yield
        finally:
            for setting, value in before:
                self._db.config(setting, value)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """The profile's limits, for migrations; squasher's own statements may be larger."""
        before = [(number, self._db.limit(number, value)) for number, value in self._limits]
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
        used, _ = apsw.status(apsw.SQLITE_STATUS_MEMORY_USED)
        self._db.close(True)  # noqa: FBT003 - apsw's "force": a statement may have stopped half-way
        if used - apsw.status(apsw.SQLITE_STATUS_MEMORY_USED)[0] > _LARGE:
            _give_back()
        self._clock.unregister()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self._db.in_transaction)

    @property
    def whole(self) -> bool:
        """Whether an image holds all there is: no other schema, and no foreign key that waits for COMMIT."""
        waiting, _ = self._db.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)
        others = self.execute("SELECT 1 FROM pragma_database_list WHERE name NOT IN ('main', 'temp')")
        return not (waiting or others or self.execute("SELECT 1 FROM sqlite_temp_schema LIMIT 1"))

    @property
    def virtual(self) -> bool:
        """Whether there is a virtual table, of which a module knows more than what it has stored."""
        return bool(self.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 LIMIT 1"))

    @property
    def plain(self) -> bool:
        """Whether the connection, between two files, is as a new one that an image is restored on."""
        return self.whole and self.pragmas <= _TOLD_BY_IMAGES

    def touched(self) -> Touched:
        """What was compiled to be touched since this was asked last."""
        touched, self._authority.touched = self._authority.touched, Touched()
        return touched

    def meters(self) -> tuple[int, int, int]:
        """How many rows were changed, how often the clock was read, which random value is next."""
        return self._db.total_changes(), self._clock.reads, self._random.draws

    @property
    def draws(self) -> int:
        """The number of the next random value."""
        return self._random.draws

    def draw_from(self, number: int) -> None:
        """Let the next random value be the one that was drawn as ``number`` in such a universe."""
        self._random.draws = number

    def execute(self, sql: str, values: tuple[Value, ...] = (), most: int | None = None) -> Found:
        """Run one statement of squasher's own, in ``most`` steps, and return its rows. Raises SqlError.

        Between two statements of a script too: what watches those does not see it. To take the
        authorizer away would do, but for statements that are compiled already: they would expire.
        """
        self.budget.begin(STEP_BUDGET, most)
        self._authority.paused = True
        try:
            return self._db.execute(sql, values).fetchall()
        except apsw.Error as error:
            raise self._of_own(error, sql) from error
        finally:
            self._authority.paused = False
            self.budget.end()

    def stream(self, sql: str, count: int) -> Iterator[Found]:
        """As ``execute``, ``count`` rows at a time; nothing else runs here meanwhile. Raises SqlError."""
        self.budget.begin(STEP_BUDGET)
        self._authority.paused = True
        try:
            rows = self._db.execute(sql)
            while found := list(itertools.islice(rows, count)):
                yield found
        except apsw.Error as error:
            raise self._of_own(error, sql) from error
        finally:
            self._authority.paused = False
            self.budget.end()

    def _of_own(self, error: apsw.Error, sql: str) -> SqlError:
        if isinstance(error, apsw.InterruptError):
            return _out_of_budget(self.budget, f" in squasher's own: {sql[:_SHOWN]}")
        return _sql_error(error)

    def again(self, script: str) -> None:
        """Run statements once more that have run before: nothing of them is refused, watched or told.

        Raises SqlError where one fails this time, or one has to be run in a way of the profile's own.
        """
        cursor = self._db.cursor()
        cursor.exec_trace = self._begin_again
        self.budget.begin()
        try:
            with utc(), self._limited():
                for _ in cursor.execute(script):
                    pass
        except (apsw.Error, UnicodeDecodeError) as error:
            raise SqlError(str(error)) from error
        finally:
            self.budget.end()

    def _begin_again(self, *_: object) -> bool:
        self.budget.begin()
        return True

    def reset(self) -> None:
        """Forget what a file did to the connection: the next one runs on a new one."""
        self._db.set_last_insert_rowid(0)
        self.pragmas |= self._authority.pragmas
        if not self._authority.pragmas:
            return
        for name in _CONNECTION_SETTINGS:
            # only those: after case_sensitive_like, whatever its value, no index may use LIKE
            if name in self._authority.pragmas:
                self._db.execute(f"PRAGMA {name} = 0")
        self._authority.pragmas.clear()
        self._db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, int(self.profile.foreign_keys))

    @property
    def size(self) -> int:
        """The bytes of the database."""
        ((size,),) = self.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(size)

    def serialized(self) -> bytes:
        """The database as the bytes of a file. Raises SqlError when there is no memory for them."""
        try:
            return self._db.serialize("main")
        except apsw.Error as error:
            raise self._explain(error) from error

    def metadata(self, table: str, column: str) -> tuple[str | None, bool]:
        """The collation and the AUTOINCREMENT flag of a column, which no PRAGMA tells."""
        _, collation, _, _, autoincrement = self._db.column_metadata("main", table, column)
        return collation, autoincrement

    def run(
        self,
        script: str,
        seen: Callable[[Ran], None] | None = None,
        about: Callable[[str], None] | None = None,
        past: Callable[[Stopped], bool] | None = None,
        held: str = "",
    ) -> tuple[Ran, ...]:
        """Run a script under the profile's rules; SQLite itself says where statements end.

        Rows are read and dropped. ``about`` is called before each statement with its text and ``seen``
        after it; both may look around. ``past`` is asked whether to go on behind a statement that fails.
        Where the script begins with a text that is ``held`` anyway, long statements are kept as pieces of
        it. Raises Stopped at the first at which it says no; what ran before it stays, in the open
        transaction if there is one.
        """
        runner = Runner(self, seen, about, held)
        cursor = self._db.cursor()
        cursor.exec_trace = runner.begin
        self._db.authorizer = self._authority.allow
        self.budget.begin()
        try:
            with utc(), self._limited():
                parts = _parts(script)
                rest = next(parts, None)
                while rest:
                    try:
                        for _ in cursor.execute(rest):
                            pass
                        rest = next(parts, None)
                    except (apsw.Error, SqlError, UnicodeDecodeError) as error:
                        parts = iter(())
                        try:
                            rest = self._otherwise(cursor, runner, script, self._explain(error))
                        except Stopped as stopped:
                            if past is None or not past(stopped):
                                raise
                            rest = runner.past(script)
        finally:
            self.budget.end()
            self._db.authorizer = None
        return runner.finish()

    def _otherwise(self, cursor: apsw.Cursor, runner: Runner, script: str, error: SqlError) -> str:
        """Run the statement that did not compile as the profile's engine does; the script behind it.

        Raises Stopped where that engine refuses it too, and for an error of any other kind.
        """
        most = self.profile.limits.sql_length
        long = error.message == _TOO_BIG and most is not None
        cut = self.profile.delete_limit and error.message.casefold() in _AT_LIMIT
        rest = runner.rest(script) if long or cut else ""
        if not rest or self.compile_error(rest) != error.message:
            raise runner.stopped(script, error)
        start, end, after = first_statement(rest)
        start += leading_trivia(rest[start:end]) if cut else 0
        form: limited.Form | None = limited.Form(rest[start:end])
        if most is not None and len(rest[start:end].encode()) > most:
            too_long = SqlError(_TOO_LONG, said=f"{_TOO_LONG}: SQLITE_TOOBIG")
            raise runner.refused(script, too_long) from error
        try:
            if cut:
                form = limited.rewrite(rest[start:end], self._key)
        except SqlError as refusal:
            raise runner.refused(script, refusal) from refusal
        if form is None:
            raise runner.stopped(script, error)
        runner.instead = rest[:after]
        length = self._db.limit(apsw.SQLITE_LIMIT_SQL_LENGTH, -1)
        try:
            self._db.limit(apsw.SQLITE_LIMIT_SQL_LENGTH, length + len(form.text.encode()) * cut)
            for _ in cursor.execute(form.text):
                pass
        except (apsw.Error, SqlError, UnicodeDecodeError) as caught:
            other = form.original(self._explain(caught), rest[:start])
            stopped = runner.failed(other) if runner.instead is None else runner.refused(script, other)
            raise stopped from caught
        finally:
            self._db.limit(apsw.SQLITE_LIMIT_SQL_LENGTH, length)
        runner.skip()
        return rest[after:]

    def _key(self, schema: str | None, table: str) -> tuple[str, ...]:
        """The columns that identify a row of a table; a hidden name of its rowid if there is one."""
        try:
            of = f"PRAGMA {text.quote(schema or 'main')}"
            found = self.execute(f"{of}.table_list({text.quote(table)})")
            columns = self.execute(f"{of}.table_xinfo({text.quote(table)})")
        except SqlError:
            found, columns = [], []  # there is no such schema, as the engine will say
        if found and found[0][2] == "view":
            raise limited.on_view()
        key = tuple(text.quote(name) for _, name in sorted((part[5], part[1]) for part in columns if part[5]))
        if found and found[0][4]:
            return key
        hidden = text.free_rowid(part[1] for part in columns)
        return key if hidden is None else (hidden,)

    def compile_error(self, sql: str) -> str | None:
        """What stops the first statement of ``sql`` from compiling; None when nothing does."""
        refusal = self.refusal(sql)
        return None if refusal is None else refusal.message

    def refusal(self, sql: str) -> SqlError | None:
        """The error with which the first statement of ``sql`` does not compile; None when it does."""
        cursor = self._db.cursor()
        cursor.exec_trace = lambda *_: False
        self.budget.begin()
        try:
            cursor.execute(sql)
        except apsw.ExecTraceAbort:
            return None
        except apsw.Error as error:
            return self._explain(error)
        return None

    def touching(self, sql: str) -> set[str] | str:
        """The tables that a statement would touch, which is compiled and not run; or why it is not."""
        found: set[str] = set()

        def note(code: int, table: str | None, *_: str | None) -> int:
            if code in TOUCHES and table is not None:
                found.add(table)
            return OK

        self._db.authorizer = note
        try:
            problem = self.compile_error(sql)
        finally:
            self._db.authorizer = None
        return found if problem is None else problem

    def _explain(self, error: apsw.Error | SqlError | UnicodeDecodeError) -> SqlError:
        refusal, self._authority.refusal = self._authority.refusal, None
        if refusal is not None:
            return refusal
        if isinstance(error, SqlError):
            return error
        if isinstance(error, UnicodeDecodeError):
            return SqlError(
                "the statement returns text that is not UTF-8",
                hint="Remove it: a migration returns rows to nobody.",
            )
        if isinstance(error, apsw.BindingsError):
            return SqlError(
                "a migration cannot have parameters",
                hint="Write the value itself.",
                said="Wrong number of parameter bindings for SQL query.",
            )
        if isinstance(error, apsw.InterruptError):
            return _out_of_budget(self.budget)
        if isinstance(error, apsw.NoMemError):
            return SqlError(
                f"out of memory: SQLite may take {_HEAP_LIMIT >> 20:,} MiB here",
                hint="Write fewer or shorter rows at once: migrations carry a schema and reference rows.",
            )
        return _sql_error(error)


def largest_allocation(*, anew: bool = False) -> int:
    """The largest piece of memory that SQLite has asked for in this process since this was asked ``anew``.

    Every value and every row is in one piece, but for the zeros of ``zeroblob()``
    (https://sqlite.org/c3ref/c_status_malloc_count.html).
    """
    _, largest = apsw.status(apsw.SQLITE_STATUS_MALLOC_SIZE, anew)
    return largest


def _parts(script: str) -> Iterator[str]:
    """A script in parts of whole statements: what is given to SQLite is kept in UTF-8, too, as long as it is.

    https://sqlite.org/c3ref/complete.html
    """
    start = at = 0
    while len(script) - at > _PART:
        stop = script.find(";\n", at + _PART) + 1
        if not stop:
            break
        at = stop
        part = script[start:stop]
        line = part[part.rfind("\n") + 1 : -1].rstrip()
        # what is no statement belongs to the one behind it
        ends_one = line and "--" not in line and not line.endswith((";", "*/"))
        if ends_one and apsw.complete(part):
            while script[stop : stop + 1] in _BEHIND:
                stop += 1
            yield script[start:stop]
            start = at = stop
    yield script[start:]


def _give_back() -> None:
    """Give the system the memory that a large database has left: pages here and there in the heap.

    https://man7.org/linux/man-pages/man3/malloc_trim.3.html; nothing where there is no such function.
    """
    with suppress(ImportError, OSError, AttributeError, TypeError):
        import ctypes  # few databases are that large

        ctypes.CDLL(None).malloc_trim(0)


def _lend_collation(database: apsw.Connection, name: str) -> None:
    """Stand in for a collation that only another program has, so that tables can be read in some order."""
    database.create_collation(name, lambda one, other: (one > other) - (one < other))


def _out_of_budget(budget: Budget, where: str = "") -> SqlError:
    problem = budget.problem
    if problem is None:
        return SqlError("interrupted")
    return SqlError(problem.message + where, hint=problem.hint)


def _sql_error(error: apsw.Error) -> SqlError:
    offset = getattr(error, "error_offset", -1)
    said = f"{error}: {apsw.mapping_result_codes.get(getattr(error, 'result', 1), 'SQLITE_ERROR')}"
    extended = apsw.mapping_extended_result_codes.get(getattr(error, "extendedresult", 0))
    if extended is not None:
        said += f" (extended: {extended})"
    return SqlError(str(error), offset=offset if offset >= 0 else None, said=said)
