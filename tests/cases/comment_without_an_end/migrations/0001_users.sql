CREATE TABLE users (name TEXT);
INSERT INTO users VALUES ('ada');
/* to do: bob;
