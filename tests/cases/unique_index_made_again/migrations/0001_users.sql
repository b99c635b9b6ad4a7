CREATE TABLE users (email TEXT, name TEXT);
CREATE UNIQUE INDEX users_email ON users (email);
CREATE UNIQUE INDEX users_name ON users (name);
INSERT INTO users VALUES ('ada@x', 'ada');
