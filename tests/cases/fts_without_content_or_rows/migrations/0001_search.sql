CREATE VIRTUAL TABLE search USING fts5(body, content='', contentless_delete=1);
