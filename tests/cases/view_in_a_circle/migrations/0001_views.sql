CREATE TABLE farms (name TEXT);
INSERT INTO farms VALUES ('north');
CREATE VIEW chicken AS SELECT * FROM egg;
CREATE VIEW egg AS SELECT * FROM chicken;
