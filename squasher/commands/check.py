"""``squasher check``: whether the fresh file on disk, or a live database, means the same as the chain."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from squasher.bytecode import programs
from squasher.chain import Chain, read_chain, read_migration
from squasher.changes import File
from squasher.commands.squash import compose, decide, text_of
from squasher.comparison import Comparison, Finding, Party, rank
from squasher.errors import InputError, SquasherError
from squasher.guard import guard, without_manifest
from squasher.model import EMPTY
from squasher.observe import Observed, ignoring, load, observe
from squasher.parallel import busy, together
from squasher.prove import Proof, prove
from squasher.rowdiff import Side
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from squasher.chain import Migration
    from squasher.changes import Change
    from squasher.d1state import Reach
    from squasher.target import Target


def check(target: Target) -> Comparison:
    """Compare the fresh file of ``target`` with its chain, and the files with the manifest of an archive.

    Raises InputError when there is no such file, ReplayError when either does not run, and
    UnsupportedError for what cannot be compared.
    """
    chain = read_chain(target.migrations, target.pattern)
    if not target.fresh.exists():
        raise InputError(
            f"{target.fresh.as_posix()} does not exist",
            hint="Write it with `squasher squash`, or name it with --fresh FILE.",
        )
    file = read_migration(target.fresh)
    touched = guard(chain, target.migrations)
    try:
        compared = _compared(target, _without_returned(chain, touched), file)
        touched = touched or without_manifest(chain, target.migrations, compared.old.snapshot.ledger)
    except SquasherError as error:
        if not touched:
            raise
        # most likely for what the files say already: it would hide that
        empty = EMPTY
        compared = Comparison(
            command="check",
            old=Party(chain.directory, "chain", chain.span, empty),
            new=Party(target.fresh.as_posix(), "sql", None, empty),
            profile=target.profile.name,
            proof=Proof((), (), (error.message,)),
            findings=(),
            warnings=chain.skipped,
        )
    return compared._replace(
        findings=(*compared.findings, *(Finding(change, None, ()) for change in touched))
    )


def _without_returned(chain: Chain, touched: tuple[Change, ...]) -> Chain:
    """The chain without absorbed migrations that came back beside their baseline: they would run twice."""
    gone = any(
        isinstance(one.old, File) and one.old.role == "baseline" and one.new is None for one in touched
    )
    back = {
        one.new.path
        for one in touched
        if isinstance(one.new, File) and one.old is None and one.new.role in {"returned", "reused"}
    }
    if gone or not back:
        return chain
    kept = tuple(migration for migration in chain.migrations if migration.path not in back)
    return chain._replace(migrations=kept)


def _compared(target: Target, chain: Chain, file: Migration) -> Comparison:
    if target.profile.ledger is not None and not file.text.strip():
        raise InputError(f"{file.path} is empty", hint="Run `squasher squash` to write it.")

    def other() -> Side:
        side = load(file, target.scope, UNIVERSES, cache=target.cache, proving=True)
        return side._replace(programs=side.programs or programs(target.profile, side.snapshots[0]))

    def own() -> tuple[Observed, bool | None]:
        found = observe(chain, target.scope, cache=target.cache, proving=True)
        with suppress(SquasherError):  # then the proof says what is wrong first
            if busy() > 1:  # the other side is still being made
                return found, _is_exact(found, target, file.text)
        return found, None

    (observed, early), fresh = together(own, other)
    if len(fresh.snapshots) < len(observed.universes):
        fresh = load(file, target.scope, observed.universes, cache=target.cache)
    side = observed.side
    if len(side.snapshots) < len(fresh.snapshots):
        side = Side.of(side.snapshots * len(fresh.snapshots))  # the same in every universe
    proof, exact = prove(
        target.profile,
        side,
        fresh,
        lambda: _is_exact(observed, target, file.text) if early is None else early,
        by_hand=target.fresh.name,
    )
    return Comparison(
        command="check",
        old=Party(chain.directory, "chain", chain.span, observed.side.snapshots[0]),
        new=Party(target.fresh.as_posix(), "sql", None, fresh.snapshots[0]),
        profile=target.profile.name,
        proof=proof,
        findings=_findings(chain, target, proof),
        warnings=(
            *chain.skipped,
            *observed.notes,
            *ignoring(target.ignored, observed.side.snapshots[0], fresh.snapshots[0]),
        ),
        exact=exact and proof.status == "equal",
    )


def check_database(
    source: str, target: Target, reach: Reach, *, to: str | None = None, rows: bool = False
) -> Comparison:
    """Compare a live database with the chain of ``target``, as far as its own ledger says it has applied it.

    ``to`` cuts the chain after that migration instead. With ``rows``, the rows that the chain leaves must
    be there too; more of them are the database's own affair. Raises SquasherError.
    """
    # the check of a fresh file needs none of these
    from squasher.live import Expected
    from squasher.sources import open_source, parse

    named = parse(source)
    if named.kind == "stdin" or (named.kind == "path" and not _may_be_a_database(named.path)):
        raise InputError(f"{named.name} is no database file", hint=_OTHERWISE)
    found = open_source(named, target, rows=False, reach=reach)
    if found.kind not in {"database", "empty"}:
        raise InputError(f"{found.name} is no database", hint=_OTHERWISE)
    expected = Expected(read_chain(target.migrations, target.pattern), target)
    where = expected.standing(found.side.snapshots[0], to)
    if found.side.snapshots[0] == EMPTY:
        note = f"{found.name} is empty: was it copied without the -wal file beside it?"
        found = found._replace(notes=(*found.notes, note))
    if rows:
        tables = expected.tables(where.applied)
        found = open_source(named, target, rows=True, reach=reach, tables=tables)
    compared = expected.compare(found.name, found.side.snapshots[0], where, rows=rows)
    return compared._replace(warnings=(*compared.warnings, *found.notes))


_OTHERWISE: Final = (
    "Name a database file, decrypted if it is encrypted, or d1:NAME; `squasher diff` compares any two sides."
)


def _may_be_a_database(path: str) -> bool:
    """Whether a path is not there, as opening it will say, or holds a database, or nothing."""
    from pathlib import Path

    from squasher.dbfile import MAGIC
    from squasher.files import beginning

    place = Path(path)
    return not place.exists() or (not place.is_dir() and beginning(place, len(MAGIC)) in {b"", MAGIC})


def _is_exact(observed: Observed, target: Target, text: str) -> bool:
    first = text_of(observed, observed.side.snapshots[0], target, decide(observed, target))
    if first == text or not observed.side.volatile:
        return first == text
    return text.startswith(first.partition("\n\n")[0]) and compose(observed, target).text == text


def _findings(chain: Chain, target: Target, proof: Proof) -> tuple[Finding, ...]:
    """The differences in the order in which people look at them, each with its cause in the chain."""
    if not proof.changes:
        return ()
    from squasher.history import read  # only differences need it

    told = read(chain, target.profile)
    # the chain is the newer side for whoever asks what it did
    return tuple(
        Finding(change, told.last(change.reverse()), ()) for change in sorted(proof.changes, key=rank)
    )
