CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, y0, y1, +name TEXT, +secret BLOB);
INSERT INTO places VALUES (7, 0.1, 0.1, -5, 1e20, 'gate', x'00ff');
