ALTER TABLE orders ADD COLUMN state TEXT NOT NULL DEFAULT 'open' /* or closed; or void */;
ALTER TABLE orders ADD COLUMN note TEXT; -- free text
