CREATE TABLE prices (id INTEGER PRIMARY KEY, cents INTEGER CHECK (cents > 0));
PRAGMA ignore_check_constraints = ON;
INSERT INTO prices VALUES (1, -5);
