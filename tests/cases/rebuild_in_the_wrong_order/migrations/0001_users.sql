CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, posts INTEGER);
CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));
CREATE VIEW active_users AS SELECT id, name FROM users;
CREATE TRIGGER posts_count AFTER INSERT ON posts BEGIN
    UPDATE users SET posts = posts + 1 WHERE id = NEW.user_id;
END;
INSERT INTO users VALUES (1, 'ada', 0);
