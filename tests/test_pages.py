"""The HTML format in a real Chromium: nothing runs, nothing loads, everything fits and can be read."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest

from squasher.changes import Added, RowSet
from squasher.comparison import Finding
from squasher.render import RENDERERS
from squasher.sql import printable
from tests.comparisons import HOSTILE, PLAIN, compare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.browser

_DARK: Final = "--blink-settings=preferredColorScheme=0"
_LIGHT: Final = "--blink-settings=preferredColorScheme=1"
# The page is looked at from outside, in a frame as wide as a small telephone: it may run no script itself.
_OUTSIDE: Final = """<!DOCTYPE html><meta charset="utf-8"><body><script>
const frame = document.createElement("iframe");
frame.width = 360; frame.height = 800; frame.style.border = "0";
frame.srcdoc = PAGE;
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  page.querySelectorAll("details").forEach(one => { one.open = true; });
  const solid = one => {
    const color = view.getComputedStyle(one).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" && one.parentElement ? solid(one.parentElement) : color;
  };
  const all = [...page.querySelectorAll("*")];
  const texts = all.filter(one => page.body.contains(one)
    && [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  const found = {
    elements: all.map(one => [one.tagName, [...one.attributes].map(at => [at.name, at.value])]),
    text: page.body.textContent,
    width: page.documentElement.scrollWidth,
    wide: texts.filter(one => one.getBoundingClientRect().right > 360.5).length,
    loaded: view.performance.getEntriesByType("resource").map(one => one.name),
    pwned: view.pwned === 1 || window.pwned === 1,
    colors: texts.map(one => [one.textContent.slice(0, 40), view.getComputedStyle(one).color, solid(one)]),
    focusable: page.querySelectorAll("a[href], summary").length,
  };
  document.body.textContent = JSON.stringify(found);
};
document.body.append(frame);
</script>
"""


@pytest.fixture
def chromium(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Open a page: its DOM as text, and what the browser logged. No name of a host is resolved."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    assert program is not None, "there is no Chromium: run `make test-pages`, which says how to install it"

    def look(page: str, *options: str) -> tuple[str, str]:
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8")
        done = subprocess.run(
            [
                *(
                    program,
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--hide-scrollbars",
                ),
                *(f"--user-data-dir={tmp_path / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"),
                *("--enable-logging=stderr", "--virtual-time-budget=10000", *options),
                *("--dump-dom", path.as_uri()),
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)

    return look


def measured(look: Callable[..., tuple[str, str]], page: str, *options: str) -> dict[str, Any]:
    """What the page is in a window that is 360 pixels wide, and what the browser complained of."""
    inside = json.dumps(page).replace("</", "<\\/").replace("<!--", "<\\!--")
    dom, log = look(_OUTSIDE.replace("PAGE", inside), *options)
    text = dom.partition("<body>")[2].rpartition("</body>")[0]
    found: dict[str, Any] = json.loads(html.unescape(text))
    return {**found, "log": log}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """The page of a diff in which everything has this name; with enough objects to list them."""
    monkeypatch.chdir(tmp_path)

    def render(name: str) -> str:
        more = (Finding(Added(("table", f"x{n}"), RowSet(("a",), (("1",),))), None, ()) for n in range(5))
        compared = compare(tmp_path, name)
        return RENDERERS["html"](compared._replace(findings=(*compared.findings, *more)))

    return render


@pytest.mark.parametrize("name", HOSTILE)
def test_strangers_write_no_elements(
    chromium: Callable[..., tuple[str, str]], page: Callable[[str], str], name: str
) -> None:
    """The browser makes the elements that it makes of harmless names, and runs nothing."""
    hostile, plain = measured(chromium, page(name)), measured(chromium, page(PLAIN))
    lines = [["SPAN", [["class", style]]] for style in ("old", "new", "same", "at")]
    assert [one for one in hostile["elements"] if one not in lines] == [
        one for one in plain["elements"] if one not in lines
    ]
    assert len(plain["elements"]) > 100
    assert hostile["text"].count(printable(f"t{name}").strip()) >= 3
    assert (hostile["pwned"], hostile["log"], hostile["loaded"]) == (False, "", [])


def test_nothing_is_loaded(chromium: Callable[..., tuple[str, str]], page: Callable[[str], str]) -> None:
    """The browser asks for nothing; what anybody adds to the page, its policy refuses and the log tells."""
    whole = page(PLAIN)
    found = measured(chromium, whole)
    assert (found["log"], found["loaded"], found["pwned"]) == ("", [], False)
    _, log = chromium(whole)
    assert log == ""
    for element in (
        "<img src='http://evil.example/x.png'>",
        "<link rel=stylesheet href='http://evil.example/x.css'>",
        "<script>parent.pwned = 1; window.pwned = 1</script>",
        "<img src=x onerror='window.pwned = 1'>",
    ):
        found = measured(chromium, whole.replace("</main>", f"{element}</main>"))
        assert "Content Security Policy" in found["log"], element
        assert not found["pwned"]


@pytest.mark.parametrize("name", [PLAIN, "x" * 300, HOSTILE[0]])
def test_a_small_telephone(
    chromium: Callable[..., tuple[str, str]], page: Callable[[str], str], name: str
) -> None:
    """At 360 pixels nothing is beside the screen, with every fold open."""
    found = measured(chromium, page(name))
    assert (found["width"], found["wide"]) == (360, 0)
    assert found["focusable"] > 8
    wide = measured(chromium, page(PLAIN).replace("</style>", "h1 { width: 50rem; }</style>"))
    assert wide["width"] > 360
    assert wide["wide"] > 0


def luminance(color: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    parts = [float(part) / 255 for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [_LIGHT, _DARK], ids=["light", "dark"])
def test_contrast(chromium: Callable[..., tuple[str, str]], page: Callable[[str], str], scheme: str) -> None:
    """Every text has the contrast that level AA asks of small text, by day and by night."""
    colors = measured(chromium, page(PLAIN), scheme)["colors"]
    assert len({(text, back) for _, text, back in colors}) > 8
    assert {contrast(text, back) >= 4.5 for _, text, back in colors} == {True}, min(
        colors, key=lambda one: contrast(one[1], one[2])
    )
    _, _, back = colors[0]
    assert (luminance(back) < 0.1) == (scheme == _DARK)
