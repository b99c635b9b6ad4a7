CREATE TABLE straight (n INTEGER);
INSERT INTO straight SELECT n FROM source;
