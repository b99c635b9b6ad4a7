"""The page: whole, without anything of a stranger's in its markup, and in good order."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import pytest

import squasher
from squasher.changes import Added, RowSet
from squasher.comparison import Finding
from squasher.render import RENDERERS
from squasher.sql import printable
from tests.comparisons import HOSTILE, PLAIN, compare

if TYPE_CHECKING:
    from pathlib import Path


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.others: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.tags.append((tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        self.tags.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data

    def handle_comment(self, data: str) -> None:
        """A comment."""
        self.others.append(data)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", ["diff", "check"])
def test_strangers_write_no_markup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Literal["diff", "check"], name: str
) -> None:
    """The page has the very elements and attributes that it has with harmless names, and shows the names."""
    monkeypatch.chdir(tmp_path)
    hostile, plain = (compare(tmp_path, name)._replace(command=command) for name in (name, PLAIN))
    found, expected = (Page(RENDERERS["html"](one)) for one in (hostile, plain))
    lines = [("span", (("class", style),)) for style in ("old", "new", "same", "at")]
    assert [tag for tag in found.tags if tag not in lines and tag[0] != "/span"] == [
        tag for tag in expected.tags if tag not in lines and tag[0] != "/span"
    ]
    assert found.others == []
    assert found.text.count(printable(f"t{name}").strip()) >= 3
    assert not set(found.text) & set("\x1b\u202e\r\t")


def test_the_page_is_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A language, one h1 and no level left out, links that lead somewhere, and no address to load."""
    monkeypatch.chdir(tmp_path)
    base = compare(tmp_path, PLAIN)
    more = tuple(
        Finding(Added(("table", f"x{number}"), RowSet(("a",), (("1",),))), None, ()) for number in range(9)
    )
    for compared in (base, base._replace(command="check"), base._replace(findings=base.findings + more)):
        html = RENDERERS["html"](compared)
        page = Page(html)
        assert html.startswith('<!DOCTYPE html>\n<html lang="en">\n')
        assert html.endswith("</html>\n")
        levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3"}]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        attributes = [pair for _, pairs in page.tags for pair in pairs]
        ids = [value for key, value in attributes if key == "id"]
        links = [value for key, value in attributes if key == "href"]
        assert len(ids) == len(set(ids)) >= 3
        assert len(links) >= 3
        assert {f"#{one}" for one in ids} >= set(links)
        assert not {key for key, _ in attributes} & {"src", "style", "srcset", "action"}
        assert not any(word in html.replace(html[: html.index("</style>")], "") for word in ("http", "url("))
        stack: list[str] = []
        for tag, _ in page.tags:
            if tag.startswith("/"):
                assert stack.pop() == tag[1:]
            elif tag != "meta":
                stack.append(tag)
        assert stack == []


def test_nothing_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that says so, in the words of the command."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_all.sql").write_text("CREATE TABLE users (a);\n", "utf-8")
    (tmp_path / "new.sql").write_text('CREATE TABLE users ("a");\n', "utf-8")
    found = squasher.check("migrations", "new.sql", "sqlite")
    said = RENDERERS["html"](found._replace(command="diff"))
    assert "<h1>No schema changes</h1>" in said
    assert "<section" not in said
    said = RENDERERS["html"](found)
    assert "<h1>The fresh file is equivalent</h1>" in said
    assert "with the same meaning: <code>users</code>" in said
    assert "is not what <code>squasher squash</code> would write now" in said


def test_many_lines_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand lines of an object's SQL are shown, and how many more there are; long ones are cut."""
    monkeypatch.chdir(tmp_path)
    rows = (("'" + "x" * 5000 + "'",), *((f"{number}",) for number in range(5000)))
    change = Added(("table", "x"), RowSet(("a",), rows))
    said = RENDERERS["html"](compare(tmp_path, PLAIN)._replace(findings=(Finding(change, None, ()),)))
    assert said.count('<span class="new">+INSERT') == 1999
    assert "… and 3002 more lines" in said
    assert max(map(len, said.split("\n"))) < 2200
