"""SQL files, and what the real D1 did with each: test vectors for the profile d1.

Three sets: small files, which are kept as data; files at a limit of D1 and beyond it, which are
generated here; and UPDATE and DELETE with a LIMIT. What wrangler did is kept in ``data/`` for all of
them, and ``tests/wrangler/record.py`` records it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

DATA: Final = Path(__file__).with_name("data")
SMALL: Final = DATA / "d1_cases.json"
OUTCOMES: Final = DATA / "d1_outcomes.json"


class Case(NamedTuple):
    """A file, and the queries that show what it did."""

    name: str
    sql: str
    queries: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What D1 did: its error or None, the schema and the queries' rows afterwards."""

    error: str | None
    schema: list[list[str]]
    rows: list[list[list[object]]]


def small() -> list[Case]:
    """The files that are data."""
    return [Case(case["name"], case["sql"]) for case in json.loads(SMALL.read_text())["cases"]]


def every() -> list[Case]:
    """All three sets."""
    return [*small(), *limits(), *limited()]


def recorded() -> dict[str, Outcome]:
    """What D1 did, by the name of the case."""
    return {name: Outcome(**found) for name, found in json.loads(OUTCOMES.read_text())["outcomes"].items()}


def message(error: str) -> str:
    """An error of D1's without what differs between runs and files: codes, offsets and references."""
    text = error.partition(": SQLITE_")[0].partition(" at offset ")[0]
    return text.partition("; reference = ")[0]


def names(count: int, prefix: str = "c") -> str:
    """So many names, separated by commas."""
    return ",".join(f"{prefix}{number}" for number in range(count))


def ones(count: int, between: str = ",") -> str:
    """So many times 1."""
    return between.join("1" * count)


def _around(name: str, limit: int, make: object, *beyond: int) -> list[Case]:
    assert callable(make)
    return [Case(f"{name}_{count}", make(count)) for count in (limit, *(beyond or (limit + 1,)))]


def _bytes(count: int, head: str = "SELECT '", tail: str = "'") -> str:
    """A statement of so many bytes."""
    return head + "x" * (count - len(head) - len(tail)) + tail


def _columns() -> list[Case]:
    table = f"CREATE TABLE t({names(100)});"
    wide = f"CREATE TABLE t({names(60)}); CREATE TABLE u({names(60, 'd')});"
    return [
        *_around("table_columns", 100, lambda n: f"CREATE TABLE t({names(n)});"),
        *_around("table_as_columns", 100, lambda n: f"CREATE TABLE t AS SELECT {names(n, '1 AS c')};"),
        *_around(
            "without_rowid_columns",
            100,
            lambda n: f"CREATE TABLE t({names(n)}, PRIMARY KEY (c0)) WITHOUT ROWID;",
        ),
        *_around("generated_columns", 99, lambda n: f"CREATE TABLE t({names(n)}, g AS (c0));", 100),
        *_around(
            "added_column", 99, lambda n: f"CREATE TABLE t({names(n)}); ALTER TABLE t ADD COLUMN d;", 100
        ),
        *_around(
            "index_columns", 100, lambda n: f"{table} CREATE INDEX i ON t({names(100)}{',c0' * (n - 100)});"
        ),
        *_around(
            "unique_columns",
            100,
            lambda n: f"CREATE TABLE t({names(100)}, UNIQUE ({names(100)}{',c0' * (n - 100)}));",
        ),
        *_around("select_columns", 100, lambda n: f"SELECT {ones(n)};"),
        *_around("view_columns", 100, lambda n: f"CREATE VIEW v AS SELECT {ones(n)};"),
        *_around(
            "view_columns_used",
            100,
            lambda n: f"CREATE VIEW v AS SELECT {names(n, '1 AS c')}; SELECT c0 FROM v;",
        ),
        Case("join_columns_120", f"{wide} SELECT * FROM t, u;"),
        Case("view_star_columns_120", f"{wide} CREATE VIEW v AS SELECT * FROM t, u;"),
        Case("view_star_columns_120_used", f"{wide} CREATE VIEW v AS SELECT * FROM t, u; SELECT c0 FROM v;"),
        *_around("values_columns", 100, lambda n: f"VALUES ({ones(n)});"),
        *_around("insert_columns", 100, lambda n: f"{table} INSERT INTO t VALUES ({ones(n)});"),
        *_around(
            "insert_named_columns",
            100,
            lambda n: f"{table} INSERT INTO t ({names(100)}{',c0' * (n - 100)}) VALUES ({ones(n)});",
        ),
        *_around(
            "set_columns",
            100,
            lambda n: f"{table} UPDATE t SET {names(100).replace(',', '=1,')}=1{',c0=1' * (n - 100)};",
        ),
        *_around(
            "returning_columns",
            100,
            lambda n: f"{table} DELETE FROM t RETURNING {names(100)}{',c0' * (n - 100)};",
        ),
        *_around(
            "order_terms",
            100,
            lambda n: f"{table} SELECT c0 FROM t ORDER BY {names(100)}{',c0' * (n - 100)};",
        ),
        *_around(
            "group_terms",
            100,
            lambda n: f"{table} SELECT c0 FROM t GROUP BY {names(100)}{',c0' * (n - 100)};",
        ),
        *_around(
            "fts5_columns", 90, lambda n: f"CREATE VIRTUAL TABLE f USING fts5({names(n)});", 98, 99, 101
        ),
        *_around(
            "joined_tables", 64, lambda n: "SELECT 1 FROM " + ",".join("(SELECT 1)" for _ in range(n)) + ";"
        ),
    ]


def _terms() -> list[Case]:
    def union(count: int) -> str:
        return " UNION ALL ".join(["SELECT 1 AS a"] * count)

    return [
        *_around("compound", 5, lambda n: f"{union(n)};"),
        *_around("compound_distinct", 5, lambda n: " UNION ".join(["SELECT 1"] * n) + ";"),
        *_around("compound_view", 5, lambda n: f"CREATE VIEW v AS {union(n)};"),
        *_around("compound_insert", 5, lambda n: f"CREATE TABLE t(a); INSERT INTO t {union(n)};"),
        *_around("compound_subquery", 5, lambda n: f"SELECT * FROM ({union(n)});"),
        *_around("compound_cte", 5, lambda n: f"WITH c AS ({union(n)}) SELECT * FROM c;"),
        *_around(
            "compound_trigger",
            5,
            lambda n: (
                f"CREATE TABLE t(a); CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t {union(n)}; END;"
            ),
        ),
        Case("compound_nested", f"CREATE VIEW v AS {union(4)}; SELECT * FROM v UNION ALL SELECT * FROM v;"),
        Case("compound_parts", f"SELECT * FROM ({union(3)}) UNION ALL SELECT * FROM ({union(3)});"),
        Case("compound_values", "VALUES (1),(2),(3),(4),(5),(6),(7);"),
        Case(
            "compound_insert_values", "CREATE TABLE t(a); INSERT INTO t VALUES (1),(2),(3),(4),(5),(6),(7);"
        ),
        Case("compound_values_and_select", "VALUES (1),(2),(3),(4),(5),(6) UNION ALL SELECT 7;"),
        Case("compound_select_and_values", "SELECT 7 UNION ALL VALUES (1),(2),(3),(4),(5),(6);"),
    ]


def _depth() -> list[Case]:
    table = "CREATE TABLE t(a, b);"
    return [
        *_around("depth_plus", 99, lambda n: f"SELECT {ones(n, '+')};", 100, 101),
        *_around("depth_and", 99, lambda n: f"{table} SELECT 1 FROM t WHERE {ones(n, ' AND ')};", 100, 101),
        *_around(
            "depth_or_column",
            99,
            lambda n: f"{table} SELECT 1 FROM t WHERE {' OR '.join(['a=1'] * n)};",
            100,
            101,
        ),
        *_around("depth_concat", 99, lambda n: f"SELECT {ones(n, '||')};", 100, 101),
        *_around("depth_right", 98, lambda n: f"SELECT {'1+(' * n}1{')' * n};", 99, 100),
        *_around("depth_minus", 98, lambda n: f"SELECT {'- ' * n}a FROM (SELECT 1 AS a);", 99, 100),
        *_around("depth_not", 98, lambda n: f"SELECT {'NOT ' * n}1;", 99, 100),
        *_around("depth_brackets", 50, lambda n: f"SELECT {'(' * n}1{')' * n};", 95, 100, 200),
        *_around("depth_calls", 98, lambda n: f"SELECT {'abs(' * n}1{')' * n};", 99, 100),
        *_around("depth_case", 150, lambda n: f"SELECT CASE {'WHEN 1 THEN 2 ' * n}END;"),
        *_around("depth_in", 500, lambda n: f"SELECT 1 IN ({ones(n)});"),
        *_around(
            "depth_selects",
            10,
            lambda n: f"SELECT {'(SELECT ' * n}1{')' * n};",
            30,
            45,
            49,
            50,
            51,
            60,
            95,
            98,
            99,
            100,
        ),
        *_around(
            "depth_from",
            10,
            lambda n: f"SELECT a {'FROM (SELECT a ' * n}FROM (SELECT 1 AS a){')' * n};",
            40,
            60,
            99,
            100,
        ),
        *_around("depth_check", 99, lambda n: f"CREATE TABLE t(a CHECK ({ones(n, '+')}));", 100, 101),
        *_around("depth_default", 98, lambda n: f"CREATE TABLE t(a DEFAULT ({ones(n, '+')}));", 100, 101),
        *_around("depth_generated", 98, lambda n: f"CREATE TABLE t(a, b AS ({ones(n, '+')}));", 100, 101),
        *_around("depth_index", 98, lambda n: f"{table} CREATE INDEX i ON t(a+{ones(n, '+')});", 99, 100),
        *_around("depth_view", 99, lambda n: f"CREATE VIEW v AS SELECT {ones(n, '+')};", 100, 101),
        *_around(
            "depth_trigger",
            98,
            lambda n: (
                f"{table} CREATE TRIGGER r AFTER INSERT ON t WHEN {ones(n, ' AND ')} BEGIN SELECT 1; END;"
            ),
            100,
            101,
        ),
        *_around(
            "depth_trigger_fires",
            98,
            lambda n: (
                f"{table} CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT {ones(n, '+')}; END; INSERT"
                f" INTO t VALUES (1, 2);"
            ),
            100,
        ),
        Case(
            "depth_of_a_view",
            f"{table} CREATE VIEW v AS SELECT a+{ones(60, '+')} AS x FROM t; SELECT x+{ones(60, '+')}"
            f" FROM v;",
        ),
        Case("depth_of_an_alias", f"{table} SELECT a+{ones(60, '+')} AS x FROM t WHERE x+{ones(60, '+')};"),
        Case(
            "depth_of_an_order", f"{table} SELECT a+{ones(60, '+')} AS x FROM t ORDER BY x+{ones(60, '+')};"
        ),
        Case("depth_under_a_select", f"SELECT (SELECT {ones(60, '+')})+{ones(60, '+')};"),
        Case("depth_in_a_select", f"SELECT {ones(60, '+')}+(SELECT {ones(60, '+')});"),
        Case("depth_in_brackets", f"SELECT 1+(1+(SELECT {ones(95, '+')}));"),
        Case(
            "depth_of_a_generated_column",
            f"CREATE TABLE t(a, b AS (a+{ones(60, '+')}), c AS (b+{ones(60, '+')})); INSERT INTO t"
            f" VALUES (1); SELECT c+{ones(60, '+')} FROM t;",
        ),
        Case(
            "depth_of_a_check_and_row",
            f"CREATE TABLE t(a CHECK (a+{ones(97, '+')})); INSERT INTO t VALUES (1);",
        ),
    ]


def _arguments() -> list[Case]:
    return [
        *_around("arguments", 127, lambda n: f"SELECT max({ones(n)});"),
        *_around("arguments_coalesce", 127, lambda n: f"SELECT coalesce({ones(n)});"),
        *_around("arguments_json", 127, lambda n: f"SELECT json_array({ones(n)});"),
        *_around("arguments_printf", 127, lambda n: f"SELECT printf('',{ones(n - 1)});"),
        *_around("arguments_in_view", 127, lambda n: f"CREATE VIEW v AS SELECT max({ones(n)});"),
        *_around("arguments_33", 33, lambda n: f"SELECT max({ones(n)});"),
    ]


def _patterns() -> list[Case]:
    table = "CREATE TABLE t(a); INSERT INTO t VALUES ('x');"
    return [
        *_around("pattern_like", 50, lambda n: f"SELECT 'a' LIKE '{'%' * n}';"),
        *_around("pattern_glob", 50, lambda n: f"SELECT 'a' GLOB '{'*' * n}';"),
        *_around("not_like", 50, lambda n: f"{table} SELECT a NOT LIKE '{'x' * n}' FROM t;"),
        *_around("like_bytes", 25, lambda n: f"{table} SELECT a LIKE '{'é' * n}' FROM t;"),
        *_around("like_without_rows", 51, lambda n: f"CREATE TABLE t(a); SELECT a LIKE '{'x' * n}' FROM t;"),
        *_around(
            "like_column",
            50,
            lambda n: f"CREATE TABLE t(a); INSERT INTO t VALUES ('{'x' * n}'); SELECT 'x' LIKE a FROM t;",
        ),
        *_around("like_check", 51, lambda n: f"CREATE TABLE t(a CHECK (a LIKE '{'x' * n}'));"),
        *_around(
            "like_check_used",
            50,
            lambda n: f"CREATE TABLE t(a CHECK (a NOT LIKE '{'x' * n}')); INSERT INTO t VALUES ('y');",
        ),
        *_around(
            "like_index",
            51,
            lambda n: (
                f"CREATE TABLE t(a COLLATE NOCASE); CREATE INDEX i ON t(a); SELECT a FROM t WHERE a"
                f" LIKE '{'x' * n}%';"
            ),
        ),
    ]


def _triggers() -> list[Case]:
    def chain(count: int) -> str:
        tables = "".join(f"CREATE TABLE t{n}(a);" for n in range(count + 1))
        triggers = "".join(
            f"CREATE TRIGGER r{n} AFTER INSERT ON t{n} BEGIN INSERT INTO t{n + 1} VALUES (new.a); END;"
            for n in range(count)
        )
        return f"{tables}{triggers}INSERT INTO t0 VALUES (1);"

    def recursive(count: int) -> str:
        return (
            "PRAGMA recursive_triggers=ON; CREATE TABLE t(a); CREATE TRIGGER r AFTER INSERT ON t"
            f" WHEN new.a < {count} BEGIN INSERT INTO t VALUES (new.a + 1); END; INSERT INTO t VALUES (0);"
        )

    def cascade(count: int) -> str:
        tables = "CREATE TABLE t0(a PRIMARY KEY);" + "".join(
            f"CREATE TABLE t{n}(a PRIMARY KEY REFERENCES t{n - 1} ON DELETE CASCADE);"
            for n in range(1, count + 1)
        )
        rows = "".join(f"INSERT INTO t{n} VALUES (1);" for n in range(count + 1))
        return f"{tables}{rows}DELETE FROM t0;"

    return [
        *_around("trigger_chain", 9, chain, 10, 11, 12),
        *_around("trigger_recursion", 8, recursive, 9, 10, 11, 12),
        *_around("cascade_chain", 9, cascade, 10, 11, 12),
    ]


def _sizes() -> list[Case]:
    end = "SELECT 2;"
    table = "CREATE TABLE t(a, b);"
    mib = 1 << 20

    def row(count: int) -> str:
        return f"{table} INSERT INTO t VALUES (zeroblob({count}), zeroblob({count}));"

    return [
        *_around("bytes_alone", 99_999, _bytes, 100_000, 100_001),
        *_around("bytes_alone_semicolon", 99_998, lambda n: _bytes(n) + ";", 99_999, 100_000),
        *_around("bytes_alone_line_ends", 99_990, lambda n: _bytes(n) + ";\n\n", 99_998),
        *_around("bytes_first", 99_999, lambda n: f"{_bytes(n)};{end}", 100_000, 100_001),
        *_around("bytes_last", 100_000, lambda n: f"{end}{_bytes(n)};"),
        *_around("bytes_last_open", 100_000, lambda n: f"{end}{_bytes(n)}"),
        *_around("bytes_after_space", 100_000, lambda n: f"{end} \n\t{_bytes(n)};"),
        *_around("bytes_before_space", 100_000, lambda n: f"{end}{_bytes(n)} \n ;{end}"),
        *_around("bytes_after_comment", 99_995, lambda n: f"{end}/**/{_bytes(n)};", 99_996, 99_997),
        *_around("bytes_before_comment", 99_996, lambda n: f"{end}{_bytes(n)}/**/;"),
        *_around("bytes_behind_comment", 99_999, lambda n: f"{_bytes(n)}; -- {'x' * 100}\n"),
        *_around("bytes_empty_before", 100_000, lambda n: f"{end}/**/;;{_bytes(n)};"),
        *_around(
            "bytes_of_comments",
            99_990,
            lambda n: f"{end}{_bytes(n, '--', chr(10))}SELECT 1;",
            99_999,
            100_001,
        ),
        *_around("bytes_of_a_last_comment", 100_001, lambda n: f"{end}{_bytes(n, '--', chr(10))}"),
        *_around("bytes_of_letters", 50_000, lambda n: f"{end}SELECT '{'é' * (n - 5)}';"),
        *_around(
            "bytes_of_a_table", 100_000, lambda n: f"{end}{_bytes(n, 'CREATE TABLE t(a, /*', '*/ b)')};"
        ),
        *_around(
            "rows",
            8_000,
            lambda n: f"{table} INSERT INTO t(a) VALUES {ones(n, '),(').join('()')};",
            8_333,
            9_000,
            12_480,
            12_500,
            16_000,
        ),
        *_around(
            "rows_of_two",
            6_000,
            lambda n: f"{table} INSERT INTO t VALUES {'),('.join(['1,1'] * n).join('()')};",
            8_000,
            8_320,
            8_340,
            9_000,
            12_500,
        ),
        *_around(
            "rows_selected",
            9_000,
            lambda n: f"{table} INSERT INTO t(a) SELECT * FROM (VALUES {ones(n, '),(').join('()')});",
            12_500,
        ),
        Case(
            "rows_with_a_call",
            f"{table} INSERT INTO t VALUES {'),('.join(['abs(1),lower(2)'] * 4000).join('()')};",
        ),
        *_around(
            "operations", 2_000, lambda n: f"SELECT 1 WHERE 1 IN ({','.join(['abs(1)'] * n)});", 8_000, 12_000
        ),
        *_around(
            "blob",
            2_000_000,
            lambda n: f"SELECT length(zeroblob({n}));",
            3_000_000,
            5_000_000,
            16 * mib - 8,
            16 * mib,
            16 * mib + 1,
            17_000_000,
            100_000_000,
            8_388_642,
            8_388_643,
        ),
        *_around(
            "stored_blob",
            2_000_000,
            lambda n: f"{table} INSERT INTO t(a) VALUES (zeroblob({n}));",
            3_000_000,
            4 * mib,
            5_000_000,
            8 * mib,
            8_388_637,
            8_388_638,
            15_000_000,
            16 * mib,
            17_000_000,
        ),
        *_around(
            "stored_text",
            1_000_000,
            lambda n: f"{table} INSERT INTO t(a) VALUES (hex(zeroblob({n})));",
            2 * mib - 100,
            2 * mib,
            2 * mib + 1,
            3_000_000,
            4 * mib,
            7_000_000,
            8 * mib,
            9_000_000,
        ),
        *_around("row", 1_000_000, row, 2 * mib - 100, 2 * mib, 2 * mib + 1, 3_000_000, 7_000_000, 9_000_000),
        *_around(
            "random_blob", 2_000_000, lambda n: f"SELECT length(randomblob({n}));", 5_000_000, 17_000_000
        ),
        *_around(
            "joined_text",
            2,
            lambda n: f"SELECT length(replace(hex(zeroblob(1000000)), '00', '{'x' * n}'));",
            20,
        ),
        *(
            Case(f"nothing_{n}", sql)
            for n, sql in enumerate(
                [
                    " ",
                    "\n\n",
                    ";",
                    ";;",
                    " ; ;\n",
                    "/* x */;",
                    "-- x\n;-- y",
                    "BEGIN TRANSACTION;COMMIT;",
                    "BEGIN TRANSACTION;\n-- x\nCOMMIT;\n",
                ]
            )
        ),
        Case("commit", "COMMIT;"),
        Case("rollback", "SELECT 1; ROLLBACK;"),
        Case("end", "END TRANSACTION;"),
        Case("release", "RELEASE s;"),
        Case("detach_main", "DETACH main;"),
        Case(
            "deferred",
            "CREATE TABLE p(a PRIMARY KEY); CREATE TABLE c(a REFERENCES p DEFERRABLE INITIALLY"
            " DEFERRED); INSERT INTO c VALUES (1);",
        ),
        Case("parameter", "SELECT ?1;"),
        Case("parameter_named", "CREATE TABLE t(a); INSERT INTO t VALUES (:a);"),
        Case("parameter_in_a_view", "CREATE VIEW v AS SELECT ?;"),
    ]


def limits() -> list[Case]:
    """Files at a limit of D1, and beyond it."""
    return [*_columns(), *_terms(), *_depth(), *_arguments(), *_patterns(), *_triggers(), *_sizes()]


def limited() -> list[Case]:
    """UPDATE and DELETE with ORDER BY, LIMIT and OFFSET: which rows they choose."""
    table = (
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); CREATE INDEX by_a ON t(a);"
        "INSERT INTO t VALUES (1,5,'x'),(2,4,'y'),(3,3,'x'),(4,2,'y'),(5,1,'x'),(6,0,NULL);"
    )
    pair = (
        "CREATE TABLE p(k TEXT, n INT, v, PRIMARY KEY (k, n)) WITHOUT ROWID;"
        "INSERT INTO p VALUES ('a',1,9),('a',2,8),('b',1,7),('b',2,6),('c',1,5);"
    )
    one = (
        'CREATE TABLE w("the key" TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO w VALUES'
        " ('a',3),('b',2),('c',1);"
    )
    hidden = "CREATE TABLE h(rowid, _rowid_, v); INSERT INTO h VALUES (7,1,'a'),(7,1,'b'),(7,1,'c');"
    aliased = (
        "CREATE TABLE h(rowid, _rowid_, oid, k INTEGER PRIMARY KEY); INSERT INTO h VALUES"
        " (7,7,7,1),(7,7,7,2);"
    )
    quoted = (
        'CREATE TABLE "odd ""name"(a, "limit", [order by]); INSERT INTO "odd ""name" VALUES'
        " (1,2,3),(2,3,4),(3,4,5);"
    )
    log = "CREATE TABLE l(x); CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO l VALUES (old.id); END;"
    words = (
        "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('one'),('two one'),('three"
        " one'),('four');"
    )
    family = (
        "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO c VALUES (1,1),(2,2),(3,6),(4,6);"
    )
    view = (
        "CREATE VIEW v AS SELECT id, a FROM t;"
        "CREATE TRIGGER rv INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE id = old.id; END;"
    )
    of_t = ("SELECT * FROM t ORDER BY id",)
    statements = [
        "DELETE FROM t LIMIT 2",
        "DELETE FROM t ORDER BY a LIMIT 2",
        "DELETE FROM t ORDER BY a DESC, id LIMIT 1 OFFSET 2",
        "DELETE FROM t LIMIT 1, 3",
        "DELETE FROM t WHERE b = 'x' LIMIT 2",
        "DELETE FROM t WHERE b = 'x' ORDER BY a LIMIT 1",
        "DELETE FROM t ORDER BY b NULLS LAST, a LIMIT 2",
        "DELETE FROM t LIMIT 0",
        "DELETE FROM t LIMIT -1",
        "DELETE FROM t WHERE a > 2 LIMIT -1 OFFSET 1",
        "DELETE FROM t LIMIT 1 OFFSET -5",
        "DELETE FROM t LIMIT 1 + 1",
        "DELETE FROM t LIMIT (SELECT count(*) / 3 FROM t) OFFSET length('x')",
        "DELETE FROM t LIMIT '2'",
        "DELETE FROM t LIMIT 'x'",
        "DELETE FROM t LIMIT NULL",
        "DELETE FROM t LIMIT 1.5",
        "DELETE FROM t LIMIT a",
        "DELETE FROM t ORDER BY a",
        "DELETE FROM t WHERE a = 1 ORDER BY a, b",
        "UPDATE t SET a = 0 ORDER BY a",
        "DELETE FROM t AS z WHERE z.a > 1 ORDER BY z.a LIMIT 1",
        "DELETE FROM main.t AS z WHERE z.a > 1 ORDER BY z.a LIMIT 1",
        "DELETE FROM main.t LIMIT 1",
        "DELETE FROM 't' LIMIT 1",
        "DELETE FROM [T] LIMIT 1",
        "DELETE FROM t INDEXED BY by_a WHERE a > 1 LIMIT 2",
        "DELETE FROM t NOT INDEXED WHERE a > 1 LIMIT 2",
        "DELETE FROM t INDEXED BY missing WHERE a > 1 LIMIT 2",
        "DELETE FROM t WHERE a > 1 RETURNING id LIMIT 2",
        "DELETE FROM t RETURNING id, a AS b ORDER BY a LIMIT 2",
        "DELETE FROM t ORDER BY a LIMIT 2 RETURNING id",
        "WITH few(n) AS (SELECT 2 UNION SELECT 3) DELETE FROM t WHERE id IN (SELECT n FROM few) LIMIT 1",
        "WITH few(n) AS (VALUES (2)) DELETE FROM t LIMIT (SELECT n FROM few)",
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<9) UPDATE t SET a ="
            " (SELECT max(i) FROM n) ORDER BY id DESC LIMIT 1"
        ),
        "UPDATE t SET a = 9 LIMIT 1",
        "UPDATE t SET a = a + 1, b = 'new' WHERE b = 'x' ORDER BY a LIMIT 2 OFFSET 1",
        "UPDATE t AS z SET a = z.a * 2 WHERE z.b IS NOT DISTINCT FROM 'x' ORDER BY z.id DESC LIMIT 1",
        "UPDATE t SET a = b IS DISTINCT FROM 'x' LIMIT 2",
        "UPDATE OR IGNORE t SET id = id + 1 ORDER BY id DESC LIMIT 3",
        "UPDATE OR REPLACE t SET id = id + 1 ORDER BY id LIMIT 1",
        "UPDATE t INDEXED BY by_a SET b = 'z' WHERE a < 3 ORDER BY a DESC LIMIT 1",
        "UPDATE t SET (a, b) = (SELECT 1, 2) ORDER BY id LIMIT 1",
        "UPDATE t SET a = (SELECT max(a) FROM t ORDER BY 1 LIMIT 1) LIMIT 2",
        "UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t ORDER BY a LIMIT 2) LIMIT 1",
        (
            "UPDATE t SET a = CASE WHEN b = 'x' THEN 1 ELSE 2 END ORDER BY CASE b WHEN 'y' THEN 0 ELSE 1"
            " END, id LIMIT 1"
        ),
        "UPDATE t SET a = 7 RETURNING id, a LIMIT 2",
        "UPDATE t SET a = random() * 0 LIMIT 2",
        (
            "/* one; */ DELETE /* two */ FROM -- three\n t /* LIMIT 9 */ WHERE/**/a>1 ORDER/**/BY"
            " a--four\nLIMIT/**/2 /* five */"
        ),
        "delete from t where b like 'X' order by id desc limit 1",
        "DELETE FROM t WHERE 'ORDER BY' <> 'LIMIT 1' LIMIT 1",
        "DELETE FROM t WHERE missing = 1 LIMIT 1",
        "DELETE FROM t WHERE a = 1 ORDER BY missing LIMIT 1",
        "DELETE FROM t WHERE a = 'é' OR missing(1) LIMIT 1",
        "UPDATE t SET missing = 1 LIMIT 1",
        "DELETE FROM missing LIMIT 1",
        "DELETE FROM t LIMIT",
        "DELETE FROM t LIMIT 1 LIMIT 2",
        "DELETE FROM t LIMIT 1 OFFSET",
        "DELETE FROM t ORDER BY LIMIT 1",
        "DELETE FROM t WHERE LIMIT 1",
        "DELETE FROM t LIMIT 1 WHERE a = 1",
        "DELETE FROM t LIMIT 1; SELECT missing",
        "DELETE FROM sqlite_schema LIMIT 1",
        "EXPLAIN DELETE FROM t LIMIT 1",
        "EXPLAIN QUERY PLAN UPDATE t SET a = 1 LIMIT 1",
        "DELETE FROM t ORDER BY count(*) LIMIT 1",
        "DELETE FROM t ORDER BY 1 LIMIT 1",
        (
            "DELETE FROM t WHERE id IN (1, 2) LIMIT 1; DELETE FROM t LIMIT 1; UPDATE t SET a = 1 LIMIT 1;"
            " DELETE FROM t WHERE a = 3"
        ),
        "DELETE FROM t LIMIT 2 OFFSET 1;;-- end",
        "REPLACE INTO t VALUES (1, 1, 1); DELETE FROM t LIMIT 1",
        "UPDATE t SET a = new.a LIMIT 1",
        "CREATE TRIGGER q AFTER INSERT ON t BEGIN DELETE FROM t LIMIT 1; END",
        "CREATE TRIGGER q AFTER INSERT ON t BEGIN UPDATE t SET a = 1 ORDER BY a LIMIT 1; END",
        (
            "CREATE TABLE n(a); INSERT INTO n SELECT id FROM t ORDER BY a LIMIT 2; DELETE FROM t WHERE id"
            " IN n LIMIT 1"
        ),
    ]
    more = [
        ("trigger", table + log + "DELETE FROM t ORDER BY a LIMIT 3", (*of_t, "SELECT * FROM l")),
        ("cascade", table + family + "DELETE FROM t ORDER BY id DESC LIMIT 1", (*of_t, "SELECT * FROM c")),
        ("restrict", table + family.replace("CASCADE", "RESTRICT") + "DELETE FROM t LIMIT 1", of_t),
        ("pair", pair + "DELETE FROM p ORDER BY v LIMIT 2", ("SELECT * FROM p",)),
        (
            "pair_update",
            pair + "UPDATE p SET v = 0 WHERE n = 1 ORDER BY k DESC LIMIT 2",
            ("SELECT * FROM p",),
        ),
        ("pair_alias", pair + "DELETE FROM p AS q WHERE q.n > 0 LIMIT 1 OFFSET 1", ("SELECT * FROM p",)),
        ("one_key", one + "DELETE FROM w ORDER BY v LIMIT 1", ("SELECT * FROM w",)),
        (
            "one_key_update",
            one + 'UPDATE w SET "the key" = "the key" || \'z\' ORDER BY v DESC LIMIT 2',
            ("SELECT * FROM w",),
        ),
        ("hidden", hidden + "DELETE FROM h LIMIT 1", ("SELECT oid, * FROM h",)),
        (
            "hidden_order",
            hidden + "UPDATE h SET v = rowid ORDER BY v DESC LIMIT 1",
            ("SELECT oid, * FROM h",),
        ),
        ("aliased", aliased + "DELETE FROM h ORDER BY k DESC LIMIT 1", ("SELECT * FROM h",)),
        (
            "quoted",
            quoted + 'DELETE FROM "odd ""name" ORDER BY "limit" DESC LIMIT 1',
            ('SELECT * FROM "odd ""name"',),
        ),
        (
            "quoted_update",
            quoted + 'UPDATE "odd ""name" AS [a b] SET "limit" = [a b].[order by] WHERE "limit" > 2 ORDER BY'
            " [order by] LIMIT 1",
            ('SELECT * FROM "odd ""name"',),
        ),
        (
            "fts5",
            words + "DELETE FROM f WHERE f MATCH 'one' ORDER BY rowid DESC LIMIT 1",
            ("SELECT rowid, * FROM f",),
        ),
        (
            "fts5_rank",
            words + "UPDATE f SET a = 'best' WHERE f MATCH 'one' ORDER BY rank LIMIT 1",
            ("SELECT rowid, * FROM f",),
        ),
        (
            "changes",
            table + "CREATE TABLE n(x); DELETE FROM t LIMIT 2; INSERT INTO n SELECT changes()",
            (*of_t, "SELECT * FROM n"),
        ),
        (
            "no_primary_key",
            "CREATE TABLE n(x); INSERT INTO n VALUES (1),(1),(1),(2); DELETE FROM n WHERE x = 1 LIMIT 2",
            ("SELECT rowid, * FROM n",),
        ),
        (
            "generated",
            (
                "CREATE TABLE n(x, y AS (-x)); INSERT INTO n VALUES (1),(2),(3); DELETE FROM n ORDER BY y"
                " LIMIT 1"
            ),
            ("SELECT * FROM n",),
        ),
        ("hidden_table", table + "WITH t AS (SELECT 3 AS id, 9 AS a) DELETE FROM t LIMIT 1", of_t),
        ("view", table + view + "DELETE FROM v ORDER BY a LIMIT 2", of_t),
        (
            "from",
            table + "UPDATE t SET a = s.n FROM (SELECT 2 AS k, 20 AS n UNION SELECT 3, 30) AS s WHERE t.id ="
            " s.k ORDER BY t.id DESC LIMIT 1",
            of_t,
        ),
    ]
    return [
        *(Case(f"limited_{number}", f"{table}{sql};", of_t) for number, sql in enumerate(statements)),
        *(Case(f"limited_{name}", f"{sql};", queries) for name, sql, queries in more),
    ]
