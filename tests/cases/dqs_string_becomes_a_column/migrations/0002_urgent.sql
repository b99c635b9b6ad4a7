ALTER TABLE tasks ADD COLUMN urgent TEXT DEFAULT 'no';
UPDATE tasks SET urgent = 'yes' WHERE id = 2;
