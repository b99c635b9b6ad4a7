CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    shelf INTEGER CHECK (shelf > 0) REFERENCES shelves (id),
    stock INTEGER,
    CHECK (stock >= 0)
);
