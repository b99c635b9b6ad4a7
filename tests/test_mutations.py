"""The prover, proved: edits of fresh files that mean something are rejected and named, the others pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import squasher
from squasher.prove import LAYERS
from squasher.render import RENDERERS
from tests.mutants import tokens
from tests.mutants.suite import COMPARED, FAMILIES, Family, ground, judge, passes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mutants.edit import Edit

RICH, PLAIN, BROKEN, VOLATILE = FAMILIES
TELLING = [(family, edit) for family in FAMILIES for edit in family.telling]
HARMLESS = [(family, edit) for family in FAMILIES for edit in family.harmless]
ONLY = {
    "objects": (
        (RICH, "type of the same affinity"),
        (PLAIN, "case of a column's name that no program shows"),
        (PLAIN, "user_version changed"),
    ),
    "text": (
        (PLAIN, "another table-valued function"),
        (PLAIN, "blob behind a NUL"),
        (PLAIN, "star written out"),
        (PLAIN, "full-text prefix changed"),
    ),
    "order": ((BROKEN, "order of triggers that do not compile"),),
    "rows": (
        (RICH, "text changed"),
        (RICH, "sequence changed"),
        (RICH, "migration not recorded"),
        (PLAIN, "row of an R*Tree"),
        (VOLATILE, "a child that lost its parent"),
    ),
    "bytecode": (
        (RICH, "table CHECK with another operator"),
        (RICH, "constraint renamed"),
        (PLAIN, "PRIMARY KEY ON CONFLICT dropped"),
        (BROKEN, "CHECK of a table that cannot be written"),
    ),
    "fixpoint": ((PLAIN, "a table made and dropped"), (PLAIN, "a row written and deleted")),
}
"""For each layer, edits that it alone rejects."""


def identity(value: object) -> str:
    """The name of a family, an edit or a layer in the list of tests."""
    title = getattr(value, "title", None)
    named = value if isinstance(value, str) else getattr(value, "name", value)
    return str(title if isinstance(title, str) else named).replace(" ", "-")


def written(family: Family, edit: Edit, folder: Path) -> Path:
    """The family's fresh file after an edit."""
    fresh = folder / "fresh.sql"
    fresh.write_bytes(edit.of(ground(family).own.text).encode())
    return fresh


@pytest.mark.parametrize(("family", "edit"), TELLING, ids=identity)
def test_an_edit_that_means_something_is_found_and_named(family: Family, edit: Edit, tmp_path: Path) -> None:
    """Each single edit of behaviour or content makes the check fail with the object's name."""
    fresh = written(family, edit, tmp_path)
    checked = squasher.check(family.migrations, fresh, family.profile)
    assert checked.proof.status != "equal"
    said = RENDERERS["text"](checked).replace(fresh.as_posix(), "FRESH")
    assert said.startswith(("FRESH is not equivalent to", "FRESH could not be compared with"))
    assert edit.named
    assert edit.named in said


@pytest.mark.parametrize(("family", "edit"), HARMLESS, ids=identity)
def test_an_edit_that_means_nothing_passes(family: Family, edit: Edit, tmp_path: Path) -> None:
    """White space, comments, spelling and order that SQLite does not act on leave the file equivalent."""
    fresh = written(family, edit, tmp_path)
    checked = squasher.check(family.migrations, fresh, family.profile)
    assert checked.proof.changes == ()
    assert checked.proof.status == "equal"
    assert not checked.exact


@pytest.mark.parametrize("family", FAMILIES, ids=identity)
def test_the_unedited_file_is_exact(family: Family, tmp_path: Path) -> None:
    """What squash makes is equivalent, byte for byte, so that every edit above is the only difference."""
    fresh = tmp_path / "fresh.sql"
    fresh.write_bytes(ground(family).own.text.encode())
    checked = squasher.check(family.migrations, fresh, family.profile)
    assert (checked.proof.status, checked.exact, checked.findings) == ("equal", True, ())


@pytest.mark.parametrize(
    ("layer", "family", "title"),
    [(layer, family, title) for layer, cases in ONLY.items() for family, title in cases],
    ids=identity,
)
def test_every_layer_is_needed(layer: str, family: Family, title: str) -> None:
    """With all layers the edit is rejected, without this one it would be accepted."""
    (edit,) = [edit for edit in (*family.telling, *family.harmless) if edit.title == title]
    on = ground(family)
    edited = on.load(edit.of(on.own.text))
    assert not on.accepts(edited)
    assert on.accepts(edited, {*LAYERS} - {layer})


def test_all_layers_are_tried() -> None:
    """Each layer of the proof has an edit that needs it, and ``check`` runs all but the fixpoint."""
    assert tuple(ONLY) == LAYERS
    assert (*COMPARED, "fixpoint") == LAYERS


def test_a_verdict_says_which_layers_found_it() -> None:
    """What the figures of ``make mutants`` are counted from: the layers that reject, and that are needed."""
    (edit,) = [edit for edit in RICH.telling if edit.title == "text changed"]
    assert judge(RICH, edit)[1:] == (True, ("rows",), ("rows",))
    (edit,) = [edit for edit in RICH.telling if edit.title == "column dropped"]
    verdict = judge(RICH, edit)
    assert verdict.rejected
    assert "objects" in verdict.finds
    assert verdict.needs == ()
    assert passes(RICH, RICH.harmless[0])


@pytest.mark.parametrize(
    ("family", "every"), [(RICH, 13), (PLAIN, 13), (BROKEN, 1), (VOLATILE, 1)], ids=identity
)
def test_no_token_can_be_removed_or_replaced_unnoticed(family: Family, every: int) -> None:
    """Every token of a fresh file, gone or made another: it does not load, or the proof rejects it."""
    tally = tokens.run(family, every)
    assert tally.through == ()
    assert tally.rejected > 0
    assert tally.refused > 0


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"\n", b"\r\n"), (b"-- The complete", b"\xef\xbb\xbf-- The complete"), (b";\n", b"; \n\n")],
    ids=["CRLF", "byte-order-mark", "space-at-line-ends"],
)
def test_bytes_that_editors_change_pass(before: bytes, after: bytes, tmp_path: Path) -> None:
    """Line ends and a byte order mark that an editor writes leave a file with plain values equivalent."""
    chain = tmp_path / "migrations"
    chain.mkdir()
    (chain / "0001_users.sql").write_bytes(
        b"CREATE TABLE users (\n    id INTEGER PRIMARY KEY, -- the number\n    name TEXT CHECK (name <> '')\n"
        b");\nCREATE VIEW names AS\nSELECT name\nFROM users;\nINSERT INTO users (name) VALUES ('ada');\n"
    )
    fresh = tmp_path / "fresh.sql"
    data = squasher.squash(chain, write=False).text.encode()
    assert before in data
    fresh.write_bytes(data.replace(before, after))
    checked = squasher.check(chain, fresh)
    assert checked.proof.changes == ()
    assert checked.proof.status == "equal"
