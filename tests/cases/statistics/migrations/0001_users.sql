CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE INDEX users_name ON users (name);
INSERT INTO users (name) VALUES ('ada'), ('bob');
ANALYZE;
