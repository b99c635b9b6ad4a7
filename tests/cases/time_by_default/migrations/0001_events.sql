CREATE TABLE events (name TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, due TEXT);
INSERT INTO events (name) VALUES ('begin');
UPDATE events SET due = datetime('now', '+1 day');
