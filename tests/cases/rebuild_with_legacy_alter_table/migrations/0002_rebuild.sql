PRAGMA legacy_alter_table = ON;
CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, active INTEGER, seen INTEGER);
INSERT INTO users_new SELECT * FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
PRAGMA legacy_alter_table = OFF;
