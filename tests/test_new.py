"""``squasher new``: the number, the name, the header, and that no file is lost."""

from __future__ import annotations

import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.chain import read_chain
from squasher.choice import Options
from squasher.commands.archive import archive
from squasher.commands.new import new
from squasher.errors import InputError, ReplayError
from squasher.lint.linter import diagnose
from squasher.lint.reading import read
from squasher.lint.rules import RULES
from squasher.run import new as run_new
from squasher.target import target
from tests.repositories import Repository, isolate

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE a (id INTEGER PRIMARY KEY);\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)
    monkeypatch.chdir(tmp_path)


def named(folder: Path, *names: str) -> None:
    """Write migrations of these names, each with a table of its own."""
    for place, name in enumerate(names):
        path = folder / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"CREATE TABLE t{place} (id INTEGER PRIMARY KEY);\n")


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ((), "0001_add_x.sql"),
        (("0001_a.sql", "0007_b.sql"), "0008_add_x.sql"),
        (("0009_a.sql",), "0010_add_x.sql"),
        (("9999_a.sql",), "10000_add_x.sql"),
        (("01_a.sql", "02_b.sql"), "03_add_x.sql"),
        (("20240101120000_a.sql",), "20240101120001_add_x.sql"),
        (("0001_a.sql", "0002_b.sql", "20240101120000_c.sql"), "20240101120001_add_x.sql"),
        (("0000_fine_iron_man.sql",), "0001_add_x.sql"),
        (("init.sql",), "0001_add_x.sql"),
    ],
)
def test_number(there: tuple[str, ...], wanted: str, tmp_path: Path) -> None:
    """The number is one more than the largest, with as many digits as that has, or four."""
    named(tmp_path, *there)
    assert new(target("migrations"), "add x").path.as_posix() == f"migrations/{wanted}"


def test_header(tmp_path: Path) -> None:
    """A file holds the line that wrangler writes: the number, a tab between spaces, and the time in UTC."""
    before = datetime.now(UTC)
    text = new(target("migrations"), "add billing tables").path.read_bytes().decode()
    head, tab, moment = text.partition(" \t ")
    assert (head, tab) == ("-- Migration number: 0001", " \t ")
    assert moment.endswith("Z\n")
    assert len(moment) == len("2026-11-22T10:23:44.808Z\n")
    written = datetime.fromisoformat(moment.strip())
    assert before.timestamp() - 1 < written.timestamp() <= datetime.now(UTC).timestamp()
    assert (tmp_path / "migrations" / "0001_add_billing_tables.sql").is_file()


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("Add-Billing", "Is it add_billing?"),
        ("addBilling", "Is it add_billing?"),
        ("add billing!", "Is it add_billing?"),
        ("größe", "Is it grosse?"),
        ("café tables", "Is it cafe_tables?"),
        ("add  tables", "Is it add_tables?"),
        ("0005_add_x", "Is it add_x?"),
        ("a/b", "Is it a_b?"),
        ("../x", "Is it x?"),
        ("", "Say in words what it does."),
        ("42", "Say in words what it does."),
        ("日本", "Say in words what it does."),
    ],
)
def test_names_that_lint_refuses(name: str, better: str, tmp_path: Path) -> None:
    """What would be a finding is an error with a better name, and not even a directory is made."""
    with pytest.raises(InputError) as caught:
        new(target("migrations"), name)
    assert caught.value.hint == better
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["add billing tables", "add_2fa", "drop t", "2024 report", "add x.sql"])
def test_what_is_written_passes(name: str, tmp_path: Path) -> None:
    """No rule has a word to say of a name that was taken."""
    named(tmp_path, "0001_add_t.sql")
    made = new(target("migrations"), name)
    severities = {rule.code: rule.severity for rule in RULES}
    with read(target("migrations"), read_chain(made.path.parent)) as study:
        assert diagnose(study, RULES, severities) == []


def test_nested_files(tmp_path: Path) -> None:
    """Where each migration is a directory, it makes the next one, with the file that the pattern wants."""
    named(tmp_path, "0001_add_t/migration.sql")
    aim = target("migrations")._replace(pattern="*/migration.sql")
    made = new(aim, "add x")
    assert made.path.as_posix() == "migrations/0002_add_x/migration.sql"
    assert made.path.read_text().startswith("-- Migration number: 0002 \t ")


def test_a_layout_that_is_not_configured(tmp_path: Path) -> None:
    """Files in directories that no pattern speaks of are no empty chain, as nothing would run them."""
    named(tmp_path, "0001_add_t/migration.sql")
    with pytest.raises(InputError, match="files that match"):
        new(target("migrations"), "add x")


def test_a_pattern_that_would_not_find_it(tmp_path: Path) -> None:
    """As wrangler does, it refuses to write a file that the pattern does not match."""
    named(tmp_path, "0001_add_t.up.sql")
    with pytest.raises(InputError, match=r"0002_add_x\.sql would be no migration"):
        new(target("migrations")._replace(pattern="*.up.sql"), "add x")


def test_the_default_branch_counts(tmp_path: Path) -> None:
    """The number is behind those that main has got meanwhile, though this branch does not have them."""
    repository = Repository.new(tmp_path)
    repository.commit({"migrations/0001_add_a.sql": TABLE})
    repository.git("branch", "work")
    repository.commit({"migrations/0002_add_b.sql": TABLE.replace("a (", "b (")})
    repository.git("checkout", "--quiet", "work")
    assert new(target("migrations"), "add c").path.name == "0003_add_c.sql"


def test_absorbed_numbers_count(tmp_path: Path) -> None:
    """A number that a baseline absorbed is not given away again, even when the baseline's own is gone."""
    named(tmp_path, "0001_add_a.sql", "0002_add_b.sql", "0005_add_c.sql")
    archive(target("migrations"))
    assert [path.name for path in (tmp_path / "migrations").iterdir()] == ["0005_complete_schema.sql"]
    (tmp_path / "migrations" / "0005_complete_schema.sql").unlink()
    assert new(target("migrations"), "add d").path.name == "0006_add_d.sql"


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    """Whatever has the name already is not written over, not even a link that leads nowhere."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_add_x.sql").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"migrations/0001_add_x\.sql is there already"):
        new(target("migrations"), "add x")
    assert not (tmp_path / "elsewhere").exists()


def test_several_at_once(tmp_path: Path, repository: Path) -> None:
    """Of many that run at once each writes a file with a number of its own, or says why it wrote none."""

    def one(place: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "squasher", "new", f"add {'x' * (place + 1)}"]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={"PYTHONPATH": str(repository)},
            capture_output=True,
            text=True,
            check=False,
        )

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(one, range(4)))
    written = sorted(result.stdout.strip() for result in done if result.returncode == 0)
    assert written == sorted(
        path.relative_to(tmp_path).as_posix() for path in (tmp_path / "migrations").iterdir()
    )
    assert [path.partition("/")[2][:4] for path in written] == [f"{n:04}" for n in range(1, len(written) + 1)]
    assert all("at work in migrations/" in result.stderr for result in done if result.returncode)


def test_path_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is the path alone, for an editor; what else there is to say is a warning."""
    assert run_new("add x") == 0
    said = capsys.readouterr()
    assert said.out == "migrations/0001_add_x.sql\n"
    assert said.err == "warning: migrations/ did not exist, and was made\n"
    assert run_new("Add-X") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "error: the name 'Add-X' has capital letters, hyphens\nhelp: Is it add_x?\n"


def test_several_databases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where several databases are configured, one has to be named."""
    named(tmp_path, "0001_add_t.sql")
    (tmp_path / "other").mkdir()
    entries = [
        f'[[d1_databases]]\nbinding = "{name}"\ndatabase_name = "{name}"\nmigrations_dir = "{folder}"\n'
        for name, folder in (("ONE", "migrations"), ("TWO", "other"))
    ]
    (tmp_path / "wrangler.toml").write_text("".join(entries))
    assert run_new("add x") == 2
    assert "Name it with --database." in capsys.readouterr().err
    assert run_new("add x", Options(databases=("TWO",))) == 0
    assert capsys.readouterr().out == "other/0001_add_x.sql\n"


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ("users", "rebuild_users"),
        ("OrderItems", "rebuild_order_items"),
        ("a b; c", "rebuild_a_b_c"),
        ("表", "rebuild"),
    ],
)
def test_a_rebuild_without_a_name(table: str, wanted: str, tmp_path: Path) -> None:
    """What lint advises runs as it stands: a rebuild that is given no name is called after its table."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_add_t.sql").write_text(
        f'CREATE TABLE "{table}" (id INTEGER PRIMARY KEY);'
    )
    made = new(target("migrations"), None, rebuild=table)
    assert made.path.as_posix() == f"migrations/0002_{wanted}.sql"


@pytest.mark.parametrize("action", ["CASCADE", "NO ACTION"])
@pytest.mark.parametrize("table", ["users", "order items; echo $(id)", "it's"])
def test_what_lint_advises_is_one_command(table: str, action: str, tmp_path: Path) -> None:
    """A name in the command that lint shows is one word to a shell, whatever stands in it."""
    name = f'"{table}"'
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_all.sql").write_text(
        f"CREATE TABLE {name} (id INTEGER PRIMARY KEY);\n"
        f"CREATE TABLE kids (of INTEGER NOT NULL REFERENCES {name} ON DELETE {action});\n"
    )
    (tmp_path / "migrations" / "0002_again.sql").write_text(
        f"CREATE TABLE again (id INTEGER PRIMARY KEY, note TEXT);\n"
        f"INSERT INTO again (id) SELECT id FROM {name};\n"
        f"DROP TABLE {name};\nALTER TABLE again RENAME TO {name};\n"
    )
    (one,) = squasher.diagnose("migrations", select=("SQ301", "SQ302")).diagnostics
    command = one.help.partition("`")[2].partition("`")[0]
    assert shlex.split(command) == ["squasher", "new", "--rebuild", table]


def test_nothing_to_call_it_after(tmp_path: Path) -> None:
    """Without a name and without a table there is no migration."""
    with pytest.raises(InputError, match="a migration needs a name"):
        new(target("migrations"), None)
    assert list(tmp_path.iterdir()) == []


def test_rebuild_of_what_is_not_there(tmp_path: Path) -> None:
    """Without the table, or without a chain that runs, there is no rebuild and no file."""
    with pytest.raises(InputError, match="the chain leaves no table users"):
        new(target("migrations"), "rebuild users", rebuild="users")
    assert list(tmp_path.iterdir()) == []
    named(tmp_path, "0001_add_t.sql")
    (tmp_path / "migrations" / "0002_add_u.sql").write_text("CREATE TABLE t0 (id);")
    with pytest.raises(ReplayError, match="already exists"):
        new(target("migrations"), "rebuild t", rebuild="t0")


def test_rebuild_that_cannot_be_proved(tmp_path: Path) -> None:
    """A table as wide as D1 allows has no room for its rowids: why is said, and nothing is written."""
    columns = ", ".join(f"c{number}" for number in range(100))
    named(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_add_wide.sql").write_text(f"CREATE TABLE wide ({columns});\n")
    with pytest.raises(Exception, match=r"the rebuild does not run: .*100 columns") as caught:
        new(target("migrations"), "rebuild wide", rebuild="wide")
    assert "Nothing was written" in str(getattr(caught.value, "hint", ""))
    assert len(list((tmp_path / "migrations").iterdir())) == 1
