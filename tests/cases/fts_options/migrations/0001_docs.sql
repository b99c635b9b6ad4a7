CREATE VIRTUAL TABLE docs USING fts5(title, tag UNINDEXED, prefix='2 3', columnsize=0);
INSERT INTO docs (docs, rank) VALUES ('rank', 'bm25(10.0, 1.0)');
INSERT INTO docs (docs, rank) VALUES ('automerge', 2);
INSERT INTO docs (rowid, title, tag) VALUES (4, 'squash', 'not indexed');
