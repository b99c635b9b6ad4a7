CREATE TABLE tasks (id INTEGER PRIMARY KEY);
CREATE TABLE notes (task INTEGER);
CREATE TABLE log (what TEXT);
CREATE VIEW labels AS SELECT id, "urgent" AS label FROM tasks ORDER BY id;
CREATE TRIGGER notes_log AFTER INSERT ON notes BEGIN
    INSERT INTO log SELECT 'late: ' || "urgent" FROM tasks WHERE id = NEW.task;
END;
INSERT INTO tasks VALUES (1), (2);
