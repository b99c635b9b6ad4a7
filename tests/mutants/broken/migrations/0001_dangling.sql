-- What is stored and cannot be compiled: SQLite takes it, and so does a fresh file.
CREATE TABLE events (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT CHECK (at > '2000'), place TEXT);
CREATE UNIQUE INDEX events_name ON events (name);
CREATE UNIQUE INDEX events_place ON events (place);
CREATE TRIGGER events_archive AFTER INSERT ON events BEGIN
    INSERT INTO archive (name) VALUES (new.name);
END;
CREATE TRIGGER events_count AFTER INSERT ON events BEGIN
    UPDATE archive SET n = n + 1 WHERE name = new.name;
END;
CREATE TABLE stays (id INTEGER PRIMARY KEY, room INTEGER REFERENCES rooms (id) DEFERRABLE, nights INT CHECK (nights > 0));
CREATE VIEW archived AS SELECT name, n FROM archive WHERE n > 1;
CREATE VIEW ring_one AS SELECT * FROM ring_two;
CREATE VIEW ring_two AS SELECT * FROM ring_one;
