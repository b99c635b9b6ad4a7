"""History: what each migration did on the whole, and the lives of objects, columns and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher import history
from squasher.chain import read_chain
from squasher.changes import Added, Check, Modified, Removed, RowSet
from squasher.identity import Rename
from squasher.model import Column, ForeignKey, Index, Table, kind_of
from squasher.profiles import D1, SQLITE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from squasher.episodes import Event
    from squasher.history import History
    from squasher.profiles import Profile

    WriteChain = Callable[[Mapping[str, str | bytes]], Path]
    Tell = Callable[..., History]


@pytest.fixture
def tell(write_chain: WriteChain) -> Tell:
    """The history of files that are numbered from 0001."""

    def told(*texts: str, profile: Profile = D1) -> History:
        files = {f"{number:04}_step.sql": text for number, text in enumerate(texts, 1)}
        return history.read(read_chain(write_chain(files)), profile)

    return told


def said(event: Event) -> str:
    """An event in short: ``2:1 ~ table new < old (name)``."""
    change = event.change
    place = f"{int(event.migration.number)}:{event.line}"
    if isinstance(change, Modified):
        old, new = label(change.old), label(change.new)
        names = new if old == new else f"{new} < {old}"
        return f"{place} ~ {names} ({', '.join(change.fields)})"
    mark, element = ("+", change.new) if isinstance(change, Added) else ("-", change.old)
    return f"{place} {mark} {label(element)}"


def label(element: object) -> str:
    """What an element is, and its name."""
    match element:
        case ForeignKey():
            return f"key to {element.parent}"
        case Index(sql=None):
            return f"{element.origin} of {', '.join(part.name or '' for part in element.columns)}"
        case Column():
            return f"column {element.name}"
        case _ if hasattr(element, "sql"):
            return f"{kind_of(element)} {element.name}"  # type: ignore[attr-defined]
        case _:
            return type(element).__name__.lower()


def lives(told: History, name: str) -> list[list[str]]:
    """The lives of all objects that bore the name."""
    return [[said(event) for event in told.events(life)] for life in told.named(name)]


def column(told: History, table: str, name: str) -> list[list[str]]:
    """The lives of all columns that bore the name in the table."""
    return [
        [said(event) for event in events] for life in told.named(table) for events in told.column(life, name)
    ]


def all_events(told: History) -> list[list[str]]:
    """What each migration did."""
    return [[said(event) for event in episode.events] for episode in told.episodes]


USERS = "CREATE TABLE users (\n  id INTEGER PRIMARY KEY,\n  email TEXT NOT NULL\n);\n"
REBUILD = """CREATE TABLE users_new (
  id INTEGER PRIMARY KEY,
  email TEXT,
  age INT
);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
"""
AWAY = """ALTER TABLE users RENAME TO old_users;
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  email TEXT,
  age INT
);
INSERT INTO users (id, email) SELECT id, email FROM old_users;
DROP TABLE old_users;
"""
BACKUP = """CREATE TABLE users_copy AS SELECT * FROM users;

DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY,
  email TEXT, age INT); INSERT INTO users (id, email) SELECT id, email FROM users_copy;
DROP TABLE users_copy;
"""


@pytest.mark.parametrize("rebuild", [REBUILD, AWAY, BACKUP], ids=["new", "away", "backup"])
def test_a_rebuild_is_a_modification(tell: Tell, rebuild: str) -> None:
    """However a table is made anew under its name, its columns change and it is never dropped."""
    rows = "INSERT INTO users VALUES (1, 'a'), (2, 'b');"
    told = tell(USERS + rows, rebuild)
    lines = {REBUILD: (3, 4), AWAY: (4, 5), BACKUP: (4, 4)}[rebuild]
    assert lives(told, "users") == [
        ["1:1 + table users", f"2:{lines[0]} ~ column email (not null)", f"2:{lines[1]} + column age"]
    ]
    (life,) = told.named("users")
    # the two rows were written by 0001; that the rebuild copied them makes them no news
    assert [(wrote.migration.number, wrote.line, wrote.number) for wrote in told.rows(life)] == [
        ("0001", 5, 2)
    ]
    assert told.named("users_new") == told.named("old_users") == told.named("users_copy") == ()
    assert column(told, "users", "email") == [
        ["1:3 + column email", f"2:{lines[0]} ~ column email (not null)"]
    ]
    assert column(told, "users", "age") == [[f"2:{lines[1]} + column age"]]


HUNG = USERS + (
    "CREATE INDEX kept ON users (email);\nCREATE INDEX lost ON users (id, email);\n"
    "CREATE TRIGGER kept_t AFTER INSERT ON users BEGIN SELECT 1; END;\n"
    "CREATE TRIGGER lost_t AFTER INSERT ON users BEGIN SELECT 2; END;\n"
)


def test_what_a_rebuild_forgets(tell: Tell) -> None:
    """An index or trigger that is made again alike is no event; one that is forgotten was removed."""
    again = (
        "CREATE INDEX  kept\nON users (email);"
        "CREATE TRIGGER kept_t AFTER INSERT ON users BEGIN SELECT 1; END;"
    )
    told = tell(HUNG, REBUILD + again)
    assert lives(told, "kept") == [["1:5 + index kept"]]
    assert lives(told, "kept_t") == [["1:7 + trigger kept_t"]]
    # both go with the table that they are on: at its DROP
    assert lives(told, "lost") == [["1:6 + index lost", "2:7 - index lost"]]
    assert lives(told, "lost_t") == [["1:8 + trigger lost_t", "2:7 - trigger lost_t"]]
    assert [event for event in lives(told, "users")[0] if event.startswith("2:")] == [
        "2:3 ~ column email (not null)",
        "2:4 + column age",
        "2:7 - index lost",
        "2:7 - trigger lost_t",
    ]


def test_an_index_that_a_rebuild_changes(tell: Tell) -> None:
    """An index of the same name over other columns is one modification, at the line that made it."""
    told = tell(HUNG, REBUILD + "CREATE INDEX kept ON users (age);\nCREATE INDEX lost ON users (id, email);")
    assert lives(told, "kept") == [["1:5 + index kept", "2:9 ~ index kept (columns)"]]
    assert lives(told, "lost") == [["1:6 + index lost"]]


def test_a_table_keeps_its_life_through_a_rename(tell: Tell) -> None:
    """Under the old name and under the new one stands one life, with both names, with its indexes."""
    told = tell(HUNG, "\nALTER TABLE users RENAME TO people;", "ALTER TABLE people ADD COLUMN age;")
    (life,) = told.named("People")
    assert told.named("users") == (life,)
    assert life.names == ["users", "people"]
    assert lives(told, "users")[0][-2:] == ["2:2 ~ table people < table users (name)", "3:1 + column age"]
    assert all_events(told)[1] == ["2:2 ~ table people < table users (name)"]
    assert told.renames == (Rename("table", "users", "users", "people"),)
    assert column(told, "people", "email") == [
        ["1:3 + column email", "2:2 ~ table people < table users (name)"]
    ]


def test_what_a_rename_writes_anew_is_no_event(tell: Tell) -> None:
    """Indexes, triggers, views and keys of other tables follow a rename; nobody changed them."""
    more = (
        "CREATE VIEW v AS SELECT email FROM users; CREATE TABLE child (p REFERENCES users (id));"
        "CREATE TRIGGER far AFTER DELETE ON child BEGIN DELETE FROM users WHERE email = 'x'; END;"
    )
    renames = "ALTER TABLE users RENAME TO people;\nALTER TABLE people RENAME COLUMN email TO mail;"
    told = tell(HUNG + more, renames)
    assert all_events(told)[1] == [
        "2:1 ~ table people < table users (name)",
        "2:2 ~ column mail < column email (name)",
    ]


def test_a_real_change_beside_a_rename(tell: Tell) -> None:
    """What the same file does to an object that a rename wrote anew is seen."""
    more = "CREATE TABLE child (p REFERENCES users (id)); CREATE VIEW v AS SELECT id, email FROM users;"
    told = tell(
        USERS + more,
        "ALTER TABLE users RENAME TO people;\n"
        "ALTER TABLE child ADD COLUMN q;\n"
        "DROP VIEW v;\nCREATE VIEW v AS SELECT id FROM people;",
        "ALTER TABLE people RENAME TO folk;\n"
        "CREATE TABLE c2 (p REFERENCES folk (id) ON DELETE CASCADE, q); DROP TABLE child;"
        "ALTER TABLE c2 RENAME TO child;",
    )
    assert all_events(told)[1:] == [
        ["2:1 ~ table people < table users (name)", "2:2 + column q", "2:4 ~ view v (columns)"],
        ["3:1 ~ table folk < table people (name)", "3:2 ~ key to folk (on delete)"],
    ]


def test_three_renames_of_a_column_in_three_files(tell: Tell) -> None:
    """Each is an event, and every name leads to the whole life."""
    told = tell(
        USERS,
        "ALTER TABLE users RENAME COLUMN email TO mail;",
        "ALTER TABLE users RENAME mail TO 'e mail';",
        'ALTER TABLE main.users RENAME "e mail" TO "to";',
    )
    life = [
        "1:3 + column email",
        "2:1 ~ column mail < column email (name)",
        "3:1 ~ column e mail < column mail (name)",
        "4:1 ~ column to < column e mail (name)",
    ]
    for name in ("email", "mail", "e mail", "to"):
        assert column(told, "users", name) == [life]
    assert column(told, "users", "id") == [["1:2 + column id"]]
    assert [(one.kind, one.table, one.old, one.new) for one in told.renames] == [
        ("column", "users", "email", "mail"),
        ("column", "users", "mail", "e mail"),
        ("column", "users", "e mail", "to"),
    ]


def test_three_renames_of_a_column_in_one_file(tell: Tell) -> None:
    """They come to one, from the first name to the last; the chain performed three."""
    renames = "".join(f"ALTER TABLE users RENAME {pair};\n" for pair in ("email TO a", "a TO b", "b TO c"))
    told = tell(USERS, renames)
    assert all_events(told)[1] == ["2:3 ~ column c < column email (name)"]
    assert len(told.renames) == 3


def test_renames_that_come_to_nothing(tell: Tell) -> None:
    """There and back again is no event, of a table nor of a column."""
    told = tell(
        USERS,
        "ALTER TABLE users RENAME TO x; ALTER TABLE x RENAME email TO y;"
        "ALTER TABLE x RENAME y TO email; ALTER TABLE x RENAME TO users;",
    )
    assert all_events(told)[1] == []
    assert len(told.renames) == 4


def test_tables_that_change_places(tell: Tell) -> None:
    """After three renames in one file each table has the name that the other one had."""
    told = tell(
        "CREATE TABLE a (x);\nCREATE TABLE b (y);",
        "ALTER TABLE a RENAME TO t;\nALTER TABLE b RENAME TO a;\nALTER TABLE t RENAME TO b;",
        "ALTER TABLE a ADD COLUMN z;",
    )
    assert lives(told, "a") == [
        ["1:1 + table a", "2:3 ~ table b < table a (name)"],
        ["1:2 + table b", "2:2 ~ table a < table b (name)", "3:1 + column z"],
    ]
    assert [life.names for life in told.named("a")] == [["a", "b"], ["b", "a"]]


def test_columns_that_change_places(tell: Tell) -> None:
    """So do columns."""
    told = tell(
        "CREATE TABLE t (\n a,\n b);",
        "ALTER TABLE t RENAME a TO x;\nALTER TABLE t RENAME b TO a;\nALTER TABLE t RENAME x TO b;",
    )
    assert all_events(told)[1] == ["2:2 ~ column a < column b (name)", "2:3 ~ column b < column a (name)"]
    assert column(told, "t", "a") == [
        ["1:2 + column a", "2:3 ~ column b < column a (name)"],
        ["1:3 + column b", "2:2 ~ column a < column b (name)"],
    ]


def test_a_rename_followed_by_a_rebuild(tell: Tell) -> None:
    """A rebuild under the new name goes on with the life; in one file it comes to one name and one change."""
    rebuild = REBUILD.replace("users", "people")
    separate = tell(USERS, "ALTER TABLE users RENAME TO people;", rebuild)
    assert lives(separate, "users") == [
        [
            "1:1 + table users",
            "2:1 ~ table people < table users (name)",
            "3:3 ~ column email (not null)",
            "3:4 + column age",
        ]
    ]


def test_a_rebuild_in_two_files(tell: Tell) -> None:
    """The table keeps its life; the new one that took its place had one of its own until then."""
    made, moved = REBUILD.split("DROP TABLE users;\n")
    told = tell(USERS, made, "DROP TABLE users;\n" + moved)
    (users,) = [life for life in told.named("users") if life.names == ["users"]]
    assert [said(event) for event in told.events(users)] == [
        "1:1 + table users",
        "3:2 ~ column email (not null)",
        "3:2 + column age",
    ]
    assert lives(told, "users_new") == [["2:1 + table users_new", "3:2 - table users_new"]]


def test_a_table_that_is_put_away(tell: Tell) -> None:
    """A name that a new table takes, without the rows of the one that had it, begins another life."""
    told = tell(USERS, "ALTER TABLE users RENAME TO users_2025;\nCREATE TABLE users (name);")
    assert lives(told, "users") == [
        ["1:1 + table users", "2:1 ~ table users_2025 < table users (name)"],
        ["2:2 + table users"],
    ]


def test_a_name_that_is_used_twice(tell: Tell) -> None:
    """Dropped in one file and made in another: two lives. In one file: one, which changed."""
    dropped, made = "DROP TABLE users;\n", "CREATE TABLE users (name);"
    assert lives(tell(USERS, dropped, made), "users") == [
        ["1:1 + table users", "2:1 - table users"],
        ["3:1 + table users"],
    ]
    # SQLite knows one users before the second file and one after it; the rest is the line of the CREATE
    assert lives(tell(USERS, dropped + made, ""), "users") == [
        [
            "1:1 + table users",
            "2:2 - column id",
            "2:2 - column email",
            "2:2 + column name",
            "2:2 ~ primarykey (columns)",
        ]
    ]


def test_a_column_that_comes_and_goes(tell: Tell) -> None:
    """A column made, renamed and dropped has a life; one of its name that comes later has another."""
    told = tell(
        USERS,
        "\nALTER TABLE users ADD COLUMN age INT;",
        "ALTER TABLE users RENAME age TO years;",
        "ALTER TABLE users DROP COLUMN years;",
        "ALTER TABLE users ADD COLUMN age TEXT;",
        "ALTER TABLE users ADD COLUMN x; ALTER TABLE users RENAME x TO y;\n"
        "ALTER TABLE users DROP COLUMN age;",
        "ALTER TABLE users ADD COLUMN gone; ALTER TABLE users DROP COLUMN gone;",
    )
    assert column(told, "users", "age") == [
        ["2:2 + column age", "3:1 ~ column years < column age (name)", "4:1 - column years"],
        ["5:1 + column age", "6:2 - column age"],
    ]
    assert all_events(told)[5:] == [["6:1 + column y", "6:2 - column age"], []]


def test_full_text_tables(tell: Tell) -> None:
    """A virtual table is one object: what its module keeps beside it is none, under another name neither."""
    told = tell(
        "CREATE VIRTUAL TABLE notes USING fts5 (body); INSERT INTO notes VALUES ('one');",
        "ALTER TABLE notes RENAME TO docs;",
        "CREATE TABLE docs_own (a);",
        "DROP TABLE docs;",
    )
    assert all_events(told) == [
        ["1:1 + table notes"],
        ["2:1 ~ table docs < table notes (name)"],
        ["3:1 + table docs_own"],
        ["4:1 - table docs"],
    ]
    assert told.names == ("docs", "docs_own", "notes")
    assert [wrote.table for wrote in told.episodes[0].rows] == ["notes"]


def test_a_virtual_table_that_its_module_refuses(tell: Tell) -> None:
    """SQLite lets a full-text table have the name of its own column, and cannot open it; it has a life."""
    told = tell(
        "CREATE VIRTUAL TABLE posts USING fts5 (body);",
        "ALTER TABLE posts RENAME TO body;",
        "CREATE TABLE t (a);",
    )
    assert all_events(told)[1:] == [["2:1 ~ table body < table posts (name)"], ["3:1 + table t"]]


def test_statements_that_do_nothing(tell: Tell) -> None:
    """IF NOT EXISTS of what exists, and IF EXISTS of what does not, are no events."""
    again = USERS.replace("TABLE users", "TABLE IF NOT EXISTS users")
    told = tell(USERS, again + "DROP TABLE IF EXISTS nobody; DROP INDEX IF EXISTS nobody;")
    assert all_events(told) == [["1:1 + table users"], []]


def test_rows_that_triggers_write(tell: Tell) -> None:
    """A statement that fires a trigger wrote into both tables; how many into each, SQLite does not say."""
    told = tell(
        "CREATE TABLE a (x); CREATE TABLE log (y);"
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log VALUES (new.x); END;",
        "INSERT INTO a VALUES (1);\nUPDATE a SET x = 2;\nWITH w AS (SELECT 1) DELETE FROM a;",
        "UPDATE a SET x = 3;",
    )
    assert [(one.table, one.verb, one.number, one.line) for one in told.episodes[1].rows] == [
        ("a", "insert", None, 1),
        ("log", "insert", None, 1),
        ("a", "update", 1, 2),
        ("a", "delete", 1, 3),
    ]
    assert told.episodes[2].rows == ()  # there is no row to change


def test_what_is_rolled_back(tell: Tell) -> None:
    """Under sqlite a file may undo what it did, and a VACUUM may move every row of the schema."""
    told = tell(
        USERS + "CREATE TABLE first (a); CREATE TABLE other (b);",
        "BEGIN;\nDROP TABLE users; CREATE TABLE gone (a); ALTER TABLE other RENAME TO users;\nROLLBACK;\n"
        "DROP TABLE first;\nVACUUM;\nALTER TABLE users RENAME email TO mail;",
        "SAVEPOINT s; CREATE INDEX i ON users (mail); ROLLBACK TO s; RELEASE s;\n"
        "CREATE INDEX j ON users (mail);",
        profile=SQLITE,
    )
    assert all_events(told)[1:] == [
        ["2:4 - table first", "2:6 ~ column mail < column email (name)"],
        ["3:2 + index j"],
    ]


def test_two_files_of_one_number(write_chain: WriteChain) -> None:
    """Two branches that took the same number are two migrations, each with its own events."""
    directory = write_chain(
        {"0001_a.sql": USERS, "0002_b.sql": "CREATE TABLE b (x);", "0002_a.sql": "CREATE TABLE a (x);"}
    )
    told = history.read(read_chain(directory), D1)
    assert [(one.migration.name, len(one.events)) for one in told.episodes] == [
        ("0001_a.sql", 1),
        ("0002_a.sql", 1),
        ("0002_b.sql", 1),
    ]


def test_a_key_to_a_table_that_comes_later(tell: Tell) -> None:
    """REFERENCES parent means its primary key, whether the parent stands already or not."""
    told = tell(
        "CREATE TABLE child (p REFERENCES parent);",
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);",
        "CREATE TABLE c2 (p REFERENCES parent (id), q); DROP TABLE child; ALTER TABLE c2 RENAME TO child;",
    )
    assert all_events(told)[2] == ["3:1 + column q"]


def test_a_view_that_is_made_again(tell: Tell) -> None:
    """A view of all columns got one more when its table did; that it is made again alike is no event."""
    view = "CREATE VIEW v AS SELECT * FROM users;"
    told = tell(USERS + view, "ALTER TABLE users ADD COLUMN a;", "DROP VIEW v; " + view)
    assert lives(told, "v") == [["1:5 + view v"]]
    assert all_events(told)[2] == []


CAUSES = (
    USERS + "INSERT INTO users VALUES (1, 'a');",
    "ALTER TABLE users ADD COLUMN age INT CHECK (age > 0);\nCREATE INDEX i ON users (age);\n",
    REBUILD.replace("age INT", "age INT CHECK (age > 0) REFERENCES users (id),\n  CHECK (age > 1)")
    + "CREATE INDEX i ON users (age);",
    "ALTER TABLE users RENAME COLUMN email TO mail;\n\
INSERT INTO users VALUES (9, 'b', NULL);\nDELETE FROM users WHERE id = 9;",
    "\nDROP INDEX i; CREATE TABLE gone (a); ",
    "DROP TABLE gone;\nALTER TABLE users RENAME TO people;",
)


def test_causes(tell: Tell) -> None:
    """The cause of a difference is the last that was done with what it is about."""
    told = tell(*CAUSES)
    people = ("table", "people")
    text = Column("", "TEXT", not_null=False, default=None, primary_key=0, hidden=0, collation=None)
    key = ForeignKey("users", ("age",), ("id",), "NO ACTION", "NO ACTION")
    index = Index("i", "people", unique=False, origin="c", partial=False, columns=(), sql="CREATE INDEX …")
    rows = RowSet(("id",), (("1",),))
    gone = Table(
        "gone", "CREATE TABLE gone (a)", (), (), (), without_rowid=False, strict=False, autoincrement=False
    )

    def cause(change: Added | Removed | Modified) -> str | None:
        place = told.last(change)
        return None if place is None else str(place).replace("_step.sql", "")

    # the chain is the newer side: what it has and the other has not was added
    assert cause(Added(people, text._replace(name="id"))) == "0001:2"
    assert cause(Added(people, text._replace(name="MAIL"))) == "0004:1"
    assert cause(Added(people, text._replace(name="age"))) == "0002:1"
    assert cause(Added(people, key)) == "0003:4"
    assert cause(Added(people, rows)) == "0004:2"  # the last INSERT, not the copying in 0003
    assert cause(Removed(people, rows)) == "0004:3"  # rows that it has not: the last DELETE
    assert cause(Removed(people, index)) == "0005:2"
    assert cause(Added(people, gone._replace(name="people"))) == "0006:2"
    assert cause(Removed(("table", "gone"), gone)) == "0006:1"
    assert cause(Removed(("table", "never"), gone._replace(name="never"))) is None
    assert cause(Removed(people, text._replace(name="never"))) is None
    # each CHECK has a cause of its own, though none has a name
    assert cause(Added(people, Check("", "(age > 1)", ""))) == "0003:5"
    assert cause(Added(people, Check("", "(age > 0)", "age"))) == "0002:1"


def test_the_life_of_users_in_the_projects_chain(repository: Path) -> None:
    """As the migrations say it: made by 0001, columns by 0008, 0012 and 0026, three more indexes."""
    told = history.read(read_chain(repository / "migrations"), D1)
    ((*life,),) = lives(told, "users")
    assert life == [
        "1:4 + table users",
        "1:20 + index idx_users_email",
        "8:10 + column email_encrypted",
        "8:11 + column email_hash",
        "8:12 + column name_encrypted",
        "8:14 + index idx_users_email_hash",
        "12:16 + column email_verified",
        "12:16 + check",
        "26:7 + column password_hash",
        "26:8 + column password_changed_at",
        "26:9 + column email_verification_token",
        "26:10 + column email_verification_sent_at",
        "26:13 + column failed_login_attempts",
        "26:13 + check",
        "26:14 + column locked_until",
        "26:16 + index idx_users_email_verification_token",
    ]
    # 0031 makes invitations anew: the token is left out, the rest of 0008 stays
    assert column(told, "invitations", "token") == [["6:9 + column token", "31:9 - column token"]]
    assert column(told, "invitations", "email_hash") == [["8:32 + column email_hash"]]


def test_the_work_grows_with_the_chain(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many files ask SQLite twice as many questions: none of them is about the whole schema."""
    from squasher.engine import Database

    asked: list[int] = []
    execute = Database.execute
    rows: list[int] = []

    def counted(self: Database, *arguments: object) -> object:
        found = execute(self, *arguments)  # type: ignore[arg-type]
        rows.append(len(found))
        return found

    monkeypatch.setattr(Database, "execute", counted)
    for files in (40, 80):
        rows.clear()
        told = tell(
            *(
                f"CREATE TABLE t{n} (a REFERENCES t{n + 1}); CREATE INDEX i{n} ON t{n} (a);"
                for n in range(files)
            )
        )
        assert len(told.lives) == 2 * files
        asked.append(len(rows) + sum(rows))
    assert asked[1] <= 2 * asked[0]


def test_a_table_that_stays_beside_the_one_made_from_it(tell: Tell) -> None:
    """The new table that took its name and rows lives on; the old one, kept under another name, is new."""
    told = tell(
        "CREATE TABLE t (a, b);\nINSERT INTO t VALUES (1, 2);\n",
        "ALTER TABLE t RENAME TO old;\nCREATE TABLE t AS SELECT a, 1 AS c FROM old;\n",
    )
    lived, kept = told.named("t")[0], told.named("old")[-1]
    assert (lived.names, kept.names) == (["t"], ["old"])
    assert [said(event) for event in told.events(lived)] == [
        "1:1 + table t",
        "2:2 - column b",
        "2:2 + column c",
    ]
    assert [said(event) for event in told.events(kept)] == ["2:1 + table old"]
