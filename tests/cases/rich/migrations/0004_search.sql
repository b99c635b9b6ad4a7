CREATE TABLE notes (title TEXT, body TEXT);
INSERT INTO notes (rowid, title, body) VALUES
    (3, 'Delivery', 'The parcel waits at the north gate'),
    (7, 'Returns', 'Refund within thirty days');

CREATE VIRTUAL TABLE notes_search USING fts5(title, body, content='notes', content_rowid='rowid');
INSERT INTO notes_search (notes_search) VALUES ('rebuild');

CREATE VIRTUAL TABLE phrases USING fts5(phrase, tokenize = 'porter ascii');
INSERT INTO phrases (rowid, phrase) VALUES (1, 'running costs'), (5, 'paid in full');
