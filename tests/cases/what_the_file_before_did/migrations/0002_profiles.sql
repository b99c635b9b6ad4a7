INSERT INTO profiles VALUES (last_insert_rowid());
