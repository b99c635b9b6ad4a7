CREATE TABLE people (
    tenant INT,
    email TEXT UNIQUE CHECK (email <> ''),
    name TEXT,
    age INT,
    CONSTRAINT adult CHECK (age >= 18)
);
