CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, state TEXT);
CREATE VIEW active AS SELECT id, name FROM users WHERE state = 'active';
CREATE VIEW all_names AS SELECT name FROM users;
CREATE VIEW gone AS SELECT count(*) AS number FROM users;
