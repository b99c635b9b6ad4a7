CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    name TEXT -- shown to people
);
INSERT INTO tags VALUES (1, 'new');
