"""Edits of views, triggers and full-text indexes of the rich chain that mean something."""

from __future__ import annotations

from tests.mutants.edit import Edit

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
