"""The console script. Imports what the call at hand needs, and no more."""

from __future__ import annotations

import gc
import sys

from squasher import budget


def main() -> None:
    """Run the command line."""
    # one short run: what it allocates is freed by counting, and looking for cycles only costs
    gc.disable()
    # a fleet is asked for its databases in several threads
    budget.alone = "drift" not in sys.argv
    match sys.argv[1:]:
        case ["--version"]:
            from squasher.version import VERSION

            sys.stdout.write(f"squasher {VERSION}\n")
        case ["check"]:
            from squasher.run import check

            sys.exit(check())
        case ["squash"]:
            from squasher.run import squash

            sys.exit(squash())
        case _:
            from squasher.cli import parse

            parse()


if __name__ == "__main__":
    main()
