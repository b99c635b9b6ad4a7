"""Emission: a snapshot in, the text of the fresh file out. The same snapshot, the same bytes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from squasher import d1, fulltext, layout, progress
from squasher.errors import UnsupportedError
from squasher.model import Index, Table, Trigger, View, VirtualTable
from squasher.packed import blocks
from squasher.parallel import together
from squasher.rows import largest_key
from squasher.sections import sections
from squasher.sql import SPACE, fold, literal, printable, quote, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from squasher.cells import Cells
    from squasher.model import Rows, SchemaObject, Snapshot
    from squasher.profiles import Profile
    from squasher.provenance import Provenance
    from squasher.sections import Section
    from squasher.target import Group

    Choices: TypeAlias = Cells[str]
    """What to write for volatile cells: an expression, or DEFAULT to leave one out."""

DEFAULT: Final = ""
_STATEMENT_BYTES: Final = 100_000
"""Statements are split below this, under every profile: D1's limit, and a sane size to read."""
_STATEMENT_STEPS: Final = 12_000
"""The same for its steps: some releases of D1 allow 25,000, and each cell takes one or more."""
_WORTH_A_PROCESS: Final = 50_000
"""Rows that are written by two processes."""
_TERMINATORS: Final = frozenset({"/", "go"})
_BETWEEN: Final = len("\n\n\n")
_ROWS: Final = "Rows"
_AGAIN: Final = "Do not edit: run `squasher squash`."


class Source(NamedTuple):
    """What the header says of the chain."""

    first: str
    last: str
    migrations: int
    digest: str


class _Part(NamedTuple):
    """A head, rows of VALUES behind it ('' where no column is left), and how many cells each of them has."""

    head: str
    rows: list[str]
    width: int


def emit(
    snapshot: Snapshot,
    profile: Profile,
    source: Source,
    provenance: Provenance,
    choices: Choices,
    groups: tuple[Group, ...] = (),
) -> str:
    """The text of the fresh file for ``snapshot``.

    Tables come by name, each with its indexes; then virtual tables, views, rows (parents before
    children), ``sqlite_sequence``, triggers and the ledger. With ``groups``, each has a heading and its
    tables, virtual ones too, under it; then come other tables, and all the rest as without groups.
    Raises UnsupportedError for what the profile cannot load.
    """
    writer = Writer(snapshot, profile, provenance, choices, groups)
    blocks = [_header(source), *writer.blocks()]
    for block in blocks:
        _refuse_terminators(block)
    blocks[-1] += "\n"  # not behind all of them, which would copy them once more
    return "\n\n".join(blocks)


def as_baseline(text: str, manifest: str, guard: str) -> str:
    """The text of a fresh file as a migration: what to do with it is another, and ``guard`` comes first."""
    head, _, rest = text.partition("\n\n")
    said = (
        f"Do not edit: it is a\n-- migration, the baseline in place of those that {_comment(manifest)} lists."
    )
    return "\n\n".join([head.replace(_AGAIN, said, 1), guard, rest])


def _refuse_terminators(block: str) -> None:
    """The sqlite3 shell ends a statement at a line that holds ``/`` or ``go`` and nothing else.

    https://sqlite.org/cli.html: what follows would be another statement there.
    """
    if _TERMINATORS.isdisjoint(map(str.lower, map(str.strip, block.split("\n")))):
        return
    for before, token, after in zip(*(tokens(block)[start:] for start in range(3)), strict=False):
        alone = "\n" in before.text and "\n" in after.text and before.kind == after.kind == SPACE
        if alone and token.text.lower() in _TERMINATORS:
            name = block.partition("\n")[0].removeprefix("-- ").partition(" · ")[0]
            raise UnsupportedError(
                f"{name}: its text has a line with nothing but {token.text},"
                " at which the sqlite3 shell would end the statement",
                hint="Write it in one line with what stands before or after it.",
            )


def _header(source: Source) -> str:
    first, last = _comment(source.first), _comment(source.last)
    span = (
        f"migration {first}"
        if source.migrations == 1
        else f"{source.migrations} migrations, {first} to {last}"
    )
    return (
        f"-- The complete schema of {span}.\n"
        f"-- Written by squasher and proved equal to replaying them. {_AGAIN}\n"
        f"-- source: {source.digest}"
    )


def _heading(title: str) -> str:
    return f"-- == {_comment(title)} =="


def _comment(text: str) -> str:
    """Text from outside, safe in a comment that ends with its line and that splitters read."""
    return printable(text).replace(";", ",").replace("BEGIN TRANSACTION", "begin transaction")


class Writer:
    """Writes a snapshot, block by block; ``view`` has one that writes it for the eye."""

    cuts = True
    """Whether a statement that grows long is cut in two."""

    def __init__(
        self,
        snapshot: Snapshot,
        profile: Profile,
        provenance: Provenance,
        choices: Choices,
        groups: tuple[Group, ...] = (),
    ) -> None:
        self._groups = groups
        self._snapshot = snapshot
        self._profile = profile
        self._provenance = provenance
        self._choices = choices
        self._tables = {item.name: item for item in snapshot.objects if isinstance(item, Table)}
        self._names = set(map(fold, self._tables))
        self._virtual = [item for item in snapshot.objects if isinstance(item, VirtualTable)]
        self._rows = {rows.table: rows for rows in snapshot.rows}
        self._heads: dict[tuple[str, tuple[str, ...]], str] = {}
        self._wrote: Callable[[int], None]

    def blocks(self) -> Iterator[str]:
        """The parts of the file that an empty line separates."""
        objects = self._snapshot.objects
        indexes: dict[str, list[str | None]] = defaultdict(list)
        for item in objects:
            if isinstance(item, Index):
                indexes[item.table].append(item.sql)
        yield from self._preamble()
        for section in sections(self._snapshot, self._groups):
            yield from self._titled(section.title, self._made_tables(section, indexes))
        views = (item for item in objects if isinstance(item, View))
        texts = (self._made_once(view, layout.view(view.sql, view.columns), indexes) for view in views)
        yield from self._titled("Views", texts)
        yield from ("\n".join(map(_statement, texts)) for texts in indexes.values())
        count = sum(len(part.rows) for part in self._rows.values())
        with progress.counting(progress.WRITTEN, count) as self._wrote:
            yield from self._titled(_ROWS, self._contents())
        triggers = (item for item in objects if isinstance(item, Trigger))
        texts = ("\n".join([*self._made(trigger), _statement(trigger.sql)]) for trigger in triggers)
        yield from self._titled("Triggers", texts)
        if self._profile.ledger is not None and self._snapshot.ledger:
            yield from self._titled("Ledger", iter([self._ledger(self._profile.ledger)]))

    def _titled(self, title: str, blocks: Iterator[str]) -> Iterator[str]:
        """The blocks under a heading, if there are any, and if this file has headings."""
        for number, block in enumerate(blocks):
            if self._groups and number == 0:
                yield _heading(title)
            yield block

    def _made_tables(self, section: Section, indexes: dict[str, list[str | None]]) -> Iterator[str]:
        for table in section.tables:
            texts = (table.sql, *indexes.pop(table.name, ()))
            yield "\n".join([*self._made(table), *map(_statement, texts)])
        for other in section.virtual:
            yield self._made_once(other, other.sql.rstrip(), indexes)

    def _made_once(self, item: VirtualTable | View, text: str, indexes: dict[str, list[str | None]]) -> str:
        return "\n".join([*self._made(item), f"{text};", *map(_statement, indexes.pop(item.name, ()))])

    def _preamble(self) -> Iterator[str]:
        self._refuse_lost_parents()
        lines = [f"PRAGMA {name} = {value};" for name, value in self._snapshot.settings]
        if "foreign key" in self._snapshot.violations and not self._profile.foreign_keys:
            lines.append("PRAGMA foreign_keys = OFF;")
        elif self._in_cycles() and self._profile.foreign_keys:
            lines.append("PRAGMA defer_foreign_keys = ON;")
        if lines:
            yield "\n".join(lines)

    def _refuse_lost_parents(self) -> None:
        """OR REPLACE into a table that refers to itself with ON DELETE SET NULL is not checked by SQLite."""
        for what in self._snapshot.violations if self._profile.foreign_keys else ():
            child, found, parent = what.removeprefix("foreign key of ").partition(" to ")
            if found:
                raise UnsupportedError(
                    f"a row of {child} refers to a row that {parent} does not have:"
                    f" {self._profile.name} lets nobody insert it",
                    hint="Delete the row, or insert the one that it refers to, in a migration.",
                )

    def _made(self, item: SchemaObject) -> tuple[str, ...]:
        kind = "table" if isinstance(item, VirtualTable) else type(item).__name__.lower()
        history = self._provenance.history(kind, item.name)
        return (f"-- {_comment(item.name)}" + (f" · {history}" if history else ""),)

    def _contents(self) -> Iterator[str]:
        lenient = "check" in self._snapshot.violations
        if lenient:
            yield "PRAGMA ignore_check_constraints = ON;"
        above = len(f"{_heading(_ROWS)}\n\n") if self._groups and not lenient else 0
        names = [name for name in self._parents_first() if name in self._rows]
        half = self._half(names)
        rest, begun = together(
            lambda: self._texts(names[half:], 0 if half else above),
            (lambda: self._texts(names[:half], above)) if half else None,
        )
        for texts in (begun or [], rest):
            if isinstance(texts, UnsupportedError):
                raise texts
            yield from texts
        if lenient:
            yield "PRAGMA ignore_check_constraints = OFF;"
        for table in self._virtual:
            text = "\n".join(self._virtual_content(table))
            if text:
                yield f"-- {_comment(table.name)} · its content\n{text}"
        sequences = list(self._sequences())
        if sequences:
            yield "\n".join(["-- the largest AUTOINCREMENT keys ever used", *sequences])

    def _half(self, names: list[str]) -> int:
        """How many tables to write in another process: about half of the rows, where there are many."""
        ends = list(accumulate(len(self._rows[name].rows) for name in names))
        return bisect_left(ends, ends[-1] // 2) if ends and ends[-1] > _WORTH_A_PROCESS else 0

    def _texts(self, names: list[str], above: int) -> list[str] | UnsupportedError:
        """The rows of some tables, or why not; ``above`` is what stands above the first one."""
        rooms = (above, *[0] * len(names))
        try:
            return [
                self._table_rows(self._tables[name], self._rows[name], room)
                for name, room in zip(names, rooms, strict=False)
            ]
        except UnsupportedError as error:
            return error  # the first table's comes first, whoever is done first

    def _parents_first(self) -> list[str]:
        """Tables by name, but each after the tables that its rows refer to, as far as cycles allow."""
        names = {fold(name): name for name in self._tables}
        parents = {
            name: [names[fold(key.parent)] for key in table.foreign_keys if fold(key.parent) in names]
            for name, table in self._tables.items()
        }
        done: dict[str, None] = {}
        for folded in sorted(names):
            path = [(names[folded], iter(parents[names[folded]]))]
            while path:
                name, rest = path[-1]
                waiting = {one for one, _ in path}
                parent = next((one for one in rest if one not in done and one not in waiting), None)
                if parent is not None:
                    path.append((parent, iter(parents[parent])))
                else:
                    done[name] = None
                    path.pop()
        return list(done)

    def _in_cycles(self) -> bool:
        """Whether rows can refer to rows that are written later, in another table or their own."""
        order = {fold(name): number for number, name in enumerate(self._parents_first())}
        return any(
            order.get(fold(key.parent), -1) >= order[fold(name)]
            for name in self._rows
            if name in self._tables
            for key in self._tables[name].foreign_keys
        )

    def _table_rows(self, table: Table, rows: Rows, above: int) -> str:
        self._refuse_orphans(table)
        count = f"{len(rows.rows)} row{'s' if len(rows.rows) > 1 else ''}"
        sources = self._provenance.sources(table.name)
        notes = [f"-- {_comment(table.name)}", f"{count} from {sources}" if sources else count]
        comment = " · ".join([*notes, *self._volatile_notes(rows)])
        return "\n".join([comment, *self._inserts(rows, len(comment.encode()) + above + _BETWEEN)])

    def _refuse_orphans(self, table: Table) -> None:
        for key in table.foreign_keys:
            if self._profile.foreign_keys and fold(key.parent) not in self._names:
                raise UnsupportedError(
                    f"{table.name} has rows and refers to {key.parent}, which does not exist:"
                    f" {self._profile.name} lets nobody insert such rows",
                    hint="Drop the foreign key, or the rows, in a migration.",
                )

    def _volatile_notes(self, rows: Rows) -> Iterator[str]:
        chosen = self._choices.of(rows.table)
        for wanted, words in ((True, "from the default"), (False, "by the migration's expression")):
            columns = [
                column
                for column in rows.columns
                if any((run.said == DEFAULT) == wanted for run in chosen.get(column, ()))
            ]
            if columns:
                listed = ", ".join(columns[:-1]) + " and " + columns[-1] if columns[1:] else columns[0]
                yield f"{_comment(listed)} {words}"

    def _inserts(self, rows: Rows, before: int = 0) -> Iterator[str]:
        """Multi-row INSERTs of a table's rows, after a comment of ``before`` bytes."""
        yield from self._packed(rows.table, self._parts(rows), before)

    def _parts(self, rows: Rows) -> Iterator[_Part]:
        """The INSERTs that rows need."""
        chosen = self._choices.of(rows.table)
        marks = {row for runs in chosen.values() for run in runs for row in (run.start, run.stop)}
        numbers = rows.rowids if needs_rowids(rows) else None
        for start, stop, columns in blocks(rows.rows, marks):
            own = {column: self._choices.get((rows.table, start, column)) for column in chosen}
            kept = [
                (column, [own[column] or ""] * (stop - start) if own.get(column) else texts)
                for column, texts in zip(rows.columns, columns, strict=True)
                if own.get(column) != DEFAULT
            ]
            if numbers is not None:
                kept = [(rows.rowid, list(map(str, numbers[start:stop]))), *kept]
            if not kept:
                yield _Part(f"INSERT INTO {quote(rows.table)} DEFAULT VALUES", [""] * (stop - start), 0)
                continue
            head = self._head(rows.table, tuple(column for column, _ in kept))
            rows_of = zip(*(texts for _, texts in kept), strict=True)
            yield _Part(head, [f"    ({cells})" for cells in map(", ".join, rows_of)], len(kept))
            self._wrote(stop - start)

    def _packed(self, table: str, parts: Iterable[_Part], before: int = 0) -> Iterator[str]:
        """Statements from their parts; a new one where the head changes or bytes run out.

        SQLite counts the ``before`` bytes of comment above the first statement with it.
        """
        head, values, size, steps, done = "", list[str](), 0, 0, 0
        limit = self._profile.limits.sql_length
        by_many = self.cuts and (not limit or limit >= _STATEMENT_BYTES)
        for this, texts, sizes, costs in map(_measured, parts):
            at = 0
            while at < len(texts):
                start = len(this.encode()) + len("\n;\n") + before
                length, cost = sizes[at + 1] - sizes[at], costs[at + 1] - costs[at]
                if limit and start + length > limit:
                    raise UnsupportedError(
                        f"row {done + at + 1} of {table} needs a statement of {start + length:,} bytes,"
                        f" and {self._profile.name} allows {limit:,}",
                        hint="Let the application write the row, or shorten it in a migration.",
                    )
                full = self.cuts and (size + length > _STATEMENT_BYTES or steps + cost > _STATEMENT_STEPS)
                if this != head or not texts[at] or full:
                    if head:
                        yield _insert(head, values)
                    head, values, size, before, steps = this, [], start, 0, 0
                stop = at + 1
                if by_many and texts[at]:  # as many as there is room for; a shorter row is in no limit's way
                    last = bisect_right(sizes, sizes[at] + _STATEMENT_BYTES - size) - 1
                    stop = max(stop, min(last, bisect_right(costs, costs[at] + _STATEMENT_STEPS - steps) - 1))
                values += texts[at:stop]
                size, steps = size + sizes[stop] - sizes[at], steps + costs[stop] - costs[at]
                at = stop
            done += len(texts)
        if head:
            yield _insert(head, values)

    def _head(self, table: str, names: tuple[str, ...]) -> str:
        key = table, names
        if key not in self._heads:
            listed = ", ".join(map(quote, names))
            self._heads[key] = f"INSERT INTO {quote(table)} ({listed}) VALUES"
        return self._heads[key]

    def _virtual_content(self, table: VirtualTable) -> Iterator[str]:
        name = quote(table.name)
        if not self._profile.defensive:
            for shadow in table.shadows:
                yield f"DELETE FROM {quote(shadow)};"
                if shadow in self._rows:
                    yield from self._inserts(self._rows[shadow])
            return
        for key, value in fulltext.configuration(self._snapshot.terms, table):
            yield f"INSERT INTO {name} ({name}, rank) VALUES ({key}, {value});"
        if table.name in self._rows:
            yield from self._inserts(self._rows[table.name])
        elif fulltext.external_content(table) and fulltext.holds_terms(self._snapshot.terms, table):
            if f"content of {table.name}" in self._snapshot.violations:
                raise UnsupportedError(
                    f"full-text index {table.name} cannot read its content table"
                    f" {fulltext.external_content(table)}: a column or the table was renamed or dropped",
                    hint="Drop the index and make it anew in a migration.",
                )
            yield f"INSERT INTO {name} ({name}) VALUES ('rebuild');"

    def _sequences(self) -> Iterator[str]:
        """What the INSERTs do not leave in sqlite_sequence by themselves."""
        for name, value in self._snapshot.sequences:
            rows = self._rows.get(name)
            if rows is None:
                yield f"INSERT INTO sqlite_sequence (name, seq) VALUES ({literal(name)}, {value});"
            elif largest_key(self._tables[name], rows) != value:
                yield f"UPDATE sqlite_sequence SET seq = {value} WHERE name = {literal(name)};"

    def _ledger(self, table: str) -> str:
        head = f"INSERT OR IGNORE INTO {quote(table)} (name) VALUES"
        rows = [f"    ({literal(name)})" for name in self._snapshot.ledger]
        note = "-- the ledger · these migrations are in this file and must not be applied again"
        return "\n".join([note, d1.ledger_table(table) + ";", *self._packed(table, [_Part(head, rows, 1)])])


def needs_rowids(rows: Rows) -> bool:
    """Whether the implicit rowids must be written: plain INSERTs number rows from 1 without gaps."""
    return rows.rowids is not None and any(number != row for row, number in enumerate(rows.rowids, 1))


def _measured(part: _Part) -> tuple[str, list[str], Sequence[int], Sequence[int]]:
    """The rows behind a head; up to each of them the bytes that they take, and about how many steps."""
    head, texts, width = part
    whole = "".join(texts)
    measured = texts if whole.isascii() else map(str.encode, texts)
    sizes = list(accumulate(map(len(",\n").__add__, map(len, measured)), initial=0))
    commas = width - 1  # at least, in each row, as it has one bracket at least
    if (whole.count(","), whole.count("(")) == (commas * len(texts), len(texts)) and "||" not in whole:
        return head, texts, sizes, range(0, (3 + commas) * (len(texts) + 1), 3 + commas)
    costs = (2 + text.count(",") + text.count("(") + text.count("||") for text in texts)
    return head, texts, sizes, list(accumulate(costs, initial=0))


def _statement(sql: str | None) -> str:
    return layout.statement(sql or "") + ";"


def _insert(head: str, values: list[str]) -> str:
    return head + ";" if values == [""] else head + "\n" + ",\n".join(values) + ";"
