CREATE TABLE tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- nobody's tasks go
    title TEXT NOT NULL CHECK (title <> '')
);
CREATE INDEX tasks_owner ON tasks (owner);
CREATE TRIGGER tasks_keep BEFORE DELETE ON tasks WHEN OLD.id = 1
BEGIN
    SELECT RAISE(ABORT, 'the first task stays');
END;
INSERT INTO users VALUES (1);
INSERT INTO tasks (owner, title) VALUES (1, 'begin');
