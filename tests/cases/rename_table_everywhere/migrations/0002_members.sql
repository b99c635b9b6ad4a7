ALTER TABLE persons RENAME TO members;
