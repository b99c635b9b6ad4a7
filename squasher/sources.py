"""Sources: what a schema can be read from, one small syntax for all of them, and one way to open them.

``SOURCE := "-" | "git:" REV [":" PATH] | "d1:" NAME | PATH``. A path, in a directory of the machine or
in a git revision, is a chain (a directory), a database file or a file of SQL text: what it is, its
content says.

The migrations of the target's own directory are the files that its pattern matches; those of another are
``*.sql``, or ``*/migration.sql`` where there are none of these.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from squasher import d1state, dbfile, git
from squasher.chain import NoMigrationsError, assemble, migration, read_chain
from squasher.d1state import Reach
from squasher.engine import Database
from squasher.errors import InputError, SqlError, UnsupportedError
from squasher.files import LARGEST_FILE, beginning, read_regular, resolved
from squasher.introspect import LARGEST_CONTENT, introspect
from squasher.model import EMPTY, Snapshot
from squasher.observe import load, observe
from squasher.patterns import ANY, NESTED, glob
from squasher.rowdiff import Side
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    import apsw

    from squasher.chain import Chain, Migration
    from squasher.profiles import Profile
    from squasher.provenance import Provenance
    from squasher.target import Target
    from squasher.universe import Universe

    _Take: TypeAlias = Callable[[apsw.Connection], Database | Snapshot]

GIT: Final = "git:"
D1: Final = "d1:"
LOCAL: Final = Reach()
STDIN: Final = "-"
_STDIN_PATH: Final = "<stdin>"
_EMPTY: Final = "the empty schema"
_LFS: Final = b"version https://git-lfs.github.com/spec/v1"
_SYNTAX: Final = "Write git:REV or git:REV:PATH, such as git:main:migrations."


class Source(NamedTuple):
    """What a person named, parsed."""

    kind: Literal["stdin", "git", "d1", "path", "empty"]
    name: str
    """As it is shown: ``git:main:migrations``."""
    revision: str = ""
    path: str = ""
    """In the revision or on the machine; '' for the directory of the migrations. Or a D1 database's name."""
    optional: bool = False
    """Whether a directory that is not there is the empty schema."""
    note: str | None = None


class Opened(NamedTuple):
    """A source that was read: what it holds, in every universe that was looked at."""

    name: str
    kind: Literal["chain", "sql", "database", "empty"]
    side: Side
    universes: tuple[Universe, ...]
    chain: Chain | None = None
    notes: tuple[str, ...] = ()
    provenance: Provenance | None = None
    """For a chain: which migrations made and changed what."""
    file: Migration | None = None
    """For SQL text: what was run."""
    profile: Profile | None = None


def parse(text: str) -> Source:
    """The source that ``text`` names. Raises InputError."""
    if text == STDIN:
        return Source("stdin", "standard input")
    if text == os.devnull:
        return Source("empty", _EMPTY)
    if text.startswith(D1):
        name = text.removeprefix(D1)
        if not name:
            raise InputError(f"{text}: there is no name behind d1:", hint="Write d1:NAME, such as d1:DB.")
        return Source("d1", text, path=name)
    if not text.startswith(GIT):
        if not text:
            raise InputError("a source cannot be empty", hint=_SYNTAX)
        return Source("path", Path(text).as_posix(), path=text)
    revision, colon, path = _at_colon(text.removeprefix(GIT))
    if not revision:
        raise InputError(f"{text}: there is no revision behind git:", hint=_SYNTAX)
    if colon and not path:
        raise InputError(f"{text}: there is no path behind the colon", hint=_SYNTAX)
    return Source("git", text, revision=revision, path=path)


def _at_colon(text: str) -> tuple[str, str, str]:
    """Cut at the first colon that no braces enclose: ``main@{2026-11-22 19:00}`` is a revision too."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}" and depth > 0)
        if char == ":" and depth == 0:
            return text[:at], ":", text[at + 1 :]
    return text, "", ""


def branch_point(migrations: str) -> Source:
    """The migrations where the current branch parted from the default branch. Raises InputError."""
    if not git.has_commits():
        return Source("empty", _EMPTY, note="there is no commit yet: everything is new")
    base, _ = git.parted_from()
    return Source(
        "git",
        f"{GIT}{base[:12]}",
        revision=base,
        path=in_git(migrations),
        optional=True,
    )


def in_git(path: str) -> str:
    """A path of the machine as git reads one: from the current directory."""
    return path if Path(path).is_absolute() else f"./{Path(path).as_posix()}"


def open_source(
    source: Source,
    target: Target,
    *,
    to: str | None = None,
    rows: bool = True,
    reach: Reach = LOCAL,
    tables: frozenset[str] | None = None,
) -> Opened:
    """Read a source: replay a chain up to ``to``, run SQL text, look into a database file.

    Without ``rows``, only the schema is read; with ``tables`` (folded names), of a database the rows of
    these alone. ``reach`` says which database ``d1:NAME`` is. Raises SquasherError.
    """
    reader = _Reader(target, to, rows, reach, tables)
    notes = () if source.note is None else (source.note,)
    match source.kind:
        case "empty":
            opened = reader.empty(source.name)
        case "stdin":
            opened = reader.content(source.name, _STDIN_PATH, _standard_input())
        case "path":
            opened = reader.path(Path(source.path), source.name)
        case "git":
            opened = reader.revision(source)
        case "d1":
            opened = reader.d1(source)
    return opened._replace(notes=(*notes, *opened.notes))


class _Reader(NamedTuple):
    target: Target
    to: str | None
    rows: bool
    reach: Reach
    tables: frozenset[str] | None

    @property
    def profile(self) -> Profile:
        return self.target.scope

    def path(self, path: Path, name: str) -> Opened:
        if path.is_dir():
            own = resolved(path) == resolved(self.target.migrations)
            patterns = (self.target.pattern,) if own else (ANY, NESTED)
            return self.chain(name, _first(patterns, lambda pattern: read_chain(path, pattern)))
        if not path.exists():
            raise InputError(f"{name} does not exist", hint=_instead_of(name))
        head = beginning(path, len(dbfile.MAGIC))
        if head == dbfile.MAGIC:
            return self.database(name, lambda use: dbfile.read(path, use))
        if not head and not name.endswith(".sql"):
            return self.empty(name)
        return self.content(name, name, read_regular(path))

    def d1(self, source: Source) -> Opened:
        database = d1state.find(self.target.databases, source.path)
        name = source.name if database.environment is None else f"{source.name} (env {database.environment})"
        if not self.reach.remote:
            path = d1state.existing_file(database, self.reach.persist_to)
            return self.database(name, lambda use: dbfile.read(path, use, name))
        from squasher import remote
        from squasher.wrangler_cli import Wrangler

        self._refuse_to(name)
        ask = Wrangler(database).ask
        schema = remote.read_schema(ask, self.profile)
        tables = self.tables or frozenset()
        found = remote.snapshot(schema, self.profile, name, ask if self.rows else None, tables)
        return Opened(name, "database", Side.of([found]), UNIVERSES[:1])

    def revision(self, source: Source) -> Opened:
        path = source.path or in_git(self.target.migrations.as_posix())
        shown = source.name if source.name.endswith(f":{path}") else f"{source.name}:{Path(path).as_posix()}"
        try:
            place = git.locate(source.revision, path, shown)
            with git.Blobs() as blobs:
                if place.kind == "blob":
                    data = blobs.read(place.oid, shown)
                    if data.startswith(_LFS):
                        raise InputError(
                            f"{shown}: git holds a pointer of Git LFS instead of the file",
                            hint="Check the file out and name it: `git lfs pull` gets it.",
                        )
                    return self.content(shown, shown, data)
                chain = _first(self._patterns(path), lambda pattern: in_tree(place, blobs, pattern))
        except (git.MissingError, NoMigrationsError) as error:
            if not source.optional:
                raise
            return self.empty(shown)._replace(notes=(f"{error.message}: everything is new",))
        return self.chain(shown, chain)

    def _patterns(self, path: str) -> tuple[str, ...]:
        """What the files in a directory of a revision may be named like: its layout may be an older one."""
        own = self.target.pattern
        return (ANY, NESTED) if own == ANY or not self._is_own(path) else (own, ANY, NESTED)

    def _is_own(self, path: str) -> bool:
        try:
            here = git.below_the_root(in_git(self.target.migrations.as_posix()), "")
        except InputError:
            return False
        return git.below_the_root(path, path) == here

    def content(self, name: str, path: str, data: bytes) -> Opened:
        if data.startswith(dbfile.MAGIC):
            return self.database(name, lambda use: dbfile.of_bytes(data, name, use))
        if not data and not path.endswith(".sql"):
            return self.empty(name)
        try:
            file = migration(path.rpartition("/")[2], path, data)
        except InputError as error:
            if path.endswith(".sql"):
                raise
            raise InputError(
                f"{name} is neither a SQLite database nor SQL text",
                hint="Decrypt a database that is encrypted; save SQL text as UTF-8.",
            ) from error
        return self.sql(name, file)

    def chain(self, name: str, chain: Chain) -> Opened:
        if self.to is not None:
            chain = chain.until(self.to)
        observed = observe(chain, self.profile, rows=self.rows)
        return Opened(
            name,
            "chain",
            observed.side,
            observed.universes,
            chain=chain,
            notes=(*chain.skipped, *observed.notes),
            provenance=observed.provenance,
        )

    def sql(self, name: str, file: Migration) -> Opened:
        self._refuse_to(name)
        side = load(file, self.profile, UNIVERSES, rows=self.rows)
        universes = UNIVERSES[: len(side.snapshots)]
        return Opened(name, "sql", side, universes, file=file, profile=self.profile)

    def database(self, name: str, read: Callable[[_Take], Database | Snapshot]) -> Opened:
        self._refuse_to(name)
        try:
            # the file is locked while it is copied, or while its schema is read
            found = read(lambda file: self._take(name, file))
            if isinstance(found, Database):
                with found:
                    found = introspect(found, carried=False)
        except (SqlError, UnsupportedError) as error:
            raise InputError(f"{name}: {error.message}", hint=error.hint) from error
        except UnicodeDecodeError as error:
            raise InputError(f"{name}: a name or a text of its schema is not UTF-8") from error
        return Opened(name, "database", Side.of([found]), UNIVERSES[:1])

    def _take(self, name: str, file: apsw.Connection) -> Database | Snapshot:
        if not self.rows or self.tables is not None:
            database = Database.of_file(file, self.profile, UNIVERSES[0], copied=False)
            return introspect(database, rows=self.rows, carried=False, tables=self.tables)
        size = int(file.pragma("page_count")) * int(file.pragma("page_size"))
        most = LARGEST_CONTENT * self.profile.scale
        if size > most:
            raise InputError(
                f"{name} holds {size >> 20:,} MiB, and at most {most >> 20:,} MiB can be compared",
                hint="Compare its schema alone with --no-rows, or raise the limit with --max-steps N.",
            )
        return Database.of_file(file, self.profile, UNIVERSES[0])

    def empty(self, name: str) -> Opened:
        self._refuse_to(name)
        return Opened(name, "empty", Side.of([EMPTY]), UNIVERSES[:1])

    def _refuse_to(self, name: str) -> None:
        if self.to is not None:
            raise InputError(
                f"{name} is no chain of migrations that could be cut",
                hint="Leave out --from and --to for it.",
            )


def _first(patterns: tuple[str, ...], read: Callable[[str], Chain]) -> Chain:
    """The chain that the first pattern finds which finds any. Raises NoMigrationsError, as the first does."""
    pattern, *others = patterns
    try:
        return read(pattern)
    except NoMigrationsError:
        for other in others:
            with contextlib.suppress(NoMigrationsError):
                return read(other)
        raise


def in_tree(place: git.Place, blobs: git.Blobs, pattern: str) -> Chain:
    """The chain in a directory of a revision. Raises InputError; NoMigrationsError when it holds none."""
    wanted = glob(pattern)
    held = {
        entry.name: entry for entry in git.entries(place, nested=wanted.nested) if wanted.matches(entry.name)
    }
    return assemble(
        place.shown,
        {name: entry.regular for name, entry in held.items()},
        lambda name: blobs.read(held[name].oid, f"{place.shown}/{name}"),
        pattern,
    )


def _instead_of(name: str) -> str:
    """What somebody may have meant who named a path that is not there."""
    revisions = [part for part in name.split("..") if part]
    if revisions and git.know(revisions):
        return f"Write {' '.join(GIT + revision for revision in revisions)} for a git revision."
    return "Name a directory of migrations, or a file."


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input is closed", hint="Pipe SQL text into the command, or name a file.")
    if sys.stdin.isatty():
        raise InputError(
            "standard input is a terminal", hint="Pipe SQL text into the command: sqlite3 FILE .dump | …"
        )
    try:
        data = sys.stdin.buffer.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"standard input: {error.strerror}") from error
    if not data.strip():
        hint = f"Look why the command before it wrote nothing, or name {os.devnull}."
        raise InputError("standard input is empty", hint=hint)
    if len(data) > LARGEST_FILE:
        raise InputError(f"standard input: larger than {LARGEST_FILE >> 20} MiB", hint="Name a file.")
    return data


def alike(old: Opened, new: Opened) -> tuple[Side, Side]:
    """Both sides in the same universes."""
    most = max(len(old.side.snapshots), len(new.side.snapshots))
    one, other = _widened(old, most, new.universes), _widened(new, most, old.universes)
    least = min(len(one.snapshots), len(other.snapshots))
    return _cut(one, least), _cut(other, least)


def _widened(opened: Opened, count: int, universes: tuple[Universe, ...]) -> Side:
    """The side in so many universes; a chain that asked for the time stays in its own."""
    side = opened.side
    if len(side.snapshots) >= count:
        return side
    if not side.volatile and all(one is side.snapshots[0] for one in side.snapshots):
        return Side.of(side.snapshots[:1] * count)
    if opened.file is not None and opened.profile is not None:
        return load(opened.file, opened.profile, universes)
    return side


def _cut(side: Side, count: int) -> Side:
    return side if len(side.snapshots) == count else Side.of(side.snapshots[:count])
