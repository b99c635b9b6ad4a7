CREATE TABLE tasks (id INTEGER PRIMARY KEY, state TEXT);
CREATE UNIQUE INDEX tasks_one_open ON tasks (state) WHERE state = "open";
CREATE VIEW labels AS SELECT "open" AS label FROM tasks;
INSERT INTO tasks VALUES (1, 'shut');
