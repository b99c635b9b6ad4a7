"""``squasher build``: the chain as a database file, for whoever would replay it: test suites."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from squasher import dbfile
from squasher.chain import read_chain
from squasher.commands.squash import UnprovedError, cut_short, refuse_views_of_what_is_left_out
from squasher.engine import Database
from squasher.errors import InputError, UnsupportedError
from squasher.files import read_regular, resolved, write_atomically
from squasher.introspect import introspect
from squasher.prove import prove
from squasher.replay import replay
from squasher.rowdiff import Side
from squasher.volatile import UNIVERSES

if TYPE_CHECKING:
    from squasher.chain import Chain
    from squasher.model import Snapshot
    from squasher.profiles import Profile
    from squasher.target import Target


class Built(NamedTuple):
    """The result of a build: the file's bytes, and whether the file on disk was replaced by them."""

    path: Path
    chain: Chain
    snapshot: Snapshot
    data: bytes
    warnings: tuple[str, ...]
    written: bool
    """False when the file already held these bytes."""


def build(target: Target, out: Path, *, to: str | None = None, force: bool = False) -> Built:
    """Write the database that the chain of ``target`` makes, its ledger included, to ``out``.

    ``to`` is the number of the last migration to include. Clock and chance are those of the first
    universe, so the same chain gives the same bytes. Raises ReplayError for a statement that fails,
    UnsupportedError for what no file can hold, InputError when ``out`` cannot be written or is another
    file, unless ``force``; what is there is untouched then.
    """
    whole = read_chain(target.migrations, target.pattern)
    own = (target.fresh, *(Path(one.path) for one in whole.migrations))
    if resolved(out) in map(resolved, own):
        raise InputError(
            f"{out.as_posix()} is a file of the chain itself", hint="Choose another name for the database."
        )
    chain = whole if to is None else whole.until(to)
    snapshot, data = _made(chain, target.profile)
    # not in a process of its own: a fork would take over the state that SQLite draws its keys from
    if _made(chain, target.profile)[1] != data:
        raise UnsupportedError(
            "two replays gave two files: SQLite chose keys by chance, beside the largest possible one",
            hint="Write the keys in the migration.",
        )
    _prove(target.profile, snapshot, data, out)
    _refuse_another(out, data, force=force)
    return Built(
        path=out,
        chain=chain,
        snapshot=snapshot,
        data=data,
        warnings=(*chain.skipped, *cut_short(whole, chain)),
        written=write_atomically(out, data, elsewhere="under another name"),
    )


def _made(chain: Chain, profile: Profile) -> tuple[Snapshot, bytes]:
    """What a replay left, as values and as a file."""
    with replay(chain, profile, UNIVERSES[0], observe=False) as done:
        snapshot = introspect(done.database, carried=False)
        return snapshot, dbfile.compact(done.database.serialized())


def _prove(profile: Profile, snapshot: Snapshot, data: bytes, out: Path) -> None:
    """Read the bytes as another program will. Raises UnprovedError when that gives something else."""
    with dbfile.of_bytes(
        data, out.as_posix(), lambda file: Database.of_file(file, profile, UNIVERSES[0])
    ) as database:
        found = introspect(database, carried=False)
    if _by_kind(found) != _by_kind(snapshot):
        proof, _ = prove(profile, Side.of([snapshot]), Side.of([found]), lambda: None)
        refuse_views_of_what_is_left_out(proof, "a compact database file")
        raise UnprovedError("the database file that was made is not equal to the chain", proof)


def _by_kind(snapshot: Snapshot) -> Snapshot:
    """VACUUM writes tables, then indexes, then the rest; within a kind, where it counts, the order stays."""
    return snapshot._replace(objects=tuple(sorted(snapshot.objects, key=lambda item: type(item).__name__)))


def _refuse_another(out: Path, data: bytes, *, force: bool) -> None:
    """A file that holds something else may be somebody's data; a journal belongs to one that is in use."""
    shown = out.as_posix()
    for journal in dbfile.journals(out):
        raise InputError(
            f"{shown} is in use, or was when a program crashed: {journal.name} lies beside it",
            hint="End the programs that have it open, or remove both files.",
        )
    if force or not out.exists() or not out.is_file():
        return
    if out.stat().st_size != len(data) or read_regular(out) != data:
        raise InputError(
            f"{shown} is there already, and holds something else",
            hint="Replace it with --force, or choose another name.",
        )
