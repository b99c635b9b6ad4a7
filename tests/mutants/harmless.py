"""Edits of the rich chain that mean nothing: spelling, order and layout that SQLite does not act on."""

from __future__ import annotations

from tests.mutants.edit import Edit

HISTORY = """\
-- history · made by 0003
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

"""
COUNTRIES = """\
-- countries · made by 0005
CREATE TABLE countries (
    code TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;

"""
RICH_INDEX = "CREATE INDEX accounts_rich ON accounts (name) WHERE balance > 100;\n"
LOWER_INDEX = "CREATE INDEX accounts_lower_name ON accounts (lower(name));\n"
FR = "INSERT INTO countries (code) VALUES\n    ('DE'),\n    ('FR');\n"

CARRIERS = """
-- carriers · 2 rows from 0002, 0005
INSERT INTO carriers (code, "display name", weight, country) VALUES
    ('dhl', 'DHL', 31.5, 'DE'),
    ('ups', 'UPS; worldwide', 70, NULL);
"""

HARMLESS = (
    Edit("white space", "    email TEXT NOT NULL", "\n\temail\n  TEXT   NOT NULL "),
    Edit("white space in a view", "JOIN accounts AS a ON a.id", "JOIN   accounts AS a\n  ON a.id"),
    Edit("white space in a trigger", "    SELECT RAISE(ABORT, 'a", "SELECT RAISE (\n ABORT, 'a"),
    Edit("white space in an unnamed CHECK", "(level BETWEEN 1 AND 9)", "( level  BETWEEN 1 AND 9 )"),
    Edit("comment in a table", "    tag TEXT,", "    tag TEXT, -- free text; may be NULL"),
    Edit("comment in a view", "ORDER BY o.id;", "/* oldest first */ ORDER BY o.id;"),
    Edit("comment in a trigger", "SELECT RAISE(ABORT", "/* never */ SELECT RAISE(ABORT"),
    Edit(
        "comment inside a trigger's statement",
        "WHERE id = NEW.account_id;",
        "WHERE /* whose */ id = NEW.account_id;",
    ),
    Edit(
        "case of keywords inside a trigger's statement",
        "UPDATE accounts SET level",
        "update accounts set level",
    ),
    Edit("comment dropped", "  -- in the account's currency", ""),
    Edit(
        "case of keywords in a table",
        "nickname TEXT UNIQUE ON CONFLICT IGNORE",
        "nickname TEXT unique On Conflict ignore",
    ),
    Edit(
        "case of keywords in an index",
        "CREATE INDEX accounts_rich ON accounts (name) WHERE",
        "create index accounts_rich on accounts (name) where",
    ),
    Edit(
        "case of keywords in a trigger", "BEFORE DELETE ON orders\nWHEN", "before delete on orders\nwhen", ""
    ),
    Edit("case of keywords in a CHECK", "(level BETWEEN 1 AND 9)", "(level between 1 and 9)"),
    Edit("case of a type", "tag TEXT,", "tag text,"),
    Edit("case of a collation", "COLLATE NOCASE", "COLLATE NoCase"),
    Edit("quotes on a table's name", "CREATE TABLE orders (", 'CREATE TABLE "orders" ('),
    Edit("quotes in an unnamed CHECK", "CHECK (level BETWEEN", 'CHECK ("level" BETWEEN'),
    Edit("brackets on a column's name", "    kind TEXT NOT NULL", "    [kind] TEXT NOT NULL"),
    Edit(
        "quotes on an index's name",
        "INDEX orders_account ON orders (",
        'INDEX "orders_account" ON `orders` (',
    ),
    Edit("quotes in a reference", "REFERENCES countries (code)", 'REFERENCES "countries" ("code")'),
    Edit("IF NOT EXISTS on a table", "CREATE TABLE samples", "CREATE TABLE IF NOT EXISTS samples"),
    Edit(
        "IF NOT EXISTS on an index",
        "CREATE INDEX orders_account",
        "CREATE INDEX IF NOT EXISTS orders_account",
    ),
    Edit("name of the schema", "CREATE TABLE samples", "CREATE TABLE main.samples"),
    Edit("order of tables", COUNTRIES + HISTORY, HISTORY + COUNTRIES),
    Edit("order of statements", FR + CARRIERS, CARRIERS + FR),
    Edit("order of indexes that are not unique", RICH_INDEX + LOWER_INDEX, LOWER_INDEX + RICH_INDEX),
    Edit("order of a column's constraints", "DEFAULT 1 NOT NULL", "NOT NULL DEFAULT 1"),
    Edit("ASC written out", "(level DESC, tag)", "(level DESC, tag ASC)"),
    Edit(
        "parentheses on a DEFAULT",
        "quantity INTEGER NOT NULL DEFAULT 1",
        "quantity INTEGER NOT NULL DEFAULT (1)",
    ),
    Edit("FOR EACH ROW written out", "BEFORE DELETE ON orders", "BEFORE DELETE ON orders FOR EACH ROW"),
    Edit("statement split", "    ('DE'),\n", "    ('DE');\nINSERT INTO countries (code) VALUES\n"),
    Edit("column names left out", "INSERT INTO countries (code)", "INSERT INTO countries"),
    Edit(
        "OR IGNORE where nothing is ignored", "INSERT INTO countries", "INSERT OR IGNORE INTO countries", ""
    ),
    Edit(
        "rows of a keyed table in another order", "    ('DE'),\n    ('FR');", "    ('FR'),\n    ('DE');", ""
    ),
    Edit("another spelling of a number", "(4, 'fraction', 1.5)", "(4, 'fraction', 15e-1)"),
    Edit("another spelling of a blob", "x'00ff10'", "X'00FF10'"),
    Edit("deferral that no row needs", "PRAGMA defer_foreign_keys = ON;\n", ""),
    Edit(
        "order of the ledger's rows",
        "    ('0001_accounts.sql'),\n    ('0002_orders.sql'),\n",
        "    ('0002_orders.sql'),\n    ('0001_accounts.sql'),\n",
    ),
    Edit("missing final semicolon", "    ('0005_values.sql');\n", "    ('0005_values.sql')"),
)
