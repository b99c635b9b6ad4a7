-- notes
CREATE TABLE notes (
    line TEXT, -- one; or more
    CONSTRAINT a_line CHECK (line IS NOT
        NULL)
);
CREATE TABLE log (what TEXT);
INSERT INTO notes VALUES ('a
b');
CREATE TRIGGER notes_log AFTER INSERT ON notes
BEGIN
    -- what; happened
    INSERT INTO log VALUES ('new
line');
END;
