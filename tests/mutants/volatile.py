"""Edits of the volatile chain: cells that the clock and chance fill, and what is tied to them."""

from __future__ import annotations

from tests.mutants.edit import Edit

PAINT = "(3, 'paint', datetime('now', '-2 days'))"
FIRST = "INSERT INTO jobs (id, name) VALUES\n    (1, 'sweep'),\n    (2, 'mop');\n"
TOKENS = "INSERT INTO tokens (id, used) VALUES\n    (1, 0),\n    (2, 0);"

TELLING = (
    Edit("another day", PAINT, PAINT.replace("-2", "-1"), "jobs"),
    Edit("another form of the time", PAINT, PAINT.replace("datetime(", "date("), "jobs"),
    Edit("no time at all", PAINT, "(3, 'paint', NULL)", "jobs"),
    Edit(
        "a time that is a text of another form",
        PAINT,
        "(3, 'paint', 'the day before yesterday')",
        "jobs",
    ),
    Edit(
        "default overruled",
        FIRST,
        "INSERT INTO jobs (id, name, due) VALUES (1, 'sweep', NULL), (2, 'mop', NULL);\n",
        "jobs",
    ),
    Edit(
        "another moment than the default",
        FIRST,
        "INSERT INTO jobs (id, name, due) VALUES\n"
        "    (1, 'sweep', datetime('now')), (2, 'mop', datetime('now'));\n",
        "jobs",
    ),
    Edit("a fixed time changed", "'2020-01-01', '2020-01-02'", "'2020-01-01', '2020-01-03'", "jobs"),
    Edit("a fixed time made volatile", "'2020-01-01', '2020-01-02'", "'2020-01-01', datetime('now')", "jobs"),
    Edit(
        "default of the clock respelled",
        "DEFAULT CURRENT_TIMESTAMP\n);\n\n-- owners",
        "DEFAULT (datetime())\n);\n\n-- owners",
        "made",
    ),
    Edit(
        "a child that lost its parent", "(2, 'AEB98B2F4E227863', 'cat", "(2, '0EB98B2F4E227863', 'cat", "pets"
    ),
    Edit("a child of another parent", "(2, 'AEB98B2F4E227863', 'cat", "(2, '372283B0F129FB7F', 'cat", "pets"),
    Edit("a key drawn anew", "('AEB98B2F4E227863', 'bob')", "(hex(randomblob(8)), 'bob')", "owner_id"),
    Edit(
        "a shorter random text",
        TOKENS,
        TOKENS.replace("used)", "used, token)").replace("0)", "0, 'abc')"),
        "tokens",
    ),
    Edit(
        "a random text of another alphabet",
        TOKENS,
        TOKENS.replace("used)", "used, token)").replace("0)", "0, 'zzzzzzzzzzzzzzzz')"),
        "tokens",
    ),
    Edit("longer random texts from now on", "randomblob(8))))", "randomblob(9))))", "token"),
    Edit("a fixed cell beside a random one", "    (2, 0);", "    (2, 1);", "tokens"),
    Edit("a row beside random ones", "    (2, 0);", "    (2, 0),\n    (3, 0);", "tokens"),
)

HARMLESS = (
    Edit("one moment in place of the clock", PAINT, "(3, 'paint', '2024-02-29 12:34:56')"),
    Edit("the same moment by other words", PAINT, "(3, 'paint', datetime('now', '-48 hours'))"),
    Edit(
        "the default's expression written out",
        FIRST,
        FIRST.replace("name)", "name, due)")
        .replace("'sweep')", "'sweep', datetime('now', '+1 day'))")
        .replace("'mop')", "'mop', datetime('now', '+1 day'))"),
    ),
)
