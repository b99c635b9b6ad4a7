CREATE TABLE invoices (id INTEGER PRIMARY KEY, cents INTEGER);
INSERT INTO invoices (cents) VALUES (10), (20);
