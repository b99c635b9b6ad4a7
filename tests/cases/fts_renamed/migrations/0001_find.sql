CREATE VIRTUAL TABLE finder USING fts5(t);
INSERT INTO finder VALUES ('alpha beta');
