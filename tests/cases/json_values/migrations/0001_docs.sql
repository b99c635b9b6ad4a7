CREATE TABLE docs (data TEXT CHECK (json_valid(data)), packed BLOB);
INSERT INTO docs VALUES ('{"a": [1, 2], "b": "x;y"}', jsonb('{"k": [1, null]}'));
CREATE INDEX docs_first ON docs (data ->> '$.a[0]');
CREATE VIEW tags AS SELECT j.value FROM docs, json_each(docs.data, '$.a') AS j;
