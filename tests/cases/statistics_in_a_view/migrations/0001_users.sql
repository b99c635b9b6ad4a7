CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE INDEX users_name ON users (name);
INSERT INTO users (name) VALUES ('ada');
ANALYZE users_name;
CREATE VIEW busy AS SELECT tbl, idx FROM sqlite_stat1;
