CREATE TABLE roles (name TEXT PRIMARY KEY, rank INTEGER);
INSERT INTO roles VALUES ('admin', 1), ('guest', 2), ('old', 3);
CREATE TABLE words (word TEXT PRIMARY KEY, rank INTEGER, made_at TEXT DEFAULT (datetime('now')));
