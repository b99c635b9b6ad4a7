"""Every rule of lint: its page, its examples, and its cases in tests/lint_cases/."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher.lint.rules import GROUPS, RULES
from tests import lints, repositories

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.lint.rule import Rule

CASES = [(rule, case) for rule in RULES for case in lints.cases(rule)]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    repositories.isolate(monkeypatch)


@pytest.mark.parametrize(
    ("rule", "case"), [pytest.param(*pair, id=f"{pair[0].code}-{pair[1].title}") for pair in CASES]
)
def test_cases(rule: Rule, case: lints.Case, tmp_path: Path) -> None:
    """A rule finds what its cases say, line by line, and nothing else; what helps is a sentence."""
    assert case.finds == bool(case.expected)
    found = lints.diagnosed(tmp_path / "migrations", case.files, rule)
    places = [f"{one.path.rpartition('/')[2]}:{one.line}" for one in found]
    assert places == [place for place, _ in case.expected], [one.message for one in found]
    for one, (_, words) in zip(found, case.expected, strict=True):
        assert words in one.message
        assert not one.message.endswith(".")
        assert one.help.endswith((".", "?"))


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_every_rule_has_cases_of_both_kinds(rule: Rule) -> None:
    """A rule that finds everything, or nothing, is no rule."""
    kinds = {case.finds for case in lints.cases(rule)}
    assert kinds == {True, False}


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_examples(rule: Rule, tmp_path: Path) -> None:
    """The example of a page is found, and its way out is not."""
    wrong, right = lints.example(rule, "## Example"), lints.example(rule, "## Way out")
    assert bool(wrong) == bool(right)
    if wrong:
        assert lints.diagnosed(tmp_path / "wrong", wrong, rule)
        assert not lints.diagnosed(tmp_path / "right", right, rule)


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_pages(rule: Rule) -> None:
    """A page says in one line what is found, then the problem, why it bites, an example and the way out."""
    assert rule.summary
    assert rule.documentation.startswith(f"{rule.summary}.\n\n## Problem\n")
    assert all(lints.sections(rule))


def test_codes() -> None:
    """Codes and names are unique, in order, in a known group, and in the name of the module."""
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.code[:3] in GROUPS
        module = f"{rule.code.lower()}_{rule.name.replace('-', '_')}"
        assert rule.check.__module__ == f"squasher.lint.rules.{module}"


def test_messages_have_one_form(tmp_path: Path) -> None:
    """A message has no full stop at its end, and help is a sentence that begins with a capital."""
    for rule, case in CASES:
        for one in lints.diagnosed(tmp_path / case.title.replace("/", " ") / "migrations", case.files, rule):
            assert not one.message.endswith((".", "!"))
            assert one.help.endswith((".", "?", "`"))
            assert one.help[:1].isupper()
