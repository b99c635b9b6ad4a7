CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    buyer TEXT NOT NULL,
    price INTEGER, -- in cents
    -- nobody orders the same twice
    UNIQUE (buyer, price),
    CONSTRAINT price_is_sane CHECK (price > 0) -- a gift is no order
);
INSERT INTO orders VALUES (1, 'ada', 5);
