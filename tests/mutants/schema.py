"""Edits of tables and indexes of the rich chain that mean something."""

from __future__ import annotations

from tests.mutants.edit import Edit

BY_EMAIL = "CREATE UNIQUE INDEX accounts_email ON accounts (email);\n"
BY_NAME = "CREATE UNIQUE INDEX accounts_name_level ON accounts (name, level);\n"

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
    Edit(
        "index added",
        BY_EMAIL,
        BY_EMAIL + "CREATE INDEX accounts_balance ON accounts (balance);\n",
        "index accounts_balance",
    ),
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
