CREATE TABLE notes (
    text TEXT DEFAULT '/* not; a comment */', -- it's a "note"; with an apostrophe
    /* outer /* inner */
    CONSTRAINT no_dashes CHECK (text <> '--;') -- isn't; allowed
);
CREATE TABLE log (what TEXT);
CREATE TRIGGER notes_log AFTER UPDATE ON notes BEGIN -- don't; END;
    INSERT INTO log VALUES ('-- was: ' || OLD.text || '; is: ' || NEW.text); /* END; */
END; -- done; really
INSERT INTO notes VALUES ('a; -- b'), ('/* c */'), ('it''s; fine'), ('--');
