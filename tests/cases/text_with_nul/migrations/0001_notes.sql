CREATE TABLE notes (t TEXT);
INSERT INTO notes VALUES ('a' || char(0) || 'b'), (char(0)), ('');
