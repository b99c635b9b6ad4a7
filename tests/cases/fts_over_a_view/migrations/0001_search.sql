CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, user INTEGER, body TEXT);
CREATE VIEW lines AS SELECT p.id AS id, u.name || ': ' || p.body AS line FROM posts AS p JOIN users AS u ON u.id = p.user;
CREATE VIRTUAL TABLE search USING fts5(line, content='lines', content_rowid='id');
INSERT INTO users VALUES (1, 'ada');
INSERT INTO posts VALUES (2, 1, 'hello');
INSERT INTO search (search) VALUES ('rebuild');
