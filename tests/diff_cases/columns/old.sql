CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    a INTEGER,
    gone TEXT,
    kind TEXT,
    needed TEXT,
    free TEXT NOT NULL,
    state TEXT DEFAULT 'new',
    note TEXT DEFAULT '',
    name TEXT,
    twice INTEGER AS (a * 2),
    stored INTEGER AS (a + 1)
);
