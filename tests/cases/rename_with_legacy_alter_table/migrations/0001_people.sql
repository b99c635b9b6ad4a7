CREATE TABLE persons (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE badges (id INTEGER PRIMARY KEY, person INTEGER REFERENCES persons (id));
CREATE TABLE log (what TEXT);
CREATE VIEW everybody AS SELECT name FROM persons;
CREATE TRIGGER log_count AFTER INSERT ON log BEGIN UPDATE persons SET name = ''; END;
INSERT INTO persons VALUES (1, 'ada');
