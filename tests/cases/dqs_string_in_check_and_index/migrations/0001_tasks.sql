CREATE TABLE tasks (id INTEGER PRIMARY KEY, state TEXT CHECK (state <> "broken"));
CREATE INDEX tasks_open ON tasks (id) WHERE state = "open";
CREATE UNIQUE INDEX tasks_x ON tasks (state || "x");
INSERT INTO tasks VALUES (1, 'open');
