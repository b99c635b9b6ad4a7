"""The lexer, quoting and literals, judged by SQLite itself."""

from __future__ import annotations

import math
import random
import shutil
import sqlite3
import struct
import subprocess
from typing import TYPE_CHECKING

import apsw
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from squasher import sql
from tests.generated.lexing import same_tokens
from tests.generated.trivia import places, scattered

if TYPE_CHECKING:
    from pathlib import Path

PIECES = [
    *("a", "x", "select", "1", "1.5", ".5", "0x1F", "1e3", "1e", "_", "$", "$a", ":b", "@c", "?", "?12"),
    *("'", '"', "`", "[", "]", "''", '""', "'a,b'", '"a,b"', "`a,b`", "[a,b]", "x'ab'", "X''", "x'a'"),
    *("--", "-- a,b\n", "/*", "*/", "/**/", "/* a,b */", "\n", "\r", " ", "\t", "\f", "\v", "\ufeff", "\xa0"),
    *(",", ";", "(", ")", "(a,b)", "->", "->>", "||", "|", "<", "<>", "<=", "<<", ">>", "=", "==", "!=", "!"),
    *("+", "-", "*", "/", "%", "&", "~", ".", "é", "🙂", "^", "\\", "#", "{", "\x01", "\u2028"),
]
scripts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


class Module:
    """A virtual table module that keeps the arguments as SQLite's tokenizer cuts them."""

    def __init__(self) -> None:
        self.arguments: tuple[str, ...] = ()

    def Create(self, _db: apsw.Connection, *names: str) -> tuple[str, object]:  # noqa: N802
        """Keep what follows the names of the module, the database and the table."""
        self.arguments = names[3:]
        return "CREATE TABLE x(a)", object()


def cut_by_sqlite(text: str) -> tuple[str, ...] | str:
    """What SQLite's own tokenizer makes of ``text``: arguments between commas, or its error.

    The arguments of a virtual table may hold any legal token, so only the tokenizer judges.
    """
    module = Module()
    connection = apsw.Connection(":memory:")
    connection.create_module("m", module)  # type: ignore[arg-type]
    try:
        connection.execute(f"CREATE VIRTUAL TABLE t USING m({text}\n)")
    except apsw.Error as error:
        return str(error)
    finally:
        connection.close()
    return module.arguments


def cut_by_tokens(text: str) -> tuple[str, ...]:
    """The same cut, made with the tokens of the module under test."""
    arguments: list[str] = []
    inside: list[sql.Token] = []
    depth = 0
    for token in [*sql.significant(text), sql.Token(sql.OPERATOR, ",", len(text))]:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            if inside:
                arguments.append(text[inside[0].start : inside[-1].end])
            inside = []
        else:
            inside.append(token)
    return tuple(arguments)


@given(st.text())
@example("/*")
@example("'")
@example("\x00")
def test_tokens_tile_any_text(text: str) -> None:
    """The tokens of any text, joined, are the text, and each begins where the one before it ends."""
    found = sql.tokens(text)
    assert "".join(token.text for token in found) == text
    position = 0
    for token in found:
        assert token.start == position
        assert token.text
        position = token.end


@given(scripts)
def test_tokens_tile_any_sql(text: str) -> None:
    """Text made of SQL's own characters is tiled as losslessly as any other."""
    assert "".join(token.text for token in sql.tokens(text)) == text


@given(scripts)
@example("a,'b,c',\"d,e\",[f,g],`h,i`")
@example("a/*,*/,b--,\n,c")
@example("\ufeffa\ufeff,b\ufeff,\xa0c")
@example("$a(,),b")
@example("a,\n\v,b")
@example("a->>'b,c',d")
def test_tokens_end_where_sqlites_do(text: str) -> None:
    """What SQLite's tokenizer accepts is cut at the same commas, with the same first and last byte."""
    depth = 0
    for token in sql.significant(text):
        depth += (token.text == "(") - (token.text == ")")
        assume(depth >= 0)
    assume(depth == 0)
    assume("\0" not in text)
    cut = cut_by_sqlite(text)
    if isinstance(cut, tuple):
        assert cut_by_tokens(text) == cut


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'a'", sql.STRING),
        ("'it''s -- no /* comment */'", sql.STRING),
        ("'a\nb'", sql.STRING),
        ('"a ""b"" c"', sql.NAME),
        ("`a ``b`` c`", sql.NAME),
        ("[a \"b' `c]", sql.NAME),
        ("-- to the end of the line", sql.COMMENT),
        ("-- it's /* not opened", sql.COMMENT),
        ("/* a /* is not nested */", sql.COMMENT),
        ("/*/ not closed yet */", sql.COMMENT),
        ("/* never closed", sql.COMMENT),
        ("/**/", sql.COMMENT),
        ("0", sql.NUMBER),
        ("1.", sql.NUMBER),
        (".5", sql.NUMBER),
        ("1.5e-3", sql.NUMBER),
        ("1E+10", sql.NUMBER),
        ("0x1F", sql.NUMBER),
        ("0Xff", sql.NUMBER),
        ("1_000_000", sql.NUMBER),
        ("1_0.2_5e1_0", sql.NUMBER),
        ("0xdead_beef", sql.NUMBER),
        ("x'00fF'", sql.BLOB),
        ("X''", sql.BLOB),
        ("?", sql.VARIABLE),
        ("?12", sql.VARIABLE),
        (":name", sql.VARIABLE),
        ("@name", sql.VARIABLE),
        ("$name", sql.VARIABLE),
        ("$name::part(suffix)", sql.VARIABLE),
        ("#1", sql.VARIABLE),
        ("select", sql.WORD),
        ("_a1$", sql.WORD),
        ("naïve", sql.WORD),
        ("a\xa0b", sql.WORD),
        ("\u3000", sql.WORD),
        ("\u2028", sql.WORD),
        ("\ufeff", sql.SPACE),
        (" \t\r\n\f", sql.SPACE),
        ("->", sql.OPERATOR),
        ("->>", sql.OPERATOR),
        ("||", sql.OPERATOR),
        ("|", sql.OPERATOR),
        ("<>", sql.OPERATOR),
        ("<<", sql.OPERATOR),
        ("<=", sql.OPERATOR),
        (">>", sql.OPERATOR),
        (">=", sql.OPERATOR),
        ("==", sql.OPERATOR),
        ("=", sql.OPERATOR),
        ("!=", sql.OPERATOR),
        ("~", sql.OPERATOR),
        (".", sql.OPERATOR),
        (";", sql.OPERATOR),
    ],
)
def test_one_token_and_its_class(text: str, kind: str) -> None:
    """Each of these is one token for SQLite, of the class that tokenize.c gives it."""
    assert [(token.kind, token.text) for token in sql.tokens(text)] == [(kind, text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1..2", ["1.", ".2"]),
        ("a.b", ["a", ".", "b"]),
        ("?1a", ["?1", "a"]),
        ("?a", ["?", "a"]),
        ("a->b->>c", ["a", "->", "b", "->>", "c"]),
        ("<=>", ["<=", ">"]),
        ("===", ["==", "="]),
        ("a--b", ["a", "--b"]),
        ("a-b", ["a", "-", "b"]),
        ("xx'ab'", ["xx", "'ab'"]),
        ("'a'\"b\"[c]`d`", ["'a'", '"b"', "[c]", "`d`"]),
        ("[a]]", ["[a]", "]"]),
        ("1e5", ["1e5"]),
        ("1-e5", ["1", "-", "e5"]),
        ("\ufeffa", ["\ufeff", "a"]),
        ("a/*", ["a", "/", "*"]),
    ],
)
def test_where_one_token_ends_and_the_next_begins(text: str, parts: list[str]) -> None:
    """Tokens that touch are parted where SQLite parts them."""
    assert [token.text for token in sql.tokens(text)] == parts


@pytest.mark.parametrize(
    "text",
    [
        "'a",
        '"a',
        "`a",
        "[a",
        "1a",
        "1e",
        "0x",
        "0x1g",
        "^",
        "!",
        "#",
        "@",
        "{",
        "\\",
        "\x01",
        "x'a'",
        "1.5e3x",
    ],
)
def test_what_sqlite_does_not_recognise_is_illegal(text: str) -> None:
    """What SQLite calls an unrecognized token is one illegal token."""
    with pytest.raises(apsw.SQLError, match="unrecognized token"):
        apsw.Connection(":memory:").execute(f"SELECT {text}")
    assert [(token.kind, token.text) for token in sql.tokens(text)] == [(sql.ILLEGAL, text)]


@pytest.mark.parametrize("text", ["$a::", "$::a", "$a::b::(c)"])
def test_tcl_style_variables(text: str) -> None:
    """A variable may hold ``::`` anywhere behind its first character, as tokenize.c has it."""
    assert cut_by_sqlite(text) == (text,)
    assert [(token.kind, token.text) for token in sql.tokens(text)] == [(sql.VARIABLE, text)]


SETUP = """
CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL);
CREATE TABLE u (d TEXT UNIQUE, e JSON, f BLOB);
INSERT INTO t VALUES (1, 'one', 1.5), (2, 'two', 2.5);
INSERT INTO u VALUES ('x', '{"k": [1, 2]}', x'00ff');
"""
STATEMENTS = [
    "CREATE TABLE n (a INT, b TEXT NOT NULL DEFAULT 'it''s', CHECK (a > 0 AND b <> ''))",
    "CREATE TABLE IF NOT EXISTS main.n (a INTEGER PRIMARY KEY AUTOINCREMENT, b VARCHAR(20) COLLATE NOCASE)",
    'CREATE TABLE "n n" ("a a" UNSIGNED BIG INT, [b b] DECIMAL(10, 5), `c c` DOUBLE PRECISION)',
    "CREATE TABLE n (a TEXT PRIMARY KEY, b ANY) STRICT, WITHOUT ROWID",
    "CREATE TABLE n (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c AS (a || 'x') VIRTUAL)",
    "CREATE TABLE n (a REFERENCES t (a) ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE n (a, b, CONSTRAINT k UNIQUE (a, b DESC) ON CONFLICT IGNORE, FOREIGN KEY (a) REFERENCES t)",
    "CREATE TABLE n (a DEFAULT -1.5e3, b DEFAULT (datetime('now', '-1 day')), c DEFAULT CURRENT_TIMESTAMP)",
    "CREATE TABLE n (a DEFAULT x'CAFE', b DEFAULT 0xFF, c DEFAULT 1_000, d DEFAULT +5, e DEFAULT TRUE)",
    'CREATE TABLE n (a CHECK (a IN ("p", "q")), b CHECK (b GLOB \'[a-z]*\'))',
    'CREATE TABLE n (begin INT, [end] INT, "case" INT, key TEXT)',
    "CREATE TABLE n AS SELECT a, b AS z FROM t",
    "CREATE INDEX i ON t (b COLLATE NOCASE DESC, c ASC) WHERE c IS NOT NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS main.i ON t (lower(b), a + 1)",
    "CREATE INDEX i ON u (e ->> '$.k', json_extract(e, '$.k[0]'))",
    "CREATE VIEW v AS SELECT a AS x, CASE WHEN c > 2 THEN 'big' ELSE 'small' END AS y FROM t",
    "CREATE VIEW v (x, y) AS WITH w AS (SELECT a, b FROM t) SELECT * FROM w UNION ALL SELECT 0, NULL",
    "CREATE VIEW v AS SELECT count(*) FILTER (WHERE a > 1) OVER (PARTITION BY b ORDER BY c) AS n FROM t",
    "CREATE TRIGGER r AFTER INSERT ON t WHEN new.a > 0 BEGIN UPDATE t SET c = 1; DELETE FROM u; END",
    "CREATE TRIGGER r BEFORE UPDATE OF b, c ON t FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'no; way'); END",
    "CREATE TRIGGER r AFTER DELETE ON t BEGIN UPDATE u SET d = CASE old.a WHEN 1 THEN 'x' END; END",
    "CREATE VIRTUAL TABLE s USING fts5(b, content='t', content_rowid='a')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS main.s USING rtree(id, x0, x1)",
    "ALTER TABLE t RENAME TO t2",
    'ALTER TABLE t RENAME COLUMN b TO "b b"',
    "ALTER TABLE t ADD COLUMN z TEXT DEFAULT 'q' CHECK (z <> '')",
    "ALTER TABLE t DROP COLUMN c",
    "DROP TABLE IF EXISTS nothing",
    "INSERT INTO t (b, c) VALUES ('a;b', .5), (NULL, 1.), ('--', 1e2) RETURNING a, b, c",
    "INSERT OR REPLACE INTO t SELECT a + 10, b || '!', -c FROM t WHERE NOT a = 2",
    "INSERT INTO u VALUES ('x', 1, 2) ON CONFLICT (d) DO UPDATE SET e = excluded.e WHERE u.d == 'x'",
    "UPDATE t SET (b, c) = (SELECT 'n', 9), a = a << 1 | 1 WHERE a BETWEEN 1 AND 2",
    "DELETE FROM t WHERE a IN (SELECT max(a) FROM t) OR b IS NULL",
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT i FROM n",
    "SELECT :a, @b, $c",
    "SELECT a ->> '$', 1 <> 2, 1 != 2, 3 % 2, ~5, 1 == 1, 4 >> 1, 'a' LIKE 'A' ESCAPE '!' FROM t",
    "SELECT t.*, main.u.f, x'AB', 0x10, 1_0.5 FROM main.t LEFT JOIN u USING (a) ORDER BY 1 DESC LIMIT 1",
    "SELECT t.*, main.u.f, x'AB', 0x10, 1_0.5 FROM main.t LEFT JOIN u ON t.a <= 1 ORDER BY 1 NULLS LAST",
    "SELECT CAST(c AS UNSIGNED BIG INT), b NOT NULL, a NOTNULL, a ISNULL, a IS NOT DISTINCT FROM 1 FROM t",
    "SELECT \"nope\", 'a' 'b'",
    "SELECT * FROM t WHERE",
    "CREATE TABLE n (a INT",
    "PRAGMA table_info(t)",
    "EXPLAIN QUERY PLAN SELECT * FROM t",
]


def outcome(statement: str) -> tuple[object, ...]:
    """What SQLite does with a statement: refuse it, or its rows, and what is stored afterwards."""
    connection = apsw.Connection(":memory:")
    connection.execute(SETUP)
    bindings = {"a": 1, "b": 2, "c": 3} if ":a" in statement else None
    try:
        rows: object = connection.execute(statement, bindings or (), can_cache=False).fetchall()
    except apsw.Error as error:
        rows = type(error)
    stored = [
        (kind, name, None if text is None else sql.canonical(text))
        for kind, name, text in connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2")
    ]
    contents = [
        (name, connection.execute(f'SELECT * FROM "{name}"').fetchall())
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    ]
    connection.close()
    return rows, stored, contents


@pytest.mark.parametrize("statement", STATEMENTS)
def test_comments_between_tokens_change_nothing(statement: str) -> None:
    """A comment and a line end between all tokens leave SQLite's verdict and the stored tokens alone."""
    words = sql.significant(statement)
    keep = len(statement)
    if sql.is_word(words[1], "virtual"):
        keep = statement.index("(")
    injected = "/*i*/\n".join(token.text for token in words if token.start < keep) + statement[keep:]
    assert outcome(injected) == outcome(statement)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CREATE TABLE t (a,b)", "CREATE TABLE t(a , b )", True),
        ("CREATE TABLE t (a INT(1))", "CREATE TABLE t(a INT( 1 ))", True),
        ("CREATE TABLE t (a DEFAULT '(,', b)", "CREATE TABLE t(a DEFAULT '(,',b)", True),
        ("CREATE TABLE t (a DEFAULT '(,')", "CREATE TABLE t (a DEFAULT '( ,')", False),
        ('CREATE TABLE t ("a,b")', 'CREATE TABLE t ("a ,b")', False),
        ("CREATE TABLE t ([a,b])", "CREATE TABLE t ([a , b])", False),
        ("CREATE TABLE t (a, -- b)\n)", "CREATE TABLE t (a,b)", False),
        ("CREATE TABLE t (a/*,*/, b)", "CREATE TABLE t (a /*(*/,b)", True),
        ("CREATE TABLE t (a -- one\n, b)", "CREATE TABLE t (a, -- another\nb)", True),
        ("CREATE TABLE t (a CHECK ($x(a) = 1))", "CREATE TABLE t (a CHECK ($x (a) = 1))", False),
        ("CREATE TABLE t (ab)", "CREATE TABLE t (a b)", False),
        ("CREATE TABLE t (a CHECK (1 - -1))", "CREATE TABLE t (a CHECK (1 --1)\n))", False),
        ("CREATE VIRTUAL TABLE t USING fts5(a,b)", "CREATE VIRTUAL TABLE t USING fts5(a, b)", False),
    ],
)
def test_the_tokens_of_two_statements(one: str, other: str, *, same: bool) -> None:
    """White space around parentheses and commas means something in quotes and a module's arguments."""
    assert sql.same_tokens(one, other) is same
    assert (sql.canonical(one) == sql.canonical(other)) is same


@given(st.sampled_from(STATEMENTS), places)
@example(STATEMENTS[0], [(4, "\ufeff"), (5, "-- it's; \"\n"), (5, " \v"), (9, "/* ' */")])
def test_any_trivia_between_tokens_changes_nothing(statement: str, found: list[tuple[int, str]]) -> None:
    """White space and comments of any kind, in any number, leave the tokens and SQLite's verdict alone."""
    injected = scattered(statement, found)
    same_tokens(statement, injected)
    assert outcome(injected) == outcome(statement)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A", "a"),
        ("aBc", "AbC"),
        ("É", "é"),
        ("straße", "STRASSE"),
        ("İ", "i̇"),
        ("\u212a", "k"),
        ("\u017f", "s"),
        ("[", "{"),
    ],
)
def test_fold_is_sqlites_comparison_of_names(one: str, other: str) -> None:
    """Two names fold to the same text exactly when SQLite takes them for the same table."""
    connection = apsw.Connection(":memory:")
    connection.execute(f'CREATE TABLE "{one}" (a)')
    try:
        connection.execute(f'CREATE TABLE "{other}" (a)')
        same = False
    except apsw.SQLError:
        same = True
    assert (sql.fold(one) == sql.fold(other)) is same


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def named_by_sqlite(written: str) -> str:
    """The name that SQLite gives a table when it is ``written`` so in CREATE TABLE."""
    connection = apsw.Connection(":memory:")
    connection.execute(f"CREATE TABLE {written} (a)")
    (name,) = next(connection.execute("SELECT name FROM sqlite_schema"))
    connection.close()
    return str(name)


@given(names)
@example('a"b')
@example("a]b`c'd")
@example("1a")
@example("é")
@example("a\xa0b")
@example("a$b")
@example("select")
def test_quoted_names_come_back(name: str) -> None:
    """A quoted name is the name again for SQLite and for unquote."""
    assume(not sql.fold(name).startswith("sqlite_"))
    written = sql.quote(name)
    assert named_by_sqlite(written) == name
    assert sql.unquote(written) == name


@given(names)
def test_unquote_reads_every_style(name: str) -> None:
    """Each quoting style of SQLite gives the name back."""
    assume(not sql.fold(name).startswith("sqlite_"))
    styles = ['"' + name.replace('"', '""') + '"', "`" + name.replace("`", "``") + "`"]
    styles.append("'" + name.replace("'", "''") + "'")
    if "]" not in name:
        styles.append(f"[{name}]")
    for written in styles:
        assert sql.unquote(written) == name == named_by_sqlite(written)


@pytest.mark.parametrize("word", sorted(apsw.keywords))
def test_keywords_are_quoted(word: str) -> None:
    """A keyword as a table's name, in either case, is quoted so that SQLite takes it."""
    for name in (word, word.lower()):
        assert sql.quote(name) == f'"{name}"'
        assert named_by_sqlite(sql.quote(name)) == name


@pytest.mark.parametrize("name", ["users", "_", "a1_b2", "Users", "true", "rowid"])
def test_plain_names_stay_bare(name: str) -> None:
    """A name that SQLite reads without quotes gets none."""
    assert sql.quote(name) == name


def test_keywords_are_the_engines() -> None:
    """The list of keywords is the one of the SQLite that runs the migrations."""
    assert {word.lower() for word in apsw.keywords} == sql.KEYWORDS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CREATE TABLE t (a INT)", "create  table\nt(A int) ;"),
        ("CREATE TABLE t (a INT)", "CREATE TABLE t (a /* x */ INT -- y\n)"),
        ("CREATE TABLE t (a INT)", 'CREATE TABLE "t" (a INT)'),
        ("CREATE TABLE [t] (a INT)", "CREATE TABLE `t` (a INT)"),
        ("CREATE TABLE t ([a] INT)", "CREATE TABLE t (`a` INT)"),
        ("CREATE TABLE t ([a] INT)", 'CREATE TABLE t ("a" INT)'),
        ('CREATE TABLE t ([a"b] INT)', 'CREATE TABLE t ("a""b" INT)'),
        ("CREATE TABLE t (a DEFAULT 1E3)", "CREATE TABLE t (a DEFAULT 1e3)"),
        ("CREATE TABLE t (a DEFAULT 0XaB)", "CREATE TABLE t (a DEFAULT 0xAb)"),
        ("CREATE TABLE t (a DEFAULT X'aB')", "CREATE TABLE t (a DEFAULT x'Ab')"),
        ("CREATE INDEX i ON t(a)  -- why", "CREATE INDEX i ON t(a)"),
        ("CREATE VIRTUAL TABLE f USING fts5(a, b);", "create virtual  table f using FTS5(a, b)"),
    ],
)
def test_texts_with_the_same_canonical_form(one: str, other: str) -> None:
    """Texts that SQLite's parser cannot tell apart are equal."""
    assert sql.canonical(one) == sql.canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('CREATE TABLE t (a CHECK (a = "x"))', "CREATE TABLE t (a CHECK (a = x))"),
        ("CREATE TABLE t (a CHECK (a = 'x'))", 'CREATE TABLE t (a CHECK (a = "x"))'),
        ("CREATE TABLE t (a DEFAULT 'X')", "CREATE TABLE t (a DEFAULT 'x')"),
        ("CREATE TABLE t (a DEFAULT 'x  y')", "CREATE TABLE t (a DEFAULT 'x y')"),
        ('CREATE TABLE t ("A" INT)', 'CREATE TABLE t ("a" INT)'),
        ("CREATE TABLE t (a É)", "CREATE TABLE t (a é)"),
        ('CREATE TABLE "É" (a)', 'CREATE TABLE "é" (a)'),
        ('CREATE TABLE "a b" (a)', 'CREATE TABLE "a  b" (a)'),
        ("CREATE TABLE t (a DEFAULT 1)", "CREATE TABLE t (a DEFAULT 1.0)"),
        ("CREATE TABLE t (a DEFAULT 0)", "CREATE TABLE t (a DEFAULT (0))"),
        ("CREATE TABLE t (a INT, b INT)", "CREATE TABLE t (b INT, a INT)"),
        ("CREATE VIEW v AS SELECT 1 ->> 2", "CREATE VIEW v AS SELECT 1 -> 2"),
        ("CREATE VIEW v AS SELECT a b", "CREATE VIEW v AS SELECT ab"),
        ('CREATE INDEX i ON t ("a")', "CREATE INDEX i ON t (a)"),
        ("CREATE VIRTUAL TABLE f USING fts5(a, b)", "CREATE VIRTUAL TABLE f USING fts5(a,b)"),
        ("CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE f USING fts5(A)"),
        ("CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE f USING fts5(/* x */a)"),
    ],
)
def test_texts_with_different_canonical_forms(one: str, other: str) -> None:
    """Texts that can mean different things to SQLite are different."""
    assert sql.canonical(one) != sql.canonical(other)


def stored(literal: str) -> tuple[str, bytes, object]:
    """The storage class, the bytes and the value that SQLite stores for a literal, in a typeless column."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (v)")
    connection.execute(f"INSERT INTO t VALUES ({literal})")
    kind, raw = next(connection.execute("SELECT typeof(v), CAST(v AS BLOB) FROM t"))
    value: object = None if kind in {"text", "blob"} else next(connection.execute("SELECT v FROM t"))[0]
    connection.close()
    return str(kind), bytes(raw or b""), value


def test_null() -> None:
    """None is NULL."""
    assert stored(sql.literal(None))[0] == "null"


@given(st.integers(-(2**63), 2**63 - 1))
@example(-(2**63))
@example(2**63 - 1)
@example(2**53 + 1)
@example(0)
def test_integers_come_back(value: int) -> None:
    """Every 64-bit integer is stored as that integer."""
    kind, _, got = stored(sql.literal(value))
    assert (kind, got) == ("integer", value)


def from_bits(bits: int) -> float:
    """The real with these 64 bits."""
    (value,) = struct.unpack("<d", struct.pack("<Q", bits))
    assert isinstance(value, float)
    return value


reals = st.integers(0, 2**64 - 1).map(from_bits).filter(lambda value: not math.isnan(value))


@given(reals)
@example(0.1)
@example(-0.0)
@example(5e-324)
@example(2.2250738585072014e-308)
@example(2.225073858507201e-308)
@example(1.7976931348623157e308)
@example(math.inf)
@example(-math.inf)
@example(1e22)
@example(1e23)
@example(9007199254740993.0)
@example(123456789012345.6)
@example(0.30000000000000004)
def test_reals_come_back_bit_for_bit(value: float) -> None:
    """Every real, the zero with a sign, the subnormal ones and the infinities included, is stored exactly."""
    literal = sql.literal(value)
    kind, _, got = stored(literal)
    assert kind == "real"
    assert struct.pack("<d", got) == struct.pack("<d", value)
    selected = next(apsw.Connection(":memory:").execute(f"SELECT {literal}"))[0]
    assert selected == value


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (0.1, "0.1"),
        (1.0, "1.0"),
        (-2.5, "-2.5"),
        (20.0, "20.0"),
        (99.99, "99.99"),
        (1e-05, "1e-05"),
        (0.0, "0.0"),
    ],
)
def test_ordinary_decimals_stay_readable(value: float, literal: str) -> None:
    """A real that every SQLite reads exactly is written as a decimal."""
    assert sql.literal(value) == literal


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="there is no sqlite3 command")
def test_reals_come_back_through_the_sqlite3_command(tmp_path: Path) -> None:
    """An older SQLite, which rounds some decimals, stores every real exactly from its literal."""
    bits = random.Random(20)
    values = [value for value in (from_bits(bits.getrandbits(64)) for _ in range(3000)) if value == value]  # noqa: PLR0124
    values += [bits.uniform(-1000, 1000) for _ in range(1000)]
    values += [round(bits.uniform(-1e6, 1e6), bits.randrange(6)) for _ in range(1000)]
    values += [float(f"{bits.randrange(10**15)}e{bits.randrange(-30, 30)}") for _ in range(1000)]
    values += [math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 1e22, 1e23]
    script = "CREATE TABLE t (v);BEGIN;"
    script += "".join(f"INSERT INTO t VALUES ({sql.literal(value)});\n" for value in values) + "COMMIT;"
    file = tmp_path / "reals.db"
    subprocess.run(["sqlite3", "-bail", file], input=script.encode(), check=True)  # noqa: S607
    connection = sqlite3.connect(file)
    got = [row[0] for row in connection.execute("SELECT v FROM t ORDER BY rowid")]
    connection.close()
    wrong = [
        (value, back)
        for value, back in zip(values, got, strict=True)
        if struct.pack("<d", value) != struct.pack("<d", back)
    ]
    assert wrong == []


@given(st.binary() | st.text(st.characters(exclude_categories=["Cs"])).map(str.encode))
@example(b"")
@example(b"\0")
@example(b"a\0b")
@example(b"\xff\xfe")
@example(b"it's '' \"quoted\"")
@example(b"a\r\nb\n\tc\x1b[0m")
@example(b"BEGIN TRANSACTION; COMMIT;")
@example(b"BEGIN TRANSACTIONBEGIN TRANSACTION\r")
@example("\u2028\u2029\u0085🙂\ufeff\ufdd0".encode())
@example(b"\xed\xa0\x80")
@example(b"\r" * 200)
def test_text_comes_back_byte_for_byte(raw: bytes) -> None:
    """Any bytes that a TEXT value can hold are stored as TEXT again, from a literal that is safe to send."""
    literal = sql.literal(raw.decode("utf-8", "surrogateescape"))
    assert not set(literal) & {"\r", "\0", "\x1b"}
    assert "BEGIN TRANSACTION" not in literal
    literal.encode()
    assert stored(literal)[:2] == ("text", raw)


@pytest.mark.parametrize("value", ["", "plain", "it's", '{"a": [1, 2]}', "two\nlines", "naïve 日本 🙂"])
def test_ordinary_text_stays_readable(value: str) -> None:
    """Text that every tool passes on unchanged is written as itself between quotes."""
    assert sql.literal(value) == "'" + value.replace("'", "''") + "'"


@given(st.binary())
def test_blobs_come_back(value: bytes) -> None:
    """Bytes are stored as a BLOB of these bytes."""
    assert stored(sql.literal(value))[:2] == ("blob", value)


def test_a_value_that_no_database_holds() -> None:
    """A value that is none of SQLite's five kinds is refused by name."""
    with pytest.raises(TypeError, match="no SQL literal for list"):
        sql.literal([])


@given(st.text())
def test_printable_is_one_safe_line(text: str) -> None:
    """A stranger's text becomes one line without control characters, of the same length."""
    shown = sql.printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)


@pytest.mark.parametrize("count", [1, 3, 100])
@pytest.mark.parametrize("text", ["", ";", "SELECT 'a;' -- b\n", "SELECT 1; /* open", "é = $a::b(c'd);\n\n"])
def test_the_latest_tokens(text: str, count: int) -> None:
    """They are the end of all tokens, which may be fewer."""
    assert sql.latest(text, count) == sql.tokens(text)[-count:]
