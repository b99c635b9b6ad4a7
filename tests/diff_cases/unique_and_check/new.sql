CREATE TABLE people (
    tenant INT,
    email TEXT,
    name TEXT,
    age INT,
    CONSTRAINT adult CHECK (age >= 21),
    CONSTRAINT short CHECK (length(name) < 100),
    UNIQUE (tenant, email)
);
