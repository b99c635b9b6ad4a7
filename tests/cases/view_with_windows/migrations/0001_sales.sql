CREATE TABLE sales (day TEXT PRIMARY KEY, n INTEGER, "window" TEXT, "over" TEXT, "filter" TEXT);
INSERT INTO sales (day, n) VALUES ('mon', 3), ('tue', 5), ('wed', 1);
CREATE VIEW totals AS
SELECT day,
       sum(n) FILTER (WHERE n > 0) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running,
       rank() OVER best AS place
FROM sales
WINDOW best AS (ORDER BY n DESC)
ORDER BY day;
