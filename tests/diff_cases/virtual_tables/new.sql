CREATE VIRTUAL TABLE notes USING fts5(title, body, tokenize = 'porter unicode61');
CREATE VIRTUAL TABLE places USING rtree(id, west, east, south, north);
CREATE VIRTUAL TABLE kept USING fts5(word);
INSERT INTO kept VALUES ('one'), ('two');
