"""The formats that other programs read: a unified diff for viewers of diffs, commands for GitHub."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

import squasher
from squasher import layout
from squasher.changes import Removed
from squasher.comparison import Finding
from squasher.lines import Place
from squasher.model import Column, Index
from squasher.render import RENDERERS
from squasher.render.report import sections
from squasher.render.statements import Line, Statements, hunks
from squasher.risks import Risk
from squasher.sql import printable_lines

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.comparison import Comparison

OLD: Final = """\
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    state TEXT DEFAULT 'new', -- new or old
    note TEXT DEFAULT 'a
b\x1b[31m',
    born,
    died,
    height,
    seen,
    weight INT,
    UNIQUE (email)
);
CREATE INDEX users_state ON users (state);
CREATE TABLE roles (name TEXT PRIMARY KEY, rank INTEGER);
INSERT INTO roles VALUES ('admin', 1), ('guest', 2), ('odd' || char(10) || 'one', 3);
CREATE VIEW admins AS SELECT name FROM roles WHERE rank = 1;
CREATE TABLE gone (a);
CREATE TRIGGER roles_keep BEFORE DELETE ON roles
BEGIN
    SELECT RAISE(ABORT, 'roles stay');
END;
"""
NEW: Final = (
    OLD.replace("email TEXT NOT NULL", "email TEXT")
    .replace("weight INT", "weight REAL")
    .replace("ON users (state)", "ON users (state DESC)")
    .replace("('guest', 2)", "('guest', 5)")
    .replace(", ('odd' || char(10) || 'one', 3)", ", ('more', 4)")
    .replace("rank = 1", "rank < 3")
    .replace("roles stay", "all roles stay")
    .replace("CREATE TABLE gone (a);\n", "CREATE TABLE come (a, b);\nINSERT INTO come VALUES (1, 'x');\n")
)


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Comparison:
    """The two schemas above, as a diff."""
    monkeypatch.chdir(tmp_path)
    return compare(tmp_path, OLD, NEW)


def compare(folder: Path, old: str, new: str) -> Comparison:
    """What differs between two schemas, as a diff of a chain and a file."""
    (folder / "migrations").mkdir(exist_ok=True)
    (folder / "migrations" / "0001_all.sql").write_text(old, encoding="utf-8")
    (folder / "new.sql").write_text(new, encoding="utf-8")
    return squasher.check("migrations", "new.sql", "sqlite")._replace(command="diff")


def test_the_diff_of_statements(compared: Comparison) -> None:
    """A diff per object; what came or went is whole, a changed column one line, a changed row one INSERT."""
    assert RENDERERS["sql"](compared).split("--- ")[1:] == [
        """\
/dev/null
+++ new.sql/come (table)
@@ -0,0 +1,5 @@
+CREATE TABLE come (
+    a,
+    b
+);
+INSERT INTO come (a, b) VALUES (1, 'x');
""",
        """\
migrations/gone (table)
+++ /dev/null
@@ -1,3 +0,0 @@
-CREATE TABLE gone (
-    a
-);
""",
        """\
migrations/roles (table)
+++ new.sql/roles (table)
@@ -1,6 +1,6 @@
 CREATE TRIGGER roles_keep BEFORE DELETE ON roles
 BEGIN
-    SELECT RAISE(ABORT, 'roles stay');
+    SELECT RAISE(ABORT, 'all roles stay');
 END;
-INSERT INTO roles (name, rank) VALUES ('guest', 2);
+INSERT INTO roles (name, rank) VALUES ('guest', 5);
-INSERT INTO roles (name, rank) VALUES ('odd' || char(10) || 'one', 3);
+INSERT INTO roles (name, rank) VALUES ('more', 4);
""",
        """\
migrations/users (table)
+++ new.sql/users (table)
@@ -1,6 +1,6 @@
 CREATE TABLE users (
     id INTEGER PRIMARY KEY,
-    email TEXT NOT NULL,
+    email TEXT,
     state TEXT DEFAULT 'new',  -- new or old
     note TEXT DEFAULT 'a
 b\N{REPLACEMENT CHARACTER}[31m',
@@ -8,7 +8,7 @@
     died,
     height,
     seen,
-    weight INT,
+    weight REAL,
     UNIQUE (email)
 );
-CREATE INDEX users_state ON users (state);
+CREATE INDEX users_state ON users (state DESC);
""",
        """\
migrations/admins (view)
+++ new.sql/admins (view)
@@ -1 +1 @@
-CREATE VIEW admins AS SELECT name FROM roles WHERE rank = 1;
+CREATE VIEW admins AS SELECT name FROM roles WHERE rank < 3;
""",
    ]


def test_the_diff_applies(compared: Comparison, tmp_path: Path) -> None:
    """``patch`` makes the new statements of the old ones, object by object."""
    parts = RENDERERS["sql"](compared).split("--- ")[1:]
    statements = Statements(compared)
    found = sections(compared.voice, compared.findings)
    assert len(parts) == len(found) == 5
    for part, section in zip(parts, found, strict=True):
        lines = statements.lines(section)
        before, after = (
            "".join(f"{line.text}\n" for line in lines if line.mark in f" {mark}") for mark in "-+"
        )
        (tmp_path / "one").write_text(before, encoding="utf-8")
        done = subprocess.run(
            ["patch", "--batch", "--fuzz=0", "--output=-", "one"],  # noqa: S607 - the one on the path
            input=f"--- {part}",
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, after), done.stderr
        for text, side in ((before, compared.old), (after, compared.new)):
            table = next((one for one in side.snapshot.objects if one.name == section.name), None)
            if section.name != "roles" and table is not None:
                assert text.startswith(printable_lines(layout.statement(str(table.sql))))


def test_long_statements_are_diffs_too() -> None:
    """Parts that are far apart stand apart, and their line numbers count both sides."""
    lines = [Line(" ", str(number)) for number in range(1, 31)]
    lines[4] = Line("-", "5")
    lines[11] = Line("+", "12")
    lines[24] = Line("+", "25")
    assert [head for head, _ in hunks(lines)] == ["@@ -2,13 +2,13 @@", "@@ -21,6 +21,7 @@"]


def test_a_diff_that_would_take_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two statements of thousands of lines that share nothing at their ends are shown whole."""
    monkeypatch.chdir(tmp_path)
    body = "".join(f"SELECT {number % 7};\n" for number in range(3000))
    trigger = "CREATE TABLE t (a);\nCREATE TRIGGER r AFTER {} ON t BEGIN\n{}SELECT 'end';\nEND;\n"
    found = compare(tmp_path, trigger.format("INSERT", body), trigger.format("DELETE", f"{body}SELECT 8;\n"))
    said = RENDERERS["sql"](found)
    lines = [line[0] for line in said.split("\n")[3:-1]]
    assert (lines.count("-"), lines.count("+"), lines.count(" ")) == (3002, 3003, 2)


def test_colours_of_a_diff(compared: Comparison) -> None:
    """As git has them, around lines that are the same without."""
    colored = RENDERERS["sql"](compared, color=True)
    assert "\x1b[31m-    email TEXT NOT NULL,\x1b[m\n\x1b[32m+    email TEXT,\x1b[m\n" in colored
    assert "\x1b[1m--- migrations/gone (table)\x1b[m\n" in colored
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[1m", "\x1b[m"):
        colored = colored.replace(code, "")
    assert colored == RENDERERS["sql"](compared)


@pytest.mark.parametrize("form", ["sql", "github"])
def test_nothing_differs(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A diff of nothing is nothing; a check says that the two are equivalent."""
    monkeypatch.chdir(tmp_path)
    found = compare(tmp_path, OLD, OLD)
    assert RENDERERS[form](found) == ""
    said = RENDERERS[form](found._replace(command="check"))
    assert said.endswith("new.sql is equivalent to migrations/ (0001)\n")


def test_annotations(compared: Comparison) -> None:
    """A warning where something can go wrong, else a notice; on the migration's line where it is known."""
    place = Place("./migrations/0007_a,b:50%.sql", 3)
    column = Column("email", "TEXT", not_null=False, default=None, primary_key=0, hidden=0, collation=None)
    findings = (
        Finding(Removed(("table", "users, all"), column), place, (Risk("data", "its values are lost"),)),
        Finding(Removed(("table", "users"), column), None, ()),
    )
    said = RENDERERS["github"](compared._replace(findings=findings))
    assert said == (
        "::warning file=migrations/0007_a%2Cb%3A50%25.sql,line=3,title=users%2C all"
        "::dropped column email: TEXT; can destroy data: its values are lost\n"
        "::notice title=users::dropped column email: TEXT\n"
    )
    checked = RENDERERS["github"](compared._replace(findings=findings[1:], command="check"))
    assert checked == "::error title=users::missing column email TEXT\n"


def test_annotations_of_strangers_text(compared: Comparison) -> None:
    """A name with line ends and commands in it stays within its annotation."""
    name = "i\r\n::error::pwned\n%0A::add-mask::x,file=y"
    index = Index(
        name, "t", unique=False, origin="c", partial=False, columns=(), sql=f'CREATE INDEX "{name}" ON t (a)'
    )
    finding = Finding(Removed(("table", name), index), Place(f"m/{name}", 1), ())
    said = RENDERERS["github"](compared._replace(findings=(finding,)))
    inner = "i  %3A%3Aerror%3A%3Apwned %250A%3A%3Aadd-mask%3A%3Ax%2Cfile=y"
    assert said == (
        f"::notice file=m/{inner},line=1,title={inner}"
        "::dropped index i  ::error::pwned %250A::add-mask::x,file=y: ON t (a)\n"
    )
