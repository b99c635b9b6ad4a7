INSERT INTO countdown VALUES (2, 4);
