CREATE TABLE labels (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  note INTEGER REFERENCES notes (id),
  name TEXT NOT NULL
);
INSERT INTO notes (title, body) VALUES ('fifth', 'alpha omega');
INSERT INTO labels (note, name) SELECT max(id), 'newest' FROM notes;
INSERT INTO counters (label) VALUES ('next');
ALTER TABLE tickets ADD COLUMN assignee TEXT DEFAULT 'nobody';
UPDATE tickets SET state = 'commit;' WHERE org = 'delta';
INSERT INTO help_search (title, body) VALUES ('Labels', 'labelled notes');
