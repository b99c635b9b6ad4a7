CREATE TABLE users (email TEXT, name TEXT);
CREATE UNIQUE INDEX users_2 ON users (email);
CREATE UNIQUE INDEX users_1 ON users (name);
INSERT INTO users VALUES ('ada@x', 'ada');
