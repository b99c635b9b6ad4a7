CREATE TABLE t (a INTEGER);
INSERT INTO t VALUES (41);
CREATE VIEW stats AS
    SELECT count( * ),   -- how many
           sum( a )  +  1
    FROM t;
