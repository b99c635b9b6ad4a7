CREATE TABLE licences (until TEXT CHECK (until >= CURRENT_DATE));
INSERT INTO licences VALUES ('2090-01-01');
