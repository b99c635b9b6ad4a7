CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE states (name TEXT PRIMARY KEY);
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    parent INTEGER REFERENCES tasks (id),
    owner INTEGER REFERENCES users (id),
    reviewer INTEGER,
    state TEXT REFERENCES states (name)
);
