CREATE TABLE folders (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES folders (id), name TEXT);
INSERT INTO folders VALUES (1, NULL, 'root'), (2, 1, 'etc'), (3, 2, 'hosts');
CREATE VIEW paths (name, depth) AS
WITH RECURSIVE down (id, name, depth) AS (
    SELECT id, name, 0 FROM folders WHERE parent IS NULL
    UNION ALL
    SELECT f.id, f.name, down.depth + 1 FROM folders AS f JOIN down ON f.parent = down.id
)
SELECT name, depth FROM down ORDER BY depth;
