CREATE TABLE users (id INTEGER PRIMARY KEY, seen INTEGER);
CREATE TABLE sessions (user_id INTEGER);
CREATE TRIGGER sessions_seen AFTER INSERT ON sessions BEGIN
    UPDATE users SET seen = seen + 1 WHERE id = NEW.user_id;
END;
