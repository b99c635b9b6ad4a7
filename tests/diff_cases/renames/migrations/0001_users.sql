CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT);
CREATE INDEX users_mail ON users (mail);
INSERT INTO users VALUES (1, 'ada'), (2, 'bob');
