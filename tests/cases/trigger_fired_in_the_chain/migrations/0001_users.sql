CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, orders INTEGER DEFAULT 0);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER);
CREATE TABLE log (what TEXT);
CREATE TRIGGER orders_count AFTER INSERT ON orders BEGIN
    UPDATE users SET orders = orders + 1 WHERE id = NEW.user_id;
    INSERT INTO log VALUES ('order ' || NEW.id);
END;
INSERT INTO users (id, name) VALUES (1, 'ada');
INSERT INTO orders VALUES (1, 1), (2, 1);
