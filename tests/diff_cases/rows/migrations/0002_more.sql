UPDATE roles SET rank = 5 WHERE name = 'guest';
DELETE FROM roles WHERE name = 'old';
INSERT INTO words (word, rank) VALUES ('a', 1), ('two
lines', 2), ('c', 3), ('d', 4), ('it''s', 5);
