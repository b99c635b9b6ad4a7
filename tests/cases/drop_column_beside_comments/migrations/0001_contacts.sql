CREATE TABLE contacts (
    id INTEGER PRIMARY KEY,
    -- how to reach them
    fax TEXT CHECK (fax <> ''), -- nobody has one
    phone TEXT,
    city TEXT, -- where they live
    note TEXT /* last */
);
INSERT INTO contacts VALUES (1, '123', '555', 'Bonn', 'x');
