CREATE TABLE users_new (id INTEGER PRIMARY KEY, seen INTEGER NOT NULL DEFAULT 0);
INSERT INTO users_new SELECT id, ifnull(seen, 0) FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
