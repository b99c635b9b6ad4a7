CREATE TABLE users (name TEXT);
INSERT INTO users (rowid, name) VALUES (5, 'ada'), (9, 'bob');
