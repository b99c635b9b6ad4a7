"""Finding, ordering and reading the migrations of a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from squasher.chain import Migration, read_chain, read_migration
from squasher.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    WriteChain = Callable[[Mapping[str, str | bytes]], Path]

# The order in which wrangler 4.164.0 lists a directory of these names.
WRANGLERS_ORDER = [
    "0001_a.sql",
    "2_b.sql",
    "0003-dash.sql",
    "0003_b.sql",
    "0003_c.sql",
    "10_c.sql",
    "0011_it's.sql",
    "0012.sql",
    "00013_five.sql",
    "20240101120000_ts.sql",
    "init.sql",
    "sp ace_8.sql",
]


def names(directory: Path) -> list[str]:
    """The names of the migrations of a directory, in order."""
    return [migration.name for migration in read_chain(directory).migrations]


def test_wranglers_order(write_chain: WriteChain) -> None:
    """By leading integer, then those without one, ties lexical, as `wrangler d1 migrations list` has it."""
    directory = write_chain(dict.fromkeys(reversed(WRANGLERS_ORDER), ""))
    assert names(directory) == WRANGLERS_ORDER


NESTED_ORDER = [
    "-5_minus/migration.sql",
    "+4_plus/migration.sql",
    "0009_add_users/migration.sql",
    "10_b/2_y.sql",
    "10_b/0010_x.sql",
    "10_b/init.sql",
    "00010_c/migration.sql",
    "20240101120000_brave_hulk/migration.sql",
    "init/migration.sql",
]


def write(directory: Path, *paths: str) -> None:
    """Write empty files below a directory."""
    for path in paths:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text("")


def test_the_order_of_nested_migrations(tmp_path: Path) -> None:
    """Directory by directory and then by file, each by its leading integer and ties lexical."""
    write(tmp_path, *reversed(NESTED_ORDER))
    (chain, flat) = read_chain(tmp_path, "**/*.sql"), read_chain(tmp_path, "*/migration.sql")
    # 10_b and 00010_c are the same number: the letters decide, and 0 comes before 1
    expected = [*NESTED_ORDER[:3], NESTED_ORDER[6], *NESTED_ORDER[3:6], *NESTED_ORDER[7:]]
    assert [migration.name for migration in chain.migrations] == expected
    assert [migration.name for migration in flat.migrations] == [
        name for name in expected if name.endswith("/migration.sql")
    ]
    assert chain.migrations[2].path == f"{tmp_path.as_posix()}/0009_add_users/migration.sql"


def test_a_number_that_no_float_holds(tmp_path: Path) -> None:
    """Beyond 2^53 JavaScript knows no single numbers: 9007199254740993 is 9007199254740992 to it."""
    write(tmp_path, "09007199254740993_a.sql", "9007199254740992_b.sql")
    assert names(tmp_path) == ["09007199254740993_a.sql", "9007199254740992_b.sql"]


def test_white_space_before_a_number(tmp_path: Path) -> None:
    """JavaScript skips what it takes for white space: a byte order mark is, a file separator is not."""
    write(tmp_path, "\ufeff2_b.sql", "3_c.sql", "\x1c1_a.sql")
    assert names(tmp_path) == ["\ufeff2_b.sql", "3_c.sql", "\x1c1_a.sql"]


def test_what_a_pattern_does_not_see(tmp_path: Path) -> None:
    """Links are not followed, and one that leads to migrations is told; dot directories stay unseen."""
    write(tmp_path, "m/1_a/migration.sql", "m/.git/migration.sql", "m/2_b/other.sql", "m/migration.sql")
    write(tmp_path, "elsewhere/migration.sql", "m/3_c.sql/migration.sql")
    directory = tmp_path / "m"
    (directory / "4_link").symlink_to(tmp_path / "elsewhere")
    (directory / "5_loop").symlink_to(directory / "5_loop")
    (directory / "2_b" / "migration.sql").symlink_to(tmp_path / "elsewhere" / "migration.sql")
    chain = read_chain(directory, "*/migration.sql")
    assert [migration.name for migration in chain.migrations] == [
        "1_a/migration.sql",
        "3_c.sql/migration.sql",
    ]
    assert [line.split(" was skipped")[0] for line in chain.skipped] == [
        str(directory / "2_b" / "migration.sql"),
        str(directory / "4_link"),
    ]
    deep = read_chain(directory, "**/*.sql")
    assert str(directory / "3_c.sql") not in [line.split(" was skipped")[0] for line in deep.skipped]


def test_a_directory_of_another_layout(tmp_path: Path) -> None:
    """Where no file matches, the layout that is there is named."""
    write(tmp_path, "0001_a/migration.sql")
    with pytest.raises(
        InputError, match=r"holds no migrations, but files that match \*/migration.sql"
    ) as caught:
        read_chain(tmp_path)
    assert "migrations_pattern" in str(caught.value.hint)
    with pytest.raises(InputError, match="holds no migrations") as caught:
        read_chain(tmp_path, "*/up.sql")
    assert "*/up.sql" in str(caught.value.hint)


def test_what_wrangler_does_not_list(write_chain: WriteChain) -> None:
    """Files that end otherwise, dot files, symbolic links and directories are no migrations."""
    directory = write_chain(
        {
            "0001_a.sql": "",
            "0004_UP.SQL": "",
            ".hidden.sql": "",
            "0005_a.sql.bak": "",
            "README.md": "",
        }
    )
    (directory / "0002_link.sql").symlink_to(directory / "0001_a.sql")
    (directory / "0003_dangling.sql").symlink_to(directory / "nothing.sql")
    (directory / "0006_directory.sql").mkdir()
    (directory / "nested").mkdir()
    (directory / "nested" / "0007_nested.sql").write_text("")
    assert names(directory) == ["0001_a.sql"]


def test_entries_that_look_like_migrations_are_reported(write_chain: WriteChain) -> None:
    """A link or a directory named like a migration is told, since its author expects it to run."""
    directory = write_chain({"0001_a.sql": ""})
    (directory / "0002_link.sql").symlink_to(directory / "0001_a.sql")
    (directory / "0003_directory.sql").mkdir()
    skipped = read_chain(directory).skipped
    assert [line.split(" was skipped")[0] for line in skipped] == [
        str(directory / "0002_link.sql"),
        str(directory / "0003_directory.sql"),
    ]


@pytest.mark.parametrize(
    "data",
    [b"\xef\xbb\xbfCREATE TABLE t (a);\n", b"CREATE TABLE t (a);\r\n\r\n", b"-- \xf0\x9f\x99\x82", b""],
)
def test_bytes_are_kept(write_chain: WriteChain, data: bytes) -> None:
    """A byte order mark, CR LF and an empty file are read as they are."""
    (migration,) = read_chain(write_chain({"0001_a.sql": data})).migrations
    assert migration.data == data
    assert migration.text == data.decode()


def test_a_missing_directory(tmp_path: Path) -> None:
    """A directory that is not there is named, with a way out."""
    with pytest.raises(InputError, match="nothing/ does not exist") as caught:
        read_chain(tmp_path / "nothing")
    assert "--migrations" in str(caught.value.hint)


def test_a_directory_by_another_spelling(tmp_path: Path) -> None:
    """One beside it that is almost called so may be meant; what squasher writes beside a chain is not."""
    for name in ("db/migrations", "db/seeds", "db/migration-fresh", "db/migration-archive"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "db" / "migratio").write_text("")
    for name, hint in (
        ("migration", f"Is it {(tmp_path / 'db/migrations').as_posix()}?"),
        ("sql", "Name the directory with --migrations DIR."),
    ):
        with pytest.raises(InputError, match=f"{name}/ does not exist") as caught:
            read_chain(tmp_path / "db" / name)
        assert caught.value.hint == hint


def test_a_file_instead_of_a_directory(tmp_path: Path) -> None:
    """A file where the directory should be is an error that says so."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file/ is not a directory"):
        read_chain(tmp_path / "file")


def test_an_empty_directory(write_chain: WriteChain) -> None:
    """A directory without migrations is an error that shows how they are named."""
    with pytest.raises(InputError, match="holds no migrations") as caught:
        read_chain(write_chain({"README.md": "", ".hidden.sql": ""}))
    assert "0001_" in str(caught.value.hint)


def test_text_that_is_not_utf8(write_chain: WriteChain) -> None:
    """A byte that is not UTF-8 is an error with the file's path and line."""
    directory = write_chain({"0001_a.sql": b"-- one\n-- two\nSELECT 'caf\xe9';\n"})
    with pytest.raises(InputError, match=r"0001_a\.sql:3: not UTF-8 text \(byte 0xe9\)") as caught:
        read_chain(directory)
    assert "UTF-8" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"-- one\nSELECT 'a\0b';", r"0001_a\.sql:2: a NUL character"),
        ("SELECT 1;\n".encode("utf-16-le"), r"0001_a\.sql:1: a NUL character"),
        ("SELECT 1;\n".encode("utf-16"), r"0001_a\.sql:1: not UTF-8 text"),
    ],
    ids=["nul", "utf-16 without mark", "utf-16"],
)
def test_text_with_a_nul(write_chain: WriteChain, data: bytes, message: str) -> None:
    """A NUL, as UTF-16 has in every ASCII letter, is refused with the line."""
    with pytest.raises(InputError, match=message):
        read_chain(write_chain({"0001_a.sql": data}))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A path that cannot be read is named with the system's reason."""
    with pytest.raises(InputError, match=r"nothing\.sql: No such file or directory"):
        read_migration(tmp_path / "nothing.sql")
    with pytest.raises(InputError, match="Is a directory"):
        read_migration(tmp_path)


@pytest.mark.parametrize(
    ("number", "last"),
    [
        ("0002", "0002_b.sql"),
        ("2", "0002_b.sql"),
        ("0003", "0003_d.sql"),
        ("0003_c", "0003_c.sql"),
        ("0003_c.sql", "0003_c.sql"),
        ("init", "init.sql"),
        ("1", "0001_a.sql"),
        ("5", "5_f/2_b.sql"),
        ("5/1", "5_f/1_a.sql"),
        ("0006_g", "0006_g/migration.sql"),
        ("0006_g/migration", "0006_g/migration.sql"),
        ("0006_g/migration.sql", "0006_g/migration.sql"),
        ("6", "0006_g/migration.sql"),
    ],
)
def test_until(tmp_path: Path, number: str, last: str) -> None:
    """The chain ends with the last migration of that number, or with the file or directory of that name."""
    write(tmp_path, "0001_a.sql", "0002_b.sql", "0003_c.sql", "0003_d.sql", "4_e.sql", "init.sql")
    write(tmp_path, "5_f/1_a.sql", "5_f/2_b.sql", "0006_g/migration.sql")
    chain = read_chain(tmp_path, "**/*.sql")
    cut = chain.until(number)
    assert cut.migrations[-1].name == last
    assert cut.migrations == chain.migrations[: len(cut.migrations)]


@pytest.mark.parametrize("number", ["0009", "nothing", "", "0001_b.sql"])
def test_until_a_migration_that_is_not_there(write_chain: WriteChain, number: str) -> None:
    """An unknown number or name is an error that tells the range to choose from."""
    chain = read_chain(write_chain({"0001_a.sql": "", "0004_b.sql": ""}))
    with pytest.raises(InputError, match=f"no migration {number}") as caught:
        chain.until(number)
    assert "0001 to 0004" in str(caught.value.hint)


def test_the_digest_covers_names_bytes_and_order(write_chain: WriteChain) -> None:
    """The digest changes with a name, with a byte, with the order and with where a file ends."""
    files = [{"0001_a.sql": "xy", "0002_b.sql": "z"}]
    files += [{"0001_c.sql": "xy", "0002_b.sql": "z"}, {"0001_a.sql": "xy", "0002_b.sql": "Z"}]
    files += [{"0001_a.sql": "z", "0002_b.sql": "xy"}, {"0001_a.sql": "x", "0002_b.sql": "yz"}]
    files += [{"0001_a.sql": "xy\r\n", "0002_b.sql": "z"}, {"0001_a.sql": "xy"}]
    digests = set()
    for content in files:
        directory = write_chain(content)
        digests.add(read_chain(directory).digest)
        for file in directory.iterdir():
            file.unlink()
    assert len(digests) == len(files)
    assert all(digest.startswith("sha256:") and len(digest) == len("sha256:") + 64 for digest in digests)


def test_the_digest_does_not_depend_on_the_place(tmp_path: Path) -> None:
    """The same files in another directory have the same digest."""
    digests = []
    for place in ("one", "other"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "0001_a.sql").write_bytes(b"SELECT 1;")
        digests.append(read_chain(tmp_path / place).digest)
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("0036_add_it.sql", "0036"),
        ("0003-dash.sql", "0003"),
        ("init.sql", "init"),
        ("2.sql", "2"),
        ("0009_add_users/migration.sql", "0009"),
        ("20240101120000_brave_hulk/migration.sql", "20240101120000"),
        ("users/migration.sql", "users"),
        ("users/0001_a.sql", "users/0001_a"),
        ("2024/01_a/0003_b.sql", "2024/01/0003"),
    ],
)
def test_the_number_of_a_migration(name: str, number: str) -> None:
    """A migration is called by the digits that its name and its directories' begin with, or by its name."""
    assert Migration(name, name, "").number == number


def test_the_span_of_a_chain(write_chain: WriteChain) -> None:
    """A chain is described by its first and its last number, and by one when it has only one file."""
    chain = read_chain(write_chain({"0001_a.sql": "", "0007_b.sql": ""}))
    assert chain.span == "0001 to 0007"
    assert chain.until("1").span == "0001"
