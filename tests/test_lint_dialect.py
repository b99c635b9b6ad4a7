"""The dialect of D1 in lint: reading on behind refusals, and the rules whose cases need bytes."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.chain import read_chain
from squasher.engine import Database
from squasher.errors import InputError
from squasher.hints import Case as Known
from squasher.introspect import introspect
from squasher.lint.linter import diagnose
from squasher.lint.reading import read
from squasher.lint.rules import RULES
from squasher.profiles import D1
from squasher.sql import significant
from squasher.statements import Stopped
from squasher.target import target
from squasher.volatile import UNIVERSES
from tests import d1_cases, lints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from squasher.lint.diagnostic import Severity
    from squasher.lint.study import Statement, Study
    from tests.d1_cases import Case

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def studied(directory: Path, *files: str | bytes, profile: str = "d1") -> Iterator[Study]:
    """A study of a chain of files that are numbered in order."""
    directory.mkdir(exist_ok=True)
    for number, content in enumerate(files, 1):
        data = content if isinstance(content, bytes) else content.encode()
        (directory / f"{number:04}_file.sql").write_bytes(data)
    with read(target(directory, profile=profile), read_chain(directory)) as study:
        yield study


def written(statement: Statement) -> str:
    """What stands in the file where a statement is said to be."""
    span = statement.span
    return span.migration.text[span.start : span.end]


class TestReadingOn:
    """What D1 refuses is left out, and everything else is as it would be without it."""

    def test_places_behind_refusals(self, tmp_path: Path) -> None:
        """Behind characters of many bytes, a byte order mark and CR LF, each statement is where it stands."""
        file = (
            "\ufeff-- Größe 🚂\r\nATTACH 'ä' AS größe;\r\nCREATE TABLE größe (a TEXT);\r\nVACUUM;\r\n"
            "INSERT INTO größe VALUES ('🚂'); PRAGMA user_version = 3;\r\nINSERT INTO größe VALUES ('é')"
        )
        with studied(tmp_path / "migrations", file) as study:
            assert study.complete
            assert [(one.text, written(one)) for one in study.statements] == [
                (text, text)
                for text in (
                    "ATTACH 'ä' AS größe",
                    "CREATE TABLE größe (a TEXT)",
                    "VACUUM",
                    "INSERT INTO größe VALUES ('🚂')",
                    "PRAGMA user_version = 3",
                    "INSERT INTO größe VALUES ('é')",
                )
            ]
            topics = [one.refusal.topic if one.refusal else None for one in study.statements]
            assert topics == ["attach", None, "vacuum", None, "pragmas", None]
            assert study.database.execute("SELECT a FROM größe") == [("🚂",), ("é",)]

    def test_facts_behind_refusals(self, tmp_path: Path) -> None:
        """What a refused statement would have touched is not told of the next one, nor its rows or values."""
        file = (
            "CREATE TABLE t (a); CREATE TABLE u (a);"
            "INSERT INTO t SELECT sqlite_version() FROM u;"
            "INSERT INTO u VALUES (random());"
            "INSERT INTO t SELECT 'x' LIKE printf('%60c', 'x') FROM u;"
            "DELETE FROM u;"
        )
        with studied(tmp_path / "migrations", file) as study:
            _, _, refused, drawn, failed, deleted = study.statements
            assert refused.refusal is not None
            assert refused.refusal.topic == "functions"
            assert drawn.ran is not None
            assert (drawn.ran.writes, drawn.ran.touches, drawn.ran.changes) == (("u",), ("u",), 1)
            assert drawn.ran.asked_random
            assert failed.refusal is not None
            assert failed.refusal.topic == "limits"
            assert deleted.ran is not None
            assert (deleted.ran.writes, deleted.ran.touches, deleted.ran.changes) == (("u",), ("u",), 1)
            assert [note.statement for one in study.statements for note in one.notes] == [0, 1]

    def test_it_is_run_once(self, tmp_path: Path) -> None:
        """However many statements are refused, the others draw the values that they would draw alone."""
        rows = "CREATE TABLE t (a); INSERT INTO t VALUES (random()), (random());"
        found = []
        for name, file in (("plain", rows), ("refused", f"VACUUM;{rows}VACUUM;{rows[20:]}")):
            with studied(tmp_path / name, file) as study:
                found.append(study.database.execute("SELECT a FROM t"))
        assert found[1][:2] == found[0]
        assert len(found[1]) == 4

    def test_a_refused_trigger_is_left_out_as_a_whole(self, tmp_path: Path) -> None:
        """The semicolons in its body do not end it."""
        file = (
            "CREATE TABLE t (a);"
            "CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; SELECT 1; END;"
            "INSERT INTO t VALUES (1);"
        )
        with studied(tmp_path / "migrations", file) as study:
            assert study.complete
            assert [one.refusal.topic for one in study.statements if one.refusal] == ["temporary"]
            assert study.database.execute("SELECT a FROM t") == [(1,)]

    def test_what_follows_from_a_refusal_is_not_told(self, tmp_path: Path) -> None:
        """A column that a refused statement did not add is no second problem, and ends the chain."""
        columns = ", ".join(f"c{number}" for number in range(100))
        file = f"CREATE TABLE t ({columns}); ALTER TABLE t ADD COLUMN d; UPDATE t SET d = 1;"
        with studied(tmp_path / "migrations", file) as study:
            assert not study.complete
            assert [one.refusal.topic for one in study.statements if one.refusal] == ["limits"]

    def test_a_failure_behind_a_transaction_is_told(self, tmp_path: Path) -> None:
        """BEGIN makes nothing that a later statement could miss."""
        with studied(tmp_path / "migrations", "BEGIN; CREATE TABLE t (a); SELECT b FROM t; COMMIT;") as study:
            told = [(one.text, one.refusal.topic) for one in study.statements if one.refusal]
            assert told == [("BEGIN", "transactions"), ("SELECT b FROM t", "")]

    @pytest.mark.parametrize("end", ["", " -- the end", " /* the end */", " /* the end", "\r\n"])
    def test_a_file_without_its_last_semicolon(self, tmp_path: Path, end: str) -> None:
        """It is read as if it had one, refused statements before it or not."""
        with studied(tmp_path / "migrations", f"VACUUM; CREATE TABLE t (a){end}", "DROP TABLE t;") as study:
            assert study.complete
            whole = ["VACUUM", "CREATE TABLE t (a)" + end.rstrip(), "DROP TABLE t"]
            assert [written(one) for one in study.statements] == whole

    def test_a_file_that_ends_in_the_middle(self, tmp_path: Path) -> None:
        """SQLite's words are of what is missing, not of a semicolon that nobody wrote."""
        with studied(tmp_path / "migrations", "CREATE TABLE t (a") as study:
            (statement,) = study.statements
            assert statement.refusal is not None
            assert statement.refusal.message == "incomplete input"

    def test_words_that_wrangler_deletes_are_kept(self, tmp_path: Path) -> None:
        """The text of a statement is what the file says."""
        file = "CREATE TABLE t (a); INSERT INTO t VALUES ('BEGIN TRANSACTION; x COMMIT;');"
        with studied(tmp_path / "migrations", file) as study:
            assert study.statements[1].text == "INSERT INTO t VALUES ('BEGIN TRANSACTION; x COMMIT;')"

    def test_a_file_with_transactions_of_its_own_is_not_applied_twice(self, tmp_path: Path) -> None:
        """Under plain SQLite what was committed before a refused statement stays, and is not made again."""
        file = "CREATE TABLE t (a); BEGIN; INSERT INTO t VALUES (1); COMMIT; ATTACH 'x' AS x; DROP TABLE t;"
        with studied(tmp_path / "migrations", file, profile="sqlite") as study:
            assert study.complete
            assert [one.text for one in study.statements if one.refusal] == ["ATTACH 'x' AS x"]

    def test_what_was_run(self, tmp_path: Path) -> None:
        """A file's text without what was refused runs as it did, and each statement is at its bytes."""
        file = "VACUUM;\nCREATE TABLE größe (a);ATTACH 'é'\nAS ü; INSERT INTO größe VALUES ('é')"
        with studied(tmp_path / "migrations", file) as study:
            (one,) = study.files
            ran = [statement.ran for statement in one.statements if statement.ran is not None]
            with Database(D1, UNIVERSES[0]) as database:
                again = database.run(one.text)
            assert [one._replace(said=one.sql.rstrip()) for one in again] == [
                one._replace(said=one.sql.rstrip()) for one in ran
            ]
            assert one.text.count("\n") == file.count("\n") + 1

    def test_rows_that_replace_deletes_from_any_table(self, tmp_path: Path) -> None:
        """A table's name is asked of SQLite as a value: it may be a keyword, and hold a quote."""
        file = (
            'CREATE TABLE "it\'s order" (id INTEGER PRIMARY KEY, a); INSERT INTO "it\'s order" VALUES (1, 2);'
            'REPLACE INTO "it\'s order" VALUES (1, 3);'
        )
        with studied(tmp_path / "migrations", file) as study:
            effect = study.statements[2].effect
            assert effect is not None
            assert (effect.gone, effect.columns) == (((1, 2),), ("id", "a"))

    def test_a_comment_that_is_too_long_for_what_is_appended(self, tmp_path: Path) -> None:
        """A comment at the end is sent with the statement that records the migration (wrangler 4.164.0)."""
        file = f"CREATE TABLE t (a);\n-- {'x' * 100_000}\n"
        with studied(tmp_path / "migrations", file) as study:
            (statement,) = study.statements
            assert not study.complete
            assert statement.refusal is not None
            assert statement.refusal.topic == "limits"
            assert "to record the migration" in statement.refusal.message

    def test_a_commit_that_fails_behind_a_refusal(self, tmp_path: Path) -> None:
        """Both are told: the statement that is refused, and the rows that refer to nothing."""
        file = (
            "CREATE TABLE p (a PRIMARY KEY);"
            "CREATE TABLE c (a REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
            "INSERT INTO c VALUES (1); VACUUM;"
        )
        with studied(tmp_path / "migrations", file) as study:
            told = [(one.text, one.refusal.topic) for one in study.statements if one.refusal]
            assert told == [("INSERT INTO c VALUES (1)", ""), ("VACUUM", "vacuum")]

    def test_very_many_refusals(self, tmp_path: Path) -> None:
        """A file of refusals is given up after a thousand of them, in one pass."""
        with studied(tmp_path / "migrations", "VACUUM;" * 1200) as study:
            assert not study.complete
            assert sum(one.refusal is not None for one in study.statements) == 1000

    def test_the_chain_of_this_project_between_refusals(self, tmp_path: Path) -> None:
        """With a statement that D1 refuses before each of its own, a chain does what it does without them."""
        refused = ("VACUUM;", "ATTACH 'é' AS ü;\r\n", "PRAGMA user_version;", "SELECT sqlite_version();")
        plain = target(ROOT / "migrations")
        with read(plain, read_chain(plain.migrations)) as study:
            files = []
            for file in study.files:
                parts = [file.migration.text[: file.statements[0].start]]
                ends = [one.start for one in file.statements[1:]] + [len(file.migration.text)]
                for number, (one, end) in enumerate(zip(file.statements, ends, strict=True)):
                    parts += [refused[number % len(refused)], file.migration.text[one.start : end]]
                files.append("".join(parts))
            with studied(tmp_path / "migrations", *files) as other:
                assert other.complete
                kept = [one for one in other.statements if one.refusal is None]
                assert len(other.statements) == 2 * len(kept) == 2 * len(study.statements)
                assert [written(one) for one in kept] == [written(one) for one in study.statements]
                assert [_facts(one) for one in kept] == [_facts(one) for one in study.statements]
                assert introspect(other.database)._replace(ledger=()) == introspect(study.database)._replace(
                    ledger=()
                )


def _facts(statement: Statement) -> tuple[object, ...]:
    """What a statement did, wherever it stands in its file."""
    assert statement.ran is not None
    notes = [note._replace(statement=0) for note in statement.notes]
    return (*statement.ran._replace(start=0, said=""), notes, statement.effect)


DRIZZLE = """\
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_users` (
\t`id` text PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))) NOT NULL,
\t`name` text NOT NULL
);
--> statement-breakpoint
INSERT INTO `__new_users`("id", "name") SELECT "id", "name" FROM `users`;--> statement-breakpoint
DROP TABLE `users`;--> statement-breakpoint
ALTER TABLE `__new_users` RENAME TO `users`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `users_name_unique` ON `users` (`name`);"""
PRISMA = """\
-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO "new_User" ("id") SELECT "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""


@pytest.mark.parametrize(
    ("before", "rebuild", "line"),
    [
        ("CREATE TABLE `users` (`id` text PRIMARY KEY, `name` text);", DRIZZLE, 1),
        ('CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);', PRISMA, 3),
    ],
    ids=["drizzle", "prisma"],
)
def test_what_tools_write(tmp_path: Path, before: str, rebuild: str, line: int) -> None:
    """A rebuild as Drizzle and Prisma write it has one finding: foreign keys are not off."""
    severities: dict[str, Severity] = {
        rule.code: rule.severity if rule.code.startswith(("SQ2", "SQ5")) else "off" for rule in RULES
    }
    with studied(tmp_path / "migrations", before, rebuild) as study:
        found = diagnose(study, RULES, severities)
    assert [(one.code, one.severity, one.line) for one in found] == [("SQ207", "warning", line)]


VALIDATIONS = {
    "case": ("", "SELECT CASE WHEN new.a = '' THEN RAISE(ABORT, 'empty') END;"),
    "brackets": ("", "SELECT (CASE WHEN new.a = '' THEN RAISE(ABORT, 'empty') END);"),
    "iif": ("", "SELECT iif(new.a = '', RAISE(ABORT, 'empty'), NULL);"),
    "where": ("", "SELECT RAISE(ABORT, 'empty') WHERE new.a = '';"),
    "when": ("WHEN new.a = ''", "SELECT RAISE(ABORT, 'empty');"),
}


@pytest.mark.parametrize("form", VALIDATIONS)
def test_ways_around_case(form: str) -> None:
    """What the help of SQ212 names does to every row what the CASE does, NULL included."""
    when, body = VALIDATIONS[form]
    trigger = f"CREATE TRIGGER r BEFORE INSERT ON t {when} BEGIN {body} END;"
    outcomes: list[str | int] = []
    for value in ("'x'", "''", "NULL", "0", "x''"):
        with Database(D1, UNIVERSES[0]) as database:
            try:
                (*_, insert) = database.run(f"CREATE TABLE t (a); {trigger} INSERT INTO t VALUES ({value});")
                outcomes.append(insert.changes)
            except Stopped as stopped:
                outcomes.append(stopped.error.message)
    assert outcomes == [1, "empty", 1, 1, 1]


RECORDED = d1_cases.recorded()
EXECUTED = "it was recorded with `execute --file`, behind which nothing is appended"
ACCEPTED = {
    "begin_transaction": "the pair is deleted for a local database only",
    "begin_transaction_in_comment": "the words are deleted, with COMMIT; from another comment",
    "begin_transaction_in_string": "another string is stored than the one that was written",
    "like_view_ddl_51": "it fails when it is used",
    "like_check_51": "it fails when it is used",
    "like_check_52": "it fails when it is used",
    "bytes_of_a_last_comment_100001": EXECUTED,
    "bytes_of_a_last_comment_100002": EXECUTED,
    "limited_hidden_table": "the replay cannot say what it means, and says so",
    "limited_view": "the replay cannot say what it means, and says so",
    "limited_from": "the replay cannot say what it means, and says so",
}
"""What D1 took, and lint has an error for, with the reason."""
REFUSED = {
    **dict.fromkeys(("empty", "only_comment", *(f"nothing_{number}" for number in range(7))), EXECUTED),
    "bytes_alone_semicolon_100000": EXECUTED,
    "bytes_alone_line_ends_99998": EXECUTED,
}
"""What D1 did not take, and is sound as a migration, for what wrangler appends to it."""


@pytest.mark.parametrize("case", d1_cases.every(), ids=lambda case: case.name)
def test_recorded_cases(tmp_path: Path, case: Case) -> None:
    """What the real D1 refused has an error of this group, what it took has none, but for known reasons."""
    error = RECORDED[case.name].error
    if "\0" in case.sql:
        assert error is not None
        with pytest.raises(InputError, match="NUL"), studied(tmp_path / "migrations", case.sql):
            pass
        return
    severities: dict[str, Severity] = {
        rule.code: rule.severity if rule.code.startswith("SQ2") else "off" for rule in RULES
    }
    with studied(tmp_path / "migrations", case.sql) as study:
        found = diagnose(study, RULES, severities)
    errors = [one for one in found if one.severity == "error"]
    if _has_no_end(case.sql) and error is None:
        assert {one.code for one in errors} == {"SQ208"}
        return
    expected = (error is not None or case.name in ACCEPTED) and case.name not in REFUSED
    assert bool(errors) == expected, [one.message for one in found]


def _has_no_end(sql: str) -> bool:
    """Whether a file's last statement has no semicolon: it was recorded by what appends nothing."""
    return [token.text for token in significant(sql)][-1:] not in ([], [";"])


def test_every_known_reason_is_of_a_case() -> None:
    """A reason for a case that D1 took is of one that it took, and the other way round."""
    assert [name for name in ACCEPTED if RECORDED[name].error is not None] == []
    assert [name for name in REFUSED if RECORDED[name].error is None] == []


def test_every_topic_has_a_rule() -> None:
    """Whatever rule of D1's own the engine names in a refusal, some rule of lint speaks of it."""
    package = Path(squasher.__file__).parent
    topics = {
        keyword.value.value
        for name in ("authority.py", "hints.py")
        for node in ast.walk(ast.parse((package / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "topic" and isinstance(keyword.value, ast.Constant)
    }
    assert len(topics) >= 7
    default = Known._field_defaults["topic"]
    assert topics | {default} == {rule.topic for rule in RULES if rule.topic}


def test_plain_sqlite_is_told_what_is_not_run(tmp_path: Path) -> None:
    """Under the profile sqlite no rule is D1's; what squasher does not run there fails all the same."""
    files = {"0001_users.sql": "PRAGMA encoding = 'UTF-16';\nCREATE TEMP TABLE t (a);\nVACUUM;\n"}
    rules = {rule.code: rule for rule in RULES}
    found = lints.diagnosed(tmp_path / "sqlite", files, rules["SQ201"], "sqlite")
    assert [(one.line, one.message) for one in found] == [(1, "squasher does not allow PRAGMA encoding")]
    assert lints.diagnosed(tmp_path / "d1", files, rules["SQ201"]) == []
    for code in ("SQ204", "SQ205", "SQ206"):
        assert lints.diagnosed(tmp_path / code, files, rules[code], "sqlite") == []
