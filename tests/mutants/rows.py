"""Edits of the rich chain's rows, counters and ledger that mean something."""

from __future__ import annotations

from tests.mutants.edit import Edit

ROWS = (
    Edit("row missing", "'DE'),\n    ('FR');", "'DE');", "countries"),
    Edit("row added", "    ('FR');", "    ('FR'),\n    ('IT');", "countries"),
    Edit("row with another key", "(3, 1, 'A-1', 1);", "(2, 1, 'A-1', 1);", "order_lines"),
    Edit("text changed", "'UPS; worldwide'", "'UPS'", "carriers"),
    Edit("text with another case", "'Ada'", "'ADA'", "accounts"),
    Edit("integer made text", "(2, 'whole', 42)", "(2, 'whole', '42')", "samples"),
    Edit("integer made real", "(2, 'whole', 42)", "(2, 'whole', 42.0)", "samples"),
    Edit("text made blob", "(6, 'digits', '42')", "(6, 'digits', x'3432')", "samples"),
    Edit("text made integer", "(6, 'digits', '42')", "(6, 'digits', 42)", "samples"),
    Edit("NULL made text", "(1, 'nothing', NULL)", "(1, 'nothing', '')", "samples"),
    Edit("the next real number", "(4, 'fraction', 1.5)", "(4, 'fraction', 1.5000000000000002)", "samples"),
    Edit("infinity made finite", "9e999", "1.7976931348623157e308", "samples"),
    Edit("the next integer", "-9223372036854775808", "-9223372036854775807", "samples"),
    Edit("line end in a text", "'two\nlines'", "'two lines'", "samples"),
    Edit("white space in JSON", '"A-1"}, {"sku"', '"A-1"},{"sku"', "orders"),
    Edit("blob changed", "x'00ff10'", "x'00ff11'", "samples"),
    Edit("integer made text in STRICT ANY", "'void', 0, '[]'", "'void', '0', '[]'", "orders"),
    Edit("implicit rowid that an index refers to", "(7, 'Returns'", "(8, 'Returns'", "notes"),
    Edit("sequence changed", "SET seq = 40", "SET seq = 41", "accounts"),
    Edit(
        "sequence missing", "UPDATE sqlite_sequence SET seq = 40 WHERE name = 'accounts';\n", "", "accounts"
    ),
    Edit("migration not recorded", "    ('0004_search.sql'),\n", "", "0004_search.sql"),
    Edit("last migration not recorded", ",\n    ('0005_values.sql');", ";", "0005_values.sql"),
    Edit(
        "migration recorded that is not there",
        "    ('0005_values.sql');",
        "    ('0005_values.sql'),\n    ('0006_more.sql');",
        "0006_more.sql",
    ),
    Edit(
        "migration recorded under another name",
        "    ('0003_views_and_triggers.sql'),",
        "    ('0003_views.sql'),",
        "0003_views.sql",
    ),
)
