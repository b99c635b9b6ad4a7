ALTER TABLE tasks RENAME COLUMN position TO "order";
