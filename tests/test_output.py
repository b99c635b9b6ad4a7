"""What strangers write cannot act: in a terminal, a log, a page, another loader, or another directory."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

import squasher
from squasher.chain import read_chain, read_migration
from squasher.errors import InputError, UnsupportedError
from squasher.render import RENDERERS
from squasher.render import text as rendered
from squasher.sql import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    WriteChain = Callable[[Mapping[str, str | bytes]], Path]

ROOT = Path(__file__).parent.parent
HOSTILE = (
    "\x1b]0;pwned\x07\x9b31m\x1b[2J\u202egro\u2066\u2028\u2029\u0085\u200b\x7f\r\n"
    "::error::pwned\n  ::set-output name=a::b\n##[error]pwned\n*/; DROP TABLE t; --\n"
    ".shell touch pwned\n</script><!-- <b>[a](b)\n"
)
NAME = quote(HOSTILE)
LITERAL = "'" + HOSTILE.replace("'", "''") + "'"
COMMENT = "/* " + HOSTILE.replace("*/", "* /") + " */"
LINES = "\n".join(f"-- {line}" for line in HOSTILE.split("\n"))
WHOLE = f"""{LINES}
{COMMENT}
CREATE TABLE {NAME} ({NAME} TEXT DEFAULT {LITERAL} {COMMENT}, b, {LINES}
  at TEXT DEFAULT CURRENT_TIMESTAMP, CHECK (b <> {LITERAL}));
CREATE TABLE t (a, {NAME});
CREATE INDEX {quote("i" + HOSTILE)} ON {NAME} ({NAME}) WHERE b <> {LITERAL};
CREATE VIEW {quote("v" + HOSTILE)} AS SELECT a AS {NAME} FROM t {COMMENT};
CREATE TRIGGER {quote("r" + HOSTILE)} AFTER INSERT ON t BEGIN {COMMENT}
  INSERT INTO {NAME} (b) VALUES ('y' || {LITERAL});
END;
INSERT INTO t VALUES ({LITERAL}, 1);
INSERT INTO {NAME} (b) VALUES ('x');
UPDATE t SET {NAME} = 1 || datetime('now');
"""
FILE = f"0001_{HOSTILE.replace('/', '|')}.sql"


def run(folder: Path, *arguments: str) -> tuple[int, bytes, bytes]:
    """Exit code, standard output and standard error of a command."""
    done = subprocess.run(
        [sys.executable, "-m", "squasher", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def is_harmless(output: bytes) -> bool:
    """Whether no terminal and no log of a CI job takes any of it for a command."""
    lines = output.decode().split("\n")
    return all(
        line.isprintable() and not line.lstrip().startswith("::") and "##[" not in line for line in lines
    )


def holds_only_annotations(output: bytes) -> bool:
    """Whether each line is one annotation of GitHub's log, with properties of this format alone."""
    *lines, last = output.decode().split("\n")
    heads = [line.split("::")[1] for line in lines]
    levels = {head.partition(" ")[0] for head in heads}
    keys = {one.partition("=")[0] for head in heads for one in head.partition(" ")[2].split(",")}
    return (
        last == ""
        and all(line.isprintable() and line.startswith("::") and "##[" not in line for line in lines)
        and levels <= {"error", "warning", "notice"}
        and keys <= {"file", "line", "title"}
    )


@pytest.mark.parametrize("profile", ["d1", "sqlite"])
def test_commands_that_end_well(write_chain: WriteChain, tmp_path: Path, profile: str) -> None:
    """Names, strings, comments and file names come out of squash and check as plain lines."""
    write_chain({FILE: WHOLE})
    code, out, err = run(tmp_path, "squash", "--profile", profile)
    assert code == 0, err
    assert is_harmless(out)
    assert is_harmless(err)
    code, out, err = run(tmp_path, "check", "--profile", profile)
    assert code == 0
    assert is_harmless(out)
    assert is_harmless(err)


@pytest.mark.parametrize(("profile", "form"), [("sqlite", "text"), *(("d1", form) for form in RENDERERS)])
def test_differences(write_chain: WriteChain, tmp_path: Path, profile: str, form: str) -> None:
    """Differences of hostile objects come out as plain lines in every format, of check and of diff."""
    write_chain({FILE: WHOLE})
    assert run(tmp_path, "squash", "--profile", profile)[0] == 0
    fresh = tmp_path / "migrations-fresh" / "0001_complete_schema.sql"
    whole = fresh.read_bytes().decode()
    for text in (
        "CREATE TABLE other (a);\n",
        whole + f"CREATE TABLE {quote('x' + HOSTILE)} (a);\nINSERT INTO t (a) VALUES ({LITERAL});\n",
        whole.replace("AFTER INSERT ON t", "BEFORE INSERT ON t"),
        whole.replace(f"INSERT INTO {NAME} (b) VALUES ('y' || {LITERAL})", f"DELETE FROM {NAME}"),
    ):
        assert text != whole
        fresh.write_text(text, encoding="utf-8", newline="")
        options = ("--profile", profile, "--format", form)
        code, out, err = run(tmp_path, "check", *options)
        assert (code, out != b"") == (1, True), err
        assert is_harmless(err)
        other_code, other, other_err = run(tmp_path, "diff", str(fresh), "migrations", *options)
        assert (other_code, other != b"") == (0, True), other_err
        assert is_harmless(other_err)
        for said in (out, other):
            if form == "github":
                assert holds_only_annotations(said)
            else:
                assert is_harmless(said)
            if form == "json":
                assert b"</" not in said
                assert b"<!--" not in said
        if form == "json":
            found = json.loads(out)["differences"]
            assert any(HOSTILE in str(one["expected"]) + str(one["actual"]) for one in found)
            found = json.loads(other)["changes"]
            assert any(HOSTILE in str(one["old"]) + str(one["new"]) for one in found)


def test_colours_are_the_only_codes(write_chain: WriteChain) -> None:
    """On a terminal the codes of three colours are written, and nothing else that is not printable."""
    directory = write_chain({FILE: WHOLE})
    fresh = squasher.squash(directory).target.fresh
    fresh.write_text("CREATE TABLE other (a);\n", encoding="utf-8")
    shown = rendered.render(squasher.check(directory), color=True)
    assert "\x1b[31m" in shown
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"):
        shown = shown.replace(code, "")
    assert is_harmless(shown.encode())


@pytest.mark.parametrize(
    "script",
    [
        f"SELECT * FROM {NAME};",
        f"SELECT {LITERAL} || ;",
        f"{LINES}\n{COMMENT} SELEC {LITERAL};",
        f"CREATE TABLE {NAME} (a); CREATE TABLE {NAME} (a);",
        f"CREATE TABLE t (a CONSTRAINT {NAME} CHECK (a)); INSERT INTO t VALUES (0);",
        f"SELECT '{HOSTILE * 1000}",
        f"PRAGMA {quote('writable_schema')} = {LITERAL};",
        f"CREATE TEMP TABLE {NAME} (a);",
        f"CREATE VIRTUAL TABLE t USING {NAME}(a);",
        f"SELECT {NAME}(1);",
        "SELECT '" + "x" * 100_000,
    ],
)
@pytest.mark.parametrize("profile", ["d1", "sqlite"])
def test_errors(write_chain: WriteChain, tmp_path: Path, profile: str, script: str) -> None:
    """Errors repeat what strangers wrote in plain lines, and not too much of it."""
    write_chain({FILE: script})
    for command in ("squash", "check"):
        (tmp_path / "migrations-fresh").mkdir(exist_ok=True)
        (tmp_path / "migrations-fresh" / "0001_complete_schema.sql").touch()
        code, out, err = run(tmp_path, command, "--profile", profile)
        assert (code, out) == (2, b"")
        assert is_harmless(err)
        assert b"Traceback" not in err
        assert len(err) < 8000


def schema(connection: sqlite3.Connection | apsw.Connection) -> list[tuple[str, str, str]]:
    """The stored objects of a database."""
    query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
    return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize("profile", ["d1", "sqlite"])
def test_the_file_is_what_was_proved(write_chain: WriteChain, tmp_path: Path, profile: str) -> None:
    """Its bytes are the text that was proved, and three loaders make the same objects and rows of it."""
    result = squasher.squash(write_chain({FILE: WHOLE}), profile=profile)
    fresh = result.target.fresh
    assert fresh.read_bytes() == result.text.encode()
    with apsw.Connection(":memory:") as one:
        one.execute(result.text)
        expected = schema(one)
        rows = one.execute("SELECT a FROM t").fetchall()
    assert len(expected) >= 5
    assert rows == [(HOSTILE,)]
    other = sqlite3.connect(":memory:")
    other.executescript(result.text)
    assert schema(other) == expected
    assert other.execute("SELECT a FROM t").fetchall() == rows
    other.close()
    shell = shutil.which("sqlite3")
    if shell is not None:
        with fresh.open("rb") as file:
            done = subprocess.run(
                [shell, str(tmp_path / "a.db")], stdin=file, cwd=tmp_path, capture_output=True, check=False
            )
        assert (done.returncode, done.stderr) == (0, b"")
        other = sqlite3.connect(tmp_path / "a.db")
        # the shell itself makes LF of CR LF, in strings too
        assert schema(other) == [tuple(text.replace("\r\n", "\n") for text in item) for item in expected]
        other.close()
    assert not (tmp_path / "pwned").exists()


def test_comments_mislead_nobody(write_chain: WriteChain) -> None:
    """No comment of the file, and no literal of its rows, holds a character that hides what follows."""
    script = f"CREATE TABLE t (a {COMMENT}, b {LINES}\n);\nINSERT INTO t VALUES ({LITERAL}, 1);\n"
    text = squasher.squash(write_chain({FILE: script}), write=False).text
    assert "pwned" in text
    assert all(line.isprintable() or "\u200b" in line for line in text.replace("\t", "\n").split("\n"))
    assert not set(text) & set("\u202e\u2066\u2028\u2029\x1b\x9b\x07\r")
    assert not any(line.lstrip().startswith("::") for line in text.partition("INSERT")[0].split("\n"))


@pytest.mark.parametrize(
    "script",
    [
        "CREATE VIEW v AS SELECT 8\n/\n2;",
        "CREATE VIEW v AS SELECT 8 AS\n GO \nFROM (SELECT 1);",
        "CREATE TABLE v (a CHECK (a > 4\n/\n2));",
    ],
)
def test_a_line_that_ends_a_statement_in_the_shell(write_chain: WriteChain, script: str) -> None:
    """A text that the sqlite3 shell would cut in two is refused; in a string it is harmless."""
    directory = write_chain({"0001_a.sql": script})
    with pytest.raises(UnsupportedError, match=r"v: its text has a line with nothing but (/|GO)"):
        squasher.squash(directory, write=False)
    write_chain({"0001_a.sql": "CREATE TABLE t (a DEFAULT 'x\n/\ngo\n');"})
    assert squasher.squash(directory, write=False).proof.status == "equal"


@pytest.mark.parametrize(
    "name",
    [
        "0001_a\nb.sql",
        "0001_\x1b[31m.sql",
        "-rf.sql",
        "0001_%s%n.sql",
        f"0001_{'n' * 246}.sql",
        "0001_'; --.sql",
    ],
)
def test_names_of_files(write_chain: WriteChain, tmp_path: Path, name: str) -> None:
    """A migration may have any name: it is recorded as it is, and shown harmlessly."""
    write_chain({name: "CREATE TABLE t (a);\n"})
    code, out, err = run(tmp_path, "squash")
    assert (code, err) == (0, b"")
    assert is_harmless(out)
    other = sqlite3.connect(":memory:")
    other.executescript((tmp_path / "migrations-fresh" / "0001_complete_schema.sql").read_text("utf-8"))
    assert other.execute("SELECT name FROM d1_migrations").fetchall() == [(name,)]
    other.close()


def test_a_name_that_is_no_text(write_chain: WriteChain, tmp_path: Path) -> None:
    """A file name of bytes that are not UTF-8 is an error that shows it harmlessly."""
    directory = write_chain({"0001_a.sql": ""})
    Path(os.fsdecode(os.fsencode(directory) + b"/0002_\xff\x1b.sql")).write_bytes(b"")
    code, out, err = run(tmp_path, "squash")
    assert (code, out) == (2, b"")
    assert b"the file's name is not UTF-8" in err
    assert is_harmless(err)


def test_what_is_no_regular_file(write_chain: WriteChain, tmp_path: Path) -> None:
    """Links, pipes, sockets and directories named like migrations are skipped and told; none is opened."""
    directory = write_chain({"0001_a.sql": "CREATE TABLE t (a);\n"})
    (tmp_path / "secret.sql").write_text("CREATE TABLE secret (a);\n", encoding="utf-8")
    (directory / "0002_link.sql").symlink_to(tmp_path / "secret.sql")
    (directory / "0003_device.sql").symlink_to("/dev/zero")
    os.mkfifo(directory / "0004_pipe.sql")
    (directory / "0005_directory.sql").mkdir()
    (directory / "0006_loop.sql").symlink_to(directory / "0006_loop.sql")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(directory / "0007_socket.sql"))
    chain = read_chain(directory)
    assert [migration.name for migration in chain.migrations] == ["0001_a.sql"]
    assert len(chain.skipped) == 6
    assert run(tmp_path, "squash")[0] == 0
    for name in ("0002_link", "0003_device", "0004_pipe", "0005_directory", "0006_loop", "0007_socket"):
        # a file that becomes something else after it was listed
        with pytest.raises(InputError, match=name):
            read_migration(directory / f"{name}.sql", follow=False)


def test_files_of_two_gigabytes(write_chain: WriteChain, tmp_path: Path) -> None:
    """A huge file is refused before it is read, as a migration and as the fresh file; so is a huge chain."""
    directory = write_chain({"0001_a.sql": "CREATE TABLE t (a);\n"})
    fresh = tmp_path / "fresh.sql"
    for place in (fresh, directory / "0002_b.sql"):
        place.touch()
        os.truncate(place, 2 << 30)
        with pytest.raises(InputError, match="larger than 256 MiB"):
            squasher.check(directory, fresh)


def test_a_pipe_as_the_fresh_file(write_chain: WriteChain, tmp_path: Path) -> None:
    """Check does not wait for a pipe that nobody writes to."""
    directory = write_chain({"0001_a.sql": "CREATE TABLE t (a);\n"})
    os.mkfifo(tmp_path / "fresh.sql")
    with pytest.raises(InputError, match=r"fresh\.sql: it is not a regular file"):
        squasher.check(directory, tmp_path / "fresh.sql")


def test_directories(write_chain: WriteChain, tmp_path: Path) -> None:
    """A link to a directory of migrations is followed; a loop of links is no directory."""
    directory = write_chain({"0001_a.sql": "CREATE TABLE t (a);\n"})
    (tmp_path / "link").symlink_to(directory)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert len(read_chain(tmp_path / "link").migrations) == 1
    with pytest.raises(InputError, match="loop/ does not exist"):
        read_chain(tmp_path / "loop")
