DROP VIEW people;
DROP TABLE users;
