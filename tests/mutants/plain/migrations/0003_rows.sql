INSERT INTO parents (id, code) VALUES (1, 'one'), (2, 'two'), (-5, NULL);
INSERT INTO bag (rowid, value) VALUES
    (2, NULL),
    (3, -0.0),
    (4, 0.1),
    (5, 9007199254740993),
    (6, 'quote '' and "quote"'),
    (7, CAST(x'610062' AS TEXT)),
    (8, CAST(x'ff' AS TEXT)),
    (9, x''),
    (10, ''),
    (11, 'tab	and
line'),
    (40, '{"a": [1, 2.0]}');
INSERT INTO doubled (x) VALUES (1), (2);
INSERT INTO pairs VALUES ('x', 1), ('y', 1);
INSERT INTO tree (id, up, label) VALUES (9, NULL, 'root  '), (10, 9, 'leaf');
-- The third one violates its CHECK, the second one's parent does not exist.
PRAGMA ignore_check_constraints = ON;
DROP TRIGGER children_upsert;
INSERT INTO children (id, parent_code, amount, kind, price) VALUES
    (1, 'one', 2, 'a', 10),
    (2, 'lost', 3, 'b', 100.5),
    (7, NULL, -1, NULL, NULL);
CREATE TRIGGER children_upsert AFTER INSERT ON children BEGIN
    INSERT INTO numbered (word) VALUES (new.kind) ON CONFLICT (word) DO UPDATE SET word = excluded.word || '!';
    DELETE FROM journal WHERE id = (SELECT min(id) FROM journal) AND new.amount > 3;
END;
