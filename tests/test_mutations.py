"""Single edits of a fresh file: every one that means something is found and named, the others pass."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

import squasher
from squasher.render import RENDERERS

RICH = Path(__file__).parent / "cases" / "rich" / "migrations"


class Edit(NamedTuple):
    """One edit: text that stands in the fresh file once, what replaces it, and what it is done to."""

    title: str
    old: str
    new: str
    named: str


PAID = """\
CREATE TRIGGER orders_paid
AFTER UPDATE OF state ON orders
FOR EACH ROW
WHEN NEW.state = 'paid' AND OLD.state <> 'paid'
BEGIN
    INSERT INTO history (what) VALUES ('paid ' || NEW.id);
END;

"""
COUNTED = """\
CREATE TRIGGER orders_counted
AFTER UPDATE OF state ON orders
BEGIN
    INSERT INTO history (what) VALUES ('changed ' || NEW.id);
    UPDATE accounts SET level = min(level + 1, 9) WHERE id = NEW.account_id;
END;

"""
COUNTED_NOTE = "-- orders_counted · made by 0003\n"
KEEP = """\
CREATE TRIGGER orders_keep
BEFORE DELETE ON orders
WHEN OLD.state = 'paid'
BEGIN
    SELECT RAISE(ABORT, 'a paid order stays');
END;
"""
TOTALS = """\
CREATE VIEW account_totals (account, orders) AS
SELECT account_id, count(*) FROM orders GROUP BY account_id;
"""
BY_EMAIL = "CREATE UNIQUE INDEX accounts_email ON accounts (email);\n"
BY_NAME = "CREATE UNIQUE INDEX accounts_name_level ON accounts (name, level);\n"
TO_ACCOUNT = "REFERENCES accounts (id) ON DELETE CASCADE ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED,\n"

COLUMNS = (
    Edit(
        "column dropped",
        "    what TEXT NOT NULL,\n    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n",
        "    what TEXT NOT NULL\n",
        "column at TEXT",
    ),
    Edit("generated column dropped", "    label TEXT GENERATED", "    -- ", "column label TEXT"),
    Edit("column added", "    value\n", "    value,\n    unit TEXT\n", "column unit TEXT"),
    Edit("column renamed", "domain TEXT GENERATED", "host TEXT GENERATED", "column domain TEXT"),
    Edit("columns swapped", "    title TEXT,\n    body TEXT\n", "    body TEXT,\n    title TEXT\n", "notes"),
    Edit("case of a column's name", "    quantity INTEGER", "    Quantity INTEGER", "quantity"),
    Edit("case of a table's name", "CREATE TABLE samples", "CREATE TABLE Samples", "samples"),
    Edit("type of the same affinity", "quantity INTEGER", "quantity INT", "column quantity"),
    Edit("type of another affinity", "weight NUMERIC(10, 2)", "weight REAL", "column weight"),
    Edit("type with other numbers", "weight NUMERIC(10, 2)", "weight NUMERIC(10, 3)", "column weight"),
    Edit("type dropped", "    title TEXT,\n", "    title,\n", "column title"),
    Edit("type given", "    value\n", "    value BLOB\n", "column value"),
    Edit("NOT NULL dropped", "sku TEXT NOT NULL", "sku TEXT", "column sku"),
    Edit("NOT NULL added", "weight NUMERIC(10, 2)", "weight NUMERIC(10, 2) NOT NULL", "column weight"),
    Edit(
        "NOT NULL ON CONFLICT",
        "quantity INTEGER NOT NULL",
        "quantity INTEGER NOT NULL ON CONFLICT REPLACE",
        "quantity",
    ),
    Edit(
        "DEFAULT changed",
        "quantity INTEGER NOT NULL DEFAULT 1",
        "quantity INTEGER NOT NULL DEFAULT 2",
        "column quantity",
    ),
    Edit("DEFAULT dropped", "NOT NULL DEFAULT 'open'", "NOT NULL", "column state"),
    Edit("DEFAULT added", "sku TEXT NOT NULL", "sku TEXT NOT NULL DEFAULT ''", "column sku"),
    Edit("DEFAULT of another type", "DEFAULT 1 NOT NULL", "DEFAULT '1' NOT NULL", "column level"),
    Edit("DEFAULT of another size", "REAL DEFAULT 0.5", "REAL DEFAULT 0.25", "column balance"),
    Edit(
        "DEFAULT expression changed", "DEFAULT (datetime('now'))", "DEFAULT (date('now'))", "column made_at"
    ),
    Edit(
        "DEFAULT expression frozen",
        "DEFAULT (datetime('now'))",
        "DEFAULT '2020-01-01 00:00:00'",
        "column made_at",
    ),
    Edit(
        "DEFAULT keyword replaced",
        "at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n",
        "at TEXT NOT NULL DEFAULT CURRENT_DATE\n",
        "column at",
    ),
)

CONSTRAINTS = (
    Edit("column CHECK dropped", " CHECK (level BETWEEN 1 AND 9)", "", "accounts"),
    Edit("column CHECK weakened", "level BETWEEN 1 AND 9", "level BETWEEN 1 AND 10", "level"),
    Edit("column CHECK added", "kind TEXT NOT NULL", "kind TEXT NOT NULL CHECK (kind <> '')", "samples"),
    Edit(
        "table CHECK dropped",
        ",\n    CONSTRAINT state_is_known CHECK (state IN ('open', 'paid', 'void'))",
        "",
        "state_is_known",
    ),
    Edit(
        "table CHECK widened",
        "IN ('open', 'paid', 'void')",
        "IN ('open', 'paid', 'void', 'lost')",
        "state_is_known",
    ),
    Edit("table CHECK with another operator", "balance > -1000.0", "balance >= -1000.0", "balance_is_sane"),
    Edit("constraint renamed", "CONSTRAINT balance_is_sane", "CONSTRAINT sane_balance", "balance_is_sane"),
    Edit("constraint without its name", "CONSTRAINT balance_is_sane CHECK", "CHECK", "balance_is_sane"),
    Edit("COLLATE dropped", " COLLATE NOCASE", "", "column email"),
    Edit("COLLATE changed", "COLLATE NOCASE", "COLLATE RTRIM", "column email"),
    Edit(
        "COLLATE of a column without index",
        "what TEXT NOT NULL",
        "what TEXT NOT NULL COLLATE NOCASE",
        "column what",
    ),
    Edit("UNIQUE dropped", "nickname TEXT UNIQUE ON CONFLICT IGNORE", "nickname TEXT", "accounts"),
    Edit("UNIQUE added", "    title TEXT,\n", "    title TEXT UNIQUE,\n", "notes"),
    Edit(
        "UNIQUE with its columns swapped", "UNIQUE (order_id, sku)", "UNIQUE (sku, order_id)", "order_lines"
    ),
    Edit("ON CONFLICT of a column dropped", " ON CONFLICT IGNORE", "", "nickname"),
    Edit("ON CONFLICT of a table changed", "ON CONFLICT REPLACE", "ON CONFLICT FAIL", "order_lines"),
    Edit(
        "PRIMARY KEY with its columns swapped",
        "PRIMARY KEY (order_id, line)",
        "PRIMARY KEY (line, order_id)",
        "order_lines",
    ),
    Edit(
        "PRIMARY KEY descending",
        "PRIMARY KEY (order_id, line)",
        "PRIMARY KEY (order_id, line DESC)",
        "order_lines",
    ),
    Edit(
        "INTEGER PRIMARY KEY that is no rowid",
        "    id INTEGER PRIMARY KEY,\n    kind",
        "    id INT PRIMARY KEY,\n    kind",
        "samples",
    ),
    Edit(
        "INTEGER PRIMARY KEY ON CONFLICT",
        "    id INTEGER PRIMARY KEY,\n    kind",
        "    id INTEGER PRIMARY KEY ON CONFLICT REPLACE,\n    kind",
        "samples",
    ),
    Edit(
        "AUTOINCREMENT dropped",
        "id INTEGER PRIMARY KEY AUTOINCREMENT,\n    what",
        "id INTEGER PRIMARY KEY,\n    what",
        "history",
    ),
    Edit(
        "AUTOINCREMENT dropped where a key was used",
        "id INTEGER PRIMARY KEY AUTOINCREMENT,\n    email",
        "id INTEGER PRIMARY KEY,\n    email",
        "accounts",
    ),
    Edit(
        "AUTOINCREMENT added",
        "    id INTEGER PRIMARY KEY,\n    kind",
        "    id INTEGER PRIMARY KEY AUTOINCREMENT,\n    kind",
        "samples",
    ),
    Edit("STRICT dropped", ") STRICT;", ");", "STRICT"),
    Edit("STRICT added", "DEFAULT CURRENT_TIMESTAMP\n);", "DEFAULT CURRENT_TIMESTAMP\n) STRICT;", "history"),
    Edit(
        "WITHOUT ROWID dropped", "ON DELETE CASCADE\n) WITHOUT ROWID;", "ON DELETE CASCADE\n);", "order_lines"
    ),
    Edit("WITHOUT ROWID added", "ON UPDATE CASCADE\n);", "ON UPDATE CASCADE\n) WITHOUT ROWID;", "carriers"),
    Edit("generated expression changed", "instr(email, '@') + 1", "instr(email, '@') + 2", "domain"),
    Edit("generated expression with another text", "' <'", "' ('", "label"),
    Edit("VIRTUAL made STORED", ") VIRTUAL,", ") STORED,", "column domain"),
    Edit("STORED made VIRTUAL", ") STORED,", ") VIRTUAL,", "column label"),
    Edit(
        "generated column made plain",
        " GENERATED ALWAYS AS (name || ' <' || email || '>') STORED",
        "",
        "column label",
    ),
)

FOREIGN_KEYS = (
    Edit(
        "ON DELETE changed",
        "ON DELETE CASCADE ON UPDATE RESTRICT",
        "ON DELETE RESTRICT ON UPDATE RESTRICT",
        "foreign key (account_id)",
    ),
    Edit(
        "ON DELETE SET NULL made SET DEFAULT",
        "ON DELETE SET NULL",
        "ON DELETE SET DEFAULT",
        "foreign key (parent_id)",
    ),
    Edit("ON UPDATE dropped", " ON UPDATE CASCADE", "", "foreign key (country)"),
    Edit("DEFERRABLE dropped", " DEFERRABLE INITIALLY DEFERRED", "", "account_id"),
    Edit("DEFERRED made IMMEDIATE", "INITIALLY DEFERRED", "INITIALLY IMMEDIATE", "account_id"),
    Edit(
        "reference of a column dropped",
        " REFERENCES orders (id) ON DELETE SET NULL",
        "",
        "foreign key (parent_id)",
    ),
    Edit(
        "reference of a table dropped",
        ",\n    FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE",
        "",
        "foreign key (order_id)",
    ),
    Edit(
        "reference to another table",
        "REFERENCES orders (id) ON DELETE SET NULL",
        "REFERENCES accounts (id) ON DELETE SET NULL",
        "foreign key (parent_id) to orders",
    ),
    Edit(
        "reference added",
        "what TEXT NOT NULL",
        "what TEXT NOT NULL REFERENCES countries (code)",
        "foreign key (what)",
    ),
)

INDEXES = (
    Edit(
        "index dropped", "CREATE INDEX orders_account ON orders (account_id);\n", "", "index orders_account"
    ),
    Edit("unique index dropped", BY_EMAIL, "", "index accounts_email"),
    Edit("index added", KEEP, KEEP + "CREATE INDEX orders_state ON orders (state);\n", "index orders_state"),
    Edit("index renamed", "INDEX orders_account ON", "INDEX orders_by_account ON", "index orders_by_account"),
    Edit(
        "index no longer unique",
        "CREATE UNIQUE INDEX accounts_name_level",
        "CREATE INDEX accounts_name_level",
        "accounts_name_level",
    ),
    Edit(
        "index made unique", "CREATE INDEX accounts_tag", "CREATE UNIQUE INDEX accounts_tag", "accounts_tag"
    ),
    Edit("WHERE dropped", " WHERE balance > 100", "", "accounts_rich"),
    Edit("WHERE changed", "WHERE balance > 100", "WHERE balance > 10", "accounts_rich"),
    Edit("WHERE added", "ON accounts (email);", "ON accounts (email) WHERE level > 0;", "accounts_email"),
    Edit("DESC dropped", "(level DESC, tag)", "(level, tag)", "accounts_by_level"),
    Edit("DESC added", "(lower(name))", "(lower(name) DESC)", "accounts_lower_name"),
    Edit("index expression changed", "(lower(name))", "(upper(name))", "accounts_lower_name"),
    Edit("index expression made a column", "(lower(name))", "(name)", "accounts_lower_name"),
    Edit("index COLLATE dropped", " COLLATE RTRIM", "", "accounts_tag"),
    Edit("index columns swapped", "(level DESC, tag)", "(tag, level DESC)", "accounts_by_level"),
    Edit("index column added", "ON orders (account_id);", "ON orders (account_id, state);", "orders_account"),
    Edit(
        "order of unique indexes",
        BY_EMAIL + BY_NAME,
        BY_NAME + BY_EMAIL,
        "accounts_name_level, accounts_email",
    ),
)

VIEWS_AND_TRIGGERS = (
    Edit("view condition changed", "WHERE o.state = 'open'", "WHERE o.state = 'void'", "view open_orders"),
    Edit("view ORDER BY dropped", "\nORDER BY o.id;", ";", "view open_orders"),
    Edit("view ORDER BY reversed", "ORDER BY o.id;", "ORDER BY o.id DESC;", "view open_orders"),
    Edit("view with another join", "\nJOIN accounts AS a", "\nLEFT JOIN accounts AS a", "view open_orders"),
    Edit("view column renamed", "(account, orders) AS", "(account, number) AS", "view account_totals"),
    Edit("view column given a name", "o.total, a.email", "o.total, a.email AS mail", "view open_orders"),
    Edit("view column dropped", "SELECT o.id, o.total, a.email", "SELECT o.id, a.email", "view open_orders"),
    Edit("view aggregate changed", "count(*)", "count(parent_id)", "view account_totals"),
    Edit("view dropped", TOTALS, "", "view account_totals"),
    Edit(
        "view added", TOTALS, TOTALS + "CREATE VIEW everyone AS SELECT name FROM accounts;\n", "view everyone"
    ),
    Edit("WHEN changed", "OLD.state <> 'paid'", "OLD.state = 'open'", "orders_paid"),
    Edit("WHEN dropped", "WHEN NEW.state = 'paid' AND OLD.state <> 'paid'\n", "", "orders_paid"),
    Edit(
        "WHEN added",
        "AFTER UPDATE OF state ON orders\nBEGIN",
        "AFTER UPDATE OF state ON orders\nWHEN NEW.id > 0\nBEGIN",
        "orders_counted",
    ),
    Edit("trigger body changed", "'paid ' || NEW.id", "'paid ' || OLD.state", "orders_paid"),
    Edit(
        "trigger statement dropped",
        "    UPDATE accounts SET level = min(level + 1, 9) WHERE id = NEW.account_id;\n",
        "",
        "orders_counted",
    ),
    Edit("trigger number changed", "min(level + 1, 9)", "min(level + 1, 8)", "orders_counted"),
    Edit(
        "trigger OR IGNORE",
        "INSERT INTO history (what) VALUES ('changed '",
        "INSERT OR IGNORE INTO history (what) VALUES ('changed '",
        "orders_counted",
    ),
    Edit(
        "UPDATE OF with another column",
        "AFTER UPDATE OF state ON orders\nFOR EACH ROW",
        "AFTER UPDATE OF state, total ON orders\nFOR EACH ROW",
        "orders_paid",
    ),
    Edit(
        "UPDATE OF dropped",
        "AFTER UPDATE OF state ON orders\nBEGIN",
        "AFTER UPDATE ON orders\nBEGIN",
        "orders_counted",
    ),
    Edit(
        "AFTER made BEFORE",
        "AFTER UPDATE OF state ON orders\nBEGIN",
        "BEFORE UPDATE OF state ON orders\nBEGIN",
        "orders_counted",
    ),
    Edit("trigger of another event", "BEFORE DELETE ON orders", "BEFORE UPDATE ON orders", "orders_keep"),
    Edit("RAISE of another kind", "RAISE(ABORT,", "RAISE(FAIL,", "orders_keep"),
    Edit("RAISE with another message", "a paid order stays", "a paid order remains", "orders_keep"),
    Edit(
        "INSTEAD OF body changed",
        "WHERE email = NEW.email",
        "WHERE email LIKE NEW.email",
        "open_orders_insert",
    ),
    Edit("insert trigger's WHEN", "WHEN NEW.weight > 1000", "WHEN NEW.weight > 100", "carriers_heavy"),
    Edit("RAISE IGNORE made ABORT", "RAISE(IGNORE)", "RAISE(ABORT, 'too heavy')", "carriers_heavy"),
    Edit("delete trigger's body", "'closed ' || OLD.code", "'left ' || OLD.code", "carriers_closed"),
    Edit("trigger dropped", KEEP, "", "trigger orders_keep"),
    Edit(
        "trigger renamed", "CREATE TRIGGER orders_keep", "CREATE TRIGGER orders_kept", "trigger orders_kept"
    ),
    Edit("trigger added", KEEP, KEEP.replace("keep", "stay") + KEEP, "trigger orders_stay"),
    Edit("order of triggers", PAID + COUNTED_NOTE + COUNTED, COUNTED + PAID, "orders_counted, orders_paid"),
)

FULL_TEXT = (
    Edit("tokenizer changed", "tokenize = 'porter ascii'", "tokenize = 'ascii'", "phrases"),
    Edit("full-text column not indexed", "fts5(title, body,", "fts5(title, body UNINDEXED,", "notes_search"),
    Edit("external content made own", ", content='notes', content_rowid='rowid'", "", "notes_search"),
    Edit(
        "full-text index left empty",
        "INSERT INTO notes_search (notes_search) VALUES ('rebuild');\n",
        "",
        "notes_search",
    ),
    Edit("full-text row with the same terms", "'running costs'", "'run costs'", "phrases"),
    Edit("full-text row at another rowid", "(5, 'paid in full')", "(6, 'paid in full')", "phrases"),
)

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

TELLING = (
    *COLUMNS,
    *CONSTRAINTS,
    *FOREIGN_KEYS,
    *INDEXES,
    *VIEWS_AND_TRIGGERS,
    *FULL_TEXT,
    *ROWS,
)

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
    Edit("white space", "    email TEXT NOT NULL", "\n\temail\n  TEXT   NOT NULL ", ""),
    Edit("white space in a view", "JOIN accounts AS a ON a.id", "JOIN   accounts AS a\n  ON a.id", ""),
    Edit("white space in a trigger", "    SELECT RAISE(ABORT, 'a", "SELECT RAISE (\n ABORT, 'a", ""),
    Edit("white space in an unnamed CHECK", "(level BETWEEN 1 AND 9)", "( level  BETWEEN 1 AND 9 )", ""),
    Edit("comment in a table", "    tag TEXT,", "    tag TEXT, -- free text; may be NULL", ""),
    Edit("comment in a view", "ORDER BY o.id;", "/* oldest first */ ORDER BY o.id;", ""),
    Edit("comment in a trigger", "SELECT RAISE(ABORT", "/* never */ SELECT RAISE(ABORT", ""),
    Edit(
        "comment inside a trigger's statement",
        "WHERE id = NEW.account_id;",
        "WHERE /* whose */ id = NEW.account_id;",
        "",
    ),
    Edit(
        "case of keywords inside a trigger's statement",
        "UPDATE accounts SET level",
        "update accounts set level",
        "",
    ),
    Edit("comment dropped", "  -- in the account's currency", "", ""),
    Edit(
        "case of keywords in a table",
        "nickname TEXT UNIQUE ON CONFLICT IGNORE",
        "nickname TEXT unique On Conflict ignore",
        "",
    ),
    Edit(
        "case of keywords in an index",
        "CREATE INDEX accounts_rich ON accounts (name) WHERE",
        "create index accounts_rich on accounts (name) where",
        "",
    ),
    Edit(
        "case of keywords in a trigger", "BEFORE DELETE ON orders\nWHEN", "before delete on orders\nwhen", ""
    ),
    Edit("case of keywords in a CHECK", "(level BETWEEN 1 AND 9)", "(level between 1 and 9)", ""),
    Edit("case of a type", "tag TEXT,", "tag text,", ""),
    Edit("case of a collation", "COLLATE NOCASE", "COLLATE NoCase", ""),
    Edit("quotes on a table's name", "CREATE TABLE orders (", 'CREATE TABLE "orders" (', ""),
    Edit("quotes in an unnamed CHECK", "CHECK (level BETWEEN", 'CHECK ("level" BETWEEN', ""),
    Edit("brackets on a column's name", "    kind TEXT NOT NULL", "    [kind] TEXT NOT NULL", ""),
    Edit(
        "quotes on an index's name",
        "INDEX orders_account ON orders (",
        'INDEX "orders_account" ON `orders` (',
        "",
    ),
    Edit("quotes in a reference", "REFERENCES countries (code)", 'REFERENCES "countries" ("code")', ""),
    Edit("IF NOT EXISTS on a table", "CREATE TABLE samples", "CREATE TABLE IF NOT EXISTS samples", ""),
    Edit(
        "IF NOT EXISTS on an index",
        "CREATE INDEX orders_account",
        "CREATE INDEX IF NOT EXISTS orders_account",
        "",
    ),
    Edit("name of the schema", "CREATE TABLE samples", "CREATE TABLE main.samples", ""),
    Edit("order of tables", COUNTRIES + HISTORY, HISTORY + COUNTRIES, ""),
    Edit("order of statements", FR + CARRIERS, CARRIERS + FR, ""),
    Edit("order of indexes that are not unique", RICH_INDEX + LOWER_INDEX, LOWER_INDEX + RICH_INDEX, ""),
    Edit("order of a column's constraints", "DEFAULT 1 NOT NULL", "NOT NULL DEFAULT 1", ""),
    Edit("ASC written out", "(level DESC, tag)", "(level DESC, tag ASC)", ""),
    Edit(
        "parentheses on a DEFAULT",
        "quantity INTEGER NOT NULL DEFAULT 1",
        "quantity INTEGER NOT NULL DEFAULT (1)",
        "",
    ),
    Edit("FOR EACH ROW written out", "BEFORE DELETE ON orders", "BEFORE DELETE ON orders FOR EACH ROW", ""),
    Edit("statement split", "    ('DE'),\n", "    ('DE');\nINSERT INTO countries (code) VALUES\n", ""),
    Edit("column names left out", "INSERT INTO countries (code)", "INSERT INTO countries", ""),
    Edit(
        "OR IGNORE where nothing is ignored", "INSERT INTO countries", "INSERT OR IGNORE INTO countries", ""
    ),
    Edit(
        "rows of a keyed table in another order", "    ('DE'),\n    ('FR');", "    ('FR'),\n    ('DE');", ""
    ),
    Edit("another spelling of a number", "(4, 'fraction', 1.5)", "(4, 'fraction', 15e-1)", ""),
    Edit("another spelling of a blob", "x'00ff10'", "X'00FF10'", ""),
    Edit("deferral that no row needs", "PRAGMA defer_foreign_keys = ON;\n", "", ""),
    Edit(
        "order of the ledger's rows",
        "    ('0001_accounts.sql'),\n    ('0002_orders.sql'),\n",
        "    ('0002_orders.sql'),\n    ('0001_accounts.sql'),\n",
        "",
    ),
    Edit("missing final semicolon", "    ('0005_values.sql');\n", "    ('0005_values.sql')", ""),
)


@pytest.fixture(scope="module")
def text() -> str:
    """The fresh file of the rich chain, as squash makes it."""
    return squasher.squash(RICH, write=False).text


def edited(text: str, edit: Edit) -> str:
    """``text`` after an edit, which must apply in exactly one place."""
    assert text.count(edit.old) == 1, f"{edit.old!r} stands {text.count(edit.old)} times in the fresh file"
    return text.replace(edit.old, edit.new)


def identity(edit: Edit) -> str:
    """The name of an edit in the list of tests."""
    return edit.title.replace(" ", "-")


@pytest.mark.parametrize("edit", TELLING, ids=identity)
def test_an_edit_that_means_something_is_found_and_named(edit: Edit, text: str, tmp_path: Path) -> None:
    """Each single edit of behaviour or content makes the check fail with the object's name."""
    fresh = tmp_path / "fresh.sql"
    fresh.write_text(edited(text, edit), encoding="utf-8")
    checked = squasher.check(RICH, fresh)
    assert checked.proof.status == "different"
    said = RENDERERS["text"](checked).replace(fresh.as_posix(), "FRESH")
    assert "FRESH is not equivalent to" in said
    assert edit.named in said


@pytest.mark.parametrize("edit", HARMLESS, ids=identity)
def test_an_edit_that_means_nothing_passes(edit: Edit, text: str, tmp_path: Path) -> None:
    """White space, comments, spelling and order that SQLite does not act on leave the file equivalent."""
    fresh = tmp_path / "fresh.sql"
    fresh.write_text(edited(text, edit), encoding="utf-8")
    checked = squasher.check(RICH, fresh)
    assert checked.proof.changes == ()
    assert checked.proof.status == "equal"
    assert not checked.exact


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


def test_the_unedited_file_is_exact(text: str, tmp_path: Path) -> None:
    """What squash makes is equivalent, byte for byte, so that every edit above is the only difference."""
    fresh = tmp_path / "fresh.sql"
    fresh.write_text(text, encoding="utf-8")
    checked = squasher.check(RICH, fresh)
    assert (checked.proof.status, checked.exact, checked.findings) == ("equal", True, ())


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("PRAGMA user_version = 7;", "PRAGMA user_version = 8;", "user_version"),
        ("PRAGMA user_version = 7;", "", "user_version"),
        ("PRAGMA application_id = 1001;", "PRAGMA application_id = 1002;", "application_id"),
        ("USING fts5(body)", "USING fts5(body, detail=none)", "pages"),
        ("USING rtree(id, low, high)", "USING rtree_i32(id, low, high)", "places"),
    ],
)
def test_edits_that_only_plain_sqlite_knows_are_found(old: str, new: str, named: str, tmp_path: Path) -> None:
    """Header settings and shadow tables are compared under the sqlite profile."""
    chain = tmp_path / "migrations"
    chain.mkdir()
    (chain / "0001_pages.sql").write_text(
        "PRAGMA user_version = 7; PRAGMA application_id = 1001;\n"
        "CREATE VIRTUAL TABLE pages USING fts5(body); INSERT INTO pages VALUES ('a quiet page');\n"
        "CREATE VIRTUAL TABLE places USING rtree(id, low, high); INSERT INTO places VALUES (1, 2, 3);\n",
        encoding="utf-8",
    )
    text = squasher.squash(chain, profile="sqlite", write=False).text
    assert text.count(old) == 1
    fresh = tmp_path / "fresh.sql"
    fresh.write_text(text.replace(old, new), encoding="utf-8")
    checked = squasher.check(chain, fresh, profile="sqlite")
    assert checked.proof.status == "different"
    assert named in RENDERERS["text"](checked)
