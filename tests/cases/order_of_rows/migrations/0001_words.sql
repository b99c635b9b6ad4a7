CREATE TABLE source (n INTEGER PRIMARY KEY, word TEXT);
INSERT INTO source VALUES (30, 'fox'), (10, 'the'), (20, 'red');
CREATE TABLE words (word TEXT);
INSERT INTO words SELECT word FROM source;
CREATE TABLE lines (line TEXT);
INSERT INTO lines SELECT group_concat(word, ' ') FROM source;
