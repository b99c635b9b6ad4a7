CREATE TABLE sales (day TEXT, n INTEGER);
CREATE TABLE totals (day TEXT PRIMARY KEY, n INTEGER NOT NULL);
CREATE TRIGGER sales_total AFTER INSERT ON sales BEGIN
    INSERT INTO totals (day, n) VALUES (NEW.day, NEW.n)
    ON CONFLICT (day) DO UPDATE SET n = n + excluded.n WHERE excluded.n <> 0;
END;
INSERT INTO sales VALUES ('mon', 2), ('tue', 1), ('mon', 3), ('mon', 0);
