"""Records anew what the real D1 does with the files of tests/d1_cases.py.

    python -m tests.wrangler.record

Needs the packages that ``make test-wrangler`` installs. Look at the difference before it is committed:
a changed outcome means that D1 has changed, and that the profile d1 has to follow.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Final

from tests import d1_cases
from tests.wrangler import real

_REFERENCE: Final = re.compile(r"reference = \w+")


def main() -> int:
    """Write the file of outcomes."""
    cases = d1_cases.every()
    outcomes = real.run(cases)
    document = {
        "recorded_with": real.versions(),
        "note": "error: null or D1's message; schema: [type, name, sql] afterwards; rows: of the queries",
        "outcomes": {
            case.name: {
                "error": outcome.error and _REFERENCE.sub("reference = …", outcome.error),
                "schema": outcome.schema,
                "rows": outcome.rows,
            }
            for case, outcome in zip(cases, outcomes, strict=True)
        },
    }
    lines = json.dumps(document, indent=1, ensure_ascii=False)
    d1_cases.OUTCOMES.write_text(lines + "\n", encoding="utf-8")
    sys.stdout.write(f"recorded {len(cases)} outcomes with {real.versions()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
