ALTER TABLE users RENAME TO users_old;
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, posts INTEGER NOT NULL DEFAULT 0);
INSERT INTO users SELECT id, name, posts FROM users_old;
DROP TABLE users_old;
