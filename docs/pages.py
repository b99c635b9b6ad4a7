"""The page of every rule of lint, and the list of them: `python docs/pages.py` writes docs/rules/ anew.

With `--check` nothing is written, and the exit code is 1 when a page is out of date, missing or left over.
"""

from __future__ import annotations

import sys
from pathlib import Path

from squasher.lint.rules import GROUPS, RULES
from squasher.render.lint.page import page

FOLDER = Path(__file__).resolve().parent / "rules"
_BACK = "[All rules](README.md) · [squasher lint](../lint.md)\n"


def listed() -> str:
    """The page that lists the rules by group."""
    parts = [
        "# The rules of squasher lint\n",
        "Each page says what the problem is, why it bites on D1 or SQLite, and the way out;",
        "`squasher lint --explain CODE` shows it in a terminal. [squasher lint](../lint.md) tells how rules",
        "are set and ignored. A rule that is `off` runs when the configuration or `--select` names it.\n",
    ]
    for beginning, title in GROUPS.items():
        rules = [rule for rule in RULES if rule.code.startswith(beginning)]
        if not rules:
            continue
        parts += [
            f"## {beginning}: {title}\n",
            "| code | name | finds | unless configured | profiles |",
            "|---|---|---|---|---|",
        ]
        parts += [
            f"| [{rule.code}]({rule.code}.md) | `{rule.name}` | {_cell(rule.summary)} | {rule.severity} |"
            f" {', '.join(sorted(rule.profiles))} |"
            for rule in rules
        ]
        parts.append("")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def pages() -> dict[Path, str]:
    """What every file of the directory should hold."""
    found = {FOLDER / f"{rule.code}.md": f"{page(rule)}\n{_BACK}" for rule in RULES}
    return {FOLDER / "README.md": listed(), **found}


def main() -> int:
    """Write the pages, or check them."""
    wanted = pages()
    there = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    stale = sorted(path for path in there.keys() | wanted.keys() if there.get(path) != wanted.get(path))
    checks = "--check" in sys.argv
    for path in stale:
        if not checks and path in wanted:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        elif not checks:
            path.unlink()
        said = "is out of date: run `make docs`" if checks else "updated" if path in wanted else "removed"
        sys.stdout.write(f"docs/rules/{path.name} {said}\n")
    return 1 if stale and checks else 0


if __name__ == "__main__":
    sys.exit(main())
