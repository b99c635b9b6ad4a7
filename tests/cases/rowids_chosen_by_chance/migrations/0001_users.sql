CREATE TABLE users (name TEXT);
INSERT INTO users (rowid, name) VALUES (9223372036854775807, 'ada');
INSERT INTO users (name) VALUES ('bob');
