CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);
CREATE UNIQUE INDEX people_name ON people (name);
CREATE TABLE cars (id INTEGER PRIMARY KEY, owner TEXT REFERENCES people (name));
INSERT INTO people VALUES (1, 'ada');
INSERT INTO cars VALUES (1, 'ada');
