"""For code scanning and editors: SARIF 2.1.0.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
The numbers below are its sections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from squasher.lint.rules import GROUPS, RULES
from squasher.render.json import dumped
from squasher.render.lint.fingerprints import fingerprints
from squasher.sql import printable
from squasher.version import VERSION

if TYPE_CHECKING:
    from squasher.lint.diagnostic import Diagnostic, Report
    from squasher.lint.rule import Rule

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE: Final = "%SRCROOT%"
_ABSOLUTE: Final = "/"


def render(report: Report, *, color: bool = False) -> str:  # noqa: ARG001 - JSON has no colours
    """A log with one run; of the rules, those that found something."""
    found = {one.code for one in report.diagnostics}
    rules = [rule for rule in RULES if rule.code in found]
    places = {rule.code: place for place, rule in enumerate(rules)}
    results = [
        _result(one, places[one.code], fingerprint)
        for one, fingerprint in zip(report.diagnostics, fingerprints(report), strict=True)
    ]
    run: dict[str, object] = {
        "tool": {
            "driver": {"name": "squasher", "semanticVersion": VERSION, "rules": [*map(_descriptor, rules)]}
        },
        "invocations": [_invocation(report)],
        "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return dumped({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _descriptor(rule: Rule) -> dict[str, object]:
    """A rule and its page; 3.49."""
    level = "error" if rule.severity == "error" else "warning"
    body = rule.documentation.partition("\n\n")[2]
    problem = body.removeprefix("## Problem\n").partition("\n\n## ")[0]
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": _plain(f"{rule.summary}.")},
        "fullDescription": {"text": _plain(" ".join(problem.split()))},
        "help": {"text": _braced(body), "markdown": _braced(body)},
        "defaultConfiguration": {"enabled": rule.severity != "off", "level": level},
        "properties": {"tags": [GROUPS[rule.code[:3]]], "problem.severity": level},
    }


def _invocation(report: Report) -> dict[str, object]:
    """How the run went; 3.20."""
    failed = [
        {"level": "error", "message": {"text": _plain(f"{name}: {error.message}" if name else error.message)}}
        for name, error in report.failed
    ]
    warnings = [{"level": "warning", "message": {"text": _plain(warning)}} for warning in report.warnings]
    return {"executionSuccessful": not failed, "toolExecutionNotifications": [*failed, *warnings]}


def _result(one: Diagnostic, place: int, fingerprint: str) -> dict[str, object]:
    """A diagnostic; 3.27."""
    region = {
        "startLine": one.line,
        "startColumn": one.column,
        "endLine": one.end_line,
        "endColumn": one.end_column,
    }
    result: dict[str, object] = {
        "ruleId": one.code,
        "ruleIndex": place,
        "level": one.severity,
        "message": {"text": _plain(f"{one.message}. {one.help}")},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(one.path), "region": region}}],
        # the name by which GitHub takes it for its own: "hash:how many before it"
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint[:16]}:1"},
    }
    if one.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": _plain(related.text)},
                "physicalLocation": {
                    "artifactLocation": _artifact(related.path),
                    "region": {"startLine": related.line},
                },
            }
            for number, related in enumerate(one.related)
        ]
    return result


def _artifact(path: str) -> dict[str, object]:
    """A file, as a relative reference with nothing in it that a URI gives a meaning to; 3.4."""
    uri = quote(path.removeprefix("./").encode(errors="surrogateescape"), safe="/")
    return {"uri": f"file://{uri}"} if uri.startswith(_ABSOLUTE) else {"uri": uri, "uriBaseId": _BASE}


def _plain(text: str) -> str:
    """A message that is text alone: 3.11.5 makes braces a placeholder, 3.11.6 ``[a](b)`` a link."""
    return _braced(printable(text).replace("](", "] ("))


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
