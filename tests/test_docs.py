"""The documentation says what is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench import page, table
from bench.chains import MIDDLE, SHAPES
from bench.figures import Figures
from squasher.profiles import PROFILES
from squasher.prove import LAYERS
from squasher.render import LINTS, RENDERERS
from squasher.settings import Settings
from tests import d1_cases
from tests.mutants.suite import FAMILIES
from tests.test_fidelity import KNOWN_GAPS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))


def test_shown_output_is_real() -> None:
    """Every block of output in the documentation is what the command prints."""
    command = [sys.executable, str(ROOT / "docs" / "blocks.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_rule_has_its_page() -> None:
    """docs/rules/ holds the docstrings of the rules, all of them, and nothing else."""
    command = [sys.executable, str(ROOT / "docs" / "pages.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_module_is_on_the_map() -> None:
    """CONTRIBUTING names each module and package, and none that does not exist."""
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## How to add")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    named = {name.rstrip("/") for row in rows for name in re.findall(r"`([\w/]+)`", row[0] + row[1])}
    package = ROOT / "squasher"
    modules = {path.stem for path in package.rglob("*.py") if path.stem != "__init__"}
    modules -= {path.stem for path in package.glob("lint/rules/*.py")}  # RULES names those
    packages = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}
    assert modules | packages == named


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """A relative link names a file of the project."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        if not link.startswith("http"):
            assert ((ROOT / page).parent / link).exists(), link


def test_layers_formats_and_profiles_are_documented() -> None:
    """The README has a row per layer and names each profile; the formats page has each format."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    formats = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [layer for layer in LAYERS if f"\n| {layer} |" not in readme] == []
    assert [name for name in PROFILES if f"`{name}`" not in readme] == []
    assert [name for name in RENDERERS if f"- `{name}`:" not in formats] == []
    lint = formats.partition("## Lint")[2]
    assert [name for name in LINTS if f"\n- `{name}`:" not in lint] == []


def test_the_first_block_of_the_readme_is_the_squash_of_this_chain() -> None:
    """What `make squash` is said to print is what `squash` prints, but for the word of the second line."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.partition("```console\n$ make squash\n")[2].partition("```")[0]
    done = subprocess.run(
        [sys.executable, "-m", "squasher", "squash"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.replace("unchanged", "wrote    ") == block


def test_figures_of_the_readme() -> None:
    """The figures that need no long run are counted here; `make mutants` compares its own with the page."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    telling = sum(len(family.telling) for family in FAMILIES)
    harmless = sum(len(family.harmless) for family in FAMILIES)
    cases = len(list((ROOT / "tests" / "cases").glob("*/case.toml")))
    files = len(d1_cases.every())
    alike, gaps = files - len(KNOWN_GAPS), len(KNOWN_GAPS)
    for figure in (
        f"that mean something | {telling}, all rejected |",
        f"order, layout | {harmless}, none rejected |",
        f"hostile chains | {cases}, installed both ways",
        f"| {alike} of {files} judged alike, with the same schema and rows; {gaps} end with an error",
    ):
        assert figure in readme


def test_the_page_about_time_has_every_row_of_the_bench() -> None:
    """Its blocks are there, with what is measured today and the goals of today; figures are as they were."""
    text = page.PAGE.read_text(encoding="utf-8")
    assert re.findall(r"<!-- bench: (?!end)(\w+) -->", text) == list(page.BLOCKS)
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
    shown = [(line[0], line[6].rstrip(" ✓✗")) for line in cells if not line[0].endswith("`.dump`")]
    wanted = table.lines(Figures({}, {}, MIDDLE.files, {}, {}))
    assert shown == [(line[0], line[6]) for line in wanted]
    for name, shape in SHAPES.items():
        if len(name) == 1:
            assert f" {shape.files:,} files" in text.partition(f"**{name}**")[2][:16]


def test_settings_are_documented() -> None:
    """The page about configuration has a row for each setting."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    settings = {field.replace("_", "-") for field in Settings._fields}
    rows = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert rows - {"databases.NAME"} == settings
