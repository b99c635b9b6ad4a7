"""The comment on a pull request: what strangers wrote stays text, and it always fits."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final, Literal

import pytest
from markdown_it import MarkdownIt

import squasher
from squasher.changes import Removed
from squasher.comparison import Finding
from squasher.lines import Place
from squasher.model import Column
from squasher.prove import Proof
from squasher.render import RENDERERS
from squasher.render.markdown import LONGEST, code, sentence
from squasher.risks import Risk
from squasher.sql import printable
from tests.comparisons import HOSTILE, PLAIN, compare

if TYPE_CHECKING:
    from pathlib import Path

TAGS: Final = {
    *("h2", "h3", "p", "strong", "em", "code", "ul", "li", "br", "details", "summary", "pre"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
WORDS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.:;()→…'-\n")


class Page(HTMLParser):
    """What a browser would make of the HTML: the elements, and the texts in and outside of code."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.comments: list[str] = []
        self.text = ""
        self.code: list[str] = []
        self._inside = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "code":
            self._inside += 1
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        self.tags.append(f"/{tag}")
        self._inside -= tag == "code"

    def handle_data(self, data: str) -> None:
        """Text."""
        if self._inside:
            self.code[-1] += data
        else:
            self.text += data

    def handle_comment(self, data: str) -> None:
        """A comment."""
        self.comments.append(data)


def page(markdown: str) -> Page:
    """The document as a reader of GitHub's Markdown shows it."""
    return Page(MarkdownIt("gfm-like", {"linkify": False}).render(markdown))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", ["diff", "check"])
def test_strangers_write_no_markup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Literal["diff", "check"], name: str
) -> None:
    """The page has the very elements that it has with harmless names, and all names are in code."""
    monkeypatch.chdir(tmp_path)
    hostile, plain = (compare(tmp_path, name)._replace(command=command) for name in (name, PLAIN))
    found, expected = (page(RENDERERS["markdown"](one)) for one in (hostile, plain))
    assert len(hostile.findings) > 10
    assert found.tags == expected.tags
    assert {tag.removeprefix("/") for tag in found.tags} <= TAGS
    assert found.attributes == [("class", "language-diff")] * 3
    assert len(found.comments) == len(expected.comments) == 1
    assert found.text == expected.text
    assert WORDS.issuperset(found.text)
    assert "t" + printable(name) in "".join(found.code)
    assert not set("".join(found.code)) & set("\x1b\u202e\r\t")


def test_rows_have_as_many_cells_as_their_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pipe of a name divides a cell."""
    monkeypatch.chdir(tmp_path)
    for name in (*HOSTILE, "|", "a||b", "\\|", "\\\\|x\\", "`|`", "a\\", "| --- |"):
        tags = page(RENDERERS["markdown"](compare(tmp_path, name))).tags
        rows = " ".join(tags).split("tr ")[1::2]
        assert len(rows) > 10
        assert {row.count("td") + row.count("th") for row in rows if row.count("/th") != 1} == {8}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("users", "`users`"),
        ("a`b", "``a`b``"),
        ("`a``", "``` `a`` ```"),
        (" a ", "`  a  `"),
        ("", "` `"),
        ("a\nb", "`a b`"),
        ("a|b", "`a\\|b`"),
        ("a\\|b|c", "`a\\`\\|`b\\|c`"),
        ("a\\|", "`a\\`\\|"),
        ("x" * 500, f"`{'x' * 159}…`"),
    ],
)
def test_code(text: str, expected: str) -> None:
    """A code span ends where it should: its fence is longer than any run of backticks in it."""
    assert code(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("its values are lost, and statements that name it fail", None),
        ("3 columns", None),
        ("renamed from email_2", "renamed from `email_2`"),
        ("a row that breaks (a > 0) cannot stay", "a row that breaks `(a > 0)` cannot stay"),
        ("breaks (a IS NULL OR (b > 0)) here", "breaks `(a IS NULL OR (b > 0))` here"),
        ("a ) b (c d", "a `)` b `(c d`"),
        ("BOOLEAN → INTEGER", None),
        ("ask @all or #12", "ask `@all` or `#12`"),
        ("deadbeef 1234567 added 123456", "`deadbeef 1234567` added 123456"),
        ("see www.x.y: http://x", "see `www.x.y: http://x`"),
        ("for 0006_a.sql: a name of b.c; 1-2, d", "for `0006_a.sql`: a name of `b.c; 1-2`, d"),
        ("a ;; b (c d:", "a `;;` b `(c d`:"),
        ("a  *b* <i>", "a `*b* <i>`"),
        (":smile: 1. -x", "`:smile: 1. -x`"),
    ],
)
def test_sentence(text: str, expected: str | None) -> None:
    """Plain words stay words; what could be markup, a mention, an issue, a commit or a link is code."""
    assert sentence(text) == (text if expected is None else expected)


def test_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A marker, a heading, a summary, what to look at first, a table with its SQL folded behind it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_all.sql").write_text("CREATE TABLE users (a, email TEXT);\n", "utf-8")
    (tmp_path / "new.sql").write_text("CREATE TABLE users (a);\nCREATE VIEW v AS SELECT 1 AS b;\n", "utf-8")
    found = squasher.check("migrations", "new.sql", "sqlite")._replace(command="diff")
    column, view = found.findings
    column = column._replace(
        place=Place("migrations/0002_email.sql", 4),
        risks=(Risk("data", "its values are lost"), Risk("readers", "they ask for email_x")),
    )
    view = view._replace(place=None)
    assert RENDERERS["markdown"](found._replace(findings=(column, view))) == (
        """\
<!-- squasher diff: new.sql -->

## Schema changes

**2 changes in 2 objects**: 1 can destroy data, 1 can break readers. From `migrations/ (0001)` to `new.sql`.

Look at these first:

- **can destroy data**: `users` column `email`: its values are lost (`0002_email.sql:4`)
- **can break readers**: `users` column `email`: they ask for `email_x` (`0002_email.sql:4`)

### `users`

| change | what | how | migration |
| --- | --- | --- | --- |
| dropped | column `email` | `TEXT`<br>*can destroy data*<br>*can break readers* | `0002_email.sql:4` |

<details><summary>SQL</summary>

```diff
@@ -1,4 +1,3 @@
 CREATE TABLE users (
-    a,
-    email TEXT
+    a
 );
```

</details>

### view `v`

| change | what | how |
| --- | --- | --- |
| added | view | 1 column |

<details><summary>SQL</summary>

```diff
@@ -0,0 +1 @@
+CREATE VIEW v AS SELECT 1 AS b;
```

</details>
"""
    )


def test_nothing_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment that is updated in place says that there is nothing left to say."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_all.sql").write_text("CREATE TABLE users (a);\n", "utf-8")
    (tmp_path / "new.sql").write_text('CREATE TABLE users ("a");\n', "utf-8")
    found = squasher.check("migrations", "new.sql", "sqlite")
    assert RENDERERS["markdown"](found._replace(command="diff")) == (
        "<!-- squasher diff: new.sql -->\n\n## No schema changes\n\nFrom `migrations/ (0001)` to `new.sql`.\n"
        "\nWritten differently, with the same meaning: `users`.\n"
    )
    assert RENDERERS["markdown"](found) == (
        "<!-- squasher check: new.sql -->\n\n## The fresh file is equivalent\n\n"
        "`new.sql` against `migrations/ (0001)`.\n\n"
        "The text is not what `squasher squash` would write now.\n"
        "\nWritten differently, with the same meaning: `users`.\n"
    )


def column(name: str) -> Column:
    """A column of that name."""
    return Column(name, "TEXT", not_null=False, default=None, primary_key=0, hidden=0, collation=None)


def length(text: str) -> int:
    """As JavaScript counts it: a character outside of the basic plane is two."""
    return sum(1 + (ord(char) > 0xFFFF) for char in text)


@pytest.mark.parametrize("name", ["c", "x" * 1000, "\N{PILE OF POO}" * 200, "|" * 500, "`" * 500])
@pytest.mark.parametrize("risky", [False, True])
def test_it_always_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, risky: bool) -> None:
    """Details go first, from the end, then rows; what went is counted, and the rest is whole."""
    monkeypatch.chdir(tmp_path)
    base = compare(tmp_path, PLAIN)._replace(warnings=(name,) * 500)
    risks = (Risk("data", f"lost {name}"),) if risky else ()
    findings = tuple(
        Finding(Removed(("table", f"{name}{number // 20:04}"), column(f"{name}{number}")), None, risks)
        for number in range(4000)
    )
    said = RENDERERS["markdown"](base._replace(findings=findings, proof=Proof((), (), (name,) * 500)))
    assert 30_000 < length(said) <= LONGEST
    rows = said.count("\n| dropped |")
    assert said.endswith(
        f"\nLeft out, because a comment has no room for it: {4000 - rows} changes and the SQL of 200 objects."
        " `--format text` shows all.\n"
    )
    tags = page(said).tags
    assert tags.count("tr") == tags.count("/tr") == rows + tags.count("table")
    fewer = RENDERERS["markdown"](base._replace(findings=findings[:20], warnings=(), proof=Proof((), (), ())))
    assert fewer.count("\n| dropped |") == 20
    assert "Left out" not in fewer
    assert page(fewer).tags.count("details") == 1


def test_a_statement_that_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its details are left out and counted, with all that follow; the tables stay."""
    monkeypatch.chdir(tmp_path)
    base = compare(tmp_path, PLAIN)
    findings = tuple(
        Finding(Removed(("table", f"t{number}"), column("c" * 3000 * number)), None, ())
        for number in range(40)
    )
    said = RENDERERS["markdown"](base._replace(findings=findings, proof=Proof((), (), ())))
    tags = page(said).tags
    assert tags.count("table") == 40
    shown = tags.count("details")
    assert 0 < shown < 40
    assert f"no room for it: the SQL of {40 - shown} objects." in said
    assert length(said) <= LONGEST


@pytest.mark.parametrize(
    ("name", "marker"),
    [
        ("migrations", "migrations"),
        ("/home/x/work/migrations/", "migrations"),
        ("git:main:db/migrations", "git:main:db/migrations"),
        ("a--> <b>", "a-b"),
        ("x" * 1000, "x" * 160),
    ],
)
def test_the_marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, marker: str) -> None:
    """A program finds its comment again by the first line: the same for the same source, on every machine."""
    monkeypatch.chdir(tmp_path)
    base = compare(tmp_path, PLAIN)
    said = RENDERERS["markdown"](base._replace(new=base.new._replace(name=name)))
    assert said.startswith(f"<!-- squasher diff: {marker} -->\n\n## ")
