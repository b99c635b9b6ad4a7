CREATE TABLE names (name TEXT);
INSERT INTO names VALUES ('ada'), ('bob'), ('eve'), ('ian'), ('zoe');
CREATE TABLE queue (place INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE);
INSERT INTO queue (name) SELECT name FROM names ORDER BY random();
