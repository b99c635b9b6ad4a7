"""What is measured: a function for each group of processes that are compared with one another."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from bench import process
from bench.chains import MIDDLE, SHAPES, SMALL, chain
from bench.measure import Step
from bench.process import Process
from bench.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from bench.measure import Bench

LENGTHS: Final = (50, 100, 200, 400, 700, 1000)
"""Of the chains of the plot."""
QUICK: Final = 200
"""How many files stand for a thousand in a quick run."""
SECONDS: Final = 570.0
"""That everything may take."""
_GROWTH: Final = 5.0
"""How many times as long a chain of twice the files takes, at most: ALTER TABLE reads the whole schema."""


def length(*, quick: bool) -> int:
    """How many files the chain of a thousand has."""
    return QUICK if quick else MIDDLE.files


def measure(bench: Bench, names: Collection[str] = ()) -> None:
    """Measure what has one of these names, or everything that there is time for."""
    for name, group in GROUPS.items():
        if name in names or not (names or (bench.quick and name in LARGE)):
            bench.attempt(name, group)


def _start(bench: Bench) -> None:
    def python(*arguments: str) -> Process:
        return Process((sys.executable, *arguments), bench.folder)

    steps = [Step("python", python("-c", "pass")), Step("version", python("-m", "squasher", "--version"))]
    _warm_up(bench, steps)
    bench.rounds("start", steps, most=15, limit=10)


def _warm_up(bench: Bench, steps: list[Step]) -> None:
    """Run each once, which fills the caches: Python's of bytecode, the system's of files."""
    for step in steps:
        bench.run(step)


def _cold(project: Project) -> list[Step]:
    return [
        Step("raw", project.raw()),
        Step("squash", project.squasher("squash"), (project.new,)),
        Step("check", project.squasher("check"), (project.cold,)),
    ]


def _readers(project: Project) -> list[Step]:
    return [
        Step("history", project.squasher("history"), (project.cold,)),
        Step("lint", project.squasher("lint", codes=(0, 1)), (project.cold,)),
    ]


def _peers(bench: Bench, project: Project) -> Iterator[Step]:
    if "sqlite3" in bench.peers:
        yield Step("sqlite3", project.sqlite3())
    if "dbmate" in bench.peers:
        yield Step("dbmate", project.dbmate(), (project.without_dbmate,))


def _small(bench: Bench) -> None:
    project = Project(bench.folder / "S", chain(SMALL))
    steps = [*_cold(project), *_peers(bench, project)]
    _warm_up(bench, [*steps, *_readers(project)])
    bench.rounds("S", steps, most=15, limit=15)


def _middle(bench: Bench) -> None:
    project = _chain_of_many(bench, "M")
    steps = _cold(project)
    for new in (project.count // 10, 1):
        name = f"check with {new} new"
        with project.cut(new):
            bench.run(Step("fill", project.squasher("squash", "--stdout"), (project.cold,)))
            project.keep(name)
        steps.append(Step(name, project.squasher("check"), (partial(project.warm, name),)))
    bench.rounds("M", steps, most=5, limit=_limit(bench, 80))


def _chain_of_many(bench: Bench, name: str, volatile: int = 0) -> Project:
    shape = MIDDLE.of_length(length(quick=bench.quick))._replace(volatile=volatile)
    return Project(bench.folder / name, chain(shape))


def _limit(bench: Bench, seconds: float) -> float:
    return seconds / 15 if bench.quick else seconds


def _read(bench: Bench) -> None:
    project = _chain_of_many(bench, "readers")
    steps = [Step("raw", project.raw()), *_readers(project)]
    bench.rounds("readers", steps, most=5, limit=_limit(bench, 40))


def _volatile(bench: Bench) -> None:
    project = _chain_of_many(bench, "volatile", SHAPES["volatile"].volatile)
    bench.rounds("volatile", _cold(project), most=5, limit=_limit(bench, 40))


def _diff(bench: Bench) -> None:
    project = _chain_of_many(bench, "diff")
    one, two = (project.folder / name for name in ("one.sqlite", "two.sqlite"))
    bench.run(Step("install", project.raw(one.name)))
    shutil.copy(one, two)
    steps = [Step("diff", project.squasher("diff", one.name, two.name))]
    if "sqldiff" in bench.peers:
        steps.append(Step("sqldiff", Process(("sqldiff", one.name, two.name), project.folder)))
    _warm_up(bench, steps)
    bench.rounds("diff", steps, most=5, limit=_limit(bench, 10))


def _data(bench: Bench) -> None:
    project = Project(bench.folder / "D", chain(SHAPES["D"]))
    bench.rounds("D", _cold(project), most=3, limit=50)
    if process.can_see_memory():
        python = Process((sys.executable, "-c", "import time; time.sleep(0.3)"), project.folder)
        bench.hold("python", Step("python", python))
        for step in _cold(project)[1:]:
            bench.hold(f"D {step.name}", step)
        finished = project.folder / "finished.sqlite"
        bench.run(Step("install", project.raw(finished.name)))
        bench.size("D database", finished)
    shutil.rmtree(project.folder)


def _large(bench: Bench) -> None:
    project = Project(bench.folder / "L", chain(SHAPES["L"]))
    bench.rounds("L", _cold_and_warm(project), most=3, limit=100)
    shutil.rmtree(project.folder)


def _cold_and_warm(project: Project) -> list[Step]:
    """The chain as it is, and again with one more file when squasher knows all others."""
    raw, squash, check = _cold(project)

    def then(step: Step, *before: Callable[[], None]) -> Step:
        return step._replace(name=f"{step.name} with 1 new", before=before)

    keep, warm = partial(project.keep, "known"), partial(project.warm, "known")
    return [
        raw._replace(before=(project.shorten,)),
        squash,
        check,
        then(squash, keep, project.lengthen, project.unwritten),
        then(check, warm),
    ]


def _lengths(bench: Bench) -> None:
    """Chains of many lengths, in the proportions of M; the longest only where there is time for it."""
    spent = 0.0
    for files in LENGTHS:
        before = bench.left
        if before < spent * _GROWTH:
            bench.leave_out(f"a chain of {files:,} files")
            continue
        project = Project(bench.folder / str(files), chain(MIDDLE.of_length(files)))
        steps = [*_cold_and_warm(project), *_peers(bench, project)]
        bench.rounds(f"{files} files", steps, most=3 if files <= QUICK else 1, limit=10)
        shutil.rmtree(project.folder)
        spent = before - bench.left


GROUPS: Final[dict[str, Callable[[Bench], None]]] = {
    "start": _start,
    "S": _small,
    "M": _middle,
    "readers": _read,
    "volatile": _volatile,
    "diff": _diff,
    "D": _data,
    "lengths": _lengths,
    "L": _large,
}
"""By name, in the order in which they are measured."""
LARGE: Final = ("D", "lengths", "L")
"""Those that a quick run leaves out."""
