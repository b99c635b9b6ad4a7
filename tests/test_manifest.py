"""The manifest of an archive: what it says is stored one way only, and only what it can say is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from squasher.errors import InputError
from squasher.manifest import Archive, Entry, Manifest, digest, parse, read, text

if TYPE_CHECKING:
    from pathlib import Path

ONE: Final = digest(b"one")
OTHER: Final = digest(b"other")
FIRST: Final = Archive(
    baseline=Entry("0002_complete_schema.sql", ONE),
    absorbed=(Entry("2_b.sql", ONE), Entry("10_a.sql", OTHER)),
    allowed=("0001_complete_schema.sql", "what ever"),
    ledger="d1_migrations",
    released=(Entry("0011_c.sql", OTHER),),
)
SECOND: Final = FIRST._replace(
    baseline=Entry("0011_complete_schema/migration.sql", OTHER),
    absorbed=(FIRST.baseline, *FIRST.released, Entry("0012_it's_ü_日本\n/migration.sql", ONE)),
    released=(),
    transition=Entry("0011_ledger.sql", ONE),
)


def test_the_digest_is_sha256() -> None:
    """A digest is what `sha256sum` prints of a file whose lines end in LF."""
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "manifest",
    [
        Manifest(),
        Manifest((FIRST,)),
        Manifest((FIRST, SECOND)),
        Manifest((), (SECOND.baseline,)),
        Manifest((FIRST,), (SECOND.baseline, Entry("0001_complete_schema.sql", ONE))),
    ],
)
def test_what_is_written_is_read(manifest: Manifest) -> None:
    """A manifest comes back as it was, in the order of the chain, and makes the same bytes again."""
    data = text(manifest).encode()
    assert parse(data, "manifest.json") == manifest
    assert text(parse(data, "manifest.json")).encode() == data
    assert data.isascii()
    assert data.endswith(b"}\n")
    assert b"\r" not in data


def test_no_file_is_no_manifest(tmp_path: Path) -> None:
    """Most chains have none; a link in its place is an error, wherever it leads."""
    path = tmp_path / "manifest.json"
    assert read(path) is None
    path.symlink_to(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"manifest\.json: it is a symbolic link"):
        read(path)


def changed(*keys: str | int, to: object) -> bytes:
    """The manifest of one archive with another value at the place that the keys lead to."""
    document: Any = json.loads(text(Manifest((FIRST,))))
    place = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a manifest"),
        (b"\xff", "not a manifest"),
        (b"{", "not a manifest"),
        (b"[" * 100_000, "not a manifest"),
        (b"[]", "an object with version, archives is missing"),
        (b"{}", "an object with version, archives is missing"),
        (b'{"version": 1, "version": 1, "archives": []}', "'version' stands in it twice"),
        (b'{"version": 2, "archives": []}', "version 2 of a manifest, and this squasher knows version 1"),
        (b'{"version": 2, "other": 1}', "version 2 of a manifest, and this squasher knows version 1"),
        (b'{"version": true, "archives": []}', "it has no version"),
        (b'{"version": 1.0, "archives": {}}', "no list of archives"),
        (changed("archives", 0, to=1), "an object with baseline, ledger"),
        (changed("archives", 0, "more", to=1), "an object with baseline, ledger"),
        (changed("archives", 0, "baseline", to={}), "one baseline"),
        (changed("archives", 0, "absorbed", to={}), "at least one migration"),
        (changed("archives", 0, "absorbed", to=[]), "files are an object"),
        (changed("archives", 0, "allowed", to="x"), "allowed is no list"),
        (changed("archives", 0, "allowed", to=[1]), "a name is missing"),
        (changed("archives", 0, "ledger", to=""), "a name is missing"),
        (changed("archives", 0, "ledger", to="\ud800"), "a name is missing"),
        (changed("archives", 0, "transition", to={}), "one ledger transition"),
        (changed("archives", 0, "transition", to="x"), "files are an object"),
        (changed("retired", to=["x.sql"]), "files are an object"),
        (changed("retired", to={"x.sql": ""}), "'x.sql' has no sha256"),
        (changed("archives", 0, "released", "0011_c.sql", to="ABC"), "'0011_c.sql' has no sha256"),
        (changed("archives", 0, "released", "0011_c.sql", to=ONE.upper()), "'0011_c.sql' has no sha256"),
        (changed("archives", 0, "released", "0011_c.sql", to=None), "'0011_c.sql' has no sha256"),
    ],
)
def test_a_broken_manifest_is_an_error(data: bytes, says: str) -> None:
    """Whatever is not as it should be is named, and what to do."""
    with pytest.raises(InputError) as caught:
        parse(data, "migrations-archive/manifest.json")
    assert caught.value.message.startswith("migrations-archive/manifest.json: ")
    assert says in caught.value.message
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    "name",
    [
        "../x.sql",
        "/etc/x.sql",
        "a/../../x.sql",
        "./x.sql",
        "a//x.sql",
        "..\\x.sql",
        "x\0.sql",
        "manifest.json",
        "",
        "\udfff.sql",
    ],
)
@pytest.mark.parametrize("where", ["baseline", "absorbed", "released", "transition"])
def test_a_name_stays_below_its_directory(name: str, where: str) -> None:
    """A manifest in a stranger's branch cannot make squasher read, write or remove a file elsewhere."""
    data = changed("archives", 0, where, to={name: ONE})
    with pytest.raises(InputError, match="is no name of a migration"):
        parse(data, "manifest.json")


def test_a_file_is_absorbed_once() -> None:
    """Two archives cannot both have moved one file."""
    with pytest.raises(InputError, match=r"'2_b\.sql' stands in it twice"):
        parse(text(Manifest((FIRST, FIRST))).encode(), "manifest.json")
