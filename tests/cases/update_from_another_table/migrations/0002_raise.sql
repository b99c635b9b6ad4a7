UPDATE items SET price = price + price * r.percent / 100 FROM raises AS r WHERE r.item = items.id RETURNING id, price;
INSERT INTO items VALUES (2, 0), (3, 5) ON CONFLICT (id) DO NOTHING RETURNING *;
