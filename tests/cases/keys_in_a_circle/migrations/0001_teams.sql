CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT, captain INTEGER REFERENCES players (id));
CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT, team INTEGER NOT NULL REFERENCES teams (id));
INSERT INTO teams VALUES (1, 'red', NULL), (2, 'blue', NULL);
INSERT INTO players VALUES (10, 'ada', 1), (20, 'bob', 2);
UPDATE teams SET captain = id * 10;
