CREATE TABLE tasks (id INTEGER PRIMARY KEY, position INTEGER CHECK (position > 0), UNIQUE (position));
CREATE TABLE steps (task INTEGER REFERENCES tasks (position));
CREATE TABLE log (what TEXT);
CREATE INDEX tasks_sorted ON tasks (position DESC) WHERE position < 100;
CREATE VIEW by_order AS SELECT id, position FROM tasks ORDER BY position DESC;
CREATE TRIGGER tasks_moved AFTER UPDATE OF position ON tasks WHEN OLD.position <> NEW.position BEGIN
    INSERT INTO log VALUES (OLD.position || ' to ' || NEW.position);
END;
INSERT INTO tasks VALUES (1, 1), (2, 2);
