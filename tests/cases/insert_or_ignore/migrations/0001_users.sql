CREATE TABLE users (name TEXT NOT NULL UNIQUE, n INTEGER CHECK (n > 0));
INSERT OR IGNORE INTO users VALUES ('ada', 1), ('bob', 2), ('bob', 5), (NULL, 6), ('eve', -1);
INSERT INTO users VALUES ('ian', 9);
REPLACE INTO users VALUES ('ada', 3);
DELETE FROM users WHERE name = 'ian';
