-- Who may sign in.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL DEFAULT '',
    level INTEGER DEFAULT 1 NOT NULL CHECK (level BETWEEN 1 AND 9),
    balance REAL DEFAULT 0.5,  -- in the account's currency
    tag TEXT,
    nickname TEXT UNIQUE ON CONFLICT IGNORE,
    domain TEXT GENERATED ALWAYS AS (substr(email, instr(email, '@') + 1)) VIRTUAL,
    label TEXT GENERATED ALWAYS AS (name || ' <' || email || '>') STORED,
    made_at TEXT NOT NULL DEFAULT (datetime('now')),
    CONSTRAINT balance_is_sane CHECK (balance > -1000.0)
);

-- Which of the two is violated first decides which row an INSERT OR REPLACE deletes.
CREATE UNIQUE INDEX accounts_email ON accounts (email);
CREATE UNIQUE INDEX accounts_name_level ON accounts (name, level);
CREATE INDEX accounts_rich ON accounts (name) WHERE balance > 100;
CREATE INDEX accounts_lower_name ON accounts (lower(name));
CREATE INDEX accounts_by_level ON accounts (level DESC, tag);
CREATE INDEX accounts_tag ON accounts (tag COLLATE RTRIM);

INSERT INTO accounts (email, name, level, balance, tag, nickname, made_at) VALUES
    ('ada@example.com', 'Ada', 9, 250.25, 'founder', 'countess', '2020-01-01 08:00:00'),
    ('bob@example.org', 'Bob', 1, -12.5, NULL, NULL, '2020-01-02 09:30:00'),
    ('eve@example.net', 'Eve', 3, 0.5, 'guest', 'listener', '2020-01-03 10:45:00');

-- Their numbers are never given out again.
INSERT INTO accounts (id, email, made_at) VALUES (40, 'gone@example.com', '2020-02-01 00:00:00');
DELETE FROM accounts WHERE id = 40;
