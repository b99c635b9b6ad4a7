"""Chains of migrations to measure on: `python -m bench.chains FOLDER [SHAPE ...]`.

A shape says how many files a chain has and what they make of every kind; a chain is made of nothing
else, so that the same shape gives the same bytes on every machine. Tables come in the first 70 % of
the files, and what presumes them (columns added, rows, triggers, views, tables made anew) in the rest:
that is where ALTER TABLE meets a large schema, as it does in a project that has grown.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Shape(NamedTuple):
    """What all files of a chain make together."""

    files: int
    tables: int
    indexes: int
    triggers: int = 0
    views: int = 0
    columns: int = 0
    """Added to tables that exist, by ALTER TABLE."""
    rebuilds: int = 0
    """Tables made anew, in the steps that SQLite's documentation of ALTER TABLE names."""
    rows: int = 0
    batch: int = 1
    """Rows of one INSERT."""
    full_text: bool = False
    """One more table, its full-text index, and the three triggers that keep it."""
    volatile: int = 0
    """Rows in the last ten files whose values ask for the time and for chance."""

    def of_length(self, files: int) -> Shape:
        """The same proportions in so many files."""
        counts = ("tables", "indexes", "triggers", "views", "columns", "rebuilds", "rows")
        scaled = {name: max(1, getattr(self, name) * files // self.files) for name in counts}
        return self._replace(files=files, **scaled)


SMALL: Final = Shape(
    files=34,
    tables=34,
    indexes=110,
    triggers=5,
    views=2,
    columns=5,
    rebuilds=4,
    rows=20,
    full_text=True,
)
MIDDLE: Final = Shape(
    files=1000, tables=800, indexes=2400, triggers=200, views=100, columns=110, rebuilds=40, rows=5000
)
SHAPES: Final[Mapping[str, Shape]] = {
    "S": SMALL,
    "M": MIDDLE,
    "L": Shape(files=10_000, tables=3000, indexes=10_000, columns=20),
    "D": Shape(files=50, tables=40, indexes=80, rows=1_000_000, batch=500),
    "volatile": MIDDLE._replace(volatile=50),
}

_WORDS: Final = (
    "audit",
    "cart",
    "device",
    "event",
    "folder",
    "item",
    "label",
    "note",
    "order",
    "seat",
    "user",
)
_DEFAULTS: Final = {
    "TEXT": "'x''y; -- z'",
    "INTEGER": "0",
    "REAL": "1.5",
    "BLOB": "x'00ff'",
    "NUMERIC": "(1+1)",
}
"""Types of columns, and defaults that a reader of SQL has to get right."""
_FULL_TEXT: Final = """\
CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL);
CREATE VIRTUAL TABLE docs_index USING fts5(title, body, content='docs', content_rowid='id');
CREATE TRIGGER docs_insert AFTER INSERT ON docs BEGIN
  INSERT INTO docs_index(rowid, title, body) VALUES (new.id, new.title, new.body);
END;
CREATE TRIGGER docs_delete AFTER DELETE ON docs BEGIN
  INSERT INTO docs_index(docs_index, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;
CREATE TRIGGER docs_update AFTER UPDATE ON docs BEGIN
  INSERT INTO docs_index(docs_index, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
  INSERT INTO docs_index(rowid, title, body) VALUES (new.id, new.title, new.body);
END;
"""
_FILLED: Final = 40
"""So many tables at most get rows."""
_PARTS: Final = 4
"""A table's rows come in so many files, where they are many."""
_MANY_ROWS: Final = 1000
_LAST: Final = 10


class _Table:
    """A table as the chain has made it so far."""

    def __init__(self, name: str, file: int, columns: list[str]) -> None:
        self.name = name
        self.file = file
        self.columns = columns
        """Their definitions."""
        self.indexes: list[str] = []

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [column.partition(" ")[0] for column in self.columns]

    def sql(self, name: str) -> str:
        """The statement that makes it under a name."""
        return f"CREATE TABLE {name} (\n    " + ",\n    ".join(self.columns) + "\n);\n"


def chain(shape: Shape) -> list[str]:
    """The texts of the files, in their order."""
    return _Writer(shape).files()


class _Writer:
    """Writes one chain."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._random = Random(shape.files)
        self._files: list[list[str]] = [[] for _ in range(shape.files)]
        self._first_late = max(1, shape.files * 7 // 10)
        self._late = self._files[self._first_late :] or self._files[-1:]
        self._turn = 0
        self._tables: list[_Table] = []

    def files(self) -> list[str]:
        shape = self._shape
        for number in range(shape.tables):
            self._make_table(number, number * self._first_late // shape.tables)
        for number in range(shape.indexes):
            self._make_index(number)
        rebuilt, touched, shown = self._dealt(shape.rebuilds, shape.triggers, shape.views)
        for table in self._widened(rebuilt):
            self._put(_added(table, self._word()))
        if shape.full_text:
            self._put(_FULL_TEXT)
        last = self._late[-max(1, len(self._late) // 4) :]
        for number, table in enumerate(rebuilt):
            last[-1 - number % len(last)].append(_rebuilt(table))
        for number, table in enumerate(touched):
            self._put(_trigger(table, number))
        for number, table in enumerate(shown):
            self._put(
                f"CREATE VIEW v{number:05} AS SELECT id, code, n FROM {table.name} WHERE n > {number};\n"
            )
        for text in self._seeds():
            self._put(text)
        self._fill()
        for number in range(shape.volatile):
            file = self._files[-1 - number % _LAST]
            file.append(_asking(self._tables[number * 7 % shape.tables], 1_000_000 + number))
        return ["".join(parts) for parts in self._files]

    def _word(self) -> str:
        return self._random.choice(_WORDS)

    def _put(self, text: str) -> None:
        """Into the late files, in turn."""
        self._late[self._turn % len(self._late)].append(text)
        self._turn += 1

    def _make_table(self, number: int, file: int) -> None:
        columns = [
            "id INTEGER PRIMARY KEY",
            "code TEXT NOT NULL DEFAULT 'a'",
            "n INTEGER NOT NULL DEFAULT 0 CHECK (n >= 0)",
            "updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP",
        ]
        columns += [self._column(place) for place in range(self._random.randint(5, 10))]
        if self._tables and self._random.random() < 1 / 2:
            parent = self._random.choice(self._tables)
            columns.append(f"parent_id INTEGER REFERENCES {parent.name}(id) ON DELETE CASCADE")
        table = _Table(f"t{number:05}_{self._word()}", file, columns)
        self._tables.append(table)
        self._files[file].append(table.sql(table.name))

    def _column(self, place: int) -> str:
        of_type = self._random.choice(list(_DEFAULTS))
        clause = self._random.choice(["", "", " NOT NULL", " "])
        default = f"{clause.rstrip()} DEFAULT {_DEFAULTS[of_type]}" if clause else ""
        return f"c{place}_{self._word()} {of_type}{default}"

    def _make_index(self, number: int) -> None:
        """The first index of a table in its file, the others in any file up to the last with tables."""
        table = self._tables[number % len(self._tables)]
        is_first = number < len(self._tables)
        file = table.file if is_first else self._random.randint(table.file, self._first_late - 1)
        column = table.names[1 + number % (len(table.names) - 1)]
        parts = (
            ("", f"({column}, id DESC)"),
            ("", "(lower(code)) WHERE n > 0"),
            ("IF NOT EXISTS ", f"({column})"),
        )
        guard, columns = parts[min(number % 5, 2)]
        sql = f"CREATE INDEX {guard}i{number:06} ON {table.name} {columns};\n"
        table.indexes.append(sql)
        self._files[file].append(sql)

    def _dealt(self, *counts: int) -> Iterator[list[_Table]]:
        """So many tables for each, none of them twice: a table that is made anew has no trigger or view."""
        free = self._tables[:]
        self._random.shuffle(free)
        for count in counts:
            taken, free = free[:count], free[count:]
            yield sorted(taken, key=lambda table: table.name)

    def _widened(self, rebuilt: Sequence[_Table]) -> list[_Table]:
        """Tables that get another column, spread over all but those that are made anew."""
        fixed = [table for table in self._tables if table not in rebuilt]
        count = self._shape.columns
        return [fixed[number * len(fixed) // count] for number in range(count)]

    def _seeds(self) -> Iterator[str]:
        """The rows, as many for each table, in pieces that go into different files."""
        total, filled = self._shape.rows, self._tables[:_FILLED]
        for number, table in enumerate(filled):
            first, last = (total * place // len(filled) for place in (number, number + 1))
            count = last - first
            piece = max(1, count // _PARTS if total > _MANY_ROWS else count)
            for start in range(1, count + 1, piece):
                yield self._inserts(table, range(start, min(start + piece, count + 1)))

    def _inserts(self, table: _Table, keys: range) -> str:
        batch = self._shape.batch
        return "".join(
            f"INSERT INTO {table.name} (id, code, n) VALUES "
            + ",\n".join(
                f"({key}, '{self._word()}-{key}; it''s', {key % 97})" for key in keys[start : start + batch]
            )
            + ";\n"
            for start in range(0, len(keys), batch)
        )

    def _fill(self) -> None:
        """A row for each file that has nothing else, in a table that is there by then."""
        known = 0
        for number, parts in enumerate(self._files):
            while known < len(self._tables) and self._tables[known].file < number:
                known += 1
            if not parts:
                table = self._tables[self._random.randrange(known)]
                parts.append(self._inserts(table, range(1_000_000 + number, 1_000_001 + number)))


def _added(table: _Table, word: str) -> str:
    column = f"x{len(table.columns)}_{word} TEXT DEFAULT 'n'"
    table.columns.append(column)
    return f"ALTER TABLE {table.name} ADD COLUMN {column};\n"


def _rebuilt(table: _Table) -> str:
    """The table with one more column among the others: lang_altertable.html, section 7."""
    kept = ", ".join(table.names)
    table.columns.insert(3, "added TEXT NOT NULL DEFAULT 'r'")
    new = f"{table.name}_new"
    return (
        f"PRAGMA foreign_keys=OFF;\n{table.sql(new)}"
        f"INSERT INTO {new} ({kept}) SELECT {kept} FROM {table.name};\n"
        f"DROP TABLE {table.name};\n"
        f"ALTER TABLE {new} RENAME TO {table.name};\n"
        f"{''.join(table.indexes)}PRAGMA foreign_keys=ON;\n"
    )


def _trigger(table: _Table, number: int) -> str:
    return (
        f"CREATE TRIGGER g{number:05} AFTER UPDATE ON {table.name} FOR EACH ROW WHEN OLD.n <> NEW.n\nBEGIN\n"
        f"  UPDATE {table.name} SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id; -- touch; it\n"
        "  SELECT CASE WHEN NEW.n > 100 THEN RAISE(ABORT, 'too; big') END;\nEND;\n"
    )


def _asking(table: _Table, key: int) -> str:
    """A row of chance and of the time."""
    return (
        f"INSERT INTO {table.name} (id, code, updated_at)"
        f" VALUES ({key}, lower(hex(randomblob(16))), datetime('now'));\n"
    )


def file_name(number: int, count: int) -> str:
    """What the migration with a number is called, in a chain of so many."""
    width = max(4, len(str(count)))
    return f"{number:0{width}}_step_{number}.sql"


def write(folder: Path, files: Sequence[str], *, dbmate: bool = False) -> None:
    """Write a chain as files into a new folder; with the lines by which dbmate finds its way, if wanted."""
    folder.mkdir(parents=True)
    for number, text in enumerate(files, 1):
        marked = f"-- migrate:up\n{text}\n-- migrate:down\n" if dbmate else text
        (folder / file_name(number, len(files))).write_text(marked, encoding="utf-8", newline="\n")


def main() -> int:
    """Write chains into folders of their own, in both layouts."""
    summary = (__doc__ or "").partition(":")[0]
    parser = argparse.ArgumentParser(prog="python -m bench.chains", description=f"{summary}.")
    parser.add_argument("folder", type=Path, help="gets SHAPE/migrations and SHAPE/dbmate")
    names = ", ".join(SHAPES)
    parser.add_argument(
        "shapes",
        nargs="*",
        default=list(SHAPES),
        help=f"{names}, or the length of a chain like M (default: all)",
    )
    options = parser.parse_args()
    for name in options.shapes:
        if name not in SHAPES and not name.isdecimal():
            parser.error(f"no shape {name}: choose {names}, or a number of files")
        files = chain(SHAPES[name] if name in SHAPES else MIDDLE.of_length(int(name)))
        for layout in ("migrations", "dbmate"):
            write(options.folder / name / layout, files, dbmate=layout == "dbmate")
        sys.stdout.write(f"{name}: {len(files):,} files, {sum(map(len, files)):,} characters\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
