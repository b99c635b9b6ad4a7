"""Time `squasher check`, `squash` and `history` beside a bare replay of the same files.

Whole processes, in rounds: each round runs every process once, and a ratio is taken within a
round, so that a machine that slows down half-way slows down both of its sides. The figures are
for people to read; no time measured here is ever a failure.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BASE: Final = "raw"
FRESH: Final = "migrations-fresh/0001_complete_schema.sql"
COMMANDS: Final = {
    BASE: (str(ROOT / "bench" / "raw.py"), "migrations"),
    "check": ("-m", "squasher", "check"),
    "squash": ("-m", "squasher", "squash"),
    "history": ("-m", "squasher", "history"),
}
IMPORTS: Final = {
    "python": ("-c", "pass"),
    "apsw": ("-c", "import apsw"),
    "typer": ("-c", "import typer"),
}
LABELS: Final = {
    BASE: "a bare replay through apsw",
    "check": "squasher check",
    "squash": "squasher squash",
    "history": "squasher history",
    "python": "python -c pass",
    "apsw": "import apsw",
    "typer": "import typer",
}


class BenchError(Exception):
    """A process that was to be timed did not do its work."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds by name of process, one for each counted round."""

    samples: dict[str, tuple[float, ...]]

    def middle(self, name: str) -> float:
        """Give the median time of a process."""
        return median(self.samples[name])

    def ratios(self, name: str) -> tuple[float, ...]:
        """Give what a process took beside the bare replay, round by round."""
        pairs = zip(self.samples[name], self.samples[BASE], strict=True)
        return tuple(own / base for own, base in pairs)


def run_once(name: str, arguments: tuple[str, ...], environment: dict[str, str], directory: Path) -> float:
    """Run one process to its end and give the milliseconds it took."""
    if name == "squash":
        (directory / FRESH).unlink()  # it is to be written, not only compared
    start = time.perf_counter()
    done = subprocess.run(
        (sys.executable, *arguments),
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    elapsed = (time.perf_counter() - start) * 1000
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").rstrip()
        raise BenchError(f"{LABELS[name]}: ended with exit code {done.returncode}\n{said}")
    return elapsed


def measure(rounds: int) -> Timings:
    """Run a warm-up round and the counted ones, each beginning with another process."""
    processes = [*COMMANDS.items(), *IMPORTS.items()]
    samples: dict[str, list[float]] = {name: [] for name, _ in processes}
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as copy:
        directory = Path(copy)
        for folder in ("migrations", "migrations-fresh"):
            shutil.copytree(ROOT / folder, directory / folder)
        # The caller's Python settings would be timed too. The warm-up fills the bytecode cache.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment["PYTHONPYCACHEPREFIX"] = cache
        for number in range(rounds + 1):
            first = number % len(processes)
            for name, arguments in (*processes[first:], *processes[:first]):
                elapsed = run_once(name, arguments, environment, directory)
                if number > 0:
                    samples[name].append(elapsed)
    return Timings({name: tuple(taken) for name, taken in samples.items()})


def table(timings: Timings, rounds: int, *, with_times: bool) -> str:
    """Lay the figures out for a person; times are left out where there are too few rounds."""
    width = max(map(len, LABELS.values()))
    lines = [f"{'':{width}}" + ("      ms" if with_times else "") + "   × raw   min–max"]
    for name in COMMANDS:
        line = f"{LABELS[name]:{width}}"
        if with_times:
            line += f"{timings.middle(name):8.1f}"
        ratios = timings.ratios(name)
        line += f"{median(ratios):8.2f}"
        if name != BASE:
            line += f"   {min(ratios):.2f}–{max(ratios):.2f}"
        lines.append(line)
    if with_times:
        lines.append("")
        lines.extend(f"{LABELS[name]:{width}}{timings.middle(name):8.1f}" for name in IMPORTS)
    lines.append("")
    lines.append(f"medians of {rounds} rounds after a warm-up, Python {platform.python_version()}")
    return "\n".join(lines) + "\n"


def figures(timings: Timings, rounds: int) -> str:
    """Write the figures as JSON."""
    ratios = {name: timings.ratios(name) for name in COMMANDS if name != BASE}
    value = {
        "python": platform.python_version(),
        "rounds": rounds,
        "median_ms": {name: round(timings.middle(name), 3) for name in timings.samples},
        "ratio_to_raw": {
            name: {
                "median": round(median(found), 3),
                "min": round(min(found), 3),
                "max": round(max(found), 3),
            }
            for name, found in ratios.items()
        },
        "samples_ms": {
            name: [round(sample, 3) for sample in taken] for name, taken in timings.samples.items()
        },
    }
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def positive(text: str) -> int:
    """Read a number of rounds."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} rounds measure nothing")
    return number


def main() -> int:
    """Measure, print the table, and give the exit code: 2 when a process failed, else 0."""
    summary = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="bench/run.py", description=summary)
    parser.add_argument("--rounds", type=positive, default=15, help="counted rounds (default 15)")
    parser.add_argument("--quick", action="store_true", help="three rounds, ratios only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE too")
    options = parser.parse_args()
    rounds: int = 3 if options.quick else options.rounds
    try:
        timings = measure(rounds)
    except BenchError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(table(timings, rounds, with_times=not options.quick))
    if options.json is not None:
        options.json.write_text(figures(timings, rounds), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
