PRAGMA recursive_triggers = ON;
CREATE TABLE countdown (file INTEGER, n INTEGER);
CREATE TRIGGER countdown_next AFTER INSERT ON countdown WHEN NEW.n > 0 BEGIN
    INSERT INTO countdown VALUES (NEW.file, NEW.n - 1);
END;
INSERT INTO countdown VALUES (1, 4);
