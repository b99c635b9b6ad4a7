CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, active INTEGER, seen INTEGER);
CREATE TABLE sessions (user_id INTEGER);
CREATE VIEW active_users AS SELECT id, name FROM users WHERE active;
CREATE TRIGGER sessions_seen AFTER INSERT ON sessions BEGIN
    UPDATE users SET seen = seen + 1 WHERE id = NEW.user_id;
END;
INSERT INTO users VALUES (1, 'ada', 1, 0);
