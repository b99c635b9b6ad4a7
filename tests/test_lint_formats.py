"""The formats of ``squasher lint``: what each says, and that no name in a chain acts in any of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pytest

import squasher
from squasher.errors import InputError
from squasher.lint.diagnostic import Diagnostic, Related, Report
from squasher.lint.rules import RULES
from squasher.render import COMMANDS, LINTS, STATISTICS
from squasher.render.lint.excerpt import WIDEST, excerpt
from squasher.render.lint.fingerprints import fingerprints
from tests import schemas
from tests.test_output import FILE, HOSTILE, LITERAL, NAME, is_harmless, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str | bytes]], Path]

ROOT: Final = Path(__file__).parent.parent
FOUND: Final = Diagnostic(
    code="SQ202",
    name="transaction-control",
    severity="error",
    path="./db/0007_a b,c:100%.sql",
    line=12,
    column=3,
    end_line=12,
    end_column=8,
    message="a migration cannot control transactions on D1",
    help="Remove BEGIN.",
    source="  BEGIN; -- all or nothing",
    related=(Related("db/0003_x.sql", 4, "made here"),),
)
LONG: Final = FOUND._replace(code="SQ901", name="unused-ignore", severity="warning", end_line=14, related=())
REPORT: Final = Report((FOUND, LONG), 3, ("a link was skipped",), (("DB", InputError("no such directory")),))


def documents(text: str) -> Any:  # noqa: ANN401 - what JSON holds
    """A document, which has to be JSON to the letter."""
    return json.loads(text)


def test_text_shows_the_place() -> None:
    """Place, rule and message, the line with its marker, other lines, what to do; at the end the count."""
    assert LINTS["text"](REPORT).splitlines() == [
        (
            "./db/0007_a b,c:100%.sql:12:3: SQ202 error transaction-control:"
            " a migration cannot control transactions on D1"
        ),
        "   |",
        "12 |   BEGIN; -- all or nothing",
        "   |   ^^^^^",
        "   = db/0003_x.sql:4: made here",
        "   = help: Remove BEGIN.",
        "",
        (
            "./db/0007_a b,c:100%.sql:12:3: SQ901 warning unused-ignore:"
            " a migration cannot control transactions on D1"
        ),
        "   |",
        "12 |   BEGIN; -- all or nothing",
        "   |   ^^^^^^^^^^^^^^^^^^^^^^^^",
        "   = help: Remove BEGIN.",
        "",
        "1 error and 1 warning in 1 of 3 files, and 1 chain could not be read.",
    ]


def test_text_of_a_file_that_is_not_there() -> None:
    """No line can be shown, and none is."""
    shown = LINTS["text"](Report((FOUND._replace(source="", related=()),), 1))
    assert shown.splitlines()[1:] == ["   = help: Remove BEGIN.", "", "1 error in 1 of 1 file."]


def test_text_of_nothing() -> None:
    """One line says that nothing was found, and in how many files."""
    assert LINTS["text"](Report((), 34)) == "No problems in 34 files.\n"


def test_only_a_terminal_gets_colours() -> None:
    """Errors are red and warnings yellow, and without the codes it is the same text."""
    shown = LINTS["text"](REPORT, color=True)
    assert "\x1b[31mSQ202 error\x1b[0m" in shown
    assert "\x1b[33mSQ901 warning\x1b[0m" in shown
    for code in ("\x1b[31m", "\x1b[33m", "\x1b[0m"):
        shown = shown.replace(code, "")
    assert shown == LINTS["text"](REPORT)


@pytest.mark.parametrize(
    ("line", "marked", "shown"),
    [
        ("\tDROP TABLE t;", "DROP", "    "),
        ("INSERT INTO t VALUES ('日本'); BEGIN;", "BEGIN", "INSERT INTO t VALUES ('日本'); "),
        ("-- ##[x] BEGIN", "BEGIN", "-- ## [x] "),
        ("-- \x1b[31m\u202e BEGIN", "BEGIN", "-- \N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER} "),
        ("::error::x BEGIN", "BEGIN", "::error::x "),
    ],
)
def test_the_marker_is_below_what_it_marks(line: str, marked: str, shown: str) -> None:
    """Tabs, wide characters and what does not print take the cells that they take on a terminal."""
    start = line.index(marked)
    found = excerpt(line, start, start + len(marked))
    assert found.text.startswith(shown + marked)
    # a wide character takes two cells of a terminal, as the two in this test do
    assert found.indent == len(shown) + sum(char in "日本" for char in shown)
    assert found.width == len(marked)


def test_a_combining_character_takes_no_cell() -> None:
    """An accent that is a character of its own stands above the letter before it."""
    line = "SELECT 'e\N{COMBINING ACUTE ACCENT}', x"
    assert excerpt(line, line.index("x"), len(line)).indent == len("SELECT 'e', ")


@pytest.mark.parametrize("start", [0, 5, 58, 59, 60, 61, 500, 990, 999])
def test_a_long_line_is_cut_around_the_marker(start: int) -> None:
    """What is shown is no wider than a screen, holds what is marked, and says on which side it was cut."""
    line = "".join(chr(ord("a") + place % 26) for place in range(1000))
    found = excerpt(line, start, start + 3)
    assert len(found.text) <= WIDEST + 2
    assert found.text[found.indent : found.indent + found.width] == line[start : start + 3]
    inside = found.text.strip("…")
    assert inside in line
    assert found.text.startswith("…") == (not line.startswith(inside))
    assert found.text.endswith("…") == (not line.endswith(inside))


def test_a_marker_of_nothing_and_a_marker_of_all() -> None:
    """The end of a file has a marker of one cell; a marker does not go beyond the words of a line."""
    assert excerpt("SELECT 1", 8, 8) == ("SELECT 1", 8, 1)
    assert excerpt("SELECT (  ", 7, 99) == ("SELECT (", 7, 1)
    wide = excerpt("x" * 1000, 0, 1000)
    assert wide == ("x" * WIDEST + "…", 0, WIDEST)


def test_json_has_everything() -> None:
    """Version 1: what is known of each diagnostic, the counts, and the chains that could not be looked at."""
    document = documents(LINTS["json"](REPORT))
    first, second = document.pop("diagnostics")
    assert first == FOUND._asdict() | {"related": [FOUND.related[0]._asdict()]}
    assert second == LONG._asdict() | {"related": []}
    assert document == {
        "command": "lint",
        "version": 1,
        "files": 3,
        "counts": {"error": 1, "warning": 1},
        "failed": [{"database": "DB", "message": "no such directory", "help": None}],
        "warnings": ["a link was skipped"],
    }


def test_statistics_count_by_rule() -> None:
    """A line per rule, that which found most first, aligned; JSON has the same numbers."""
    report = Report((FOUND, *[LONG] * 10), 3)
    assert STATISTICS["text"](report).splitlines() == [
        "10  SQ901  warning  unused-ignore",
        " 1  SQ202  error    transaction-control",
        "",
        "1 error and 10 warnings in 1 of 3 files.",
    ]
    assert STATISTICS["text"](Report((), 3)) == "No problems in 3 files.\n"
    assert documents(STATISTICS["json"](report))["statistics"] == [
        {"code": "SQ901", "name": "unused-ignore", "severity": "warning", "count": 10},
        {"code": "SQ202", "name": "transaction-control", "severity": "error", "count": 1},
    ]


def test_github_annotates_the_lines() -> None:
    """A command per diagnostic; columns only where it is in one line, for the runner drops them elsewhere."""
    file = "db/0007_a b%2Cc%3A100%25.sql"
    assert LINTS["github"](REPORT).splitlines() == [
        (
            f"::error file={file},line=12,endLine=12,col=3,endColumn=8,title=SQ202 transaction-control::"
            "a migration cannot control transactions on D1 (made here: db/0003_x.sql:4). Remove BEGIN."
        ),
        (
            f"::warning file={file},line=12,endLine=14,title=SQ901 unused-ignore::"
            "a migration cannot control transactions on D1. Remove BEGIN."
        ),
    ]
    assert LINTS["github"](Report((), 3)) == ""


def test_gitlab_has_what_a_report_needs() -> None:
    """The five fields that GitLab asks for, with severities of its own."""
    first, second = documents(LINTS["gitlab"](REPORT))
    assert first == {
        "check_name": "SQ202 transaction-control",
        "description": "a migration cannot control transactions on D1. Remove BEGIN.",
        "fingerprint": first["fingerprint"],
        "severity": "critical",
        "location": {"path": "db/0007_a b,c:100%.sql", "lines": {"begin": 12, "end": 12}},
    }
    assert second["severity"] == "minor"
    assert first["fingerprint"] != second["fingerprint"]
    assert documents(LINTS["gitlab"](Report((), 3))) == []


def test_sarif_says_where_and_by_which_rule() -> None:
    """Each result names its rule twice, by code and by place, and its file as a URI below the root."""
    (sarif,) = documents(LINTS["sarif"](REPORT))["runs"]
    rules = sarif["tool"]["driver"]["rules"]
    first, second = sarif["results"]
    assert [rules[one["ruleIndex"]]["id"] for one in (first, second)] == ["SQ202", "SQ901"]
    assert (first["level"], second["level"]) == ("error", "warning")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": "db/0007_a%20b%2Cc%3A100%25.sql",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["region"] == {"startLine": 12, "startColumn": 3, "endLine": 12, "endColumn": 8}
    assert sarif["columnKind"] == "unicodeCodePoints"
    (related,) = first["relatedLocations"]
    assert related["message"]["text"] == "made here"
    assert related["physicalLocation"]["region"] == {"startLine": 4}
    assert "relatedLocations" not in second


def test_sarif_tells_how_the_run_went() -> None:
    """A chain that could not be read makes the run a failed one, and says why."""
    (sarif,) = documents(LINTS["sarif"](REPORT))["runs"]
    (run_of_it,) = sarif["invocations"]
    assert run_of_it["executionSuccessful"] is False
    assert [(one["level"], one["message"]["text"]) for one in run_of_it["toolExecutionNotifications"]] == [
        ("error", "DB: no such directory"),
        ("warning", "a link was skipped"),
    ]
    (good,) = documents(LINTS["sarif"](Report((), 3)))["runs"]
    assert good["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_sarif_keeps_absolute_paths_apart() -> None:
    """A file that was named from the root of the machine is no file below the root of a repository."""
    (sarif,) = documents(LINTS["sarif"](Report((FOUND._replace(path="/srv/ü.sql"),), 1)))["runs"]
    (result,) = sarif["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///srv/%C3%BC.sql"}


def test_sarif_follows_its_schema(tmp_path: Path) -> None:
    """The schema of OASIS accepts a log of every rule, and does not accept any log."""
    report = Report(
        tuple(FOUND._replace(code=rule.code, name=rule.name) for rule in RULES),
        3,
        REPORT.warnings,
        REPORT.failed,
    )
    path = tmp_path / "squasher.sarif"
    text = LINTS["sarif"](report)
    path.write_text(text, encoding="utf-8")
    assert schemas.problems(schemas.SARIF, path) == ""
    path.write_text(text.replace('"startLine": 12', '"startLine": 0'), encoding="utf-8")
    assert "startLine" in schemas.problems(schemas.SARIF, path)


def test_sarif_rules_have_their_pages() -> None:
    """A rule brings its summary, its problem and its page, and says whether it is on."""
    report = Report(tuple(FOUND._replace(code=rule.code, name=rule.name) for rule in RULES), 3)
    (sarif,) = documents(LINTS["sarif"](report))["runs"]
    for rule, said in zip(RULES, sarif["tool"]["driver"]["rules"], strict=True):
        assert (said["id"], said["name"]) == (rule.code, rule.name)
        assert said["shortDescription"]["text"].replace("{{", "{") == f"{rule.summary}."
        assert "## Problem" in said["help"]["markdown"]
        assert "\n" not in said["fullDescription"]["text"]
        assert said["defaultConfiguration"]["enabled"] == (rule.severity != "off")
        assert said["defaultConfiguration"]["level"] in {"error", "warning"}


def test_fingerprints_stay_when_lines_move() -> None:
    """Lines above a statement and its indentation change none; two like ones are told apart."""
    moved = FOUND._replace(line=40, end_line=40, column=9, end_column=14, source="\t" + FOUND.source.strip())
    (one,) = fingerprints(Report((FOUND,), 1))
    assert fingerprints(Report((moved,), 1)) == (one,)
    first, second = fingerprints(Report((FOUND, moved), 1))
    assert first == one
    assert second != one
    others = [
        FOUND._replace(code="SQ901"),
        FOUND._replace(path="db/0008.sql"),
        FOUND._replace(source="COMMIT;"),
    ]
    assert len({one, *fingerprints(Report(tuple(others), 1))}) == 4


def test_paths_as_seen_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--relative-to writes the paths of a subdirectory from the root, those of other lines too."""
    (tmp_path / "backend").mkdir()
    monkeypatch.chdir(tmp_path / "backend")
    (one,) = Report((FOUND,), 1).seen_from("..").diagnostics
    assert one.path == "backend/db/0007_a b,c:100%.sql"
    assert [related.path for related in one.related] == ["backend/db/0003_x.sql"]
    (same,) = Report((FOUND,), 1).seen_from(".").diagnostics
    assert same.path == FOUND.path.removeprefix("./")
    (above,) = Report((FOUND._replace(path="../db/x.sql"),), 1).seen_from(str(tmp_path)).diagnostics
    assert above.path == "db/x.sql"


BROKEN: Final = f"""BEGIN; -- {HOSTILE.splitlines()[0]} ##[error]
-- squasher: ignore SQ000 {HOSTILE.replace(chr(10), " ").replace(chr(13), " ")}
CREATE TABLE {NAME} (a DEFAULT {LITERAL});
INSERT INTO {NAME} (b, "[a](http://example.org) {{0}} @user #1") VALUES ({LITERAL});
"""
LINKS: Final = 'CREATE TABLE t (a);\nSELECT "[a](b) {0} ##[error]x %0A::error::" FROM nowhere;\n'


@pytest.mark.parametrize("script", [BROKEN, LINKS], ids=["broken", "links"])
@pytest.mark.parametrize("form", LINTS)
def test_nothing_in_a_chain_acts(form: str, script: str, write_chain: Write, tmp_path: Path) -> None:
    """Names, strings, comments and file names are shown by every format, and are commands in none."""
    write_chain({FILE: script})
    code, out, err = run(tmp_path, "lint", "--format", form)
    assert code == 1, err
    assert is_harmless(err)
    if form == "github":
        for line in out.decode().splitlines():
            head, _, _ = line.removeprefix("::").partition("::")
            level, _, properties = head.partition(" ")
            assert level in {"error", "warning"}
            assert line.isprintable()
            keys = [one.partition("=")[0] for one in properties.split(",")]
            assert keys in (
                ["file", "line", "endLine", "col", "endColumn", "title"],
                ["file", "line", "endLine", "title"],
            )
            assert "##[" not in line
    else:
        assert is_harmless(out)
    if form in COMMANDS - {"github"}:
        documents(out.decode())
        assert b"</" not in out
        assert b"<!--" not in out
    if form == "sarif":
        (sarif,) = documents(out.decode())["runs"]
        texts = [one["message"]["text"] for one in sarif["results"]]
        assert not any("](" in text for text in texts)
        uri = sarif["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(uri) == f"migrations/{FILE}"
        assert set(uri) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%/")
        path = tmp_path / "squasher.sarif"
        path.write_bytes(out)
        assert schemas.problems(schemas.SARIF, path) == ""


@pytest.mark.parametrize("form", LINTS)
def test_the_same_chain_gives_the_same_bytes(form: str, write_chain: Write, tmp_path: Path) -> None:
    """Neither the seed of hashes, the locale nor the directory's place changes a byte."""
    write_chain({"0001_a.sql": "BEGIN;\nCREATE TABLE t (a);\nCOMMIT;\n", FILE: BROKEN})
    other = tmp_path / "elsewhere"
    other.mkdir()
    (tmp_path / "migrations").rename(other / "migrations")
    outs = set()
    for seed, locale, folder in (("0", "C.UTF-8", other), ("7", "C", tmp_path)):
        if folder is tmp_path:
            (other / "migrations").rename(tmp_path / "migrations")
        done = subprocess.run(
            [sys.executable, "-m", "squasher", "lint", "--format", form],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "LC_ALL": locale},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1
        outs.add(done.stdout)
    assert len(outs) == 1


def test_colours_of_a_hostile_line_are_ours(write_chain: Write) -> None:
    """On a terminal the codes of two colours are written, and nothing else that does not print."""
    shown = LINTS["text"](squasher.diagnose(write_chain({FILE: BROKEN})), color=True)
    assert "\x1b[31m" in shown
    for code in ("\x1b[31m", "\x1b[33m", "\x1b[0m"):
        shown = shown.replace(code, "")
    assert is_harmless(shown.encode())
