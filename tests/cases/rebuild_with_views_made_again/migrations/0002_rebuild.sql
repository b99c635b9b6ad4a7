DROP VIEW active_users;
CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT, active INTEGER DEFAULT 1);
INSERT INTO users_new SELECT id, name, active FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE VIEW active_users AS SELECT id, name FROM users WHERE active;
