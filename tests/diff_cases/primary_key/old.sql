CREATE TABLE lines (document INT NOT NULL, number INT NOT NULL, text, PRIMARY KEY (document, number));
CREATE TABLE plain (id INTEGER PRIMARY KEY, a);
CREATE TABLE tags (name TEXT NOT NULL);
