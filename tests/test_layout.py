"""Laying out stored statements: where lines break, and that nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from squasher import layout, sql
from squasher.chain import read_chain
from squasher.profiles import SQLITE
from squasher.replay import replay
from squasher.volatile import UNIVERSES
from tests.test_cases import PROVED, Case, name_of

if TYPE_CHECKING:
    from pathlib import Path


def stored(script: str, name: str) -> str:
    """The text that SQLite stores of an object after a script."""
    connection = apsw.Connection(":memory:")
    connection.execute(script)
    (text,) = next(connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)))
    connection.close()
    assert isinstance(text, str)
    return text


def laid_out(script: str, name: str = "t") -> str:
    """The layout of what SQLite stores of an object after a script."""
    return layout.statement(stored(script, name))


def test_one_column_per_line() -> None:
    """A table written on one line gets a line per column and table constraint."""
    assert laid_out(
        "create table t(a INTEGER PRIMARY KEY, b DECIMAL(10, 5) NOT NULL DEFAULT (1+2),UNIQUE (a, b))"
    ) == (
        "CREATE TABLE t (\n"
        "    a INTEGER PRIMARY KEY,\n"
        "    b DECIMAL(10, 5) NOT NULL DEFAULT (1+2),\n"
        "    UNIQUE (a, b)\n"
        ")"
    )


@pytest.mark.parametrize("case", [case for case in PROVED if case.profile == "sqlite"], ids=name_of)
def test_a_table_without_comments_is_cut_as_others_are(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case's tables are laid out alike, whether a look at each token is taken or not."""
    with replay(read_chain(case.migrations), SQLITE, UNIVERSES[0]) as chain:
        texts = chain.database.execute("SELECT sql FROM sqlite_schema WHERE type = 'table'")
    found = [layout.statement(text) for (text,) in texts]
    monkeypatch.setattr(layout, "cells", lambda _: None)
    assert found == [layout.statement(text) for (text,) in texts]


def test_comments_stay_with_what_they_describe() -> None:
    """A comment above, beside or below a column stays there, and the comma comes before it."""
    script = """CREATE TABLE t (
      -- the key
      a INTEGER PRIMARY KEY,  -- beside a
      /* above b */
      b TEXT, -- beside b
      -- above c
      c TEXT -- beside c
      -- below c
    )"""
    assert laid_out(script) == (
        "CREATE TABLE t (\n"
        "    -- the key\n"
        "    a INTEGER PRIMARY KEY,  -- beside a\n"
        "    /* above b */\n"
        "    b TEXT,  -- beside b\n"
        "    -- above c\n"
        "    c TEXT  -- beside c\n"
        "    -- below c\n"
        ")"
    )


def test_a_comment_before_the_comma() -> None:
    """A comment between a column and its comma goes beside the column, behind the comma."""
    script = "CREATE TABLE t (\n a INT -- one\n, b INT /* two */, c INT\n)"
    assert laid_out(script) == ("CREATE TABLE t (\n    a INT,  -- one\n    b INT,  /* two */\n    c INT\n)")


def test_what_drop_column_leaves() -> None:
    """A comment that DROP COLUMN left behind stays above the next column."""
    script = """CREATE TABLE t (
      a INT, -- about a
      -- about b
      b INT, -- beside b
      c INT -- about c
    ); ALTER TABLE t DROP COLUMN b;"""
    text = laid_out(script)
    assert sql.canonical(text) == sql.canonical(stored(script, "t"))
    assert text.splitlines()[1:-1] == ["    a INT,  -- about a", "    -- about b", "    c INT  -- about c"]


def test_dropping_the_last_column() -> None:
    """SQLite deletes from the comma before a dropped last column: no comma and no comment is left."""
    script = "CREATE TABLE t (a INT, -- about a\n b INT -- about b\n); ALTER TABLE t DROP COLUMN b;"
    assert laid_out(script) == "CREATE TABLE t (\n    a INT\n)"


def test_what_add_column_adds() -> None:
    """SQLite puts an added column before the comma behind the last one; it gets a line of its own."""
    script = "CREATE TABLE t (\n  a INT,\n  UNIQUE (a)\n);"
    script += "ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x'; ALTER TABLE t ADD c /* about c */ INT;"
    assert laid_out(script) == (
        "CREATE TABLE t (\n    a INT,\n    b TEXT DEFAULT 'x',\n    c /* about c */ INT,\n    UNIQUE (a)\n)"
    )


def test_continuation_lines_are_indented() -> None:
    """A column that its author wrote on several lines keeps them, indented below its first."""
    script = "CREATE TABLE t (\n  a TEXT NOT NULL\n      DEFAULT 'x'\n CHECK (a <> ''),\n  b INT)"
    assert laid_out(script) == (
        "CREATE TABLE t (\n    a TEXT NOT NULL\n        DEFAULT 'x'\n        CHECK (a <> ''),\n    b INT\n)"
    )


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE t (a INT -- one; two;\n)",
        "CREATE TABLE t (a INT, /* one; two */ b INT)",
        "CREATE INDEX t ON u (a /* one; two */)",
        "CREATE VIEW t AS SELECT a -- one; two\nFROM u",
        "CREATE TRIGGER t AFTER INSERT ON u /* one; */ BEGIN SELECT 1 /* two; */; END",
    ],
)
def test_semicolons_in_comments(script: str) -> None:
    """A semicolon in a comment becomes a comma: splitters count it as the end of a statement."""
    text = laid_out("CREATE TABLE u (a); " + script)
    comments = [token.text for token in sql.tokens(text) if token.kind == sql.COMMENT]
    assert comments
    assert not any(";" in comment for comment in comments)
    assert any("one," in comment for comment in comments)


def test_semicolons_in_strings_stay() -> None:
    """A semicolon in a string or a name is data."""
    assert "'a;b'" in laid_out("CREATE TABLE t (a DEFAULT 'a;b', \"c;d\" INT)")
    assert '"c;d"' in laid_out("CREATE TABLE t (a DEFAULT 'a;b', \"c;d\" INT)")


def test_transaction_words_in_comments() -> None:
    """The words that wrangler deletes wherever they stand are written so that it does not see them."""
    assert "BEGIN TRANSACTION" not in laid_out("CREATE TABLE t (a INT -- no BEGIN TRANSACTION here\n)")


@pytest.mark.parametrize(
    ("script", "last"),
    [
        ("CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID", ") WITHOUT ROWID"),
        ("CREATE TABLE t (a TEXT PRIMARY KEY)strict,without  rowid", ") strict, without rowid"),
        ("CREATE TABLE t (a TEXT PRIMARY KEY) STRICT -- why\n", ") STRICT"),
    ],
)
def test_options(script: str, last: str) -> None:
    """The options of a table follow its closing parenthesis."""
    assert laid_out(script).splitlines()[-1] == last


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("users", "CREATE TABLE users ("),
        ("order", 'CREATE TABLE "order" ('),
        ("two words", 'CREATE TABLE "two words" ('),
        ('a"b', 'CREATE TABLE "a""b" ('),
        ("naïve", 'CREATE TABLE "naïve" ('),
        ("1st", 'CREATE TABLE "1st" ('),
    ],
)
def test_names_after_a_rename(name: str, head: str) -> None:
    """The quotes that RENAME puts around a name go when the name needs none."""
    quoted = name.replace('"', '""')
    script = f'CREATE TABLE u (a); ALTER TABLE u RENAME TO "{quoted}"'
    text = laid_out(script, name)
    assert text.splitlines()[0] == head
    assert stored(text, name)


def test_triggers() -> None:
    """BEGIN and END of a trigger stand on lines of their own, and its statements as they were written."""
    script = """CREATE TABLE u (a, b);
    CREATE TRIGGER t AFTER UPDATE OF a ON u FOR EACH ROW
    WHEN new.a <> old.a BEGIN
        UPDATE u SET b = CASE WHEN new.a THEN 1 ELSE 2 END;
        -- then
        DELETE FROM u;
    END"""
    assert laid_out(script) == (
        "CREATE TRIGGER t AFTER UPDATE OF a ON u FOR EACH ROW\n"
        "    WHEN new.a <> old.a\n"
        "BEGIN\n"
        "        UPDATE u SET b = CASE WHEN new.a THEN 1 ELSE 2 END;\n"
        "        -- then\n"
        "        DELETE FROM u;\n"
        "END"
    )


def test_one_line_triggers() -> None:
    """A trigger on one line gets a line per statement."""
    script = "CREATE TABLE u (a); CREATE TRIGGER t AFTER INSERT ON u begin DELETE FROM u; SELECT ';'; end"
    assert laid_out(script) == (
        "CREATE TRIGGER t AFTER INSERT ON u\nBEGIN\n    DELETE FROM u;\n    SELECT ';';\nEND"
    )


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TRIGGER t AFTER UPDATE OF begin ON u BEGIN UPDATE u SET begin = 1; END",
        "CREATE TRIGGER t AFTER INSERT ON u WHEN new.begin > 0 BEGIN SELECT begin FROM u; END",
        "CREATE TRIGGER t AFTER INSERT ON u WHEN new.begin BEGIN SELECT CASE WHEN 1 THEN 2 END; END",
        "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1 AS 'end', \"end\" FROM u; END",
        "CREATE TRIGGER t AFTER INSERT ON u BEGIN WITH x AS (SELECT 1) SELECT * FROM x; END",
        "CREATE TRIGGER begin AFTER INSERT ON u BEGIN REPLACE INTO u VALUES (1, 2); END",
        "CREATE TRIGGER begin DELETE ON u BEGIN SELECT 1; END",
    ],
)
def test_columns_called_begin_and_end(script: str) -> None:
    """A trigger over a column called begin or end is cut at its own BEGIN and END, and still runs."""
    setup = 'CREATE TABLE u (begin INT, "end" INT);'
    name = "begin" if "TRIGGER begin" in script else "t"
    text = laid_out(setup + script, name)
    assert text.splitlines()[1] == "BEGIN"
    assert text.splitlines()[-1] == "END"
    assert sql.canonical(stored(setup + text, name)) == sql.canonical(script)


@pytest.mark.parametrize(
    "check",
    [
        "a>0",
        "a  >  0",
        "( a > 0 )",
        "a\n        > 0",
        "a > 0 /* x */",
        "a IN ('p;q',\n  'r')",
        "a /*\n*/ > 0",
    ],
)
def test_the_inside_of_a_check_stays_byte_for_byte(check: str) -> None:
    """SQLite shows the text of an unnamed CHECK in its error message, so the message is the same."""
    script = f"CREATE TABLE t (\n  a INT\n    CHECK ({check}),\n  CHECK ({check})\n)"
    messages = []
    for text in (script, laid_out(script)):
        connection = apsw.Connection(":memory:")
        connection.execute(text)
        with pytest.raises(apsw.ConstraintError, match="CHECK constraint failed") as caught:
            connection.execute("INSERT INTO t VALUES (-1)")
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


STORED = [
    "CREATE TABLE t (a)",
    "CREATE TABLE t(a,b,c)",
    "CREATE TABLE t (a INT /* never closed? no */, b INT) -- tail\n",
    "CREATE TABLE t (a, CONSTRAINT k CHECK (a > 0) CONSTRAINT l UNIQUE (a))",
    "CREATE TABLE t (a UNIQUE ON CONFLICT REPLACE, b, PRIMARY KEY (b) ON CONFLICT IGNORE)",
    'CREATE TABLE t ("check" INT, "unique" INT, [primary] INT, `foreign` INT, "constraint" INT)',
    "CREATE TABLE t (\"a,b\" INT, [c)d] INT, `e(f` INT, g DEFAULT '),(')",
    "CREATE TABLE t (a REFERENCES u (x) ON DELETE CASCADE, FOREIGN KEY (a) REFERENCES u (y))",
    "CREATE TABLE t (c, a INT AS (1 + (2 * 3)) STORED, b GENERATED ALWAYS AS (a || ')') VIRTUAL)",
    "CREATE TABLE t (\r\n  a INT, -- about a\r\n  b INT -- about b\r\n)",
    "CREATE TABLE t (a INT,\n\n\n  -- far above b\n\n  b INT\n\n)",
    "CREATE TABLE t (-- first\n a INT -- second\n -- third\n, -- fourth\n b INT -- fifth\n)",
    "CREATE TABLE t (a INT, /* x */ /* y */ b INT /* z */ -- w\n)",
    "CREATE TABLE t (a INT /* in\n between */ NOT NULL, b /* here */ TEXT)",
    "CREATE TABLE t (a INT DEFAULT 'line\nbreak', b TEXT CHECK (b IN ('p',\n 'q')))",
    "CREATE TABLE t (a INT\n-- between\nNOT NULL)",
    "CREATE TABLE t (a INT PRIMARY KEY) STRICT, WITHOUT /* x */ ROWID",
    "CREATE UNIQUE INDEX i ON u (x COLLATE NOCASE DESC, lower(y)) WHERE x IS NOT NULL  -- why\n",
    "CREATE VIEW v (a, b) AS\n  SELECT x,   y -- note; here\n  FROM u\n",
    "CREATE VIEW v AS SELECT 1 AS begin, 2 AS [end]",
    "CREATE TRIGGER r AFTER INSERT ON u BEGIN DELETE FROM u; END",
    "CREATE TRIGGER r INSTEAD OF INSERT ON w BEGIN\n  INSERT INTO u VALUES (new.x, ';');\nEND",
    "CREATE TRIGGER r AFTER INSERT ON u /* a; b */ BEGIN -- c; d\n SELECT 1; -- e; f\n END",
    "CREATE TRIGGER r AFTER INSERT ON u BEGIN SELECT 1; /* last */ END",
    "CREATE VIRTUAL TABLE f USING fts5(a, b, /* not touched; */ tokenize='porter')",
]


def every_stored_text(repository: Path) -> list[str]:
    """All texts that SQLite stores, at any time, while the project's own migrations run."""
    connection = apsw.Connection(":memory:")
    texts: dict[str, None] = {}
    for migration in read_chain(repository / "migrations").migrations:
        connection.execute(migration.text)
        for (text,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"):
            texts[str(text)] = None
    connection.close()
    return list(texts)


@pytest.mark.parametrize("text", STORED)
def test_layout_keeps_the_tokens_and_is_final(text: str) -> None:
    """A laid out statement has the tokens of the original, and laying it out again changes nothing."""
    once = layout.statement(text)
    assert sql.canonical(once) == sql.canonical(text)
    assert layout.statement(once) == once


@pytest.mark.parametrize("text", STORED)
def test_sqlite_takes_the_layout(text: str) -> None:
    """SQLite stores a laid out statement as the same tokens that it stores of the original."""
    setup = "CREATE TABLE u (x, y); CREATE VIEW w AS SELECT * FROM u;"
    name = sql.unquote(next(t for t in sql.significant(text)[2:] if t.text not in {"INDEX", "TABLE"}).text)
    original = stored(setup + text, name)
    again = stored(setup + layout.statement(original) + ";", name)
    assert sql.canonical(again) == sql.canonical(original)
    assert layout.statement(again) == layout.statement(original)


def test_the_projects_own_texts(repository: Path) -> None:
    """Every text that the project's chain ever stores keeps its tokens, and its layout is final."""
    texts = every_stored_text(repository)
    assert len(texts) > 100
    for text in texts:
        once = layout.statement(text)
        assert sql.canonical(once) == sql.canonical(text)
        assert layout.statement(once) == once


def test_line_ends_of_windows() -> None:
    """A table written with CR LF is laid out with LF."""
    text = laid_out("CREATE TABLE t (\r\n  a INT\r\n    NOT NULL, -- about a\r\n  b INT\r\n)")
    assert "\r" not in text
    assert text == "CREATE TABLE t (\n    a INT\n        NOT NULL,  -- about a\n    b INT\n)"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ALTER TABLE Old RENAME TO New", ("old", "new")),
        ('alter table main . "a b" rename /* x */ to [c d];', ("a b", "c d")),
        ("ALTER TABLE t RENAME COLUMN a TO b", None),
        ("ALTER TABLE t RENAME a TO b", None),
        ("ALTER TABLE t ADD COLUMN a", None),
        ("ALTER TABLE t RENAME TO", None),
        ("CREATE TABLE t (a)", None),
        ("", None),
    ],
)
def test_renamed(text: str, names: tuple[str, str] | None) -> None:
    """The two names of ALTER TABLE … RENAME TO, and nothing for any other statement."""
    assert layout.renamed(text) == names
