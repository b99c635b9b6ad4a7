CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, active INTEGER);
CREATE VIEW active_users AS SELECT id, name FROM users WHERE active;
INSERT INTO users VALUES (1, 'ada', 1);
