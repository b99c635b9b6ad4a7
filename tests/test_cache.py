"""The cache: what was kept of an earlier run changes how long a result takes, and never the result."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from squasher import cache as kept
from squasher import volatile
from squasher.cache import FOLDER, Cache
from squasher.chain import read_chain, read_migration
from squasher.errors import SquasherError
from squasher.observe import Observed, load, observe
from squasher.parallel import settle
from squasher.prefixes import Prefixes
from squasher.profiles import D1, PROFILES, SQLITE
from squasher.replay import replay
from tests.repositories import Repository, isolate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.chain import Chain
    from squasher.engine import Database
    from squasher.profiles import Profile
    from squasher.statements import Ran
    from squasher.watch import Watcher

CASES: Final = sorted((Path(__file__).parent / "cases").glob("*/migrations"))
ALWAYS: Final = -1.0
"""Seconds beyond which a result is worth keeping: any."""


@pytest.fixture(autouse=True)
def _own_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user of each test is a new one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache that keeps everything."""
    return Cache(tmp_path / FOLDER, worth=ALWAYS)


def write(folder: Path, files: Sequence[str]) -> Path:
    """A directory that holds these migrations and no others."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, text in enumerate(files, 1):
        (folder / f"{number:04}_step.sql").write_text(text, encoding="utf-8")
    return folder


def told(seen: Observed) -> tuple[object, ...]:
    """All that a result says."""
    steps = tuple((step.migration, step.statements, step.changes) for step in seen.replay.steps)
    origin = seen.provenance.objects, seen.provenance.rows
    return seen.side, seen.universes, seen.notes, seen.replay.asked, steps, origin


def observed(folder: Path, profile: Profile, cache: Cache | None = None) -> tuple[object, ...] | str:
    """What a chain gives, or how it fails."""
    settle()
    try:
        return told(observe(read_chain(folder), profile, cache=cache))
    except SquasherError as error:
        return repr((error, vars(error)))


def entries(cache: Cache, ending: str = "") -> list[str]:
    """The names of what was kept."""
    settle()
    return sorted(name for name in cache.names() if len(name) > 20 and name.endswith(ending))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_kept_prefix_gives_what_all_files_give(profile: Profile, tmp_path: Path) -> None:
    """For every chain of the cases: from the longest prefix that is kept, and from one that is shorter."""
    shorter = 0
    for number, folder in enumerate(CASES):
        cache = Cache(tmp_path / str(number), worth=ALWAYS)
        cold = observed(folder, profile)
        assert observed(folder, profile, cache) == cold, folder
        assert observed(folder, profile, cache) == cold, folder
        images = sorted((tmp_path / str(number)).glob("*.image"), key=lambda path: path.stat().st_mtime_ns)
        if len(images) > 1:  # written in the order of the files
            images[-1].unlink()
            assert observed(folder, profile, cache) == cold, folder
            shorter += 1
    assert shorter > len(CASES) // 4


def pieces(chance: random.Random) -> str:
    """A migration that makes, changes, fills or drops something of a small world."""
    table, other = (f"t{chance.randrange(4)}" for _ in range(2))
    return chance.choice(
        [
            f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY, v, at DEFAULT CURRENT_TIMESTAMP);",
            f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY AUTOINCREMENT, v);",
            f"CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY DEFAULT (hex(randomblob(8))), v);",
            f"CREATE TABLE IF NOT EXISTS {table} (v, id REFERENCES {other}(id));",
            f"INSERT INTO {table} (v) VALUES ('{chance.randrange(99)}');",
            f"INSERT INTO {table} (v) VALUES (random());",
            f"INSERT INTO {table} (v) SELECT v FROM {other};",
            f"UPDATE {table} SET v = v || '{chance.randrange(9)}';",
            f"DELETE FROM {table} WHERE rowid % 2;",
            f"ALTER TABLE {table} ADD COLUMN c{chance.randrange(5)} DEFAULT 7;",
            f"ALTER TABLE {table} RENAME TO {other};",
            f"DROP TABLE IF EXISTS {table};",
            f"CREATE INDEX IF NOT EXISTS i{chance.randrange(5)} ON {table} (v);",
            f"CREATE VIEW IF NOT EXISTS w{chance.randrange(3)} AS SELECT v FROM {table};",
            f"CREATE TRIGGER g AFTER INSERT ON {table} BEGIN DELETE FROM {other} WHERE v = 3; END;",
            "PRAGMA defer_foreign_keys = ON;",
            "PRAGMA case_sensitive_like = ON;",
            f"INSERT INTO {table} (v) VALUES (changes());",
            f"INSERT INTO {table} (v) SELECT data_version FROM pragma_data_version;",
            "SELECT 1;",
        ]
    )


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("seed", range(4))
def test_edits_anywhere_in_a_chain_never_meet_what_was(
    profile: Profile, seed: int, tmp_path: Path, cache: Cache
) -> None:
    """Files are added, removed and edited, at the end and in the middle: each time as without a cache."""
    chance = random.Random(seed)
    files = [f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, v);" for number in range(4)]
    whole = 0
    for _ in range(40):
        place = chance.randrange(len(files)) if chance.random() < 0.5 else len(files) - 1
        match chance.randrange(4):
            case 0:
                files.insert(place + 1, pieces(chance))
            case 1 if len(files) > 1:
                del files[place]
            case 2:
                files[place] = f"{pieces(chance)}\n{pieces(chance)}\n"
            case _:
                files.append(pieces(chance))
        folder = write(tmp_path / "migrations", files)
        cold = observed(folder, profile)
        assert observed(folder, profile, cache) == cold
        if isinstance(cold, str):
            files.pop(place if place < len(files) else -1)
            files = files or ["SELECT 1;"]
        else:
            whole += 1
    assert whole > 5


CHAIN: Final = (
    "CREATE TABLE a (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP, v);",
    "INSERT INTO a (v) VALUES (random());",
    "CREATE TABLE b (id, v);",
    "INSERT INTO b VALUES (hex(randomblob(4)), 1);",
)


def damages(data: bytes) -> Iterator[bytes]:
    """What can become of a file."""
    yield b""
    yield data[: len(data) // 2]
    yield data[:-1] + bytes([data[-1] ^ 1])
    yield bytes([data[0] ^ 1]) + data[1:]
    yield data + b"more"
    yield b"\0" * len(data)


def test_a_damaged_entry_is_computed_again(tmp_path: Path, cache: Cache) -> None:
    """Whichever entry it is, and whatever became of it; and it is whole again afterwards."""
    folder = write(tmp_path / "migrations", CHAIN)
    cold = observed(folder, D1)
    observed(folder, D1, cache)
    names = entries(cache)
    for name in names:
        path = tmp_path / FOLDER / name
        before = path.read_bytes()
        for data in damages(before):
            path.write_bytes(data)
            assert observed(folder, D1, cache) == cold
            path.write_bytes(before)
    assert {Path(name).suffix for name in names} == {".image", ".steps", ".rows"}


def test_an_entry_under_another_name_is_not_believed(tmp_path: Path, cache: Cache) -> None:
    """What one chain left cannot be passed off as what another one leaves."""
    write(tmp_path / "migrations", CHAIN)
    observed(tmp_path / "migrations", D1, cache)
    names = entries(cache, ".image")
    contents = [(tmp_path / FOLDER / name).read_bytes() for name in names]
    for name, data in zip(names, reversed(contents), strict=True):
        (tmp_path / FOLDER / name).write_bytes(data)
    assert observed(tmp_path / "migrations", D1, cache) == observed(tmp_path / "migrations", D1)


def test_what_another_user_kept_is_not_believed(
    tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that came with a repository was sealed with a secret that is not this user's."""
    folder = write(tmp_path / "migrations", CHAIN)
    observed(folder, D1, cache)
    name = entries(cache, ".image")[0]
    assert Cache(tmp_path / FOLDER).get(name) is not None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    assert Cache(tmp_path / FOLDER).get(name) is None
    assert not (tmp_path / "another").exists(), "looking needs no secret"


def test_without_a_home_nothing_is_kept(
    tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no secret can be written, results are as they are."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    folder = write(tmp_path / "migrations", CHAIN)
    assert observed(folder, D1, cache) == observed(folder, D1)
    assert entries(cache) == []


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO a (v) SELECT total_changes();",
        "INSERT INTO a (v) SELECT data_version FROM pragma_data_version;",
    ],
)
def test_who_asks_about_the_connection_hears_of_all_files(tmp_path: Path, cache: Cache, text: str) -> None:
    """A connection that started from an image has not run what stands before."""
    for files in (CHAIN, (*CHAIN, text)):
        folder = write(tmp_path / "migrations", files)
        assert observed(folder, D1, cache) == observed(folder, D1)


def test_what_a_setting_leaves_behind_is_not_kept(tmp_path: Path, cache: Cache) -> None:
    """A PRAGMA whose effect no image tells of keeps the files behind it from being kept."""
    write(tmp_path / "migrations", (*CHAIN, "PRAGMA analysis_limit = 10;", "SELECT 1;", "SELECT 2;"))
    observed(tmp_path / "migrations", SQLITE, cache)
    assert len(entries(cache, ".image")) == 1, "that behind the third file, four before the last"


def test_each_rule_of_a_profile_has_prefixes_of_its_own(tmp_path: Path, cache: Cache) -> None:
    """A chain that was kept under one profile is replayed under another, and with another budget."""
    folder = write(tmp_path / "migrations", CHAIN)
    for profile in (D1, SQLITE, D1._replace(max_steps=7_000_000), D1._replace(ledger="other")):
        before = len(entries(cache))
        assert observed(folder, profile, cache) == observed(folder, profile)
        assert len(entries(cache)) > before


def test_a_fresh_file_is_kept_too(tmp_path: Path, cache: Cache) -> None:
    """Loading the same bytes again gives the same side."""
    path = tmp_path / "fresh.sql"
    path.write_text("\n".join(CHAIN), encoding="utf-8")
    file = read_migration(path)
    cold = load(file, D1, volatile.UNIVERSES)
    for _ in range(2):
        assert load(file, D1, volatile.UNIVERSES, cache=cache) == cold
    assert len(entries(cache, ".image")) == 1


@pytest.mark.parametrize(("seconds", "kept"), [(1e-6, [8]), (60.0, [4, 7, 8])])
def test_a_prefix_is_kept_where_it_saves_more_than_it_takes(
    tmp_path: Path, seconds: float, kept: list[int]
) -> None:
    """But the last one always: one more file is what comes next."""
    files = [f"CREATE TABLE t{number} (a);\n" for number in range(8)]
    chain = read_chain(write(tmp_path / "migrations", files))
    prefixes = Prefixes(Cache(tmp_path / FOLDER), chain.migrations, D1, volatile.UNIVERSES[0], "chain")
    with replay(chain, D1, volatile.UNIVERSES[0]) as whole:
        assert [count for count in range(1, 9) if prefixes.wants(count, seconds, whole.database)] == kept


def test_a_new_file_runs_the_part_of_a_slice_that_it_touches(tmp_path: Path, cache: Cache) -> None:
    """Of tables that nothing ties together, the rows in other universes are kept apart."""
    fill = "INSERT INTO {0} (n) VALUES (1);\n" * 70
    table = "CREATE TABLE {0} (n, at TEXT DEFAULT CURRENT_TIMESTAMP);\n" + fill
    files = [table.format(name) for name in ("one", "two", "three")]
    observed(write(tmp_path / "migrations", files), D1, cache)
    before = set(entries(cache, ".rows"))
    files.append("INSERT INTO two (n) VALUES (2);\n")
    warm = observed(write(tmp_path / "migrations", files), D1, cache)
    new = set(entries(cache, ".rows")) - before
    assert 0 < len(new) < len(before)
    assert len(new) * 3 == len(before)
    assert warm == observed(tmp_path / "migrations", D1)


def test_files_that_have_run_do_not_run_again(
    tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all files known none runs; with a new one at the end, that one alone."""
    folder = write(tmp_path / "migrations", CHAIN)
    replay(read_chain(folder), D1, volatile.UNIVERSES[0], cache=cache).database.close()
    ran: list[int] = []
    from squasher import replay as module

    real = module.apply

    def apply(database: Database, chain: Chain, index: int, watcher: Watcher | None) -> tuple[Ran, ...]:
        ran.append(index)
        return real(database, chain, index, watcher)

    monkeypatch.setattr(module, "apply", apply)
    replay(read_chain(folder), D1, volatile.UNIVERSES[0], cache=cache).database.close()
    assert ran == []
    write(folder, (*CHAIN, "SELECT 1;"))
    replay(read_chain(folder), D1, volatile.UNIVERSES[0], cache=cache).database.close()
    assert ran == [4]


def test_the_cache_is_bounded(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not used for the longest time goes first; a large value is not kept at all."""
    monkeypatch.setattr(kept, "MOST", 3_000)
    monkeypatch.setattr(kept, "LARGEST", 2_000)
    names = [f"{number:064}.rows" for number in range(4)]
    for number, name in enumerate(names):
        cache.put(name, os.urandom(900))
        os.utime(tmp_path / FOLDER / name, (number + 1, number + 1))
        if number == 2:
            assert cache.get(names[0]) is not None, "which counts as a use"
    assert entries(cache) == [names[0], *names[2:]]
    cache.put("9" * 64, os.urandom(2_500))
    assert "9" * 64 not in cache.names()


def test_what_a_killed_run_began_goes(tmp_path: Path, cache: Cache) -> None:
    """Temporary files are those of a run that is at work, until they are old."""
    cache.put(f"{'1' * 64}.rows", b"")
    for name, when in (("a" * 16, 1), ("b" * 16, None)):
        path = tmp_path / FOLDER / f"{name}.tmp"
        path.write_bytes(b"")
        if when is not None:
            os.utime(path, (when, when))
    cache.put(f"{'2' * 64}.rows", b"")
    assert {name[0] for name in cache.names() if not name.startswith((".", "C"))} == {"1", "2", "b"}


STARTING: Final = "import sys; from squasher.__main__ import main; "
KEEPING: Final = "from squasher import cache; cache.Cache.__init__.__kwdefaults__['worth'] = -1.0; "


def squasher(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a directory, with a cache that keeps everything it is given."""
    clean = {name: value for name, value in os.environ.items() if name != "CI"} | environment
    return subprocess.run(
        [sys.executable, "-c", KEEPING + STARTING + f"sys.argv = {['squasher', *arguments]!r}; main()"],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with a chain in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    write(folder / "migrations", CHAIN)
    return folder


@pytest.mark.parametrize(
    ("arguments", "environment", "keeps"),
    [
        ([], {}, True),
        (["--no-cache"], {}, False),
        ([], {"CI": "true"}, False),
        (["--cache"], {"CI": "true"}, True),
        ([], {"CI": "false"}, True),
    ],
)
def test_the_command_keeps_results_but_not_in_ci(
    project: Path, arguments: list[str], environment: dict[str, str], *, keeps: bool
) -> None:
    """In CI a cache has to be asked for, and anywhere it can be declined."""
    first = squasher(project, "squash", *arguments, **environment)
    assert first.returncode == 0, first.stderr
    assert (project / FOLDER).exists() is keeps
    again = squasher(project, "squash", *arguments, **environment)
    assert (again.returncode, again.stderr) == (0, first.stderr)
    assert squasher(project, "check", "--exact", *arguments, **environment).returncode == 0


def test_git_does_not_see_the_cache(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder says itself that it is not to be committed."""
    isolate(monkeypatch)
    squasher(project, "squash")
    assert (project / FOLDER).is_dir()
    repository = Repository.new(project)
    assert repository.git("status", "--porcelain").split() == ["??", "migrations-fresh/", "??", "migrations/"]


def test_two_runs_at_once_do_not_disturb_each_other(project: Path) -> None:
    """Each writes an entry whole, and reads one whole or not at all."""
    squasher(project, "squash", "--no-cache")
    command = [sys.executable, "-c", KEEPING + STARTING + "sys.argv = ['squasher', 'check']; main()"]
    clean = {name: value for name, value in os.environ.items() if name != "CI"}
    for _ in range(2):
        runs = [
            subprocess.Popen(
                command, cwd=project, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for _ in range(4)
        ]
        assert [(run.communicate()[0].decode(), run.returncode) for run in runs] == [
            ("migrations-fresh/0001_complete_schema.sql is equivalent to migrations/ (0001 to 0004)\n", 0)
        ] * 4


def test_a_folder_that_cannot_be_written_is_no_error(project: Path) -> None:
    """A file stands where the folder would be."""
    (project / FOLDER).write_text("", encoding="utf-8")
    assert squasher(project, "squash").returncode == 0
    assert (project / FOLDER).read_bytes() == b""


def test_a_quick_chain_leaves_no_folder(project: Path) -> None:
    """A replay that takes no time is not worth keeping."""
    done = subprocess.run(
        [sys.executable, "-m", "squasher", "squash", "--cache"], cwd=project, capture_output=True, check=True
    )
    assert done.stderr == b""
    assert not (project / FOLDER).exists()


def test_a_folder_elsewhere_is_not_touched(tmp_path: Path) -> None:
    """A link that came with a repository leads to somebody's files: nothing is written or removed there."""
    victim = tmp_path / "victim"
    victim.mkdir()
    for name in ("my-precious-thesis-that-is-not-a-cache-entry.tmp", f"{'a' * 64}.image", f"{'b' * 16}.tmp"):
        (victim / name).write_bytes(b"precious")
        os.utime(victim / name, (1, 1))
    (tmp_path / FOLDER).symlink_to(victim)
    cache = Cache(tmp_path / FOLDER, worth=ALWAYS)
    folder = write(tmp_path / "migrations", CHAIN)
    assert observed(folder, D1, cache) == observed(folder, D1)
    assert len(list(victim.iterdir())) == 3
    assert cache.get(f"{'a' * 64}.image") is None


def test_files_that_are_no_entries_stay(
    tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else somebody keeps in the folder is not squasher's to remove."""
    monkeypatch.setattr(kept, "MOST", 0)
    cache.put(f"{'1' * 64}.rows", b"")
    path = tmp_path / FOLDER / "my-precious-thesis-that-is-not-a-cache-entry.tmp"
    path.write_bytes(b"precious")
    os.utime(path, (1, 1))
    cache.put(f"{'2' * 64}.rows", b"")
    assert path.exists()


def test_an_entry_that_is_no_file_is_not_waited_for(tmp_path: Path, cache: Cache) -> None:
    """A pipe in the place of an entry keeps nobody waiting."""
    folder = write(tmp_path / "migrations", CHAIN)
    cold = observed(folder, D1, cache)
    for name in entries(cache):
        (tmp_path / FOLDER / name).unlink()
        os.mkfifo(tmp_path / FOLDER / name)
    assert observed(folder, D1, cache) == cold


def test_statistics_are_no_part_of_a_prefix(tmp_path: Path, cache: Cache) -> None:
    """What ANALYZE counted stays with a connection, whatever becomes of the table that it is stored in."""
    files = [
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT);\n"
            "CREATE INDEX t_a ON t (a);\nCREATE INDEX t_b ON t (b);\n"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)\n"
            "INSERT INTO t (a,b) SELECT 7,(i*7)%40 FROM n;\nANALYZE;\nDELETE FROM sqlite_stat1;\n"
        ),
        (
            "CREATE TABLE r (id INTEGER PRIMARY KEY, x INT);\n"
            "INSERT INTO r (x) SELECT id FROM t WHERE a > 5 AND b IN (30, 5);\n"
        ),
    ]
    for count in (1, 2):
        folder = write(tmp_path / "migrations", files[:count])
        assert observed(folder, SQLITE, cache) == observed(folder, SQLITE)
