CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, active INTEGER);
CREATE TABLE log (what TEXT);
CREATE INDEX users_name ON users (name);
CREATE TRIGGER users_log AFTER INSERT ON users BEGIN INSERT INTO log VALUES (NEW.name); END;
CREATE VIEW active_users AS SELECT id, name FROM users WHERE active;
CREATE VIEW everybody AS SELECT what FROM log;
INSERT INTO users VALUES (1, 'ada', 1);
