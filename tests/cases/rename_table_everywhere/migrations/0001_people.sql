CREATE TABLE persons (id INTEGER PRIMARY KEY, name TEXT UNIQUE /* of persons, once */);
CREATE INDEX by_name ON persons (lower(name));
CREATE TABLE badges (id INTEGER PRIMARY KEY, person INTEGER REFERENCES [persons] (id));
CREATE VIEW everybody AS SELECT p.name FROM `persons` AS p;
CREATE TRIGGER badges_mark AFTER INSERT ON badges BEGIN
    UPDATE persons SET name = name || '!' WHERE id = NEW.person;
END;
INSERT INTO persons VALUES (1, 'ada');
