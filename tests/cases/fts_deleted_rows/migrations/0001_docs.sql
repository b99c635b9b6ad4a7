CREATE VIRTUAL TABLE docs USING fts5(t);
CREATE VIRTUAL TABLE words USING fts5vocab('docs', 'row');
INSERT INTO docs (rowid, t) VALUES (1, 'alpha'), (2, 'alpha beta'), (3, 'alpha');
DELETE FROM docs WHERE rowid < 3;
UPDATE docs SET t = 'alpha gamma' WHERE rowid = 3;
