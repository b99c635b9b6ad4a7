CREATE TEMP TABLE doubles AS SELECT min(rowid) AS kept FROM users GROUP BY name;
CREATE TEMP VIEW kept AS SELECT kept FROM doubles;
DELETE FROM users WHERE rowid NOT IN (SELECT kept FROM kept);
DROP VIEW kept;
DROP TABLE doubles;
