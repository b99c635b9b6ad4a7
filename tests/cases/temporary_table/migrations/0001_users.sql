CREATE TABLE users (name TEXT);
INSERT INTO users VALUES ('ada'), ('bob'), ('ada');
