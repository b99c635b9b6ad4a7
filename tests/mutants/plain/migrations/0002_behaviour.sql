CREATE VIEW priced AS SELECT id, price AS cost, kind FROM children WHERE price IS NOT NULL;
CREATE VIEW dear AS SELECT * FROM priced WHERE cost > 100.5;
CREATE VIEW counted (n, total) AS SELECT count(*), sum(amount) OVER () FROM children;
CREATE VIEW steps AS
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i, i * i FROM n;
CREATE VIEW keys AS SELECT j.key, j.value FROM bag, json_each(bag.value) AS j;
CREATE VIEW magic AS SELECT x'0001' AS magic, 'Ab' AS word, 1.5 AS number, NULL AS nil;
CREATE VIEW everything AS SELECT * FROM journal;
CREATE VIEW quoted AS SELECT "line" AS line, "no such column" AS text FROM journal;

CREATE TRIGGER tree_grows AFTER INSERT ON tree WHEN new.id < 5 BEGIN
    INSERT INTO tree (id, up) VALUES (new.id + 1, new.id);
END;
CREATE TRIGGER children_upsert AFTER INSERT ON children BEGIN
    INSERT INTO numbered (word) VALUES (new.kind) ON CONFLICT (word) DO UPDATE SET word = excluded.word || '!';
    DELETE FROM journal WHERE id = (SELECT min(id) FROM journal) AND new.amount > 3;
END;
CREATE TRIGGER children_first BEFORE UPDATE OF amount, kind ON children BEGIN
    SELECT CASE WHEN new.amount > 1000 THEN RAISE(ROLLBACK, 'too much') END;
END;
CREATE TRIGGER children_second BEFORE UPDATE OF amount, kind ON children BEGIN
    INSERT INTO journal (line) SELECT 'was ' || old.amount;
END;
CREATE TRIGGER priced_update INSTEAD OF UPDATE OF cost ON priced BEGIN
    UPDATE OR IGNORE children SET price = new.cost WHERE id = old.id;
END;
CREATE TRIGGER priced_delete INSTEAD OF DELETE ON priced BEGIN
    DELETE FROM children WHERE id = old.id;
END;
