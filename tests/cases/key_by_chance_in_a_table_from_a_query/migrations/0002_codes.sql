CREATE TABLE codes AS SELECT hex(id) AS code FROM users;
