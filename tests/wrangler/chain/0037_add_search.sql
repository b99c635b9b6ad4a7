-- Full text, plain and kept beside a table by triggers.
CREATE VIRTUAL TABLE help_search USING fts5(title, body, tokenize = 'porter unicode61');
INSERT INTO help_search (rowid, title, body) VALUES
  (10, 'Resetting a password', 'Choose "Forgot?"; a link comes by mail -- it is valid for one hour.'),
  (20, 'Étiquettes', 'Les étiquettes /* et leurs règles */ s''appliquent aux conversions.'),
  (30, 'Exports', '{"format": "csv", "quote": "''", "rows": [1, 2, 3]}');
DELETE FROM help_search WHERE rowid = 30;
INSERT INTO help_search (rowid, title, body) VALUES (7, 'Runs', 'running runs ran runner');

CREATE TABLE notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL DEFAULT 'it''s; a -- note' CHECK (kind <> '/* none; */'),
  title TEXT NOT NULL, -- shown in lists; and searched
  body TEXT
);

CREATE VIRTUAL TABLE notes_search USING fts5(title, body, content = 'notes', content_rowid = 'id', prefix = '2 3');

CREATE TRIGGER notes_search_insert AFTER INSERT ON notes BEGIN
  INSERT INTO notes_search (rowid, title, body) VALUES (new.id, new.title, new.body);
END;
CREATE TRIGGER notes_search_delete AFTER DELETE ON notes BEGIN
  INSERT INTO notes_search (notes_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;
CREATE TRIGGER notes_search_update AFTER UPDATE ON notes BEGIN
  INSERT INTO notes_search (notes_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
  INSERT INTO notes_search (rowid, title, body) VALUES (new.id, new.title, new.body);
END;

INSERT INTO notes (title, body) VALUES
  ('first', 'alpha; beta'),
  ('second', 'gone soon'),
  ('third', 'alphabet soup'),
  ('fourth', 'deleted, so that the next key is five');
UPDATE notes SET body = 'gamma -- delta' WHERE title = 'second';
DELETE FROM notes WHERE title = 'fourth';
