-- Waitlist of the landing page.

CREATE TABLE IF NOT EXISTS waitlist (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    email TEXT NOT NULL,
    name TEXT,
    company TEXT,
    monthly_ad_spend TEXT
        CHECK (monthly_ad_spend IN ('<10k', '10k-50k', '50k-250k', '>250k')),  -- as offered by the form
    utm TEXT CHECK (utm IS NULL OR json_valid(utm)),  -- campaign parameters of the visit
    status TEXT NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'invited', 'converted', 'unsubscribed')),
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    invited_at TEXT
);

-- One place per person, however they spell their address.
CREATE UNIQUE INDEX IF NOT EXISTS idx_waitlist_email ON waitlist(lower(email));
CREATE INDEX IF NOT EXISTS idx_waitlist_status ON waitlist(status, created_at);
