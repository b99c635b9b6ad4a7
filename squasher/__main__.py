"""The console script. Imports what the call at hand needs, and no more."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:
        from squasher.version import VERSION

        sys.stdout.write(f"squasher {VERSION}\n")
        return
    from squasher.cli import run

    run()


if __name__ == "__main__":
    main()
