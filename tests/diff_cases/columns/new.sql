CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    a INTEGER,
    kind INTEGER,
    needed TEXT NOT NULL,
    free TEXT,
    state TEXT DEFAULT 'open',
    note TEXT,
    name TEXT COLLATE NOCASE,
    twice INTEGER AS (a * 3),
    stored INTEGER AS (a + 1) STORED,
    extra TEXT NOT NULL DEFAULT 'x'
);
