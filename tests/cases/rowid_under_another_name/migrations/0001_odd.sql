CREATE TABLE odd (rowid TEXT);
INSERT INTO odd (_rowid_, rowid) VALUES (4, 'a'), (9, 'b');
