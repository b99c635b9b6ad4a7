CREATE VIRTUAL TABLE search USING fts5(body, content='posts', content_rowid='id');
