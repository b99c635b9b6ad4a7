ALTER TABLE finder RENAME TO search;
