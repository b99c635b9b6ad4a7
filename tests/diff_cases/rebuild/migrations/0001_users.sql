CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE INDEX users_email ON users (email);
INSERT INTO users VALUES (1, 'ada');
