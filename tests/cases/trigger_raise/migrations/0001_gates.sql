CREATE TABLE gates (kind TEXT);
INSERT INTO gates VALUES ('open');
CREATE TRIGGER gates_ignore BEFORE INSERT ON gates WHEN NEW.kind = 'ignored' BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER gates_abort BEFORE INSERT ON gates WHEN NEW.kind = 'abort' BEGIN
    SELECT RAISE(ABORT, 'no abort; not here');
END;
CREATE TRIGGER gates_fail BEFORE INSERT ON gates WHEN NEW.kind = 'fail' BEGIN
    SELECT RAISE(FAIL, 'no ' || NEW.kind);
END;
CREATE TRIGGER gates_rollback BEFORE INSERT ON gates WHEN NEW.kind = 'rollback' BEGIN
    SELECT CASE WHEN 1 THEN RAISE(ROLLBACK, 'no rollback') END;
END;
