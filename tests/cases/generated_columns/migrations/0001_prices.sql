CREATE TABLE prices (
    gross INTEGER GENERATED ALWAYS AS (net * 119 / 100) STORED UNIQUE,
    id INTEGER PRIMARY KEY,
    net INTEGER NOT NULL,
    label TEXT AS ('EUR ' || net) CHECK (label <> 'EUR 0')
);
CREATE INDEX prices_label ON prices (label DESC);
INSERT INTO prices (net) VALUES (100), (200);
