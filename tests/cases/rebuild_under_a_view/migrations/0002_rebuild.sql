CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1);
INSERT INTO users_new SELECT id, name, active FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
