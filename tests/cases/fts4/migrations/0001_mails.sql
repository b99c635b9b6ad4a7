-- mails, searchable
CREATE VIRTUAL TABLE mails USING fts4(subject, body, tokenize=porter);
INSERT INTO mails (docid, subject, body) VALUES (9, 'Hello', 'world'), (12, 'x', 'hello');
