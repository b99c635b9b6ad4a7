PRAGMA foreign_keys = ON;
BEGIN;
DELETE FROM people;
COMMIT;
