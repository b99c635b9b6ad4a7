CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, state TEXT);
CREATE VIEW active AS SELECT id, name FROM users WHERE state <> 'deleted';
CREATE VIEW all_names AS SELECT name, state FROM users;
CREATE VIEW recent AS SELECT max(id) AS id FROM users;
