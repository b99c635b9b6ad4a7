CREATE VIRTUAL TABLE search USING fts5(body, content='');
INSERT INTO search (rowid, body) VALUES (1, 'alpha'), (5, 'alpha beta');
