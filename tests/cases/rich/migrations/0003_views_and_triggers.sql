CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE VIEW open_orders AS
SELECT o.id, o.total, a.email
FROM orders AS o
JOIN accounts AS a ON a.id = o.account_id
WHERE o.state = 'open'
ORDER BY o.id;

CREATE VIEW account_totals (account, orders) AS
SELECT account_id, count(*) FROM orders GROUP BY account_id;

CREATE TRIGGER orders_paid
AFTER UPDATE OF state ON orders
FOR EACH ROW
WHEN NEW.state = 'paid' AND OLD.state <> 'paid'
BEGIN
    INSERT INTO history (what) VALUES ('paid ' || NEW.id);
END;

CREATE TRIGGER orders_counted
AFTER UPDATE OF state ON orders
BEGIN
    INSERT INTO history (what) VALUES ('changed ' || NEW.id);
    UPDATE accounts SET level = min(level + 1, 9) WHERE id = NEW.account_id;
END;

CREATE TRIGGER orders_keep
BEFORE DELETE ON orders
WHEN OLD.state = 'paid'
BEGIN
    SELECT RAISE(ABORT, 'a paid order stays');
END;

CREATE TRIGGER open_orders_insert
INSTEAD OF INSERT ON open_orders
BEGIN
    INSERT INTO orders (account_id, total) SELECT id, NEW.total FROM accounts WHERE email = NEW.email;
END;
