"""Renames in a diff: told where a chain performed one, and never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.commands.diff import Sides
from squasher.commands.diff import diff as command
from squasher.profiles import D1, SQLITE
from squasher.render import RENDERERS
from tests.targets import of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from squasher.comparison import Comparison
    from squasher.profiles import Profile

    Write = Callable[[Mapping[str, str | bytes]], Path]

BASE = """\
CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT NOT NULL CHECK (mail <> ''));
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INT REFERENCES users (id));
CREATE INDEX users_mail ON users (mail);
CREATE VIEW mails AS SELECT mail FROM users;
CREATE TRIGGER users_keep AFTER UPDATE OF mail ON users
BEGIN
    UPDATE orders SET user_id = new.id WHERE user_id = old.id;
END;
INSERT INTO users VALUES (1, 'ada@example.com');
"""


def lines(result: Comparison) -> list[str]:
    """The lines of the text that tell a change, with single spaces."""
    said = (" ".join(line.split()) for line in RENDERERS["text"](result).splitlines())
    return [line for line in said if line[:2] in {"+ ", "- ", "~ "}]


def through(write_chain: Write, *files: str, start: str = "0001", to: str | None = None) -> list[str]:
    """What a chain of these files does behind its first one, or between two."""
    directory = write_chain({f"{number:04}_step.sql": text for number, text in enumerate((BASE, *files), 1)})
    return lines(command(Sides(start=start, to=to), of(D1, directory)))


def test_a_renamed_column(write_chain: Write) -> None:
    """One line; what names the column in CHECKs, indexes, views, triggers and rows has only followed."""
    assert through(write_chain, "ALTER TABLE users RENAME COLUMN mail TO email;\n") == [
        "~ column email renamed from mail (0002_step.sql:1)"
    ]


def test_a_renamed_table(write_chain: Write) -> None:
    """One line; foreign keys of other tables, views, triggers and rows have only followed."""
    assert through(write_chain, "-- people\nALTER TABLE users RENAME TO people;\n") == [
        "~ table renamed from users (0002_step.sql:2)"
    ]


@pytest.mark.parametrize("apart", [True, False], ids=["in three files", "in one file"])
def test_three_renames_in_a_row(write_chain: Write, *, apart: bool) -> None:
    """The first name and the last one are told, with the line of the last rename."""
    steps = [
        f"ALTER TABLE users RENAME COLUMN {old} TO {new};\n"
        for old, new in (("mail", "email"), ("email", "e_mail"), ("e_mail", "address"))
    ]
    files = steps if apart else ["".join(steps)]
    place = "0004_step.sql:1" if apart else "0002_step.sql:3"
    assert through(write_chain, *files) == [f"~ column address renamed from mail ({place})"]


def test_a_column_and_its_table(write_chain: Write) -> None:
    """Both are told, under the table's new name."""
    assert through(
        write_chain,
        "ALTER TABLE users RENAME COLUMN mail TO email;\nALTER TABLE users RENAME TO people;\n",
        "ALTER TABLE people RENAME COLUMN email TO address;\n",
    ) == [
        "~ table renamed from users (0002_step.sql:2)",
        "~ column address renamed from mail (0003_step.sql:1)",
    ]


def test_a_rename_and_more(write_chain: Write) -> None:
    """What else was done to a renamed table is told beside the rename, and nothing twice."""
    assert through(
        write_chain,
        "ALTER TABLE users RENAME COLUMN mail TO email;\n"
        "DROP INDEX users_mail;\n"
        "ALTER TABLE users ADD COLUMN phone TEXT;\n"
        "UPDATE users SET email = 'ada@example.org';\n",
    ) == [
        "~ column email renamed from mail (0002_step.sql:1)",
        "+ column phone TEXT (0002_step.sql:3)",
        "- index users_mail ON users (email) (0002_step.sql:2)",
        "~ cell email 'ada@example.com' → 'ada@example.org' in the row with id 1 (0002_step.sql:4)",
    ]


def test_a_renamed_column_that_a_rebuild_changed_later(write_chain: Write) -> None:
    """The rename counts also where the table was made anew afterwards."""
    rebuild = """\
CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT);
INSERT INTO users_new SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE INDEX users_mail ON users (email);
"""
    found = through(
        write_chain,
        "DROP VIEW mails;\nDROP TRIGGER users_keep;\nALTER TABLE users RENAME COLUMN mail TO email;\n",
        "PRAGMA defer_foreign_keys = on;\n" + rebuild,
    )
    assert found == [
        "~ column email renamed from mail (0002_step.sql:3)",
        "~ column email NOT NULL → nullable (0003_step.sql:2)",
        "- check email (email <> '') (0003_step.sql:2)",
        "- trigger users_keep after update (0002_step.sql:2)",
        "- view 1 column (0002_step.sql:1)",
    ]


def test_the_way_back(write_chain: Write) -> None:
    """A chain that renamed is known when the old side is the chain; no line of the new side caused it."""
    assert through(
        write_chain,
        "ALTER TABLE users RENAME COLUMN mail TO email;\nALTER TABLE users RENAME TO people;\n",
        start="0002",
        to="0001",
    ) == ["~ table renamed from people", "~ column mail renamed from email"]


def test_a_rename_between_a_file_and_a_chain(write_chain: Write, tmp_path: Path) -> None:
    """The old side need not be a chain: the new side's chain tells what was renamed."""
    directory = write_chain(
        {"0001_step.sql": BASE, "0002_step.sql": "ALTER TABLE users RENAME COLUMN mail TO email;\n"}
    )
    (tmp_path / "old.sql").write_text(BASE, encoding="utf-8")
    forth = squasher.diff(str(tmp_path / "old.sql"), str(directory))
    assert lines(forth) == ["~ column email renamed from mail (0002_step.sql:1)"]
    back = squasher.diff(str(directory), str(tmp_path / "old.sql"))
    assert lines(back) == ["~ column mail renamed from email"]


def test_likeness_is_no_rename(tmp_path: Path) -> None:
    """Where no chain performed a rename, a column that is gone and one that is new are just that."""
    for name, column in (("old.sql", "mail"), ("new.sql", "email")):
        (tmp_path / name).write_text(f"CREATE TABLE users (id INTEGER PRIMARY KEY, {column} TEXT);\n")
    found = lines(squasher.diff(str(tmp_path / "old.sql"), str(tmp_path / "new.sql")))
    assert found == ["- column mail TEXT", "+ column email TEXT"]


def test_a_name_that_was_given_again_is_no_rename(write_chain: Write) -> None:
    """A renamed column that was dropped, and another one made under the new name: the values are lost."""
    found = through(
        write_chain,
        "ALTER TABLE orders RENAME COLUMN user_id TO buyer;\n",
        "CREATE TABLE o (id INTEGER PRIMARY KEY);\nDROP TRIGGER users_keep;\n"
        "DROP TABLE orders;\nALTER TABLE o RENAME TO orders;\n",
        "ALTER TABLE orders ADD COLUMN buyer INT;\n",
    )
    assert "renamed" not in " ".join(found)
    assert any(line.startswith("- column user_id") for line in found)
    assert "+ column buyer INT (0004_step.sql:1)" in found


def test_a_column_that_is_made_anew_under_the_old_name(write_chain: Write) -> None:
    """Where the old name stands again, nobody can tell from the outside: names say who is who."""
    found = through(
        write_chain,
        "ALTER TABLE orders RENAME COLUMN user_id TO buyer;\nALTER TABLE orders ADD COLUMN user_id INT;\n",
    )
    assert "renamed" not in " ".join(found)
    assert any(line.startswith("+ column buyer INT") for line in found)


def test_a_rename_that_the_old_side_does_not_take(write_chain: Write, tmp_path: Path) -> None:
    """Where SQLite refuses the rename, for a view that does not compile, the names tell all."""
    directory = write_chain(
        {
            "0001_step.sql": "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);\n",
            "0002_step.sql": "ALTER TABLE t RENAME COLUMN a TO b;\n",
        }
    )
    (tmp_path / "old.sql").write_text(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);\nCREATE VIEW v AS SELECT missing FROM t;\n"
    )
    found = lines(squasher.diff(str(tmp_path / "old.sql"), str(directory)))
    assert [line.split(" (")[0] for line in found if "column" in line][:2] == [
        "- column a TEXT",
        "+ column b TEXT",
    ]


def test_names_keep_their_case(write_chain: Write) -> None:
    """A new name in capitals is one rename, not another one in small letters beside it."""
    assert through(
        write_chain, "ALTER TABLE users RENAME TO People;\nALTER TABLE People RENAME COLUMN mail TO EMail;\n"
    ) == [
        "~ table renamed from users (0002_step.sql:1)",
        "~ column EMail renamed from mail (0002_step.sql:2)",
    ]


def test_a_renamed_column_that_the_same_file_rebuilt(write_chain: Write) -> None:
    """A rename has a place, the last statement that wrote the column, when its file changed more of it."""
    rebuild = """\
ALTER TABLE users RENAME COLUMN mail TO email;
CREATE TABLE new (id INTEGER PRIMARY KEY, email TEXT CHECK (email <> ''));
INSERT INTO new SELECT id, email FROM users;
DROP VIEW mails;
DROP TABLE users;
ALTER TABLE new RENAME TO users;
"""
    said = through(write_chain, rebuild)
    assert "~ column email renamed from mail (0002_step.sql:2)" in said


STRING = 'CREATE TABLE a (x CHECK (x <> "no such"));\nCREATE TABLE b (c);\n'


def test_strings_in_double_quotes_in_other_tables(write_chain: Write) -> None:
    """SQLite rewrites them when it renames, on either side: that is no change of these tables."""
    directory = write_chain({"0001_a.sql": STRING, "0002_b.sql": "ALTER TABLE b RENAME COLUMN c TO d;\n"})
    sides = Sides(start="0001")
    assert lines(command(sides, of(D1, directory))) == ["~ column d renamed from c (0002_b.sql:1)"]


@pytest.mark.parametrize("profile", [D1, SQLITE], ids=lambda profile: profile.name)
def test_a_renamed_full_text_table(write_chain: Write, profile: Profile) -> None:
    """Its content goes with it, either way, and what was added to it is told."""
    made = "CREATE VIRTUAL TABLE notes USING fts5 (body);\nINSERT INTO notes VALUES ('one');\n"
    renamed = "ALTER TABLE notes RENAME TO texts;\n"
    files = {"0001_a.sql": made, "0002_b.sql": renamed, "0003_c.sql": "INSERT INTO texts VALUES ('two');\n"}
    directory = str(write_chain(files))

    def between(start: str, to: str) -> list[str]:
        return lines(command(Sides(directory, directory, start, to), of(profile)))

    assert between("0001", "0002") == ["~ table renamed from notes (0002_b.sql:1)"]
    assert between("0002", "0001") == ["~ table renamed from texts"]
    first, more = between("0001", "0003")
    assert first == "~ table renamed from notes (0002_b.sql:1)"
    assert more.startswith("+ 1 row" if profile is D1 else "~ content")
