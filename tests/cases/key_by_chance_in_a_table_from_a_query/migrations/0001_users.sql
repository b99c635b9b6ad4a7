CREATE TABLE users (id BLOB NOT NULL DEFAULT (randomblob(16)), name TEXT);
INSERT INTO users (name) VALUES ('ada'), ('bob');
