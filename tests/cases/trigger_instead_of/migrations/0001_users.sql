CREATE TABLE users (id INTEGER PRIMARY KEY, first TEXT, last TEXT);
INSERT INTO users VALUES (1, 'ada', 'l');
CREATE VIEW people AS SELECT id, first || ' ' || last AS full_name FROM users;
CREATE TRIGGER people_insert INSTEAD OF INSERT ON people BEGIN
    INSERT INTO users (first, last)
    VALUES (substr(NEW.full_name, 1, instr(NEW.full_name, ' ') - 1), substr(NEW.full_name, instr(NEW.full_name, ' ') + 1));
END;
CREATE TRIGGER people_update INSTEAD OF UPDATE OF full_name ON people BEGIN
    UPDATE users
    SET first = substr(NEW.full_name, 1, instr(NEW.full_name, ' ') - 1),
        last = substr(NEW.full_name, instr(NEW.full_name, ' ') + 1)
    WHERE id = OLD.id;
END;
CREATE TRIGGER people_delete INSTEAD OF DELETE ON people BEGIN DELETE FROM users WHERE id = OLD.id; END;
