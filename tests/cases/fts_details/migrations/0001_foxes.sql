CREATE VIRTUAL TABLE f_full USING fts5(a, b, detail=full);
CREATE VIRTUAL TABLE f_column USING fts5(a, b, detail=column);
CREATE VIRTUAL TABLE f_none USING fts5(a, b, detail=none);
INSERT INTO f_full (rowid, a, b) VALUES (2, 'red fox', 'hen');
INSERT INTO f_column (rowid, a, b) VALUES (2, 'red fox', 'hen');
INSERT INTO f_none (rowid, a, b) VALUES (2, 'red fox', 'hen');
