"""Edits of the plain chain, under the profile ``sqlite``: what D1 has not, and the traps of SQLite's own."""

from __future__ import annotations

from tests.mutants.edit import Edit

FIRST = """\
CREATE TRIGGER children_first BEFORE UPDATE OF amount, kind ON children
BEGIN
    SELECT CASE WHEN new.amount > 1000 THEN RAISE(ROLLBACK, 'too much') END;
END;
"""
SECOND = """\
CREATE TRIGGER children_second BEFORE UPDATE OF amount, kind ON children
BEGIN
    INSERT INTO journal (line) SELECT 'was ' || old.amount;
END;
"""
SECOND_NOTE = "\n-- children_second · made by 0002\n"
JOURNAL = "CREATE TABLE journal (\n    id INTEGER PRIMARY KEY,\n    line TEXT\n);\n"
DELETES_NUMBERS = "DELETE FROM places_rowid;\n"

SETTINGS = (
    Edit("user_version changed", "user_version = 7", "user_version = 8", "user_version"),
    Edit("user_version dropped", "PRAGMA user_version = 7;\n", "", "user_version"),
    Edit("application_id changed", "application_id = 1001", "application_id = 1002", "application_id"),
)

TABLES = (
    Edit("DQS default made a text", 'DEFAULT "dq"', "DEFAULT 'dr'", "odd name"),
    Edit("DQS literal changed", '"void"', '"vold"', "kind"),
    Edit("CHECK that is always true dropped", ",\n    CHECK (1)", "", "bag"),
    Edit("CHECK that is always true made false", "CHECK (1)", "CHECK (0)", "bag"),
    Edit("NOT NULL ON CONFLICT dropped", " ON CONFLICT REPLACE", "", "amount"),
    Edit("NOT NULL ON CONFLICT changed", "CONFLICT REPLACE", "CONFLICT IGNORE", "amount"),
    Edit("PRIMARY KEY ON CONFLICT dropped", " ON CONFLICT IGNORE", "", "word"),
    Edit("UNIQUE ON CONFLICT changed", "CONFLICT ROLLBACK", "CONFLICT ABORT", "doubled"),
    Edit("DEFAULT of a reference", "DEFAULT 'none'", "DEFAULT 'nil'", "parent_code"),
    Edit("SET DEFAULT made SET NULL", "ON UPDATE SET DEFAULT", "ON UPDATE SET NULL", "parent_code"),
    Edit("ON UPDATE made ON DELETE", "ON UPDATE SET", "ON DELETE SET", "parent_code"),
    Edit(
        "reference made deferred",
        "SET DEFAULT,\n",
        "SET DEFAULT DEFERRABLE INITIALLY DEFERRED,\n",
        "parent_code",
    ),
    Edit("reference to itself dropped", " REFERENCES tree ON DELETE SET NULL", "", "up"),
    Edit("reference to a named column", "REFERENCES tree ON", "REFERENCES tree (label) ON", "up"),
    Edit("type of the same affinity", "DECIMAL(10, 2)", "NUMERIC", "price"),
    Edit("COLLATE of an unindexed column", '"key" TEXT COLLATE RTRIM', '"key" TEXT', "key"),
    Edit("collation of a key's column", "a COLLATE NOCASE DESC", "a DESC", "pairs"),
    Edit("direction of a key's column", "a COLLATE NOCASE DESC", "a COLLATE NOCASE", "pairs"),
    Edit("PRIMARY KEY DESC that is no rowid", "PRIMARY KEY DESC", "PRIMARY KEY", "tree"),
    Edit("generated column made of another one", "(x + y) STORED", "(y + y) STORED", "doubled"),
    Edit("generated expression with the same values", "(x * 2)", "(x + x)", "doubled"),
    Edit("table without rows dropped", JOURNAL, "CREATE TABLE journal (line TEXT);\n", "journal"),
    Edit("case of a column's name that no program shows", "    line TEXT\n", "    Line TEXT\n", "Line"),
    Edit(
        "CHECK with NULL in mind",
        "typeof(price) <> 'text'",
        "typeof(price) IS NOT 'text'",
        "price_is_no_text",
    ),
    Edit("index condition turned round", "WHERE kind IS NOT NULL", "WHERE kind IS NULL", "children_kind"),
    Edit("index expression with the same value", "(amount * 2,", "(amount + amount,", "children_sum"),
    Edit("collation of an index dropped", "kind COLLATE NOCASE", "kind", "children_sum"),
)

VIEWS = (
    Edit("view on a view reads on", "FROM priced WHERE", "FROM children WHERE", "dear"),
    Edit("real limit in a view", "100.5;", "100.50000000000001;", "dear"),
    Edit("alias in a view", "price AS cost", "price AS costs", "priced"),
    Edit("window made an aggregate", "sum(amount) OVER ()", "sum(amount)", "counted"),
    Edit("recursion that ends elsewhere", "i < 10", "i <= 10", "steps"),
    Edit("UNION ALL made UNION", "UNION ALL", "UNION", "steps"),
    Edit("another table-valued function", "json_each(", "json_tree(", "keys"),
    Edit("blob behind a NUL", "x'0001'", "x'0002'", "magic"),
    Edit("text with another case", "'Ab'", "'ab'", "magic"),
    Edit("real made an integer", "1.5 AS number", "1 AS number", "magic"),
    Edit("star written out", "SELECT * FROM journal", "SELECT id, line FROM journal", "everything"),
    Edit("DQS literal in a view", '"no such column"', '"no such colum"', "quoted"),
    Edit("column made a text", '"line" AS line', "'line' AS line", "quoted"),
)

TRIGGERS = (
    Edit("recursion that ends elsewhere in a trigger", "new.id < 5", "new.id < 6", "tree_grows"),
    Edit(
        "upsert dropped",
        " ON CONFLICT (word) DO UPDATE SET word = excluded.word || '!'",
        "",
        "children_upsert",
    ),
    Edit(
        "upsert made DO NOTHING", "DO UPDATE SET word = excluded.word || '!'", "DO NOTHING", "children_upsert"
    ),
    Edit("comparison in a trigger", "new.amount > 3", "new.amount >= 3", "children_upsert"),
    Edit("RAISE kind", "RAISE(ROLLBACK,", "RAISE(ABORT,", "children_first"),
    Edit(
        "columns of UPDATE OF",
        "UPDATE OF amount, kind ON children\nBEGIN\n    SELECT",
        "UPDATE OF amount ON children\nBEGIN\n    SELECT",
        "children_first",
    ),
    Edit("old made new", "'was ' || old.amount", "'was ' || new.amount", "children_second"),
    Edit("OR IGNORE of an UPDATE", "UPDATE OR IGNORE children", "UPDATE OR FAIL children", "priced_update"),
    Edit(
        "INSTEAD OF UPDATE of any column",
        "INSTEAD OF UPDATE OF cost ON",
        "INSTEAD OF UPDATE ON",
        "priced_update",
    ),
    Edit(
        "condition of a delete",
        "DELETE FROM children WHERE id = old.id",
        "DELETE FROM children WHERE id >= old.id",
        "priced_delete",
    ),
    Edit(
        "order of BEFORE triggers",
        FIRST + SECOND_NOTE + SECOND,
        SECOND + FIRST,
        "children_second, children_first",
    ),
)

VIRTUAL_TABLES = (
    Edit("full-text option added", "prefix = '2 3')", "prefix = '2 3', detail = none)", "pages"),
    Edit("full-text prefix changed", "prefix = '2 3'", "prefix = '2 4'", "pages"),
    Edit("full-text column indexed", "body UNINDEXED", "body", "pages"),
    Edit("space in a module's arguments", "tokenize=porter", "tokenize= porter", "letters"),
    Edit("R*Tree of integers", "USING rtree(", "USING rtree_i32(", "places"),
    Edit("auxiliary column of an R*Tree", "+name", "+named", "places"),
    Edit("full-text page", "030004326c6f75", "030004326c6f76", "pages_data"),
    Edit("size of a contentless document", "(4, x'01')", "(4, x'02')", "words_docsize"),
    Edit("row of a contentless index", ",\n    (4, x'01')", "", "words_docsize"),
    Edit("row of an R*Tree", "(1, 1, 'here')", "(1, 1, 'there')", "places_rowid"),
)

VALUES = (
    Edit("minus zero", "(3, -0.0)", "(3, 0.0)", "bag"),
    Edit("the next real", "(4, 0.1)", "(4, 0.10000000000000002)", "bag"),
    Edit("an integer beyond the reals made a real", "9007199254740993", "9007199254740993.0", "bag"),
    Edit("text cut at a NUL", "CAST(x'610062' AS TEXT)", "CAST(x'61' AS TEXT)", "bag"),
    Edit("text behind a NUL", "CAST(x'610062' AS TEXT)", "CAST(x'610063' AS TEXT)", "bag"),
    Edit("text made a blob", "CAST(x'610062' AS TEXT)", "x'610062'", "bag"),
    Edit("bytes that are not UTF-8", "CAST(x'ff' AS TEXT)", "CAST(x'fe' AS TEXT)", "bag"),
    Edit("bytes that are not UTF-8 replaced", "CAST(x'ff' AS TEXT)", "'\N{REPLACEMENT CHARACTER}'", "bag"),
    Edit("empty blob made empty text", "(9, x'')", "(9, '')", "bag"),
    Edit("empty text made NULL", "(10, '')", "(10, NULL)", "bag"),
    Edit("tab made a space", "tab\tand", "tab and", "bag"),
    Edit("quotes", '"quote"', "''quote''", "bag"),
    Edit("white space at the end", "'root  '", "'root'", "tree"),
    Edit("row that violates its CHECK", "(7, NULL, -1, NULL", "(7, NULL, 1, NULL", "children"),
    Edit("row that violates its reference", "(2, 'lost',", "(2, 'two',", "children"),
    Edit("negative key", "(-5, NULL, 'dq')", "(-6, NULL, 'dq')", "parents"),
    Edit("key of a table without rowids", "('y', 1)", "('Y', 1)", "pairs"),
    Edit("value that a generated column is made of", "    (2);", "    (3);", "doubled"),
    Edit("a second row of the same values", "('x', 1),", "('x', 1),\n    ('x', 2),", "pairs"),
)

TELLING = (*SETTINGS, *TABLES, *VIEWS, *TRIGGERS, *VIRTUAL_TABLES, *VALUES)

HARMLESS = (
    Edit(
        "rows that nothing refers to numbered anew",
        "(rowid, value) VALUES\n    (2, NULL)",
        "(rowid, value) VALUES\n    (1, NULL)",
    ),
    Edit("brackets on an odd name", '    "odd name" TEXT', "    [odd name] TEXT"),
    Edit("NULLs first written out", "a COLLATE NOCASE DESC)", "a COLLATE NOCASE DESC )"),
    Edit("parentheses on a negative number", "(-5, NULL, 'dq')", "((-5), NULL, 'dq')"),
    Edit("number by another sum", "(4, 0.1)", "(4, 1e-1)"),
    Edit("text by concatenation", "'quote '' and \"quote\"'", "'quote '' and ' || '\"quote\"'"),
    Edit(
        "settings in another order",
        "PRAGMA user_version = 7;\nPRAGMA application_id = 1001;\n",
        "PRAGMA application_id = 1001;\nPRAGMA user_version = 7;\n",
    ),
    Edit(
        "reference that only says the default",
        "REFERENCES tree ON DELETE",
        "REFERENCES tree MATCH SIMPLE ON DELETE",
    ),
    Edit(
        "rows in several statements",
        "    (1),\n    (2);",
        "    (1);\nINSERT INTO doubled (x) VALUES\n    (2);",
    ),
    Edit("nothing deleted from nothing", DELETES_NUMBERS, ""),
    Edit(
        "a table made and dropped",
        DELETES_NUMBERS,
        DELETES_NUMBERS + "CREATE TABLE scratch (a);\nDROP TABLE scratch;\n",
    ),
    Edit(
        "a row written and deleted", "('y', 1);\n", "('y', 1), ('z', 1);\nDELETE FROM pairs WHERE a = 'z';\n"
    ),
)
