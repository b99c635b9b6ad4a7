CREATE TABLE files (data BLOB);
INSERT INTO files VALUES (zeroblob(60000));
