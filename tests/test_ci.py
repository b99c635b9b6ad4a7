"""What runs elsewhere, run here as far as that goes: the action, the hooks, and what docs/ci.md shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from ruamel.yaml import YAML

from tests import schemas
from tests.repositories import Repository, isolate

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
USERS: Final = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);\n"
ROLES: Final = "CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"
UNUSED: Final = f"-- squasher: ignore SQ202 the runner wants it\n{ROLES}"
REFUSED: Final = f"BEGIN;\n{ROLES}COMMIT;\n"
FAILS: Final = "INSERT INTO nowhere VALUES (1);\n"


def loaded(text: str) -> Any:  # noqa: ANN401 - what YAML holds
    """A document of YAML, with plain values."""
    return YAML(typ="safe", pure=True).load(text)


def shown(name: str) -> str:
    """The file of this name that docs/ci.md shows."""
    _, begins, rest = PAGE.partition(f"<!-- shown: {name} -->\n```")
    assert begins, name
    return rest.partition("\n")[2].partition("\n```\n")[0] + "\n"


BASH: Final = shutil.which("bash") or "bash"
ACTION: Final = loaded((ROOT / "action.yml").read_text(encoding="utf-8"))


class Ended(NamedTuple):
    """What came of the action."""

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str


class Runner:
    """As much of GitHub's runner as a composite action needs: expressions, variables, files for outputs."""

    def __init__(self, root: Path, workspace: Path, into: str = "") -> None:
        self._root = root
        self._workspace = workspace
        command = root / "squasher"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m squasher "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        self._known = {
            "github.action_path": str(ROOT),
            "github.event.pull_request.base.ref": into,
            # of the step that installs, which needs a network
            "steps.install.outputs.squasher": str(command),
        }

    def run(self, step: str = "run", **inputs: str) -> Ended:
        """Run one step of the action with these inputs; in their names an underscore stands for a hyphen."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= ACTION["inputs"].keys()
        for name, said in ACTION["inputs"].items():
            self._known[f"inputs.{name}"] = given.get(name, self._evaluated(said["default"]))
        (found,) = [one for one in ACTION["runs"]["steps"] if one["id"] == step]
        assert found["shell"] == "bash"
        files = {name: self._root / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        (self._root / "temp").mkdir(exist_ok=True)
        done = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]],
            cwd=self._workspace,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "GITHUB_WORKSPACE": str(self._workspace),
                "RUNNER_TEMP": str(self._root / "temp"),
                **{name: str(path) for name, path in files.items()},
                **{name: self._evaluated(value) for name, value in found["env"].items()},
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        lines = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        outputs = {name: value for name, _, value in (line.partition("=") for line in lines)}
        return Ended(
            done.returncode, done.stdout, outputs, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        )

    def _evaluated(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: self._known[match[1]], text)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository whose main branch has a chain and its fresh file, on a branch for a pull request."""
    isolate(monkeypatch)
    made = Repository.new(tmp_path / "workspace")
    made.write({"migrations/0001_users.sql": USERS})
    squash(made.root)
    made.commit({})
    made.git("switch", "--quiet", "--create", "roles")
    return made


@pytest.fixture
def runner(repository: Repository, tmp_path: Path) -> Runner:
    """A runner that has checked the repository out."""
    return Runner(tmp_path, repository.root)


def squash(folder: Path) -> None:
    """Write the fresh file."""
    subprocess.run(
        [sys.executable, "-m", "squasher", "squash"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        timeout=60,
    )


def annotated(ended: Ended) -> list[str]:
    """The levels, files and titles of the annotations in a log."""
    found = []
    for line in ended.log.splitlines():
        if line.startswith(("::error ", "::warning ", "::notice ")):
            level, _, properties = line.removeprefix("::").partition("::")[0].partition(" ")
            said = dict(one.split("=") for one in properties.split(","))
            found.append(f"{level} {said.get('file', '')}:{said.get('line', '')} {said['title']}")
    return found


def test_the_action_passes_a_good_chain(repository: Repository, runner: Runner) -> None:
    """Nothing is annotated; the diff is in the summary and in a file; SARIF is there and empty."""
    repository.write({"migrations/0002_roles.sql": ROLES})
    squash(repository.root)
    repository.commit({})
    ended = runner.run(base="main")
    assert (ended.code, annotated(ended)) == (0, []), ended.log
    assert ended.outputs["result"] == "passed"
    assert "No problems in 2 files." in ended.summary
    body = Path(ended.outputs["diff"]).read_text(encoding="utf-8")
    assert body.startswith("<!-- squasher diff: migrations -->\n")
    assert "roles" in body
    assert ended.summary.endswith(body)
    sarif = Path(ended.outputs["sarif"])
    assert schemas.problems(schemas.SARIF, sarif) == ""
    assert json.loads(sarif.read_text(encoding="utf-8"))["runs"][0]["results"] == []


def test_the_action_annotates_findings(repository: Repository, runner: Runner) -> None:
    """What lint finds is on its line, a stale fresh file has an annotation and a table; exit code 1."""
    repository.commit({"migrations/0002_roles.sql": UNUSED})
    ended = runner.run(base="main")
    assert ended.code == 1
    assert ended.outputs["result"] == "findings"
    assert annotated(ended) == [
        "error : squasher check",
        "warning migrations/0002_roles.sql:1 SQ901 unused-ignore",
    ]
    assert "is not equivalent to" in ended.log
    assert "<!-- squasher check:" in ended.summary
    assert "\n1 warning in 1 of 2 files.\n" in ended.summary
    assert "1 | -- squasher: ignore SQ202 the runner wants it" in ended.log
    (result,) = json.loads(Path(ended.outputs["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"]
    assert result["ruleId"] == "SQ901"


def test_the_action_says_what_it_could_not_read(repository: Repository, runner: Runner) -> None:
    """A chain that does not run: its line is annotated, there is no diff, and the step fails."""
    repository.commit({"migrations/0002_roles.sql": FAILS})
    ended = runner.run(base="main")
    assert ended.code == 2
    assert ended.outputs["result"] == "failed"
    assert ended.outputs["diff"] == ""
    assert annotated(ended) == [
        "error : squasher check",
        "error migrations/0002_roles.sql:1 SQ201 statement-fails",
        "warning : squasher diff",
    ]
    assert "no such table: nowhere" in ended.log


def test_lint_that_could_not_run_is_annotated(runner: Runner) -> None:
    """Where lint ends before it reads a chain, no line could have an annotation: the step has one."""
    ended = runner.run(commands="lint", database="NOWHERE")
    assert (ended.code, ended.outputs["result"], ended.outputs["sarif"]) == (2, "failed", "")
    assert annotated(ended) == ["error : squasher lint"]
    assert ended.summary == ""


@pytest.mark.parametrize(
    ("script", "fail_on", "code", "result"),
    [
        (UNUSED, "warning", 1, "findings"),
        (UNUSED, "error", 0, "passed"),
        (UNUSED, "never", 0, "findings"),
        (REFUSED, "error", 1, "findings"),
        (REFUSED, "never", 0, "findings"),
    ],
    ids=["warning", "only errors", "never", "an error", "never, an error"],
)
def test_what_makes_the_action_fail(
    script: str, fail_on: str, code: int, result: str, repository: Repository, runner: Runner
) -> None:
    """Warnings do unless it is told otherwise; the result says what was found all the same."""
    repository.write({"migrations/0002_roles.sql": script})
    ended = runner.run(commands="lint", fail_on=fail_on)
    assert (ended.code, ended.outputs["result"]) == (code, result)


def test_the_action_runs_what_is_asked_for(repository: Repository, runner: Runner) -> None:
    """Each command alone; without a base there is nothing to compare with."""
    repository.write({"migrations/0002_roles.sql": UNUSED})
    ended = runner.run(commands="diff", base="main")
    assert (ended.code, annotated(ended), ended.outputs["sarif"]) == (0, [], "")
    assert ended.summary == Path(ended.outputs["diff"]).read_text(encoding="utf-8")
    ended = runner.run(commands="diff")
    assert (ended.code, annotated(ended), ended.outputs["diff"], ended.summary) == (0, [], "", "")
    ended = runner.run(commands="check")
    assert (ended.code, annotated(ended)) == (1, ["error : squasher check"])
    ended = runner.run(commands="lint", lint_args="--ignore SQ901")
    assert (ended.code, annotated(ended)) == (0, [])


def test_the_action_in_a_subdirectory(repository: Repository, runner: Runner) -> None:
    """There it finds the configuration of that directory; annotations have paths from the root."""
    (repository.root / "backend").mkdir()
    (repository.root / "migrations").rename(repository.root / "backend" / "db")
    repository.write(
        {
            "backend/squasher.toml": '[databases.APP]\nmigrations = "db"\n[databases.B]\nmigrations = "b"\n',
            "backend/db/0002_roles.sql": UNUSED,
            "backend/b/0001_roles.sql": UNUSED,
        }
    )
    ended = runner.run(commands="lint", working_directory="backend", database="APP")
    assert annotated(ended) == ["warning backend/db/0002_roles.sql:1 SQ901 unused-ignore"]
    (result,) = json.loads(Path(ended.outputs["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "backend/db/0002_roles.sql"
    ended = runner.run(
        commands="lint", config="backend/squasher.toml", args="--database APP --profile sqlite"
    )
    assert annotated(ended) == ["warning backend/db/0002_roles.sql:1 SQ901 unused-ignore"]


def test_the_action_compares_with_where_the_branch_began(repository: Repository, runner: Runner) -> None:
    """What came to the base later is not what the pull request does."""
    repository.commit({"migrations/0003_roles.sql": ROLES})
    repository.git("switch", "--quiet", "main")
    repository.commit({"migrations/0002_teams.sql": "CREATE TABLE teams (id INTEGER PRIMARY KEY);\n"})
    repository.git("switch", "--quiet", "roles")
    ended = runner.run(commands="diff", base="main")
    assert "roles" in ended.summary
    assert "teams" not in ended.summary


def test_the_action_knows_where_the_base_is_now(repository: Repository, tmp_path: Path) -> None:
    """GitHub checks out a merge with the base of today, which may be ahead of what the event says of it."""
    repository.commit({"migrations/0003_roles.sql": ROLES})
    repository.git("switch", "--quiet", "main")
    repository.commit({"migrations/0002_teams.sql": "CREATE TABLE teams (id INTEGER PRIMARY KEY);\n"})
    repository.git("switch", "--quiet", "--create", "merge")
    repository.git("merge", "--quiet", "--no-ff", "-m", "as refs/pull/1/merge", "roles")
    clone = repository.clone(tmp_path / "clone", "--branch=merge")
    ended = Runner(tmp_path, clone.root, into="main").run(commands="diff")
    assert annotated(ended) == []
    assert "roles" in ended.summary
    assert "teams" not in ended.summary


def test_the_action_in_a_shallow_checkout(repository: Repository, tmp_path: Path) -> None:
    """Without the commits of the base the diff is left out, and a warning says what to do; the rest runs."""
    repository.write({"migrations/0002_roles.sql": ROLES})
    squash(repository.root)
    repository.commit({})
    base = repository.git("rev-parse", "main").strip()
    clone = repository.clone(tmp_path / "clone", "--depth=1", "--branch=roles")
    ended = Runner(tmp_path, clone.root).run(base=base)
    assert (ended.code, ended.outputs["result"]) == (0, "passed")
    assert annotated(ended) == ["warning : squasher diff"]
    assert "fetch-depth: 0" in ended.log


@pytest.mark.parametrize(
    "inputs",
    [{"commands": "check archive"}, {"commands": " "}, {"fail_on": "info"}, {"working_directory": "nowhere"}],
    ids=["commands", "no commands", "fail-on", "working-directory"],
)
def test_inputs_that_are_wrong(inputs: dict[str, str], runner: Runner) -> None:
    """An annotation says which values there are, and nothing runs."""
    ended = runner.run(**inputs)
    assert ended.code == 2
    assert annotated(ended) == ["error : squasher"]
    assert ended.outputs == {}


@pytest.mark.parametrize(
    "name", ["commands", "working_directory", "database", "config", "args", "lint_args", "base", "fail_on"]
)
def test_inputs_are_not_run(name: str, repository: Repository, runner: Runner) -> None:
    """Whatever an input holds, a shell takes it for text."""
    hostile = "lint'\"; touch pwned; $(touch pwned) `touch pwned` ${IFS}* #\n touch pwned"
    runner.run(**{"commands": "diff" if name == "base" else "lint", name: hostile})
    assert not list(repository.root.rglob("pwned"))


def test_no_expression_stands_in_a_script() -> None:
    """GitHub puts the value into the text of the script: what a pull request says would be run."""
    scripts = [step["run"] for step in ACTION["runs"]["steps"]]
    workflow = loaded(shown("migrations.yml"))
    scripts += [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert len(scripts) == 3
    assert not any("${{" in script for script in scripts)


def test_the_action_needs_a_python(tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none that is new enough, an annotation says what to add to the workflow."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bash").symlink_to("/bin/bash")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    ended = runner.run("install")
    assert ended.code == 2
    assert annotated(ended) == ["error : squasher"]
    assert "actions/setup-python" in ended.log


@pytest.mark.parametrize(
    ("name", "schema", "right", "wrong"),
    [
        ("migrations.yml", schemas.WORKFLOW, "fetch-depth: 0", "fetch-depth: [0]"),
        (".gitlab-ci.yml", schemas.GITLAB, "when: always", "when: sometimes"),
    ],
)
def test_shown_files_follow_their_schemas(
    name: str, schema: tuple[str, ...], right: str, wrong: str, tmp_path: Path
) -> None:
    """The workflow of GitHub and the jobs of GitLab are valid, and would not be with another value."""
    path = tmp_path / name
    path.write_text(shown(name), encoding="utf-8")
    assert schemas.problems(schema, path) == ""
    assert right in shown(name)
    path.write_text(shown(name).replace(right, wrong), encoding="utf-8")
    assert schemas.problems(schema, path)


def test_the_action_follows_its_schema(tmp_path: Path) -> None:
    """action.yml is an action; without its steps it is none."""
    assert schemas.problems(schemas.ACTION, ROOT / "action.yml") == ""
    path = tmp_path / "action.yml"
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    path.write_text(text.replace("using: composite", "using: shell"), encoding="utf-8")
    assert schemas.problems(schemas.ACTION, path)


def test_inputs_and_outputs_are_documented() -> None:
    """The tables of the page have a row for each of them, and for no other."""
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]
    assert sorted(named) == sorted([*ACTION["inputs"], *ACTION["outputs"]])


def test_the_workflow_takes_what_the_action_gives() -> None:
    """It reads outputs that exist, and gives the action no input that does not."""
    text = shown("migrations.yml")
    assert set(re.findall(r"steps\.squasher\.outputs\.(\w+)", text)) == {"sarif", "diff"}
    (step,) = [one for one in loaded(text)["jobs"]["squasher"]["steps"] if one.get("id") == "squasher"]
    assert step.get("with", {}).keys() <= ACTION["inputs"].keys()


GH: Final = """#!/bin/sh
# answers as GitHub's own client does when it lists comments, and writes down what it is asked to change
case " $* " in
  *" --jq "*) cat "$COMMENTS" ;;
  *) printf '%s\\n' "$*" >> "$CHANGED" ;;
esac
"""


@pytest.mark.parametrize(
    ("found", "changed"),
    [
        ("", "--method POST repos/o/r/issues/7/comments"),
        ("11\n12\n", "--method PATCH repos/o/r/issues/comments/11"),
    ],
    ids=["the first", "again"],
)
def test_the_comment_is_written_once(found: str, changed: str, tmp_path: Path) -> None:
    """A comment that begins with the same line is brought up to date, else one is made of the whole file."""
    (step,) = [one for one in loaded(shown("migrations.yml"))["jobs"]["squasher"]["steps"] if "run" in one]
    command = tmp_path / "gh"
    command.write_text(GH, encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / "comments").write_text(found, encoding="utf-8")
    (tmp_path / "body.md").write_text("<!-- squasher diff: migrations -->\nmore\n", encoding="utf-8")
    subprocess.run(
        [BASH, "--noprofile", "--norc", "-e", "-c", step["run"]],
        cwd=tmp_path,
        env={
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "COMMENTS": str(tmp_path / "comments"),
            "CHANGED": str(tmp_path / "changed"),
            "GITHUB_REPOSITORY": "o/r",
            "NUMBER": "7",
            "BODY": str(tmp_path / "body.md"),
        },
        check=True,
        timeout=60,
    )
    said = (tmp_path / "changed").read_text(encoding="utf-8")
    assert said == f"api {changed} --field body=@{tmp_path / 'body.md'}\n"


@pytest.mark.parametrize(("script", "codes"), [(ROLES, (0, 0)), (UNUSED, (1, 1)), (FAILS, (2, 1))])
def test_the_jobs_of_gitlab(
    script: str, codes: tuple[int, int], repository: Repository, runner: Runner, tmp_path: Path
) -> None:
    """The scripts of both jobs end as the commands do, and the report is there whatever they found."""
    repository.write({"migrations/0002_roles.sql": script})
    if script == ROLES:
        squash(repository.root)
    jobs = loaded(shown(".gitlab-ci.yml"))
    assert runner is not None  # it has put the command into the path
    ended = []
    for name in ("squasher check", "squasher lint"):
        done = subprocess.run(
            [BASH, "-eo", "pipefail", "-c", "\n".join(jobs[name]["script"])],
            cwd=repository.root,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            },
            capture_output=True,
            check=False,
            timeout=60,
        )
        ended.append(done.returncode)
    assert tuple(ended) == codes
    report = repository.root / jobs["squasher lint"]["artifacts"]["reports"]["codequality"]
    found = json.loads(report.read_text(encoding="utf-8"))
    assert [one["location"]["path"] for one in found] == ["migrations/0002_roles.sql"] * codes[1]


HOOKS: Final = loaded((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_pre_commit_takes_the_hooks(tmp_path: Path) -> None:
    """Its own check of a manifest and of a configuration finds nothing wrong."""
    config = tmp_path / ".pre-commit-config.yaml"
    config.write_text(shown(".pre-commit-config.yaml"), encoding="utf-8")
    for command in (
        ["validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        ["validate-config", str(config)],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", *command],
            env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
    (repo,) = loaded(shown(".pre-commit-config.yaml"))["repos"]
    assert {one["id"] for one in repo["hooks"]} <= {one["id"] for one in HOOKS}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("migrations/0001_a.sql", True),
        ("db/x/migration.sql", True),
        ("wrangler.toml", True),
        ("backend/wrangler.jsonc", True),
        ("squasher.toml", True),
        ("pyproject.toml", True),
        ("README.md", False),
        ("src/sql.ts", False),
        ("my-wrangler.toml", False),
    ],
)
def test_files_that_call_a_hook(path: str, wanted: bool) -> None:  # noqa: FBT001 - a column of the table above
    """A migration or a configuration does, and nothing else."""
    assert [bool(re.search(hook["files"], path)) for hook in HOOKS] == [wanted] * len(HOOKS)


@pytest.mark.parametrize("script", [ROLES, UNUSED], ids=["good", "findings"])
def test_hooks_end_as_their_commands_do(
    script: str, repository: Repository, runner: Runner, tmp_path: Path
) -> None:
    """One finds, one sees that the fresh file is behind, one writes it anew, by which pre-commit stops."""
    repository.commit({"migrations/0002_roles.sql": script})
    assert runner is not None  # it has put the command into the path
    ended = {}
    for hook in HOOKS:
        assert hook["pass_filenames"] is False
        done = subprocess.run(
            shlex.split(hook["entry"]),
            cwd=repository.root,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            },
            capture_output=True,
            check=False,
            timeout=60,
        )
        ended[hook["id"]] = done.returncode
    assert ended == {
        "squasher-lint": 1 if script == UNUSED else 0,
        "squasher-check": 1,
        "squasher-squash": 0,
    }
    changed = repository.git("status", "--porcelain").split()
    assert changed == ["M", "migrations-fresh/0001_complete_schema.sql"]


def test_the_problem_matcher_reads_what_lint_says(
    repository: Repository, runner: Runner, tmp_path: Path
) -> None:
    """Each finding is one problem, with its place, severity, code and message; no other line is."""
    repository.write({"migrations/0002_roles.sql": REFUSED})
    done = subprocess.run(
        [str(tmp_path / "squasher"), "lint"],
        cwd=repository.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert runner is not None  # it has written the command
    (task,) = json.loads(shown("tasks.json"))["tasks"]
    pattern = task["problemMatcher"]["pattern"]
    # nothing in it means another thing to the engine of an editor
    found = [match for match in map(re.compile(pattern["regexp"]).match, done.stdout.splitlines()) if match]
    fields = ("file", "line", "column", "code", "severity")
    assert [tuple(match[pattern[field]] for field in fields) for match in found] == [
        ("migrations/0002_roles.sql", "1", "1", "SQ202", "error"),
        ("migrations/0002_roles.sql", "3", "1", "SQ202", "error"),
    ]
    assert found[0][pattern["message"]].startswith("transaction-control: a migration")
