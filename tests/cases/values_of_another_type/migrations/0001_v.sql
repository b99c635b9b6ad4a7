CREATE TABLE v (t TEXT, i INTEGER, n NUMERIC, r REAL, b BLOB);
INSERT INTO v VALUES (x'00ff', 'many', '12', 3, 'x'), (5, '1.5', '.5', '3x', 7);
