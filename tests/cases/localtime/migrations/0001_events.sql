CREATE TABLE events (at TEXT);
INSERT INTO events VALUES (datetime('2020-07-01 12:00:00', 'localtime'));
