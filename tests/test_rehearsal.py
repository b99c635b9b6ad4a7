"""The rehearsal: a chain on a database that holds rows, and what became of them."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from squasher.chain import read_chain
from squasher.lint.reading import read
from squasher.lint.rebuilds import copied, outside, rebuilds
from squasher.lint.rehearsal import rehearse
from squasher.lint.rehearsal import rehearsed as rehearsed_after
from squasher.lint.rules import RULES
from squasher.profiles import PROFILES
from squasher.target import target
from tests import lints
from tests.generated.chains import Chain, chains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from squasher.lint.rehearsal import Rehearsal
    from squasher.lint.rule import Rule
    from squasher.lint.study import Study

    Write = Callable[[Mapping[str, str | bytes]], Path]

USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n"
REBUILD = """{}
CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT, mail TEXT);
INSERT INTO users_new (id, name) SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
"""
COPY = "INSERT INTO users_new (id, name) SELECT id, name FROM users"


@contextmanager
def studied(directory: Path, profile: str = "d1") -> Iterator[Study]:
    """A study of the chain in a directory."""
    with read(target(directory, profile=profile), read_chain(directory)) as study:
        yield study


@pytest.fixture
def rehearsed(write_chain: Write) -> Callable[..., Rehearsal]:
    """Rehearse a chain of files, which are numbered from 1."""

    def run(*files: str, profile: str = "d1") -> Rehearsal:
        directory = write_chain({f"{number:04}_file.sql": text for number, text in enumerate(files, 1)})
        with studied(directory, profile) as study:
            return study.once(rehearse)

    return run


@pytest.mark.parametrize("pragma", ["PRAGMA foreign_keys = off;", "PRAGMA defer_foreign_keys = on;", ""])
@pytest.mark.parametrize("action", ["ON DELETE CASCADE", "ON DELETE SET NULL", ""])
def test_a_rebuild_of_a_parent(rehearsed: Callable[..., Rehearsal], pragma: str, action: str) -> None:
    """On D1 no PRAGMA keeps the children of a table that is rebuilt: they go with it, or stand in its way.

    That is what wrangler 4.164 did with these files on rows. On SQLite proper foreign keys are off.
    """
    child = f"CREATE TABLE notes (id INTEGER PRIMARY KEY, of INTEGER REFERENCES users(id) {action});"
    files = USERS + child, REBUILD.format(pragma)
    seen = rehearsed(*files)
    if action:
        (loss,) = seen.losses
        assert (loss.table, loss.key.columns, loss.statement.text) == ("notes", ("of",), "DROP TABLE users")
        # two rows refer to a user; the third one has NULL
        assert (loss.deleted, loss.changed, loss.of) == ((2, 0, 3) if "CASCADE" in action else (0, 2, 3))
        assert not seen.failures
    else:
        (failure,) = seen.failures
        assert (failure.kind, failure.statement.text) == ("foreign key", "DROP TABLE users")
        assert [(table, key.columns) for table, key in failure.referring] == [("notes", ("of",))]
    without = rehearsed(*files, profile="sqlite")
    assert (without.losses, without.failures, without.unknown) == ((), (), ())


@pytest.mark.parametrize("code", ["SQ301", "SQ302"])
def test_sqlite_proper_has_foreign_keys_when_they_are_on(tmp_path: Path, code: str) -> None:
    """The rules about DROP TABLE speak under the other profile where a file switches foreign keys on."""
    action = "ON DELETE CASCADE" if code == "SQ301" else ""
    child = f"CREATE TABLE notes (id INTEGER PRIMARY KEY, of INTEGER REFERENCES users(id) {action});"
    rule = next(one for one in RULES if one.code == code)
    for pragma, found in ((";", 0), ("PRAGMA foreign_keys = on;", 1)):
        switched = f"COMMIT; {pragma} BEGIN;" + REBUILD.format("")
        files = {"0001_a.sql": USERS + child, "0002_b.sql": switched}
        place = tmp_path / str(found)
        assert len(lints.diagnosed(place, files, rule, profile="sqlite")) == found


def test_rows_live_through_later_migrations(rehearsed: Callable[..., Rehearsal]) -> None:
    """A column that was added, renamed and filled holds what the migrations made of the first rows."""
    seen = rehearsed(
        USERS,
        "ALTER TABLE users ADD COLUMN code TEXT; UPDATE users SET code = 'c' || id;",
        "ALTER TABLE users RENAME COLUMN code TO tag; CREATE UNIQUE INDEX idx_tag ON users(tag);",
        "CREATE TABLE tags AS SELECT tag FROM users; DELETE FROM users;",
        "CREATE UNIQUE INDEX idx_tags ON tags(tag);",
    )
    assert (seen.failures, seen.unknown) == ((), ())


def test_after_a_failure_it_goes_on(rehearsed: Callable[..., Rehearsal]) -> None:
    """A file that fails runs without rows; the next ones meet rows again, in each table."""
    seen = rehearsed(
        USERS + "CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO roles VALUES (1, 'a');",
        "ALTER TABLE users ADD COLUMN must TEXT NOT NULL;",
        "CREATE UNIQUE INDEX idx_must ON users(must);",
        "ALTER TABLE users ADD COLUMN more TEXT NOT NULL;",
        "INSERT INTO roles VALUES (2, 'b'); CREATE UNIQUE INDEX idx_roles ON roles(name);",
    )
    assert [(one.statement.migration.number, one.kind) for one in seen.failures] == [
        ("0002", "no value"),
        ("0003", "unique"),
        ("0004", "no value"),
    ]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("INSERT INTO users (id, name) SELECT id, name FROM users;", None),
        ("UPDATE users SET id = 1;", None),
        ("DELETE FROM users;", None),
        ("CREATE UNIQUE INDEX idx_name ON users(name);", "unique"),
        ("CREATE TABLE two (name TEXT PRIMARY KEY); INSERT INTO two SELECT name FROM users;", "unique"),
        (
            "CREATE TABLE two (name TEXT PRIMARY KEY); INSERT OR IGNORE INTO two SELECT name FROM users;",
            "fine",
        ),
        ("CREATE INDEX idx_json ON users(json_extract(name, '$.a'));", None),
    ],
)
def test_only_what_cannot_be_the_probes_fault_counts(
    rehearsed: Callable[..., Rehearsal], statement: str, kind: str | None
) -> None:
    """Statements about rows of tables that were there may fail on the probe rows alone: they say nothing."""
    notes = "CREATE TABLE notes (of INTEGER REFERENCES users(id));"
    seen = rehearsed(USERS + notes, statement)
    assert [one.kind for one in seen.failures] == ([kind] if kind not in {None, "fine"} else [])
    assert bool(seen.unknown) == (kind is None)


def test_what_d1_refuses_is_left_out(rehearsed: Callable[..., Rehearsal]) -> None:
    """The rehearsal runs what the study ran: a file with a transaction of its own, without it."""
    child = "CREATE TABLE notes (id INTEGER PRIMARY KEY, of INTEGER REFERENCES users(id) ON DELETE CASCADE);"
    seen = rehearsed(USERS + child, f"begin;\n{REBUILD.format('-- é')}\ncommit")
    assert [loss.table for loss in seen.losses] == ["notes"]
    assert seen.unknown == ()


def test_what_a_rebuild_is(write_chain: Write) -> None:
    """A table is rebuilt where its name goes on: copied first, copied from the old name, or not at all."""
    directory = write_chain(
        {
            "0001_users.sql": USERS + "CREATE INDEX idx_name ON users(name);",
            "0002_copied.sql": REBUILD.format(""),
            "0003_old.sql": "ALTER TABLE users RENAME TO old; CREATE TABLE users (id INTEGER PRIMARY KEY);"
            "INSERT INTO users SELECT id FROM old; DROP TABLE old;",
            "0004_anew.sql": "DROP TABLE users; CREATE TABLE users (id TEXT); CREATE INDEX i ON users(id);",
            "0005_others.sql": "CREATE TABLE a (x); DROP TABLE a; CREATE TABLE a (y); DROP TABLE users;",
        }
    )
    with studied(directory) as study:
        found = study.once(rebuilds)
    assert [(one.file.migration.number, one.old.name, one.new.name) for one in found] == [
        ("0002", "users", "users"),
        ("0003", "old", "users"),
        ("0004", "users", "users"),
    ]
    assert [[copy.text for copy in one.copies] for one in found] == [
        [COPY],
        ["INSERT INTO users SELECT id FROM old"],
        [],
    ]
    assert [[one.name for one in rebuild.lost] for rebuild in found] == [["idx_name"], [], []]
    assert [[one.name for one in rebuild.left] for rebuild in found] == [[], [], ["i"]]


@pytest.mark.parametrize(
    ("statement", "cells"),
    [
        (COPY, {"id": "id", "name": "name"}),
        (
            'INSERT INTO t ("a", b) SELECT DISTINCT f(x, (1, 2)), b FROM u',
            {"a": "f ( x , ( 1 , 2 ) )", "b": "b"},
        ),
        ("INSERT INTO t (a) SELECT 1", {"a": "1"}),
        ("INSERT INTO t SELECT * FROM u", None),
        ("INSERT INTO t (a, b) SELECT * FROM u", None),
        ("INSERT INTO t (a) VALUES (1)", None),
    ],
)
def test_what_a_copy_writes(write_chain: Write, statement: str, cells: dict[str, str] | None) -> None:
    """The expression for each column of an INSERT … SELECT is read where the text says it."""
    with studied(write_chain({"0001_a.sql": f"-- a copy\n{statement};"})) as study:
        (one,) = study.statements
        found = copied(one)
        assert "into" in outside(one)
        assert "1" not in outside(one)
    assert (
        None if found is None else {name: " ".join(t.text for t in of) for name, of in found.items()}
    ) == cells


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_any_chain_can_be_rehearsed(profile: str) -> None:
    """Whatever runs on empty tables can be rehearsed, and what fails is told of files that are there."""

    def holds(chain: Chain) -> None:
        with tempfile.TemporaryDirectory() as folder:
            directory = chain.write(Path(folder) / "migrations")
            with studied(directory, chain.profile) as study:
                seen = study.once(rehearse)
                names = {file.migration.name for file in study.files}
                told = {one.statement.migration.name for one in seen.failures}
                told |= {one.statement.migration.name for one in seen.losses}
        assert told | set(seen.unknown) <= names
        assert len(seen.failures) + len(seen.unknown) <= len(names)

    few = settings(
        database=None,
        deadline=None,
        max_examples=12,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    seed(8)(few(given(chains(profile))(holds)))()


def _agree(directory: Path, profile: str) -> int:
    """What a rehearsal beside the reading saw is what one behind it sees; how much that is."""
    with read(target(directory, profile=profile), read_chain(directory), rehearsing=True) as study:
        assert study.beside is not None
        found = study.beside.result(study.files)
        seen = rehearsed_after(study.chain, study.profile, study.files[: len(study.steps)])
        assert found == seen
    return sum(map(len, seen))


one_process = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1, reason="there is no child here"
)


@one_process
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.rehearses], ids=lambda rule: rule.code)
def test_a_rehearsal_beside_the_reading_sees_the_same(tmp_path: Path, rule: Rule) -> None:
    """In the cases of the rules that ask it: each statement, table and number, under both profiles."""
    seen = 0
    for number, case in enumerate(lints.cases(rule)):
        for profile in sorted(PROFILES):
            directory = tmp_path / f"{number}" / profile
            directory.mkdir(parents=True)
            for name, content in case.files.items():
                (directory / name).write_bytes(content.encode())
            seen += _agree(directory, profile)
    assert seen


@one_process
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_rehearsal_beside_the_reading_of_any_chain(profile: str) -> None:
    """So it is of chains that nobody wrote."""

    def holds(chain: Chain) -> None:
        with tempfile.TemporaryDirectory() as folder:
            _agree(chain.write(Path(folder) / "migrations"), chain.profile)

    few = settings(
        database=None,
        deadline=None,
        max_examples=8,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    seed(9)(few(given(chains(profile))(holds)))()


def test_a_rehearsal_that_did_not_begin_is_made_up_for(tmp_path: Path) -> None:
    """Where the other process is gone, the same is seen in this one."""
    (tmp_path / "0001_a.sql").write_text(USERS)
    (tmp_path / "0002_b.sql").write_text("ALTER TABLE users ADD COLUMN mail TEXT NOT NULL DEFAULT (1 + 1);")
    with read(target(tmp_path), read_chain(tmp_path), rehearsing=True) as study:
        assert study.beside is not None
        study.beside.stop()
        seen = study.once(rehearse)
    with studied(tmp_path) as study:
        assert [one.message for one in study.once(rehearse).failures] == [
            one.message for one in seen.failures
        ]
        assert seen.failures


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rules_say_whether_they_ask_the_rehearsal(rule: Rule) -> None:
    """One that did and did not say so would wait in the middle of what can be found without it."""
    assert rule.rehearses == hasattr(sys.modules[rule.check.__module__], "rehearse")


def test_the_projects_own_chain_keeps_its_rows(repository: Path) -> None:
    """Its four rebuilds keep each row where it is, and no file fails on rows."""
    with studied(repository / "migrations") as study:
        seen = study.once(rehearse)
    assert (seen.losses, seen.failures, seen.unknown) == ((), (), ())
    assert [(one.rebuild.new.name, one.before, one.after, one.shuffled) for one in seen.moved] == [
        ("audit_logs", 3, 3, ()),
        ("audit_logs", 3, 3, ()),
        ("sync_jobs", 3, 3, ()),
        ("invitations", 3, 3, ()),
    ]
