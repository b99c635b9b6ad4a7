CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL
        REFERENCES accounts (id) ON DELETE CASCADE ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED,
    parent_id INTEGER REFERENCES orders (id) ON DELETE SET NULL,
    state TEXT NOT NULL DEFAULT 'open',
    total ANY,
    payload TEXT CHECK (json_valid(payload)),
    CONSTRAINT state_is_known CHECK (state IN ('open', 'paid', 'void'))
) STRICT;
CREATE INDEX orders_account ON orders (account_id);

CREATE TABLE order_lines (
    order_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (order_id, line),
    UNIQUE (order_id, sku) ON CONFLICT REPLACE,
    FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
) WITHOUT ROWID;

-- Carriers that never got an account of their own; removed accounts may still be named here.
CREATE TABLE carriers (
    code TEXT PRIMARY KEY NOT NULL,
    "display name" TEXT NOT NULL,
    weight NUMERIC(10, 2)
);

INSERT INTO orders (id, account_id, parent_id, state, total, payload) VALUES
    (1, 1, NULL, 'paid', 19.99, '{"lines": [{"sku": "A-1"}, {"sku": "B-2"}],
 "note": "it''s paid; ship it"}'),
    (2, 1, 1, 'open', 'on request', NULL),
    (3, 2, NULL, 'void', 0, '[]');
INSERT INTO order_lines VALUES (1, 1, 'A-1', 2), (1, 2, 'B-2', 1), (3, 1, 'A-1', 1);
INSERT INTO carriers VALUES ('dhl', 'DHL', 31.5), ('ups', 'UPS; worldwide', 70);
