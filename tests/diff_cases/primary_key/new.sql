CREATE TABLE lines (document INT NOT NULL, number INT NOT NULL, text, PRIMARY KEY (number, document));
CREATE TABLE plain (id INT PRIMARY KEY, a);
CREATE TABLE tags (name TEXT NOT NULL PRIMARY KEY);
