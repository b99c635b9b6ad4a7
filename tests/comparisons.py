"""Comparisons in which everything has a name of a stranger's, for the formats to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import squasher
from squasher.comparison import Finding
from squasher.lines import Place
from squasher.risks import Risk
from squasher.sql import quote

if TYPE_CHECKING:
    from pathlib import Path

    from squasher.comparison import Comparison

HOSTILE: Final = (
    "a|b``` `c` ``\n\n# big\n- [x](http://evil.example) <img src=x onerror=alert(1)> --> <!-- </code>",
    "</details> @everyone #123 owner/repo#1 GH-1 deadbeefdeadbeef :smile: www.evil.example a@evil.example",
    "~~x~~ **x** __x__ $x$ &lt; &#64; | \\` ![i](x) \u202e\x1b[31m ::error::x\n***\n| --- |\n    x\n",
)
PLAIN: Final = "x_1"


def compare(folder: Path, name: str) -> Comparison:
    """A diff in which everything has a name, and every value is one."""
    table, value = quote("t" + name), "'" + name.replace("'", "''") + "'"
    old = f"""
        CREATE TABLE {table} ({quote("c" + name)} TEXT DEFAULT {value}, b INT,
            UNIQUE (b, {quote("c" + name)}));
        CREATE TABLE {quote("u" + name)} (a INTEGER PRIMARY KEY, b);
        CREATE INDEX {quote("i" + name)} ON {table} (b) WHERE b <> {value};
        CREATE VIEW {quote("v" + name)} AS SELECT 1 AS one;
        INSERT INTO {table} VALUES ('x', 1);
        INSERT INTO {quote("u" + name)} VALUES (1, {value}), (2, {value});
    """
    new = f"""
        CREATE TABLE {table} ({quote("c" + name)} TEXT DEFAULT {value} NOT NULL, {quote("n" + name)}, b TEXT);
        CREATE TABLE {quote("u" + name)} (a INTEGER PRIMARY KEY, b REFERENCES {table} ({quote("c" + name)}));
        CREATE INDEX {quote("i" + name)} ON {table} (b) WHERE b = {value};
        CREATE TRIGGER {quote("r" + name)} AFTER INSERT ON {table} BEGIN SELECT {value}; END;
        INSERT INTO {table} VALUES ({value}, {value}, 1);
        INSERT INTO {quote("u" + name)} VALUES (1, 'y'), (3, {value});
    """
    (folder / "migrations").mkdir(exist_ok=True)
    (folder / "migrations" / "0001_all.sql").write_text(old, encoding="utf-8", newline="")
    (folder / "new.sql").write_text(new, encoding="utf-8", newline="")
    found = squasher.check("migrations", "new.sql", "sqlite")
    word = "_".join(name.split())
    place, risk = Place(f"migrations/0001_{name}.sql", 3), Risk("data", f"statements fail that name {word}")
    return found._replace(
        command="diff",
        old=found.old._replace(name=f"old{name}"),
        new=found.new._replace(name=f"new{name}"),
        findings=tuple(
            Finding(one.change, place, (risk,) if number % 5 == 0 else ())
            for number, one in enumerate(found.findings)
        ),
        warnings=(f"there is no {word}",),
        proof=found.proof._replace(respelled=(("table", name),), reasons=(f"no such table: {word}",)),
    )
