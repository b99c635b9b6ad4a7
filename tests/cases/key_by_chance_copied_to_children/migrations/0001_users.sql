CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, name TEXT);
CREATE TABLE members (user_id TEXT NOT NULL REFERENCES users (id), role TEXT);
INSERT INTO users VALUES (lower(hex(randomblob(16))), 'ada'), (lower(hex(randomblob(16))), 'bob');
