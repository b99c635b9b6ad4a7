CREATE TABLE source (n INTEGER PRIMARY KEY);
INSERT INTO source VALUES (1), (2), (3);
PRAGMA reverse_unordered_selects = ON;
CREATE TABLE turned AS SELECT n FROM source;
