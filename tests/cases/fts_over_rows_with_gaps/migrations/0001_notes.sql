CREATE TABLE notes (title TEXT, body TEXT);
INSERT INTO notes (rowid, title, body) VALUES
    (3, 'Delivery', 'The parcel waits at the north gate'),
    (5, 'Gone', 'x'),
    (70, 'Returns', 'Refund within thirty days');
DELETE FROM notes WHERE title = 'Gone';
CREATE VIRTUAL TABLE notes_search USING fts5(title, body, content='notes');
INSERT INTO notes_search (notes_search) VALUES ('rebuild');
