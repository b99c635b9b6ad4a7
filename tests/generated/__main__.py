"""``make fuzz``: run the properties of generated chains for as long as wanted, with new seeds.

Every fault is shown once it is shrunk, as migration files that can be copied into a test; the run goes
on with the next seed. The last line is the summary; the exit code is 1 when there was a fault.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from functools import partial
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.generated import lexing, properties, reviews
from tests.generated.chains import chains

if TYPE_CHECKING:
    from collections.abc import Callable

_EXAMPLES: Final = 50
RUNS: Final[dict[str, Callable[[], Callable[[], None]]]] = {
    f"{name}, profile {profile}": partial(make, profile)
    for profile in ("d1", "sqlite")
    for name, make in (
        ("is carried", lambda profile: given(chains(profile))(properties.is_carried)),
        (
            "installs alike",
            lambda profile: given(chains(profile, volatile=False))(properties.installs_alike),
        ),
        ("edits are found", lambda profile: given(chains(profile), st.data())(properties.edits_are_found)),
        ("cuts are told", lambda profile: given(chains(profile), st.data())(reviews.cuts_are_told)),
        ("history is told", lambda profile: given(chains(profile))(reviews.history_is_told)),
        (
            "trivia means nothing",
            lambda profile: given(chains(profile, volatile=False), st.data())(lexing.trivia_means_nothing),
        ),
    )
}


def run(name: str, number: int) -> bool:
    """One property with the examples of one seed; whether all of them hold."""
    test = seed(number)(
        settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        )(RUNS[name]())
    )
    try:
        test()
    except Exception:  # noqa: BLE001 - whatever it is, it is a fault to show
        sys.stdout.write(f"fault      {name}, --seed {number}\n{traceback.format_exc()}\n")
        sys.stdout.flush()
        return False
    return True


def main() -> int:
    """Run until the time is over; the exit code."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="for how long (default: 10)")
    parser.add_argument("--seed", type=int, help="the first seed (default: any)")
    parser.add_argument("--only", default="", help="run only the properties whose name holds this")
    options = parser.parse_args()
    start = time.monotonic()
    number = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    names = [name for name in RUNS if options.only in name]
    if not names:
        parser.error(f"no property {options.only}: there are {'; '.join(RUNS)}")
    rounds = faults = 0
    while time.monotonic() - start < options.minutes * 60:
        faults += not run(names[rounds % len(names)], number + rounds // len(names))
        rounds += 1
    sys.stdout.write(summary(faults, time.monotonic() - start))
    return 1 if faults else 0


def summary(faults: int, seconds: float) -> str:
    """What the run did, in a few lines, the last of which is the result."""
    tally = properties.tally
    whole = tally["chains"] or 1
    listed = [f"{what}: {count:,}" for what, count in sorted(tally.items()) if ":" in what]
    return "".join(f"           {line}\n" for line in listed) + (
        f"fuzzed     {tally['chains']:,} chains in {seconds:,.0f} s: {tally['proved']:,} proved,"
        f" {tally['refused']:,} refused ({100 * tally['refused'] / whole:.1f} %),"
        f" {tally['statements']:,} statements with trivia · {faults} fault{'' if faults == 1 else 's'}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
