"""Values of every storage class, the hostile ones among them, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from tests.generated.names import strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.generated.context import Context

INTEGERS: Final = (
    *("1", "0", "-1", "2", "42", "100", "9007199254740993", "2147483648"),
    *("9223372036854775807", "-9223372036854775808", "0x1F", "1_000", "TRUE"),
)
REALS: Final = (
    *(
        "0.5",
        "1.0",
        "-2.25",
        "0.1",
        "0.30000000000000004",
        "123456789.12345679",
        "1e23",
        "9007199254740993.0",
    ),
    *("1.7976931348623157e308", "5e-324", "2.2250738585072011e-308", ".5", "1.", "1e-5"),
)
SPECIAL_REALS: Final = {"9e999": "infinity", "-9e999": "infinity", "-0.0": "negative zero"}
TEXTS: Final = (
    *("x", "hello world", "", "it's", 'say "hi"', "two\nlines", "a;b", "a; -- b\n", "/* c */", "--", "\\"),
    *(
        "naïve",
        "日本 🙂",
        "\ufeffbom",
        "a\u2028b",
        "\x1b[31mred",
        "\x7f",
        "tab\there",
        "%s {} $1",
        "NULL",
        "0",
    ),
    *(
        "1e5",
        "007",
        " 12 ",
        "2026-01-02 03:04:05",
        '{"a": [1, null, "x"]}',
        "CREATE TABLE x (y);",
        "::error::",
    ),
)
# what a splitter or wrangler's trimmer would change may not stand in a file as it is
BUILT: Final = {
    "'BEGIN ' || 'TRANSACTION; COMMIT;'": "begin transaction",
    "'a' || char(13) || char(10) || 'b'": "carriage return",
    "char(0)": "nul text",
    "'a' || char(0) || 'b'": "nul text",
    "CAST(x'610062' AS TEXT)": "nul text",
    "CAST(x'ff' AS TEXT)": "broken utf-8",
    "CAST(x'61eda080' AS TEXT)": "broken utf-8",
    "CAST(x'c3' AS TEXT)": "broken utf-8",
}
BLOBS: Final = ("x''", "x'00'", "x'00ff10'", "x'EFBBBF'", "X'6162'", "zeroblob(3)")
CLOCK: Final = (
    "CURRENT_TIMESTAMP",
    "datetime('now')",
    "datetime('now', '-1 day')",
    "CURRENT_DATE",
    "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    "unixepoch()",
    "julianday('now')",
    "date('now', 'start of month')",
)
CHANCE: Final = (
    "hex(randomblob(8))",
    "lower(hex(randomblob(16)))",
    "random()",
    "randomblob(4)",
    "abs(random()) % 1000000",
    "'id-' || hex(randomblob(4))",
)
CLASSES: Final = ("integer", "text", "real", "blob", "null", "special", "built")


def of_class(g: Context, kind: str) -> str:
    """A literal of a storage class, or an expression without names."""
    match kind:
        case "integer":
            return g.pick(INTEGERS) if g.maybe(60) else str(g.number(-1000, 1000))
        case "real":
            if g.maybe(30):
                g.note("17 digits")
                return repr(g.draw(st.floats(allow_nan=False, allow_infinity=False)))
            return g.pick(REALS)
        case "special":
            value = g.pick(list(SPECIAL_REALS))
            g.note(SPECIAL_REALS[value])
            return value
        case "built":
            value = g.pick(list(BUILT))
            g.note(BUILT[value])
            return value
        case "blob":
            return g.pick(BLOBS)
        case "null":
            return "NULL"
        case _:
            if g.maybe(15):
                return strings(g.draw(_free))
            return strings(g.pick(TEXTS))


_free = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6).filter(
    lambda text: "BEGIN TRANSACTION" not in text
)


def volatile(g: Context) -> str:
    """An expression that the clock or chance decides."""
    g.note("volatile")
    return g.pick(CLOCK if g.maybe(50) else CHANCE)


def of_type(g: Context, kind: str, *, strict: bool) -> str:
    """A value for a column of this type; a STRICT table takes nothing else."""
    if not strict or kind == "ANY":
        return of_class(g, g.pick(CLASSES))
    return of_class(g, {"INT": "integer", "INTEGER": "integer"}.get(kind, kind.lower()))


def unique(g: Context, kind: str, *, strict: bool) -> str:
    """A value that no other row has."""
    number = g.serial()
    match kind.upper():
        case "REAL":
            return f"{number}.5"
        case "BLOB" if strict:
            return f"x'{number:04x}'"
        case "INTEGER" | "INT":
            return str(number * g.pick((1, 1, 7)))
        case _ if g.maybe(50) and not strict:
            return str(number)
        case _:
            return strings(f"{g.pick(('k', 'Key ', 'é', ''))}{number}x")


def constant(g: Context, kind: str, *, strict: bool) -> str:
    """A constant that may stand in a DEFAULT without parentheses."""
    for _ in range(3):
        text = of_type(g, kind, strict=strict)
        if "(" not in text and "||" not in text:
            return text
    return "NULL"


def expression(g: Context, column: str, others: Sequence[str]) -> str:
    """A deterministic expression over columns (already quoted)."""
    other = g.pick(others) if others else column
    text = g.pick(
        (
            "length({0})",
            "lower({0})",
            "{0} || 'x'",
            "coalesce({0}, {1}, 0)",
            "substr({0}, 1, 3)",
            "typeof({0})",
            "{0} IS NULL",
            "CASE WHEN {0} IS {1} THEN 'same' ELSE '; end' END",
            "({0} > {1})",
            "CAST({0} AS TEXT)",
            "hex({0})",
            "{0} COLLATE NOCASE",
            "iif({0} BETWEEN -5 AND 5, 1, 0)",
            "quote({0})",
            "+{0}",
            "-{0}",
            "{0} IN (1, 'x', NULL)",
            "json_valid({0})",
        )
    )
    return text.format(column, other)


def condition(g: Context, column: str) -> str:
    """A condition over a column (already quoted) that some rows pass."""
    return g.pick(
        (
            "{0} IS NOT NULL",
            "{0} > 0",
            "{0} <> 'x'",
            "typeof({0}) IN ('integer', 'text')",
            "length({0}) BETWEEN 1 AND 5",
            "{0} NOT LIKE '%;%'",
            "{0} GLOB '*[a-z]*'",
            "{0} <= 1000 OR {0} IS NULL",
        )
    ).format(column)


def invariant(g: Context, column: str) -> str:
    """A condition over a column (already quoted) that nearly every value passes: for a CHECK."""
    return g.pick(
        (
            "{0} IS NULL OR {0} <> 'never'",
            "length({0}) < 1000 OR {0} IS NULL",
            "typeof({0}) <> 'nothing'",
            "{0} IS NOT 77 AND 1",
            '{0} IS NOT "no such column"',
            "{0} NOT IN (-77, 'it''s; never') OR {0} IS NULL",
            "coalesce({0}, '') NOT LIKE 'zzz%'",
            "({0} > -1e300) IS NOT 2",
        )
    ).format(column)
