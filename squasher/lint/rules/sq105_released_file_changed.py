"""A migration that was released was edited, renamed or deleted.

## Problem
The default branch has the migration, or the manifest of an archive says that it was released or absorbed, and
here it is another one, has another name, or is gone. Comments and white space may change: what counts are the
statements.

## Why it bites
A ledger records names, and nothing of what was in a file. A database that has applied it never runs the new
text; a new one does, and from then on there are two schemas. One that was renamed is pending again on every
database, and fails there or does its work twice. One that is gone leaves what it made in every database but
new ones.

## Example
On the default branch, `0002_add_roles.sql` says

```text
CREATE TABLE roles (name TEXT);
```

and here

```text
CREATE TABLE roles (name TEXT NOT NULL);
```

## Way out
Put the file back, and make the change in a migration of its own:

```text
ALTER TABLE roles ADD COLUMN title TEXT NOT NULL DEFAULT '';
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.chain import migration
from squasher.changes import File, Modified, Removed
from squasher.errors import SqlError
from squasher.guard import without_manifest
from squasher.lint.diagnostic import Related
from squasher.lint.reading import split
from squasher.lint.rule import Rule, Span, Violation
from squasher.lint.standing import SHORT, standing
from squasher.manifest import digest
from squasher.sql import canonical, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.chain import Migration
    from squasher.changes import Change
    from squasher.lint.standing import Branch, Standing
    from squasher.lint.study import Statement, Study

_OTHERS: Final = frozenset({"twin", "early"})
"""What other rules find: numbers."""
_KEEP: Final = "databases that have applied it keep what it did"


def check(study: Study) -> Iterator[Violation]:
    """What the default branch has, now and where this branch left it; then what the manifest has."""
    found = study.once(standing)
    told: set[str] = set()
    if found.branch is not None:
        for old in found.branch.parted.values():
            if old.name in found.branch.tip and (old.name in found.here or old.name not in found.moved):
                for violation in _touched(found, found.branch, old):
                    told.add(old.path)
                    yield violation
    changes = (
        *(change for change in found.recorded if getattr(change.latest, "role", "") not in _OTHERS),
        *without_manifest(study.chain, study.target.migrations, _ledger(study)),
    )
    for change in changes:
        file = change.latest
        if isinstance(file, File) and file.path not in told and not _only_comments(found, file, change):
            yield _recorded(found, file, change)


def _touched(found: Standing, branch: Branch, old: Migration) -> Iterator[Violation]:
    """What became of a migration that the default branch has, if anything did."""
    now = found.here.get(old.name)
    put_back = f"Put it back with `git checkout {branch.base[:SHORT]} -- {old.path}`"
    if now is None:
        twin = next((found.here[one.path] for one in found.new if _same(found.here[one.path], old)), None)
        if twin is None:
            message = f"{old.name}, which {branch.name} has, is gone"
            yield Violation(Span(old), message, f"{put_back}: {_KEEP}.")
        else:
            message = f"{twin.name} is {old.name} of {branch.name} under another name"
            yield Violation(Span(twin), message, f"Give it its name back: {_RECORDED}.")
        return
    if _same(now, old) or _same(now, branch.tip[old.name]):
        return
    span, what = _first_difference(now, old)
    yield Violation(
        span,
        f"{old.name}, which {branch.name} has, was edited: {what}",
        f"{put_back}, and write what is new as a migration of its own: {_KEEP}.",
    )


_RECORDED: Final = "ledgers record names, so that databases would apply it again"


def _same(one: Migration, other: Migration) -> bool:
    """Whether two files have the same statements, whatever their comments and white space."""
    return one.data == other.data or _said(one) == _said(other)


def _said(file: Migration) -> list[tuple[str, ...]]:
    """The tokens of each statement; a line end that git turned may be in a string."""
    return [canonical(one.text.replace("\r\n", "\n")) for one in split(file)]


def _ledger(study: Study) -> tuple[str, ...]:
    """What a replay of all of the chain recorded."""
    ledger = study.profile.ledger
    if ledger is None or not study.complete:
        return ()
    try:
        return tuple(name for (name,) in study.database.execute(f"SELECT name FROM {quote(ledger)}"))
    except SqlError:
        return ()  # a migration dropped it


def _first_difference(now: Migration, old: Migration) -> tuple[Span, str]:
    """Where the first statement is that differs, and what became of it."""
    said, says, there = _said(old), _said(now), [*split(now)]
    places = range(max(len(said), len(says)))
    at = next((place for place in places if said[place : place + 1] != says[place : place + 1]), 0)
    more = len(says) - len(said)
    if at >= len(there):
        return (_head(there[-1]) if there else Span(now)), f"statement {at + 1} is gone"
    if more > 0 and said[at:] == says[at + more :]:
        what = f"statement {at + 1} is new"
    elif more < 0 and says[at:] == said[at - more :]:
        what = f"what was statement {at + 1} is gone"
    else:
        what = f"statement {at + 1} differs"
    return _head(there[at]), what


def _head(statement: Statement) -> Span:
    """The first line of a statement."""
    line = statement.text.partition("\n")[0].rstrip()
    return Span(statement.migration, statement.start, statement.start + len(line))


_EDITED: Final = "Put it back from version control, and write what is new as a migration of its own."
_BACK: Final = "Put it back from version control."
_RENAME: Final = "Give it the next number, and a name of its own."
_SAID: Final = {
    ("released", True): ("{} was released, and is gone", _BACK),
    ("absorbed", True): ("{} was absorbed by a baseline, and is gone", _BACK),
    ("baseline", True): (
        "the baseline {} is gone",
        "Put it back from version control, or run `squasher archive` to finish what made it.",
    ),
    ("transition", True): ("the ledger transition {} is gone", _BACK),
    ("manifest", True): ("{} is gone, and a baseline here records what it absorbed", _BACK),
    ("released", False): ("{} was edited after its release", _EDITED),
    ("absorbed", False): ("{} was edited after a baseline absorbed it", _BACK),
    ("baseline", False): ("the baseline {} was edited", _EDITED),
    ("transition", False): ("the ledger transition {} was edited", _BACK),
    ("returned", False): (
        "{} is here again, though a baseline absorbed it",
        "Run `squasher archive` to move it, or `squasher archive --undo`.",
    ),
    ("reused", False): ("{} has the name of a migration that a baseline absorbed", _RENAME),
    ("retired", False): ("{} has the name of a baseline that was taken back", _RENAME),
}
"""By what a file is to the manifest, and whether it is gone."""


def _recorded(found: Standing, file: File, change: Change) -> Violation:
    """What the manifest has to say of a file."""
    said, way_out = _SAID[file.role, isinstance(change, Removed)]
    there = next((one for one in found.here.values() if one.path == file.path), None)
    name = file.path.rpartition("/")[2] if there is None else there.name
    related = (Related(file.other, 1, "the other one"),) if file.other and file.role != "manifest" else ()
    place = Span(migration(name, file.path, b"") if there is None else there)
    return Violation(place, f"{said.format(name)}: the manifest records it", way_out, related)


def _only_comments(found: Standing, file: File, change: Change) -> bool:
    """Whether git still has the bytes that the manifest speaks of, and only comments are others here."""
    name = next((one.name for one in found.here.values() if one.path == file.path), "")
    if not isinstance(change, Modified) or found.branch is None or not name:
        return False
    known = (side.get(name) for side in (found.branch.parted, found.branch.tip))
    wanted = change.old.digest if isinstance(change.old, File) else ""
    return any(
        old is not None and digest(old.data) == wanted and _same(found.here[name], old) for old in known
    )


RULE: Final = Rule("SQ105", "released-file-changed", "error", check)
