CREATE TABLE users (id INTEGER PRIMARY KEY DESC, name TEXT);
INSERT INTO users VALUES (9, 'ada');
INSERT INTO users (name) VALUES ('bob'), ('eve');
CREATE TABLE tags (id INTEGER, name TEXT, PRIMARY KEY (id DESC));
INSERT INTO tags (name) VALUES ('x'), ('y');
