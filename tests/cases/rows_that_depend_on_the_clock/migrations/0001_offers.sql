CREATE TABLE offers (name TEXT, until TEXT);
INSERT INTO offers VALUES ('spring', '2031-03-01'), ('always', '9999-12-31');
DELETE FROM offers WHERE until < date('now');
