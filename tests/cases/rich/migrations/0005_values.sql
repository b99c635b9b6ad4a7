CREATE TABLE samples (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    value
);
INSERT INTO samples (id, kind, value) VALUES
    (1, 'nothing', NULL),
    (2, 'whole', 42),
    (3, 'smallest', -9223372036854775808),
    (4, 'fraction', 1.5),
    (5, 'endless', 9e999),
    (6, 'digits', '42'),
    (7, 'words', 'two
lines'),
    (8, 'bytes', x'00ff10'),
    (9, 'empty', '');

CREATE TABLE countries (code TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;
INSERT INTO countries VALUES ('DE'), ('FR');
ALTER TABLE carriers ADD COLUMN country TEXT REFERENCES countries (code) ON UPDATE CASCADE;
UPDATE carriers SET country = 'DE' WHERE code = 'dhl';

CREATE TRIGGER carriers_heavy
BEFORE INSERT ON carriers
WHEN NEW.weight > 1000
BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TRIGGER carriers_closed AFTER DELETE ON carriers BEGIN
    INSERT INTO history (what) VALUES ('closed ' || OLD.code);
END;
