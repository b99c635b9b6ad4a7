CREATE TABLE posts (id INTEGER PRIMARY KEY, body TEXT);
CREATE VIRTUAL TABLE search USING fts5(body, content='posts', content_rowid='id');
INSERT INTO posts VALUES (1, 'alpha');
INSERT INTO search (search) VALUES ('rebuild');
