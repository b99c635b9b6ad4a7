CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, done INTEGER, data TEXT);
CREATE UNIQUE INDEX tasks_open ON tasks (title COLLATE NOCASE DESC) WHERE done = 0;
CREATE INDEX IF NOT EXISTS main.tasks_data ON tasks (json_extract(data, '$.a;b') /* odd; key */, -- the tag
    abs(done) DESC);
create index tasks_long on tasks (title, done, id, lower(title)) where title is not null and done in (0, 1);
INSERT INTO tasks VALUES (1, 'write', 0, '{"a;b": 1}'), (2, 'Write', 1, '{}');
