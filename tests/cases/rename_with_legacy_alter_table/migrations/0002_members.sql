PRAGMA legacy_alter_table = ON;
ALTER TABLE persons RENAME TO members;
