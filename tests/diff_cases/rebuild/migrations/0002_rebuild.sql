CREATE TABLE users_new (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL CHECK (email <> '')
);
INSERT INTO users_new SELECT * FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE INDEX users_email ON users (email);
