"""The command line, as a process: output, exit codes, terminals, pipes and signals."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from squasher import bytecode
from squasher.commands import squash as command
from squasher.errors import SqlError
from squasher.version import VERSION

ROOT = Path(__file__).parent.parent
FRESH = "migrations-fresh/0001_complete_schema.sql"
SQUASHED = f"""\
replayed   2 migrations, 0001 to 0002
wrote      {FRESH}   1 table · 1 index · 1 row
proved     6 layers: objects, text, order, rows, bytecode, fixpoint
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with two migrations and no fresh file."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_users.sql").write_text(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\nCREATE INDEX users_name ON users (name);\n",
        encoding="utf-8",
    )
    (tmp_path / "migrations" / "0002_first.sql").write_text(
        "INSERT INTO users (name) VALUES ('ada');\n", encoding="utf-8"
    )
    return tmp_path


def environment(**variables: str) -> dict[str, str]:
    """The environment of a process of ours: this one's, without what changes colours."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "TERM"}}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm", **variables}


def run(folder: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command, as UTF-8."""
    done = subprocess.run(
        [sys.executable, "-m", "squasher", *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def edit(folder: Path, old: str, new: str) -> None:
    """Change the fresh file on disk."""
    fresh = folder / FRESH
    text = fresh.read_text(encoding="utf-8")
    assert text.count(old) == 1
    fresh.write_text(text.replace(old, new), encoding="utf-8")


def test_squash_says_three_lines(folder: Path) -> None:
    """What was replayed, what was written, what was proved; nothing on standard error."""
    assert run(folder, "squash") == (0, SQUASHED, "")
    assert (folder / FRESH).exists()
    again = SQUASHED.replace("wrote     ", "unchanged ")
    assert run(folder, "squash") == (0, again, "")


def test_check_of_what_squash_wrote(folder: Path) -> None:
    """One line and exit code 0, with and without --exact."""
    run(folder, "squash")
    said = f"{FRESH} is equivalent to migrations/ (0001 to 0002)\n"
    assert run(folder, "check") == (0, said, "")
    assert run(folder, "check", "--exact") == (0, said, "")


def test_check_of_another_text_of_the_same_meaning(folder: Path) -> None:
    """Exit code 0 and a line that says so; --exact makes it 1 and an error, which says what to do."""
    run(folder, "squash")
    edit(folder, "    name TEXT\n", "  name TEXT\n")
    said = (
        "the text is not what `squasher squash` would write now\n"
        f"{FRESH} is equivalent to migrations/ (0001 to 0002)\n"
    )
    why = (
        f"error: {FRESH} is equivalent to migrations/ (0001 to 0002), but not what `squasher squash` writes\n"
        "help: Run `squasher squash` to write it anew.\n"
    )
    assert run(folder, "check") == (0, said, "")
    assert run(folder, "check", "--exact") == (1, "", why)


def test_check_of_a_different_file(folder: Path) -> None:
    """The difference on standard output, nothing on standard error, exit code 1."""
    run(folder, "squash")
    edit(folder, "CREATE INDEX users_name ON users (name);\n", "")
    code, out, err = run(folder, "check")
    assert (code, err) == (1, "")
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        f"{FRESH} is not equivalent to migrations/ (0001 to 0002)",
        "",
        "users",
        "- index users_name missing (made by 0001_users.sql:2)",
        "",
        "1 difference in 1 object. Run `squasher squash` to write the file anew.",
    ]


def test_check_without_a_fresh_file(folder: Path) -> None:
    """It could not be compared: exit code 2, and what to do on standard error."""
    assert run(folder, "check") == (
        2,
        "",
        (
            f"error: {FRESH} does not exist\n"
            "help: Write it with `squasher squash`, or name it with --fresh FILE.\n"
        ),
    )


def test_check_of_a_broken_fresh_file(folder: Path) -> None:
    """Exit code 2 and the statement with a marker under the place."""
    run(folder, "squash")
    edit(folder, "CREATE INDEX users_name", "CREATE INDEKS users_name")
    code, out, err = run(folder, "check")
    assert (code, out) == (2, "")
    assert err.splitlines()[:3] == [
        f'error: {FRESH}:10: near "INDEKS": syntax error',
        "    | CREATE INDEKS users_name ON users (name);",
        "    |        ^",
    ]


def test_squash_of_a_broken_chain(folder: Path) -> None:
    """File and line, the statement, what was applied, and how to help it; exit code 2."""
    (folder / "migrations" / "0003_more.sql").write_text(
        "-- more\nALTER TABLE users ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP;\n", encoding="utf-8"
    )
    code, out, err = run(folder, "squash")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert lines[0] == "error: migrations/0003_more.sql:2: Cannot add a column with non-constant default"
    assert "    | ALTER TABLE users ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP;" in lines
    assert any("0001 to 0002 had been applied" in line for line in lines)
    assert lines[-1].startswith("help: ")
    assert not (folder / "migrations-fresh").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("squash", "--profile", "mysql"),
            "error: no profile mysql\nhelp: Choose one of d1, sqlite.\n",
        ),
        (
            ("check", "--profile", "mysql"),
            "error: no profile mysql\nhelp: Choose one of d1, sqlite.\n",
        ),
        (
            ("squash", "--to", "0009"),
            "error: no migration 0009 in migrations/\nhelp: Choose a number from 0001 to 0002.\n",
        ),
        (
            ("squash", "--migrations", "nowhere"),
            "error: nowhere/ does not exist\nhelp: Name the directory with --migrations DIR.\n",
        ),
    ],
)
def test_input_that_cannot_be_used(arguments: tuple[str, ...], message: str, folder: Path) -> None:
    """An error and a way out on standard error, exit code 2, nothing written."""
    assert run(folder, *arguments) == (2, "", message)
    assert not (folder / "migrations-fresh").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "--format", "xml"), ("--format", "xml", "text, json")),
        (("check", "--nonsense"), ("--nonsense",)),
        (("nonsense",), ("nonsense",)),
        (("squash", "extra"), ("extra",)),
        (("squash", "--to"), ("--to",)),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], words: tuple[str, ...], folder: Path) -> None:
    """Usage errors are told on standard error, with exit code 2."""
    code, out, err = run(folder, *arguments)
    assert (code, out) == (2, "")
    assert all(word in err for word in words)
    assert "Traceback" not in err


def test_json_goes_to_standard_output(folder: Path) -> None:
    """A document with sorted keys, and the exit code of the text format."""
    run(folder, "squash")
    code, out, err = run(folder, "check", "--format", "json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["result"] == "equivalent"
    assert document["exact"] is True
    assert list(document) == sorted(document)
    edit(folder, "'ada'", "'bob'")
    code, out, err = run(folder, "check", "--format", "json")
    assert (code, err) == (1, "")
    (found,) = json.loads(out)["differences"]
    assert found["object"] == {"kind": "table", "name": "users"}
    assert (found["expected"], found["actual"]) == ("'ada'", "'bob'")


def test_stdout_prints_the_file_and_writes_nothing(folder: Path) -> None:
    """The bytes on a pipe are the bytes that squash would write."""
    code, out, err = run(folder, "squash", "--stdout")
    assert (code, err) == (0, "")
    assert not (folder / "migrations-fresh").exists()
    run(folder, "squash")
    assert out.encode() == (folder / FRESH).read_bytes()


def test_options_name_the_places(folder: Path) -> None:
    """--migrations, --fresh, --profile and --to work together."""
    (folder / "migrations").rename(folder / "steps")
    code, out, _ = run(
        folder,
        *("squash", "--migrations", "steps", "--fresh", "out/schema.sql", "--profile", "sqlite", "--to", "1"),
    )
    assert code == 0
    assert out.splitlines()[:2] == [
        "replayed   1 migration, 0001",
        "wrote      out/schema.sql   1 table · 1 index",
    ]
    text = (folder / "out" / "schema.sql").read_text(encoding="utf-8")
    assert "d1_migrations" not in text
    assert "ada" not in text


def test_the_default_fresh_file_is_beside_the_chain(folder: Path) -> None:
    """The fresh file of DIR is DIR-fresh/0001_complete_schema.sql, also with a slash at the end."""
    (folder / "db").mkdir()
    (folder / "migrations").rename(folder / "db" / "steps")
    assert run(folder, "squash", "--migrations", "db/steps/")[0] == 0
    assert (folder / "db" / "steps-fresh" / "0001_complete_schema.sql").exists()


def test_version(folder: Path) -> None:
    """The version on standard output, the one of the package."""
    assert run(folder, "--version") == (0, f"squasher {VERSION}\n", "")
    assert version("squasher") == VERSION


@pytest.mark.parametrize("arguments", [("-h",), ("--help",), ("squash", "-h"), ("check", "--help")])
def test_help(arguments: tuple[str, ...], folder: Path) -> None:
    """Help on standard output, with exit code 0, plain when piped."""
    code, out, err = run(folder, *arguments)
    assert (code, err) == (0, "")
    assert out.startswith("Usage: squasher")
    assert "\x1b" not in out
    words = ("squash", "check") if len(arguments) == 1 else ("--migrations", "--fresh", "--profile")
    assert all(word in out for word in words)


def test_a_warning_goes_to_standard_error(folder: Path) -> None:
    """The result on standard output stays as it is; --stdout can be piped."""
    (folder / "migrations" / "0003_when.sql").write_text(
        "ALTER TABLE users ADD COLUMN at TEXT;\nUPDATE users SET at = name || datetime('now');\n",
        encoding="utf-8",
    )
    code, out, err = run(folder, "squash", "--stdout")
    assert code == 0
    assert err.startswith("warning: users.at ")
    assert err.count("\n") == 1
    assert "warning" not in out


def on_a_terminal(folder: Path, *arguments: str, **variables: str) -> str:
    """What a command writes on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "squasher", *arguments],
        cwd=folder,
        env=environment(**variables),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(ours)
    process.wait(60)
    return written.decode()


def test_colors_are_for_terminals(folder: Path) -> None:
    """A terminal gets colours, a pipe, NO_COLOR and a dumb terminal do not; JSON never does."""
    run(folder, "squash")
    edit(folder, "CREATE INDEX users_name ON users (name);\n", "")
    assert "\x1b[31m-\x1b[0m index users_name" in on_a_terminal(folder, "check")
    assert "\x1b" not in run(folder, "check")[1]
    assert "\x1b" not in on_a_terminal(folder, "check", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(folder, "check", TERM="dumb")
    assert "\x1b" not in on_a_terminal(folder, "check", "--format", "json")


@pytest.mark.parametrize(
    "variables",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii:strict"},
    ],
    ids=lambda variables: ",".join(f"{name}={value}" for name, value in variables.items()),
)
def test_output_is_utf_8_whatever_the_locale(variables: dict[str, str], folder: Path) -> None:
    """Names outside of ASCII and the dots of the summary are the same bytes everywhere."""
    (folder / "migrations" / "0003_words.sql").write_text(
        "CREATE TABLE größe (日本 TEXT);\nINSERT INTO größe VALUES ('★');\n", encoding="utf-8"
    )
    code, out, err = run(folder, "squash", **variables)
    assert (code, err) == (0, "")
    assert "2 tables · 1 index · 2 rows" in out
    assert run(folder, "check", **variables)[0] == 0
    assert "('0003_words.sql');" in (folder / FRESH).read_text(encoding="utf-8")
    edit(folder, "    日本 TEXT", "    中国 TEXT")
    edit(folder, '("日本")', '("中国")')
    code, out, err = run(folder, "check", **variables)
    assert (code, err) == (1, "")
    assert "日本" in out


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_migration_may_have_any_name_that_is_text(locale: str, folder: Path) -> None:
    """Names outside of ASCII are recorded as they are, in any locale."""
    named = folder / "migrations" / "0003_größe_日本.sql"
    named.write_text("CREATE TABLE more (a);\n", encoding="utf-8")
    assert run(folder, "squash", LC_ALL=locale)[::2] == (0, "")
    assert "    ('0003_größe_日本.sql');" in (folder / FRESH).read_text(encoding="utf-8")
    assert run(folder, "check", "--exact", LC_ALL=locale)[0] == 0


def wait_for_the_engine(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has loaded the engine and had some time to start the chain."""
    maps = Path(f"/proc/{process.pid}/maps")
    for _ in range(600):
        if not maps.parent.parent.exists() or "apsw" in maps.read_text(encoding="utf-8"):
            break
        time.sleep(0.05)
    time.sleep(0.7)


def test_an_interrupt_ends_it_quietly(folder: Path) -> None:
    """Ctrl-C while a slow statement runs: one line, exit code 130, no traceback, no file."""
    slow = (
        "INSERT INTO users (id) SELECT -{0} FROM (WITH RECURSIVE c (n) AS"
        " (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 8000000) SELECT max(n) FROM c);\n"
    )
    (folder / "migrations" / "0003_slow.sql").write_text(
        "".join(slow.format(number) for number in range(1, 41)), encoding="utf-8"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "squasher", "squash"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_for_the_engine(process)
        assert process.poll() is None, "the chain is slow enough"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == b""
    assert err == b"interrupted; nothing was written\n"
    assert not (folder / "migrations-fresh").exists()


def test_a_closed_pipe_ends_it_quietly(folder: Path) -> None:
    """A reader that goes away, as head does, is no reason for a traceback."""
    rows = ",\n".join(f"('{'x' * 80}{number}')" for number in range(2000))
    (folder / "migrations" / "0003_rows.sql").write_text(
        f"INSERT INTO users (name) VALUES\n{rows[:60000].rpartition(',')[0]};\n", encoding="utf-8"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "squasher", "squash", "--stdout"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert err == b""


@pytest.mark.skipif(sys.platform != "linux", reason="a file name there is text")
def test_a_file_name_that_is_no_text_is_an_error(folder: Path) -> None:
    """A name that is not UTF-8 cannot be recorded in a ledger: an error that shows it, no traceback."""
    odd = os.fsencode(folder / "migrations") + b"/0003_\xff.sql"
    Path(os.fsdecode(odd)).write_text("CREATE TABLE more (a);\n", encoding="utf-8")
    code, out, err = run(folder, "squash")
    assert "Traceback" not in err
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "0003_" in err


def main(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> int:
    """The exit code of the command line run in this process."""
    from squasher.cli import app

    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        app(list(arguments))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_doubt_has_the_exit_code_of_trouble(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When nothing can be concluded the check exits with 2 and says why."""
    assert main(monkeypatch, folder, "squash") == 0
    capsys.readouterr()

    def unable(*_: object) -> None:
        message = "out of order"
        raise SqlError(message)

    monkeypatch.setattr(bytecode, "compare", unable)
    assert main(monkeypatch, folder, "check") == 2
    out, err = capsys.readouterr()
    assert "could not be compared with migrations/" in out
    assert "out of order" in out
    assert "Unknown is not equal." in out
    assert err == ""


def test_a_proof_that_fails_shows_why(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """If emission loses something, the difference is on standard error and nothing is written."""
    whole = command.text_of

    def lossy(*args: object) -> str:
        text = whole(*args)  # type: ignore[arg-type]
        return text.replace("CREATE INDEX users_name ON users (name);\n", "")

    monkeypatch.setattr(command, "text_of", lossy)
    assert main(monkeypatch, folder, "squash") in {1, 2}
    out, err = capsys.readouterr()
    assert out == ""
    assert "users_name" in err
    assert "Nothing was written" in err
    assert not (folder / "migrations-fresh").exists()
