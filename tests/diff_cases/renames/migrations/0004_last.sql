ALTER TABLE people RENAME COLUMN mail_2 TO email;
ALTER TABLE people ADD COLUMN age INTEGER;
UPDATE people SET email = 'ada@example.org' WHERE id = 1;
