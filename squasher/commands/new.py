"""``squasher new``: the next migration, with its number, its name and wrangler's header."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from squasher.chain import Chain, NoMigrationsError, migration, read_chain
from squasher.commands.squash import UnprovedError
from squasher.errors import InputError, ReplayError
from squasher.files import alone, create, make_directory
from squasher.lint.standing import Standing
from squasher.names import Named, next_number, numbered, problems, proper
from squasher.patterns import NESTED, glob
from squasher.prove import LAYERS, prove
from squasher.sql import quote

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.chain import Migration
    from squasher.engine import Database
    from squasher.errors import SquasherError
    from squasher.prove import Proof
    from squasher.target import Target

_END: Final = ".sql"
_PROVED: Final = frozenset(LAYERS) - {"fixpoint"}


class New(NamedTuple):
    """A migration that was written."""

    path: Path
    notes: tuple[str, ...]


def new(target: Target, name: str | None, *, rebuild: str | None = None) -> New:
    """Write the next migration of a chain, empty but for its header, or with the ``rebuild`` of a table.

    Without a ``name`` it is called after that table.
    Its number is the next one, whether the largest is in the chain, on the default branch of a checkout, or
    in the archive of a chain. Raises InputError for a name that lint would not take and where it cannot be
    written, ReplayError where the chain does not run, UnprovedError for a rebuild that is none.
    """
    words = _words(_called_after(rebuild) if name is None else name)
    made = not target.migrations.exists()
    body, notes = ("", ()) if rebuild is None else _rebuilt(target, _chain(target), rebuild)
    _next(target, _chain(target), words)  # what cannot be done makes no directory
    make_directory(target.migrations)
    with alone(target.migrations):
        named = _next(target, _chain(target), words)
        path = target.migrations / named.path
        create(path, f"-- Migration number: {named.digits} \t {_now()}\n{body}".encode())
    if made:
        notes = (f"{target.migrations.as_posix()}/ did not exist, and was made", *notes)
    return New(path, notes)


def _called_after(rebuild: str | None) -> str:
    """The name of one that was given none. Raises InputError where there is nothing to call it after."""
    if rebuild is None:
        raise InputError("a migration needs a name", hint='Say in words what it does: "add billing tables".')
    return proper(f"rebuild {rebuild}")


def _words(name: str) -> str:
    """The words of a file's name. Raises InputError for what lint would not take there."""
    words = name.strip().removesuffix(_END).replace(" ", "_")
    wrong = problems(f"0_{words}")
    if words.startswith("0") and words.partition("_")[0].isdecimal():
        wrong = (*wrong, "a number of its own")
    if not wrong and words:
        return words
    better = proper(Named("", words, "").words if "a number of its own" in wrong else words)
    hint = f"Is it {better}?" if better and not problems(f"0_{better}") else "Say in words what it does."
    what = ", ".join(wrong).replace("behind the number", "in it") or "no words in it"
    raise InputError(f"the name {name!r} has {what}", hint=hint)


def _chain(target: Target) -> Chain:
    """The chain until now, with or without migrations."""
    folder = target.migrations
    if not folder.exists():
        return Chain(folder.as_posix(), ())
    try:
        return read_chain(folder, target.pattern)
    except NoMigrationsError as error:
        try:
            read_chain(folder, NESTED)
        except NoMigrationsError:
            return Chain(folder.as_posix(), ())
        raise error from None


def _next(target: Target, chain: Chain, words: str) -> Named:
    """The name of the next migration. Raises InputError where the pattern would not find it."""
    found = Standing(target, chain)
    here = [found.named(one.name) for one in chain.migrations]
    known = [*here, *found.there, *map(found.named, found.archived)]
    number = numbered(next_number([one.key for one in known]), here or found.there)
    stem, last = f"{number}_{words}", target.pattern.rpartition("/")[2]
    for behind in (_END, f"/{last}"):
        if glob(target.pattern).matches(stem + behind):
            return Named("", stem, behind)
    raise InputError(
        f"{stem}{_END} would be no migration: the pattern is {target.pattern}",
        hint="Write the file yourself, where the pattern finds it.",
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rebuilt(target: Target, chain: Chain, name: str) -> tuple[str, tuple[str, ...]]:
    """The rebuild of a table, once it is proved to leave everything as it was, and what weakens the proof."""
    from squasher.introspect import introspect
    from squasher.lint.probes import fill
    from squasher.rebuild import concerned, rebuild
    from squasher.replay import replay
    from squasher.volatile import UNIVERSES

    with replay(chain, target.profile, UNIVERSES[0], observe=False) as done:
        snapshot = introspect(done.database, rows=False)
        text = rebuild(snapshot, name)
        fill(done.database)
        empty = [
            table
            for table in concerned(snapshot, name)
            if not done.database.execute(f"SELECT 1 FROM {quote(table)} LIMIT 1")
        ]
        _prove(done.database, chain, migration("rebuild.sql", "the rebuild", text.encode()))
    return text, tuple(f"{table} is empty, and no rows could be made for the proof" for table in empty)


def _prove(database: Database, chain: Chain, file: Migration) -> None:
    """Run a migration on what a chain left, and refuse it if anything is not as it was."""
    from squasher.introspect import introspect
    from squasher.replay import apply
    from squasher.rowdiff import Side
    from squasher.universe import utc

    before = Side.of([introspect(database, carried=False)])
    longer = chain._replace(migrations=(*chain.migrations, file))
    try:
        with utc():
            apply(database, longer, len(chain.migrations))
    except ReplayError as error:
        what = error.message.removeprefix(f"{file.path}:{error.line}: ")
        _refuse(f"the rebuild does not run: {what}", None, error)
    after = Side.of([introspect(database, carried=False)])
    proof, _ = prove(database.profile, before, after, lambda: None, _PROVED)
    proof = proof._replace(changes=tuple(change for change in proof.changes if change.owner[0] != "ledger"))
    if proof.status != "equal":
        _refuse("the rebuild would not leave everything as it is", proof, None)


def _refuse(message: str, proof: Proof | None, cause: SquasherError | None) -> NoReturn:
    error = UnprovedError(message, proof)
    error.hint = "Nothing was written: rebuild this table by hand, and look at it with `squasher diff`."
    raise error from cause
