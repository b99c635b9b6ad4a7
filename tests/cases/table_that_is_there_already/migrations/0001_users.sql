CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE INDEX users_index ON users (id);
