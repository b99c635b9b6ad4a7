"""The bytecode layer: what SQLite compiles statements to, over both schemas, must be the same.

EXPLAIN's output changes between releases (https://sqlite.org/lang_explain.html), so it is only ever
compared within one process, and an EXPLAIN that fails proves nothing: it makes the proof unknown.
"""

from __future__ import annotations

import marshal
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from squasher.engine import Database
from squasher.errors import SqlError
from squasher.model import Table, Trigger, View
from squasher.probes import probes_for
from squasher.reload import ANY, build, reloaded
from squasher.sql import fold, is_word, significant, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from squasher.engine import Found
    from squasher.model import Snapshot
    from squasher.probes import Probe
    from squasher.profiles import Profile

_CHECK_FAILED: Final = 275  # SQLITE_CONSTRAINT_CHECK
_PAGE_IN_P2: Final = frozenset({"OpenRead", "OpenWrite", "ReopenIdx"})
_PAGE_IN_P1: Final = frozenset({"Clear", "Destroy"})
_MODULE_IN_P4: Final = frozenset({"VBegin", "VOpen", "VUpdate", "VRename"})
_NORMALISED: Final = _PAGE_IN_P2 | _PAGE_IN_P1 | _MODULE_IN_P4 | {"Transaction", "Trace", "Halt"}
_COMMENT: Final = 7
_WITHOUT_REFERENCES: Final = 2
"""The version of marshal's format in which equal values have equal bytes."""


class Programs(NamedTuple):
    """What the probes compile to over one schema, as far as it means something.

    Two values are compared with each other within one process, or one and its children.
    """

    constraints: frozenset[str]
    """The names that are told from the text of an unnamed CHECK, which means nothing."""
    compiled: dict[Probe, bytes | str]
    """A digest of the program, or the reason why there is none."""


Known: TypeAlias = tuple[Programs | None, Programs | None]
"""Those of two schemas, where they are known."""


class Difference(NamedTuple):
    """A probe whose programs differ: the first instruction of each that does."""

    probe: Probe
    old: str
    new: str


class Compared(NamedTuple):
    """What the layer found. ``blind`` are probes that compile on neither side, with the reason."""

    differing: tuple[Probe, ...]
    blind: tuple[tuple[Probe, str], ...]


def compare(profile: Profile, old: Snapshot, new: Snapshot, known: Known = (None, None)) -> Compared:
    """Compile every probe over both schemas. Raises SqlError when a stored text does not load.

    ``known`` are the programs of the one side and the other, as far as somebody has compiled them before.
    """
    probes = tuple(sorted(probes_for(old, new), key=lambda probe: not probe.foreign_keys))
    constraints = _constraint_names(old) | _constraint_names(new)

    def of(snapshot: Snapshot, known: Programs | None) -> Programs:
        if known is None or known.constraints != constraints or not known.compiled.keys() >= set(probes):
            return _compiled(profile, snapshot, probes, constraints)
        return known

    before, after = of(old, known[0]), of(new, known[1])
    differing: list[Probe] = []
    blind: list[tuple[Probe, str]] = []
    for probe in probes:
        program = before.compiled[probe]
        if program != after.compiled[probe]:
            differing.append(probe)
        elif isinstance(program, str):
            blind.append((probe, program))
    return Compared(tuple(differing), tuple(blind))


def programs(profile: Profile, snapshot: Snapshot) -> Programs | None:
    """The programs over one schema alone, for ``compare``; None when a stored text does not load."""
    try:
        return _compiled(profile, snapshot, probes_for(snapshot, snapshot), _constraint_names(snapshot))
    except SqlError:
        return None


def differences(
    profile: Profile, old: Snapshot, new: Snapshot, probes: Iterable[Probe]
) -> tuple[Difference, ...]:
    """Where the programs of probes begin to differ, in words: over databases that were made as any is.

    Raises SqlError.
    """
    constraints = _constraint_names(old) | _constraint_names(new)
    found: list[Difference] = []
    with Database(profile, ANY) as one, Database(profile, ANY) as other:
        build(one, old)
        build(other, new)
        names = _root_pages(one), _root_pages(other)
        for probe in probes:
            for database in (one, other):
                database.execute(f"PRAGMA foreign_keys = {int(probe.foreign_keys)}")
            before, after = _explain(one, probe), _explain(other, probe)
            found.append(Difference(probe, *_first_difference(before, after, names, constraints)))
    return tuple(found)


def _compiled(
    profile: Profile, snapshot: Snapshot, probes: Iterable[Probe], constraints: frozenset[str]
) -> Programs:
    with reloaded(profile, snapshot) as database:
        pages = _root_pages(database)
        compiled: dict[Probe, bytes | str] = {}
        enforced = None
        for probe in probes:
            if enforced != probe.foreign_keys:
                enforced = probe.foreign_keys
                database.execute(f"PRAGMA foreign_keys = {int(enforced)}")
            program = _explain(database, probe)
            compiled[probe] = program if isinstance(program, str) else _digest(program, pages, constraints)
    return Programs(constraints, compiled)


def _explain(database: Database, probe: Probe) -> Found | str:
    try:
        return database.execute(f"EXPLAIN {probe.sql}", (None,) * probe.values)
    except SqlError as error:
        return error.message
    except UnicodeDecodeError:
        return _NOT_TEXT


_NOT_TEXT: Final = "its program holds bytes that are not UTF-8"
_FAULTS: Final = (
    *("near ", "incomplete input", "unrecognized token", "Incorrect number of bindings", "too many "),
    *("Expression tree is too large", "string or blob too big", "not authorized", "out of memory"),
    *("interrupted", "stopped"),
)
"""What is said of a probe that is wrong itself, or that could not be finished."""
_LACKING: Final = (
    *(_NOT_TEXT, "no such collation sequence", "no such function", "unknown function"),
    *("unable to use function", "no query solution", "unsafe use", "non-deterministic"),
    "expected ",  # "… columns for 'v' but got …": the facts of a view with a list of names are the list
)
"""What is said of a text that can be stored and not compiled, wherever it stands."""


def is_explained(snapshot: Snapshot, probe: Probe, message: str) -> bool:
    """Whether the schema itself accounts for a probe that does not compile.

    A table can always be read, and it can be written unless a trigger or a foreign key, its own or
    one that refers to it, names what is not there; a view can be read unless SQLite cannot tell its
    columns either. Any other failure may be a fault of the probes, which would then see nothing.
    """
    # how a message begins: further on it has the names that strangers chose
    if message.startswith(_FAULTS):
        return False
    if message.startswith(_LACKING):
        return True
    name = probe.owner[1]
    if probe.sql.startswith("SELECT"):
        views = (item for item in snapshot.objects if isinstance(item, View) and fold(item.name) == name)
        return any(view.problem is not None for view in views)
    return any(
        (isinstance(item, Trigger) and fold(item.table) == name)
        or (
            isinstance(item, Table)
            and any(name in {fold(item.name), fold(key.parent)} for key in item.foreign_keys)
        )
        for item in snapshot.objects
    )


def _digest(program: Found, pages: dict[int, str], constraints: frozenset[str]) -> bytes:
    normal = [
        _normal(one, pages, constraints) if one[1] in _NORMALISED else one[1:_COMMENT] for one in program
    ]
    return blake2b(marshal.dumps(normal, _WITHOUT_REFERENCES), digest_size=16).digest()


def _normal(
    instruction: tuple[Any, ...], pages: dict[int, str], constraints: frozenset[str]
) -> tuple[Any, ...]:
    """An instruction without what means nothing: page numbers, cookies, addresses, spelling."""
    _, opcode, p1, p2, p3, p4, p5, _ = instruction
    if opcode in _PAGE_IN_P2:
        p2 = pages.get(p2, p2)
    elif opcode in _PAGE_IN_P1:
        p1 = pages.get(p1, p1)
    elif opcode == "Transaction":
        p3, p4 = 0, 0  # the schema's cookie and generation
    elif opcode == "Trace":
        p4 = None  # the text of a trigger's statement
    elif opcode == "Halt" and p1 == _CHECK_FAILED and fold(str(p4)) not in constraints:
        p4 = None  # an unnamed CHECK's own text, for people
    elif opcode in _MODULE_IN_P4:
        p4 = None  # where in memory it is
    return opcode, p1, p2, p3, p4, p5


def _first_difference(
    old: Found | str,
    new: Found | str,
    names: tuple[dict[int, str], dict[int, str]],
    constraints: frozenset[str],
) -> tuple[str, str]:
    if isinstance(old, str) or isinstance(new, str):
        return _shown(old), _shown(new)
    for one, other in zip(old, new, strict=False):
        if _normal(one, names[0], constraints) != _normal(other, names[1], constraints):
            return _shown([one]), _shown([other])
    return _shown(old[len(new) :][:1]), _shown(new[len(old) :][:1])


def _constraint_names(snapshot: Snapshot) -> frozenset[str]:
    """The folded names of the named constraints: an error shows them as they are written."""
    return frozenset(
        fold(unquote(following.text))
        for table in snapshot.of(Table)
        if "constraint" in str(table.sql).lower()
        for token, following in pairwise(significant(str(table.sql)))
        if is_word(token, "constraint")
    )


def _root_pages(database: Database) -> dict[int, str]:
    return dict(database.execute("SELECT rootpage, type || ' ' || lower(name) FROM sqlite_schema"))


def _shown(program: Found | str) -> str:
    if isinstance(program, str):
        return program
    return " ".join("" if part is None else str(part) for row in program for part in row) or "(ends)"
