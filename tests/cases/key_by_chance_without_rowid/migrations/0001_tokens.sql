CREATE TABLE tokens (id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO tokens VALUES (lower(hex(randomblob(8))), 'cron'), (lower(hex(randomblob(8))), 'api');
