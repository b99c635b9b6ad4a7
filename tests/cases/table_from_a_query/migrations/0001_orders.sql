CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer VARCHAR(20) NOT NULL, "total cents" INTEGER NOT NULL);
INSERT INTO orders (buyer, "total cents") VALUES ('ada', 3), ('ada', 4);
CREATE TABLE totals AS SELECT buyer, "total cents" + 0 AS avg, "total cents", count(*) FROM orders GROUP BY buyer;
DROP TABLE totals;
CREATE TABLE totals AS SELECT buyer, "total cents", 0 + "total cents" AS avg, count(*) FROM orders GROUP BY buyer;
UPDATE totals SET "total cents" = 7, avg = 3.5;
