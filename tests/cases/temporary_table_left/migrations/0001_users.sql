CREATE TABLE users (name TEXT);
CREATE TEMP TABLE doubles AS SELECT name FROM users;
