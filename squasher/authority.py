"""The authorizer: what a profile refuses, and what each statement touches.

SQLite asks it while it compiles a statement (https://sqlite.org/c3ref/set_authorizer.html). The numbers
of the actions are part of SQLite's interface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.errors import SqlError
from squasher.sql import fold

if TYPE_CHECKING:
    from squasher.profiles import Profile

OK: Final = 0
DENY: Final = 1
# https://sqlite.org/c3ref/c_alter_table.html
CREATE_INDEX: Final = 1
CREATE_TABLE: Final = 2
CREATE_TEMP_INDEX: Final = 3
CREATE_TEMP_TABLE: Final = 4
CREATE_TEMP_TRIGGER: Final = 5
CREATE_TEMP_VIEW: Final = 6
CREATE_TRIGGER: Final = 7
CREATE_VIEW: Final = 8
DELETE: Final = 9
DROP_INDEX: Final = 10
DROP_TABLE: Final = 11
DROP_TEMP_INDEX: Final = 12
DROP_TEMP_TABLE: Final = 13
DROP_TEMP_TRIGGER: Final = 14
DROP_TEMP_VIEW: Final = 15
DROP_TRIGGER: Final = 16
DROP_VIEW: Final = 17
INSERT: Final = 18
PRAGMA: Final = 19
READ: Final = 20
SELECT: Final = 21
TRANSACTION: Final = 22
UPDATE: Final = 23
ATTACH: Final = 24
DETACH: Final = 25
ALTER_TABLE: Final = 26
ANALYZE: Final = 28
CREATE_VTABLE: Final = 29
DROP_VTABLE: Final = 30
FUNCTION: Final = 31
SAVEPOINT: Final = 32

_WRITES: Final = frozenset({INSERT, UPDATE, DELETE})
_DEFINES_FIRST: Final = frozenset(
    {CREATE_TABLE, CREATE_VIEW, CREATE_VTABLE}
    | {DROP_TABLE, DROP_VIEW, DROP_VTABLE}
    | {CREATE_TEMP_TABLE, CREATE_TEMP_VIEW}
    | {DROP_TEMP_TABLE, DROP_TEMP_VIEW}
)
_DEFINES_SECOND: Final = frozenset(
    {ALTER_TABLE, CREATE_INDEX, DROP_INDEX}
    | {CREATE_TRIGGER, DROP_TRIGGER}
    | {CREATE_TEMP_INDEX, CREATE_TEMP_TRIGGER}
    | {DROP_TEMP_INDEX, DROP_TEMP_TRIGGER}
)
"""The table is the second argument: https://sqlite.org/c3ref/c_alter_table.html"""
TOUCHES: Final = _WRITES | {READ}
"""The actions that name a table whose rows are read or written."""
_HARMLESS: Final = TOUCHES | {SELECT}
_CREATES_TEMPORARY: Final = frozenset(
    {CREATE_TEMP_INDEX, CREATE_TEMP_TABLE} | {CREATE_TEMP_TRIGGER, CREATE_TEMP_VIEW}
)
_NAMES_AN_OBJECT: Final = frozenset(
    {CREATE_INDEX, CREATE_TABLE, CREATE_TRIGGER}
    | {CREATE_VIEW, CREATE_VTABLE, DROP_TABLE}
    | {INSERT, UPDATE, DELETE, READ}
)
_REFUSED_VALUES: Final = {"journal_mode": frozenset({"off"})}
_ALTERS: Final = frozenset({"sqlite_drop_constraint", "sqlite_add_constraint", "sqlite_fail"})
"""What new forms of ALTER TABLE call inside."""
_UNAUTHORIZED: Final = "not authorized: SQLITE_AUTH"
_NO_TRANSACTIONS: Final = (
    "To execute a transaction, please use the state.storage.transaction() or"
    " state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. …"
)
_COUNTERS: Final = frozenset({"changes", "total_changes", "last_insert_rowid"})


class Touched:
    """What the statement that is being compiled touches, as the authorizer hears it."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.writes: dict[str, None] = {}
        self.defines = False
        self.asked_last = False
        self._reads_sequence = False
        self._keeps_sequence = False

    @property
    def counters(self) -> bool:
        """Whether the statement may have asked what another one did.

        ALTER TABLE and DROP TABLE read ``sqlite_sequence`` to keep it, and tell nobody.
        """
        return self.asked_last or (self._reads_sequence and not self._keeps_sequence)

    def note(self, code: int, first: str | None, second: str | None, accessor: str | None) -> None:
        """Note one action, as the authorizer's arguments tell it."""
        name = first
        if code not in _HARMLESS:
            if code in _DEFINES_SECOND:
                name = second
            elif code not in _DEFINES_FIRST:
                return
            self.defines = True
            self._keeps_sequence = self._keeps_sequence or code in {ALTER_TABLE, DROP_TABLE}
        if accessor is not None:
            self.names[accessor] = None
        if name == "sqlite_sequence" and code == READ:
            self._reads_sequence = True
        if name is not None and not name.startswith("sqlite_"):
            self.names[name] = None
            if code in _WRITES:
                self.writes[name] = None


class Authority:
    """The authorizer of one connection."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._functions = profile.refused_functions
        self.touched = Touched()
        """What the statement that is being compiled touches; the caller takes it and sets a new one."""
        self.refusal: SqlError | None = None
        """Why the last statement was refused."""
        self.pragmas: set[str] = set()
        """The PRAGMAs that may have changed the connection's settings, folded."""
        self.paused = False
        """Whether squasher asks something of its own: it is allowed, and noted nowhere."""

    def allow(
        self,
        code: int,
        first: str | None,
        second: str | None,
        database: str | None,
        accessor: str | None,
    ) -> int:
        """The authorizer callback: OK or DENY, and in ``refusal`` the reason."""
        if self.paused:
            return OK
        if code == FUNCTION or code == SELECT:  # noqa: PLR1714, SIM109 - a hot path
            return self._authorize_function(second) if second is not None else OK
        self.touched.note(code, first, second, accessor)
        if code not in _HARMLESS and (refusal := self._refuse(code, first, second, database)) is not None:
            return self._deny(refusal)
        if first and first[0] == "_" and code in _NAMES_AN_OBJECT:
            prefix = self._profile.reserved_prefix
            if prefix and fold(first).startswith(prefix):
                return self._deny(_reserved(first, prefix))
        return OK

    def _authorize_function(self, name: str) -> int:
        folded = fold(name)
        if folded in _COUNTERS:
            self.touched.asked_last = True
        if folded in self._functions:
            return self._deny(self._no_function(name, folded))
        return OK

    def _no_function(self, name: str, folded: str) -> SqlError:
        said = f"not authorized to use function: {name}: SQLITE_ERROR"
        if folded in _ALTERS:
            return SqlError(
                "D1 does not run this form of ALTER TABLE",
                hint="Rebuild the table: CREATE a new one, INSERT … SELECT, DROP, ALTER TABLE … RENAME.",
                said=said,
                topic="functions",
            )
        return SqlError(
            f"{self._profile.title} does not allow the function {name}()",
            hint="Remove it: the profile refuses functions that tell of the engine or reach outside.",
            said="not authorized: SQLITE_ERROR" if folded == "load_extension" else said,
            topic="functions",
        )

    def _deny(self, refusal: SqlError) -> int:
        self.refusal = refusal
        return DENY

    def _refuse(
        self, code: int, first: str | None, second: str | None, database: str | None
    ) -> SqlError | None:
        profile = self._profile
        if code == ANALYZE:  # what it counted stays with the connection, as what a PRAGMA sets
            self.pragmas.add("analyze")
        if code == PRAGMA and first is not None:
            return self._refuse_pragma(first, second)
        if code in {TRANSACTION, SAVEPOINT} and not profile.transactions:
            return SqlError(
                "a migration cannot control transactions on D1",
                hint="Remove BEGIN, COMMIT and SAVEPOINT: D1 runs each file in one transaction.",
                said=_NO_TRANSACTIONS,
                topic="transactions",
            )
        if code == CREATE_TRIGGER and second == profile.ledger is not None:
            return SqlError(
                f"squasher cannot follow a trigger on the ledger {second}",
                hint="Remove it: what it does when a migration is recorded belongs to no statement.",
            )
        temporary = code in _CREATES_TEMPORARY or (database == "temp" and code in _NAMES_AN_OBJECT)
        if temporary and not profile.temporary:
            return SqlError(
                "D1 has no TEMP objects",
                hint="Use an ordinary table and drop it at the end of the migration.",
                said=_UNAUTHORIZED,
                topic="temporary",
            )
        if code == CREATE_VTABLE and profile.modules is not None and second is not None:
            if fold(second) not in profile.modules:
                return SqlError(
                    f"D1 has no virtual table module {second}",
                    hint=f"Use one that it has: {', '.join(sorted(profile.modules))}.",
                    said=_UNAUTHORIZED,
                    topic="modules",
                )
            return None
        if code == ATTACH and not (first == "" and profile.transactions):
            return SqlError(
                "a migration cannot ATTACH a database or write a file",
                hint="Remove it: a migration sees one database, and squasher opens no other.",
                said=_UNAUTHORIZED,
                topic="attach",
            )
        if code == DETACH and not profile.transactions:
            return SqlError(
                "a migration cannot DETACH a database",
                hint="Remove it: a migration sees one database.",
                said=_UNAUTHORIZED,
                topic="attach",
            )
        return None

    def _refuse_pragma(self, pragma: str, value: str | None) -> SqlError | None:
        profile = self._profile
        name = fold(pragma)
        self.pragmas.add(name)
        if name == "encoding" and profile.pragmas is None and _is_utf8(value):
            return None
        if value is not None and fold(value).strip("'\"") in _REFUSED_VALUES.get(name, ()):
            return SqlError(
                f"{profile.title} does not allow PRAGMA {pragma} = {value}",
                hint="Remove it: what a statement did could not be undone when it fails.",
                said=_UNAUTHORIZED,
                topic="pragmas",
            )
        allowed = profile.pragmas is None or name in profile.pragmas
        if allowed and name not in profile.refused_pragmas:
            return None
        return SqlError(
            f"{profile.title} does not allow PRAGMA {pragma}",
            hint=f"Remove it: the profile {profile.name} refuses this PRAGMA.",
            said=_UNAUTHORIZED,
            topic="pragmas",
        )


def _reserved(name: str, prefix: str) -> SqlError:
    return SqlError(
        f"names that begin with {prefix} belong to the platform",
        hint=f"Rename {name}.",
        said=_UNAUTHORIZED,
        topic="names",
    )


def _is_utf8(encoding: str | None) -> bool:
    return encoding is None or fold(encoding).strip("'\"") in {"utf-8", "utf8"}
