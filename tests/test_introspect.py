"""Introspection: what a snapshot says of every kind of object and value."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from squasher.errors import UnsupportedError
from squasher.introspect import introspect
from squasher.model import (
    Column,
    ForeignKey,
    Index,
    IndexColumn,
    Rows,
    Snapshot,
    Table,
    Trigger,
    View,
    VirtualTable,
    kind_of,
)
from squasher.profiles import D1, SQLITE, Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from squasher.engine import Database
    from squasher.model import SchemaObject

    Take = Callable[..., Snapshot]

Kind = TypeVar("Kind", bound="SchemaObject")
BOTH = pytest.mark.parametrize("profile", [D1, SQLITE], ids=["d1", "sqlite"])


@pytest.fixture
def take(connect: Callable[..., Database]) -> Take:
    """The snapshot of a database after a script."""

    def snapshot(profile: Profile, sql: str) -> Snapshot:
        return introspect(connect(profile, sql))

    return snapshot


def one(snapshot: Snapshot, kind: type[Kind], name: str) -> Kind:
    """The object of a kind and name."""
    (found,) = (item for item in snapshot.objects if isinstance(item, kind) and item.name == name)
    return found


def rows_of(snapshot: Snapshot, table: str) -> Rows:
    """The rows of a table."""
    (found,) = (rows for rows in snapshot.rows if rows.table == table)
    return found


def test_an_empty_database(take: Take) -> None:
    """Nothing holds nothing."""
    assert take(SQLITE, "") == Snapshot(objects=(), rows=())


@BOTH
def test_columns(take: Take, profile: Profile) -> None:
    """A column has its declared type, default, nullability, key position, kind and collation."""
    table = one(
        take(
            profile,
            "CREATE TABLE t (a VARCHAR(10) COLLATE NOCASE NOT NULL DEFAULT 'x', b,"
            " c DECIMAL(10, 5) DEFAULT (1 + 2),"
            " d TEXT GENERATED ALWAYS AS (a || b) STORED, e AS (c * 2), PRIMARY KEY (b, a));",
        ),
        Table,
        "t",
    )
    assert table.columns == (
        Column(
            name="a",
            type="VARCHAR(10)",
            not_null=True,
            default="'x'",
            primary_key=2,
            hidden=0,
            collation="NOCASE",
        ),
        Column(name="b", type="", not_null=False, default=None, primary_key=1, hidden=0, collation="BINARY"),
        Column(
            name="c",
            type="DECIMAL(10, 5)",
            not_null=False,
            default="1 + 2",
            primary_key=0,
            hidden=0,
            collation="BINARY",
        ),
        Column(
            name="d",
            type="TEXT",
            not_null=False,
            default=None,
            primary_key=0,
            hidden=3,
            collation="BINARY",
            expression="(a || b)",
        ),
        Column(
            name="e",
            type="",
            not_null=False,
            default=None,
            primary_key=0,
            hidden=2,
            collation="BINARY",
            expression="(c * 2)",
        ),
    )
    assert [column.generated for column in table.columns] == [False, False, False, True, True]


@pytest.mark.parametrize(
    ("definition", "without_rowid", "strict", "autoincrement", "alias"),
    [
        ("(a INTEGER PRIMARY KEY)", False, False, False, "a"),
        ("(a integer, b, PRIMARY KEY (a))", False, False, False, "a"),
        ("(a INTEGER PRIMARY KEY AUTOINCREMENT)", False, False, True, "a"),
        ("(a INTEGER PRIMARY KEY DESC)", False, False, False, None),
        ("(a INT PRIMARY KEY)", False, False, False, None),
        ("(a INTEGER, b INTEGER, PRIMARY KEY (a, b))", False, False, False, None),
        ("(a INTEGER PRIMARY KEY) WITHOUT ROWID", True, False, False, None),
        ("(a INTEGER PRIMARY KEY) STRICT", False, True, False, "a"),
        ("(a TEXT PRIMARY KEY, b ANY) STRICT, WITHOUT ROWID", True, True, False, None),
        ("(a INTEGER)", False, False, False, None),
    ],
)
def test_tables(
    take: Take, definition: str, *, without_rowid: bool, strict: bool, autoincrement: bool, alias: str | None
) -> None:
    """A table says whether it is WITHOUT ROWID, STRICT, AUTOINCREMENT, and which column is the rowid."""
    table = one(take(D1, f"CREATE TABLE t {definition};"), Table, "t")
    facts = (table.without_rowid, table.strict, table.autoincrement, table.rowid_alias)
    assert facts == (without_rowid, strict, autoincrement, alias)


def test_foreign_keys(take: Take) -> None:
    """Foreign keys come in the order of their declaration, with columns and actions."""
    table = one(
        take(
            D1,
            "CREATE TABLE c (a REFERENCES p ON DELETE CASCADE, b REFERENCES q (x) ON UPDATE SET NULL,"
            " c, FOREIGN KEY (b, c) REFERENCES r (y, z) ON DELETE RESTRICT ON UPDATE SET DEFAULT);",
        ),
        Table,
        "c",
    )
    assert table.foreign_keys == (
        ForeignKey(
            parent="p", columns=("a",), parent_columns=(None,), on_update="NO ACTION", on_delete="CASCADE"
        ),
        ForeignKey(
            parent="q", columns=("b",), parent_columns=("x",), on_update="SET NULL", on_delete="NO ACTION"
        ),
        ForeignKey(
            parent="r",
            columns=("b", "c"),
            parent_columns=("y", "z"),
            on_update="SET DEFAULT",
            on_delete="RESTRICT",
        ),
    )


def test_indexes(take: Take) -> None:
    """An index has its columns with order and collation; an expression has no name."""
    text = "CREATE UNIQUE INDEX i ON t (b COLLATE NOCASE DESC, lower(a), c) WHERE c > 0"
    snapshot = take(D1, f"CREATE TABLE t (a, b, c COLLATE RTRIM);{text};")
    assert one(snapshot, Index, "i") == Index(
        name="i",
        table="t",
        unique=True,
        origin="c",
        partial=True,
        columns=(
            IndexColumn(name="b", descending=True, collation="NOCASE"),
            IndexColumn(name=None, descending=False, collation="BINARY"),
            IndexColumn(name="c", descending=False, collation="RTRIM"),
        ),
        sql=text,
    )


def test_indexes_of_constraints(take: Take) -> None:
    """The indexes that constraints make belong to their table, in the order of declaration."""
    snapshot = take(
        D1, "CREATE TABLE t (a UNIQUE, b, c TEXT PRIMARY KEY, UNIQUE (b, a)); CREATE INDEX i ON t (b);"
    )
    table = one(snapshot, Table, "t")
    assert [
        (index.origin, [column.name for column in index.columns]) for index in table.constraint_indexes
    ] == [
        ("u", ["a"]),
        ("pk", ["c"]),
        ("u", ["b", "a"]),
    ]
    assert [item.name for item in snapshot.objects] == ["t", "i"]


def test_views(take: Take) -> None:
    """A view has the names of its columns, and one that does not compile what SQLite says of it."""
    snapshot = take(D1, "CREATE VIEW broken AS SELECT * FROM gone; CREATE VIEW v (x, y) AS SELECT 1, 2;")
    assert one(snapshot, View, "v").columns == ("x", "y")
    assert one(snapshot, View, "v").problem is None
    broken = one(snapshot, View, "broken")
    assert broken.columns == ()
    assert "no such table: main.gone" in str(broken.problem)


def test_circular_views(take: Take) -> None:
    """Views that read each other are a problem of theirs, not of the snapshot."""
    snapshot = take(
        D1, "CREATE VIEW a AS SELECT * FROM b; CREATE VIEW b AS SELECT * FROM a; CREATE TABLE t (x);"
    )
    assert "circularly defined" in str(one(snapshot, View, "a").problem)
    assert one(snapshot, Table, "t").columns[0].name == "x"


def test_triggers(take: Take) -> None:
    """A trigger has its text and the table as its own text names it."""
    text = "CREATE TRIGGER r AFTER INSERT ON T BEGIN SELECT 1; END"
    snapshot = take(D1, f"CREATE TABLE t (a);{text};")
    assert one(snapshot, Trigger, "r") == Trigger(name="r", table="T", sql=text)


def test_objects_come_in_the_order_of_creation(take: Take) -> None:
    """The order of creation is kept: triggers of one event fire by it."""
    snapshot = take(
        D1,
        "CREATE TABLE z (a); CREATE VIEW y AS SELECT 1; CREATE INDEX x ON z (a);"
        "CREATE TRIGGER w AFTER INSERT ON z BEGIN SELECT 1; END; CREATE TABLE v (a);",
    )
    assert [(kind_of(item), item.name) for item in snapshot.objects] == [
        ("table", "z"),
        ("view", "y"),
        ("index", "x"),
        ("trigger", "w"),
        ("table", "v"),
    ]


@BOTH
def test_names_that_need_quotes(take: Take, profile: Profile) -> None:
    """Any name that SQLite stores is read back, with its columns, rows, indexes and shadow tables."""
    name = "a \"b' [c] `d`;\n--é"
    quoted = '"' + name.replace('"', '""') + '"'
    snapshot = take(
        profile,
        f"CREATE TABLE {quoted} ({quoted} UNIQUE); INSERT INTO {quoted} VALUES (1);"
        f'CREATE INDEX "i {quoted[1:]} ON {quoted} ({quoted});',
    )
    assert one(snapshot, Table, name).columns[0].name == name
    assert rows_of(snapshot, name) == Rows(table=name, columns=(name,), rows=(("1",),), rowids=(1,))
    assert one(snapshot, Index, f"i {name}").columns[0].name == name


@BOTH
def test_values_keep_their_storage_class(take: Take, profile: Profile) -> None:
    """One, one as a real, as text and as bytes are four values; NULL is a fifth."""
    snapshot = take(profile, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (1.0), ('1'), (x'31'), (NULL);")
    assert [row[0] for row in rows_of(snapshot, "t").rows] == ["1", "1.0", "'1'", "x'31'", "NULL"]


@BOTH
def test_text_that_is_no_text(take: Take, profile: Profile) -> None:
    """Text with a NUL or with bytes that are not UTF-8 is read as text, byte for byte."""
    snapshot = take(
        profile, "CREATE TABLE t (a, b); INSERT INTO t VALUES (CAST(x'61ff00' AS TEXT), x'ff'), ('é', 1.5);"
    )
    assert rows_of(snapshot, "t").rows == (("CAST(x'61ff00' AS TEXT)", "x'ff'"), ("'é'", "1.5"))


def test_rows_come_in_rowid_order(take: Take) -> None:
    """Rows come by rowid, in whatever order they were written, and empty tables not at all."""
    snapshot = take(
        D1,
        "CREATE TABLE k (id INTEGER PRIMARY KEY, a); INSERT INTO k VALUES (5, 'e'), (2, 'b');"
        "CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (9, 'i'), (3, 'c'); CREATE TABLE empty (a);",
    )
    assert snapshot.rows == (
        Rows(table="k", columns=("id", "a"), rows=(("2", "'b'"), ("5", "'e'")), rowids=None),
        Rows(table="t", columns=("a",), rows=(("'c'",), ("'i'",)), rowids=(3, 9)),
    )


def test_rows_without_rowid(take: Take) -> None:
    """Rows of a WITHOUT ROWID table come in the order of its primary key."""
    snapshot = take(
        D1,
        "CREATE TABLE t (a, b, PRIMARY KEY (b, a)) WITHOUT ROWID;"
        " INSERT INTO t VALUES (1, 2), (2, 1), (1, 1);",
    )
    assert rows_of(snapshot, "t") == Rows(
        table="t", columns=("a", "b"), rows=(("1", "1"), ("2", "1"), ("1", "2")), rowids=None
    )


def test_generated_columns_hold_no_rows_of_their_own(take: Take) -> None:
    """A generated column is not among the values that an INSERT writes."""
    snapshot = take(D1, "CREATE TABLE t (a, b AS (a * 2) STORED, c); INSERT INTO t (a, c) VALUES (1, 3);")
    assert rows_of(snapshot, "t").columns == ("a", "c")


@pytest.mark.parametrize(
    ("columns", "rowids"),
    [
        ("rowid", (7,)),
        ("ROWID, _rowid_", (7,)),
        ("a, oid", (7,)),
        ("rowid, _rowid_, oid", None),
    ],
)
def test_rowids_behind_columns_of_their_name(
    take: Take, columns: str, rowids: tuple[int, ...] | None
) -> None:
    """The rowid is read under the name that no column has; with all three taken nothing reaches it."""
    first = columns.split(",", maxsplit=1)[0]
    alias = next((n for n in ("oid", "_rowid_", "rowid") if n not in columns.lower()), None)
    insert = f"({alias}, {first}) VALUES (7, 'x')" if alias else f"({first}) VALUES ('x')"
    snapshot = take(D1, f"CREATE TABLE t ({columns}); INSERT INTO t {insert};")
    assert rows_of(snapshot, "t").rowids == rowids
    assert rows_of(snapshot, "t").rows[0][0] == "'x'"


def test_fts5_on_d1(take: Take) -> None:
    """On D1 a full-text table is read through itself, and its terms with their positions."""
    snapshot = take(
        D1,
        "CREATE VIRTUAL TABLE f USING fts5(title, body);"
        " INSERT INTO f (rowid, title, body) VALUES (4, 'x', 'y z');",
    )
    table = one(snapshot, VirtualTable, "f")
    assert (table.module, kind_of(table)) == ("fts5", "table")
    assert table.shadows == ("f_config", "f_content", "f_data", "f_docsize", "f_idx")
    assert [item.name for item in snapshot.objects] == ["f"]
    assert snapshot.rows == (
        Rows(table="f", columns=("title", "body"), rows=(("'x'", "'y z'"),), rowids=(4,)),
    )
    terms = [row for rows in snapshot.terms for row in rows.rows if row[0] != "option"]
    assert terms == [
        # tokens by column, as variable-length integers: of the one document, and of all, after their number
        ("size", "4", "x'0102'", "NULL"),
        ("totals", "x'010102'", "NULL", "NULL"),
        ("'x'", "4", "'title'", "0"),
        ("'y'", "4", "'body'", "0"),
        ("'z'", "4", "'body'", "1"),
    ]


def test_fts5_on_sqlite(take: Take) -> None:
    """On SQLite the shadow tables of a full-text table are read row by row."""
    snapshot = take(SQLITE, "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('x y');")
    assert rows_of(snapshot, "f_content").rows == (("1", "'x y'"),)
    assert {rows.table for rows in snapshot.rows} == {"f_config", "f_content", "f_data", "f_docsize", "f_idx"}
    assert [item.name for item in snapshot.objects] == ["f"]


def test_external_content(take: Take) -> None:
    """An index over another table has no rows of its own on D1, only terms."""
    snapshot = take(
        D1,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
        "CREATE VIRTUAL TABLE f USING fts5(a, content='t', content_rowid='id');"
        "INSERT INTO t VALUES (3, 'x'); INSERT INTO f (f) VALUES ('rebuild');",
    )
    assert [rows.table for rows in snapshot.rows] == ["t"]
    assert ("'x'", "3", "'a'", "0") in snapshot.terms[0].rows


CONTENTLESS = "CREATE VIRTUAL TABLE f USING fts5(a, content='');"


def test_contentless_on_d1(take: Take) -> None:
    """A contentless index with rows cannot be carried on D1, and the error names it; an empty one can."""
    assert take(D1, CONTENTLESS).rows == ()
    with pytest.raises(
        UnsupportedError, match="f is a contentless full-text index that holds rows"
    ) as caught:
        take(D1, CONTENTLESS + "INSERT INTO f (rowid, a) VALUES (1, 'x');")
    assert caught.value.hint


def test_contentless_on_sqlite(take: Take) -> None:
    """On SQLite a contentless index is carried in its shadow rows."""
    snapshot = take(SQLITE, CONTENTLESS + "INSERT INTO f (rowid, a) VALUES (1, 'x');")
    assert rows_of(snapshot, "f_docsize").rows[0][0] == "1"


@BOTH
def test_rtree(take: Take, profile: Profile) -> None:
    """An r-tree is read through itself on D1 and in its shadow tables on SQLite."""
    snapshot = take(
        profile,
        "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, +name);"
        " INSERT INTO r VALUES (2, 0.5, 1.5, 'b'), (1, 0, 1, 'a');",
    )
    assert one(snapshot, VirtualTable, "r").module == "rtree"
    if profile is D1:
        (rows,) = snapshot.rows
        assert (rows.table, rows.columns) == ("r", ("id", "x0", "x1", "name"))
        assert rows.rows == (("1", "0.0", "1.0", "'a'"), ("2", "0.5", "1.5", "'b'"))
    else:
        assert {rows.table for rows in snapshot.rows} == {"r_node", "r_rowid"}


def test_shadow_tables_of_tables_with_a_common_beginning(take: Take) -> None:
    """The shadow tables of f_x are not those of f."""
    snapshot = take(
        SQLITE,
        "CREATE VIRTUAL TABLE f USING fts5(a); CREATE VIRTUAL TABLE f_x USING fts5(a);"
        " INSERT INTO f_x VALUES ('q');",
    )
    assert one(snapshot, VirtualTable, "f").shadows == (
        "f_config",
        "f_content",
        "f_data",
        "f_docsize",
        "f_idx",
    )
    tables = [rows.table for rows in snapshot.rows]
    assert len(tables) == len(set(tables))


def test_a_table_named_like_a_shadow(take: Take) -> None:
    """A table of the user's whose name only looks like a shadow table's is an object like any other."""
    snapshot = take(
        D1, "CREATE VIRTUAL TABLE f USING fts5(a); CREATE TABLE f_notes (a); INSERT INTO f_notes VALUES (1);"
    )
    assert one(snapshot, Table, "f_notes")
    assert rows_of(snapshot, "f_notes").rows == (("1",),)


@BOTH
def test_sequences(take: Take, profile: Profile) -> None:
    """The largest key ever used is kept, also when its row is gone; without one nothing is."""
    snapshot = take(
        profile,
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);"
        " CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT);"
        "CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT);"
        " INSERT INTO a VALUES (5), (9); DELETE FROM a WHERE id = 9;"
        "INSERT INTO b VALUES (7); DELETE FROM b;",
    )
    assert snapshot.sequences == (("a", 9), ("b", 7))


@BOTH
def test_statistics_are_reported(take: Take, profile: Profile) -> None:
    """What ANALYZE left is not carried, and the snapshot says so."""
    snapshot = take(
        profile, "CREATE TABLE t (a); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1); ANALYZE;"
    )
    assert len(snapshot.left_out) == 1
    assert "sqlite_stat1" in snapshot.left_out[0]
    assert [item.name for item in snapshot.objects] == ["t", "i"]
    assert take(profile, "CREATE TABLE t (a);").left_out == ()


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("CREATE TEMP TABLE scratch (a)", "TEMP table scratch"),
        ("CREATE TEMP VIEW peek AS SELECT 1", "TEMP view peek"),
        ("CREATE TABLE t (a); CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "TEMP trigger r"),
    ],
)
def test_what_is_temporary(take: Take, script: str, what: str) -> None:
    """A TEMP object that is left over is an error that names it: no file can carry it."""
    with pytest.raises(UnsupportedError, match=what) as caught:
        take(SQLITE, script)
    assert caught.value.hint
    assert take(SQLITE, "CREATE TEMP TABLE scratch (a); DROP TABLE scratch;").objects == ()


def test_settings_of_the_header(take: Take) -> None:
    """user_version and application_id belong to the database on SQLite; zero is their absence."""
    script = "PRAGMA application_id = 77; PRAGMA user_version = -3;"
    assert take(SQLITE, script).settings == (("user_version", -3), ("application_id", 77))
    assert take(SQLITE, "PRAGMA user_version = 0;").settings == ()
    assert take(D1, "CREATE TABLE t (a);").settings == ()


@BOTH
def test_rows_that_break_a_constraint(take: Take, profile: Profile) -> None:
    """Rows that a CHECK forbids are found, since they need a file that lets them in."""
    snapshot = take(
        profile,
        "CREATE TABLE t (a CHECK (a > 0)); PRAGMA ignore_check_constraints = ON; INSERT INTO t VALUES (-1);",
    )
    assert snapshot.violations == ("check",)


def test_rows_that_break_a_foreign_key(take: Take) -> None:
    """Rows that refer to nothing are found."""
    snapshot = take(
        SQLITE,
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); INSERT INTO c VALUES (1);",
    )
    assert snapshot.violations == ("foreign key", "foreign key of c to p")


LEDGER = """CREATE TABLE "d1_migrations"(
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
); INSERT INTO d1_migrations (name) VALUES ('0001_a.sql'), ('0002_b.sql');"""


def test_the_ledger_is_no_object(take: Take) -> None:
    """On D1 the ledger is a list of names; on SQLite a table of that name is a table."""
    snapshot = take(D1, LEDGER)
    names = ("0001_a.sql", "0002_b.sql")
    assert snapshot == Snapshot(objects=(), rows=(), ledger=names, ledger_sql=LEDGER.partition(";")[0])
    assert one(take(SQLITE, LEDGER), Table, "d1_migrations")


@pytest.mark.parametrize(
    "script",
    [
        "CREATE INDEX mine ON d1_migrations (applied_at);",
        "ALTER TABLE d1_migrations ADD COLUMN mine;",
    ],
)
def test_objects_on_the_ledger_are_not_lost(take: Take, script: str) -> None:
    """What a migration hangs on the ledger is carried, reported or refused by name, never lost silently."""
    told = ""
    try:
        snapshot = take(D1, LEDGER + script)
        told = " ".join([*(item.name for item in snapshot.objects), *snapshot.left_out])
    except UnsupportedError as error:
        told = error.message
    assert "mine" in told
