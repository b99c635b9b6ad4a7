CREATE TABLE odd (rowid TEXT, _rowid_ TEXT, oid TEXT);
INSERT INTO odd VALUES ('c', 'b', 'a'), ('z', 'y', 'x');
