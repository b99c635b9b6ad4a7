CREATE VIRTUAL TABLE pages USING fts5(title, body UNINDEXED, prefix = '2 3');
INSERT INTO pages VALUES ('a quiet page', 'nothing'), ('a loud page', 'much');
CREATE VIRTUAL TABLE words USING fts5(word, content='');
INSERT INTO words (rowid, word) VALUES (3, 'three'), (4, 'four');
CREATE VIRTUAL TABLE places USING rtree(id, low, high, +name);
INSERT INTO places VALUES (1, 2, 3, 'here');
CREATE VIRTUAL TABLE letters USING fts4(line, tokenize=porter);
INSERT INTO letters VALUES ('dear reader');
