"""The dialect of D1 in lint: reading on behind refusals, and the rules whose cases need bytes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from squasher.chain import read_chain
from squasher.lint.reading import read
from squasher.target import target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from squasher.lint.study import Statement, Study


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

    def test_very_many_refusals(self, tmp_path: Path) -> None:
        """A file of refusals is given up after a thousand of them, in one pass."""
        with studied(tmp_path / "migrations", "VACUUM;" * 1200) as study:
            assert not study.complete
            assert sum(one.refusal is not None for one in study.statements) == 1000
