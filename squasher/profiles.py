"""The rules of the target engines: what a migration may do, and within which limits.

Values only; ``engine`` enforces them. Sources: workerd's ``sqlite.c++`` (setupSecurity), the limits
page of the D1 documentation, and runs of wrangler 4.164.0 in local mode.
"""

from __future__ import annotations

from typing import Final, NamedTuple

MEGABYTE: Final = 1 << 20
STEP_BUDGET: Final = 200_000_000
"""Virtual machine steps that one statement may take: some seconds, and no honest migration's need."""


class Limits(NamedTuple):
    """Run-time limits, named after ``sqlite3_limit()``; None leaves SQLite's own."""

    length: int
    sql_length: int | None = None
    column: int | None = None
    expr_depth: int | None = None
    compound_select: int | None = None
    function_arg: int | None = None
    like_pattern_length: int | None = None
    trigger_depth: int | None = None


class Profile(NamedTuple):
    """One target engine."""

    name: str
    title: str
    """Who refuses what the profile refuses, as errors name it."""
    foreign_keys: bool
    """Whether foreign keys are enforced while migrations run."""
    ledger: str | None
    """The table in which the migration tool records what it applied."""
    defensive: bool
    """SQLITE_DBCONFIG_DEFENSIVE: shadow tables and the schema cannot be written directly."""
    transactions: bool
    """Whether a migration may control transactions itself."""
    temporary: bool
    """Whether a migration may create TEMP objects."""
    settings: tuple[str, ...]
    """The header settings that a migration may set and a fresh file carries."""
    modules: frozenset[str] | None
    """The virtual table modules that exist; None for all that the engine has."""
    pragmas: frozenset[str] | None
    """The PRAGMAs that are allowed; None for all but ``refused_pragmas``."""
    refused_pragmas: frozenset[str]
    refused_functions: frozenset[str]
    reserved_prefix: str | None
    """Names that belong to the platform."""
    delete_limit: bool
    """Whether UPDATE and DELETE take ORDER BY and LIMIT."""
    limits: Limits
    max_steps: int = STEP_BUDGET
    """The steps of SQLite's virtual machine that one statement may take."""
    ignored: tuple[str, ...] = ()
    """The tables that nobody looks at in a database, by name or glob, folded."""

    @property
    def scale(self) -> int:
        """How many times the usual budget is given: limits of size grow with it."""
        return max(1, self.max_steps // STEP_BUDGET)


# A file must not reach other files, raise its own limits, or change text that is already stored.
_DANGEROUS_PRAGMAS: Final = frozenset(
    {"writable_schema", "temp_store", "temp_store_directory", "data_store_directory", "hard_heap_limit"}
    | {"soft_heap_limit", "threads", "mmap_size", "trusted_schema", "encoding"}
)
_FOREIGN_FUNCTIONS: Final = frozenset({"load_extension", "fts3_tokenizer", "edit", "writefile"})

D1: Final = Profile(
    name="d1",
    title="D1",
    foreign_keys=True,
    ledger="d1_migrations",
    defensive=True,
    transactions=False,
    temporary=False,
    settings=(),
    modules=frozenset({"fts5", "fts5vocab", "rtree"}),
    pragmas=frozenset(
        {"data_version", "page_size", "case_sensitive_like", "foreign_keys", "defer_foreign_keys"}
        | {"ignore_check_constraints", "legacy_alter_table", "recursive_triggers", "optimize"}
        | {"reverse_unordered_selects", "foreign_key_check", "foreign_key_list", "index_info"}
        | {"index_list", "index_xinfo", "quick_check", "table_list", "table_info", "table_xinfo"}
    ),
    refused_pragmas=_DANGEROUS_PRAGMAS,
    refused_functions=_FOREIGN_FUNCTIONS
    | {"sqlite_version", "sqlite_source_id", "sqlite_compileoption_get", "sqlite_log"}
    | {"sqlite_compileoption_used", "sqlite_drop_constraint", "sqlite_fail", "carray"}
    | {"median", "percentile", "percentile_cont", "percentile_disc", "sqlite_add_constraint"},
    reserved_prefix="_cf_",
    delete_limit=True,
    limits=Limits(
        length=8 * MEGABYTE + 34,  # found by trying; production allows 2,000,000
        sql_length=100_000,
        column=100,
        expr_depth=100,
        compound_select=5,
        function_arg=127,
        like_pattern_length=50,
        trigger_depth=10,
        # wrangler 4.150.0 (workerd 1.20261006.1), but not 4.164.0, also refuses what compiles to more than
        # 25,000 steps, as "out of memory"; what squasher writes stays below
    ),
)

SQLITE: Final = Profile(
    name="sqlite",
    title="squasher",
    foreign_keys=False,
    ledger=None,
    defensive=False,
    transactions=True,
    temporary=True,
    settings=("user_version", "application_id"),
    modules=None,
    pragmas=None,
    refused_pragmas=_DANGEROUS_PRAGMAS,
    refused_functions=_FOREIGN_FUNCTIONS,
    reserved_prefix=None,
    delete_limit=False,
    limits=Limits(length=64 * MEGABYTE, like_pattern_length=1000, trigger_depth=1000),
)

PROFILES: Final = {profile.name: profile for profile in (D1, SQLITE)}
